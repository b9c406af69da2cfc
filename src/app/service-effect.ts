/**
 * Whether a changed Service leads its name past what stood before the pods: by another selector or target port requests reach other pods, or the same ones on
 * another port, though no destination answers anything otherwise (M50, M103).
 */
import { canonical, shortHash } from '#lib/canonical.ts';
import { distinct } from '#lib/order.ts';
import type { Resource } from '#manifests/resource.ts';
import type { Mesh, PortProtocol, Workload } from '#mesh/model.ts';
import { podSpecOf, portProtocol, targetPortOf } from '#mesh/ports.ts';
import { selectorOf, workloadsBehind } from '#mesh/services.ts';
import { hasNetwork, hasNetworkPolicies, throughNetworkPaths } from '#posture/network-paths.ts';
import { pathsTo } from '#posture/paths.ts';
import type { Cube, Dimension, Layer } from '#sets/cube.ts';
import { cubeKey } from '#sets/keys.ts';
import type { Value } from '#sets/matcher.ts';
import { settled } from '#sets/settle.ts';
import type { SidesOfEnvironment } from './client-tls-effect.ts';
import type { NotComputed } from './config-effect.ts';
import type { ChangedResource } from './load/changed-resources.ts';

type Service = Resource<'Service'>;
type ServicePort = Service['spec']['ports'][number];

/** Of Services that both sides have; a name that comes or goes is nobody's way before or after. */
export function leadsElsewhere({ base, head, environments: where }: ChangedResource, environments: readonly SidesOfEnvironment[]): readonly NotComputed[] {
  if (base?.kind !== 'Service' || head?.kind !== 'Service') return [];
  const moved = [selectorOf(base), selectorOf(head)].map((selector) => canonical(selector ?? null));
  const path = moved[0] === moved[1] ? ['spec', 'ports'] : ['spec', 'selector'];
  for (const sides of environments.filter(({ id }) => where.includes(id))) {
    for (const mesh of [sides.head, sides.base]) {
      const because = elsewhereIn(mesh, base, head, mesh === sides.head);
      if (because !== undefined) return [{ about: 'service', because, path }];
    }
  }
  return [];
}

/** The same pods and policies seen through both versions of the Service: what the pull request changes besides is judged where it lies. */
function elsewhereIn(mesh: Mesh, before: Service, after: Service, atHead: boolean): string | undefined {
  const [from, to] = [workloadsBehind(mesh, before), workloadsBehind(mesh, after)];
  // Pods that were relabelled with the Service, or came or went with it.
  if (from.length === 0) return undefined;
  if (to.length === 0) return atHead && selectorOf(after) !== undefined ? `its name no longer leads to ${from.map(({ id }) => `\`${id}\``).join(', ')} nor to any other workload that a manifest declares` : undefined;
  for (const port of after.spec.ports) {
    const former = before.spec.ports.find((other) => other.port === port.port);
    if (former === undefined) continue;
    const [old, now] = [targetsOf(from, former), targetsOf(to, port)];
    // What the port is called is judged at the pods.
    if (old.length === 0 || now.length === 0 || textOf(old) === textOf(now)) continue;
    if (guardsOf(mesh, old, former) !== guardsOf(mesh, now, port)) return `requests to its port ${String(port.port)} reach pods or ports with other protection than before, which is not computed by this version`;
  }
  return undefined;
}

interface Target {
  readonly pod: Workload;
  readonly port: number;
}

/** Where the Service's port leads. */
function targetsOf(pods: readonly Workload[], port: ServicePort): readonly Target[] {
  return pods.flatMap((pod) => {
    const target = targetPortOf(podSpecOf(pod), port);
    return target === undefined ? [] : [{ pod, port: target }];
  });
}

const textOf = (targets: readonly Target[]): string => targets.map(({ pod, port }) => `${pod.id} ${String(port)}`).sort().join('\n');

/** What stands before them, each kind once. */
function guardsOf(mesh: Mesh, targets: readonly Target[], port: ServicePort): string {
  return distinct(targets.map((target) => guardOf(mesh, target, portProtocol(port)))).sort().join('\n');
}

/** The waypoint of the Service's own address is before both versions. Which chain takes a request on a port that only the other version names is told by what it names it (A4.4). */
function guardOf(mesh: Mesh, { pod, port }: Target, speaks: PortProtocol): string {
  const straight = pathsTo(mesh, pod);
  const { possible } = hasNetworkPolicies(mesh) && hasNetwork(pod) ? throughNetworkPaths(straight, mesh, pod) : straight;
  const values = new Map<Dimension, Value>([['port', port], ['address', null], ...(speaks === 'http' || speaks === 'tcp' ? [['protocol', speaks] as const] : [])]);
  const told = (dimension: Dimension): Value | undefined => values.get(dimension);
  const paths = possible.map(({ layers }) => layers.map((layer) => settled(layer, told))).filter((layers) => layers.every(({ allow }) => allow === 'all' || allow.length > 0));
  return shortHash(...paths.map((layers) => canonical(layers.map(layerKey))).sort());
}

function layerKey({ id, allow, deny }: Layer): readonly unknown[] {
  const keys = (cubes: readonly Cube[]): readonly string[] => distinct(cubes.map(cubeKey)).sort();
  return [id, allow === 'all' ? 'all' : keys(allow), keys(deny)];
}
