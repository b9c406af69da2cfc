/** Which edits may be behind a change, the likely ones first, and when an answer has moved (`docs/engine.md`). */
import { describe, expect, test } from 'vitest';
import { readManifests } from '#app/scenarios.ts';
import { EditIndex, waypointNamespaces } from '#impact/candidates.ts';
import { flips, minimalCauses, reaches } from '#impact/causes.ts';
import { editsBetween, type Edit } from '#impact/edits.ts';
import type { RawChange } from '#impact/raw-change.ts';
import { buildMesh } from '#mesh/build.ts';
import type { Decision } from '#posture/query.ts';

const world = `
{apiVersion: v1, kind: Namespace, metadata: {name: shop, labels: {istio-injection: enabled}}}
---
{apiVersion: apps/v1, kind: Deployment, metadata: {name: cart, namespace: shop}, spec: {selector: {matchLabels: {app: cart}}, template: {metadata: {labels: {app: cart}}, spec: {containers: [{name: app, image: app}]}}}}
`;
const object = (kind: string, place: string, spec = '{}'): string => {
  const [namespace, name] = place.split('/');
  return `{apiVersion: ${kind === 'NetworkPolicy' ? 'networking.k8s.io' : 'security.istio.io'}/v1, kind: ${kind}, metadata: {name: ${name ?? ''}, namespace: ${namespace ?? ''}}, spec: ${spec}}`;
};
const sidesOf = (base: readonly string[], head: readonly string[], renamed: readonly (readonly [string, string])[] = []): { readonly index: EditIndex; readonly edits: readonly Edit[] } => {
  const [before, after] = [base, head].map((more) => readManifests([world, ...more].join('\n---\n')));
  const edits = editsBetween(before ?? [], after ?? []);
  return { edits, index: new EditIndex({ environment: 'test', base: buildMesh(before ?? [], { world: 'closed' }), head: buildMesh(after ?? [], { world: 'closed' }), renamed: new Map(renamed) }, edits) };
};

const answer = (verdict: 'allow' | 'deny' | 'asks', by: readonly string[] = [], via?: string): Decision => {
  const way = via === undefined ? {} : { via };
  return verdict === 'asks' ? { verdict, layer: 'external-authorization', provider: 'p', by, enforcedAt: 'sidecar', because: [], ...way } : { verdict, layer: 'authorization', by, enforcedAt: 'sidecar', because: [], ...way };
};
const unknown: Decision = { verdict: 'unknown', rule: 'R1', missing: 'x', because: [] };
type Witness = NonNullable<RawChange['witness']>;
const witness = (from: Witness['query']['from'], base: Decision, head: Decision): Witness => ({ query: { from, to: { workload: 'shop/cart', port: 80 }, request: { protocol: 'http' } }, base, head });
const raw = (more: Partial<RawChange> = {}): RawChange => ({
  environment: 'test', destination: { id: 'shop/cart', namespace: 'shop', known: true, status: 'both' }, direction: 'widened', facet: 'access', cubes: [], complete: true, seed: 's', seedOrigins: [], witness: undefined, reason: undefined, assumptions: [], enforcedAt: [], passingSide: 'head', ...more,
});
const of = (index: EditIndex, more: Partial<RawChange> = {}): readonly [readonly string[], number] => {
  const { edits, likely } = index.of(raw(more));
  return [edits.map(({ id }) => id.replace('AuthorizationPolicy/', '')), likely];
};
const cart = '{selector: {matchLabels: {app: cart}}}';
const pay = '{selector: {matchLabels: {app: pay}}}';

