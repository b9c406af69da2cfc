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
