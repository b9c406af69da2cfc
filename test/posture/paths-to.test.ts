/** The ways to a workload by how it is enrolled, what the key of a posture hangs on, and when two postures are surely equal. */
import { describe, expect, test } from 'vitest';
import { buildMesh, type MeshSettings } from '#mesh/build.ts';
import type { Mesh, Workload } from '#mesh/model.ts';
import { finish, pathsTo, surelyEqual, type DestinationPosture, type Parts } from '#posture/paths.ts';
import type { Cube, Dimension, Layer } from '#sets/cube.ts';
import { passes } from '#sets/evaluate.ts';
import type { Value } from '#sets/matcher.ts';
import { deployment, meshOf, namespace, objects, policy, service } from '../mesh/support.ts';

const closed: MeshSettings = { world: 'closed' };

function of(mesh: Mesh, id = 'shop/shop'): Workload {
  const found = mesh.workloads.get(id);
  if (found === undefined) throw new Error(`no workload ${id}`);
  return found;
}

const posture = (...documents: readonly string[]): DestinationPosture => {
  const mesh = meshOf(closed, ...documents);
  return pathsTo(mesh, of(mesh));
};
const shape = ({ possible }: DestinationPosture): readonly string[] => possible.map(({ id, layers }) => [id, ...layers.map((layer) => layer.id)].join(' '));
const passesAt = (found: DestinationPosture, ...said: readonly (readonly [Dimension, Value])[]): boolean => passes(found.possible, new Map(said));

const sidecar = namespace('shop', 'istio-injection: enabled');
const ambient = namespace('shop', 'istio.io/dataplane-mode: ambient');
const tokens = policy('RequestAuthentication', 'shop/tokens', 'jwtRules: [{issuer: "https://id.example", jwksUri: "https://id.example/keys"}]');
const staff = policy('AuthorizationPolicy', 'shop/staff', 'rules: [{when: [{key: "request.auth.claims[group]", values: [staff]}]}]');
const wasm = (name: string, url = 'oci://shop.example/a:1'): string => `{apiVersion: extensions.istio.io/v1alpha1, kind: WasmPlugin, metadata: {name: ${name}, namespace: shop}, spec: {url: "${url}"}}`;

