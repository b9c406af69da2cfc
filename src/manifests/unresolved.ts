/**
 * Values that the repository does not tell, in fields whose schema takes no such text. Admission will see something else there, so it is no reason to refuse the object:
 * one of several names is a question with several answers, and a number is taken as one that equals only itself.
 */
import { shortHash } from '#lib/canonical.ts';
import { unresolvedTexts } from '#lib/unresolved.ts';
import type { FieldPath } from '#source/origin.ts';
import type { Fields } from './reading.ts';
import type { ManifestProblem } from './resource.ts';
import { isFields } from './shape.ts';

/** One value of a resource that is not told. */
export interface Unresolved {
  /** As written: `${MODE}`. Equal texts are equal values. */
  readonly text: string;
  readonly path: FieldPath;
  /** What it may be, where the schema names it; the first is what was decoded unless `given` says otherwise. */
  readonly choices?: readonly Choice[];
}

export type Choice = string | boolean;

export interface Settled {
  readonly manifest: Fields;
  readonly problems: readonly ManifestProblem[];
  readonly unresolved: readonly Unresolved[];
}

type Check = (manifest: Fields) => readonly ManifestProblem[];

/** More of them are no manifest. */
const most = 64;

/** Labels whose value decides whether a pod is in the mesh: no schema checks them, and any text would be a silent "no". */
const enrolling: Readonly<Record<string, readonly string[]>> = {
  'istio-injection': ['enabled', 'disabled'],
  'istio.io/dataplane-mode': ['ambient', 'none'],
  'sidecar.istio.io/inject': ['true', 'false'],
};

function labelProblems(manifest: Fields): readonly ManifestProblem[] {
  return [['metadata', 'labels'], ['spec', 'template', 'metadata', 'labels']].flatMap((path) => {
    const labels = valueAt(manifest, path);
    if (!isFields(labels)) return [];
    return Object.entries(enrolling).flatMap(([key, choices]): readonly ManifestProblem[] => {
      const value = labels[key];
      return typeof value === 'string' && unresolvedTexts(value).length > 0 ? [{ kind: 'schema', path: [...path, key], message: 'is not told', certain: true, choices }] : [];
    });
  });
}

/** @param given the answer that is looked at, by text */
export function settled(manifest: Fields, checkOfKind: Check, given: ReadonlyMap<string, Choice> | undefined): Settled {
  const check = (value: Fields): readonly ManifestProblem[] => {
    const labels = labelProblems(value);
    return labels.length === 0 ? checkOfKind(value) : [...labels, ...checkOfKind(value)];
  };
  let at = manifest;
  let problems = check(manifest);
  const unresolved: Unresolved[] = [];
  while (problems.length > 0 && unresolved.length < most) {
    const next = settleOne(at, problems, check, given);
    if (next === undefined) break;
    at = next.manifest;
    problems = next.problems;
    unresolved.push(next.unresolved);
  }
  return { manifest: at, problems, unresolved };
}

function settleOne(manifest: Fields, problems: readonly ManifestProblem[], check: Check, given: ReadonlyMap<string, Choice> | undefined): { readonly manifest: Fields; readonly problems: readonly ManifestProblem[]; readonly unresolved: Unresolved } | undefined {
  for (const { kind, path, choices } of problems) {
    if (kind !== 'schema' && kind !== 'webhook') continue;
    const value = valueAt(manifest, path);
    const key = path.at(-1);
    const isKey = typeof value !== 'string' && typeof key === 'string' && unresolvedTexts(key).length > 0;
    const text = isKey ? key : value;
    if (typeof text !== 'string' || unresolvedTexts(text).length === 0) continue;
    const told = given?.get(text);
    const candidates = choices === undefined ? constantsFor(text) : told !== undefined && choices.includes(told) ? [told] : choices;
    for (const candidate of candidates) {
      const changed = isKey ? withKey(manifest, path, String(candidate)) : withValue(manifest, path, candidate);
      const left = check(changed);
      if (left.some((problem) => (problem.kind === 'schema' || problem.kind === 'webhook') && samePlace(problem.path, path, isKey ? String(candidate) : undefined))) continue;
      return { manifest: changed, problems: left, unresolved: { text, path, ...(choices === undefined ? {} : { choices }) } };
    }
  }
  return undefined;
}

/** A number that stands for the text and is hardly anybody else's port, as number and as text. */
function constantsFor(text: string): readonly (string | number)[] {
  const number = 20_000 + (Number.parseInt(shortHash(text).slice(0, 8), 16) % 40_000);
  return [number, String(number)];
}

function samePlace(left: FieldPath, right: FieldPath, key: string | undefined): boolean {
  const wanted = key === undefined ? right : [...right.slice(0, -1), key];
  return left.length === wanted.length && left.every((step, index) => step === wanted[index]);
}

function valueAt(from: unknown, path: FieldPath): unknown {
  let at: unknown = from;
  for (const step of path) {
    if (Array.isArray(at) && typeof step === 'number') at = at[step];
    else if (isFields(at) && Object.hasOwn(at, String(step))) at = at[String(step)];
    else return undefined;
  }
  return at;
}

function withValue(from: Fields, path: FieldPath, value: unknown): Fields {
  const copy = (at: unknown, rest: FieldPath): unknown => {
    const [step, ...more] = rest;
    if (step === undefined) return value;
    if (Array.isArray(at)) return at.map((entry: unknown, index) => (index === step ? copy(entry, more) : entry));
    return isFields(at) ? { ...at, [step]: copy(at[String(step)], more) } : at;
  };
  const made = copy(from, path);
  return isFields(made) ? made : from;
}

function withKey(from: Fields, path: FieldPath, key: string): Fields {
  const above = path.slice(0, -1);
  const map = valueAt(from, above);
  if (!isFields(map)) return from;
  return withValue(from, above, Object.fromEntries(Object.entries(map).map(([name, entry]) => [name === path.at(-1) ? key : name, entry])));
}
