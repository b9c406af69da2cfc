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

const pay = stream(namespace('shop', { 'istio-injection': 'enabled' }), deployment({ name: 'pay', namespace: 'shop' }, { app: 'pay' }), service({ name: 'pay', namespace: 'shop' }, { app: 'pay' }));

function shop(asked: string, ...providers: readonly string[]): Files {
  return { 'a.yaml': stream(pay, custom(asked), ...(providers.length > 0 ? [config(providers)] : [])) };
}

/** The authorizer itself, which is in no mesh. */
const opa = stream(namespace('auth'), service({ name: 'opa', namespace: 'auth' }, { app: 'opa' }));

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

  test('whose Service nothing declares is assumed to be there, and the change says so; one that is declared needs no assumption', () => {
    const opening = (...more: readonly string[]): [Files, Files] => {
      const files = (path: string): Files => ({ 'a.yaml': stream(pay, custom('opa').replace('/pay*', path), config([strict]), ...more) });
      return [files('/pay*'), files('/pay/in*')];
    };
    const assumed = reviewed(...opening());
    expect(assumed.changes.map((change) => change.assumptions)).toEqual([['provider-service:opa']]);
    expect(assumed.changes[0]?.witness).toMatchObject({ base: { verdict: 'asks' }, head: { verdict: 'allow' } });
    expect(reviewed(...opening(opa)).changes.map((change) => change.assumptions)).toEqual([[]]);
  });

  test('whose Service the pull request takes away answers nobody any more; the Service moved to another file is no change', () => {
    const lost = reviewed({ ...shop('opa', strict), 'auth.yaml': opa }, shop('opa', strict));
    expect(lost.changes.map((change) => [change.direction, change.witness?.base.verdict, change.witness?.head.verdict, change.assumptions, change.causes.map((cause) => cause.resource)])).toEqual([['narrowed', 'asks', 'deny', [], ['Service/auth/opa']]]);
    expect(changesIn(reviewed({ ...shop('opa', strict), 'auth.yaml': opa }, { ...shop('opa', strict), 'moved.yaml': opa }))).toEqual([]);
  });

  test('at a host that a ServiceEntry of any namespace declared is lost with the entry', () => {
    const entry = stream(namespace('egress'), 'apiVersion: networking.istio.io/v1\nkind: ServiceEntry\nmetadata: {name: judge, namespace: egress}\nspec: {hosts: [judge.example.com], ports: [{number: 9000, name: grpc, protocol: GRPC}], resolution: DNS}\n');
    const outside = '{name: opa, envoyExtAuthzGrpc: {service: judge.example.com, port: 9000}}';
    const lost = reviewed({ ...shop('opa', outside), 'egress.yaml': entry }, { ...shop('opa', outside), 'egress.yaml': namespace('egress') });
    expect(lost.changes.map((change) => [change.direction, change.facet, change.causes.map((cause) => cause.resource)])).toEqual([['narrowed', 'external-authorization', ['ServiceEntry/egress/judge']]]);
  });

  test('renamed at both places, given more time, or left alone beside a new one, is the same', () => {
    expect(changesIn(reviewed(shop('opa', strict), shop('judge', authorizer('judge', 'opa'))))).toEqual([]);
    expect(changesIn(reviewed(shop('opa', strict), shop('opa', authorizer('opa', 'opa', ', timeout: 3s'))))).toEqual([]);
    expect(changesIn(reviewed(shop('opa', strict), shop('opa', strict, authorizer('nop', 'nop'))))).toEqual([]);
  });
});
