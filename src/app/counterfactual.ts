/** What if only these edits were made: the base's objects around one destination, with a few edits applied. */
import { canonical, sameContent } from '#lib/canonical.ts';
import { distinct } from '#lib/order.ts';
import { resourceId, type AnyResource } from '#manifests/resource.ts';
import { buildMesh, type MeshSettings } from '#mesh/build.ts';
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
  const byNamespace = new Map<string, AnyResource[]>();
  for (const resource of base) {
    const key = resource.kind === 'Namespace' ? resource.name : (resource.namespace ?? '');
    const group = byNamespace.get(key);
    if (group === undefined) byNamespace.set(key, [resource]);
    else group.push(resource);
  }
  const meshes = new Map<string, Mesh>();
  const spaces = base.filter((resource) => resource.kind === 'Namespace');
  const meshOf = (edits: readonly Edit[], query: Query, besides: readonly string[], every: boolean): Mesh => {
    const namespaces = distinct(['', ...everywhere, ...namespacesOf(query), ...besides]);
    const key = canonical([namespaces, every, edits.map((edit) => edit.id)]);
    let mesh = meshes.get(key);
    if (mesh === undefined) {
      const resources = new Set([...namespaces.flatMap((namespace) => byNamespace.get(namespace) ?? []), ...(every ? spaces : [])]);
      mesh = withConfigOf(baseMesh, buildMesh(applied([...resources], edits, every ? undefined : new Set(namespaces)), settings));
      if (meshes.size > 256) meshes.clear();
      meshes.set(key, mesh);
    }
    return mesh;
  };
  return { near: (edits, query, besides = []) => meshOf(edits, query, besides, false), around: (edits, query, besides = []) => meshOf(edits, query, besides, true) };
}

/** Policies are compiled once for each configuration: a configuration of equal content is the base's own. */
function withConfigOf(base: Mesh, mesh: Mesh): Mesh {
  return sameContent(mesh.config, base.config, () => false) ? { ...mesh, config: base.config } : mesh;
}

function rootsOf(mesh: Mesh): readonly string[] {
  const providers = (mesh.config.extensionProviders ?? []).map((provider) => provider.service.split('/')[0]?.split('.')[1] ?? '');
  return [mesh.config.rootNamespace, ...providers.filter((name) => name !== '')];
}

function namespacesOf(query: Query): readonly string[] {
  const named = [query.to.workload, query.from.workload, query.to.gateway].map((id) => (id === undefined ? '' : namespaceOfId(id)));
  return [...named, query.to.selector?.namespace ?? '', query.from.pod?.namespace ?? ''].filter((name) => name !== '' && name !== '*');
}

function applied(resources: readonly AnyResource[], edits: readonly Edit[], namespaces: ReadonlySet<string> | undefined): AnyResource[] {
  const byId = new Map(resources.map((resource) => [resourceId(resource), resource]));
  for (const edit of edits) {
    const namespace = editNamespace(edit);
    if (namespace !== undefined && namespaces?.has(namespace) === false) continue;
    if (edit.type === 'removed') byId.delete(edit.id);
    else byId.set(edit.id, edit.head);
  }
  return [...byId.values()];
}
