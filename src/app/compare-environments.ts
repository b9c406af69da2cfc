/** The middle of the pipeline: environments of resources become meshes, their differences become changes with words and causes. */
import { canonical } from '#lib/canonical.ts';
import { distinct } from '#lib/order.ts';
import { resourceId, type AnyResource } from '#manifests/resource.ts';
import { besideMesh, buildMesh, type MeshSettings } from '#mesh/build.ts';
import { extensionHosts } from '#mesh/extension-services.ts';
import { enrolmentKnowledge } from '#mesh/enrolment.ts';
import { unreadableMeshConfig } from '#mesh/config-fields.ts';
import type { Assumption, Mesh } from '#mesh/model.ts';
import type { ComparedCalls } from '#impact/calls.ts';
import { compareSides } from '#impact/compare.ts';
import { DifferenceMemo } from '#impact/pair-context.ts';
import type { RawChange, Sides } from '#impact/raw-change.ts';
import { regionCube } from '#impact/region.ts';
import { describeChanges, type DescribedChange, type Provenance } from '#impact/describe.ts';
import { editsBetween, type Edit } from '#impact/edits.ts';
import { editsApart, Kinship, takenFrom } from '#impact/likeness.ts';
import type { Choice } from '#manifests/unresolved.ts';
import type { Limits } from '#sets/difference.ts';
import type { Citations } from './cite.ts';
import type { EnvironmentCalls } from './client-tls-effect.ts';
import { counterfactuals, withConfigOf } from './counterfactual.ts';
import type { LoadedEnvironment } from './load.ts';
import { unresolvedId, unresolvedIn } from './load/unresolved.ts';
import { newUnitsOnce } from './new-units.ts';
import { renamedWorkloads } from './workload-pairing.ts';

export interface ComparedEnvironment {
  readonly loaded: LoadedEnvironment;
  readonly base: Mesh;
  readonly head: Mesh;
  readonly renamed: ReadonlyMap<string, string>;
  readonly calls?: EnvironmentCalls;
}

export interface ComparedEnvironments {
  readonly environments: readonly ComparedEnvironment[];
  readonly changes: readonly DescribedChange[];
  /** What stands for several changes. */
  readonly assumptions: readonly Assumption[];
  /** Values that are not told and decide what changes. */
  readonly undecided: readonly UndecidedValue[];
  readonly internalErrors: readonly string[];
  readonly destinations: number;
  readonly workUnits: number;
}

export interface UndecidedValue {
  readonly environment: string;
  readonly text: string;
  /** One value with which something else changes; `undefined`: not all were looked at. */
  readonly choice: Choice | undefined;
  /** An object that holds the text, the head's first. */
  readonly resource: AnyResource;
  readonly side: 'base' | 'head';
}

/** What policies become is remembered with the configuration: environments whose configurations are equal use one. */
class SharedConfigs {
  readonly #first: Mesh[] = [];

  shared(mesh: Mesh): Mesh {
    for (const first of this.#first) {
      const same = withConfigOf(first, mesh);
      if (same.config === first.config) return same;
    }
    this.#first.push(mesh);
    return mesh;
  }
}

