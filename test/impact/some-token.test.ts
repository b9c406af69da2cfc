/** Whether a request that is refused would pass with another token: everything else of it stays as it is. */
import { describe, expect, test } from 'vitest';
import { someTokenPasses } from '#impact/token.ts';
import type { Mesh, Workload } from '#mesh/model.ts';
import { workloadNamed } from '#posture/answer.ts';
import { pathsTo } from '#posture/paths.ts';
import { pointOf } from '#posture/point.ts';
import type { Query } from '#posture/query.ts';
import type { Dimension } from '#sets/cube.ts';
import type { Value } from '#sets/matcher.ts';
import { deployment, meshOf, namespace, policy, service } from '../mesh/support.ts';

const limits = { workPerSeed: 200_000, regionsPerSeed: 10, atomsPerDimension: 4_096 };
const front = 'cluster.local/ns/web/sa/front';
const tokens = policy('RequestAuthentication', 'shop/tokens', 'jwtRules: [{issuer: "https://id.example", jwksUri: "https://id.example/keys", fromHeaders: [{name: X-Token, prefix: "Token "}], forwardOriginalToken: true}]');
const shop: readonly string[] = [namespace('shop', 'istio-injection: enabled'), deployment('shop/shop'), service('shop/shop', '{name: http, port: 80, targetPort: 8080}, {name: http-admin, port: 81, targetPort: 8081}, {name: other, port: 82, targetPort: 9000}')];

/** Callers with a token of the issuer, where `rule` holds as well. */
const rule = (more: string): string => policy('AuthorizationPolicy', 'shop/rule', `rules: [{${more}}]`);
const anyToken = 'source: {requestPrincipals: ["https://id.example/*"]}';

function meshWith(...policies: readonly string[]): { readonly mesh: Mesh; readonly workload: Workload } {
  const mesh = meshOf({ world: 'closed' }, ...shop, ...policies);
  const workload = workloadNamed(mesh, 'shop/shop');
  if (workload === undefined) throw new Error('no workload');
  return { mesh, workload };
}

const plain: Query = { from: { principal: front }, to: { workload: 'shop/shop', port: 8080 }, request: { protocol: 'http', method: 'GET', path: '/a', host: 'shop.example' } };

/** @param more of the request, where a question cannot say it */
function passes({ mesh, workload }: ReturnType<typeof meshWith>, query: Query, more: readonly (readonly [Dimension, Value])[] = []): boolean {
  const posture = pathsTo(mesh, workload);
  const point = pointOf(mesh, workload, query, posture);
  if (point === undefined) throw new Error('the question has no point');
  return someTokenPasses(posture, new Map([...point, ...more]), limits);
}

const asked = (request: Partial<Query['request']>, from: Query['from'] = plain.from, port = 8080): Query => ({ from, to: { workload: 'shop/shop', port }, request: { ...plain.request, ...request } });

