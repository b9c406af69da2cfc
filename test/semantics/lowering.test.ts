/** Cubes of rules: what is merged, what is answered beforehand, what is too wide to be written out; and who is asked for consent. */
import { describe, expect, test } from 'vitest';
import { isKind } from '#manifests/resource.ts';
import { meshConfigOf } from '#mesh/config.ts';
import type { MeshConfig } from '#mesh/model.ts';
import { enforced } from '#semantics/authorization-policy.ts';
import { lowerCondition } from '#semantics/condition.ts';
import { customActions } from '#semantics/external-authorization.ts';
import { withFixed } from '#semantics/fixed.ts';
import { lowerPolicy, maxCubesPerRule, mergeCubes } from '#semantics/lowering.ts';
import { declaredNamespaces, namespaceReader } from '#semantics/namespace-labels.ts';
import { cubeKey } from '#sets/keys.ts';
import type { Value } from '#sets/matcher.ts';
import { any, cube, port } from '../sets/worlds.ts';
import { meshOf, namespace, deployment, objects, policy } from '../mesh/support.ts';

const config = meshConfigOf([], {}, 'closed');
const context = { key: 'test', seesPeer: true, forwarded: true, readable: [], rewrittenHeaders: new Map<string, never>(), opaque: () => undefined };

function compiled(spec: string, place = 'shop/a') {
  const sorted = enforced(objects(policy('AuthorizationPolicy', place, spec)).filter(isKind('AuthorizationPolicy')), 'http', config);
  const [only] = [...sorted.allow, ...sorted.deny, ...sorted.custom];
  if (only === undefined) throw new Error('nothing is enforced');
  return only;
}

test('equal cubes are one, in the order of their content, with each origin once', () => {
  const by = (number: number, from: string, rule?: number) => ({ ...cube(any('port', port(number))), origins: [rule === undefined ? { policy: from } : { policy: from, rule }] });
  const merged = mergeCubes([by(2, 'a', 0), by(1, 'a', 0), by(2, 'a', 0), by(2, 'a', 1), by(2, 'b', 0)]);
  expect(merged.map(({ predicates, origins }) => [cubeKey({ predicates, origins }), origins.map(({ policy: of, rule }) => `${of}#${String(rule)}`).join(' ')])).toEqual([['port: number 1', 'a#0'], ['port: number 2', 'a#0 a#1 b#0']]);
  expect(mergeCubes([])).toEqual([]);
});

describe('a rule that would become too many cubes', () => {
  const ports = (count: number): string => Array.from({ length: count }, (_, index) => `{operation: {ports: ["${String(index + 1)}"]}}`).join(', ');
  const sources = (count: number): string => Array.from({ length: count }, (_, index) => `{source: {namespaces: [n${String(index)}]}}`).join(', ');
  const lowered = (rule: string) => lowerPolicy(compiled(`rules: [{${rule}}]`), context);
  test('is one boolean beyond the limit, and written out up to it', () => {
    expect(lowered(`to: [${ports(maxCubesPerRule)}]`).cubes).toHaveLength(maxCubesPerRule);
    expect(lowered(`to: [${ports(8)}], from: [${sources(8)}]`).cubes).toHaveLength(64);
    for (const rule of [`to: [${ports(maxCubesPerRule + 1)}]`, `to: [${ports(8)}], from: [${sources(9)}]`]) {
      const { cubes, opaqueRules } = lowered(rule);
      expect(opaqueRules).toHaveLength(1);
      expect(cubes.map(cubeKey)).toEqual([`opaque:${opaqueRules[0] ?? ''}: holds`]);
      expect(cubes[0]?.origins).toEqual([{ policy: 'AuthorizationPolicy/shop/a', rule: 0 }]);
    }
  });
  test('is called by its content, not by its place', () => {
    const wide = `to: [${ports(65)}]`;
    const [first] = lowered(wide).opaqueRules;
    expect(lowerPolicy(compiled(`rules: [{to: [{operation: {ports: ["1"]}}]}, {${wide}}]`), context).opaqueRules).toEqual([first]);
    expect(lowered(`to: [${ports(66)}]`).opaqueRules).not.toEqual([first]);
  });
});

