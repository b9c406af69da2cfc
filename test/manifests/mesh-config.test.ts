import { describe, expect, test } from 'vitest';
import { decodeMeshConfig } from '#manifests/mesh-config.ts';
import { resource, yaml } from './support/read.ts';

function read(text: string): ReturnType<typeof decodeMeshConfig> & { type: 'mesh-config' } {
  const result = decodeMeshConfig(text, yaml);
  if (result.type !== 'mesh-config') throw new Error(result.reason);
  return result;
}

describe('mesh configuration', () => {
  test('what is not written is not there', () => {
    const { config, problems } = read('{}');
    expect(problems).toEqual([]);
    expect([config.rootNamespace, config.trustDomain, config.enableAutoMtls, config.outboundTrafficPolicy, config.discoverySelectors]).toEqual([undefined, undefined, undefined, undefined, undefined]);
    expect(decodeMeshConfig('', yaml)).toEqual(decodeMeshConfig({}));
  });

  test('camelCase, snake_case and numbers of an enum', () => {
    expect(read('trust_domain: prod.example\ntrust_domain_aliases: [old.example]\nenable_auto_mtls: false\n').config).toMatchObject({ trustDomain: 'prod.example', trustDomainAliases: ['old.example'], enableAutoMtls: false });
    expect(read('outboundTrafficPolicy: {mode: 0}\npathNormalization: {normalization: 4}\n').config).toMatchObject({ outboundTrafficPolicy: 'REGISTRY_ONLY', pathNormalization: 'DECODE_AND_MERGE_SLASHES' });
  });

  test('a policy without a mode has the zero value', () => {
    expect(read('outboundTrafficPolicy: {}\n').config.outboundTrafficPolicy).toBe('REGISTRY_ONLY');
    expect(read('inboundTrafficPolicy: {}\n').config.inboundTrafficPolicy).toBe('PASSTHROUGH');
  });

  test('providers', () => {
    const { config } = read('extensionProviders: [{name: opa, envoyExtAuthzGrpc: {service: opa.shop.svc.cluster.local, port: "9191", failOpen: true}}, {name: logs, envoyFileAccessLog: {path: /dev/stdout}}]\n');
    expect(config.extensionProviders.map(({ name, type, failOpen, port }) => ({ name, type, failOpen, port }))).toEqual([
      { name: 'opa', type: 'envoyExtAuthzGrpc', failOpen: true, port: 9191 },
      { name: 'logs', type: 'envoyFileAccessLog', failOpen: false, port: undefined },
    ]);
  });

  test('a wrong type is named, the rest is read', () => {
    const { config, problems } = read('trustDomain: 7\nrootNamespace: mesh\noutboundTrafficPolicy: {mode: SOME}\n');
    expect(config.rootNamespace).toBe('mesh');
    expect(problems.map(({ path, message }) => `${path.join('.')}: ${message}`)).toEqual([
      'trustDomain: `trustDomain` must be text, not the number 7',
      'mode: the text `SOME` is not one of `REGISTRY_ONLY`, `ALLOW_ANY`, `VIRTUAL_SERVICE_ONLY`, `ALLOW_ANY_DYNAMIC_DNS`',
    ]);
  });

  test('no object is unreadable, with a remedy', () => {
    expect(decodeMeshConfig('- a', yaml)).toMatchObject({ type: 'unreadable', reason: 'the mesh configuration must be an object, not a list' });
    const throwing = (): never => {
      throw new Error('bad\nindent');
    };
    expect(decodeMeshConfig('x', throwing)).toMatchObject({ type: 'unreadable', reason: 'the mesh configuration is no YAML: bad indent' });
  });
});

test('installations: the mesh configuration of the spec wins over that of the values', () => {
  const operator = resource(
    'IstioOperator',
    'apiVersion: install.istio.io/v1alpha1\nkind: IstioOperator\nmetadata: {name: x, namespace: istio-system}\nspec: {revision: canary, meshConfig: {trustDomain: a}, values: {meshConfig: {trustDomain: b, rootNamespace: c}, pilot: {env: {XDS_AUTH: false}}}, components: {pilot: {k8s: {env: [{name: A, value: b}]}}}}\n',
  );
  expect(operator.spec.meshConfig).toEqual({ trustDomain: 'a', rootNamespace: 'c' });
  expect(operator.spec.environment).toEqual({ XDS_AUTH: 'false', A: 'b' });
  expect(operator.spec.revision).toBe('canary');
  const sail = resource('Istio', 'apiVersion: sailoperator.io/v1\nkind: Istio\nmetadata: {name: default}\nspec: {version: v1.28.0, namespace: istio-system, values: {meshConfig: {trustDomain: a}}}\n');
  expect(sail.namespace).toBeUndefined();
  expect(sail.spec).toMatchObject({ version: '1.28.0', namespace: 'istio-system', meshConfig: { trustDomain: 'a' } });
});
