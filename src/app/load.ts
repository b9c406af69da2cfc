/**
 * From two trees to the environments of typed resources that run on either side (`docs/repositories.md`; R1 to R29). Pure: everything was read before.
 */
import { shortHash } from '#lib/canonical.ts';
import { distinct, sortedBy } from '#lib/order.ts';
import type { AnyResource } from '#manifests/resource.ts';
import { resourceId } from '#manifests/resource.ts';
import { twinOf } from '#manifests/twins.ts';
import type { Assumption } from '#mesh/model.ts';
import type { Coverage, IncompleteReason, UnitReport } from '#report/report.ts';
import type { BlobContent, BlobId, Side, Tree, TreePair } from '#trees/tree.ts';
import { discoverUnits, type Discovered } from '#units/discover.ts';
import { follow } from '#units/documents.ts';
import { planEnvironments, type Content, type PlacedUnit } from '#units/environments.ts';
import { onSide, shown, type Unit, type UnitsConfig } from '#units/unit.ts';
import { assemble, inForce, type Assembled, type Duplicate, type LoadedSide, type UnitObjects } from './load/assemble.ts';
import { borrow, type UnitFiles } from './load/borrow.ts';
import { changedResources, type ChangedResource } from './load/changed-resources.ts';
import { readContentOf } from './load/content.ts';
import { duplicateReasons, keptBy, touches, unreadableCoverage, unreadableReasons, type SideBroken } from './load/incomplete.ts';
import { fileReader, type FileContent, type FileReader } from './load/read.ts';
import { outsideChanges, renderAssumptions, renderedReader, renderedUnitReport, renderingOn, renderReasons, type DocumentReader, type OutsideChange } from './load/rendered.ts';
import { configurationPath, relevanceOf } from './load/relevance.ts';
import { oneWorld, unresolvedId, unresolvedIn, unresolvedWords, worldsOf, type Worlds } from './load/unresolved.ts';
import { nothingRendered, type Rendered } from './render/rendered.ts';
import { pairWorkloads } from './workload-pairing.ts';

export type { ChangedResource, Duplicate, LoadedSide, OutsideChange };

export interface LoadedEnvironment {
  readonly id: string;
  readonly units: readonly UnitReport[];
  /** One sentence: why these units run together (R21). */
  readonly because: string;
  readonly base: LoadedSide;
  readonly head: LoadedSide;
  /** Workload resource id at the head → on the base (R12); `renamedWorkloads` says it in the ids of the model. */
  readonly renames: ReadonlyMap<string, string>;
  /** Every object is the very same one on both sides: there is nothing to compare. */
  readonly identical: boolean;
  /** What else it may be, where a value that is not told decides between a few. */
  readonly worlds: Worlds;
}

export interface SideDuplicate extends Duplicate {
  readonly side: Side;
}

export interface Loaded {
  /** At least one, in code-unit order. */
  readonly environments: readonly LoadedEnvironment[];
  readonly incompleteReasons: readonly IncompleteReason[];
  /** The head's numbers; `unreadable` names both sides. */
  readonly coverage: Pick<Coverage, 'files' | 'documents' | 'understood' | 'ignored' | 'unreadable'>;
  readonly changedResources: readonly ChangedResource[];
  /** False: the pull request touches nothing that the tool judges (R2). */
  readonly applicable: boolean;
  readonly changedPaths: readonly string[];
  /** What discovery had to assume (R22); enrolment and mesh configuration are the model's own (R23 to R26). */
  readonly assumptions: readonly Assumption[];
  /** Objects that are defined twice in what runs together (MP805). */
  readonly duplicates: readonly SideDuplicate[];
  /** Environments of what no Flux or Argo CD root reaches (R10). */
  readonly unreferenced: ReadonlySet<string>;
  /** Units of environments that the pull request does not touch (R16), and pinned ones (R8): nothing is said about them. */
  readonly untouched: readonly UnitReport[];
  /** References to content outside the repository that the sides do not share (R15). */
  readonly outsideChanges: readonly OutsideChange[];
  readonly discovered: Discovered;
}

