/** Who is asked about requests that stay with an external authorizer. */
import { describe, expect, test } from 'vitest';
import { deployment, namespace, service } from '../support/manifests.ts';
import { changesIn, gate, newCodes, reviewed } from '../support/reviewed.ts';
import { stream, type Files } from '../support/tree.ts';

const custom = (provider: string): string => `
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: consent, namespace: shop}
spec: {selector: {matchLabels: {app: pay}}, action: CUSTOM, provider: {name: ${provider}}, rules: [{to: [{operation: {paths: ["/pay*"]}}]}]}
`;

const config = (providers: readonly string[]): string => `
apiVersion: v1
kind: ConfigMap
metadata: {name: istio, namespace: istio-system}
data:
  mesh: |
    extensionProviders: [${providers.join(', ')}]
`;

const authorizer = (name: string, service: string, more = ''): string => `{name: ${name}, envoyExtAuthzGrpc: {service: ${service}.auth.svc.cluster.local, port: 9000${more}}}`;

function shop(asked: string, ...providers: readonly string[]): Files {
  return { 'a.yaml': stream(namespace('shop', { 'istio-injection': 'enabled' }), deployment({ name: 'pay', namespace: 'shop' }, { app: 'pay' }), service({ name: 'pay', namespace: 'shop' }, { app: 'pay' }), custom(asked), ...(providers.length > 0 ? [config(providers)] : [])) };
}

const strict = authorizer('opa', 'opa');

describe('an external authorizer', () => {
  test('of another name and definition may consent to more: judged as a widening', () => {
    const report = reviewed(shop('opa', strict, authorizer('nop', 'nop')), shop('nop', strict, authorizer('nop', 'nop')));
    expect(changesIn(report)).toEqual(['undecided-narrowed external-authorization', 'undecided-widened external-authorization']);
    expect(newCodes(report)).toEqual(['MP203 info', 'MP306 high']);
    expect(gate(report, 'findings')).toBe(true);
    const change = report.changes.find((each) => each.direction === 'undecided-widened');
    expect(change?.witness).toMatchObject({ base: { verdict: 'asks', provider: 'opa' }, head: { verdict: 'asks', provider: 'nop' } });
    expect(change?.causes.map((cause) => cause.resource)).toEqual(['AuthorizationPolicy/shop/consent']);
  });

  test('of another name is another one where the repository holds no mesh configuration', () => {
    expect(newCodes(reviewed(shop('opa'), shop('nop')))).toEqual(['MP203 info', 'MP306 high']);
  });

  test('that lets pass while it cannot be reached, or sits at another service, is led back to the mesh configuration', () => {
    for (const weaker of [authorizer('opa', 'opa', ', failOpen: true'), authorizer('opa', 'elsewhere')]) {
      const report = reviewed(shop('opa', strict), shop('opa', weaker));
      expect(newCodes(report)).toContain('MP306 high');
      expect(report.changes[0]?.causes.map((cause) => cause.resource)).toEqual(['ConfigMap/istio-system/istio']);
    }
  });

  test('that no longer lets pass while it cannot be reached opens nothing', () => {
    expect(changesIn(reviewed(shop('opa', authorizer('opa', 'opa', ', failOpen: true')), shop('opa', strict)))).toEqual(['undecided-narrowed external-authorization']);
  });

  test('renamed at both places, given more time, or left alone beside a new one, is the same', () => {
    expect(changesIn(reviewed(shop('opa', strict), shop('judge', authorizer('judge', 'opa'))))).toEqual([]);
    expect(changesIn(reviewed(shop('opa', strict), shop('opa', authorizer('opa', 'opa', ', timeout: 3s'))))).toEqual([]);
    expect(changesIn(reviewed(shop('opa', strict), shop('opa', strict, authorizer('nop', 'nop'))))).toEqual([]);
  });
});
