/** The middle of the pipeline: environments of resources become meshes, their differences become changes with words and causes. */
import { resourceId, type AnyResource } from '#manifests/resource.ts';
import { buildMesh, type MeshSettings } from '#mesh/build.ts';
import { enrolmentKnowledge } from '#mesh/enrolment.ts';
import { unreadableMeshConfig } from '#mesh/config-fields.ts';
import type { Mesh } from '#mesh/model.ts';
import { compareSides } from '#impact/compare.ts';
import { DifferenceMemo } from '#impact/pair-context.ts';
import type { Sides } from '#impact/raw-change.ts';
import { describeChanges, type DescribedChange, type Provenance } from '#impact/describe.ts';
import { editsBetween } from '#impact/edits.ts';
import type { Limits } from '#sets/difference.ts';
import type { Citations } from './cite.ts';
import { counterfactuals } from './counterfactual.ts';
import type { LoadedEnvironment } from './load.ts';
import { renamedWorkloads } from './workload-pairing.ts';

export interface ComparedEnvironment {
  readonly loaded: LoadedEnvironment;
  readonly base: Mesh;
  readonly head: Mesh;
  readonly renamed: ReadonlyMap<string, string>;
}

export interface ComparedEnvironments {
  readonly environments: readonly ComparedEnvironment[];
  readonly changes: readonly DescribedChange[];
  readonly internalErrors: readonly string[];
  readonly destinations: number;
  readonly workUnits: number;
}

/** Both sides of one environment; one mesh where nothing differs. */
function meshes(loaded: LoadedEnvironment, stated: MeshSettings['stated']): ComparedEnvironment & { readonly settings: MeshSettings; readonly resources: Readonly<Record<'base' | 'head', readonly AnyResource[]>> } {
  const resources = loaded.identical ? { base: loaded.base.resources, head: loaded.head.resources } : { base: withStandIns(loaded.base.resources, loaded.head.resources), head: withStandIns(loaded.head.resources, loaded.base.resources) };
  const knowledge = enrolmentKnowledge(stated?.rootNamespace ?? 'istio-system', resources.base, resources.head);
  const settings: MeshSettings = { ...(stated === undefined ? {} : { stated }), knowledge };
  const unsettled = loaded.identical ? new Set<string>() : changedPeerAuthentications(resources.base, resources.head);
  const base = buildMesh(resources.base, { ...settings, unsettled });
  const seniors = new Set(resources.base.map(resourceId));
  const head = loaded.identical ? base : buildMesh(resources.head, { ...settings, seniors });
  return { loaded, resources, base, head, renamed: loaded.identical ? new Map() : renamedWorkloads(loaded.renames, base, head), settings: { ...settings, unsettled, seniors } };
}

/** R18: a mesh configuration that cannot be read is what the other side says of it, and unknown where that says nothing. */
function withStandIns(own: readonly AnyResource[], other: readonly AnyResource[]): readonly AnyResource[] {
  if (!own.some((resource) => unreadableMeshConfig(resource) !== undefined)) return own;
  return own.flatMap((resource) => {
    if (unreadableMeshConfig(resource) === undefined) return [resource];
    const id = resourceId(resource);
    return other.filter((candidate) => resourceId(candidate) === id && unreadableMeshConfig(candidate) === undefined);
  });
}

/** Ids of those that the head removes, or gives another mode, scope or age. */
function changedPeerAuthentications(base: readonly AnyResource[], head: readonly AnyResource[]): ReadonlySet<string> {
  const bare = (resources: readonly AnyResource[]): readonly AnyResource[] => resources.flatMap((resource) => (resource.kind === 'PeerAuthentication' ? [{ ...resource, labels: {}, annotations: {} }] : []));
  return new Set(editsBetween(bare(base), bare(head)).filter((edit) => edit.type !== 'added').map((edit) => edit.id));
}

export function compareEnvironments(loaded: readonly LoadedEnvironment[], stated: MeshSettings['stated'], limits: Limits, citations: Citations): ComparedEnvironments {
  const memo = new DifferenceMemo();
  const provenance = new Map<string, Provenance>();
  const environments: ComparedEnvironment[] = [];
  const raw = [];
  const internalErrors: string[] = [];
  let destinations = 0;
  for (const each of loaded) {
    const compared = meshes(each, stated);
    environments.push(compared);
    if (each.identical) continue;
    const sides: Sides = { environment: each.id, base: compared.base, head: compared.head, renamed: compared.renamed };
    const result = compareSides(sides, limits, memo);
    raw.push(...result.changes);
    internalErrors.push(...result.internalErrors);
    destinations += result.compared;
    provenance.set(each.id, {
      sides,
      edits: editsBetween(compared.resources.base, compared.resources.head),
      counterfactual: counterfactuals(compared.resources.base, compared.base, compared.head, compared.settings),
      cite: (edit) => citations.cite(edit),
    });
  }
  return { environments, changes: describeChanges(raw, provenance), internalErrors, destinations, workUnits: memo.work };
}
