import { describe, expect, test } from 'vitest';
import { deployment, namespace, policy, service } from '../support/manifests.ts';
import { changesIn, reviewed } from '../support/reviewed.ts';
import { stream, type Files } from '../support/tree.ts';

const guarded = policy({ name: 'pay', namespace: 'shop' }, 'cluster.local/ns/shop/sa/front');
const mtls = (ports: string): string => `apiVersion: security.istio.io/v1\nkind: PeerAuthentication\nmetadata: {name: pay, namespace: shop}\nspec: {selector: {matchLabels: {app: pay}}, mtls: {mode: STRICT}${ports === '' ? '' : `, portLevelMtls: {${ports}}`}}\n`;

function shop(...policies: readonly string[]): Files {
  return { 'a.yaml': stream(namespace('shop', { 'istio-injection': 'enabled' }), deployment({ name: 'pay', namespace: 'shop' }, { app: 'pay' }), service({ name: 'pay', namespace: 'shop' }, { app: 'pay' }), ...policies) };
}

describe('a port without mutual TLS', () => {
  test.each([80, 9999])('%i: the caller whose identity nobody sees any more is refused for want of mutual TLS, declared port or not', (port) => {
    const [strict, open] = [shop(guarded, mtls('')), shop(guarded, mtls(`${String(port)}: {mode: DISABLE}`))];
    expect(changesIn(reviewed(strict, open))).toEqual(['narrowed mtls']);
    expect(changesIn(reviewed(open, strict))).toEqual(['widened mtls']);
  });

  test('an account that is struck is access, on such a port too', () => {
    const other = guarded.replace('sa/front', 'sa/other');
    expect(new Set(changesIn(reviewed(shop(guarded, mtls('')), shop(other, mtls('')))))).toEqual(new Set(['narrowed access', 'widened access']));
  });
});
