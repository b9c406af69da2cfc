/** Destinations that only a policy's selector or scope names (R29). */
import { describe, expect, test } from 'vitest';
import type { MeshSettings } from '#mesh/build.ts';
import type { Mesh } from '#mesh/model.ts';
import { askedPhantom, destinationsOf, phantomsOf, phantomWorkload } from '#posture/destinations.ts';
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

  test('is none in a namespace that is taken away with all that lay in it (R28)', () => {
    const own = [namespace('old', 'istio-injection: enabled'), allow('old', 'app: ghost')];
    expect(ids(mesh(...own), mesh())).toEqual([]);
    expect(ids(mesh(...own), mesh(namespace('old', 'istio-injection: enabled')))).toEqual(['old/app=ghost']);
  });

  test('of several comes once, in order', () => {
    expect(ids(mesh(), mesh(allow('shop', 'app: b', 'one'), allow('shop', 'app: b', 'two', 'action: DENY, '), allow('shop', 'app: a', 'three')))).toEqual(['shop/app=a', 'shop/app=b']);
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
