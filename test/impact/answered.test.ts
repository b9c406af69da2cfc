/** A witness that is printed as it was asked need not be asked again; one that says anything else is asked. */
import { describe, expect, test } from 'vitest';
import { isAnswered, noteAnswered, notePrinted } from '#impact/answered.ts';
import type { Witness } from '#impact/change.ts';
import type { RawChange } from '#impact/raw-change.ts';
import type { Mesh } from '#mesh/model.ts';
import type { Decision, Query } from '#posture/query.ts';
import { meshOf, namespace } from '../mesh/support.ts';

const mesh = (name: string): Mesh => meshOf({ world: 'closed' }, namespace(name));
const sides = { base: mesh('shop'), head: mesh('shop') };
const decision = (verdict: 'allow' | 'deny'): Decision => ({ verdict, layer: 'authorization', by: [], enforcedAt: 'sidecar', because: [] });
const query: Query = { from: { principal: null }, to: { workload: 'shop/pay', port: 80 }, request: { protocol: 'http' }, given: { 'enrolment:shop': true } };
const found = (): NonNullable<RawChange['witness']> => ({ query, base: decision('deny'), head: decision('allow') });
const printed = (more: Partial<Witness> = {}): Witness => ({ ...query, base: { verdict: 'deny' }, head: { verdict: 'allow' }, ...more });

/** As it is told later: the same request and answers, but for what is given. */
function asked(more: Partial<Witness> = {}, on = sides): boolean {
  const answered = found();
  const witness = printed(more);
  noteAnswered(answered, sides);
  notePrinted(witness, answered);
  return isAnswered(witness, on);
}

test('the very question, on the very sides, with the very answers', () => {
  expect(asked()).toBe(true);
});

describe('not', () => {
  test.each([
    ['who asks', { from: { ...query.from } }],
    ['where', { to: { ...query.to } }],
    ['what', { request: { ...query.request } }],
    ['what is taken for given', { given: { ...query.given } }],
    ['the answer of the base', { base: { verdict: 'allow' } }],
    ['the answer of the head', { head: { verdict: 'deny' } }],
  ] as const satisfies readonly (readonly [string, Partial<Witness>])[])('where another one is printed: %s', (_, more) => {
    expect(asked(more)).toBe(false);
  });

  test('on other sides', () => {
    expect(asked({}, { ...sides, base: mesh('shop') })).toBe(false);
    expect(asked({}, { ...sides, head: mesh('shop') })).toBe(false);
  });

  test('where nobody noted that it was asked, or that it was printed', () => {
    const [answered, witness] = [found(), printed()];
    expect(isAnswered(witness, sides)).toBe(false);
    notePrinted(witness, answered);
    expect(isAnswered(witness, sides)).toBe(false);
    noteAnswered(answered, sides);
    expect(isAnswered(witness, sides)).toBe(true);
    expect(isAnswered(printed(), sides)).toBe(false);
  });
});