/** Both sides of one environment; one mesh where nothing differs. */
function meshes(loaded: LoadedEnvironment, stated: MeshSettings['stated'], known: SharedConfigs): ComparedEnvironment & { readonly settings: MeshSettings; readonly resources: Readonly<Record<'base' | 'head', readonly AnyResource[]>> } {
  const resources = loaded.identical ? { base: loaded.base.resources, head: loaded.head.resources } : { base: withStandIns(loaded.base.resources, loaded.head.resources), head: withStandIns(loaded.head.resources, loaded.base.resources) };
  const knowledge = enrolmentKnowledge(stated?.rootNamespace ?? 'istio-system', resources.base, resources.head);
  const edits = loaded.identical ? [] : peerAuthenticationEdits(resources.base, resources.head);
  const settings: MeshSettings = { ...(stated === undefined ? {} : { stated }), knowledge, extensionHosts: () => extensionHosts(resources.base, resources.head), elders: new Set(edits.filter(keepsItsPlace).map((edit) => edit.id)) };
  const unsettled = new Set(edits.map((edit) => edit.id));
  const base = known.shared(buildMesh(resources.base, { ...settings, unsettled }));
  const seniors = new Set(resources.base.map(resourceId));
  const head = loaded.identical ? base : (besideMesh(base, resources.base, resources.head, { ...settings, seniors }) ?? withConfigOf(base, buildMesh(resources.head, { ...settings, seniors })));
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

/** Those that the head removes, or gives another mode, scope or age. */
function peerAuthenticationEdits(base: readonly AnyResource[], head: readonly AnyResource[]): readonly Edit[] {
  const bare = (resources: readonly AnyResource[]): readonly AnyResource[] => resources.flatMap((resource) => (resource.kind === 'PeerAuthentication' ? [{ ...resource, apiVersion: '', labels: {}, annotations: {} }] : []));
  return editsBetween(bare(base), bare(head)).filter((edit) => edit.type !== 'added');
}

/** It is of one scope and age on both sides. */
function keepsItsPlace(edit: Edit): boolean {
  if (edit.type !== 'modified' || edit.base.kind !== 'PeerAuthentication' || edit.head.kind !== 'PeerAuthentication') return false;
  const selected = (resource: typeof edit.base): string => canonical(resource.spec.selector?.matchLabels ?? {});
  return edit.base.creationTimestamp === edit.head.creationTimestamp && selected(edit.base) === selected(edit.head);
}

/** @param kinship what environments take over from each other */
export function compareEnvironments(loaded: readonly LoadedEnvironment[], stated: MeshSettings['stated'], limits: Limits, citations: Citations, kinship = new Kinship()): ComparedEnvironments {
  const memo = new DifferenceMemo();
  const configs = new SharedConfigs();
  const provenance = new Map<string, Provenance>();
  const environments: ComparedEnvironment[] = [];
  const raw = [];
  const calls = new Map<string, ComparedCalls>();
  const internalErrors: string[] = [];
  let destinations = 0;
  const undecided: UndecidedValue[] = [];
  for (const each of loaded) {
    const compared = meshes(each, stated, configs);
    environments.push(compared);
    if (each.identical) continue;
    const sides: Sides = { environment: each.id, base: compared.base, head: compared.head, renamed: compared.renamed };
    const edits = editsBetween(compared.resources.base, compared.resources.head);
    const kin = kinship.of(sides);
    const result = compareSides(sides, limits, memo, kin === undefined ? undefined : (pair) => takenFrom(kin, pair, compared.base.config.rootNamespace));
    kinship.add(sides, edits, result);
    raw.push(...result.changes);
    calls.set(each.id, result.calls);
    internalErrors.push(...result.internalErrors);
    destinations += result.compared;
    undecided.push(...undecidedValues(each, (environment) => meshes(environment, stated, configs), result.changes, (sides) => compareSides(sides, limits, memo).changes));
    provenance.set(each.id, {
      sides,
      edits,
      unlike: kin === undefined ? [] : editsApart(edits, kin.edits),
      counterfactual: counterfactuals(compared.resources.base, compared.base, compared.head, compared.settings),
      limits,
      cite: (edit) => citations.cite(edit),
    });
  }
  const { changes, assumptions } = newUnitsOnce(describeChanges(raw, provenance).map(withUnresolvedAssumptions), loaded);
  const toldIn = (id: string): ReadonlySet<string> => new Set(changes.flatMap(({ change, edits }) => (change.call !== undefined && change.environments.includes(id) ? edits.map((edit) => edit.id) : [])));
  const withCalls = environments.map((environment) => {
    const compared = calls.get(environment.loaded.id);
    return compared === undefined ? environment : { ...environment, calls: { ...compared, told: toldIn(environment.loaded.id) } };
  });
  return { environments: withCalls, changes, assumptions, undecided, internalErrors, destinations, workUnits: memo.work };
}

/** The comparison again with each value that a text may stand for: a difference in what changes is not decided by the repository. */
function undecidedValues(loaded: LoadedEnvironment, modelled: (environment: LoadedEnvironment) => ComparedEnvironment, found: readonly RawChange[], compare: (sides: Sides) => readonly RawChange[]): readonly UndecidedValue[] {
  const { worlds, left } = loaded.worlds;
  if (worlds.length === 0 && left.length === 0) return [];
  const undecided = new Map<string, UndecidedValue>();
  const add = (text: string, choice: Choice | undefined): void => {
    const holds = (resource: AnyResource): boolean => resource.unresolved?.some((each) => each.text === text && each.choices !== undefined) === true;
    const head = loaded.head.resources.find(holds);
    const resource = head ?? loaded.base.resources.find(holds);
    if (resource !== undefined && !undecided.has(text)) undecided.set(text, { environment: loaded.id, text, choice, resource, side: head === undefined ? 'base' : 'head' });
  };
  const known = signature(found);
  for (const world of worlds) {
    if (undecided.has(world.text)) continue;
    const { base, head, renamed } = modelled({ ...loaded, base: { ...loaded.base, resources: world.base }, head: { ...loaded.head, resources: world.head } });
    if (signature(compare({ environment: loaded.id, base, head, renamed })) !== known) add(world.text, world.choice);
  }
  for (const text of left) add(text, undefined);
  return [...undecided.values()];
}

function signature(changes: readonly RawChange[]): string {
  return canonical(distinct(changes.map(({ destination, direction, facet, cubes, complete }) => canonical([destination.id, direction, facet, cubes.map(regionCube), complete]))));
}

/** A change that an object with such a text makes holds for the text as a value of its own. */
function withUnresolvedAssumptions(described: DescribedChange): DescribedChange {
  const { change, edits } = described;
  const texts = unresolvedIn(edits.flatMap((edit) => [...(edit.type === 'added' ? [] : [edit.base]), ...(edit.type === 'removed' ? [] : [edit.head])]));
  return texts.length === 0 ? described : { ...described, change: { ...change, assumptions: distinct([...change.assumptions, ...texts.map(unresolvedId)]) } };
}
