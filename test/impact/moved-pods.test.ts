/** Which declared pods NetworkPolicies may tell by other labels than before, and what they gain or lose by them alone (M139). */
import { describe, expect, test } from 'vitest';
import { labelsMoved, movedPods, toldApart } from '#impact/moved-labels.ts';
import type { RawChange } from '#impact/raw-change.ts';
import type { Mesh } from '#mesh/model.ts';
import { deployment, meshOf, namespace } from '../mesh/support.ts';
import { contextOf } from './support.ts';

const mesh = (...documents: readonly string[]): Mesh => meshOf({ world: 'closed' }, namespace('shop'), namespace('till'), namespace('inside', 'istio-injection: enabled'), deployment('shop/db'), ...documents);
const network = (name: string, ...peers: readonly string[]): string => `{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: ${name}, namespace: shop}, spec: {podSelector: {matchLabels: {app: db}}, ingress: [{from: [${peers.map((peer) => `{podSelector: {${peer}}}`).join(', ')}]}]}}`;
const role = (...values: readonly string[]): string => `matchExpressions: [{key: role, operator: In, values: [${values.join(', ')}]}]`;
const web = (labels: string, account = 'web', place = 'shop/web'): string => deployment(place, labels, '', `serviceAccountName: ${account}`);

describe('pods with other labels', () => {
  const moved = (base: readonly string[], head: readonly string[], renamed: ReadonlyMap<string, string> = new Map()): readonly string[] => movedPods({ base: mesh(network('in', role('a')), ...base), head: mesh(network('in', role('a')), ...head), renamed }).map((pods) => `${pods.base.id} ${pods.head.id}`);

  test('of which a network policy speaks, in order of their names', () => {
    expect(moved([web('role: b')], [web('role: c')])).toEqual(['shop/web shop/web']);
    expect(moved([web('role: a', 'x', 'till/web'), web('role: b'), web('role: b', 'x', 'shop/a')], [web('role: b', 'x', 'till/web'), web('role: c'), web('role: c', 'x', 'shop/a')])).toEqual(['shop/a shop/a', 'shop/web shop/web', 'till/web till/web']);
    expect(moved([web('')], [web('role: a')])).toEqual(['shop/web shop/web']);
    expect(moved([web('role: a')], [web('')])).toEqual(['shop/web shop/web']);
  });

  test('not where nothing speaks of the label that is another one', () => {
    expect(moved([web('role: b')], [web('role: b')])).toEqual([]);
    expect(moved([web('version: v1')], [web('version: v2')])).toEqual([]);
    expect(moved([web('role: b, version: v1')], [web('role: b, version: v2')])).toEqual([]);
  });

  test('under another name too; not with another namespace, account or way into the mesh, which is told as that', () => {
    expect(moved([web('role: a')], [web('role: b', 'web', 'shop/new')], new Map([['shop/new', 'shop/web']]))).toEqual(['shop/web shop/new']);
    expect(moved([web('role: a')], [web('role: b', 'web', 'till/web')], new Map([['till/web', 'shop/web']]))).toEqual([]);
    expect(moved([web('role: a')], [web('role: b', 'other')])).toEqual([]);
    const injected = (mode: string): string => deployment('shop/web', `role: ${mode}, sidecar.istio.io/inject: "${mode}"`);
    expect(moved([injected('true')], [injected('false')])).toEqual([]);
    expect(moved([web('role: a')], [])).toEqual([]);
  });
});

describe('a destination tells two labels apart', () => {
  const apart = (admitted: string, former: string, current: string): number => {
    const [base, head] = [mesh(network('in', admitted), web(former)), mesh(network('in', admitted), web(current))];
    return toldApart(movedPods({ base, head, renamed: new Map() }), contextOf(base, head, 'shop/db')).length;
  };

  test('where it asks for one of them', () => {
    expect(apart(role('a'), 'role: a', 'role: b')).toBe(1);
    expect(apart(role('a'), 'role: b', 'role: a')).toBe(1);
    expect(apart('matchExpressions: [{key: role, operator: Exists}]', 'role: b', '')).toBe(1);
  });

  test('not where it asks for both or neither', () => {
    expect(apart(role('a', 'b'), 'role: a', 'role: b')).toBe(0);
    expect(apart(role('c'), 'role: a', 'role: b')).toBe(0);
    expect(apart('matchExpressions: [{key: role, operator: Exists}]', 'role: a', 'role: b')).toBe(0);
  });
});