export interface LoadOptions {
  /** Where the configuration was read from; a change of it is relevant (R2). */
  readonly configFile?: string;
  /** Discovery and renderings of exactly this pair and configuration; without it nothing is rendered. */
  readonly prepared?: { readonly discovered: Discovered; readonly rendered: Rendered } | undefined;
}

/** Both sides of a comparison. */
export function loadComparison(pair: TreePair, config: UnitsConfig, options: LoadOptions = {}): Loaded {
  const { discovered, rendered } = options.prepared ?? { discovered: discoverUnits(pair, config), rendered: nothingRendered };
  const isApart = (unit: Unit): boolean => rendered.untouched.has(unit.id) || isPinned(unit);
  const units = discovered.units.filter((unit) => !isApart(unit));
  const { applicable, changed } = relevanceOf(pair, discovered, options.configFile ?? configurationPath);
  const read = fileReader(discovered.documents);
  const readers: Readers = { discovered, rendered, read, readRendered: renderedReader(discovered.documents) };
  const sides = { base: readSide(pair.base, 'base', readers), head: readSide(pair.head, 'head', readers) };
  const objects = { base: objectsOf(sides.base, sides.head), head: objectsOf(sides.head, sides.base) };
  const plan = environmentsOf(units.map((unit) => placed(unit, objects.base, objects.head)), discovered.unreferenced, config);
  const byId = new Map(units.map((unit) => [unit.id, unit]));
  const duplicates = new Map<string, SideDuplicate>();
  const compared = plan.environments.map((environment) => {
    const side = (name: Side): Assembled => {
      const assembled = assemble(
        sortedBy(environment.units, (id) => (environment.own.has(id) ? 1 : 0), (id) => id).map((id): UnitObjects => ({ unit: id, own: environment.own.has(id), resources: objects[name].get(id) ?? [] })),
        contextOf(environment.id, objects[name]),
      );
      for (const duplicate of assembled.duplicates) duplicates.set(duplicateKey(name, duplicate), { ...duplicate, side: name });
      return assembled;
    };
    const base = side('base');
    const head = pair.base === pair.head ? base : side('head');
    const { base: baseSide, head: headSide } = inForce(base, head);
    const renames = pairWorkloads(baseSide.all, headSide.all);
    const identical = baseSide.all.length === headSide.all.length && baseSide.all.every((resource, index) => resource === headSide.all[index]);
    const loaded: LoadedEnvironment = {
      id: environment.id,
      because: environment.because,
      units: environment.units.flatMap((id) => {
        const unit = byId.get(id);
        return unit === undefined ? [] : [unitReport(unit, pair, rendered)];
      }),
      base: baseSide,
      head: headSide,
      renames,
      identical,
      worlds: identical ? oneWorld : worldsOf(baseSide.resources, headSide.resources, discovered.documents),
    };
    return { loaded, base, head };
  });
  const broken = [...sides.base.broken, ...sides.head.broken];
  const changedSet = new Set(changed);
  return {
    environments: compared.map((each) => each.loaded),
    incompleteReasons: sortedBy(
      [...unreadableReasons(broken, changedSet, keptBy(sides.base.units, sides.head.units, (file) => holdsManifests(pair.head, file, discovered))), ...duplicateReasons([...duplicates.values()], (resource) => lineIn(discovered, resource)), ...renderReasons(units, rendered, { isTouched: touches(changed), unreferenced: discovered.unreferenced }), ...treeReasons(pair)],
      (reason) => reason.unit ?? '',
      (reason) => reason.file ?? '',
      (reason) => reason.kind,
      (reason) => reason.reason,
    ),
    coverage: { ...countsOf(sides.head, discovered), unreadable: unreadableCoverage(broken) },
    changedResources: changedResources(compared.map(({ loaded, base, head }) => ({ id: loaded.id, base: base.byId, head: head.byId, renames: loaded.renames }))),
    applicable,
    changedPaths: changed,
    assumptions: sortedBy([...assumptionsOf(discovered, objects, plan.doubts), ...unresolvedAssumptions(compared.map(({ loaded }) => loaded)), ...renderAssumptions({ units, outside: discovered.outside }, rendered)], (each) => each.id),
    duplicates: sortedBy(duplicates.values(), (each) => each.resource, (each) => each.side, (each) => each.unit, (each) => each.overridden.origin.file, (each) => each.overridden.origin.document),
    unreferenced: plan.unreferenced,
    untouched: discovered.units.filter(isApart).map((unit) => renderedUnitReport(unit, rendered)),
    outsideChanges: outsideChanges(discovered, rendered),
    discovered,
  };
}

