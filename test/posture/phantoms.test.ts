/** Destinations that only a policy's selector or scope names (R29). */
import { describe, expect, test } from 'vitest';
import type { MeshSettings } from '#mesh/build.ts';
import type { Mesh } from '#mesh/model.ts';
import { askedPhantom, destinationsOf, phantomsOf, phantomWorkload } from '#posture/destinations.ts';
import { networkPhantoms } from '#posture/network-phantoms.ts';
import { deployment, meshOf, namespace, policy, service } from '../mesh/support.ts';

const closed: MeshSettings = { world: 'closed' };
const shop = namespace('shop', 'istio-injection: enabled');
const pods = deployment('shop/cart');
const mesh = (...documents: readonly string[]): Mesh => meshOf(closed, shop, ...documents);
const ids = (base: Mesh, head: Mesh): readonly string[] => phantomsOf(base, head).map((phantom) => phantom.base.id);
const allow = (place: string, labels: string, name = 'rule', more = ''): string => policy('AuthorizationPolicy', `${place}/${name}`, `${labels === '' ? '' : `selector: {matchLabels: {${labels}}}, `}${more}rules: [{}]`);
const mode = (place: string, labels = '', name = 'mode', value = 'STRICT'): string => policy('PeerAuthentication', `${place}/${name}`, `${labels === '' ? '' : `selector: {matchLabels: {${labels}}}, `}mtls: {mode: ${value}}`);