describe('the ways to a workload', () => {
  test('outside the mesh are open', () => {
    const found = posture(namespace('shop'), deployment('shop/shop'));
    expect([shape(found), found.enforcedAt, found.assumptions, found.readsTokens, found.ties]).toEqual([['unguarded'], 'none', [], false, []]);
  });

  test('of a gateway are what it routes', () => {
    const found = posture(sidecar, deployment('shop/shop', '', 'inject.istio.io/templates: gateway'), policy('AuthorizationPolicy', 'shop/none', ''));
    expect([shape(found), found.enforcedAt]).toEqual([['gateway routing'], 'gateway']);
    expect(found.possible[0]?.layers[0]?.allow).toEqual([{ predicates: [{ dimension: expect.stringMatching(/^opaque:/) as unknown, any: [{ type: 'holds' }], none: [] }], origins: [] }]);
    expect(passesAt(found)).toBe(false);
  });

  test('behind a sidecar go through TLS, tokens and policies', () => {
    const found = posture(sidecar, deployment('shop/shop'));
    expect([shape(found), found.enforcedAt, found.readsTokens, found.ties]).toEqual([['sidecar mtls authentication authorization'], 'sidecar', false, []]);
    const reading = posture(sidecar, deployment('shop/shop'), tokens, staff);
    expect(reading.readsTokens).toBe(true);
    expect(reading.ties.some(({ predicates }) => predicates.some(({ dimension }) => dimension === 'claim:group'))).toBe(true);
  });

  test('past a sidecar are the ports that it does not take', () => {
    const ports = service('shop/shop', '{name: http, port: 80, targetPort: 8080}, {name: metrics, port: 90, targetPort: 9000}');
    const refusing = policy('AuthorizationPolicy', 'shop/none', '');
    const excluded = posture(sidecar, deployment('shop/shop', '', 'traffic.sidecar.istio.io/excludeInboundPorts: "9000"'), ports, refusing);
    expect(shape(excluded)).toEqual(['sidecar mtls authentication authorization', 'uncaptured routing']);
    expect([8080, 9000, 7000].map((port) => passesAt(excluded, ['port', port]))).toEqual([false, true, false]);
    const included = posture(sidecar, deployment('shop/shop', '', 'traffic.sidecar.istio.io/includeInboundPorts: "8080"'), ports, refusing);
    expect([8080, 9000, 7000].map((port) => passesAt(included, ['port', port]))).toEqual([false, true, true]);
  });

  test('in ambient go through ztunnel, which knows connections alone', () => {
    const found = posture(ambient, deployment('shop/shop'), tokens);
    expect([shape(found), found.enforcedAt, found.readsTokens]).toEqual([['ztunnel mtls authorization'], 'ztunnel', false]);
    const front = 'cluster.local/ns/web/sa/front';
    const strict = posture(ambient, deployment('shop/shop'), policy('PeerAuthentication', 'shop/strict', 'mtls: {mode: STRICT}'));
    expect([passesAt(strict, ['peer', null]), passesAt(strict, ['peer', front]), passesAt(strict, ['peer', 'elsewhere.example/ns/web/sa/front'])]).toEqual([false, true, false]);
    expect(strict.possible.flatMap(({ layers }) => layers.flatMap(({ deny }) => deny.flatMap(({ origins }) => origins)))).toEqual([{ policy: 'PeerAuthentication/shop/strict' }]);
    const bypassing = posture(ambient, deployment('shop/shop', '', 'ambient.istio.io/bypass-inbound-capture: "true"'), policy('AuthorizationPolicy', 'shop/none', ''));
    expect(shape(bypassing)).toEqual(['ztunnel mtls authorization', 'uncaptured routing']);
    expect([passesAt(bypassing, ['peer', null]), passesAt(bypassing, ['peer', front])]).toEqual([true, false]);
  });

  test('rest on enrolment that nobody tells', () => {
    const mesh = meshOf({ world: 'open' }, deployment('shop/shop'));
    expect(pathsTo(mesh, of(mesh)).assumptions).toEqual(['enrolment:shop']);
  });

  test('pass by extensions, which are marks of their content in the order of their names', () => {
    const found = posture(sidecar, deployment('shop/shop'), wasm('b'), wasm('a'), wasm('c', 'oci://shop.example/a:2')).opaque;
    expect(found.map(({ resource }) => resource)).toEqual(['WasmPlugin/shop/a', 'WasmPlugin/shop/b', 'WasmPlugin/shop/c']);
    expect(found[0]?.key).toBe(found[1]?.key);
    expect(found[0]?.key).not.toBe(found[2]?.key);
    expect(posture(ambient, deployment('shop/shop'), wasm('a')).opaque.length).toBe(posture(ambient, deployment('shop/shop')).opaque.length + 1);
  });

  test('in front of an authorizer are possible and not sure', () => {
    const asking = policy('AuthorizationPolicy', 'shop/ask', 'action: CUSTOM, provider: {name: opa}, rules: [{to: [{operation: {paths: [/ask]}}]}]');
    const mesh = meshOf({ world: 'open', stated: { enrolment: { shop: 'sidecar' } } }, deployment('shop/shop'), asking);
    const found = pathsTo(mesh, of(mesh));
    const at = (path: string): Map<Dimension, Value> => new Map<Dimension, Value>([['path', path], ['protocol', 'http']]);
    expect([passes(found.possible, at('/ask')), passes(found.sure, at('/ask')), passes(found.sure, at('/'))]).toEqual([true, false, true]);
    expect(found.asked.map(({ provider }) => provider)).toEqual(['opa']);
    expect(posture(sidecar, deployment('shop/shop')).sure).toEqual(posture(sidecar, deployment('shop/shop')).possible);
  });
});

