/** What could not be read or rendered, as reasons of the report; judged by the incompleteness gate alone (`design.md` section 6). */
import { assertNever } from '#lib/assert-never.ts';
import { shortHash } from '#lib/canonical.ts';
import { groupBy } from '#lib/group.ts';
import { sortedBy } from '#lib/order.ts';
import type { Coverage, IncompleteReason } from '#report/report.ts';
import type { SourceProblem } from '#source/problem.ts';
import type { Side } from '#trees/tree.ts';
import { folderOf, type Unit } from '#units/unit.ts';
import type { AnyResource } from '#manifests/resource.ts';
import type { Duplicate } from './assemble.ts';
import type { Broken } from './read.ts';

export interface SideBroken extends Broken {
  readonly side: Side;
}

/** `new`: the head has a reason that the base lacks, or the pull request touches the file. A reason that only the base has is repaired. */
export function unreadableReasons(broken: readonly SideBroken[], changed: ReadonlySet<string>): readonly IncompleteReason[] {
  const first = new Map<string, { reason: SideBroken; onBase: boolean; onHead: boolean; more: number }>();
  for (const each of sortedBy(broken, (entry) => entry.file, (entry) => entry.document ?? -1, (entry) => (entry.side === 'head' ? 0 : 1))) {
    const key = `${kindOf(each.problem)} ${each.unit} ${each.file}`;
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
    return {
      id: shortHash(kind, unit, file),
      kind,
      status: onHead && (!onBase || changed.has(file)) ? 'new' : 'existing',
      unit,
      file,
      // A line of the base is none of the head's.
      ...(problem.line === undefined || !onHead ? {} : { line: problem.line }),
      reason: `${problem.reason}${more === 0 ? '' : `, and ${String(more)} more in this file`}${onHead ? '' : ' (on the base side; the head mends it)'}`,
      remedy: problem.remedy,
    };
  }));
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

/** R19: what stands twice in one unit with different content; the last in file order is in force, and the author is told of both. */
export function duplicateReasons(duplicates: readonly (Duplicate & { readonly side: Side })[], changed: ReadonlySet<string>, lineOf: (resource: AnyResource) => number | undefined): readonly IncompleteReason[] {
  const differing = duplicates.filter((duplicate) => duplicate.differ);
  const onBase = new Set(differing.flatMap((duplicate) => (duplicate.side === 'base' ? [duplicate.resource] : [])));
  const seen = new Set<string>();
  return differing.flatMap((duplicate): readonly IncompleteReason[] => {
    const { resource, unit, inForce, overridden, side } = duplicate;
    if (side === 'base' || seen.has(resource)) return [];
    seen.add(resource);
    const { file } = inForce.origin;
    const line = lineOf(inForce);
    const touched = changed.has(file) || changed.has(overridden.origin.file);
    return [
      {
        id: shortHash('unreadable', unit, file, resource),
        kind: 'unreadable',
        status: onBase.has(resource) && !touched ? 'existing' : 'new',
        unit,
        file,
        ...(line === undefined ? {} : { line }),
        reason: `\`${resource}\` is defined twice with different content, first in \`${overridden.origin.file}\`${lineText(lineOf(overridden))}; this one, the last in file order, is taken to be in force`,
        remedy: 'keep one of the two definitions',
      },
    ];
  });
}

function lineText(line: number | undefined): string {
  return line === undefined ? '' : ` line ${String(line)}`;
}

/** Whether a pull request that changes these paths touches what a unit reads, on either side. */
export function touches(changed: readonly string[]): (unit: Unit) => boolean {
  const paths = new Set(changed);
  const folders = new Set(changed.map(folderOf));
  const ancestors = new Set(changed);
  for (const folder of folders) for (let at = folder; !ancestors.has(at); at = folderOf(at)) ancestors.add(at);
  return (unit) =>
    changed.length > 0 &&
    [unit.base, unit.head].some((side) => {
      if (side === undefined) return false;
      const { inputs, valuesFile } = side;
      return (valuesFile !== undefined && paths.has(valuesFile)) || some(inputs.files, paths) || some(inputs.folders, folders) || inputs.trees.some((tree) => ancestors.has(tree));
    });
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
