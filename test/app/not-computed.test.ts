/** Changes whose effect on requests is not known are named, never silent. */
import { describe, expect, test } from 'vitest';
import { deployment, namespace, policy, service } from '../support/manifests.ts';
import { changesIn, gate, reviewed } from '../support/reviewed.ts';
import { stream, type Files } from '../support/tree.ts';

const config = (mesh: string): string => `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: istio, namespace: istio-system}\ndata:\n  mesh: |\n    trustDomain: corp.example\n    ${mesh}\n`;
const shop = (...more: readonly string[]): Files => ({
  'shop.yaml': stream(namespace('shop', { 'istio-injection': 'enabled' }), deployment({ name: 'pay', namespace: 'shop' }, { app: 'pay' }), service({ name: 'pay', namespace: 'shop' }, { app: 'pay' })),
  'more.yaml': stream(...more, namespace('last')),
});

/** Reasons of one comparison: `kind status line`. */
function reasons(base: Files, head: Files): readonly string[] {
  return reviewed(base, head).incompleteReasons.map((reason) => `${reason.kind} ${reason.status} ${reason.file ?? ''}:${String(reason.line ?? 0)}`);
}

describe('a field of the mesh configuration that the model does not read', () => {
  test.each([
    ['', 'discoverySelectors: [{matchLabels: {mesh: "on"}}]'],
    ['meshMTLS: {minProtocolVersion: TLSV1_3}', 'meshMTLS: {minProtocolVersion: TLSV1_2}'],
    ['', 'inboundTrafficPolicy: {mode: LOCALHOST}'],
    ['', 'aFieldOfTomorrow: true'],
  ])('%j → %j gates the pull request', (before, after) => {
    const report = reviewed(shop(config(before)), shop(config(after)));
    expect(report.incompleteReasons).toMatchObject([{ kind: 'limit', status: 'new', file: 'more.yaml' }]);
    expect(gate(report, 'incomplete')).toBe(true);
    expect(report.resources.find((resource) => resource.resource === 'ConfigMap/istio-system/istio')?.effect).toBe('undecided');
  });

  test('gates the pull request too where a finding tells a part of its effect', () => {
    const report = reviewed(shop(config('')), shop(config('enableAutoMtls: false')));
    expect(gate(report, 'incomplete')).toBe(true);
    expect(report.resources.find((resource) => resource.resource === 'ConfigMap/istio-system/istio')?.effect).toBe('changed');
    expect(report.findings.filter((finding) => finding.status === 'new').map((finding) => finding.rule)).toContain('client-plaintext');
  });

  test('is named once each', () => {
    expect(reasons(shop(config('')), shop(config('{}').replace('{}', 'enableAutoMtls: false\n    verifyCertificateAtClient: false')))).toHaveLength(2);
  });

  test.each([
    ['', 'accessLogFile: /dev/stdout'],
    ['', 'enableTracing: true'],
    ['', 'enableAutoMtls: true'],
    ['', 'discoverySelectors: []'],
    ['', 'meshMTLS: {minProtocolVersion: TLSV1_2}'],
    ['', 'defaultConfig: {tracing: {sampling: 1}, holdApplicationUntilProxyStarts: true}'],
  ])('%j → %j moves no request', (before, after) => {
    expect(reasons(shop(config(before)), shop(config(after)))).toEqual([]);
  });

  test('in the object of another revision counts too, with what the model reads of the first', () => {
    const canary = (mesh: string): string => config(mesh).replace('name: istio,', 'name: istio-canary,');
    expect(reasons(shop(config(''), canary('')), shop(config(''), canary('rootNamespace: elsewhere')))).toHaveLength(1);
    expect(reasons(shop(config(''), canary('')), shop(config(''), canary('enableTracing: true')))).toEqual([]);
  });
});

describe('a variable of istiod that the model does not read (M95)', () => {
  const operator = (env: string): string => `{apiVersion: install.istio.io/v1alpha1, kind: IstioOperator, metadata: {name: i, namespace: istio-system}, spec: {values: {pilot: {env: {${env}}}}}}`;

  test.each([
    ['', 'PILOT_AUTO_ALLOW_WAYPOINT_POLICY: "true"'],
    ['ENABLE_SELECTOR_BASED_K8S_GATEWAY_POLICY: "1"', 'ENABLE_SELECTOR_BASED_K8S_GATEWAY_POLICY: "0"'],
    ['PILOT_IGNORE_RESOURCES: "*.istio.io"', ''],
  ])('%j → %j gates the pull request', (before, after) => {
    const report = reviewed(shop(operator(before)), shop(operator(after)));
    expect(report.incompleteReasons).toMatchObject([{ kind: 'limit', status: 'new', file: 'more.yaml' }]);
    expect(gate(report, 'incomplete')).toBe(true);
  });

  test.each([
    ['', 'PILOT_AUTO_ALLOW_WAYPOINT_POLICY: "false"'],
    ['ENABLE_INGRESS_WAYPOINT_ROUTING: "1"', 'ENABLE_INGRESS_WAYPOINT_ROUTING: "true"'],
    ['', 'PILOT_TRACE_SAMPLING: "1"'],
  ])('%j → %j moves no request', (before, after) => {
    expect(reasons(shop(operator(before)), shop(operator(after)))).toEqual([]);
  });

  test('one that the model reads shows in the answers (A3.14)', () => {
    const strangers = policy({ name: 'pay', namespace: 'shop' }, 'elsewhere.example/ns/web/sa/front');
    const report = reviewed({ ...shop(operator(''), strangers) }, shop(operator('PILOT_SKIP_VALIDATE_TRUST_DOMAIN: "true"'), strangers));
    expect(changesIn(report)).toEqual(['widened mtls']);
    expect(report.incompleteReasons).toEqual([]);
  });
});

