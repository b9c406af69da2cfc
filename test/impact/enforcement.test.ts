/** Changes without an answer that moves: a proxy that comes or goes, and parts of it that nobody interprets (`docs/report.md`). */
import { describe, expect, test } from 'vitest';
import { enforcementMoved, opaqueMoved } from '#impact/enforcement.ts';
import type { PairContext } from '#impact/pair-context.ts';
import type { Mesh } from '#mesh/model.ts';
import { deployment, meshOf, namespace, policy } from '../mesh/support.ts';
import { contextOf } from './support.ts';

const mesh = (labels: string, ...more: readonly string[]): Mesh => meshOf({ world: 'closed' }, namespace('shop', labels), deployment('shop/db'), ...more);
const sidecar = 'istio-injection: enabled';
const context = (base: Mesh, head: Mesh): PairContext => contextOf(base, head, 'shop/db');

describe('a proxy', () => {
  const moved = (base: Mesh, head: Mesh): unknown => enforcementMoved(context(base, head)).map(({ direction, facet, witness, enforcedAt, seedOrigins, passingSide, complete, cubes }) => [direction, facet, `${witness?.base.verdict ?? ''} ${witness?.head.verdict ?? ''}`, enforcedAt.join(), seedOrigins.length, passingSide, complete, cubes.flatMap((cube) => [...cube.predicates, ...cube.origins]).length]);

  test('that goes leaves the channel weaker, one that comes makes it stronger', () => {
    expect(moved(mesh(sidecar), mesh(''))).toEqual([['weakened', 'enrolment', 'allow allow', 'none,sidecar', 0, 'head', true, 0]]);
    expect(moved(mesh(''), mesh(sidecar))).toEqual([['strengthened', 'enrolment', 'allow allow', 'none,sidecar', 0, 'base', true, 0]]);
  });

  test('that stays, or makes room for another one, changes nothing by itself', () => {
    expect(moved(mesh(sidecar), mesh(sidecar))).toEqual([]);
    expect(moved(mesh(''), mesh(''))).toEqual([]);
    expect(moved(mesh(sidecar), mesh('istio.io/dataplane-mode: ambient'))).toEqual([]);
  });

  test('that lets nothing pass: no request shows that it went', () => {
    const nobody = policy('AuthorizationPolicy', 'shop/nobody', '');
    const refused = context(mesh(sidecar, nobody), mesh(''));
    expect(enforcementMoved({ ...refused, base: { ...refused.base, possible: [] } })).toEqual([]);
  });
});

describe('a part that nobody interprets', () => {
  const opaque = (...keys: readonly string[]): PairContext['base']['opaque'] => keys.map((key) => ({ resource: `EnvoyFilter/shop/${key.slice(0, 1)}`, key: key.slice(1) }));
  const plain = context(mesh(sidecar), mesh(sidecar));
  const moved = (base: readonly string[], head: readonly string[]): readonly string[] => opaqueMoved({ ...plain, base: { ...plain.base, opaque: opaque(...base) }, head: { ...plain.head, opaque: opaque(...head) } }).map(({ direction, seedOrigins, cubes, reason, seed }) => {
    expect(cubes).toEqual([{ predicates: [], origins: seedOrigins }]);
    expect(seed).toBe(`opaque ${seedOrigins[0]?.policy ?? ''}`);
    return `${direction} ${reason ?? ''}`;
  });
  const both = (name: string): readonly string[] => ['undecided-widened', 'undecided-narrowed'].map((direction) => `${direction} \`EnvoyFilter/shop/${name}\` changed, and what it does to requests is not computed`);

  test('is undecided both ways where it comes, goes or says something else', () => {
    expect(moved([], ['a1'])).toEqual(both('a'));
    expect(moved(['a1'], [])).toEqual(both('a'));
    expect(moved(['a1'], ['a2'])).toEqual(both('a'));
    expect(moved(['a1', 'b1'], ['a2', 'b1', 'c3'])).toEqual([...both('a'), ...both('c')]);
  });

  test('of equal content is one, whatever it is called; each stands for one', () => {
    expect(moved(['a1'], ['a1'])).toEqual([]);
    expect(moved(['a1'], ['b1'])).toEqual([]);
    expect(moved(['a1', 'b1'], ['b1'])).toEqual(both('a'));
    expect(moved(['a1'], ['a1', 'b1', 'c1'])).toEqual([...both('b'), ...both('c')]);
    expect(moved(['a1', 'b1'], ['c1', 'd1'])).toEqual([]);
    // What stays stands for itself, not for another one that is gone.
    expect(moved(['a1', 'b1'], ['a2', 'b1'])).toEqual(both('a'));
    expect(moved(['a1', 'b1'], ['b1', 'c1'])).toEqual([]);
  });
});
