/** Which DestinationRule applies to a client, and which TLS its sidecar starts for a port (M33 to M48, M53). */
import { describe, expect, test } from 'vitest';
import { isKind } from '#manifests/resource.ts';
import { ofKind } from '#mesh/attachment.ts';
import type { Mesh } from '#mesh/model.ts';
import { clientTlsFor, sidecarClients } from '#semantics/client-tls.ts';
import { destinationOf, ruleFor } from '#semantics/outbound/destination-rules.ts';
import type { CallingPod } from '#semantics/outbound/destination-rules.ts';
import { deployment, meshOf, namespace, service } from '../mesh/support.ts';

const rule = (place: string, spec: string, more = ''): string => {
  const [space = '', name = ''] = place.split('/');
  return `{apiVersion: networking.istio.io/v1, kind: DestinationRule, metadata: {name: ${name}, namespace: ${space}${more}}, spec: {${spec}}}`;
};
const orders = service('shop/orders', '{name: http, port: 80}, {name: other, port: 81}');
const meshWith = (...rules: readonly string[]): Mesh => meshOf({ world: 'closed' }, orders, ...rules);
const web: CallingPod = { namespace: 'web', labels: { app: 'front' } };
const served = (mesh: Mesh) => {
  const [only] = ofKind(mesh, 'Service');
  if (only === undefined || !isKind('Service')(only)) throw new Error('no Service');
  return destinationOf(only);
};

function chosen(rules: readonly string[], client: CallingPod = web): string | undefined {
  const mesh = meshWith(...rules);
  const found = ruleFor(mesh, client, served(mesh))?.policy;
  return found === undefined ? undefined : `${found.namespace ?? ''}/${found.name}`;
}

const tls = 'trafficPolicy: {tls: {mode: DISABLE}}';
const orderHost = 'host: orders.shop.svc.cluster.local';

describe('the rule that applies (M34 to M38)', () => {
  test.each([
    ['none', [], undefined],
    ['one of the client’s namespace', [rule('web/a', `${orderHost}, ${tls}`)], 'web/a'],
    ['before one of the Service’s', [rule('shop/b', `host: orders, ${tls}`), rule('web/a', `${orderHost}, ${tls}`)], 'web/a'],
    ['one of the Service’s before one of the root namespace', [rule('istio-system/c', `${orderHost}, ${tls}`), rule('shop/b', `host: orders, ${tls}`)], 'shop/b'],
    ['one of the root namespace', [rule('istio-system/c', `host: "*.local", ${tls}`)], 'istio-system/c'],
    ['none of a third namespace', [rule('other/d', `${orderHost}, ${tls}`)], undefined],
    ['none for another host', [rule('web/a', `host: orders, ${tls}`)], undefined],
    ['none by a name with its namespace, which is taken as written', [rule('web/a', `host: orders.shop, ${tls}`)], undefined],
    ['a host with a star', [rule('web/a', `host: "*.shop.svc.cluster.local", ${tls}`)], 'web/a'],
    ['a star of another domain', [rule('web/a', `host: "*.example", ${tls}`)], undefined],
    ['the most specific host', [rule('web/a', `host: "*.local", ${tls}`), rule('web/b', `host: "*.shop.svc.cluster.local", ${tls}`), rule('web/c', `host: "*", ${tls}`)], 'web/b'],
    ['an exact host before a star', [rule('web/a', `host: "*.shop.svc.cluster.local", ${tls}`), rule('web/b', orderHost)], 'web/b'],
    ['of equal ones the one that has a policy', [rule('web/a', orderHost), rule('web/b', `${orderHost}, ${tls}`)], 'web/b'],
    ['then the oldest', [rule('web/a', `${orderHost}, ${tls}`, ', creationTimestamp: "2024-01-02T00:00:00Z"'), rule('web/b', `${orderHost}, ${tls}`, ', creationTimestamp: "2024-01-01T00:00:00Z"')], 'web/b'],
    ['then the first name', [rule('web/b', `${orderHost}, ${tls}`), rule('web/a', `${orderHost}, ${tls}`)], 'web/a'],
    ['exported to nobody else', [rule('shop/b', `host: orders, exportTo: ["."], ${tls}`)], undefined],
    ['exported to the client’s namespace', [rule('shop/b', `host: orders, exportTo: [web], ${tls}`)], 'shop/b'],
    ['exported to another', [rule('shop/b', `host: orders, exportTo: [other], ${tls}`)], undefined],
    ['exported to all', [rule('shop/b', `host: orders, exportTo: ["*"], ${tls}`)], 'shop/b'],
    ['exported to another namespace than its own, which is the client’s', [rule('web/a', `${orderHost}, exportTo: [other], ${tls}`)], undefined],
    ['exported to another namespace and its own', [rule('web/a', `${orderHost}, exportTo: [other, web], ${tls}`)], 'web/a'],
    ['selects the client', [rule('web/a', `${orderHost}, workloadSelector: {matchLabels: {app: front}}, ${tls}`)], 'web/a'],
    ['selects others', [rule('web/a', `${orderHost}, workloadSelector: {matchLabels: {app: back}}, ${tls}`)], undefined],
    ['one that selects before one that does not', [rule('web/a', `${orderHost}, ${tls}`), rule('web/b', `${orderHost}, workloadSelector: {matchLabels: {app: front}}`)], 'web/b'],
    ['one that selects is private', [rule('shop/b', `host: orders, workloadSelector: {matchLabels: {app: front}}, ${tls}`)], undefined],
  ] as const)('%s', (_, rules, expected) => {
    expect(chosen(rules)).toBe(expected);
  });

  test('in the root namespace only private rules are of the client’s own namespace', () => {
    const root: CallingPod = { namespace: 'istio-system', labels: {} };
    const own = rule('istio-system/a', `${orderHost}, ${tls}`);
    const theirs = rule('shop/b', `host: orders, ${tls}`);
    expect(chosen([own, theirs], root)).toBe('shop/b');
    expect(chosen([rule('istio-system/a', `${orderHost}, exportTo: ["."], ${tls}`), theirs], root)).toBe('istio-system/a');
    expect(chosen([rule('istio-system/a', `${orderHost}, exportTo: [".", shop], ${tls}`), theirs], root)).toBe('shop/b');
    expect(chosen([own], root)).toBe('istio-system/a');
  });

  test('and the Service’s own clients see what is exported to their namespace', () => {
    expect(chosen([rule('shop/b', `host: orders, exportTo: ["."], ${tls}`)], { namespace: 'shop', labels: {} })).toBe('shop/b');
  });
});