describe('a phantom', () => {
  test('is what a policy selects and nothing declares, whichever side has the policy', () => {
    expect(ids(mesh(pods), mesh(pods, allow('shop', 'app: ghost')))).toEqual(['shop/app=ghost']);
    expect(ids(mesh(pods, allow('shop', 'app: ghost')), mesh(pods))).toEqual(['shop/app=ghost']);
    expect(ids(mesh(pods, mode('shop', 'app: ghost')), mesh(pods, mode('shop', 'app: ghost')))).toEqual(['shop/app=ghost']);
    expect(ids(mesh(pods), mesh(pods, policy('RequestAuthentication', 'shop/t', 'selector: {matchLabels: {b: two, a: one}}, jwtRules: [{issuer: i, jwksUri: "https://i.example"}]')))).toEqual(['shop/a=one,b=two']);
  });

  test('is none where some declared workload is meant', () => {
    expect(ids(mesh(pods), mesh(pods, allow('shop', 'app: cart')))).toEqual([]);
    expect(ids(mesh(pods), mesh(pods, allow('shop', '')))).toEqual([]);
  });

  test('stands for a namespace or for the mesh where the policy does', () => {
    expect(ids(mesh(), mesh(allow('shop', '')))).toEqual(['shop/*']);
    expect(ids(mesh(), mesh(mode('istio-system')))).toEqual(['*/*']);
    expect(ids(mesh(), mesh(allow('istio-system', 'app: ghost')))).toEqual(['*/app=ghost']);
    expect(ids(mesh(pods), mesh(pods, mode('istio-system')))).toEqual([]);
  });

  test('is none of a mode in the root namespace that selects, nor of a policy with targets (M4)', () => {
    expect(ids(mesh(), mesh(mode('istio-system', 'app: ghost')))).toEqual([]);
    expect(ids(mesh(), mesh(allow('shop', '', 'rule', 'targetRefs: [{kind: Service, group: "", name: cart}], ')))).toEqual([]);
  });

  test('is none where the policy slips from or to a declared workload', () => {
    expect(ids(mesh(pods, allow('shop', 'app: cart')), mesh(pods, allow('shop', 'app: ghost')))).toEqual([]);
    expect(ids(mesh(pods, allow('shop', 'app: ghost')), mesh(pods, allow('shop', 'app: cart')))).toEqual([]);
    // Under another name, saying the same.
    expect(ids(mesh(pods, allow('shop', 'app: cart', 'a')), mesh(pods, allow('shop', 'app: ghost', 'b')))).toEqual([]);
    // One that stands on both sides is another policy.
    expect(ids(mesh(pods, allow('shop', 'app: cart', 'a')), mesh(pods, allow('shop', 'app: cart', 'a'), allow('shop', 'app: ghost', 'b')))).toEqual(['shop/app=ghost']);
    // Under another name, saying something else.
    expect(ids(mesh(pods, mode('shop', 'app: cart', 'a')), mesh(pods, mode('shop', 'app: ghost', 'b', 'PERMISSIVE')))).toEqual(['shop/app=ghost']);
    expect(ids(mesh(pods, mode('shop', 'app: cart', 'a')), mesh(pods, mode('shop', 'app: ghost', 'b')))).toEqual([]);
    expect(ids(mesh(pods, allow('shop', 'app: cart', 'a')), mesh(pods, allow('shop', 'app: ghost', 'b', 'action: DENY, ')))).toEqual(['shop/app=ghost']);
    // From everything in the namespace to a part of it.
    expect(ids(mesh(pods, allow('shop', '')), mesh(pods, allow('shop', 'app: ghost')))).toEqual(['shop/app=ghost']);
  });

  test('is one where the workload comes with the head, and the same policy selects it', () => {
    expect(ids(mesh(allow('shop', 'app: cart')), mesh(pods, allow('shop', 'app: cart')))).toEqual(['shop/app=cart']);
  });

  test('is one where the other policy speaks of other ports, or of another namespace', () => {
    const ports = (name: string, labels: string, more: string): string => policy('PeerAuthentication', `shop/${name}`, `selector: {matchLabels: {${labels}}}, mtls: {mode: STRICT}${more}`);
    expect(ids(mesh(pods, ports('a', 'app: cart', ', portLevelMtls: {8080: {mode: DISABLE}}')), mesh(pods, ports('b', 'app: ghost', '')))).toEqual(['shop/app=ghost']);
    expect(ids(mesh(pods, ports('a', 'app: cart', ', portLevelMtls: {8080: {mode: DISABLE}}')), mesh(pods, ports('b', 'app: ghost', ', portLevelMtls: {8080: {mode: DISABLE}}')))).toEqual([]);
    const web = [namespace('web', 'istio-injection: enabled'), deployment('web/cart')];
    expect(ids(mesh(...web, allow('web', 'app: cart', 'a')), mesh(...web, allow('shop', 'app: ghost', 'b')))).toEqual(['shop/app=ghost']);
  });

  test('is none where one of several policies that say the same means a declared workload', () => {
    expect(ids(mesh(pods, allow('shop', 'app: older', 'a'), allow('shop', 'app: cart', 'b')), mesh(pods, allow('shop', 'app: ghost', 'c')))).toEqual(['shop/app=older']);
  });

  test('stands for a namespace that a label moves, if nobody is declared there', () => {
    const outside = namespace('legacy');
    const inside = namespace('legacy', 'istio-injection: enabled');
    const [found, ...more] = phantomsOf(mesh(outside), mesh(inside));
    expect(more).toEqual([]);
    expect([found?.base.id, found?.base.enrolment.mode, found?.head.enrolment.mode]).toEqual(['legacy/*', 'none', 'sidecar']);
    expect(ids(mesh(inside), mesh(outside))).toEqual(['legacy/*']);
    expect(ids(mesh(outside), mesh(outside))).toEqual([]);
    expect(ids(mesh(outside, deployment('legacy/old')), mesh(inside, deployment('legacy/old')))).toEqual([]);
    // Nobody declares it on one side; and pods of the root namespace stand for the whole mesh.
    expect(ids(mesh(), mesh(inside))).toEqual([]);
    expect(ids(mesh(inside), mesh(policy('AuthorizationPolicy', 'legacy/rule', 'targetRefs: [{kind: Service, group: "", name: cart}], rules: [{}]')))).toEqual([]);
    expect(ids(mesh(namespace('istio-system')), mesh(namespace('istio-system', 'istio-injection: enabled')))).toEqual([]);
  });

  test('of a NetworkPolicy takes part in the mesh as its namespace does', () => {
    const network = `apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: in, namespace: legacy}\nspec: {podSelector: {matchLabels: {app: ghost}}}`;
    const [found, ...more] = phantomsOf(mesh(namespace('legacy'), network), mesh(namespace('legacy'), network));
    expect(more).toEqual([]);
    expect([found?.head.id, found?.head.enrolment.mode, found?.head.otherPortsCaptured]).toEqual(['legacy/app=ghost', 'none', false]);
  });

  test('is none in a namespace that is taken away with all that lay in it (R28)', () => {
    const own = [namespace('old', 'istio-injection: enabled'), allow('old', 'app: ghost')];
    expect(ids(mesh(...own), mesh())).toEqual([]);
    expect(ids(mesh(...own), mesh(namespace('old', 'istio-injection: enabled')))).toEqual(['old/app=ghost']);
  });

  test('of several comes once, in order', () => {
    expect(ids(mesh(), mesh(allow('shop', 'app: b', 'one'), allow('shop', 'app: b', 'two', 'action: DENY, '), allow('shop', 'app: a', 'three')))).toEqual(['shop/app=a', 'shop/app=b']);
  });
});

