/**
 * What the search finds and the evaluator does not answer so is our bug: it is said as an internal error and told as undecided, never as a
 * change. Here the evaluator is asked about other meshes than the search, which no review does.
 */
import { describe, expect, test } from 'vitest';
import { compareSides, destinationPairs } from '#impact/compare.ts';
import { latentMoved } from '#impact/latent.ts';
import { DifferenceMemo, solve, type PairContext } from '#impact/pair-context.ts';
import type { RawChange, Way } from '#impact/raw-change.ts';
import { changesIn, type Found } from '#impact/regions.ts';
import type { Mesh } from '#mesh/model.ts';
import type { Dimension } from '#sets/cube.ts';
import type { Difference } from '#sets/difference.ts';
import type { Value } from '#sets/matcher.ts';
import { deployment, meshOf, namespace, policy } from '../mesh/support.ts';
import { contextOf } from './support.ts';

const from = (app: string): string => `{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: db, namespace: shop}, spec: {podSelector: {matchLabels: {app: db}}, ingress: [{from: [{podSelector: {matchLabels: {app: ${app}}}}]}]}}`;
const cluster = [namespace('shop', 'istio-injection: enabled'), deployment('shop/db'), deployment('shop/web'), deployment('shop/cron')];
const mesh = (...more: readonly string[]): Mesh => meshOf({ world: 'closed' }, ...cluster, ...more);
const nobody = policy('AuthorizationPolicy', 'shop/nobody', '');

const [web, cron] = [mesh(from('web')), mesh(from('cron'))];
const [webBehind, cronBehind] = [mesh(from('web'), nobody), mesh(from('cron'), nobody)];

const found = (context: PairContext, way: Way): readonly Found[] => {
  const [low, high] = way === 'up' ? [context.base, context.head] : [context.head, context.base];
  return solve(context, 'test', low.possible, high.possible).regions.map((region) => ({ region }));
};
const told = ({ direction, reason, witness, complete }: RawChange): unknown => [direction, reason, witness === undefined, complete];

describe('what opens or closes', () => {
  test.each([['up', 'widened'], ['down', 'narrowed']] as const)('%s: is told with a witness where the evaluator agrees', (way, direction) => {
    const context = contextOf(web, cron, 'shop/db');
    expect(changesIn(context, way, found(context, way)).map(told)).toEqual([[direction, undefined, false, true]]);
    expect(context.internalErrors).toEqual([]);
  });

  test.each([['up', 'undecided-widened'], ['down', 'undecided-narrowed']] as const)('%s: is undecided where it does not, and an internal error', (way, direction) => {
    const right = contextOf(web, cron, 'shop/db');
    const context = { ...right, sides: { ...right.sides, head: web } };
    const regions = found(right, way);
    const changes = changesIn(context, way, regions);
    expect(changes.length).toBeGreaterThan(0);
    expect(new Set(changes.map(told).map(String))).toEqual(new Set([String([direction, 'the sample request was not confirmed on both sides', true, false])]));
    expect(changes.flatMap(({ cubes }) => cubes)).toEqual(regions.flatMap((each) => ('region' in each ? each.region.cubes : [])));
    expect(context.internalErrors).toHaveLength(changes.length);
    for (const error of context.internalErrors) expect(error).toMatch(/^the witness for `shop\/db` did not reproduce \(seed [0-9a-f]{16}\)$/u);
  });

  test('a seed whose search came to no end is undecided with its reason', () => {
    const context = contextOf(web, cron, 'shop/db');
    const seed = { predicates: [{ dimension: 'port' as const, any: [{ type: 'number' as const, value: 80 }], none: [] }], origins: [{ policy: 'NetworkPolicy/shop/db' }] };
    const entry: Found = { undecided: { seed, key: 'port 80', reason: 'the limit was reached' } } as unknown as Found;
    expect(changesIn(context, 'up', [entry])).toMatchObject([{ direction: 'undecided-widened', seed: 'port 80', reason: 'the limit was reached', cubes: [seed], seedOrigins: seed.origins, complete: false, passingSide: 'head' }]);
    expect(changesIn(context, 'down', [entry])).toMatchObject([{ direction: 'undecided-narrowed', passingSide: 'base' }]);
    expect(context.internalErrors).toEqual([]);
  });
});

describe('a destination at which something did not reproduce', () => {
  const limits = { workPerSeed: 1_000, regionsPerSeed: 10, atomsPerDimension: 100 };
  /** Finds, either way, that everything moves. */
  class Wrong extends DifferenceMemo {
    override get(): Difference {
      const sample = new Map<Dimension, Value>([['peer', null], ['port', 9999], ['protocol', 'tcp'], ['transport', 'TCP']]);
      return { regions: [{ seed: 's', seedOrigins: [], layer: 'authorization', cubes: [{ predicates: [], origins: [] }], samples: [sample], complete: true }], undecided: [], work: 1 };
    }
  }
  const sides = { environment: 'test', base: mesh(nobody), head: mesh(), renamed: new Map<string, string>() };

  test('is not taken over by another environment, others are', () => {
    const right = compareSides(sides, limits, new DifferenceMemo());
    expect([right.internalErrors, [...right.byDestination.keys()]]).toEqual([[], ['shop/cron', 'shop/db', 'shop/web']]);
    expect(right.byDestination.get('shop/db')).toEqual(right.changes.filter(({ destination }) => destination.id === 'shop/db'));
    const wrong = compareSides({ ...sides, base: mesh(nobody.replace('{}', '{selector: {matchLabels: {app: db}}}')) }, limits, new Wrong());
    expect(wrong.internalErrors.length).toBeGreaterThan(0);
    expect([...wrong.byDestination.keys()]).toEqual(['shop/cron', 'shop/web']);
    expect(new Set(wrong.changes.map(({ direction }) => direction))).toEqual(new Set(['widened', 'undecided-narrowed']));
  });
});

test('destinations are compared in order of their names, those that nothing declares among them', () => {
  const only = (app: string): string => policy('AuthorizationPolicy', `shop/${app}`, `selector: {matchLabels: {app: ${app}}}`);
  const both = mesh(only('zoo'), only('absent'));
  expect(destinationPairs({ environment: 'test', base: both, head: both, renamed: new Map() }).map(({ destination }) => destination.id)).toEqual(['shop/app=absent', 'shop/app=zoo', 'shop/cron', 'shop/db', 'shop/web']);
});

describe('what opens or closes behind another layer', () => {
  const moved = { network: true, behind: false };

  test('is told where the evaluator agrees', () => {
    const context = contextOf(webBehind, cronBehind, 'shop/db');
    expect(latentMoved(context, [], moved).map(told)).toEqual([['latent-widened', undefined, false, true], ['latent-narrowed', undefined, false, true]]);
    expect(context.internalErrors).toEqual([]);
  });

  test.each([
    ['nothing moves', { head: webBehind }],
    ['it opens', { base: web, head: cron }],
    ['it closes', { base: webBehind, head: cron }],
  ])('is no change where %s there, and an internal error', (_, other) => {
    const right = contextOf(webBehind, cronBehind, 'shop/db');
    const context = { ...right, sides: { ...right.sides, ...other } };
    expect(latentMoved(context, [], moved).filter(({ direction }) => direction === 'latent-widened')).toEqual([]);
    expect(context.internalErrors[0]).toMatch(/^the latent witness for `shop\/db` did not reproduce \(seed [0-9a-f]{16}\)$/u);
  });
});
