/** Whether the whole effect of a changed Gateway or route is in the comparison of gateways, or some of it acts where nobody looked. */
import { canonical } from '#lib/canonical.ts';
import type { AnyResource, Resource } from '#manifests/resource.ts';
import type { HttpRoute } from '#manifests/virtual-service.ts';
import { ofKind } from '#mesh/attachment.ts';
import type { Mesh } from '#mesh/model.ts';
import { knownGateways } from '#posture/gateways-known.ts';
import type { SidesOfEnvironment } from './client-tls-effect.ts';
import type { ChangedResource } from './load/changed-resources.ts';

/** Both versions act only at gateways that are known whole on the sides that have them, and what differs is compared there. */
export function isComparedAtGateways({ base, head, environments: where }: ChangedResource, environments: readonly SidesOfEnvironment[]): boolean {
  const sides = environments.filter(({ id }) => where.includes(id)).map((each) => new KnownOnSides([each.base, each.head]));
  if (sides.length === 0 || !keepsTheRest(base, head)) return false;
  return sides.every((known) => [base, head].every((version, side) => version === undefined || known.holds(version, side)));
}

class KnownOnSides {
  readonly #meshes: readonly Mesh[];

  constructor(meshes: readonly Mesh[]) {
    this.#meshes = meshes;
  }

  /** Everything that the object acts at is known. @param side 0 for the base, 1 for the head */
  holds(resource: AnyResource, side: number): boolean {
    const mesh = this.#meshes[side];
    if (mesh === undefined) return false;
    if (resource.kind === 'Gateway' || resource.kind === 'KubernetesGateway') return this.#isKnown(resource.namespace ?? '', resource.name);
    if (resource.kind === 'VirtualService') return this.#virtualService(mesh, resource);
    if (resource.kind === 'ReferenceGrant') return this.#meshes.every((each) => knownGateways(each).open.size === 0);
    if (resource.kind !== 'HTTPRoute' && resource.kind !== 'GRPCRoute' && resource.kind !== 'TLSRoute' && resource.kind !== 'TCPRoute') return false;
    return resource.spec.parents.length > 0 && resource.spec.parents.every((parent) => parent.kind === 'Gateway' && this.#isKnown(parent.namespace ?? resource.namespace ?? '', parent.name));
  }

  /** A Gateway that one side does not have lets nobody in there (R28). */
  #isKnown(namespace: string, name: string): boolean {
    const id = `Gateway/${namespace}/${name}`;
    const declares = (mesh: Mesh): boolean => [...ofKind(mesh, 'Gateway'), ...ofKind(mesh, 'KubernetesGateway')].some((gateway) => gateway.namespace === namespace && gateway.name === name);
    return this.#meshes.some((mesh) => knownGateways(mesh).known.has(id)) && this.#meshes.every((mesh) => !declares(mesh) || knownGateways(mesh).known.has(id));
  }

  /** A delegate acts where every VirtualService does that names it. */
  #virtualService(mesh: Mesh, virtual: Resource<'VirtualService'>): boolean {
    const namespace = virtual.namespace ?? '';
    const all = ofKind(mesh, 'VirtualService');
    if (virtual.spec.hosts.length > 0) {
      const declared = virtual.spec.http.every(({ delegate }) => delegate === undefined || all.some((other) => other.name === delegate.name && other.namespace === (delegate.namespace ?? namespace)));
      return declared && virtual.spec.gateways.every((gateway) => gateway !== 'mesh' && this.#isKnown(...placeOf(gateway, namespace)));
    }
    const roots = all.filter((root) => root.spec.hosts.length > 0 && root.spec.http.some(({ delegate }) => delegate?.name === virtual.name && (delegate.namespace ?? root.namespace) === virtual.namespace));
    return roots.length > 0 && roots.every((root) => this.#virtualService(mesh, root));
  }
}

function placeOf(gateway: string, namespace: string): readonly [string, string] {
  const slash = gateway.indexOf('/');
  return slash < 0 ? [namespace, gateway] : [gateway.slice(0, slash), gateway.slice(slash + 1)];
}

/** What the comparison leaves out is the same: headers that a backend gets, answers to preflights, faults that hit a part, versions of TLS. */
export function keepsTheRest(base: AnyResource | undefined, head: AnyResource | undefined): boolean {
  if ([base, head].some((resource) => resource !== undefined && sendsElsewhere(resource))) return false;
  return base === undefined || head === undefined || canonical(restOf(base)) === canonical(restOf(head));
}

/** Copies of requests, and endpoints beside the routes, which nobody follows here. */
function sendsElsewhere(resource: AnyResource): boolean {
  if (resource.kind === 'VirtualService') return resource.spec.http.some(({ mirrors }) => mirrors.length > 0);
  return resource.kind === 'Gateway' && resource.spec.servers.some(({ defaultEndpoint }) => defaultEndpoint !== '');
}

/** In no order: a route that moves takes it along. */
function restOf(resource: AnyResource): readonly string[] {
  return restsOf(resource).map((rest) => canonical(rest)).sort();
}

function restsOf(resource: AnyResource): readonly unknown[] {
  if (resource.kind === 'VirtualService') return resource.spec.http.flatMap(restOfRoute);
  if (resource.kind === 'Gateway') return resource.spec.servers.flatMap(({ tls }) => (tls === undefined ? [] : [[tls.minProtocolVersion, tls.maxProtocolVersion, tls.cipherSuites, tls.verifyCertificateHash, tls.verifyCertificateSpki]]));
  if (resource.kind === 'KubernetesGateway') return [resource.annotations, resource.spec.infrastructureAnnotations];
  if (resource.kind !== 'HTTPRoute' && resource.kind !== 'GRPCRoute') return [];
  return resource.spec.rules.flatMap(({ filters }) => filters.filter(({ type }) => type !== 'redirect' && type !== 'rewrite'));
}

function restOfRoute({ requestHeaders, corsOrigins, hasFault, abortPercentage }: HttpRoute): readonly unknown[] {
  const changesHeaders = Object.keys(requestHeaders.set).length + Object.keys(requestHeaders.add).length + requestHeaders.remove.length > 0;
  return [...(changesHeaders ? [requestHeaders] : []), ...(corsOrigins.length > 0 ? [corsOrigins] : []), ...(hasFault && abortPercentage > 0 && abortPercentage < 100 ? [abortPercentage] : [])];
}
