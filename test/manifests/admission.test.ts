import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { validateManifest } from '#manifests/validate.ts';
import { yaml } from './support/read.ts';

interface Recorded {
  readonly about: string;
  readonly manifest: string;
  readonly accepted: boolean;
  readonly by?: string;
  readonly warnings?: readonly string[];
}

function recorded(file: string): readonly Recorded[] {
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Recorded); // the format of `fixtures/conformance`
}

/** What has to agree: the verdict, who refuses, and whether there is a warning; never the wording. */
function ours(manifest: string): unknown {
  const { accepted, by, warnings } = validateManifest(yaml(manifest));
  return { accepted, by, warns: warnings.length > 0 };
}

function theirs({ accepted, by, warnings }: Recorded): unknown {
  return { accepted, by, warns: (warnings ?? []).length > 0 };
}

describe('admission answers as the API server and Istio did', () => {
  const part = recorded('fixtures/conformance/validation.jsonl');

  test('the recorded part is there', () => {
    expect(part.length).toBeGreaterThan(90);
  });

  test.each(part.map((entry, index) => [`${String(index)} ${entry.about}`, entry] as const))('%s', (_name, entry) => {
    expect(ours(entry.manifest)).toEqual(theirs(entry));
  });

  const whole = '../shared/conformance/sidecar/validation.jsonl';
  test.skipIf(!existsSync(whole))('all recorded objects (skipped where the recordings are not beside the repository)', () => {
    const all = recorded(whole);
    expect(all.length).toBeGreaterThanOrEqual(153);
    const disagreements = all.filter((entry) => JSON.stringify(ours(entry.manifest)) !== JSON.stringify(theirs(entry))).map((entry) => entry.about);
    expect(disagreements).toEqual([]);
  });
});

describe('what the recordings do not ask', () => {
  const policy = (spec: string): string => `apiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nmetadata: {name: x, namespace: shop}\nspec: ${spec}\n`;
  const answers = (spec: string): string => validateManifest(yaml(policy(spec))).by ?? 'accepted';

  test('a null list entry is refused, a null field is absent', () => {
    expect(answers('{rules: [null]}')).toBe('crd');
    expect(answers('{rules: null}')).toBe('accepted');
    expect(answers('{selector: null, targetRefs: [{kind: Service, name: a}]}')).toBe('accepted');
  });

  test('CUSTOM takes no trust domain, in a source or in a condition', () => {
    expect(answers('{action: CUSTOM, provider: {name: p}, rules: [{from: [{source: {trustDomains: [td]}}]}]}')).toBe('webhook');
    expect(answers('{action: CUSTOM, provider: {name: p}, rules: [{when: [{key: source.trustDomain, values: [td]}]}]}')).toBe('webhook');
    expect(answers('{action: CUSTOM, provider: {name: p}, rules: [{when: [{key: connection.sni, values: [a]}]}]}')).toBe('accepted');
  });

  test('a service account is too long from 321 characters on', () => {
    const account = (length: number): string => answers(`{rules: [{from: [{source: {serviceAccounts: ["${'a'.repeat(length)}"]}}]}]}`);
    expect(account(320)).toBe('accepted');
    expect(account(321)).toBe('crd');
  });

  test('limits of the schema: 512 rules, 512 entries of from', () => {
    const rules = (count: number): string => answers(`{rules: [${Array.from({ length: count }, () => '{}').join()}]}`);
    expect(rules(512)).toBe('accepted');
    expect(rules(513)).toBe('crd');
    const from = (count: number): string => answers(`{rules: [{from: [${Array.from({ length: count }, () => '{source: {namespaces: [a]}}').join()}]}]}`);
    expect(from(512)).toBe('accepted');
    expect(from(513)).toBe('crd');
  });

  test('the webhook is silent where the schema refuses already', () => {
    const { by, message } = validateManifest(yaml(policy('{action: DENY, rules: [{from: [{source: {principals: a}}, {}]}]}')));
    expect(by).toBe('crd');
    expect(message).toBe('spec.rules[0].from[0].source.principals: must be a list, not the text `a`');
  });

  test('an internal annotation or a dry run is refused on traffic kinds too', () => {
    const rule = (annotation: string): string =>
      validateManifest(yaml(`apiVersion: networking.istio.io/v1\nkind: DestinationRule\nmetadata: {name: x, annotations: {${annotation}}}\nspec: {host: a}\n`)).by ?? 'accepted';
    expect(rule('"internal.istio.io/parent-namespace": x')).toBe('webhook');
    expect(rule('"istio.io/dry-run": "true"')).toBe('webhook');
    expect(rule('"example.com/dry-run": "true"')).toBe('accepted');
  });

  test('inline keys: a private key warns, a broken key is refused', () => {
    const keys = (jwks: string): string => {
      const { by, warnings } = validateManifest({
        apiVersion: 'security.istio.io/v1',
        kind: 'RequestAuthentication',
        metadata: { name: 'x' },
        spec: { jwtRules: [{ issuer: 'i', jwks }] },
      });
      return by ?? (warnings.length > 0 ? 'warning' : 'accepted');
    };
    expect(keys('{"keys":[{"kty":"RSA","n":"AQAB","e":"AQAB"}]}')).toBe('accepted');
    expect(keys('{"keys":[{"kty":"RSA","n":"AQAB","e":"AQAB","d":"AQAB"}]}')).toBe('warning');
    expect(keys('{"keys":[{"kty":"RSA","e":"AQAB"}]}')).toBe('webhook');
    expect(keys('{"kty":"oct","k":"AQAB"}')).toBe('warning');
    expect(keys('[]')).toBe('webhook');
  });

  test('a duration is Go’s, and at least a millisecond', () => {
    const timeout = (value: string): string =>
      validateManifest({ apiVersion: 'security.istio.io/v1', kind: 'RequestAuthentication', metadata: { name: 'x' }, spec: { jwtRules: [{ issuer: 'i', timeout: value }] } }).by ?? 'accepted';
    expect(['5s', '1h30m', '1.5s', '1ms'].map(timeout)).toEqual(['accepted', 'accepted', 'accepted', 'accepted']);
    expect(['5', '0s', '1us', '', '-1s'].map(timeout)).toEqual(['crd', 'crd', 'crd', 'crd', 'crd']);
    expect(timeout('1500us')).toBe('webhook');
  });
});

