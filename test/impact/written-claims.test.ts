/** A header that the proxy writes from a claim (A5.12): the proof carries the claim, so that it can be asked of real proxies. */
import { describe, expect, test } from 'vitest';
import { compareSides } from '#impact/compare.ts';
import { DifferenceMemo } from '#impact/pair-context.ts';
import type { RawChange } from '#impact/raw-change.ts';
import { compareOfTexts } from './support.ts';

const shop = `apiVersion: v1
kind: Namespace
metadata: {name: shop, labels: {istio-injection: enabled}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: cart, namespace: shop}
spec:
  template:
    metadata: {labels: {app: cart}}
    spec: {containers: [{name: cart, image: cart, ports: [{containerPort: 8080}]}]}
`;
const tokens = (outputs: string): string => `apiVersion: security.istio.io/v1
kind: RequestAuthentication
metadata: {name: tokens, namespace: shop}
spec: {jwtRules: [{issuer: i, jwks: '{"keys": []}', ${outputs}}]}
`;
const role = (value: string, action = 'ALLOW'): string => `apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: role, namespace: shop}
spec: {action: ${action}, rules: [{when: [{key: 'request.headers[x-role]', values: ['${value}']}]}]}
`;
const byClaim = tokens('outputClaimToHeaders: [{header: X-Role, claim: user.role}]');

function changesOf(base: readonly string[], head: readonly string[]): readonly RawChange[] {
  const { changes, internalErrors } = compareOfTexts([shop, ...base], [shop, ...head], compareSides, new DifferenceMemo());
  expect(internalErrors).toEqual([]);
  return changes;
}

const tokenOf = (change: RawChange | undefined): unknown => change?.witness?.query.request.token?.claims;

describe('a header that is written from a claim', () => {
  test('is proved by a token with that claim, and nothing is assumed', () => {
    const changes = changesOf([byClaim, role('admin')], [byClaim, role('team lead')]);
    expect(changes.map(({ direction }) => direction)).toEqual(['widened', 'narrowed']);
    expect(changes.map(tokenOf)).toEqual([expect.objectContaining({ iss: 'i', user: { role: 'team lead' } }), expect.objectContaining({ iss: 'i', user: { role: 'admin' } })]);
    expect(changes.every((change) => change.witness?.query.given === undefined)).toBe(true);
  });

  test('is one text: a wider value loses nothing', () => {
    expect(changesOf([byClaim, role('admin')], [byClaim, role('admin*')]).map(({ direction }) => direction)).toEqual(['widened']);
  });

  test('follows the subject and the issuer of the token', () => {
    const bySubject = tokens('outputClaimToHeaders: [{header: x-role, claim: sub}]');
    expect(changesOf([bySubject, role('alice')], [bySubject, role('bob')]).map(tokenOf)).toEqual([{ iss: 'i', sub: 'bob' }, { iss: 'i', sub: 'alice' }]);
    const byIssuer = tokens('outputClaimToHeaders: [{header: x-role, claim: iss}]');
    expect(changesOf([byIssuer, role('k')], [byIssuer, role('i')]).map(tokenOf)).toEqual([expect.objectContaining({ iss: 'i' })]);
  });

  test('is not moved by one more issuer beside it', () => {
    const another = byClaim.replace('name: tokens', 'name: others').replace('issuer: i', 'issuer: k').replace('X-Role', 'X-Other');
    expect(changesOf([byClaim, role('admin')], [byClaim, another, role('admin')])).toEqual([]);
  });

  test('is no way in on a CORS preflight that brings it', () => {
    const changes = changesOf([byClaim, role('nobody')], [byClaim, role('admin')]);
    expect(changes.map(({ witness }) => witness?.query.request.method)).toEqual(['GET', 'GET']);
    expect(changesOf([byClaim, role('admin')], [byClaim, role('admin')])).toEqual([]);
  });

  test('near miss: a header that no rule writes is what the client sends', () => {
    const [widened] = changesOf([tokens('forwardOriginalToken: true'), role('nobody')], [tokens('forwardOriginalToken: true'), role('admin')]);
    expect(widened?.witness?.query.request).toMatchObject({ headers: { 'x-role': 'admin' } });
    expect(tokenOf(widened)).toBeUndefined();
  });

  test('near miss: a payload is an object in base64 and never that text', () => {
    const payload = tokens('outputPayloadToHeader: x-role');
    const [widened] = changesOf([payload, role('nobody')], [payload, role('admin')]);
    expect(widened).toBeUndefined();
  });
});

describe('a token that is taken out of the query', () => {
  const readable = tokens('forwardOriginalToken: false');
  const refusedPath = `apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: role, namespace: shop}
spec: {rules: [{to: [{operation: {paths: [/admin/users]}}], when: [{key: 'request.headers[:path]', notValues: ['/admin*']}]}]}
`;
  const nobody = role('nobody');

  test('is assumed about only where one is taken: no request without one is said to gain a path', () => {
    const changes = changesOf([readable, nobody], [readable, refusedPath]);
    const certain = changes.filter(({ direction }) => direction === 'widened');
    expect(certain.map((change) => change.witness?.query.request.token?.in)).toEqual(['parameter:access_token']);
  });
});
