/** Which policies act at a waypoint: those with targetRefs, and for each Service its own (A2.5 to A2.11). */
import { compareBy } from '#lib/order.ts';
import { resourceId } from '#manifests/resource.ts';
import type { AnyResource, Resource } from '#manifests/resource.ts';
import type { TargetRef } from '#manifests/selector.ts';
import { ofKind } from './attachment.ts';
import type { Attached, Extension } from './attachment.ts';
import type { Mesh } from './model.ts';
import type { Addressable, Waypoint } from './waypoints.ts';

export type AttachedAtWaypoint = Pick<Attached, 'authorization' | 'requestAuthentication' | 'extensions'>;

/** @param service what the traffic is addressed to; `undefined`: a pod's own address, where policies of Services do not act (A2.6) */
export function policiesAtWaypoint(mesh: Mesh, waypoint: Waypoint, service: Addressable | undefined): AttachedAtWaypoint {
  const index = indexOf(mesh);
  const keys = keysOf(mesh, waypoint, service);
  const acting = <T extends AnyResource>(targets: Targets<T>): readonly T[] => [...new Set(keys.flatMap((key) => targets.get(key) ?? []))].sort(compareBy((policy) => resourceId(policy)));
  return { authorization: acting(index.authorization), requestAuthentication: acting(index.requestAuthentication), extensions: acting(index.extensions) };
}

type Targets<T> = ReadonlyMap<string, readonly T[]>;

interface Index {
  readonly authorization: Targets<Resource<'AuthorizationPolicy'>>;
  readonly requestAuthentication: Targets<Resource<'RequestAuthentication'>>;
  readonly extensions: Targets<Extension>;
}

/** The targets that reach this waypoint, each as `policy's namespace | group/kind | name`. */
function keysOf(mesh: Mesh, waypoint: Waypoint, service: Addressable | undefined): readonly string[] {
  // A2.8: the one class name, whatever class the waypoint itself has.
  const keys = [`${waypoint.namespace}|Gateway|${waypoint.name}`, `${mesh.config.rootNamespace}|GatewayClass|istio-waypoint`];
  return service === undefined ? keys : [...keys, `${service.namespace ?? 'default'}|${service.kind}|${service.name}`];
}

const indexes = new WeakMap<Mesh, Index>();

function indexOf(mesh: Mesh): Index {
  const cached = indexes.get(mesh);
  if (cached !== undefined) return cached;
  const fresh: Index = {
    authorization: byTarget(ofKind(mesh, 'AuthorizationPolicy')),
    requestAuthentication: byTarget(ofKind(mesh, 'RequestAuthentication')),
    extensions: byTarget<Extension>([...ofKind(mesh, 'EnvoyFilter'), ...ofKind(mesh, 'WasmPlugin'), ...ofKind(mesh, 'TrafficExtension')]),
  };
  indexes.set(mesh, fresh);
  return fresh;
}

function byTarget<T extends AnyResource & { readonly spec: { readonly targetRefs: readonly TargetRef[] } }>(policies: readonly T[]): Targets<T> {
  const targets = new Map<string, T[]>();
  for (const policy of policies) {
    for (const ref of policy.spec.targetRefs) {
      const kind = kindOf(ref);
      // A2.11: a reference into another namespace matches nothing.
      if (kind === undefined || (ref.namespace ?? '') !== '') continue;
      const key = `${policy.namespace ?? ''}|${kind}|${ref.name}`;
      const list = targets.get(key);
      if (list === undefined) targets.set(key, [policy]);
      else list.push(policy);
    }
  }
  return targets;
}

const groups: Readonly<Record<string, readonly string[]>> = {
  Service: ['', 'core'],
  ServiceEntry: ['networking.istio.io'],
  Gateway: ['gateway.networking.k8s.io'],
  GatewayClass: ['gateway.networking.k8s.io'],
};

function kindOf(ref: TargetRef): string | undefined {
  return groups[ref.kind]?.includes(ref.group) === true ? ref.kind : undefined;
}
