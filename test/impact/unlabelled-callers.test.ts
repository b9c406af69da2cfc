/** A repository does not tell the labels of a namespace that it never declares (R22): a witness then says which ones it means. */
import { expect, test } from 'vitest';
import { defaultConfig } from '#app/config.ts';
import { review } from '#app/review.ts';
import { deployment, namespace } from '../support/manifests.ts';
import { pair, stream } from '../support/tree.ts';

const policy = (from: string): string => `apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: db, namespace: shop}\nspec: {podSelector: {matchLabels: {app: db}}, policyTypes: [Ingress], ingress: [{from: [${from}]}]}\n`;

test.each([
  ['by a label', 'namespaceSelector: {matchLabels: {tier: inner}}'],
  ['by name', 'namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: inner}}'],
])('a NetworkPolicy that selects namespaces %s is proved with a caller whose namespace nobody declares', (_, selector) => {
  const base = stream(namespace('shop', { 'istio-injection': 'enabled' }), deployment({ name: 'away', namespace: 'far' }, { app: 'away' }));
  const { report } = review({ pair: pair({ 'a/a.yaml': base }, { 'a/a.yaml': stream(base, policy(`{${selector}}, {podSelector: {}}`)) }), comparison: { mode: 'directories', base: { id: 'base', label: 'base' }, head: { id: 'head', label: 'head' } }, config: defaultConfig, today: '2026-01-01', version: '0' });
  expect(report.gates.filter((gate) => gate.id === 'internal' && gate.failed)).toEqual([]);
  expect(report.changes.map((change) => change.direction)).not.toContain('undecided-narrowed');
  expect(report.changes.some((change) => change.direction === 'narrowed' && change.witness !== undefined)).toBe(true);
});

const isolated = (selector: string, rule: string): string =>
  stream(
    namespace('shop', { 'istio-injection': 'enabled' }),
    `apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: labelled, namespace: shop}\nspec: {podSelector: ${selector}, policyTypes: [Egress]}\n`,
    `apiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nmetadata: {name: callers, namespace: shop}\nspec: {rules: [${rule}]}\n`,
  );

// M139: an identity without a namespace is no pod's, so it has no labels that a policy could ask for.
test.each([
  ['a value of it', '{matchExpressions: [{key: tier, operator: NotIn, values: [back]}]}', 'back'],
  ['any value of it', '{matchExpressions: [{key: tier, operator: DoesNotExist}]}', undefined],
])('a caller that is no pod has no label, a pod that has it is not isolated: %s', (_, selector, value) => {
  const base = isolated(selector, '{from: [{source: {namespaces: ["*/*"]}}]}');
  const head = isolated(selector, '{when: [{key: "request.headers[x-claims]", notValues: ["*red"]}]}');
  const { report } = review({ pair: pair({ 'a/a.yaml': base }, { 'a/a.yaml': head }), comparison: { mode: 'directories', base: { id: 'base', label: 'base' }, head: { id: 'head', label: 'head' } }, config: defaultConfig, today: '2026-01-01', version: '0' });
  expect(report.gates.filter((gate) => gate.id === 'internal' && gate.failed)).toEqual([]);
  expect(report.changes.map((change) => change.direction).filter((direction) => direction.startsWith('undecided'))).toEqual([]);
  const labelled = report.changes.filter((change) => change.direction === 'narrowed').flatMap((change) => change.region.cubes.map((cube) => cube.podLabels?.['tier']));
  expect(labelled).toContainEqual(value === undefined ? { only: ['*'] } : { only: [value] });
});
