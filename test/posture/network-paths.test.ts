/**
 * The network in front of a pod's ways, and which clients meet which of its ways (M142, M143). `fixtures/posture/network-ways.txt` tells for a few
 * pods who passes the network, the proxies, and both (`vitest -u` writes it anew, and the difference is to be read).
 */
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import type { Mesh, Workload } from '#mesh/model.ts';
import { networkKinds, withoutNetwork } from '#posture/network-layer.ts';
import { hasNetwork, hasNetworkPolicies, impossibleInNetwork, isNetworked, networkMovedAt, throughNetworkPaths, type NetworkedPosture } from '#posture/network-paths.ts';
import { pathsTo } from '#posture/paths.ts';
import type { Dimension, Point } from '#sets/cube.ts';
import { passes, pointIn } from '#sets/evaluate.ts';
import type { Value } from '#sets/matcher.ts';
import { deployment, meshOf, namespace, service } from '../mesh/support.ts';

const networkPolicy = (place: string, spec: string): string => `{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: ${place.split('/')[1] ?? ''}, namespace: ${place.split('/')[0] ?? ''}}, spec: {${spec}}}`;
const fromWeb = (...ports: readonly string[]): string => networkPolicy('shop/in', `podSelector: {matchLabels: {app: shop}}, ingress: [{from: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: web}}}], ports: [${ports.join(', ')}]}]`);
const fromWaypoint = networkPolicy('shop/door', 'podSelector: {matchLabels: {app: shop}}, ingress: [{from: [{podSelector: {matchLabels: {gateway.networking.k8s.io/gateway-name: door}}}], ports: [{port: 15008}, {port: 8080}]}]');
const toWaypoint = networkPolicy('shop/at-door', 'podSelector: {matchLabels: {gateway.networking.k8s.io/gateway-name: door}}, policyTypes: [Ingress], ingress: [{from: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: web}}}], ports: [{port: 15008}]}]');
const door = '{apiVersion: gateway.networking.k8s.io/v1, kind: Gateway, metadata: {name: door, namespace: shop}, spec: {gatewayClassName: istio-waypoint}}';
const ambient = 'istio.io/dataplane-mode: ambient';
const sidecars = 'istio-injection: enabled';
const pod = deployment('shop/shop');
const behindDoor = service('shop/shop', '{name: http, port: 80, targetPort: 8080}', 'labels: {istio.io/use-waypoint: door}');
const strict = '{apiVersion: security.istio.io/v1, kind: PeerAuthentication, metadata: {name: mode, namespace: shop}, spec: {mtls: {mode: STRICT}}}';

const mesh = (labels: string, ...documents: readonly string[]): Mesh => meshOf({ world: 'closed' }, namespace('shop', labels), namespace('web', labels === '' ? '' : ambient), namespace('istio-system'), pod, ...documents);

function shopOf(of: Mesh): Workload {
  const workload = of.workloads.get('shop/shop');
  if (workload === undefined) throw new Error('no such workload');
  return workload;
}

const networked = (of: Mesh): NetworkedPosture => throughNetworkPaths(pathsTo(of, shopOf(of)), of, shopOf(of));

const worlds: readonly (readonly [name: string, mesh: Mesh])[] = [
  ['a pod outside the mesh', mesh('', fromWeb('{port: 8080}', '{port: 5353, protocol: UDP}'))],
  ['a pod behind a sidecar, in a mesh without ambient', meshOf({ world: 'closed' }, namespace('shop', sidecars), namespace('web', sidecars), pod, fromWeb('{port: 8080}'), strict)],
  ['a pod in ambient', mesh(ambient, fromWeb('{port: 15008}'), strict)],
  ['a pod in ambient that is let call without tunnels alone', mesh(ambient, fromWeb('{port: 8080}'))],
  ['a pod in ambient behind a waypoint', mesh(ambient, door, behindDoor, fromWaypoint, toWaypoint)],
  ['a pod behind a sidecar and a waypoint', mesh(sidecars, door, behindDoor, fromWaypoint, toWaypoint)],
  ...['http', 'none'].map((tunnel): readonly [string, Mesh] => [`a pod behind a sidecar, label of tunnels ${tunnel}`, meshOf({ world: 'closed' }, namespace('shop', sidecars), namespace('web', ambient), deployment('web/front'), deployment('shop/shop', `networking.istio.io/tunnel: ${tunnel}`), fromWeb('{port: 15008}'))]),
];

const caller = (name: string | null, space: string): Value => ({ principal: name === null ? null : `cluster.local/ns/${space}/sa/${name}`, namespace: space, namespaceLabels: {} });
const service80 = 'shop.shop.svc.cluster.local:80';
const clients: readonly (readonly [name: string, point: readonly (readonly [Dimension, Value])[]])[] = [
  ['a pod of web, in plaintext', [['peer', caller(null, 'web')], ['port', 8080]]],
  ['a pod of web, with its identity', [['peer', caller('front', 'web')], ['port', 8080]]],
  ['a pod of web, to another port', [['peer', caller('front', 'web')], ['port', 9000]]],
  ['a pod of legacy, with its identity', [['peer', caller('old', 'legacy')], ['port', 8080]]],
  ['web in ambient, past any waypoint', [['peer', caller('front', 'web')], ['port', 8080], ['address', 'past']]],
  ['web in ambient, to the Service', [['peer', caller('front', 'web')], ['port', 8080], ['address', service80]]],
  ['legacy in ambient, to the Service', [['peer', caller('old', 'legacy')], ['port', 8080], ['address', service80]]],
  ['web by UDP', [['peer', caller(null, 'web')], ['port', 5353], ['transport', 'UDP']]],
];