describe('edits near a change', () => {
  const places = [object('AuthorizationPolicy', 'shop/own'), object('AuthorizationPolicy', 'istio-system/mesh'), object('AuthorizationPolicy', 'web/other'), object('NetworkPolicy', 'web/out', '{podSelector: {}}')];

  test('those of its namespace and of the whole mesh', () => {
    const { index } = sidesOf([], places);
    expect(of(index)).toEqual([['shop/own', 'istio-system/mesh'], 0]);
    expect(of(index, { destination: { id: 'x', namespace: 'bank', known: true, status: 'both' } })).toEqual([['istio-system/mesh'], 0]);
  });

  test('all of them where the destination is anything', () => {
    expect(of(sidesOf([], places).index, { destination: { id: '*', namespace: '*', known: true, status: 'both' } })[0]).toEqual(['istio-system/mesh', 'shop/own', 'web/other', 'NetworkPolicy/web/out']);
  });

  test('those at the caller, which may let it out', () => {
    const { index } = sidesOf([], places);
    expect(of(index, { witness: witness({ pod: { namespace: 'web', labels: {} } }, answer('deny'), answer('allow')) })[0]).toEqual(['shop/own', 'istio-system/mesh', 'web/other', 'NetworkPolicy/web/out']);
    expect(of(index, { witness: witness({ workload: 'web/front' }, answer('deny'), answer('allow')) })[0]).toEqual(['shop/own', 'istio-system/mesh', 'web/other', 'NetworkPolicy/web/out']);
    expect(of(index, { witness: witness({ principal: null }, answer('deny'), answer('allow')) })[0]).toEqual(['shop/own', 'istio-system/mesh']);
  });

  test('those at a waypoint on the way, on either side', () => {
    const { index } = sidesOf([], places);
    const through = (base: Decision, head: Decision): Witness => witness({}, base, head);
    for (const way of [through(answer('deny', [], 'web/door'), answer('allow')), through(answer('deny'), answer('allow', [], 'web/door'))]) {
      expect(of(index, { witness: way })[0]).toEqual(['shop/own', 'istio-system/mesh', 'web/other', 'NetworkPolicy/web/out']);
      expect(waypointNamespaces(raw({ witness: way }))).toEqual(['web']);
    }
    expect(waypointNamespaces(raw({ witness: through(unknown, answer('allow')) }))).toEqual([]);
    expect(waypointNamespaces(raw())).toEqual([]);
  });

  test('not those that select other workloads on both sides', () => {
    for (const kind of ['AuthorizationPolicy', 'PeerAuthentication', 'RequestAuthentication']) {
      const ids = (base: readonly string[], head: readonly string[]): number => of(sidesOf(base.map((spec) => object(kind, 'shop/x', spec)), head.map((spec) => object(kind, 'shop/x', spec))).index)[0].length;
      expect(ids([], [pay])).toBe(0);
      expect(ids([pay], [])).toBe(0);
      expect(ids([], [cart])).toBe(1);
      expect(ids([cart], [])).toBe(1);
      expect(ids([cart], [pay])).toBe(1);
      expect(ids([pay], [cart])).toBe(1);
      expect(ids([], ['{}'])).toBe(1);
    }
  });

  test('a policy that names its targets says nothing by labels', () => {
    const target = '{targetRefs: [{kind: Service, group: "", name: pay}]}';
    expect(of(sidesOf([], [object('AuthorizationPolicy', 'shop/x', target)]).index)[0]).toEqual(['shop/x']);
  });

  test('a NetworkPolicy and the workload itself are near, whatever they select', () => {
    expect(of(sidesOf([], [object('NetworkPolicy', 'shop/net', '{podSelector: {matchLabels: {app: pay}}}')]).index)[0]).toEqual(['NetworkPolicy/shop/net']);
  });

  test('a destination that is not declared on both sides is told by its namespace alone', () => {
    const { index } = sidesOf([], [object('AuthorizationPolicy', 'shop/x', pay)]);
    expect(of(index, { destination: { id: 'shop/app=ghost', namespace: 'shop', known: false, status: 'both' } })[0]).toEqual(['shop/x']);
  });

  test('a destination that only the head declares is told by its namespace alone', () => {
    const added = world.slice(world.indexOf('---')).replaceAll('cart', 'fresh');
    expect(of(sidesOf([], [added, object('AuthorizationPolicy', 'shop/x', pay)]).index, { destination: { id: 'shop/fresh', namespace: 'shop', known: true, status: 'both' } })[0]).toContain('shop/x');
  });

  test('a destination that is labelled anew is asked by both labels', () => {
    const [before, after] = [readManifests(world), readManifests([world.replace('labels: {app: cart}}, spec', 'labels: {app: cart, tier: inner}}, spec'), object('AuthorizationPolicy', 'shop/x', '{selector: {matchLabels: {tier: inner}}}'), object('AuthorizationPolicy', 'shop/y', pay)].join('\n---\n'))];
    const edits = editsBetween(before, after);
    const index = new EditIndex({ environment: 'test', base: buildMesh(before, { world: 'closed' }), head: buildMesh(after, { world: 'closed' }), renamed: new Map() }, edits);
    expect(of(index)[0]).toEqual(['shop/x', 'Deployment/shop/cart']);
  });

  test('the Service of an external authorizer is near wherever it is, another one is not', () => {
    const service = (place: string): string => {
      const [namespace, name] = place.split('/');
      return `{apiVersion: v1, kind: Service, metadata: {name: ${name ?? ''}, namespace: ${namespace ?? ''}}, spec: {ports: [{port: 9000}]}}`;
    };
    const config = (provider: string): string => `{apiVersion: v1, kind: ConfigMap, metadata: {name: istio, namespace: istio-system}, data: {mesh: "extensionProviders: [{name: opa, envoyExtAuthzGrpc: {service: ${provider}.auth.svc.cluster.local, port: 9000}}]"}}`;
    expect(of(sidesOf([config('opa')], [config('opa'), service('auth/opa'), service('auth/other')]).index)[0]).toEqual(['Service/auth/opa']);
    expect(of(sidesOf([config('opa'), service('auth/opa'), service('auth/other')], [config('opa')]).index)[0]).toEqual(['Service/auth/opa']);
    expect(of(sidesOf([config('old'), service('auth/old')], [config('old'), service('auth/opa')]).index)[0]).toEqual(['Service/auth/old']);
    expect(of(sidesOf([], [service('auth/opa')]).index)[0]).toEqual([]);
  });

  test('everything is near where it is about a gateway', () => {
    const { index } = sidesOf([], [...places, object('AuthorizationPolicy', 'shop/pay', pay)]);
    expect(of(index, { gateway: { outside: true } })[0]).toHaveLength(5);
  });

  test('what selects others is near where a waypoint is on the way', () => {
    const { index } = sidesOf([], [object('AuthorizationPolicy', 'shop/x', pay)]);
    expect(of(index)[0]).toEqual([]);
    expect(of(index, { witness: witness({}, answer('deny', [], 'shop/door'), answer('allow')) })[0]).toEqual(['shop/x']);
  });

  test('a renamed workload is known by its former name', () => {
    const basket = world.replace('name: cart', 'name: basket');
    const [before, after] = [readManifests(world), readManifests([basket, object('AuthorizationPolicy', 'shop/x', pay)].join('\n---\n'))];
    const edits = editsBetween(before, after).filter(({ id }) => id.startsWith('AuthorizationPolicy'));
    const index = (renamed: ReadonlyMap<string, string>): EditIndex => new EditIndex({ environment: 'test', base: buildMesh(before, { world: 'closed' }), head: buildMesh(after, { world: 'closed' }), renamed }, edits);
    expect(of(index(new Map([['shop/other', 'shop/another'], ['shop/basket', 'shop/cart']])))[0]).toEqual([]);
    expect(of(index(new Map()))[0]).toEqual(['shop/x']);
  });
});