describe('pods that only a NetworkPolicy names', () => {
  const network = (place: string, selector: string): string => `{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: ${place.split('/')[1] ?? ''}, namespace: ${place.split('/')[0] ?? ''}}, spec: {podSelector: {${selector}}}}`;
  const app = (name: string): string => `matchLabels: {app: ${name}}`;
  const named = (base: Mesh, head: Mesh): readonly (readonly [string, unknown])[] => networkPhantoms(base, head).map(({ id, labels }) => [id, labels]);

  test('are those that its selector accepts, whichever side has it, in order', () => {
    expect(named(mesh(pods), mesh(pods, network('shop/a', app('ghost'))))).toEqual([['shop/app=ghost', { app: 'ghost' }]]);
    expect(named(mesh(pods, network('shop/a', app('ghost'))), mesh(pods))).toEqual([['shop/app=ghost', { app: 'ghost' }]]);
    expect(named(mesh(pods, network('shop/a', app('ghost'))), mesh(pods, network('shop/b', app('ghost')), network('shop/a', app('bat'))))).toEqual([['shop/app=bat', { app: 'bat' }], ['shop/app=ghost', { app: 'ghost' }]]);
    expect(named(mesh(), mesh(network('shop/all', '')))).toEqual([['shop/*', {}]]);
  });

  test('are none that some declared workload of the base is', () => {
    expect(named(mesh(pods), mesh(pods, network('shop/a', app('cart'))))).toEqual([]);
    expect(named(mesh(pods), mesh(pods, network('shop/a', '')))).toEqual([]);
    expect(named(mesh(), mesh(pods, network('shop/a', app('cart'))))).toEqual([['shop/app=cart', { app: 'cart' }]]);
    expect(named(mesh(pods), mesh(pods, network('shop/a', 'matchExpressions: [{key: app, operator: NotIn, values: [cart]}]')))).toEqual([['shop/app notin (cart)', {}]]);
    // Pods of the root namespace stand for the whole mesh.
    expect(named(mesh(), mesh(network('istio-system/a', app('ghost'))))).toEqual([]);
  });

  test('have the labels that are asked for, and are none where nothing can have them', () => {
    const expressions = (...texts: readonly string[]): string => `matchExpressions: [${texts.join(', ')}]`;
    expect(named(mesh(), mesh(network('shop/a', expressions('{key: tier, operator: In, values: [back, front]}', '{key: zone, operator: Exists}', '{key: old, operator: DoesNotExist}'))))).toEqual([['shop/!old,tier in (back|front),zone', { tier: 'back', zone: 'x' }]]);
    expect(named(mesh(), mesh(network('shop/a', `${app('a')}, ${expressions('{key: app, operator: Exists}')}`)))).toEqual([['shop/app,app=a', { app: 'a' }]]);
    expect(named(mesh(), mesh(network('shop/a', expressions('{key: app, operator: Exists}', '{key: app, operator: DoesNotExist}'))))).toEqual([]);
  });

  test('are none where the selector slips from or to a declared workload', () => {
    expect(named(mesh(pods, network('shop/a', app('cart'))), mesh(pods, network('shop/a', app('ghost'))))).toEqual([]);
    expect(named(mesh(pods, network('shop/a', app('cart'))), mesh(pods, network('shop/b', app('ghost'))))).toEqual([['shop/app=ghost', { app: 'ghost' }]]);
    // From everything in the namespace to a part of it.
    expect(named(mesh(pods, network('shop/a', '')), mesh(pods, network('shop/a', app('ghost'))))).toEqual([['shop/app=ghost', { app: 'ghost' }]]);
    expect(named(mesh(network('shop/a', app('cart'))), mesh(pods, network('shop/a', app('cart'))))).toEqual([['shop/app=cart', { app: 'cart' }]]);
  });
});

describe('what a phantom is', () => {
  test('a pod with these labels, the default account and the ports of the Services that select it', () => {
    const found = phantomWorkload(mesh(service('shop/shop', '{name: http, port: 80, targetPort: 8080}, {name: tcp, port: 90}')), 'shop', { app: 'shop' });
    expect(found).toMatchObject({ id: 'shop/app=shop', name: 'app=shop', namespace: 'shop', kind: '', labels: { app: 'shop' }, annotations: {}, serviceAccount: 'default', enrolment: { mode: 'sidecar' }, otherPortsCaptured: true, resource: undefined });
    expect(found.ports.map(({ port, protocol, captured }) => [port, protocol, captured])).toEqual([[90, 'tcp', true], [8080, 'http', true]]);
    expect(phantomWorkload(mesh(), 'shop', {})).toMatchObject({ id: 'shop/*', name: '*' });
    expect(phantomWorkload(meshOf(closed, namespace('plain')), 'plain', {}).enrolment.mode).toBe('none');
  });

  test('for the mesh, some namespace of it', () => {
    expect(askedPhantom(mesh(), 'istio-system', { app: 'ghost' })).toMatchObject({ id: '*/app=ghost', enrolment: { mode: 'sidecar' }, ports: [], otherPortsCaptured: true });
    expect(askedPhantom(mesh(), 'istio-system', {}).id).toBe('*/*');
    expect(askedPhantom(meshOf({ world: 'open' }), 'istio-system', {}).enrolment).toEqual({ mode: 'unknown', assumption: 'enrolment:*', inWorld: 'sidecar' });
    expect(askedPhantom(mesh(), 'shop', { app: 'ghost' }).id).toBe('shop/app=ghost');
    expect(askedPhantom(mesh(), 'shop', {}).id).toBe('shop/*');
  });

  test('beside the declared workloads, which come in order', () => {
    expect(destinationsOf(mesh(deployment('shop/b'), deployment('shop/a'))).map(({ id }) => id)).toEqual(['shop/a', 'shop/b']);
  });
});
