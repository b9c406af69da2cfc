/**
 * Changes that bring another version of a chart's dependency count as one: its version in Chart.yaml, the lock file, and the files of the vendored chart. What a person
 * edits is the version.
 */
import type { Cause } from '#impact/change.ts';
import type { Side } from '#trees/tree.ts';
import { baseName } from '#units/unit.ts';
import type { Place } from './edits.ts';

/** Changes that are undone together. */
export interface Group {
  readonly places: readonly Place[];
  /** The one that is shown. */
  readonly cited: Place;
  /** What lies between it and the template. */
  readonly via: Cause['via'];
}

const listing = new Set(['Chart.yaml', 'requirements.yaml', 'Chart.lock', 'requirements.lock']);

/** @param chart folder of the chart @param text of a path on one side */
export function dependencyGroups(places: readonly Place[], chart: string, text: (path: string, side: Side) => string | undefined): readonly Group[] {
  const at = chart === '.' ? '' : `${chart}/`;
  const of = new Map<string, Place[]>();
  const others: Place[] = [];
  for (const place of places) {
    const name = place.path.startsWith(at) ? dependencyOf(place, at, text) : undefined;
    if (name === undefined) others.push(place);
    else of.set(name, [...(of.get(name) ?? []), place]);
  }
  const single = (place: Place): Group => ({ places: [place], cited: place, via: [] });
  // Changes of the lock file that belong to no dependency (its digest, its date) move nothing by themselves.
  const free = of.size === 0 ? others : others.filter((place) => !place.path.endsWith('.lock'));
  return [
    ...free.map(single),
    ...[...of.values()].flatMap((own): readonly Group[] => {
      const listed = own.filter((place) => listing.has(baseName(place.path)));
      const version = listed.find((place) => place.path.endsWith('.yaml') && isVersion(place)) ?? listed.find(isVersion) ?? listed[0];
      const content = own.filter((place) => !listed.includes(place));
      // A vendored chart that was edited where it lies is like any other file.
      if (version === undefined) return own.map(single);
      const vendored = content.find((place) => place.path.endsWith('.tgz') && place.undone === undefined) ?? content[0];
      return [{ places: own, cited: version, via: vendored === undefined ? [] : [{ file: vendored.path, line: 1, role: 'dependency' }] }];
    }),
  ];
}

function isVersion({ added, removed }: Place): boolean {
  return [...added, ...removed].some((line) => /\bversion:/u.test(line.text));
}

/** Which dependency a change belongs to: `charts/<name>-<version>.tgz`, `charts/<name>/…`, or a line of its entry in a list of dependencies. */
function dependencyOf(place: Place, at: string, text: (path: string, side: Side) => string | undefined): string | undefined {
  const rest = place.path.slice(at.length);
  const packed = /^charts\/([^/]+?)-v?\d[^/]*\.tgz$/u.exec(rest)?.[1] ?? /^charts\/([^/]+)\//u.exec(rest)?.[1];
  if (packed !== undefined) return packed;
  if (!listing.has(rest)) return undefined;
  const side: Side = place.added.length > 0 ? 'head' : 'base';
  const line = (place.added[0] ?? place.removed[0])?.line;
  return line === undefined ? undefined : entryNameAt((text(place.path, side) ?? '').split('\n'), line);
}

/** The `name` of the list entry below `dependencies:` that holds a 1-based line. */
function entryNameAt(lines: readonly string[], line: number): string | undefined {
  const start = lines.findIndex((each) => /^dependencies:/u.test(each));
  if (start < 0 || line - 1 <= start) return undefined;
  let first = line - 1;
  while (first > start && !/^\s*- /u.test(lines[first] ?? '')) {
    if (/^\S/u.test(lines[first] ?? '')) return undefined;
    first -= 1;
  }
  if (first <= start) return undefined;
  let end = first + 1;
  while (end < lines.length && !/^\s*- |^\S/u.test(lines[end] ?? '')) end += 1;
  return /\bname:\s*["']?([\w.-]+)/u.exec(lines.slice(first, end).join('\n'))?.[1];
}
