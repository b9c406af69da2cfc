import { describe, expect, test } from 'vitest';
import type { Change, Direction, Facet } from '#impact/change.ts';
import { principalRule } from '#findings/classify.ts';
import { fingerprint } from '#findings/fingerprint.ts';
import type { Finding } from '#findings/finding.ts';
import { detectors } from '#findings/registry.ts';
import { merged, runDetectors } from '#findings/run.ts';
import { breadthSeverity } from '#findings/severity.ts';

const directions: readonly Direction[] = ['widened', 'narrowed', 'weakened', 'strengthened', 'undecided-widened', 'undecided-narrowed', 'latent-widened', 'latent-narrowed'];
const facets: readonly Facet[] = ['mtls', 'token', 'external-authorization', 'ingress', 'enrolment', 'identity', 'egress', 'access'];

function change(over: Partial<Change> = {}): Change {
  return {
    id: 'aaaaaaaaaaaaaaaa', environments: ['default'], direction: 'widened', facet: 'access',
    destinations: [{ id: 'shop/web', namespace: 'shop', kind: 'Deployment', name: 'web', known: true, status: 'both' }],
    region: { cubes: [{}], complete: true }, callers: { known: [], open: ['any other mesh identity'], plaintext: false, internet: false },
    headline: 'any mesh identity may now reach `shop/web`', before: 'denied', after: 'allowed',
    witness: { from: { principal: 'cluster.local/ns/x/sa/y' }, to: { workload: 'shop/web', port: 8080 }, request: { protocol: 'http', method: 'GET', path: '/' }, base: { verdict: 'deny', layer: 'authorization' }, head: { verdict: 'allow', layer: 'authorization' } },
    causes: [{ file: 'a.yaml', line: 3, endLine: 4, side: 'RIGHT', resource: 'AuthorizationPolicy/shop/web', change: 'modified', via: [] }],
    enforcementPoints: ['sidecar'], assumptions: [], ...over,
  };
}

function run(...changes: readonly Change[]): readonly Finding[] {
  return runDetectors({ environments: [], changes, incompleteReasons: [], locate: () => undefined });
}

describe('every change', () => {
  test.each(directions.flatMap((direction) => facets.map((facet) => ({ direction, facet }))))('$direction $facet has the finding that answers for it', ({ direction, facet }) => {
    const each = change({ direction, facet });
    const rule = principalRule(each);
    const found = run(each);
    const opens = direction === 'widened' || direction === 'weakened' || direction === 'undecided-widened';
    if (opens) expect(rule).toBeDefined();
    if (rule === undefined) {
      expect(found).toEqual([]);
      return;
    }
    expect(Object.keys(detectors)).toContain(rule);
    expect(found.map((finding) => finding.rule)).toContain(rule);
    for (const finding of found) {
      expect(finding.changeIds).toEqual([each.id]);
      expect(finding.location).toEqual({ file: 'a.yaml', startLine: 3, endLine: 4, side: 'RIGHT' });
      expect(finding.certainty).toBe(direction.startsWith('undecided') ? 'undecided' : 'proved');
    }
  });
});

describe('the caller sets the severity', () => {
  const by = (callers: Partial<Change['callers']>, cube: Change['region']['cubes'][number] = {}): string => breadthSeverity(change({ callers: { known: [], open: [], plaintext: false, internet: false, ...callers }, region: { cubes: [cube], complete: true } }));
  test('anyone critical, the mesh high, a namespace medium, a name low', () => {
    expect(by({ plaintext: true })).toBe('critical');
    expect(by({ internet: true })).toBe('critical');
    expect(by({ open: ['any other mesh identity'] })).toBe('high');
    expect(by({ open: ['any other identity that trust domain td matches'] })).toBe('high');
    expect(by({ open: ['any other identity in namespace shop'] })).toBe('medium');
    expect(by({ open: ['any other identity in namespace sho*'] })).toBe('high');
    expect(by({ known: ['shop/web[Deployment]'] })).toBe('low');
    expect(by({ open: ['cluster.local/ns/x/sa/y (no workload here uses it)'] })).toBe('low');
  });
  test('one exact path or a reading method lowers it by one, for anyone never below high, and never below low', () => {
    expect(by({ plaintext: true }, { paths: { only: ['/health'] } })).toBe('high');
    expect(by({ plaintext: true }, { paths: { only: ['/health'] }, methods: { only: ['GET'] } })).toBe('high');
    expect(by({ open: ['any other mesh identity'] }, { methods: { only: ['GET', 'HEAD'] } })).toBe('medium');
    expect(by({ open: ['any other identity in namespace shop'] }, { paths: { only: ['/a'] } })).toBe('low');
    expect(by({ known: ['shop/web'] }, { paths: { only: ['/a'] } })).toBe('low');
  });
  test('wide paths and writing methods lower nothing', () => {
    expect(by({ open: ['any other mesh identity'] }, { paths: { only: ['/a*'] } })).toBe('high');
    expect(by({ open: ['any other mesh identity'] }, { paths: { only: ['/a', '/b'] } })).toBe('high');
    expect(by({ open: ['any other mesh identity'] }, { methods: { only: ['GET', 'POST'] } })).toBe('high');
  });
});

describe('a fingerprint', () => {
  const parts = { code: 'MP201', causes: ['B/x', 'A/x'], facet: 'access', direction: 'widened' };
  test('does not depend on the order of causes, and tells its parts apart', () => {
    expect(fingerprint(parts)).toBe(fingerprint({ ...parts, causes: ['A/x', 'B/x', 'A/x'] }));
    expect(new Set([parts, { ...parts, code: 'MP204' }, { ...parts, causes: ['A/x'] }, { ...parts, facet: 'mtls' }, { ...parts, direction: 'narrowed' }].map(fingerprint)).size).toBe(5);
  });
  test('holds no place, text, severity, environment or destination', () => {
    const [first] = run(change());
    const [other] = run(change({ id: 'bbbbbbbbbbbbbbbb', environments: ['prod'], destinations: [{ id: 'shop/other', known: true, status: 'both' }], causes: [{ file: 'moved.yaml', line: 90, endLine: 90, side: 'RIGHT', resource: 'AuthorizationPolicy/shop/web', change: 'modified', via: [] }], callers: { known: ['a/b'], open: [], plaintext: false, internet: false } }));
    expect(other?.fingerprint).toBe(first?.fingerprint);
    expect(other?.severity).not.toBe(first?.severity);
  });
});

describe('equal fingerprints', () => {
  test('are one finding with the highest severity, all environments and all changes', () => {
    const found = run(change(), change({ id: 'bbbbbbbbbbbbbbbb', environments: ['prod'], callers: { known: [], open: [], plaintext: true, internet: false } }));
    expect(found).toHaveLength(1);
    expect(found[0]).toMatchObject({ severity: 'critical', environments: ['default', 'prod'], changeIds: ['aaaaaaaaaaaaaaaa', 'bbbbbbbbbbbbbbbb'] });
  });
  test('do not depend on the order in which they come', () => {
    const one = run(change());
    const two = run(change({ id: 'bbbbbbbbbbbbbbbb', environments: ['prod'], callers: { known: [], open: [], plaintext: true, internet: false } }));
    expect(merged([...one, ...two])).toEqual(merged([...two, ...one]));
  });
});
