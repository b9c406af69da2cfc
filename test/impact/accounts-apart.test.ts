/** Which workloads act under another account than before, and which destinations tell the two accounts apart. */
import { describe, expect, test } from 'vitest';
import { AccountsApart, atCaller, cubesAtCaller, movedAccounts, presentedOn } from '#impact/moved-accounts.ts';
import type { Pair } from '#impact/raw-change.ts';
import type { MeshSettings } from '#mesh/build.ts';
import type { Mesh } from '#mesh/model.ts';
import type { DestinationPosture } from '#posture/paths.ts';
import type { Cube, Layer, Predicate } from '#sets/cube.ts';
import { deployment, meshOf, namespace } from '../mesh/support.ts';

const closed: MeshSettings = { world: 'closed' };
const as = (place: string, account: string): string => deployment(place, '', '', `serviceAccountName: ${account}`);
const shop = namespace('shop', 'istio-injection: enabled');
const mesh = (...documents: readonly string[]): Mesh => meshOf(closed, shop, namespace('plain'), namespace('soft', 'istio.io/dataplane-mode: ambient'), ...documents);
const moved = (base: Mesh, head: Mesh, renamed: ReadonlyMap<string, string> = new Map()): readonly string[] =>
  movedAccounts({ base, head, renamed }).map(({ former, current, callers, ambient, assumptions }) => [`${former ?? 'none'} → ${current ?? 'none'}`, ...callers.map((caller) => `${caller.base.id}/${caller.head.id}`), ...(ambient.head ? ['ambient'] : []), ...assumptions].join(', '));

describe('accounts that moved', () => {
  test('are those of workloads in the mesh that have another one', () => {
    expect(moved(mesh(as('shop/a', 'one')), mesh(as('shop/a', 'two')))).toEqual(['ns/shop/sa/one → ns/shop/sa/two, shop/a/shop/a']);
    expect(moved(mesh(as('shop/a', 'one')), mesh(as('shop/a', 'one')))).toEqual([]);
    expect(moved(mesh(as('plain/a', 'one')), mesh(as('plain/a', 'two')))).toEqual([]);
    expect(moved(mesh(as('shop/a', 'one')), mesh(as('shop/b', 'two')))).toEqual([]);
  });

  test('are of those that enter or leave the mesh, too', () => {
    const outside = (account: string): Mesh => meshOf(closed, namespace('shop'), as('shop/a', account));
    const inside = (account: string): Mesh => meshOf(closed, shop, as('shop/a', account));
    expect(moved(outside('one'), inside('two'))).toEqual(['none → ns/shop/sa/two, shop/a/shop/a']);
    expect(moved(inside('one'), outside('two'))).toEqual(['ns/shop/sa/one → none, shop/a/shop/a']);
    expect(moved(outside('one'), outside('two'))).toEqual([]);
    expect(moved(inside('one'), inside('two'))).toHaveLength(1);
  });

  test('follow a workload that is renamed, into another namespace too', () => {
    expect(moved(mesh(as('shop/a', 'one')), mesh(as('shop/b', 'two')), new Map([['shop/b', 'shop/a']]))).toEqual(['ns/shop/sa/one → ns/shop/sa/two, shop/a/shop/b']);
    expect(moved(mesh(as('shop/a', 'one')), mesh(as('shop/b', 'one')), new Map([['shop/b', 'shop/a']]))).toEqual([]);
    expect(moved(mesh(as('shop/a', 'one')), mesh(as('soft/a', 'one')), new Map([['soft/a', 'shop/a']]))).toEqual(['ns/shop/sa/one → ns/soft/sa/one, shop/a/soft/a, ambient']);
  });

  test('are told together for all workloads that made the same move, in order', () => {
    const base = mesh(as('shop/c', 'one'), as('shop/b', 'one'), as('shop/a', 'three'), as('soft/d', 'one'));
    const head = mesh(as('shop/c', 'two'), as('shop/b', 'two'), as('shop/a', 'one'), as('soft/d', 'two'));
    expect(moved(base, head)).toEqual(['ns/shop/sa/one → ns/shop/sa/two, shop/b/shop/b, shop/c/shop/c', 'ns/shop/sa/three → ns/shop/sa/one, shop/a/shop/a', 'ns/soft/sa/one → ns/soft/sa/two, soft/d/soft/d, ambient']);
  });

  test('rest on enrolment that nobody tells', () => {
    const open = (account: string): Mesh => meshOf({ world: 'open' }, as('shop/a', account));
    expect(moved(open('one'), open('two'))).toEqual(['ns/shop/sa/one → ns/shop/sa/two, shop/a/shop/a, enrolment:shop']);
  });
});