describe('the key of a posture', () => {
  const cube = (text: string): Cube => ({ predicates: [{ dimension: 'method', any: [{ type: 'exact', text }], none: [] }], origins: [] });
  const layer = (more: Partial<Layer> = {}): Layer => ({ id: 'authorization', allow: 'all', deny: [], ...more });
  const parts = (layers: readonly Layer[], more: Partial<Parts> = {}): Parts => ({ possible: [{ id: 'way', layers }], enforcedAt: 'sidecar', assumptions: [], ...more });
  const asked = { provider: 'opa', key: 'k', failOpen: false, cubes: [cube('GET')] };

  test('is one for equal content', () => {
    expect(finish(parts([layer({ deny: [cube('GET')] })])).key).toBe(finish(parts([layer({ deny: [cube('GET')] })])).key);
    const one = parts([layer()]);
    expect(finish({ ...one, sure: one.possible }).key).toBe(finish(one).key);
  });

  test('is another wherever something differs that decides', () => {
    const various: readonly Parts[] = [
      parts([]),
      parts([layer()]),
      parts([layer({ id: 'mtls' })]),
      parts([layer({ allow: [] })]),
      parts([layer({ allow: [cube('GET')] })]),
      parts([layer({ allow: [cube('PUT')] })]),
      parts([layer({ allow: [cube('GET'), cube('PUT')] })]),
      parts([layer({ deny: [cube('GET')] })]),
      parts([layer({ allow: [cube('GET')], deny: [cube('PUT')] })]),
      parts([layer(), layer()]),
      parts([layer()], { enforcedAt: 'ztunnel' }),
      parts([layer()], { assumptions: ['enrolment:shop'] }),
      parts([layer()], { opaque: [{ resource: 'WasmPlugin/shop/a', key: 'k' }] }),
      parts([layer()], { opaque: [{ resource: 'WasmPlugin/shop/a', key: 'l' }] }),
      parts([layer()], { opaque: [{ resource: 'WasmPlugin/shop/b', key: 'k' }] }),
      parts([layer()], { sure: [{ id: 'way', layers: [layer({ deny: [cube('GET')] })] }] }),
      parts([layer()], { sure: [{ id: 'way', layers: [layer({ deny: [cube('PUT')] })] }] }),
      parts([layer()], { sure: [] }),
      parts([layer()], { asked: [asked] }),
      parts([layer()], { asked: [{ ...asked, provider: 'other' }] }),
      parts([layer()], { asked: [{ ...asked, key: 'l' }] }),
      parts([layer()], { asked: [{ ...asked, failOpen: true }] }),
      parts([layer()], { asked: [{ ...asked, cubes: [cube('PUT')] }] }),
    ] as readonly Parts[];
    expect(new Set(various.map((each) => finish(each).key)).size).toBe(various.length);
  });

  test('comes with what else there is, or nothing', () => {
    const bare = finish(parts([layer()], { assumptions: ['b', 'a', 'b'] }));
    expect(bare).toMatchObject({ opaque: [], readsTokens: false, ties: [], asked: [] });
    expect([bare.conditions.size, bare.waypoints.size, bare.tunnels.size, bare.sure === bare.possible]).toEqual([0, 0, 0, true]);
    expect([...bare.assumptions].sort()).toEqual(['a', 'b']);
  });
});

describe('postures are surely equal', () => {
  const both = (base: readonly string[], head: readonly string[], id = 'shop/shop'): boolean => {
    // What both sides hold is one object, as a review reads it.
    const known = new Map(base.map((text) => [text, objects(text)]));
    const before = buildMesh(base.flatMap((text) => known.get(text) ?? []), closed);
    const after = buildMesh(head.flatMap((text) => known.get(text) ?? objects(text)), closed);
    return surelyEqual(before, of(before, id), { ...after, config: before.config }, of(after, id));
  };
  const shop = [sidecar, deployment('shop/shop'), service('shop/shop', '{name: http, port: 80, targetPort: 8080}'), staff, tokens];
  const other = deployment('shop/other');

  test('behind sidecars under the same policies, whatever else comes', () => {
    expect(both(shop, shop)).toBe(true);
    expect(both(shop, [...shop, other])).toBe(true);
    expect(both(shop, [...shop, policy('AuthorizationPolicy', 'shop/elsewhere', 'selector: {matchLabels: {app: other}}')])).toBe(true);
  });

  test.each([
    ['a policy is another one', shop.filter((text) => text !== staff)],
    ['a policy comes', [...shop, policy('AuthorizationPolicy', 'shop/none', '')]],
    ['a token rule goes', shop.filter((text) => text !== tokens)],
    ['an extension comes', [...shop, wasm('a')]],
    ['the mode differs', [...shop, policy('PeerAuthentication', 'shop/strict', 'mtls: {mode: STRICT}')]],
    ['the mode is stated', [...shop, policy('PeerAuthentication', 'shop/as-before', 'mtls: {mode: PERMISSIVE}')]],
    ['a port has another protocol', shop.map((text) => text.replace('name: http,', 'name: tcp,'))],
    ['a port goes past the proxy', shop.map((text) => (text.includes('Deployment') ? deployment('shop/shop', '', 'traffic.sidecar.istio.io/excludeInboundPorts: "8080"') : text))],
    ['the sidecar goes', [namespace('shop'), ...shop.slice(1)]],
    ['somebody is in ambient', [...shop, namespace('web', 'istio.io/dataplane-mode: ambient'), deployment('web/web')]],
  ])('not where %s', (_, head) => {
    expect(both(shop, head)).toBe(false);
    expect(both(head, shop)).toBe(false);
  });

  test('not where both go past the proxy, or the configuration differs', () => {
    const open = shop.map((text) => (text.includes('Deployment') ? deployment('shop/shop', '', 'traffic.sidecar.istio.io/excludeInboundPorts: "8080"') : text));
    expect(both(open, open)).toBe(false);
    const [before, after] = [meshOf(closed, ...shop), meshOf(closed, ...shop)];
    expect(surelyEqual(before, of(before), after, of(after))).toBe(false);
  });
});