describe('a request without a token', () => {
  test('passes with one where the policy asks for nothing else', () => {
    expect(passes(meshWith(tokens, rule(`from: [{${anyToken}}]`)), plain)).toBe(true);
    expect(passes(meshWith(tokens, rule(`from: [{${anyToken}}], when: [{key: "request.auth.claims[groups]", values: [staff]}]`)), plain)).toBe(true);
  });

  test('passes with none where nobody reads tokens', () => {
    expect(passes(meshWith(rule(`from: [{${anyToken}}]`)), plain)).toBe(false);
    expect(passes(meshWith(rule('to: [{operation: {methods: [POST]}}]')), plain)).toBe(false);
  });

  test.each<readonly [string, string, Query, Query]>([
    ['method', `from: [{${anyToken}}], to: [{operation: {methods: [GET]}}]`, plain, asked({ method: 'POST' })],
    ['path', `from: [{${anyToken}}], to: [{operation: {paths: [/a]}}]`, plain, asked({ path: '/b' })],
    ['path where it is excepted', `from: [{${anyToken}}], to: [{operation: {notPaths: [/b]}}]`, plain, asked({ path: '/b' })],
    ['host', `from: [{${anyToken}}], to: [{operation: {hosts: [shop.example]}}]`, asked({ host: 'SHOP.example' }), asked({ host: 'other.example' })],
    ['port', `from: [{${anyToken}}], to: [{operation: {ports: ["8080"]}}]`, plain, asked({}, plain.from, 8081)],
    ['caller', `from: [{source: {requestPrincipals: ["https://id.example/*"], principals: [${front}]}}]`, plain, asked({}, { principal: 'cluster.local/ns/web/sa/other' })],
    ['certificate', `from: [{source: {requestPrincipals: ["https://id.example/*"], principals: [${front}]}}]`, plain, asked({}, { principal: null })],
    ['header', `from: [{${anyToken}}], when: [{key: "request.headers[x-team]", values: [shop]}]`, asked({ headers: { 'x-team': 'shop' } }), asked({ headers: { 'x-team': 'web' } })],
    ['server name', `from: [{${anyToken}}], when: [{key: connection.sni, values: [shop.example]}]`, asked({ sni: 'shop.example' }), asked({ sni: 'other.example' })],
  ])('keeps its %s', (_, more, good, bad) => {
    const mesh = meshWith(tokens, rule(more));
    expect(passes(mesh, good)).toBe(true);
    expect(passes(mesh, bad)).toBe(false);
  });

  test('has no header that it had not', () => {
    const mesh = meshWith(tokens, rule(`from: [{${anyToken}}], when: [{key: "request.headers[x-team]", notValues: [web]}]`));
    expect(passes(mesh, plain, [['header:x-team', null]])).toBe(true);
    const asking = meshWith(tokens, rule(`from: [{${anyToken}}], when: [{key: "request.headers[x-team]", values: [shop]}]`));
    expect(passes(asking, plain, [['header:x-team', null]])).toBe(false);
  });

  test('of a protocol without headers has none', () => {
    const mesh = meshWith(tokens, rule(`from: [{${anyToken}}]`));
    expect(passes(mesh, asked({ protocol: 'http' }, plain.from, 9000))).toBe(true);
    expect(passes(mesh, { from: plain.from, to: { workload: 'shop/shop', port: 9000 }, request: { protocol: 'tcp' } })).toBe(false);
  });

  test('may come from wherever the policy wants: addresses are left open', () => {
    expect(passes(meshWith(tokens, rule('from: [{source: {requestPrincipals: ["https://id.example/*"], ipBlocks: [10.0.0.0/8]}}]')), asked({}, { principal: front, ip: '203.0.113.4' }))).toBe(true);
  });
});

describe('what another token changes', () => {
  const own = rule(`from: [{${anyToken}}], when: [{key: "request.auth.claims[groups]", values: [staff]}]`);

  test('is the token that was sent, where it is not good enough', () => {
    const mesh = meshWith(tokens, own);
    const token = { valid: true, claims: { iss: 'https://id.example', sub: 'ann', groups: ['guests'] }, in: 'header:x-token', prefix: 'Token ' };
    expect(passes(mesh, asked({ token }))).toBe(true);
    expect(passes(mesh, asked({ token: { ...token, valid: false } }))).toBe(true);
    expect(passes(mesh, asked({ token, method: 'POST' }))).toBe(true);
  });

  test('are the headers that tokens are sent in, and no others', () => {
    const held = (name: string): string => rule(`from: [{${anyToken}}], when: [{key: "request.headers[${name}]", values: ["Token *"]}]`);
    // Read from there: with a token it begins so.
    expect(passes(meshWith(tokens, held('x-token')), asked({ headers: { 'x-token': 'none' } }))).toBe(true);
    expect(passes(meshWith(tokens, held('x-other')), asked({ headers: { 'x-other': 'none' } }))).toBe(false);
    expect(passes(meshWith(tokens, held('x-other')), asked({ headers: { 'x-other': 'Token a' } }))).toBe(true);
  });
});