describe('likely edits', () => {
  const { index } = sidesOf([], ['a', 'b', 'c', 'd'].map((name) => object('AuthorizationPolicy', `shop/${name}`)));
  const id = (name: string): string => `AuthorizationPolicy/shop/${name}`;

  test('made the seed or decided one of the answers; they come first', () => {
    expect(of(index)).toEqual([['shop/a', 'shop/b', 'shop/c', 'shop/d'], 0]);
    expect(of(index, { seedOrigins: [{ policy: id('d') }] })).toEqual([['shop/d', 'shop/a', 'shop/b', 'shop/c'], 1]);
    expect(of(index, { witness: witness({}, answer('deny', [id('c')]), answer('allow', [id('b')])) })).toEqual([['shop/b', 'shop/c', 'shop/a', 'shop/d'], 2]);
    expect(of(index, { witness: witness({}, unknown, answer('allow', [id('b')])) })).toEqual([['shop/b', 'shop/a', 'shop/c', 'shop/d'], 1]);
  });
});

describe('an answer that moves', () => {
  const [deny, asks, allow] = [answer('deny'), answer('asks'), answer('allow')];

  test('deny < asks < allow, and up is not down', () => {
    for (const [low, high] of [[deny, asks], [asks, allow], [deny, allow]] as const) {
      expect([flips(low, high, 'up'), flips(high, low, 'down'), flips(low, high, 'down'), flips(high, low, 'up'), flips(low, low, 'up'), flips(low, low, 'down')]).toEqual([true, true, false, false, false, false]);
    }
  });

  test('reaches the head’s where it is as high, or as low', () => {
    expect([reaches(allow, asks, 'up'), reaches(asks, asks, 'up'), reaches(deny, asks, 'up')]).toEqual([true, true, false]);
    expect([reaches(deny, asks, 'down'), reaches(asks, asks, 'down'), reaches(allow, asks, 'down')]).toEqual([true, true, false]);
  });

  test('what is not known moves nothing and reaches nothing', () => {
    for (const way of ['up', 'down'] as const) for (const known of [deny, asks, allow]) expect([flips(unknown, known, way), flips(known, unknown, way), reaches(unknown, known, way), reaches(known, unknown, way)]).toEqual([false, false, false, false]);
  });
});