describe('rules of the schema beyond names and types', () => {
  const by = (apiVersion: string, kind: string, spec: unknown): string => validateManifest({ apiVersion, kind, metadata: { name: 'x' }, spec }).by ?? 'accepted';

  test('a list by key has each key once', () => {
    const ports = (...names: readonly string[]): unknown => ({ hosts: ['a.example'], ports: names.map((name, index) => ({ name, number: 80 + index })) });
    expect(by('networking.istio.io/v1', 'ServiceEntry', ports('a', 'b'))).toBe('accepted');
    expect(by('networking.istio.io/v1', 'ServiceEntry', ports('a', 'a'))).toBe('crd');
  });

  test('the context of an EnvoyFilter and its match', () => {
    const filter = (match: unknown): string => by('networking.istio.io/v1alpha3', 'EnvoyFilter', { configPatches: [{ applyTo: 'HTTP_FILTER', match, patch: { operation: 'REMOVE' } }] });
    expect(filter({ context: 'WAYPOINT', waypoint: {} })).toBe('accepted');
    expect(filter({ context: 'GATEWAY', listener: {} })).toBe('accepted');
    expect(filter({ context: 'WAYPOINT', listener: {} })).toBe('crd');
    expect(filter({ waypoint: {} })).toBe('crd');
  });

  test('where a module comes from', () => {
    const url = (value: string): string => by('extensions.istio.io/v1alpha1', 'WasmPlugin', { url: value });
    expect(['oci://registry.example/a:1', 'registry.example/a:1', 'https://a.example/m.wasm', 'file:///m.wasm'].map(url)).toEqual(Array.from({ length: 4 }, () => 'accepted'));
    expect(['fake://a', '#%blah', ''].map(url)).toEqual(['crd', 'crd', 'crd']);
  });

  test('tags of metrics', () => {
    const tag = (value: unknown): string => by('telemetry.istio.io/v1', 'Telemetry', { metrics: [{ overrides: [{ tagOverrides: { a: value } }] }] });
    expect(tag({ operation: 'UPSERT', value: 'request.host' })).toBe('accepted');
    expect(tag({ operation: 'UPSERT' })).toBe('crd');
    expect(tag({ operation: 'REMOVE', value: 'x' })).toBe('crd');
  });

  test('an endpoint has an address or a network', () => {
    expect(by('networking.istio.io/v1', 'WorkloadEntry', { address: '10.0.0.1' })).toBe('accepted');
    expect(by('networking.istio.io/v1', 'WorkloadEntry', { ports: { http: 80 } })).toBe('crd');
    expect(by('networking.istio.io/v1', 'WorkloadEntry', { address: 'unix://relative' })).toBe('crd');
    expect(by('networking.istio.io/v1', 'WorkloadGroup', { template: { serviceAccount: 'a' } })).toBe('accepted');
    expect(by('networking.istio.io/v1', 'WorkloadGroup', undefined)).toBe('crd');
  });
});

