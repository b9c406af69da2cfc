/**
 * What each field and each condition of a rule becomes: at a proxy that reads HTTP, at one that sees bytes, and at ztunnel, for an ALLOW and
 * for a DENY (A section 3, A4.1 to A4.13). `fixtures/semantics/rules`: `vitest -u` writes it anew, and the difference is to be read.
 */
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { isKind } from '#manifests/resource.ts';
import { meshConfigOf } from '#mesh/config.ts';
import type { MeshConfig } from '#mesh/model.ts';
import { enforced } from '#semantics/authorization-policy.ts';
import type { Seen } from '#semantics/condition.ts';
import { lowerPolicy } from '#semantics/lowering.ts';
import { holding, missing } from '#semantics/rule-fit.ts';
import type { Chain } from '#semantics/rule.ts';
import { cubeKey } from '#sets/keys.ts';
import type { Value } from '#sets/matcher.ts';
import { objects, policy } from '../mesh/support.ts';

const usual = meshConfigOf([], {}, 'closed');
const aliased: MeshConfig = { ...usual, trustDomain: 'corp', trustDomainAliases: ['old'], pathNormalization: 'MERGE_SLASHES' };
const readable = [{ locations: ['authorization:Bearer '], keys: 'keys', issuer: 'issuer' }, { locations: ['header:x-token:'], keys: 'other', issuer: undefined }];

function compiled(action: string, rule: string, chain: Chain, config: MeshConfig) {
  const policies = objects(policy('AuthorizationPolicy', 'shop/a', `action: ${action}, rules: [{${rule}}]`)).filter(isKind('AuthorizationPolicy'));
  const sorted = enforced(policies, chain, config);
  return action === 'ALLOW' ? sorted.allow : sorted.deny;
}

function cubes(action: string, rule: string, chain: Chain, config: MeshConfig, tokens = readable): string {
  const [only] = compiled(action, rule, chain, config);
  if (only === undefined) throw new Error('the policy is not enforced');
  const context = { key: `${chain} ${String(tokens.length)}`, seesPeer: true, forwarded: chain === 'http', readable: tokens, rewrittenHeaders: new Map<string, never>(), opaque: () => undefined };
  const lowered = lowerPolicy(only, context).cubes;
  return lowered.length === 0 ? 'never' : lowered.map(cubeKey).join('\n      or ');
}

const source = (fields: string): string => `from: [{source: {${fields}}}]`;
const operation = (fields: string): string => `to: [{operation: {${fields}}}]`;
const when = (key: string, values: string): string => `when: [{key: "${key}", ${values}}]`;