/** One tree (`audit`): both sides are the same, nothing is new. */
export function loadSnapshot(tree: Tree, blobs: ReadonlyMap<BlobId, BlobContent>, config: UnitsConfig, options: LoadOptions = {}): Loaded {
  return { ...loadComparison({ base: tree, head: tree, blobs }, config, options), applicable: true };
}

function holdsManifests(tree: Tree, file: string, { documents }: Discovered): boolean {
  const found = follow(tree, file);
  const reading = found.type === 'blob' ? documents.read(found.blob) : undefined;
  return reading?.type === 'documents' && reading.manifests && !reading.broken;
}

/** R8: what a root deploys from another revision is not what this tree holds. */
function isPinned(unit: Unit): boolean {
  return unit.base?.pinned !== undefined || unit.head?.pinned !== undefined;
}

/** R10, R19: what the roots reach, and apart from it what they do not. */
function environmentsOf(units: readonly PlacedUnit[], unreferenced: ReadonlySet<string>, config: UnitsConfig): ReturnType<typeof planEnvironments> & { readonly unreferenced: ReadonlySet<string> } {
  const plan = planEnvironments(units.filter((unit) => !unreferenced.has(unit.id)), config.environments);
  const loose = units.filter((unit) => unreferenced.has(unit.id));
  if (loose.length === 0) return { ...plan, unreferenced: new Set() };
  const apart = planEnvironments(loose, {});
  const environments = apart.environments.map((each) => ({ ...each, id: apart.environments.length === 1 ? 'unreferenced' : `unreferenced/${each.id}`, because: 'no Flux or Argo CD root of the repository reaches it' }));
  return { environments: [...plan.environments, ...environments], doubts: plan.doubts, unreferenced: new Set(environments.map((each) => each.id)) };
}

interface SideContent {
  readonly units: readonly UnitFiles[];
  readonly broken: readonly SideBroken[];
  /** Units that this side has in a form that could not be rendered. */
  readonly unrendered: ReadonlySet<string>;
}

/** Context counts as a unit without a place in the report; an environment's own is kept apart. */
const contextUnit = 'context';

function environmentContextUnit(environment: string): string {
  return `${contextUnit}:${environment}`;
}

interface Readers {
  readonly discovered: Discovered;
  readonly rendered: Rendered;
  readonly read: FileReader;
  readonly readRendered: DocumentReader;
}

