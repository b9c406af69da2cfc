/** In which order changes are told, and which of them are told as one (`docs/report.md`, `changes`). */
import { describe, expect, test } from 'vitest';
import { readManifests } from '#app/scenarios.ts';
import type { Change, Direction } from '#impact/change.ts';
import { describeChanges, type Provenance } from '#impact/describe.ts';
import type { RawChange } from '#impact/raw-change.ts';
import { buildMesh } from '#mesh/build.ts';
import type { Decision } from '#posture/query.ts';
import type { Predicate } from '#sets/cube.ts';
import type { Matcher } from '#sets/matcher.ts';

const exact = (text: string): Matcher => ({ type: 'exact', text });
const peer = (...any: readonly Matcher[]): Predicate => ({ dimension: 'peer', any, none: [] });
const path = (text: string, type: 'exact' | 'prefix' = 'exact'): Predicate => ({ dimension: 'path', any: [{ type: 'path', pattern: { type, text }, normalization: 'NONE' }], none: [] });
const method = (...names: readonly string[]): Predicate => ({ dimension: 'method', any: names.map(exact), none: [] });
const account: Matcher = { type: 'service-account', namespace: 'shop', account: 'gone', plane: 'envoy' };
const denied: Decision = { verdict: 'deny', layer: 'authorization', by: [], enforcedAt: 'sidecar', because: [] };
const allowed: Decision = { verdict: 'allow', layer: 'authorization', by: [], enforcedAt: 'sidecar', because: [] };

const raw = (more: Partial<RawChange> = {}, ...predicates: readonly Predicate[]): RawChange => ({
  environment: 'one', destination: { id: 'shop/pay', namespace: 'shop', known: true, status: 'both' }, direction: 'widened', facet: 'access', cubes: [{ predicates, origins: [] }], complete: true, seed: 's', seedOrigins: [],
  witness: { query: { from: { principal: null }, to: { workload: 'shop/pay', port: 80 }, request: { protocol: 'http' } }, base: denied, head: allowed }, reason: undefined, assumptions: [], enforcedAt: ['sidecar'], passingSide: 'head', ...more,
});
const to = (...names: readonly string[]): readonly Partial<RawChange>[] => names.map((name) => ({ destination: { id: `shop/${name}`, namespace: 'shop', known: true, status: 'both' } }));

function provenance(environment: string): Provenance {
  const mesh = buildMesh(readManifests('{apiVersion: v1, kind: Namespace, metadata: {name: shop}}'), { world: 'closed' });
  return { sides: { environment, base: mesh, head: mesh, renamed: new Map() }, edits: [], unlike: [], counterfactual: { near: () => mesh, around: () => mesh }, limits: { workPerSeed: 1_000, regionsPerSeed: 10, atomsPerDimension: 100 }, cite: () => { throw new Error('there are no edits'); } };
}
const told = (...changes: readonly RawChange[]): readonly Change[] => describeChanges(changes, new Map(['one', 'two'].map((name) => [name, provenance(name)]))).map(({ change }) => change);

/** The entries are told in this order, whichever comes first and whatever their ids are. */
function inOrder(...changes: readonly RawChange[]): void {
  const key = ({ direction, callers, region, destinations }: Change): string => JSON.stringify([direction, callers, region, destinations]);
  for (const prefix of ['a', 'b', 'c', 'd', 'e']) {
    const seeds = changes.map((change, index) => ({ ...change, seed: `${prefix} ${String(index)}` }));
    const alone = seeds.map((change) => told(change).map(key).join());
    expect(told(...seeds).map(key)).toEqual(alone);
    expect(told(...[...seeds].reverse()).map(key)).toEqual(alone);
  }
}

