/** What if only these edits were made: the base's objects around one destination, with a few edits applied. */
import { sameContent } from '#lib/canonical.ts';
import { groupBy } from '#lib/group.ts';
import { distinct } from '#lib/order.ts';
import { accepted, resourceId, type AnyResource } from '#manifests/resource.ts';
import { buildMesh, partOf, withPolicies, type MeshSettings } from '#mesh/build.ts';
import type { Mesh } from '#mesh/model.ts';
import type { Query } from '#posture/query.ts';
import type { Counterfactual } from '#impact/causes.ts';
import { editNamespace, type Edit } from '#impact/edits.ts';
import { namespaceOfId } from '#mesh/workload-id.ts';

/**
 * A mesh of everything would cost as much as the review itself, so only what can act on the destination is kept: its namespace, the
 * root namespace, objects without one, and the namespaces of external authorizers.
 */
export function counterfactuals(base: readonly AnyResource[], baseMesh: Mesh, headMesh: Mesh, settings: MeshSettings): Counterfactual {
  const everywhere = distinct([...rootsOf(baseMesh), ...rootsOf(headMesh)]);
  const withSettings: Mesh = { ...baseMesh, seniors: settings.seniors };
  let grouped: ReadonlyMap<string, readonly AnyResource[]> | undefined;
  const objectsIn = (namespaces: readonly string[], every: boolean): readonly AnyResource[] => {
    const byNamespace = (grouped ??= groupBy(base, (resource) => (resource.kind === 'Namespace' ? resource.name : (resource.namespace ?? ''))));
    return [...new Set([...namespaces.flatMap((namespace) => byNamespace.get(namespace) ?? []), ...(every ? base.filter((resource) => resource.kind === 'Namespace') : [])])];
  };
  const unedited = new Memory<Mesh>();
  const edited = new Memory<Mesh>();
  const meshOf = (edits: readonly Edit[], query: Query, besides: readonly string[], every: boolean): Mesh => {
    const namespaces = distinct(['', ...everywhere, ...namespacesOf(query), ...besides]);
    const place = JSON.stringify([namespaces, every]);
    const surroundings = (): Mesh => unedited.get(place, () => partOf(withSettings, namespaces, every));
    return edited.get(JSON.stringify([place, edits.map((edit) => edit.id)]), () => {
      const acting = every ? edits : editsWithin(edits, new Set(namespaces));
      return withEditedPolicies(surroundings, acting) ?? withConfigOf(baseMesh, buildMesh(applied(objectsIn(namespaces, every), acting), settings));
    });
  };
  // Routes, Services and grants of every namespace act at a gateway; workloads but for its own and those behind it do not.
  const atGateway = (edits: readonly Edit[], { gateway = '', backend = '' }: Query['to']): Mesh => {
    const places = [namespaceOfId(gateway), ...(backend.includes('/') ? [namespaceOfId(backend)] : [])];
    const within = new Set([...everywhere, ...places]);
    const acts = (resource: AnyResource): boolean => !('podLabels' in resource.spec) || within.has(resource.namespace ?? '');
    return edited.get(JSON.stringify(['gateway', ...places, edits.map((edit) => edit.id)]), () => withEditedPolicies(() => baseMesh, edits) ?? withConfigOf(baseMesh, buildMesh(applied(base, edits).filter(acts), settings)));
  };
  const near = (edits: readonly Edit[], query: Query, besides: readonly string[], every: boolean): Mesh => (query.to.gateway === undefined ? meshOf(edits, query, besides, every) : atGateway(edits, query.to));
  return { near: (edits, query, besides = []) => near(edits, query, besides, false), around: (edits, query, besides = []) => near(edits, query, besides, true) };
}

/** Many questions are about the same few places. */
const mostRemembered = 256;

class Memory<V> {
  readonly #known = new Map<string, V>();

  get(key: string, compute: () => V): V {
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const fresh = compute();
    if (this.#known.size > mostRemembered) this.#known.clear();
    this.#known.set(key, fresh);
    return fresh;
  }
}

/** Most edits are of policies: workloads, Services and everything else about them stay. */
function withEditedPolicies(surroundings: () => Mesh, edits: readonly Edit[]): Mesh | undefined {
  const policies = edits.flatMap((edit) => (edit.type === 'removed' || (edit.type === 'modified' && (edit.base.kind !== edit.head.kind || !accepted(edit.base))) ? [] : [edit.head]));
  return policies.length < edits.length ? undefined : withPolicies(surroundings(), policies);
}

function sameEntries(left: unknown, right: unknown): boolean {
  return left instanceof Map && right instanceof Map && left.size === right.size && [...left].every(([key, value]) => right.get(key) === value);
}

/** Policies are compiled and lowered once for each configuration: one of equal content is the base's own. */
export function withConfigOf(base: Mesh, mesh: Mesh): Mesh {
  return sameContent(mesh.config, base.config, sameEntries) ? { ...mesh, config: base.config } : mesh;
}

function rootsOf(mesh: Mesh): readonly string[] {
  const services = new Set((mesh.config.extensionProviders ?? []).map((provider) => provider.service.slice(provider.service.indexOf('/') + 1)));
  if (services.size === 0) return [mesh.config.rootNamespace];
  const entries = (mesh.resources.get('ServiceEntry') ?? []).filter((entry) => entry.kind === 'ServiceEntry' && entry.spec.hosts.some((host) => services.has(host)));
  return [mesh.config.rootNamespace, ...[...services].map((host) => host.split('.')[1] ?? ''), ...entries.map((entry) => entry.namespace ?? 'default')].filter((name) => name !== '');
}

function namespacesOf(query: Query): readonly string[] {
  const named = [query.to.workload, query.from.workload, query.to.gateway].map((id) => (id === undefined ? '' : namespaceOfId(id)));
  return [...named, query.to.selector?.namespace ?? '', query.from.pod?.namespace ?? ''].filter((name) => name !== '' && name !== '*');
}

function editsWithin(edits: readonly Edit[], namespaces: ReadonlySet<string>): readonly Edit[] {
  return edits.filter((edit) => {
    const namespace = editNamespace(edit);
    return namespace === undefined || namespaces.has(namespace);
  });
}

function applied(resources: readonly AnyResource[], edits: readonly Edit[]): AnyResource[] {
  const byId = new Map(resources.map((resource) => [resourceId(resource), resource]));
  for (const edit of edits) {
    if (edit.type === 'removed') byId.delete(edit.id);
    else byId.set(edit.id, edit.head);
  }
  return [...byId.values()];
}
