/** What a change is about, by the two answers to its witness (`docs/report.md`, `facet`). */
import { describe, expect, test } from 'vitest';
import { facetOf } from '#impact/facet.ts';
import type { AnswerLayer, Decision, EnforcementPoint } from '#posture/query.ts';

type More = Partial<Extract<Decision, { verdict: 'allow' | 'deny' }>>;

const denied = (layer: AnswerLayer, more: More = {}): Decision => ({ verdict: 'deny', layer, by: [], enforcedAt: 'sidecar', because: [], ...more });
const allowed = (more: More = {}): Decision => ({ verdict: 'allow', layer: 'none', by: [], enforcedAt: 'sidecar', because: [], ...more });
const asks = (enforcedAt: EnforcementPoint = 'sidecar'): Decision => ({ verdict: 'asks', layer: 'external-authorization', provider: 'check', by: [], enforcedAt, because: [] });
const unknown: Decision = { verdict: 'unknown', rule: 'R24', missing: 'enrolment', because: [] };

const never = (): boolean => false;
const always = (): boolean => true;

describe('the layer that refuses says what a change is about', () => {
  test.each([
    ['mtls', 'mtls'],
    ['protocol', 'access'],
    ['authentication', 'token'],
    ['external-authorization', 'external-authorization'],
    ['network-policy', 'access'],
    ['routing', 'ingress'],
    ['authorization', 'access'],
  ] as const)('%s: %s', (layer, facet) => {
    expect(facetOf(denied(layer), allowed(), never)).toBe(facet);
  });

  test('it says so wherever the two answers are given, authorization excepted', () => {
    const elsewhere = allowed({ enforcedAt: 'ztunnel' });
    expect((['mtls', 'protocol', 'authentication', 'external-authorization', 'network-policy', 'routing'] as const).map((layer) => facetOf(denied(layer), elsewhere, always))).toEqual(['mtls', 'access', 'token', 'external-authorization', 'access', 'ingress']);
    expect(facetOf(denied('authorization'), elsewhere, always)).toBe('enrolment');
  });
});

describe('authorization that refuses', () => {
  test('is about the token where some token passes', () => {
    expect(facetOf(denied('authorization'), allowed(), always)).toBe('token');
  });

  test('of another layer no token is asked for', () => {
    const asked = (): never => { throw new Error('nobody needs to know'); };
    for (const layer of ['mtls', 'protocol', 'authentication', 'external-authorization', 'network-policy', 'routing', 'none'] as const) expect(facetOf(denied(layer), allowed(), asked)).toBeDefined();
    expect(facetOf(denied('none'), allowed(), asked)).toBe('access');
  });
});

describe('an external authorizer', () => {
  test('that now answers is what the change is about, whatever refused', () => {
    expect(facetOf(denied('authorization'), asks(), never)).toBe('external-authorization');
    expect(facetOf(denied('authorization'), asks('waypoint'), always)).toBe('external-authorization');
  });

  test('that was asked and is asked no more, too', () => {
    expect(facetOf(asks(), allowed(), never)).toBe('external-authorization');
  });
});

describe('the client’s own TLS that ends in the application (M16)', () => {
  test('was refused for want of an identity, though authorization says so', () => {
    expect(facetOf(denied('authorization', { passthrough: true }), allowed(), never)).toBe('mtls');
  });

  test('on both sides: it is no news', () => {
    expect(facetOf(denied('authorization', { passthrough: true }), allowed({ passthrough: true }), never)).toBe('access');
  });

  test('on the passing side alone: the refusal saw the identity', () => {
    expect(facetOf(denied('authorization', { passthrough: false }), allowed({ passthrough: true }), never)).toBe('access');
  });
});

describe('what one side does not know', () => {
  test('is access: neither a place nor a layer is told', () => {
    expect(facetOf(unknown, allowed({ enforcedAt: 'ztunnel' }), always)).toBe('access');
    expect(facetOf(unknown, unknown, always)).toBe('access');
    expect(facetOf(denied('authorization'), unknown, never)).toBe('access');
  });
});

test('a request that both sides let pass is told by where it passes', () => {
  expect(facetOf(allowed(), allowed({ enforcedAt: 'none' }), always)).toBe('enrolment');
  expect(facetOf(allowed(), allowed(), always)).toBe('access');
});
