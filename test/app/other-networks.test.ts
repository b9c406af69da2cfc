/** Network policies of Cilium and Calico are not interpreted: a change in one is named and gates, unless nobody was there before. */
import { describe, expect, test } from 'vitest';
import { deployment, namespace } from '../support/manifests.ts';
import { gate, reviewed } from '../support/reviewed.ts';
import { stream, type Files } from '../support/tree.ts';

const cilium = (port: string, labels = ''): string => `apiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\nmetadata: {name: pay, namespace: shop${labels}}\nspec:\n  endpointSelector: {matchLabels: {app: pay}}\n  ingress: [{toPorts: [{ports: [{port: "${port}"}]}]}]\n`;
const clusterwide = (port: string): string => cilium(port).replace('CiliumNetworkPolicy', 'CiliumClusterwideNetworkPolicy').replace(', namespace: shop', '');
const calico = (group: string, kind: string, action: string): string => `apiVersion: ${group}\nkind: ${kind}\nmetadata: {name: pay${kind === 'NetworkPolicy' ? ', namespace: shop' : ''}}\nspec: {selector: "app == 'pay'", ingress: [{action: ${action}}]}\n`;
const shop = (...more: readonly string[]): Files => ({ 'shop.yaml': stream(namespace('shop'), deployment({ name: 'pay', namespace: 'shop' }, { app: 'pay' })), 'more.yaml': stream(...more, namespace('last')) });

function told(base: Files, head: Files): readonly string[] {
  const report = reviewed(base, head);
  expect(gate(report, 'incomplete')).toBe(report.incompleteReasons.length > 0);
  return report.incompleteReasons.map(({ kind, status, file, line, reason }) => `${kind} ${status} ${file ?? ''}:${String(line)} ${reason}`);
}

describe('a network policy in another language', () => {
  test.each([
    ['CiliumNetworkPolicy/shop/pay', cilium('80'), cilium('8080')],
    ['CiliumClusterwideNetworkPolicy/pay', clusterwide('80'), clusterwide('8080')],
    ['NetworkPolicy/shop/pay', calico('projectcalico.org/v3', 'NetworkPolicy', 'Deny'), calico('projectcalico.org/v3', 'NetworkPolicy', 'Allow')],
    ['GlobalNetworkPolicy/pay', calico('crd.projectcalico.org/v1', 'GlobalNetworkPolicy', 'Deny'), calico('crd.projectcalico.org/v1', 'GlobalNetworkPolicy', 'Allow')],
  ])('%s changes what it says', (resource, before, after) => {
    expect(told(shop(before), shop(after))).toEqual([`limit new more.yaml:1 \`${resource}\` is modified here, and what this kind does to requests is not computed by this version`]);
  });

  test('is taken away, or comes where pods already are', () => {
    expect(told(shop(cilium('80')), shop())).toHaveLength(1);
    expect(told(shop(), shop(cilium('80')))).toHaveLength(1);
  });

  test('says the same in other words: nothing', () => {
    expect(told(shop(cilium('80')), shop(`# the port\n${cilium('80', ', labels: {team: a}, annotations: {note: x}')}`))).toEqual([]);
  });

  test('comes with its namespace, or goes with it: nobody was there', () => {
    const rest: Files = { 'rest.yaml': namespace('rest') };
    expect(told(rest, { ...rest, ...shop(cilium('80')) })).toEqual([]);
    expect(told({ ...rest, ...shop(cilium('80')) }, rest)).toEqual([]);
    expect(told(rest, { ...rest, ...shop(clusterwide('80')) })).toHaveLength(1);
  });
});