test('parts of a request that are the same for every client are answered beforehand', () => {
  const fixed = (rules: string, values: Readonly<Record<string, Value>>): readonly string[] => {
    const left = withFixed(compiled(`rules: [${rules}]`), { key: JSON.stringify(values), values: new Map(Object.entries(values)) });
    return lowerPolicy(left, { ...context, key: `fixed ${JSON.stringify(values)} ${rules}` }).cubes.map(cubeKey);
  };
  const rule = '{from: [{source: {namespaces: [a]}}, {source: {namespaces: [b]}}], to: [{operation: {ports: ["80"], methods: [GET]}}], when: [{key: "request.headers[x]", values: [v]}]}';
  const all = ['header:x: exact "v" & method: exact "GET" & peer: namespace-glob "a" & port: number 80', 'header:x: exact "v" & method: exact "GET" & peer: namespace-glob "b" & port: number 80'];
  expect(fixed(rule, {})).toEqual(all);
  expect(fixed(rule, { peer: 'td/ns/b/sa/x' })).toEqual(['header:x: exact "v" & method: exact "GET" & port: number 80']);
  expect(fixed(rule, { peer: 'td/ns/c/sa/x' })).toEqual([]);
  expect(fixed(rule, { peer: null })).toEqual([]);
  expect(fixed(rule, { port: 81 })).toEqual([]);
  expect(fixed(rule, { port: 80, 'header:x': 'v' })).toEqual(['method: exact "GET" & peer: namespace-glob "a"', 'method: exact "GET" & peer: namespace-glob "b"']);
  expect(fixed(rule, { 'header:x': 'w' })).toEqual([]);
  expect(fixed(rule, { 'header:x': null })).toEqual([]);
  expect(fixed(rule, { 'header:y': 'w' })).toEqual(all);
  expect(fixed('{when: [{key: request.auth.principal, values: [i/s]}]}', { port: 80 })).toEqual([]);
});

test('bytes that nobody reads tell no peer, and without HTTP the client’s address is the peer’s', () => {
  const peer = (some: readonly { readonly type: 'identified' }[], none: readonly { readonly type: 'identified' }[]) => lowerCondition({ on: 'value', dimension: 'peer', any: some, none }, { ...context, seesPeer: false });
  const identified = { type: 'identified' } as const;
  expect([peer([identified], []), peer([], [identified])]).toEqual([[], [[]]]);
  expect(lowerCondition({ on: 'value', dimension: 'port', any: [port(1)], none: [] }, { ...context, seesPeer: false })).toEqual([[any('port', port(1))]]);
  expect(lowerCondition({ on: 'value', dimension: 'peer', any: [identified], none: [] }, context)).toEqual([[any('peer', identified)]]);
  expect(lowerCondition({ on: 'value', dimension: 'remote.ip', any: [], none: [] }, { ...context, forwarded: false })).toEqual([[any('source.ip')]]);
  expect(lowerCondition({ on: 'value', dimension: 'port', any: [], none: [] }, { ...context, forwarded: false })).toEqual([[any('port')]]);
  expect(lowerCondition({ on: 'value', dimension: 'remote.ip', any: [], none: [] }, context)).toEqual([[any('remote.ip')]]);
});