const rules = [
  '',
  'from: [], to: [], when: []',
  source('principals: ["*"]'),
  source('principals: [cluster.local/ns/web/sa/a, "cluster.local/ns/web/*", "*/sa/a"], notPrincipals: [spiffe://cluster.local/ns/x/sa/y]'),
  source('notPrincipals: ["*"]'),
  source('requestPrincipals: ["*", issuer/subject, "other/*", "*/a", "*abc", "iss*"]'),
  source('notRequestPrincipals: [issuer/subject]'),
  source('namespaces: [web, "w*", "*b"], notNamespaces: ["a*b"]'),
  source('serviceAccounts: [a, web/b], notServiceAccounts: [x/c]'),
  source('trustDomains: [cluster.local, "a*", "*b", "*"], notTrustDomains: [other]'),
  source('ipBlocks: [10.0.0.0/8, "2001:db8::1"], notIpBlocks: [10.1.0.0/16]'),
  source('ipBlocks: [nonsense]'),
  source('notIpBlocks: [nonsense], namespaces: [web]'),
  source('remoteIpBlocks: [10.0.0.0/8], notRemoteIpBlocks: [10.1.0.0/16]'),
  operation('hosts: [Shop.example, "*.example", "shop.*", "*"], notHosts: [old.example]'),
  operation('methods: [GET, "P*", "*T", "*"], notMethods: [PUT]'),
  operation('paths: [/a, "/b*", "*c", "*", "/d/{*}", "/e/{**}"], notPaths: [/f]'),
  operation('ports: ["80", "443"], notPorts: ["81"]'),
  operation('ports: ["0x50", "70000", "80"]'),
  operation('ports: ["x"]'),
  operation('notPorts: ["x"], methods: [GET]'),
  when('source.ip', 'values: [10.0.0.0/8], notValues: [10.1.0.0/16]'),
  when('remote.ip', 'values: [10.0.0.0/8]'),
  when('destination.ip', 'values: [10.0.0.0/8]'),
  when('destination.port', 'values: ["80"], notValues: ["81"]'),
  when('source.principal', 'values: [cluster.local/ns/web/sa/a], notValues: [x]'),
  when('source.namespace', 'values: [web], notValues: [shop]'),
  when('source.serviceAccount', 'values: [web/a], notValues: [b]'),
  when('source.trustDomain', 'values: [cluster.local], notValues: [other]'),
  when('request.auth.principal', 'values: [issuer/subject], notValues: ["*"]'),
  when('request.auth.audiences', 'values: [a], notValues: [b]'),
  when('request.auth.presenter', 'values: [a]'),
  when('request.auth.claims[iss]', 'values: [issuer]'),
  when('request.auth.claims[sub]', 'notValues: [subject]'),
  when('request.auth.claims[groups]', 'values: [a, "b*", "*c", "*"]'),
  when('request.auth.claims[realm][roles]', 'notValues: [a]'),
  when('request.auth.claims[realm][]', 'values: [a]'),
  when('request.headers[X-A]', 'values: [a, "b*", "*c", "*"], notValues: [d]'),
  when('request.headers[:authority]', 'values: [Shop.example]'),
  when('request.headers[Host]', 'values: ["*.example"]'),
  when('request.headers[:method]', 'values: [GET]'),
  when('request.headers[:path]', 'values: ["/a?x=1"]'),
  when('connection.sni', 'values: [shop.example, "*.example"], notValues: ["*"]'),
  when('experimental.envoy.filters.network.mysql_proxy[db.t]', 'values: ["[a]"]'),
  when('experimental.envoy.filters.network.mysql_proxy[db.t]', 'notValues: ["[a]"]'),
  'from: [{source: {namespaces: [a]}}, {source: {namespaces: [b]}}], to: [{operation: {ports: ["80"]}}, {operation: {ports: ["81"]}}], when: [{key: source.ip, values: [10.0.0.0/8]}, {key: destination.port, notValues: ["82"]}]',
  'from: [{source: {namespaces: [a]}}], to: [{operation: {methods: [GET]}}, {operation: {ports: ["81"]}}]',
];

/** Said once where all chains and actions agree. */
function told(rule: string, config: MeshConfig): string {
  const lines = (['http', 'tcp', 'ztunnel'] as const).flatMap((chain) => ['ALLOW', 'DENY'].map((action) => [`${chain} ${action}`, cubes(action, rule, chain, config)] as const));
  const [first] = lines;
  const same = lines.every(([, text]) => text === first?.[1]);
  return `${rule === '' ? 'nothing is asked' : rule}\n${same ? `  ${first?.[1] ?? ''}\n` : lines.map(([name, text]) => `  ${name}: ${text}\n`).join('')}\n`;
}