describe('a mesh configuration that is no YAML', () => {
  const broken = config('').replace('corp.example', '[');
  const guarded = policy({ name: 'pay', namespace: 'shop' }, 'corp.example/ns/shop/sa/front');

  test('is named with its line, and the other side stands in for it', () => {
    for (const [base, head] of [[config(''), broken], [broken, config('')]] as const) {
      const report = reviewed(shop(base, guarded), shop(head, guarded));
      expect(report.incompleteReasons).toMatchObject([{ kind: 'unreadable', status: 'new', file: 'more.yaml' }]);
      expect(report.incompleteReasons[0]?.line).toBeGreaterThan(1);
      expect(changesIn(report)).toEqual([]);
      expect(gate(report, 'incomplete')).toBe(true);
    }
  });

  test('on both sides is an old question', () => {
    expect(reasons(shop(broken), shop(broken, guarded)).map((reason) => reason.split(' ')[1])).toEqual(['existing']);
  });
});

describe('a policy that gets the label of a revision', () => {
  const guarded = policy({ name: 'pay', namespace: 'shop' }, 'cluster.local/ns/shop/sa/front');
  const labelled = (labels: string): string => guarded.replace('  name: pay\n', `  name: pay\n  labels: {${labels}}\n`);
  const operator = (revision: string): string => `apiVersion: install.istio.io/v1alpha1\nkind: IstioOperator\nmetadata: {name: control, namespace: istio-system}\nspec: {${revision}}\n`;

  test('may be read by nobody any more', () => {
    expect(reasons(shop(guarded), shop(labelled('istio.io/rev: canary')))).toEqual(['limit new more.yaml:5']);
    expect(reasons(shop(labelled('istio.io/rev: canary')), shop(labelled('istio.io/rev: nosuch')))).toHaveLength(1);
    expect(reasons(shop(operator('revision: stable'), guarded), shop(operator('revision: stable'), labelled('istio.io/rev: canary')))).toHaveLength(1);
  });

  test('is read where the installation is declared, and another label says nothing', () => {
    expect(reasons(shop(operator('revision: canary'), guarded), shop(operator('revision: canary'), labelled('istio.io/rev: canary')))).toEqual([]);
    expect(reasons(shop(guarded), shop(labelled('team: pay')))).toEqual([]);
  });
});

describe('a Service that leads outside', () => {
  const external = (host: string): string => `apiVersion: v1\nkind: Service\nmetadata: {name: mail, namespace: shop}\nspec: {type: ExternalName, externalName: ${host}}\n`;
  const inside = service({ name: 'mail', namespace: 'shop' }, { app: 'pay' });

  test('or elsewhere than before is named', () => {
    expect(reasons(shop(inside), shop(external('mail.example')))).toHaveLength(1);
    expect(reasons(shop(external('mail.example')), shop(inside))).toHaveLength(1);
    expect(reasons(shop(external('mail.example')), shop(external('evil.example')))).toHaveLength(1);
  });

  test('is none where only its labels change', () => {
    expect(reasons(shop(external('mail.example')), shop(external('mail.example').replace('name: mail,', 'name: mail, labels: {a: b},')))).toEqual([]);
  });
});

describe('a Gateway of Kubernetes', () => {
  const gateway = (type: string): string => `apiVersion: gateway.networking.k8s.io/v1\nkind: Gateway\nmetadata: {name: door, namespace: shop}\nspec:\n  gatewayClassName: ${type}\n  listeners: [{name: mesh, port: 15008, protocol: HBONE}]\n`;

  test('is named, unless it is a waypoint, which the model evaluates', () => {
    expect(reasons(shop(), shop(gateway('istio')))).toHaveLength(1);
    expect(reasons(shop(), shop(gateway('istio-waypoint')))).toEqual([]);
    expect(reasons(shop(gateway('istio-waypoint')), shop(gateway('istio')))).toHaveLength(1);
  });
});

describe('a ProxyConfig', () => {
  const own = (name: string, spec: string): string => `apiVersion: networking.istio.io/v1beta1\nkind: ProxyConfig\nmetadata: {name: ${name}, namespace: shop}\nspec: ${spec}\n`;
  const variables = '{environmentVariables: {ISTIO_META_ENABLE_HBONE: "false"}}';

  test('without variables moves no request', () => {
    expect(reasons(shop(), shop(own('a', '{concurrency: 2}')))).toEqual([]);
    expect(reasons(shop(own('a', '{concurrency: 2}')), shop(own('a', '{image: {imageType: distroless}}')))).toEqual([]);
  });

  test('with variables, or beside one that has them, gates', () => {
    expect(reasons(shop(), shop(own('a', variables)))).toEqual(['limit new more.yaml:1']);
    expect(reasons(shop(own('a', variables)), shop(own('a', variables), own('b', '{concurrency: 2}')))).toEqual(['limit new more.yaml:6']);
  });
});
