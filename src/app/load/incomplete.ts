/** What could not be read or rendered, as reasons of the report; judged by the incompleteness gate alone (`docs/gates.md`). */
import { assertNever } from '#lib/assert-never.ts';
import { canonical, shortHash } from '#lib/canonical.ts';
import { groupBy } from '#lib/group.ts';
import { sortedBy } from '#lib/order.ts';
import type { Coverage, IncompleteReason } from '#report/report.ts';
import type { SourceProblem } from '#source/problem.ts';
import type { Side } from '#trees/tree.ts';
import { folderOf, type Unit, type UnitSide } from '#units/unit.ts';
import { entryOf } from '#manifests/registry.ts';
import { kindName, type AnyResource } from '#manifests/resource.ts';
import { rawKey } from '#units/pairing.ts';
import type { Duplicate } from './assemble.ts';
import type { UnitFiles } from './borrow.ts';
import { readContentOf } from './content.ts';
import type { Broken } from './read.ts';

export interface SideBroken extends Broken {
  readonly side: Side;
}

/**
 * `new`: the head has a reason that the base lacks, or the pull request touches the file. A reason that only the base has is repaired where the head can
 * read the same input, and `new` where the head lacks it: what it did is unknown, and the pull request takes it away.
 * @param isKept the head holds a readable version of what only the base cannot read
 */
export function unreadableReasons(broken: readonly SideBroken[], changed: ReadonlySet<string>, isKept: (broken: SideBroken) => boolean): readonly IncompleteReason[] {
  const onlyBase = new Set(broken.flatMap((each) => (each.side === 'base' ? [inputKey(each)] : [])));
  for (const each of broken) if (each.side === 'head') onlyBase.delete(inputKey(each));
  const gone = new Set(broken.flatMap((each) => (onlyBase.has(inputKey(each)) && !isKept(each) ? [inputKey(each)] : [])));
  const first = new Map<string, { reason: SideBroken; onBase: boolean; onHead: boolean; more: number }>();
  for (const each of sortedBy(broken, (entry) => entry.file, (entry) => entry.document ?? -1, (entry) => (entry.side === 'head' ? 0 : 1))) {
    const key = inputKey(each);
    const known = first.get(key);
    if (known === undefined) first.set(key, { reason: each, onBase: each.side === 'base', onHead: each.side === 'head', more: 0 });
    else {
      // The head's words are shown where there are any: they are what the author can mend.
      if (each.side === 'head' && !known.onHead) known.reason = each;
      else if (each.side === known.reason.side) known.more += 1;
      known.onBase ||= each.side === 'base';
      known.onHead ||= each.side === 'head';
    }
  }
  const limits = wholeRunLimits(broken);
  const perFile = [...first.values()].filter(({ reason }) => !limits.has(reason.problem.reason));
  return [...limits].map(limitReason).concat(perFile.map(({ reason, onBase, onHead, more }): IncompleteReason => {
    const { unit, file, problem } = reason;
    const kind = kindOf(problem);
    const isGone = gone.has(inputKey(reason));
    return {
      id: shortHash(kind, unit, file),
      kind,
      status: isGone || (onHead && (!onBase || changed.has(file))) ? 'new' : 'existing',
      unit,
      file,
      // A line of the base is none of the head's.
      ...(problem.line === undefined || !onHead ? {} : { line: problem.line }),
      reason: `${problem.reason}${more === 0 ? '' : `, and ${String(more)} more in this file`}${onHead ? '' : isGone ? ' (on the base side; the head takes it away, and what it did is not known)' : ' (on the base side; the head can be read)'}`,
      remedy: isGone ? 'correct it on the base branch first, so that its removal can be judged' : problem.remedy,
    };
  }));
}

function inputKey({ unit, file, problem }: Broken): string {
  return `${kindOf(problem)} ${unit} ${file}`;
}

/**
 * Whether the head has a readable version of what the base cannot read: the object that the recovered name tells, wherever it stands; where no name was
 * recovered, the file with no fewer documents than before.
 * @param holdsManifests the head can read manifests in a file that is in no unit as it stands (a kustomization's)
 */
export function keptBy(base: readonly UnitFiles[], head: readonly UnitFiles[], holdsManifests: (file: string) => boolean): (broken: SideBroken) => boolean {
  const baseUnits = new Map(base.map((unit) => [unit.unit, unit]));
  const headUnits = new Map(head.map((unit) => [unit.unit, new Map(unit.files.map((file) => [file.file, file]))]));
  let headObjects: ReadonlySet<string> | undefined;
  return ({ unit, file, document, value }) => {
    const from = baseUnits.get(unit);
    const there = from?.counterpart(file) ?? file;
    const now = headUnits.get(unit)?.get(there);
    if (now === undefined && holdsManifests(there)) return true;
    const key = isKnownKind(value) ? rawKey(value) : undefined;
    if (key !== undefined) {
      headObjects ??= new Set(head.flatMap((each) => each.files.flatMap((found) => found.resources.flatMap(keysOf))));
      return headObjects.has(key);
    }
    if (now === undefined) return false;
    const before = from?.files.find((each) => each.file === file);
    return now.documents >= (document === undefined ? 1 : (before?.documents ?? 1));
  };
}

/** Of other kinds no object is kept. */
function isKnownKind(value: unknown): boolean {
  if (value === null || typeof value !== 'object' || !('apiVersion' in value) || !('kind' in value)) return false;
  const { apiVersion, kind } = value;
  return typeof apiVersion === 'string' && typeof kind === 'string' && entryOf(apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : '', kind) !== undefined;
}

/** As a manifest may name the object: with its namespace, or without. */
function keysOf(resource: AnyResource): readonly string[] {
  const kind = kindName(resource.kind);
  return [`${kind}/${resource.namespace ?? ''}/${resource.name}`, `${kind}//${resource.name}`];
}