describe('who is asked for consent (A6.2 to A6.5)', () => {
  const custom = (...providers: readonly string[]) =>
    enforced(objects(...providers.map((name, index) => policy('AuthorizationPolicy', `shop/p${String(index)}`, `action: CUSTOM, provider: {name: ${name}}, rules: [{}]`))).filter(isKind('AuthorizationPolicy')), 'http', config).custom;
  const actions = (providers: readonly string[], more: Partial<MeshConfig> = {}, given: Readonly<Record<string, boolean>> = {}): readonly string[] =>
    customActions(custom(...providers), { ...config, ...more }, given).map(({ provider, policy: of, state }) => `${of.id} ${provider}: ${state.state === 'asked' ? `asked${state.onTcp ? ', of bytes too' : ''}${state.assumed === undefined ? '' : `, assuming ${state.assumed}`}` : `${state.rule} ${state.because}`}`);
  const by = 'AuthorizationPolicy/shop/p0 opa:';
  const providers = (list: readonly object[]): Partial<MeshConfig> => ({ extensionProviders: list as unknown as NonNullable<MeshConfig['extensionProviders']> });
  test('nobody, without a policy', () => {
    expect(actions([])).toEqual([]);
  });
  test('a provider that no configuration tells is assumed', () => {
    const untold: Partial<MeshConfig> = { extensionProviders: undefined };
    expect(actions(['opa'], untold)).toEqual([`${by} asked, of bytes too, assuming provider:opa`]);
    expect(actions(['opa'], untold, { 'provider:opa': true })).toEqual([`${by} asked, of bytes too`]);
    expect(actions(['opa'], untold, { 'provider:opa': false })).toEqual([`${by} A6.2 the provider \`opa\` does not exist`]);
  });
  test('one that the configuration tells', () => {
    expect(actions(['opa'], providers([{ name: 'other', type: 'ext-authz-http' }, { name: 'opa', type: 'ext-authz-grpc' }]))).toEqual([`${by} asked, of bytes too`]);
    expect(actions(['opa'], providers([{ name: 'opa', type: 'ext-authz-http' }]))).toEqual([`${by} asked`]);
    expect(actions(['opa'], providers([{ name: 'other', type: 'ext-authz-http' }]))).toEqual([`${by} A6.2 the mesh configuration knows no provider \`opa\``]);
    expect(actions(['opa'], providers([{ name: 'opa', type: 'ext-authz-http', broken: 'no service' }]))).toEqual([`${by} A6.2 Istio cannot use the provider \`opa\`: no service`]);
    expect(actions(['opa'], providers([{ name: 'opa', type: 'ext-authz-http', undeclared: true }]))).toEqual([`${by} asked, assuming provider-service:opa`]);
    expect(actions(['opa'], providers([{ name: 'opa', type: 'ext-authz-http', undeclared: true }]), { 'provider:opa': true })).toEqual([`${by} asked`]);
  });
  test('several are a refusal, unless the mesh permits them', () => {
    const two = providers([{ name: 'opa', type: 'ext-authz-grpc' }, { name: 'own', type: 'ext-authz-grpc' }]);
    const refusal = 'A6.5 several providers act on the workload, which Istio turns into a refusal';
    expect(actions(['opa', 'own'], { ...two, multipleProviders: false })).toEqual([`${by} ${refusal}`, `AuthorizationPolicy/shop/p1 own: ${refusal}`]);
    expect(actions(['opa', 'own'], { ...two, multipleProviders: true })).toEqual([`${by} asked, of bytes too`, 'AuthorizationPolicy/shop/p1 own: asked, of bytes too']);
    expect(actions(['opa', 'opa'], { ...two, multipleProviders: false })).toEqual([`${by} asked, of bytes too`, 'AuthorizationPolicy/shop/p1 opa: asked, of bytes too']);
  });
});

describe('labels of namespaces (R22, R23, R27)', () => {
  const documents = [namespace('web', 'team: red'), deployment('shop/db')];
  const nameKey = 'kubernetes.io/metadata.name';
  test('are those of their object and their name; in a whole cluster none where there is no object', () => {
    expect(Object.fromEntries(declaredNamespaces(meshOf({}, ...documents)))).toEqual({ web: { team: 'red', [nameKey]: 'web' } });
    expect(Object.fromEntries(declaredNamespaces(meshOf({ world: 'closed' }, ...documents)))).toMatchObject({ web: { team: 'red', [nameKey]: 'web' }, shop: { [nameKey]: 'shop' } });
  });
  test('as a selector reads them', () => {
    const read = (world: 'open' | 'closed', name: string, told?: Readonly<Record<string, string>>): readonly unknown[] => {
      const reader = namespaceReader(meshOf({ world }, ...documents), name, told);
      return ['team', nameKey].map((key) => reader(key));
    };
    // `undefined`: nobody tells; `null`: it has no such label.
    expect([read('open', 'web'), read('open', 'web', { team: 'blue' }), read('closed', 'web', { team: 'blue' })]).toEqual([['red', 'web'], ['red', 'web'], ['red', 'web']]);
    expect([read('open', 'shop'), read('open', 'shop', { team: 'blue' }), read('open', 'else', {})]).toEqual([[undefined, 'shop'], ['blue', 'shop'], [null, 'else']]);
    expect([read('closed', 'shop'), read('closed', 'shop', { team: 'blue' }), read('closed', 'else'), read('closed', 'else', { team: 'blue' })]).toEqual([[null, 'shop'], ['blue', 'shop'], [null, 'else'], ['blue', 'else']]);
  });
});
