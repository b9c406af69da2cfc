/**
 * Whether the pods behind a backend take anything at all from a gateway (M130): their own proxies see the gateway's identity, or nobody where it speaks
 * plaintext. "Yes" where it is not surely no: what the backend takes of single requests is not looked into.
 */
import type { GatewayPods } from '#mesh/gateway-pods.ts';
import type { Mesh, Workload } from '#mesh/model.ts';
import { ofKind } from '#mesh/attachment.ts';
import { podSpecOf, targetPortOf } from '#mesh/ports.ts';
import { workloadsWith } from '#mesh/workload-index.ts';
import type { Cube, Layer, Predicate } from '#sets/cube.ts';
import { difference } from '#sets/difference.ts';
import type { Limits } from '#sets/difference.ts';
import { impossible, pathsTo } from './paths.ts';

/** @param backend `namespace/service:port` */
export function mayTakeFrom(mesh: Mesh, pods: GatewayPods, backend: string, limits: Limits): boolean {
  const [, namespace = '', name = '', port = ''] = /^([^/]+)\/([^:]+):(\d+)$/.exec(backend) ?? [];
  const service = ofKind(mesh, 'Service').find((candidate) => candidate.namespace === namespace && candidate.name === name);
  const entry = service?.spec.ports.find((candidate) => candidate.port === Number(port));
  if (service?.spec.selector === undefined || entry === undefined) return true;
  const behind = workloadsWith(mesh, namespace, service.spec.selector).filter(({ resource }) => resource !== undefined);
  return behind.length === 0 || behind.some((workload) => takesSome(mesh, workload, pods, portOf(workload, entry), limits));
}

/** `undefined`: the pod does not tell. */
function portOf(workload: Workload, entry: Parameters<typeof targetPortOf>[1]): number | undefined {
  return targetPortOf(podSpecOf(workload), entry);
}

function takesSome(mesh: Mesh, workload: Workload, { namespace, serviceAccount }: GatewayPods, port: number | undefined, limits: Limits): boolean {
  const identity = `${mesh.config.trustDomain}/ns/${namespace}/sa/${serviceAccount}`;
  const there: readonly Predicate[] = port === undefined ? [] : [{ dimension: 'port', any: [{ type: 'number', value: port }], none: [] }];
  const from = (peer: Predicate): Cube => ({ predicates: [peer, ...there], origins: [] });
  const calling: Layer = { id: 'routing', allow: [from({ dimension: 'peer', any: [{ type: 'principal', pattern: { type: 'exact', text: identity } }], none: [] }), from({ dimension: 'peer', any: [], none: [{ type: 'identified' }] })], deny: [] };
  const posture = pathsTo(mesh, workload);
  const to = posture.possible.map((path) => ({ id: path.id, layers: [calling, ...path.layers] }));
  const { regions, undecided } = difference({ from: [], to, impossible: [...impossible, ...posture.ties], preferred: new Map(), limits: { ...limits, regionsPerSeed: 1 } });
  return regions.length > 0 || undecided.length > 0;
}