describe('what the sidecar starts (M40 to M46)', () => {
  const sends = (spec: string, port = 80, subset?: string): readonly unknown[] => {
    const mesh = meshWith(rule('web/a', `${orderHost}, ${spec}`));
    const found = clientTlsFor(mesh, web, served(mesh), port, subset);
    return found.sends === 'auto' ? ['auto', found.rule?.name] : [found.sends, found.path.join('.'), found.because];
  };
  const disabled = '`tls.mode` is DISABLE, which is also what a `tls` block without `mode` means';
  const mutual = '`tls.mode` is ISTIO_MUTUAL';
  test.each([
    ['nothing is said', 'trafficPolicy: {loadBalancer: {simple: RANDOM}}', ['auto', 'a']],
    ['mutual TLS of the mesh', 'trafficPolicy: {tls: {mode: ISTIO_MUTUAL}}', ['mutual', 'trafficPolicy.tls', mutual]],
    ['none', 'trafficPolicy: {tls: {mode: DISABLE}}', ['plaintext', 'trafficPolicy.tls', disabled]],
    ['a block without mode', 'trafficPolicy: {tls: {}}', ['plaintext', 'trafficPolicy.tls', disabled]],
    ['TLS of its own', 'trafficPolicy: {tls: {mode: SIMPLE}}', ['own-tls', 'trafficPolicy.tls', '`tls.mode` is SIMPLE, so no mesh certificate is shown']],
    ['with a credential that sidecars do not read', 'trafficPolicy: {tls: {mode: SIMPLE, credentialName: x}}', ['plaintext', 'trafficPolicy.tls', '`credentialName` without `workloadSelector` leaves sidecars without any TLS, whatever `SIMPLE` says']],
    ['with a ConfigMap', 'trafficPolicy: {tls: {mode: MUTUAL, credentialName: "configmap://x"}}', ['own-tls', 'trafficPolicy.tls', '`tls.mode` is MUTUAL, so no mesh certificate is shown']],
    ['with a credential of selected pods', 'workloadSelector: {matchLabels: {app: front}}, trafficPolicy: {tls: {mode: SIMPLE, credentialName: x}}', ['own-tls', 'trafficPolicy.tls', '`tls.mode` is SIMPLE, so no mesh certificate is shown']],
    ['an entry for the port', 'trafficPolicy: {tls: {mode: DISABLE}, portLevelSettings: [{port: {number: 81}}, {port: {number: 80}, tls: {mode: ISTIO_MUTUAL}}]}', ['mutual', 'trafficPolicy.portLevelSettings.1', mutual]],
    ['an entry for another port', 'trafficPolicy: {tls: {mode: DISABLE}, portLevelSettings: [{port: {number: 81}, tls: {mode: ISTIO_MUTUAL}}]}', ['plaintext', 'trafficPolicy.tls', disabled]],
    ['an entry without TLS under mutual TLS', 'trafficPolicy: {tls: {mode: ISTIO_MUTUAL}, portLevelSettings: [{port: {number: 80}}]}', ['auto', 'a']],
    ['an entry without TLS under another block', 'trafficPolicy: {tls: {mode: SIMPLE}, portLevelSettings: [{port: {number: 80}}]}', ['plaintext', 'trafficPolicy.portLevelSettings.0', 'the entry for the port replaces the `tls` block above it and has none']],
    ['an entry without TLS under nothing', 'trafficPolicy: {portLevelSettings: [{port: {number: 80}}]}', ['auto', 'a']],
  ] as const)('%s', (_, spec, expected) => {
    expect(sends(spec)).toEqual(expected);
  });

  test('of a subset its own block, and the rule’s where it has none (M41)', () => {
    const subsets = (policy: string): string => `trafficPolicy: {tls: {mode: ISTIO_MUTUAL}}, subsets: [{name: other}, {name: v1${policy}}]`;
    expect(sends(subsets(', trafficPolicy: {tls: {mode: DISABLE}}'), 80, 'v1')).toEqual(['plaintext', 'subsets.1.trafficPolicy.tls', disabled]);
    expect(sends(subsets(', trafficPolicy: {tls: {mode: DISABLE}}'), 80, 'v2')).toEqual(['mutual', 'trafficPolicy.tls', mutual]);
    expect(sends(subsets(', trafficPolicy: {tls: {mode: DISABLE}}'))).toEqual(['mutual', 'trafficPolicy.tls', mutual]);
    expect(sends(subsets(''), 80, 'v1')).toEqual(['mutual', 'trafficPolicy.tls', mutual]);
    expect(sends(subsets(', trafficPolicy: {loadBalancer: {simple: RANDOM}}'), 80, 'v1')).toEqual(['mutual', 'trafficPolicy.tls', mutual]);
    expect(sends(subsets(', trafficPolicy: {portLevelSettings: [{port: {number: 80}}]}'), 80, 'v1')).toEqual(['auto', 'a']);
    expect(sends(subsets(', trafficPolicy: {portLevelSettings: [{port: {number: 81}}]}'), 80, 'v1')).toEqual(['mutual', 'trafficPolicy.tls', mutual]);
    expect(sends(subsets(', trafficPolicy: {portLevelSettings: [{port: {number: 80}, tls: {mode: DISABLE}}]}'), 80, 'v1')).toEqual(['plaintext', 'subsets.1.trafficPolicy.portLevelSettings.0', disabled]);
  });

  test('without any rule automatic mutual TLS decides', () => {
    const mesh = meshWith();
    expect(clientTlsFor(mesh, web, served(mesh), 80)).toEqual({ sends: 'auto', rule: undefined });
  });
});

