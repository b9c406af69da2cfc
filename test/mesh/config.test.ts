import { expect, test } from 'vitest';
import { meshOf } from './support.ts';

const map = (name: string, mesh: string, space = 'istio-system') => `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}, namespace: ${space}}\ndata:\n  mesh: |\n${mesh.split('\n').map((line) => `    ${line}`).join('\n')}`;

test('what nothing states is a default; in a repository it is an assumption and providers are not known (R26)', () => {
  const open = meshOf({}).config;
  expect(open).toMatchObject({ rootNamespace: 'istio-system', trustDomain: 'cluster.local', pathNormalization: 'BASE', defaultMtls: 'PERMISSIVE', extensionProviders: undefined, statedBy: undefined });
  expect(meshOf({ world: 'closed' }).config.extensionProviders).toEqual([]);
});

test('the ConfigMap `istio` before a revision’s, before an installation object (M91)', () => {
  const operator = '{apiVersion: install.istio.io/v1alpha1, kind: IstioOperator, metadata: {name: i, namespace: istio-system}, spec: {tag: 1.29.3, meshConfig: {trustDomain: from-operator}}}';
  expect(meshOf({}, operator).config).toMatchObject({ trustDomain: 'from-operator', istioVersion: '1.29.3', statedBy: 'IstioOperator/istio-system/i' });
  expect(meshOf({}, operator, map('istio-canary', 'trustDomain: from-revision')).config.trustDomain).toBe('from-revision');
  expect(meshOf({}, operator, map('istio-canary', 'trustDomain: from-revision'), map('istio', 'trustDomain: plain')).config).toMatchObject({ trustDomain: 'plain', istioVersion: '1.29.3' });
});

test('a ConfigMap that is called like it but holds no mesh configuration is none', () => {
  expect(meshOf({}, '{apiVersion: v1, kind: ConfigMap, metadata: {name: istio-ca-root-cert, namespace: istio-system}, data: {root-cert.pem: x}}').config.statedBy).toBeUndefined();
});

test('a mesh configuration that is no YAML leaves Istio’s defaults', () => {
  expect(meshOf({}, map('istio', 'trustDomain: [')).config).toMatchObject({ trustDomain: 'cluster.local', statedBy: 'ConfigMap/istio-system/istio' });
});

test('providers that Istio cannot use are told apart (A6.2, A6.3)', () => {
  const grpc = (name: string, port: string, more = '') => `- {name: ${name}, envoyExtAuthzGrpc: {service: gate.shop.svc.cluster.local, port: ${port}${more}}}`;
  const mesh = (extra: string) => map('istio', `extensionProviders:\n${grpc('good', '9000')}\n${grpc('OAuth2_Proxy', '9000')}\n${grpc('far', '70000')}\n${grpc('odd', '9000', ', statusOnError: "999"')}\n- {name: log, envoyFileAccessLog: {path: /dev/stdout}}${extra}`);
  const gate = '{apiVersion: v1, kind: Service, metadata: {name: gate, namespace: shop}, spec: {ports: [{port: 9000}]}}';
  const broken = (...documents: readonly string[]) => Object.fromEntries((meshOf({ world: 'closed' }, ...documents).config.extensionProviders ?? []).map((provider) => [provider.name, provider.broken !== undefined]));
  expect(broken(mesh(''), gate)).toEqual({ good: false, OAuth2_Proxy: true, far: true, log: true, odd: true });
  expect(broken(mesh(''))).toMatchObject({ good: true });
  // The rule for names is younger than 1.29.
  const old = '{apiVersion: install.istio.io/v1alpha1, kind: IstioOperator, metadata: {name: i, namespace: istio-system}, spec: {tag: 1.29.6}}';
  expect(broken(mesh(''), gate, old)).toMatchObject({ OAuth2_Proxy: false });
});

test('variables of istiod are Go booleans, and several providers may be asked since 1.30 only (A6.5, A3.14)', () => {
  const operator = (tag: string, env: string) => `{apiVersion: install.istio.io/v1alpha1, kind: IstioOperator, metadata: {name: i, namespace: istio-system}, spec: {tag: ${tag}, values: {pilot: {env: {${env}}}}}}`;
  const several = 'PILOT_ENABLE_MULTIPLE_CUSTOM_AUTHZ_PROVIDERS';
  expect(['"true"', '"1"', 'true', '"yes"'].map((value) => meshOf({}, operator('1.30.0', `${several}: ${value}`)).config.multipleProviders)).toEqual([true, true, true, false]);
  expect(meshOf({}, operator('1.29.6', `${several}: "true"`)).config.multipleProviders).toBe(false);
  expect(meshOf({}, operator('1.31.0', 'PILOT_SKIP_VALIDATE_TRUST_DOMAIN: "T"')).config.anyTrustDomain).toBe(true);
});