function readSide(tree: Tree, side: Side, { discovered, rendered, read, readRendered }: Readers): SideContent {
  const units: UnitFiles[] = [];
  const unrendered = new Set<string>();
  const add = (unit: string, files: readonly string[], defaultNamespace: string, counterpart: (file: string) => string): void => {
    units.push({ unit, defaultNamespace, counterpart, files: files.map((file) => read(tree, file, { unit, defaultNamespace })) });
  };
  for (const unit of discovered.units) {
    const own = onSide(unit, side);
    if (own === undefined || rendered.untouched.has(unit.id) || isPinned(unit)) continue;
    const other = onSide(unit, side === 'base' ? 'head' : 'base');
    const counterpart = (file: string): string => (other === undefined || other.path === own.path ? file : moved(file, own.path, other.path));
    const rendering = renderingOn(rendered, unit, side);
    if (rendering === undefined) add(unit.id, own.files, namespaceOf(unit, side), counterpart);
    else if (rendering.type === 'rendered') units.push({ unit: unit.id, defaultNamespace: namespaceOf(unit, side), counterpart, files: readRendered(rendering.documents, { unit: unit.id, defaultNamespace: namespaceOf(unit, side) }) });
    else unrendered.add(unit.id);
  }
  add(contextUnit, discovered.context[side], placeholder(contextUnit), (file) => file);
  for (const [environment, files] of discovered.environmentContext) add(environmentContextUnit(environment), files[side], placeholder(contextUnit), (file) => file);
  return { units, unrendered, broken: units.flatMap((unit) => unit.files.flatMap((file) => file.broken.map((broken) => ({ ...broken, side })))) };
}

/** R22: what this side states, else what the other does; else a placeholder that matches only itself. */
function namespaceOf(unit: Unit, side: Side): string {
  return onSide(unit, side)?.namespace ?? unit.base?.namespace ?? unit.head?.namespace ?? placeholder(unit.id);
}

function placeholder(unit: string): string {
  return `~${unit}`;
}

function moved(file: string, from: string, to: string): string {
  const rest = from === '.' ? file : file.slice(from.length + 1);
  return to === '.' ? rest : `${to}/${rest}`;
}

/** A side's objects by unit, with what is taken from the other side for parts that cannot be read or rendered (R18). */
function objectsOf(own: SideContent, other: SideContent): ReadonlyMap<string, readonly AnyResource[]> {
  const objects = new Map<string, AnyResource[]>();
  for (const unit of own.units) objects.set(unit.unit, unit.files.flatMap((file) => file.resources));
  for (const { broken, resources } of borrow(own.units, other.units.flatMap((unit): readonly FileContent[] => unit.files))) objects.get(broken.unit)?.push(...resources);
  // A unit that could not be rendered here is what the other side says of it.
  for (const unit of other.units) if (own.unrendered.has(unit.unit)) objects.set(unit.unit, unit.files.flatMap((file) => file.resources));
  return objects;
}

function placed(unit: Unit, base: ReadonlyMap<string, readonly AnyResource[]>, head: ReadonlyMap<string, readonly AnyResource[]>): PlacedUnit {
  const contents = (objects: readonly AnyResource[]): ReadonlyMap<string, Content> =>
    new Map(objects.map((resource) => [resourceId(resource), { token: twinOf(resource), text: () => readContentOf(resource) }]));
  const own = unit.base ?? shown(unit);
  return { id: unit.id, path: own.path, isMade: own.kind !== 'plain', environment: own.environment, cluster: own.cluster, objects: [contents(base.get(unit.id) ?? []), contents(head.get(unit.id) ?? [])] };
}

function contextOf(environment: string, objects: ReadonlyMap<string, readonly AnyResource[]>): readonly AnyResource[] {
  return [...(objects.get(environmentContextUnit(environment)) ?? []), ...(objects.get(contextUnit) ?? [])];
}

function lineIn(discovered: Discovered, resource: AnyResource): number | undefined {
  const reading = discovered.documents.read(resource.origin.blob);
  return reading.type === 'documents' ? reading.documents.find((document) => document.index === resource.origin.document)?.startLine : undefined;
}

function duplicateKey(side: Side, duplicate: Duplicate): string {
  const { file, document, item } = duplicate.overridden.origin;
  return [side, duplicate.resource, file, document, item ?? ''].join('\n');
}

