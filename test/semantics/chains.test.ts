import { describe, expect, test } from 'vitest';
import { isKind } from '../../src/manifests/resource.ts';
import { meshConfigOf } from '../../src/mesh/config.ts';
import { enforced } from '../../src/semantics/authorization-policy.ts';
import { lowerPolicy, maxCubesPerRule } from '../../src/semantics/lowering.ts';
import type { Chain } from '../../src/semantics/rule.ts';
import { cubeKey } from '../../src/sets/keys.ts';
import { objects, policy } from '../mesh/support.ts';

const config = meshConfigOf([], {}, 'closed');
const context = { key: 'test', seesPeer: true, forwarded: false, readable: [], rewrittenHeaders: new Map<string, never>(), opaque: () => undefined };

/** The cubes that one policy becomes on a chain, as text; `none`: no rule is left. */
function cubes(action: 'ALLOW' | 'DENY', rule: string, chain: Chain): readonly string[] | 'none' {
  const policies = objects(policy('AuthorizationPolicy', 'shop/a', `action: ${action}, rules: [{${rule}}]`)).filter(isKind('AuthorizationPolicy'));
  const sorted = enforced(policies, chain, config);
  const compiled = (action === 'ALLOW' ? sorted.allow : sorted.deny)[0];
  if (compiled === undefined) throw new Error('the policy is not enforced');
  const lowered = lowerPolicy(compiled, { ...context, key: chain, forwarded: chain === 'http' }).cubes;
  return lowered.length === 0 ? 'none' : lowered.map(cubeKey);
}

const everything = ['*'];

describe('what a TCP chain cannot see (A4.2, A4.3)', () => {
  test.each([
    ['to: [{operation: {methods: [GET]}}]', 'none', everything],
    ['to: [{operation: {methods: [GET], ports: ["9000"]}}]', 'none', ['port: number 9000']],
    ['from: [{source: {requestPrincipals: [i/s]}}], to: [{operation: {ports: ["80"]}}]', 'none', ['port: number 80']],
    ['from: [{source: {namespaces: [a]}}], to: [{operation: {methods: [GET]}}]', 'none', ['peer: namespace-glob "a"']],
    ['from: [{source: {notRequestPrincipals: ["*"]}}]', 'none', everything],
    ['from: [{source: {namespaces: [a]}}], to: [{operation: {ports: ["80"]}}]', ['peer: namespace-glob "a" & port: number 80'], ['peer: namespace-glob "a" & port: number 80']],
    ['when: [{key: "request.headers[x]", values: [z]}], to: [{operation: {ports: ["80"]}}]', 'none', ['port: number 80']],
  ] as const)('%s', (rule, allow, deny) => {
    expect(cubes('ALLOW', rule, 'tcp')).toEqual(allow);
    expect(cubes('DENY', rule, 'tcp')).toEqual(deny);
  });

  test('one poisoned entry drops the whole ALLOW rule, a DENY entry widens alone', () => {
    const rule = 'to: [{operation: {paths: [/a]}}, {operation: {ports: ["80"]}}]';
    expect(cubes('ALLOW', rule, 'tcp')).toBe('none');
    expect(cubes('DENY', rule, 'tcp')).toEqual(['*', 'port: number 80']);
  });

  test('remote addresses are the direct peer’s', () => {
    expect(cubes('ALLOW', 'from: [{source: {remoteIpBlocks: [10.0.0.0/8]}}]', 'tcp')).toEqual(cubes('ALLOW', 'from: [{source: {ipBlocks: [10.0.0.0/8]}}]', 'tcp'));
    expect(cubes('ALLOW', 'from: [{source: {remoteIpBlocks: [10.0.0.0/8]}}]', 'http')).not.toEqual(cubes('ALLOW', 'from: [{source: {ipBlocks: [10.0.0.0/8]}}]', 'http'));
  });
});

describe('what ztunnel cannot see (A4.12, A4.13)', () => {
  test.each([
    ['to: [{operation: {paths: [/a]}}]', 'none'],
    ['from: [{source: {notRequestPrincipals: ["*"]}}]', 'none'],
    ['from: [{source: {principals: [x]}}], to: [{operation: {methods: [GET]}}]', 'none'],
    ['from: [{source: {principals: [x]}}], when: [{key: "request.headers[h]", values: [v]}]', 'none'],
    ['from: [{source: {principals: [x], notRequestPrincipals: [i/s]}}]', ['peer: principal exact "x"']],
    ['to: [{operation: {methods: [GET], ports: ["80"]}}]', ['port: number 80']],
    ['to: [{operation: {paths: [/a]}}, {operation: {ports: ["80"]}}]', ['port: number 80']],
    ['from: [{source: {trustDomains: [a]}}]', 'none'],
    ['from: [{source: {trustDomains: [a], namespaces: [b]}}]', ['peer: namespace exact "b"']],
    ['when: [{key: source.serviceAccount, values: [a/b]}]', 'none'],
    ['', everything],
  ] as const)('a DENY: %s', (rule, becomes) => {
    expect(cubes('DENY', rule, 'ztunnel')).toEqual(becomes);
  });

  test('an ALLOW with any HTTP attribute is dropped', () => {
    expect(cubes('ALLOW', 'from: [{source: {principals: [x]}}], to: [{operation: {methods: [GET]}}]', 'ztunnel')).toBe('none');
    expect(cubes('ALLOW', 'from: [{source: {principals: [x]}}]', 'ztunnel')).toEqual(['peer: principal exact "x"']);
  });
});

describe('what acts (A1.15, A1.16)', () => {
  test.each(['true', '1', 'T'])('a dry run %s is not enforced', (value) => {
    const policies = objects(policy('AuthorizationPolicy', 'shop/a', 'rules: [{}]', `annotations: {istio.io/dry-run: "${value}"}`)).filter(isKind('AuthorizationPolicy'));
    expect(enforced(policies, 'http', config).allow).toEqual([]);
  });

  test('AUDIT decides nothing, an ALLOW without a rule that is left still counts', () => {
    const policies = objects(policy('AuthorizationPolicy', 'shop/a', 'action: AUDIT, rules: [{}]'), policy('AuthorizationPolicy', 'shop/b', 'rules: [{to: [{operation: {paths: [/a]}}]}]')).filter(isKind('AuthorizationPolicy'));
    const sorted = enforced(policies, 'tcp', config);
    expect([sorted.deny.length, sorted.custom.length, sorted.allow.map((allow) => allow.rules.length)]).toEqual([0, 0, [0]]);
  });
});

test('a rule that would become too many cubes is one opaque boolean, named by its content', () => {
  const entries = Array.from({ length: 9 }, (_, index) => `{source: {namespaces: [n${String(index)}], ipBlocks: [10.0.${String(index)}.0/24]}}`).join(', ');
  const operations = Array.from({ length: 9 }, (_, index) => `{operation: {ports: ["${String(8000 + index)}"], methods: [GET]}}`).join(', ');
  expect(9 * 9).toBeGreaterThan(maxCubesPerRule);
  const wide = cubes('ALLOW', `from: [${entries}], to: [${operations}]`, 'http');
  expect(wide).toHaveLength(1);
  expect(wide[0]).toMatch(/^opaque:/);
  expect(cubes('ALLOW', `from: [${entries}], to: [${operations}]`, 'http')).toEqual(wide);
  expect(cubes('ALLOW', `from: [${entries}], to: [${operations.replace('8000', '7000')}]`, 'http')).not.toEqual(wide);
});
