/** R22: objects without a namespace live in one of their own, named by the path of their unit, however deep the folder lies. */
import { describe, expect, test } from 'vitest';
import { requestLine } from '#report/wording.ts';
import { identityParts } from '#sets/matches.ts';
import { reviewed } from '../support/reviewed.ts';
import { stream } from '../support/tree.ts';

const app = (name: string): string => `apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: ${name}}\nspec:\n  selector: {matchLabels: {app: ${name}}}\n  template:\n    metadata: {labels: {app: ${name}}}\n    spec: {serviceAccountName: ${name}, containers: [{name: app, image: app, ports: [{containerPort: 8080}]}]}\n`;
const world = stream(app('orders'), app('cart'));
const isolation = `apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: orders}\nspec:\n  podSelector: {matchLabels: {app: orders}}\n  ingress: [{from: [{namespaceSelector: {}}], ports: [{port: 8080}]}]\n`;
const guard = (account: string): string => `apiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nmetadata: {name: orders}\nspec:\n  selector: {matchLabels: {app: orders}}\n  rules: [{from: [{source: {serviceAccounts: [${account}]}}]}]\n`;
const phantoms = `apiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nmetadata: {name: elsewhere}\nspec:\n  selector: {matchLabels: {app.kubernetes.io/name: billing}}\n  rules: [{to: [{operation: {paths: [/health]}}]}]\n`;

function told(folder: string, base: readonly string[], head: readonly string[]): string {
  const files = (documents: readonly string[]): Record<string, string> => ({ [`${folder}/all.yaml`]: stream(world, ...documents) });
  const report = reviewed(files(base), files(head));
  expect(report.gates.find(({ id }) => id === 'internal')?.failed ?? false).toBe(false);
  expect(report.changes).not.toEqual([]);
  expect(report.changes.every(({ witness }) => witness !== undefined)).toBe(true);
  return JSON.stringify([report.verdict, report.changes.map(({ direction, facet, headline, region, callers, before, after, witness }) => [direction, facet, headline, region, callers, before, after, witness]), report.findings.map(({ code, status, severity, message }) => [code, status, severity, message])]).replaceAll(folder, 'FOLDER');
}

describe('a folder below others', () => {
  test.each([
    ['a NetworkPolicy for pods of any namespace', [], [isolation]],
    ['an account of the own namespace', [guard('cart')], [guard('orders')]],
    ['a policy for pods that nothing declares', [], [phantoms]],
    ['the last ALLOW for them taken away', [phantoms], []],
    ['both layers', [isolation], [isolation, guard('cart')]],
  ])('says of %s what a folder at the top says', (_, base, head) => {
    expect(told('deploy/team/shop', base, head)).toBe(told('shop', base, head));
  });

  test('a policy that denies by identity is judged for the pods that it names', () => {
    const deny = phantoms.replace('rules: [{to: [{operation: {paths: [/health]}}]}]', 'action: DENY\n  rules: [{from: [{source: {principals: ["cluster.local/ns/x/sa/y"]}}]}]');
    const codes = (folder: string): readonly string[] => reviewed({ [`${folder}/all.yaml`]: world }, { [`${folder}/all.yaml`]: stream(world, deny) }).findings.filter(({ status }) => status === 'new').map(({ code }) => code);
    expect(codes('deploy/team/shop')).toContain('MP210');
    expect(codes('deploy/team/shop')).toEqual(codes('shop'));
  });

  test('its host, its pods and its identities are read back', () => {
    const report = reviewed({ 'deploy/shop/all.yaml': world }, { 'deploy/shop/all.yaml': stream(world, guard('cart')) });
    const witness = report.changes[0]?.witness;
    expect(witness === undefined ? '' : requestLine(witness)).toContain('http://orders.~deploy/shop:8080/');
    expect(identityParts('cluster.local/ns/~deploy/shop/sa/cart')).toEqual({ trustDomain: 'cluster.local', namespace: '~deploy/shop', account: 'cart' });
    expect(identityParts('cluster.local/ns/deploy/shop/sa/cart')).toBeUndefined();
    expect(identityParts('cluster.local/ns/~deploy/shop')).toBeUndefined();
  });
});
