/** The middle of the pipeline: environments of resources become meshes, their differences become changes with words and causes. */
import { resourceId } from '#manifests/resource.ts';
import { buildMesh, type MeshSettings } from '#mesh/build.ts';
import { enrolmentKnowledge } from '#mesh/enrolment.ts';
import type { Mesh } from '#mesh/model.ts';
import { compareSides, DifferenceMemo, type Sides } from '#impact/compare.ts';
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
function meshes(loaded: LoadedEnvironment, stated: MeshSettings['stated']): ComparedEnvironment & { readonly settings: MeshSettings } {
  const knowledge = enrolmentKnowledge(stated?.rootNamespace ?? 'istio-system', loaded.base.resources, loaded.head.resources);
  const settings: MeshSettings = { ...(stated === undefined ? {} : { stated }), knowledge };
  const base = buildMesh(loaded.base.resources, settings);
  const head = loaded.identical ? base : buildMesh(loaded.head.resources, { ...settings, seniors: new Set(loaded.base.resources.map(resourceId)) });
  return { loaded, base, head, renamed: loaded.identical ? new Map() : renamedWorkloads(loaded.renames, base, head), settings };
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
      edits: editsBetween(each.base.resources, each.head.resources),
      counterfactual: counterfactuals(each.base.resources, compared.base, compared.head, compared.settings),
      cite: (edit) => citations.cite(edit),
    });
  }
  return { environments, changes: describeChanges(raw, provenance), internalErrors, destinations, workUnits: memo.work };
}