const base: readonly (readonly [Dimension, Value])[] = [['transport', 'TCP'], ['protocol', 'http'], ['address', null], ['source.ip', null]];

test('who passes the network, the proxies and both', () => {
  const told = worlds.map(([name, of]) => {
    const posture = networked(of);
    const rows = clients.map(([client, point]) => {
      const asked: Point = new Map([...base, ...point]);
      const [network, behind, whole] = [passes(posture.network, asked), passes(posture.behind, asked), passes(posture.possible, asked)];
      if (whole) expect([network, behind], `${name}: ${client}`).toEqual([true, true]);
      expect(passes(posture.sure, asked)).toBe(whole);
      return `  ${client}: ${network ? 'network' : '-'} ${behind ? 'proxies' : '-'} ${whole ? 'both' : '-'}\n`;
    });
    const ids = (paths: NetworkedPosture['network']): string => paths.map(({ id }) => id).join(', ');
    return `${name}\n  network: ${ids(posture.network)}\n  proxies: ${ids(posture.behind)}\n  both: ${ids(posture.possible)}\n${rows.join('')}`;
  });
  return expect(told.join('\n')).toMatchFileSnapshot(fileURLToPath(new URL('../../fixtures/posture/network-ways.txt', import.meta.url)));
});

describe('a network of its own', () => {
  test('is where some policy may act, and never of what stands for the whole mesh', () => {
    expect([hasNetworkPolicies(mesh(ambient)), hasNetworkPolicies(mesh(ambient, fromWaypoint))]).toEqual([false, true]);
    const workload = shopOf(mesh(ambient));
    expect([hasNetwork(workload), hasNetwork({ ...workload, id: '*/app=shop' })]).toEqual([true, false]);
    const of = mesh(ambient, fromWaypoint);
    expect([isNetworked(pathsTo(of, shopOf(of))), isNetworked(networked(of))]).toEqual([false, true]);
    expect([...networkKinds]).toEqual(['NetworkPolicy', 'AdminNetworkPolicy', 'BaselineAdminNetworkPolicy', 'ClusterNetworkPolicy']);
    expect(hasNetworkPolicies(withoutNetwork(of))).toBe(false);
    expect(withoutNetwork(of)).toBe(withoutNetwork(of));
  });

  test('moves with what acts on the port that is on the wire', () => {
    const moved = (labels: string, before: string, after: string, tunnels = false): boolean => {
      const [base, head] = [mesh(labels, before), mesh(labels, after)];
      return networkMovedAt(base, shopOf(base), head, shopOf(head), tunnels);
    };
    const [eighty, tunnel] = [fromWeb('{port: 8080}'), fromWeb('{port: 8080}', '{port: 15008}')];
    expect(moved(sidecars, eighty, eighty)).toBe(false);
    expect(moved(sidecars, eighty, tunnel)).toBe(true);
    expect(moved(ambient, eighty, tunnel, true)).toBe(true);
    // A name of a port is read where a connection is in no tunnel.
    expect(moved(sidecars, eighty, eighty, true)).toBe(false);
  });

  test('knows no plaintext to the port of tunnels in ambient (M142)', () => {
    const toTunnels = (peer: Value): Point => new Map<Dimension, Value>([['transport', 'TCP'], ['port', 15_008], ['peer', peer]]);
    const impossibleFor = (labels: string, peer: Value): boolean => impossibleInNetwork([shopOf(mesh(labels))]).some((cube) => pointIn(cube, toTunnels(peer)));
    expect([impossibleFor(ambient, caller(null, 'web')), impossibleFor(ambient, caller('front', 'web')), impossibleFor(sidecars, caller(null, 'web'))]).toEqual([true, false, false]);
  });

  test('has a key of all that decides, and carries what nobody interprets', () => {
    const key = (...documents: readonly string[]): string => networked(mesh(ambient, ...documents)).key;
    expect(key(fromWeb('{port: 15008}'))).toBe(key(fromWeb('{port: 15008}')));
    expect(key(fromWeb('{port: 15008}'))).not.toBe(key(fromWeb('{port: 8080}')));
    expect(key(fromWeb('{port: 15008}'))).not.toBe(key(fromWeb('{port: 15008}'), strict));
    const named = networkPolicy('shop/named', 'podSelector: {}, ingress: [{ports: [{port: unheard-of}]}]');
    expect(networked(mesh(sidecars, named)).opaque.length).toBeGreaterThanOrEqual(pathsTo(mesh(sidecars, named), shopOf(mesh(sidecars, named))).opaque.length);
  });
});
