/** One layer opens or closes, another stops the request before and after: told beside what moves an answer, once for each policy (`docs/report.md`). */
import { expect, test } from 'vitest';
import { compareSides } from '#impact/compare.ts';
import { DifferenceMemo } from '#impact/pair-context.ts';
import { deployment, namespace, policy } from '../mesh/support.ts';
import { compareOfTexts } from './support.ts';

const cluster = [namespace('shop', 'istio-injection: enabled'), deployment('shop/db')];
/** Pods of the namespace come to these ports. */
const network = (name: string, ...ports: readonly number[]): string => `{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: ${name}, namespace: shop}, spec: {podSelector: {matchLabels: {app: db}}, ingress: [{from: [{podSelector: {}}], ports: [${ports.map((port) => `{port: ${String(port)}}`).join(', ')}]}]}}`;
const allow = (...ports: readonly number[]): string => policy('AuthorizationPolicy', 'shop/allow', `selector: {matchLabels: {app: db}}, rules: [{to: [{operation: {ports: [${ports.map((port) => `"${String(port)}"`).join(', ')}]}}]}]`);

/** `direction port: layer before, layer after`, in order. */
function told(base: readonly string[], head: readonly string[]): readonly string[] {
  const { changes, internalErrors } = compareOfTexts([...cluster, ...base], [...cluster, ...head], compareSides, new DifferenceMemo());
  expect(internalErrors).toEqual([]);
  return changes.map(({ direction, witness }) => {
    const layer = (answer: NonNullable<typeof witness>['base'] | undefined): string => (answer?.verdict === 'deny' ? answer.layer : (answer?.verdict ?? 'none'));
    return `${direction} ${String(witness?.query.to.port)}: ${layer(witness?.base)}, ${layer(witness?.head)}`;
  });
}

test('the network opens what the proxy refuses, and closes again', () => {
  expect(told([network('in', 8080), allow(8080)], [network('in', 8080, 9000), allow(8080)])).toEqual(['latent-widened 9000: network-policy, authorization']);
  expect(told([network('in', 8080, 9000), allow(8080)], [network('in', 8080), allow(8080)])).toEqual(['latent-narrowed 9000: authorization, network-policy']);
});

test('the proxy opens what the network stops, and closes again', () => {
  expect(told([network('in', 8080), allow(8080)], [network('in', 8080), allow(8080, 9000)])).toEqual(['latent-widened 9000: network-policy, network-policy']);
  expect(told([network('in', 8080), allow(8080, 9000)], [network('in', 8080), allow(8080)])).toEqual(['latent-narrowed 9000: network-policy, network-policy']);
});

test('what a policy also opens loudly is told by that alone; what it closes loudly hides nothing that it opens', () => {
  expect(told([network('in', 7000), allow(8080)], [network('in', 7000, 8080, 9000), allow(8080)])).toEqual(['widened 8080: network-policy, allow']);
  expect(told([network('in', 8080), allow(8080)], [network('in', 9000), allow(8080)])).toEqual(['narrowed 8080: allow, network-policy', 'latent-widened 9000: network-policy, authorization']);
});

test('each policy is told by itself', () => {
  expect(told([network('in', 8080), allow(8080)], [network('in', 8080), network('one', 9001), network('other', 9002), allow(8080)])).toEqual(['latent-widened 9001: network-policy, authorization', 'latent-widened 9002: network-policy, authorization']);
});

test('both layers open what the other one still stops', () => {
  expect(told([network('in', 8080), allow(8080)], [network('in', 8080, 9000), allow(8080, 7000)])).toEqual(['latent-widened 9000: network-policy, authorization', 'latent-widened 7000: network-policy, network-policy']);
});

test('both layers open the same: that is no latent change', () => {
  expect(new Set(told([network('in', 8080), allow(8080)], [network('in', 8080, 9000), allow(8080, 9000)]))).toEqual(new Set(['widened 9000: network-policy, allow']));
});