function unitReport(unit: Unit, pair: TreePair, rendered: Rendered): UnitReport {
  const { kind, path } = shown(unit);
  if ([unit.base, unit.head].some((side) => side !== undefined && side.kind !== 'plain')) return renderedUnitReport(unit, rendered);
  const identical = unit.base !== undefined && unit.head !== undefined && unit.base.files.length === unit.head.files.length
    && unit.base.files.every((file, index) => file === unit.head?.files[index] && sameBlob(pair, file));
  return { id: unit.id, kind, path, status: identical ? 'identical' : 'rendered' };
}

function sameBlob(pair: TreePair, file: string): boolean {
  const base = pair.base.entries.get(file);
  const head = pair.head.entries.get(file);
  return base?.type === 'file' && head?.type === 'file' && base.blob === head.blob;
}

function countsOf(head: SideContent, discovered: Discovered): Pick<Coverage, 'files' | 'documents' | 'understood' | 'ignored'> {
  // Several documents are rendered from one file, each a content of its own.
  const files = new Set(head.units.flatMap((unit) => unit.files));
  let documents = 0;
  let understood = 0;
  let ignored = discovered.ignored.length + discovered.unlike.length;
  for (const file of files) {
    documents += file.documents;
    understood += file.understood;
    ignored += file.ignored;
  }
  return { files: new Set([...files].map((each) => each.file)).size, documents, understood, ignored };
}

/** Folders that could not be listed and limits of the walk: what lies there is not known on that side. A limit of the whole run is always new. */
function treeReasons(pair: TreePair): readonly IncompleteReason[] {
  const inPlace = new Set<string>(['symlink-outside', 'submodule', 'not-utf8']);
  const base = new Map((pair.base.problems ?? []).map((each) => [each.path, each.problem]));
  const reasons = new Map<string, IncompleteReason>();
  for (const { path, problem } of pair.head.problems ?? []) {
    if (inPlace.has(problem.kind)) continue;
    const kind = problem.kind === 'missing-object' ? 'missing-object' : problem.kind === 'limit' || problem.kind === 'too-large' ? 'limit' : 'unreadable';
    const status = kind === 'limit' || base.get(path)?.reason !== problem.reason ? 'new' : 'existing';
    reasons.set(path, { id: shortHash(kind, '', path), kind, status, file: path, reason: problem.reason, remedy: problem.remedy });
  }
  for (const { path, problem } of pair.base.problems ?? []) {
    if (inPlace.has(problem.kind) || reasons.has(path)) continue;
    reasons.set(path, { id: shortHash('unreadable', 'base', path), kind: 'unreadable', status: 'new', file: path, reason: `${problem.reason} (on the base side)`, remedy: problem.remedy });
  }
  return [...reasons.values()];
}

function assumptionsOf(discovered: Discovered, objects: Readonly<Record<Side, ReadonlyMap<string, readonly AnyResource[]>>>, doubts: readonly string[]): readonly Assumption[] {
  const assumptions: Assumption[] = [];
  const placeholders = distinct([...objects.base.values(), ...objects.head.values()].flat().flatMap((resource) => (resource.namespace?.startsWith('~') === true ? [resource.namespace] : [])));
  for (const name of placeholders) {
    assumptions.push({ id: `namespace:${name}`, text: `objects of \`${name.slice(1)}\` that name no namespace live in one of their own, shown as \`${name}\`` });
  }
  for (const path of discovered.submodules) assumptions.push({ id: `submodule:${path}`, text: `the submodule \`${path}\` is not read; nothing in it runs in the mesh` });
  for (const path of discovered.missing) assumptions.push({ id: `missing:${path}`, text: `\`${path}\`, which the configuration names, exists on neither side` });
  for (const doubt of doubts) assumptions.push({ id: `environments:${shortHash(doubt)}`, text: doubt });
  return sortedBy(assumptions, (each) => each.id);
}

function unresolvedAssumptions(environments: readonly LoadedEnvironment[]): readonly Assumption[] {
  return unresolvedIn(environments.flatMap(({ base, head }) => (base === head ? head.all : [...base.all, ...head.all]))).map((text) => ({ id: unresolvedId(text), text: unresolvedWords(text) }));
}