describe('the order of changes', () => {
  test('by direction: what opens before what closes, what is sure before what is not', () => {
    const directions: readonly Direction[] = ['widened', 'undecided-widened', 'weakened', 'latent-widened', 'narrowed', 'undecided-narrowed', 'latent-narrowed', 'strengthened'];
    inOrder(...directions.map((direction) => raw({ direction })));
  });

  test('then by who may come: without an identity, any, of a domain, of a namespace, others, known ones', () => {
    inOrder(
      raw({}, peer({ type: 'absent' }), path('/a')),
      raw({}, peer({ type: 'identified' }), path('/a')),
      raw({}, peer({ type: 'trust-domain', pattern: { type: 'exact', text: 'partner' } }), path('/a')),
      raw({}, peer({ type: 'namespace-glob', glob: 'shop' }), path('/a')),
      raw({}, peer(account), path('/a')),
      raw({ callers: ['shop/web[Deployment]'] }, path('/a')),
    );
  });

  test('then by what they may ask: methods that write before those that read, any path before a pattern before one', () => {
    inOrder(raw(), raw({}, path('/a', 'prefix')), raw({}, path('/a')), raw({}, method('GET', 'HEAD', 'OPTIONS')), raw({}, method('GET'), path('/a', 'prefix')), raw({}, method('GET'), path('/a')));
    inOrder(raw({}, method('GET', 'POST')), raw({}, method('GET')));
    for (const reading of ['GET', 'HEAD', 'OPTIONS']) inOrder(raw({}, method('PUT'), path('/a')), raw({}, method(reading)));
    inOrder(raw({}, { dimension: 'path', any: [{ type: 'path', pattern: { type: 'template', text: '/{*}' }, normalization: 'NONE' }], none: [] }), raw({}, path('/a')));
  });

  test('then by whether clients outside may send it', () => {
    inOrder(raw({ gateway: { outside: true } }, peer({ type: 'absent' }), path('/a')), raw({ gateway: { outside: false } }, peer({ type: 'absent' }), path('/a')));
    inOrder(raw({ gateway: { outside: true } }, peer({ type: 'absent' }), path('/a')), raw({ gateway: { outside: false } }, peer({ type: 'absent' })));
  });

  test('a set of methods or paths counts as the broadest of them', () => {
    inOrder(raw({}, method('GET', 'DELETE'), path('/a')), raw({}, method('GET', 'HEAD')));
    const paths: Predicate = { dimension: 'path', any: [path('/a').any[0], path('/b', 'prefix').any[0]].flatMap((matcher) => matcher ?? []), none: [] };
    inOrder(raw({}, paths), raw({}, path('/c')));
  });

  test('then by how many destinations, and by name', () => {
    expect(told(...to('a').map((more) => raw({ ...more, seed: '1' })), ...to('b', 'c').map((more) => raw({ ...more, seed: '2' }))).map(({ destinations }) => destinations.map(({ id }) => id))).toEqual([['shop/b', 'shop/c'], ['shop/a']]);
    expect(told(...to('b', 'a').map((more, index) => raw({ ...more, seed: String(index) }))).map(({ destinations }) => destinations.map(({ id }) => id))).toEqual([['shop/a'], ['shop/b']]);
  });
});

