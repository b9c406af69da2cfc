/**
 * Namespaces that a pull request takes away whole: the object, and all that lay in it. Their pods are gone with them, declared here or not,
 * so that a policy which went along opens nothing (R28). Where tools are told to keep the object, the pods stay.
 */
import { sortedBy } from '#lib/order.ts';
import type { Mesh } from './model.ts';

const kept: readonly (readonly [key: string, value: RegExp])[] = [
  ['kustomize.toolkit.fluxcd.io/prune', /^disabled$/u],
  ['argocd.argoproj.io/sync-options', /(?:^|,)\s*(?:Prune|Delete)=false/u],
  ['helm.sh/resource-policy', /^keep$/u],
];

export function namespacesTakenAway(base: Mesh, head: Mesh): readonly string[] {
  const gone = [...base.namespaces.values()].filter(({ name, resource }) => resource !== undefined && head.namespaces.get(name)?.resource === undefined && !kept.some(([key, value]) => value.test(resource.annotations[key] ?? resource.labels[key] ?? '')));
  if (gone.length === 0) return [];
  const living = new Set([...head.resources.values()].flatMap((resources) => resources.map(({ namespace }) => namespace)));
  return sortedBy(gone.map(({ name }) => name).filter((name) => name !== base.config.rootNamespace && !living.has(name)), (name) => name);
}