describe('a destination tells two accounts apart', () => {
  const sides = { base: mesh(as('shop/a', 'one'), as('shop/b', 'three')), head: mesh(as('shop/a', 'two'), as('shop/b', 'four')), renamed: new Map<string, string>() };
  const apart = new AccountsApart(sides);
  const at = sides.base.workloads.get('shop/b');
  if (at === undefined) throw new Error('no destination');
  const pair: Pair = { destination: { id: at.id, known: true, status: 'both' }, base: at, head: at };
  const peer = (text: string): Predicate => ({ dimension: 'peer', any: [{ type: 'principal', pattern: { type: 'exact', text } }], none: [] });
  const cube = (...predicates: readonly Predicate[]): Cube => ({ predicates, origins: [] });
  const posture = (layer: Partial<Layer>): DestinationPosture => ({ possible: [{ id: 'way', layers: [{ id: 'authorization', allow: 'all', deny: [], ...layer }] }] }) as unknown as DestinationPosture;
  const told = (...postures: readonly DestinationPosture[]): readonly string[] => apart.at(postures, pair).map(({ former }) => former ?? 'none');
  const one = presentedOn(sides.base, 'ns/shop/sa/one') ?? '';

  test('where a rule names one of them, whether it allows or denies', () => {
    expect(one).toBe('cluster.local/ns/shop/sa/one');
    expect(told(posture({ allow: [cube(peer(one))] }))).toEqual(['ns/shop/sa/one']);
    expect(told(posture({ deny: [cube(peer(one))] }))).toEqual(['ns/shop/sa/one']);
    expect(told(posture({ allow: [cube(peer('cluster.local/ns/shop/sa/two'))] }))).toEqual(['ns/shop/sa/one']);
    expect(told(posture({ allow: [cube(peer(one)), cube(peer('cluster.local/ns/shop/sa/four'))] }))).toEqual(['ns/shop/sa/one', 'ns/shop/sa/three']);
    expect(told(posture({}), posture({ deny: [cube(peer(one))] }))).toEqual(['ns/shop/sa/one']);
  });

  test('not where a rule means both or neither, or says nothing of callers', () => {
    expect(told(posture({ allow: [cube({ dimension: 'peer', any: [{ type: 'identified' }], none: [] })] }))).toEqual([]);
    expect(told(posture({ allow: [cube(peer('cluster.local/ns/shop/sa/other'))] }))).toEqual([]);
    expect(told(posture({ allow: [cube({ dimension: 'host', any: [{ type: 'exact', text: one }], none: [] })] }))).toEqual([]);
    expect(told(posture({}))).toEqual([]);
    expect(told()).toEqual([]);
    expect(apart.any).toBe(true);
    expect(new AccountsApart({ ...sides, head: sides.base }).any).toBe(false);
    expect(new AccountsApart({ ...sides, head: sides.base }).at([posture({ allow: [cube(peer(one))] })], pair)).toEqual([]);
  });

  test('in the trust domain of either side', () => {
    const other = meshOf(closed, shop, as('shop/a', 'two'), '{apiVersion: v1, kind: ConfigMap, metadata: {name: istio, namespace: istio-system}, data: {mesh: "trustDomain: new.example"}}');
    const across = new AccountsApart({ base: mesh(as('shop/a', 'one')), head: other, renamed: new Map() });
    for (const principal of ['cluster.local/ns/shop/sa/one', 'new.example/ns/shop/sa/one', 'cluster.local/ns/shop/sa/two', 'new.example/ns/shop/sa/two']) expect(across.at([posture({ allow: [cube(peer(principal))] })], pair)).toHaveLength(1);
  });

  test('at one caller only what is said of others is left', () => {
    const address: Predicate = { dimension: 'address', any: [{ type: 'present' }], none: [] };
    const method: Predicate = { dimension: 'method', any: [{ type: 'exact', text: 'GET' }], none: [] };
    const layers = (paths: ReturnType<typeof atCaller>): readonly Pick<Layer, 'allow' | 'deny'>[] => paths.flatMap((path) => path.layers.map(({ allow, deny }) => ({ allow, deny })));
    const paths = posture({ allow: [cube(peer(one), method)], deny: [cube(address)] }).possible;
    expect(layers(atCaller(paths, one, false))).toEqual([{ allow: [cube(method)], deny: [] }]);
    expect(layers(atCaller(paths, one, true))).toEqual([{ allow: [cube(method)], deny: [cube(address)] }]);
    expect(layers(atCaller(paths, 'cluster.local/ns/shop/sa/two', false))).toEqual([{ allow: [], deny: [] }]);
    const identified: Predicate = { dimension: 'peer', any: [{ type: 'identified' }], none: [] };
    const plain: Predicate = { dimension: 'peer', any: [], none: [{ type: 'identified' }] };
    expect(cubesAtCaller([cube(identified, method), cube(plain), cube(address)], one, false)).toEqual([cube(method)]);
    expect(cubesAtCaller([cube(identified, method), cube(plain), cube(address)], one, true)).toEqual([cube(method), cube(address)]);
  });
});