const parts: Readonly<Record<string, readonly string[]>> = {
  sources: rules.filter((rule) => rule.startsWith('from') && !rule.includes('}}, ')),
  operations: rules.filter((rule) => rule.startsWith('to')),
  connections: rules.filter((rule) => /^when: \[{key: "(source|remote|destination|connection|experimental)/.test(rule)),
  requests: rules.filter((rule) => rule.startsWith('when: [{key: "request')),
  several: rules.filter((rule) => rule === '' || rule.includes('}}, ')),
};

test('each rule is in one part', () => {
  expect(Object.values(parts).flat().sort()).toEqual([...rules].sort());
});

test.each(Object.entries(parts))('what %s become', (name, own) =>
  expect(own.map((rule) => told(rule, usual)).join('')).toMatchFileSnapshot(fileURLToPath(new URL(`../../fixtures/semantics/rules/${name}.txt`, import.meta.url))));

test('trust domains and the normalization of paths are the mesh’s', () => {
  const of = (rule: string, chain: Chain, action = 'ALLOW'): string => cubes(action, rule, chain, aliased);
  expect(of(source('principals: [corp/ns/web/sa/a]'), 'http')).toBe('peer: principal exact "corp/ns/web/sa/a" | principal exact "old/ns/web/sa/a"');
  expect(of(source('principals: [cluster.local/ns/web/sa/a]'), 'http')).toBe('peer: principal exact "corp/ns/web/sa/a" | principal exact "old/ns/web/sa/a"');
  expect(of(source('principals: [cluster.local/ns/web/sa/a]'), 'ztunnel')).toBe('peer: principal exact "cluster.local/ns/web/sa/a"');
  expect(of(source('trustDomains: [old]'), 'http')).toBe('peer: trust-domain exact "corp" | trust-domain exact "old"');
  expect(of(source('trustDomains: [cluster.local]'), 'http')).toBe('peer: trust-domain exact "cluster.local"');
  expect(of(operation('paths: [/a]'), 'http')).toBe('path: path exact "/a" MERGE_SLASHES');
});

test('trust domains are read since 1.30.2; before, the field is passed over and the condition is unknown (A1.14, A3.22)', () => {
  for (const [istioVersion, field, condition] of [['1.30.1', '*', 'never'], ['1.30.2', 'peer: trust-domain exact "a"', 'peer: trust-domain exact "a"']] as const) {
    const config = { ...usual, istioVersion };
    expect([cubes('ALLOW', source('trustDomains: [a]'), 'http', config), cubes('ALLOW', when('source.trustDomain', 'values: [a]'), 'http', config), cubes('DENY', when('source.trustDomain', 'values: [a]'), 'http', config)]).toEqual([field, condition, condition]);
  }
});

test('without a token that anybody reads, positive conditions on it never hold and negative ones always do (A3.33)', () => {
  expect(cubes('ALLOW', source('requestPrincipals: ["*"]'), 'http', usual, [])).toBe('never');
  expect(cubes('ALLOW', source('notRequestPrincipals: ["*"]'), 'http', usual, [])).toBe('*');
  expect(cubes('ALLOW', when('request.auth.claims[a]', 'values: [b]'), 'http', usual, [])).toBe('never');
  expect(cubes('ALLOW', when('request.auth.claims[a]', 'notValues: [b]'), 'http', usual, [])).toBe('*');
});

test('an unknown key takes the rule away, whatever the action (A1.14)', () => {
  for (const key of ['request.body', 'request.headers[x', 'request.auth.claims', 'experimental.envoy.filters.x', 'experimental.other[x]']) {
    for (const action of ['ALLOW', 'DENY']) expect(cubes(action, when(key, 'notValues: [a]'), 'http', usual)).toBe('never');
  }
});

/** A request as a policy sees it. */
function seen(values: Readonly<Record<string, Value>>, headers: Readonly<Record<string, string>> = {}): Seen {
  return { value: (dimension) => values[dimension] ?? null, header: (name) => headers[name] ?? null, token: undefined };
}

test('what a rule asks for that a request is not', () => {
  const asks = (rule: string, sent: Seen, action = 'ALLOW', chain: Chain = 'http'): readonly string[] => missing(compiled(action, rule, chain, usual), sent).map(({ text, path }) => `${text} (${path.join('.')})`);
  const all = [source('namespaces: [a], ipBlocks: [10.0.0.1]'), operation('hosts: [h], methods: [GET], paths: [/p], ports: ["1"]'), 'when: [{key: remote.ip, values: [10.0.0.1]}, {key: destination.ip, values: [10.0.0.1]}, {key: connection.sni, values: [s]}, {key: "request.headers[x]", values: [v]}, {key: request.auth.principal, values: [i/s]}, {key: "request.auth.claims[a][b]", values: [v]}, {key: "experimental.envoy.filters.x[y]", values: [v]}]'].join(', ');
  expect(asks(all, seen({}))).toEqual([
    'rule 1 of `AuthorizationPolicy/shop/a` asks for a token of another subject or issuer and another caller and another claim `a/b` and another client address and another destination address and another header `x` and another host and another method and another path and another port and another server name and another source address and metadata of a filter (spec.rules.0)',
  ]);
  // Of alternatives the one that comes closest speaks for all.
  const two = 'from: [{source: {namespaces: [a], ipBlocks: [10.0.0.1]}}, {source: {namespaces: [b]}}], to: [{operation: {methods: [GET]}}, {operation: {methods: [PUT], ports: ["1"]}}]';
  expect(asks(two, seen({ method: 'POST', port: 1 }))).toEqual(['rule 1 of `AuthorizationPolicy/shop/a` asks for another caller and another method (spec.rules.0)']);
  expect(asks(two, seen({ peer: 'td/ns/b/sa/x', method: 'POST', port: 1 }))).toEqual(['rule 1 of `AuthorizationPolicy/shop/a` asks for another method (spec.rules.0)']);
  expect(asks(operation('methods: [GET]'), seen({}), 'ALLOW', 'tcp')).toEqual(['`AuthorizationPolicy/shop/a` has no rule that such a connection can meet (spec.rules)']);
});

test('the first rule of each policy that holds', () => {
  const holds = (rule: string, sent: Seen): readonly string[] => holding(compiled('DENY', rule, 'http', usual), sent).map(({ policy: by, text, path }) => `${by}: ${text} (${path.join('.')})`);
  expect(holds(`${operation('methods: [PUT]')}}, {${operation('methods: [GET]')}}, {`, seen({ method: 'GET' }))).toEqual(['AuthorizationPolicy/shop/a: rule 2 of `AuthorizationPolicy/shop/a` matches (spec.rules.1)']);
  expect(holds(operation('methods: [PUT]'), seen({ method: 'GET' }))).toEqual([]);
});

test('a rule holds where some source, some operation and every condition do (A1.9)', () => {
  const rule = 'from: [{source: {namespaces: [a]}}, {source: {namespaces: [b]}}], to: [{operation: {methods: [GET], ports: ["1"]}}], when: [{key: "request.headers[x]", values: [v]}, {key: "request.headers[y]", notValues: [v]}]';
  const [only] = compiled('ALLOW', rule, 'http', usual);
  const holds = (values: Readonly<Record<string, Value>>, headers: Readonly<Record<string, string>> = { x: 'v' }): boolean => only !== undefined && holding([only], seen(values, headers)).length > 0;
  const b = 'td/ns/b/sa/x';
  expect([
    holds({ peer: b, method: 'GET', port: 1 }),
    holds({ peer: 'td/ns/a/sa/x', method: 'GET', port: 1 }),
    holds({ peer: 'td/ns/c/sa/x', method: 'GET', port: 1 }),
    holds({ method: 'GET', port: 1 }),
    holds({ peer: b, method: 'PUT', port: 1 }),
    holds({ peer: b, method: 'GET', port: 2 }),
    holds({ peer: b, method: 'GET', port: 1 }, {}),
    holds({ peer: b, method: 'GET', port: 1 }, { x: 'v', y: 'v' }),
    holds({ peer: b, method: 'GET', port: 1 }, { x: 'v', y: 'w' }),
  ]).toEqual([true, true, false, false, false, false, false, false, true]);
});