describe('changes that are told as one', () => {
  test('equal at several destinations: all are named, in order', () => {
    const [one, ...others] = told(...to('b', 'a').map((more) => raw(more)));
    expect(others).toEqual([]);
    expect(one?.destinations.map(({ id }) => id)).toEqual(['shop/a', 'shop/b']);
    expect(one?.headline).toContain('`shop/a`, `shop/b`');
  });

  test.each([
    ['seed', { seed: 't' }],
    ['direction', { direction: 'narrowed' }],
    ['facet', { facet: 'mtls' }],
    ['answer', { witness: { ...raw().witness, head: { ...allowed, enforcedAt: 'none' } } as RawChange['witness'] }],
    ['region', { complete: false }],
    ['callers', { callers: ['shop/web[Deployment]'] }],
    ['assumption', { assumptions: ['mesh-config'] }],
    ['environment', { environment: 'two', facet: 'mtls' }],
  ] as const satisfies readonly (readonly [string, Partial<RawChange>])[])('not where the %s is another', (_, more) => {
    expect(told(...to('a', 'b').map((place, index) => raw({ ...place, ...(index === 0 ? {} : more) })))).toHaveLength(2);
  });

  test('nor where one destination answers otherwise before or after', () => {
    const before = raw({ witness: { ...raw().witness, base: { ...denied, layer: 'mtls' } } as RawChange['witness'] });
    expect(told(raw(), before)).toHaveLength(2);
  });

  test('equal in several environments: each is named', () => {
    expect(told(raw(), raw({ environment: 'two', assumptions: ['mesh-config'] }))).toMatchObject([{ environments: ['one', 'two'], assumptions: ['mesh-config'] }]);
    for (const more of [{ facet: 'mtls' }, { direction: 'narrowed' }, { complete: false }, to('other')[0]] as const) expect(told(raw(), raw({ environment: 'two', ...more }))).toHaveLength(2);
  });

  test('of an environment that nobody knows nothing is told', () => {
    expect(told(raw({ environment: 'three' }))).toEqual([]);
  });
});

describe('what is told of one change', () => {
  test('both answers, with what a reader may look up', () => {
    const via: Decision = { ...denied, by: ['A/a/a'], via: 'shop/door', hops: [{ at: 'shop/door', peer: null, verdict: 'deny' }] };
    const asks: Decision = { verdict: 'asks', layer: 'external-authorization', provider: 'opa', by: ['A/a/b'], enforcedAt: 'waypoint', because: [], via: 'shop/door' };
    const [change] = told(raw({ witness: { query: { from: {}, to: { port: 80 }, request: { protocol: 'http' } }, base: via, head: asks } }));
    expect(change).toMatchObject({ before: 'denied by authorization (`A/a/a`)', after: 'left to the external authorizer `opa` (`A/a/b`)', causes: [], causeProof: 'none', enforcementPoints: ['sidecar'] });
    expect(change?.witness?.base).toEqual({ verdict: 'deny', layer: 'authorization', by: ['A/a/a'], enforcedAt: 'sidecar', via: 'shop/door', hops: [{ at: 'shop/door', peer: null, verdict: 'deny' }] });
    expect(change?.witness?.head).toEqual({ verdict: 'asks', layer: 'external-authorization', by: ['A/a/b'], enforcedAt: 'waypoint', provider: 'opa', via: 'shop/door' });
  });

  test('without a witness the reason stands for the answer', () => {
    expect(told(raw({ direction: 'undecided-widened', witness: undefined, reason: 'the limit was reached' }))).toMatchObject([{ before: 'not determined', after: 'the limit was reached' }]);
    expect(told(raw({ direction: 'undecided-widened', witness: undefined }))).toMatchObject([{ before: 'not determined', after: 'not determined' }]);
    expect(told(raw({ direction: 'undecided-widened', reason: 'its definition changed' }))).toMatchObject([{ after: 'allowed: its definition changed' }]);
    const unknown: Decision = { verdict: 'unknown', rule: 'R1', missing: 'x', because: [] };
    expect(told(raw({ witness: { query: { from: {}, to: { port: 80 }, request: { protocol: 'http' } }, base: unknown, head: allowed } }))).toMatchObject([{ before: 'not determined by the manifests', witness: { base: { verdict: 'unknown' } } }]);
  });

  test('its id hangs on facet, direction, seed and destinations alone', () => {
    const id = (more: Partial<RawChange> = {}): string | undefined => told(raw(more))[0]?.id;
    expect(id()).toBe(id({ assumptions: ['x'], complete: false }));
    expect(new Set([id(), id({ facet: 'mtls' }), id({ direction: 'narrowed' }), id({ seed: 't' }), ...to('x').map((more) => id(more))]).size).toBe(5);
  });
});