describe('NetworkPolicies that the API server refuses', () => {
  const by = (peer: unknown, port: unknown = { port: 80 }): string =>
    validateManifest({ apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy', metadata: { name: 'x' }, spec: { podSelector: {}, ingress: [{ from: [peer], ports: [port] }] } }).by ?? 'accepted';
  const block = (cidr: string, ...except: readonly string[]): string => by({ ipBlock: { cidr, except } });

  test('a peer names pods and namespaces, or addresses, and something', () => {
    expect([{ podSelector: {} }, { namespaceSelector: {} }, { podSelector: {}, namespaceSelector: {} }, { ipBlock: { cidr: '10.0.0.0/8' } }].map((peer) => by(peer))).toEqual(['accepted', 'accepted', 'accepted', 'accepted']);
    expect([{}, { podSelector: null }, { podSelector: {}, ipBlock: { cidr: '10.0.0.0/8' } }, { namespaceSelector: {}, ipBlock: { cidr: '10.0.0.0/8' } }].map((peer) => by(peer))).toEqual(['crd', 'crd', 'crd', 'crd']);
  });

  test('what is taken out of a range lies strictly inside it', () => {
    expect([block('10.0.0.0/8', '10.1.0.0/16'), block('10.0.0.0/8', '10.1.0.0/16', '10.2.0.1/32'), block('fd00::/8', 'fd00:1::/32'), block('::/0', '::ffff:10.0.0.0/104'), block('10.0.0.1/8', '010.1.0.0/16')]).toEqual(Array.from({ length: 5 }, () => 'accepted'));
    expect([block('10.0.0.0/8', '11.0.0.0/16'), block('10.0.0.0/8', '10.0.0.0/8'), block('10.1.0.0/16', '10.0.0.0/8'), block('10.0.0.0/8', 'fd00:1::/32'), block('fd00::/8', 'fe00::/16')]).toEqual(Array.from({ length: 5 }, () => 'crd'));
    expect([block('10.0.0.0'), block('10.0.0.0/33'), block('anywhere'), block('10.0.0.0/8', '10.1.0.0')]).toEqual(['crd', 'crd', 'crd', 'crd']);
    expect([block('${CIDR}', '10.1.0.0/16'), block('10.0.0.0/8', '${INNER}')]).toEqual(['accepted', 'accepted']);
  });

  test('a requirement on labels has an operator, and values where it compares', () => {
    const requirement = (entry: unknown): string => by({ podSelector: { matchExpressions: [entry] } });
    expect([{ key: 'a', operator: 'In', values: ['b'] }, { key: 'a', operator: 'Exists' }, { key: 'a', operator: 'DoesNotExist', values: [] }].map(requirement)).toEqual(['accepted', 'accepted', 'accepted']);
    expect([{ key: 'a', operator: 'In' }, { key: 'a', operator: 'NotIn', values: [] }, { key: 'a', operator: 'Exists', values: ['b'] }, { key: 'a', operator: 'in', values: ['b'] }].map(requirement)).toEqual(['crd', 'crd', 'crd', 'crd']);
  });

  test('a range of ports has a number to begin with', () => {
    const port = (...ports: readonly unknown[]): readonly string[] => ports.map((each) => by({ podSelector: {} }, each));
    expect(port({ port: 80, endPort: 90 }, { port: 80, endPort: 80 }, { port: 'http' }, { protocol: 'UDP' })).toEqual(['accepted', 'accepted', 'accepted', 'accepted']);
    expect(port({ port: 'http', endPort: 90 }, { endPort: 90 }, { port: 80, endPort: 79 })).toEqual(['crd', 'crd', 'crd']);
  });
});

describe('workloads and Services that the API server refuses', () => {
  test('a controller selects the pods that it makes', () => {
    const deployment = (matchLabels: unknown, labels: unknown): string =>
      validateManifest({ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'x' }, spec: { selector: { matchLabels }, template: { metadata: { labels } } } }).by ?? 'accepted';
    expect([deployment({ app: 'a' }, { app: 'a', tier: 'b' }), deployment({ app: 'a' }, { app: '${APP}' })]).toEqual(['accepted', 'accepted']);
    expect([deployment({ app: 'a' }, { app: 'b' }), deployment({ app: 'a', tier: 'b' }, { app: 'a' }), deployment({ app: 'a' }, undefined)]).toEqual(['crd', 'crd', 'crd']);
  });

  test('each of several ports of a Service has a name of its own', () => {
    const service = (...ports: readonly unknown[]): string => validateManifest({ apiVersion: 'v1', kind: 'Service', metadata: { name: 'x' }, spec: { ports } }).by ?? 'accepted';
    expect([service({ port: 80 }), service({ port: 80, name: 'a' }, { port: 81, name: 'b' })]).toEqual(['accepted', 'accepted']);
    expect([service({ port: 80 }, { port: 81 }), service({ port: 80, name: 'a' }, { port: 81 }), service({ port: 80, name: 'a' }, { port: 81, name: 'a' })]).toEqual(['crd', 'crd', 'crd']);
  });
});

describe('traffic kinds that Istio refuses', () => {
  const verdict = (kind: string, spec: unknown): string => {
    const { by, warnings } = validateManifest({ apiVersion: 'networking.istio.io/v1', kind, metadata: { name: 'x', namespace: 'shop' }, spec });
    return by ?? (warnings.length > 0 ? 'warning' : 'accepted');
  };
  const server = (tls: unknown, protocol = 'HTTPS'): unknown => ({ selector: { istio: 'ingressgateway' }, servers: [{ port: { number: 443, name: 'https', protocol }, hosts: ['shop.example'], tls }] });

  test('Gateway TLS', () => {
    expect(verdict('Gateway', server({ mode: 'SIMPLE', credentialName: 'c' }))).toBe('accepted');
    expect(verdict('Gateway', server({ credentialName: 'c' }))).toBe('warning');
    expect(verdict('Gateway', server(undefined))).toBe('webhook');
    expect(verdict('Gateway', server({ mode: 'SIMPLE' }))).toBe('webhook');
    expect(verdict('Gateway', server({ mode: 'MUTUAL', serverCertificate: 'a', privateKey: 'b' }))).toBe('webhook');
    expect(verdict('Gateway', server({ httpsRedirect: true }, 'HTTP'))).toBe('accepted');
    expect(verdict('Gateway', server({ mode: 'SIMPLE', credentialName: 'c' }, 'HTTP'))).toBe('webhook');
    expect(verdict('Gateway', server({ mode: 'ISTIO_MUTUAL', credentialName: 'c' }))).toBe('webhook');
    expect(verdict('Gateway', { selector: {} })).toBe('webhook');
  });

  test('DestinationRule', () => {
    expect(verdict('DestinationRule', { host: 'a', trafficPolicy: { tls: { sni: 'x' } } })).toBe('accepted');
    expect(verdict('DestinationRule', { host: 'a', trafficPolicy: {} })).toBe('webhook');
    expect(verdict('DestinationRule', { host: 'a', trafficPolicy: { tls: { mode: 'MUTUAL' } } })).toBe('webhook');
    expect(verdict('DestinationRule', { trafficPolicy: { tls: { mode: 'SIMPLE' } } })).toBe('crd');
    expect(verdict('DestinationRule', { host: 'a', subsets: [{ name: 'v1' }, { name: 'v1' }] })).toBe('webhook');
  });

  test('Sidecar', () => {
    expect(verdict('Sidecar', { outboundTrafficPolicy: {} })).toBe('accepted');
    expect(verdict('Sidecar', {})).toBe('webhook');
    expect(verdict('Sidecar', { egress: [{ hosts: ['reviews'] }] })).toBe('webhook');
    expect(verdict('Sidecar', { egress: [{ hosts: [] }] })).toBe('webhook');
  });

  test('VirtualService and ServiceEntry', () => {
    const http = [{ route: [{ destination: { host: 'a' } }] }];
    expect(verdict('VirtualService', { hosts: ['a'], http })).toBe('accepted');
    expect(verdict('VirtualService', { http })).toBe('accepted');
    expect(verdict('VirtualService', { gateways: ['g'], http })).toBe('webhook');
    expect(verdict('VirtualService', { hosts: ['a'] })).toBe('webhook');
    expect(verdict('VirtualService', { hosts: ['a'], http: [{ ...http[0], match: [{ uri: { exact: '/a', prefix: '/b' } }] }] })).toBe('crd');
    expect(verdict('ServiceEntry', { hosts: ['a.example'], ports: [{ number: 443, name: 'tls', protocol: 'TLS' }] })).toBe('accepted');
    expect(verdict('ServiceEntry', { hosts: ['*'] })).toBe('crd');
    expect(verdict('ServiceEntry', { hosts: ['a.example'], endpoints: [{ address: '10.0.0.1' }] })).toBe('crd');
    expect(verdict('ServiceEntry', { hosts: ['a.example'], resolution: 'STATIC', endpoints: [{ address: '10.0.0.1' }] })).toBe('accepted');
  });
});