describe('what is gained and lost', () => {
  const told = ({ direction, callers, witness, cubes }: RawChange): string => `${direction} by ${callers?.join() ?? 'anybody'}: ${witness?.query.from.workload ?? 'nobody'}, ${cubes.flatMap(({ predicates }) => predicates.filter(({ dimension }) => dimension.startsWith('pod-label:')).map(({ dimension, any }) => `${dimension} ${any.map((matcher) => ('text' in matcher ? matcher.text : matcher.type)).join()}`)).join()}`;
  const moved = (base: readonly string[], head: readonly string[]): readonly string[] => {
    const sides = { base: mesh(...base), head: mesh(...head), renamed: new Map<string, string>() };
    const context = contextOf(sides.base, sides.head, 'shop/db');
    const changes = labelsMoved(context, movedPods(sides));
    expect(context.internalErrors).toEqual([]);
    return changes.map(told);
  };

  test('by the label that the policy looks at, and no other', () => {
    expect(moved([network('in', role('a')), web('role: b, tier: one')], [network('in', role('a')), web('role: a, tier: two')])).toEqual(['widened by shop/web[Deployment]: shop/web, pod-label:role a']);
    expect(moved([network('in', role('a')), web('role: a')], [network('in', role('a')), web('role: b')])).toEqual(['narrowed by shop/web[Deployment]: shop/web, pod-label:role b'].map((line) => line.replace('role b', 'role a')));
  });

  test('a label that stays goes without saying', () => {
    const both = 'matchLabels: {role: a, tier: one}';
    expect(moved([network('in', both), web('role: b, tier: one')], [network('in', both), web('role: a, tier: one')])).toEqual(['widened by shop/web[Deployment]: shop/web, pod-label:role a']);
  });

  test('what the policies answer otherwise is no news about the pods', () => {
    // The head lets in the new label only, and the base did not.
    expect(moved([network('in', role('a')), web('role: c')], [network('in', role('b')), web('role: b')])).toEqual([]);
    expect(moved([network('in', role('b')), web('role: b')], [network('in', role('a')), web('role: c')])).toEqual([]);
    // Both let it in.
    expect(moved([network('in', role('b')), web('role: c')], [network('in', role('a', 'b')), web('role: b')])).toEqual(['widened by shop/web[Deployment]: shop/web, pod-label:role b']);
  });

  test('nothing where another layer stops them before and after', () => {
    const nobody = '{apiVersion: security.istio.io/v1, kind: AuthorizationPolicy, metadata: {name: nobody, namespace: inside}, spec: {}}';
    const db = deployment('inside/db');
    const policy = `{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: in, namespace: inside}, spec: {podSelector: {matchLabels: {app: db}}, ingress: [{from: [{namespaceSelector: {}, podSelector: {${role('a')}}}], ports: [{port: 8080}]}]}}`;
    const [base, head] = ['b', 'a'].map((label) => mesh(db, policy, nobody, web(`role: ${label}`)));
    if (base === undefined || head === undefined) throw new Error('two labels make two meshes');
    const sides = { base, head, renamed: new Map<string, string>() };
    expect(labelsMoved(contextOf(base, head, 'inside/db'), movedPods(sides))).toEqual([]);
    const without = ['b', 'a'].map((label) => mesh(db, policy, web(`role: ${label}`)));
    const [open, opened] = without;
    if (open === undefined || opened === undefined) throw new Error('two labels make two meshes');
    expect(labelsMoved(contextOf(open, opened, 'inside/db'), movedPods({ base: open, head: opened, renamed: new Map() })).map(told)).toEqual(['widened by shop/web[Deployment]: shop/web, pod-label:role a']);
  });
});
