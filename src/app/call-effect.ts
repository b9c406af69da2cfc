/** Whether the comparison of calls knows the whole effect of a changed object that decides how sidecars call (M33 to M50, M97 to M104, M116). */
import { canonical } from '#lib/canonical.ts';
import type { AnyResource } from '#manifests/resource.ts';
import { hasAmbient } from '#posture/arrival.ts';
import { namesTouched } from '#impact/calls-touched.ts';
import type { EnvironmentCalls, SidesOfEnvironment } from './client-tls-effect.ts';
import { keepsTheRest } from './gateway-effect.ts';
import type { ChangedResource } from './load/changed-resources.ts';

/** It is told as the cause of a change about calls, or none of the calls that it is about is made otherwise, and it does nothing else. */
export function isComparedAsCalls(changed: ChangedResource, environments: readonly SidesOfEnvironment[]): boolean {
  const touched = environments.filter(({ id }) => changed.environments.includes(id));
  return touched.length > 0 && touched.every((sides) => sides.calls !== undefined && !sides.calls.tooMany && isKnownIn(changed, sides, sides.calls));
}

function isKnownIn({ resource, base, head }: ChangedResource, sides: SidesOfEnvironment, calls: EnvironmentCalls): boolean {
  const versions = [base, head].filter((version) => version !== undefined);
  const names = namesTouched(sides, resource, versions);
  if (names.some((name) => calls.open.has(name))) return false;
  const isTold = calls.told.has(resource);
  const kind = (head ?? base)?.kind;
  // Waypoints read routes and rules, too (M53).
  if (kind !== 'Sidecar' && (hasAmbient(sides.base) || hasAmbient(sides.head))) return false;
  if (kind === 'DestinationRule') return isTold;
  if (kind === 'Sidecar') return sameBut(versions, withoutEgress) && (isTold || sameScope(base, head));
  if (kind !== 'VirtualService') return false;
  return versions.every(isOfTheMesh) && rewriting(base) === rewriting(head) && keepsTheRest(base, head) && (isTold || (names.length > 0 && hasCallers(sides)));
}

/** At no gateway besides. */
function isOfTheMesh(resource: AnyResource): boolean {
  return resource.kind === 'VirtualService' && resource.spec.hosts.length > 0 && resource.spec.gateways.every((gateway) => gateway === 'mesh');
}

/** What its routes make of requests: that is asked of single requests alone (`explain`). */
function rewriting(resource: AnyResource | undefined): string {
  if (resource?.kind !== 'VirtualService') return '[]';
  return canonical(resource.spec.http.flatMap(({ match, rewrite, requestHeaders: { set, add, remove } }) => (rewrite === undefined && Object.keys({ ...set, ...add }).length + remove.length === 0 ? [] : [[match, rewrite ?? null, set, add, remove]])));
}

function sameBut(versions: readonly AnyResource[], rest: (resource: AnyResource) => unknown): boolean {
  return new Set(versions.map((version) => canonical(rest(version)))).size === 1;
}

/** What a Sidecar says of what comes in. */
function withoutEgress(resource: AnyResource): unknown {
  return resource.kind === 'Sidecar' ? resource.spec.ingress : null;
}

/** The same hosts in any order. */
function sameScope(base: AnyResource | undefined, head: AnyResource | undefined): boolean {
  if (base?.kind !== 'Sidecar' || head?.kind !== 'Sidecar') return false;
  const text = ({ spec }: typeof base): string => canonical({ ...spec, egress: spec.egress?.map((listener) => ({ ...listener, hosts: [...new Set(listener.hosts)].sort() })) ?? null });
  return text(base) === text(head);
}

function hasCallers({ base, head }: SidesOfEnvironment): boolean {
  return [base, head].every((mesh) => [...mesh.workloads.values()].some(({ enrolment, resource }) => resource !== undefined && enrolment.mode === 'sidecar'));
}