/** A limit that stopped the reading of many files is one reason of the whole run, which every pull request touches. */
function wholeRunLimits(broken: readonly SideBroken[]): ReadonlyMap<string, { readonly remedy: string; readonly files: number }> {
  const files = groupBy(broken.filter((each) => each.problem.kind === 'limit' && each.document === undefined), (each) => each.problem.reason);
  return new Map([...files].flatMap(([reason, all]) => (all.length > 5 ? [[reason, { remedy: all[0]?.problem.remedy ?? '', files: new Set(all.map((each) => each.file)).size }] as const] : [])));
}

function limitReason([reason, { remedy, files }]: readonly [string, { readonly remedy: string; readonly files: number }]): IncompleteReason {
  return { id: shortHash('limit', '', ''), kind: 'limit', status: 'new', reason: `${reason}; ${String(files)} files were not read`, remedy };
}

function kindOf(problem: SourceProblem): IncompleteReason['kind'] {
  switch (problem.kind) {
    case 'missing-object':
      return 'missing-object';
    case 'too-large':
    case 'alias-limit':
    case 'limit':
      return 'limit';
    case 'yaml-error':
    case 'duplicate-key':
    case 'glued-separator':
    case 'not-utf8':
    case 'not-readable':
    case 'lfs-pointer':
    case 'symlink-outside':
    case 'submodule':
      return 'unreadable';
    default:
      return assertNever(problem.kind);
  }
}

/**
 * R19: what stands twice in what runs together, with different content; the last in file order is in force, and the author is told of both. `existing` where
 * the base has the same two definitions, whatever else the pull request changes in their files.
 */
export function duplicateReasons(duplicates: readonly (Duplicate & { readonly side: Side })[], lineOf: (resource: AnyResource) => number | undefined): readonly IncompleteReason[] {
  const differing = duplicates.filter((duplicate) => duplicate.differ);
  const onBase = new Set(differing.flatMap((duplicate) => (duplicate.side === 'base' ? [definitions(duplicate)] : [])));
  const isNew = (duplicate: Duplicate): boolean => !onBase.has(definitions(duplicate));
  // One reason for an object, for the first of its duplicates that the base does not have.
  const byResource = groupBy(differing.filter((duplicate) => duplicate.side === 'head'), (duplicate) => duplicate.resource);
  return [...byResource.values()].flatMap((all): readonly IncompleteReason[] => {
    const shown = all.find(isNew) ?? all[0];
    if (shown === undefined) return [];
    const { resource, unit, inForce, overridden } = shown;
    const { file } = inForce.origin;
    const line = lineOf(inForce);
    return [
      {
        id: shortHash('unreadable', unit, file, resource),
        kind: 'unreadable',
        status: isNew(shown) ? 'new' : 'existing',
        unit,
        file,
        ...(line === undefined ? {} : { line }),
        reason: `\`${resource}\` is defined twice with different content, first in \`${overridden.origin.file}\`${lineText(lineOf(overridden))}; this one, the last in file order, is taken to be in force`,
        remedy: 'keep one of the two definitions; files that nobody deploys (inputs of a tool, of tests) belong under `ignore` in the configuration',
      },
    ];
  });
}

/** The object, and what both definitions say in the fields that the model reads. */
function definitions({ resource, overridden, inForce }: Duplicate): string {
  return shortHash(resource, readContentOf(overridden), readContentOf(inForce));
}

function lineText(line: number | undefined): string {
  return line === undefined ? '' : ` line ${String(line)}`;
}

/** Whether a pull request that changes these paths touches what a unit reads, on either side, or how the objects that name it have it rendered. */
export function touches(changed: readonly string[]): (unit: Unit) => boolean {
  const paths = new Set(changed);
  const folders = new Set(changed.map(folderOf));
  const ancestors = new Set(changed);
  for (const folder of folders) for (let at = folder; !ancestors.has(at); at = folderOf(at)) ancestors.add(at);
  return (unit) =>
    changed.length > 0 &&
    (isRedefined(unit) || [unit.base, unit.head].some((side) => {
      if (side === undefined) return false;
      const { inputs, valuesFile } = side;
      return (valuesFile !== undefined && paths.has(valuesFile)) || some(inputs.files, paths) || some(inputs.folders, folders) || inputs.trees.some((tree) => ancestors.has(tree));
    }));
}

/** A Flux or Argo CD object says otherwise how it is rendered: with other values, patches or variables. */
function isRedefined({ base, head }: Unit): boolean {
  const said = ({ helm, overlay, substitute, namespace, pinned }: UnitSide): string => canonical([helm, overlay, substitute, namespace, pinned]);
  return base === undefined || head === undefined || (base !== head && said(base) !== said(head));
}

function some(wanted: ReadonlySet<string>, present: ReadonlySet<string>): boolean {
  for (const each of wanted) if (present.has(each)) return true;
  return false;
}

/** The head's own file: what only the base has, no reader can open. */
/** `both` where the two sides cannot read the same thing for the same reason. */
export function unreadableCoverage(broken: readonly SideBroken[]): Coverage['unreadable'] {
  const found = new Map<string, { file: string; line?: number; side: 'base' | 'head' | 'both'; reason: string; remedy: string }>();
  for (const { file, problem, side } of broken) {
    const key = `${file}\n${String(problem.line)}\n${problem.reason}`;
    const known = found.get(key);
    if (known === undefined) found.set(key, { file, ...(problem.line === undefined ? {} : { line: problem.line }), side, reason: problem.reason, remedy: problem.remedy });
    else if (known.side !== side) known.side = 'both';
  }
  return sortedBy(found.values(), (entry) => entry.file, (entry) => entry.line ?? 0, (entry) => entry.reason);
}