describe('the search for causes', () => {
  const edit = (id: string): Edit => ({ type: 'added', id, head: readManifests(object('AuthorizationPolicy', `shop/${id}`))[0] ?? readManifests(world)[0] as never });

  test('asks about each set once', () => {
    const candidates = ['a', 'b', 'c', 'd'].map(edit);
    const asked: string[] = [];
    minimalCauses({ candidates, moves: (edits) => { asked.push(edits.map(({ id }) => id).join()); return edits.length === 4; } });
    expect(new Set(asked).size).toBe(asked.length);
    expect(asked).toContain('a,b,c,d');
  });

  test('an error of the question is not taken for a limit', () => {
    expect(() => minimalCauses({ candidates: [edit('a')], moves: () => { throw new Error('ours'); } })).toThrow('ours');
  });

  test('sets that were found before the limit are named without a word', () => {
    const candidates = Array.from({ length: 12 }, (_, index) => edit(`e${String(index)}`));
    expect(minimalCauses({ candidates, moves: (edits) => edits[0]?.id === 'e0', trials: 3 })).toEqual({ sets: [[candidates[0]]] });
  });

  test('the smallest of several comes first, none twice', () => {
    const candidates = ['a', 'b', 'c', 'd', 'e'].map(edit);
    const has = (edits: readonly Edit[], ...ids: readonly string[]): boolean => ids.every((id) => edits.some((each) => each.id === id));
    const { sets } = minimalCauses({ candidates, moves: (edits) => has(edits, 'a', 'b', 'c') || has(edits, 'd', 'e') });
    expect(sets.map((set) => set.map(({ id }) => id).join(''))).toEqual(['de', 'abc']);
  });

  test('a larger one that is found first stands behind a smaller one', () => {
    const candidates = ['a', 'b', 'c', 'd', 'e'].map(edit);
    const has = (edits: readonly Edit[], ...ids: readonly string[]): boolean => ids.every((id) => edits.some((each) => each.id === id));
    const { sets } = minimalCauses({ candidates, moves: (edits) => has(edits, 'a', 'c', 'd') || has(edits, 'b', 'e') });
    expect(sets.map((set) => set.map(({ id }) => id).join(''))).toEqual(['be', 'acd']);
  });

  test('edits that undo each other hide no smaller set', () => {
    const candidates = ['a', 'b', 'c', 'd'].map(edit);
    const { sets } = minimalCauses({ candidates, moves: (edits) => edits.length === 4 || edits.map(({ id }) => id).join('') === 'ab' });
    expect(sets.map((set) => set.map(({ id }) => id).join(''))).toEqual(['ab']);
  });

  test('three are enough', () => {
    const candidates = Array.from({ length: 8 }, (_, index) => edit(`e${String(index)}`));
    const both = (edits: readonly Edit[], first: number): boolean => [first, first + 1].every((index) => edits.some(({ id }) => id === `e${String(index)}`));
    expect(minimalCauses({ candidates, moves: (edits) => [0, 2, 4, 6].some((first) => both(edits, first)) }).sets).toHaveLength(3);
    expect(minimalCauses({ candidates, moves: (edits) => edits.some(({ id }) => id === 'e0') || [2, 4, 6].some((first) => both(edits, first)) }).sets).toHaveLength(3);
  });

  test('two edits are not taken for a third one by their places', () => {
    const candidates = Array.from({ length: 13 }, (_, index) => edit(`e${String(index)}`));
    expect(minimalCauses({ candidates, moves: (edits) => edits.length === 2 && edits[0] === candidates[1] && edits[1] === candidates[2] }).sets).toEqual([[candidates[1], candidates[2]]]);
  });

  test('of the likeliest eight every pair is tried where all together do nothing', () => {
    const candidates = Array.from({ length: 10 }, (_, index) => edit(`e${String(index)}`));
    const only = (...wanted: readonly number[]) => (edits: readonly Edit[]): boolean => edits.length === wanted.length && wanted.every((index) => edits.some(({ id }) => id === `e${String(index)}`));
    expect(minimalCauses({ candidates, moves: only(6, 7) }).sets).toEqual([[candidates[6], candidates[7]]]);
    expect(minimalCauses({ candidates, moves: only(6, 8) }).sets).toEqual([]);
  });

  test('of very many sixty are tried one by one, the others by halving', () => {
    const candidates = Array.from({ length: 62 }, (_, index) => edit(`e${String(index)}`));
    const has = (edits: readonly Edit[], index: number): boolean => edits.some(({ id }) => id === `e${String(index)}`);
    const sets = (...wanted: readonly number[]): readonly (readonly string[])[] => minimalCauses({ candidates, moves: (edits) => wanted.some((index) => has(edits, index)) }).sets.map((set) => set.map(({ id }) => id));
    expect(sets(59, 60, 61)).toEqual([['e59'], ['e60'], ['e61']]);
    expect(minimalCauses({ candidates, moves: (edits) => edits.length === 1 && has(edits, 60) }).sets).toEqual([]);
  });
});