describe('pods whose sidecars may call', () => {
  const clients = (documents: readonly string[], rules: readonly string[]): readonly string[] => {
    const mesh = meshOf({ world: 'closed' }, ...documents, ...rules);
    return sidecarClients([...mesh.workloads.values()], ofKind(mesh, 'DestinationRule')).map(({ namespace: space, labels }) => `${space} ${JSON.stringify(labels)}`);
  };
  const sidecars = [namespace('web', 'istio-injection: enabled'), deployment('web/front', 'tier: a'), deployment('web/back')];
  test('a stranger, each namespace that a rule is of, and those that it is exported to', () => {
    expect(clients(sidecars, [])).toEqual([' {}']);
    expect(clients(sidecars, [rule('shop/a', `host: x, exportTo: [".", "*", web, "~"]`), rule('shop/b', 'host: y')])).toEqual([' {}', 'shop {}', 'web {}']);
  });
  test('and the labels that a rule selects, of pods of its namespace', () => {
    expect(clients(sidecars, [rule('web/a', 'host: x, workloadSelector: {matchLabels: {tier: a}}')])).toEqual([' {}', 'web {}', 'web {"tier":"a"}', 'web {"app":"front","tier":"a"}']);
    expect(clients([...sidecars, namespace('other', 'istio-injection: enabled'), deployment('other/x', 'tier: a')], [rule('web/a', 'host: x, workloadSelector: {matchLabels: {tier: b}}')])).toEqual([' {}', 'web {}', 'web {"tier":"b"}']);
  });
  test('nobody, where all that is declared is in ambient (M53)', () => {
    const ambient = [namespace('web', 'istio.io/dataplane-mode: ambient'), deployment('web/front', 'tier: a')];
    expect(clients(ambient, [rule('web/a', 'host: x')])).toEqual([]);
    expect(clients([...ambient, namespace('shop', 'istio-injection: enabled'), deployment('shop/x')], [rule('web/a', 'host: x, workloadSelector: {matchLabels: {tier: a}}')])).toEqual([' {}', 'web {}', 'web {"tier":"a"}']);
    expect(clients([namespace('web'), deployment('web/front')], [])).toEqual([' {}']);
  });
});
