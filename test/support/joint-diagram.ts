/**
 * The difference of two sides once more, as an ordered decision diagram: one variable for each dimension, one branch for each class of its
 * values, both sides followed together. Of the engine it takes the matchers alone, so that two sets are equal exactly where their
 * diagrams are one node.
 */
import { candidatesOf } from '#sets/candidates/candidates.ts';
import type { Cube, Dimension, Path, Point, Predicate } from '#sets/cube.ts';
import type { DifferenceProblem } from '#sets/difference.ts';
import { cubeKey, matcherKey, valueKey } from '#sets/keys.ts';
import { holds, matches } from '#sets/matches.ts';
import type { Matcher, TextMatcher, Value } from '#sets/matcher.ts';

export type Question = Pick<DifferenceProblem, 'from' | 'to' | 'impossible' | 'within'>;

/** Values of each dimension of which no matcher in play tells any two apart, one of each class. */
export type Domain = ReadonlyMap<Dimension, readonly Value[]>;

function cubesOf({ from, to, impossible, within = [] }: Question): Cube[] {
  const layers = [...from, ...to].flatMap((path) => path.layers);
  return [...layers.flatMap((layer) => [...(layer.allow === 'all' ? [] : layer.allow), ...layer.deny]), ...impossible, ...within];
}

const mostValues = 4_096;

function isText(matcher: Matcher): matcher is TextMatcher {
  return matcher.type === 'exact' || matcher.type === 'prefix' || matcher.type === 'suffix' || matcher.type === 'non-empty' || matcher.type === 'present';
}

/** Texts of all kinds that end or begin as the patterns do, and their concatenations, which are prefix and suffix at once. */
function elementsOf(matchers: readonly Matcher[]): string[] {
  const patterns = matchers.flatMap((matcher) => (matcher.type === 'element' ? [matcher.pattern, ...(matcher.also ?? []), ...(matcher.except ?? [])] : [])).filter(isText);
  const texts = [...new Set(['', ...patterns.flatMap((pattern) => ('text' in pattern ? [pattern.text] : []))])];
  return ['', ...texts, ...texts.flatMap((start) => texts.flatMap((end) => [`${start}~${end}`, start + end]))];
}

/** One value of each class; of a list, the classes are the unions of its elements' classes. */
function classesOf(dimension: Dimension, matchers: readonly Matcher[], more: readonly Value[]): readonly Value[] | undefined {
  const signature = (value: Value): string => matchers.map((matcher) => (matches(matcher, value) ? '1' : '0')).join('');
  const classes = new Map<string, Value>();
  const note = (value: Value): void => {
    const key = signature(value);
    if (!classes.has(key)) classes.set(key, value);
  };
  for (const value of more) note(value);
  if (dimension.startsWith('claim:')) {
    note(null);
    const single = new Map<string, string>();
    for (const element of elementsOf(matchers)) if (!single.has(signature([element]))) single.set(signature([element]), element);
    for (const element of single.values()) {
      for (const list of [...classes.values()]) note([...(Array.isArray(list) ? (list as readonly string[]) : typeof list === 'string' ? [list] : []), element]);
      if (classes.size > mostValues) return undefined;
    }
    return [...classes.values()];
  }
  const candidates = candidatesOf(dimension, matchers, mostValues);
  if (candidates === undefined) return undefined;
  for (const value of candidates) note(value);
  return [...classes.values()];
}

/**
 * What all the questions speak of, cut into classes; `undefined` where there would be too many.
 * @param more further values to tell apart: of a class that the engine forgets, one of these may be a member
 */
export function domainOf(questions: readonly Question[], more: ReadonlyMap<Dimension, readonly Value[]> = new Map()): Domain | undefined {
  const matchers = new Map<Dimension, Map<string, Matcher>>();
  for (const cube of questions.flatMap(cubesOf)) {
    for (const { dimension, any, none } of cube.predicates) {
      const known = matchers.get(dimension) ?? new Map<string, Matcher>();
      matchers.set(dimension, known);
      for (const matcher of [...any, ...none]) known.set(matcherKey(matcher), matcher);
    }
  }
  const domain = new Map<Dimension, readonly Value[]>();
  for (const [dimension, known] of matchers) {
    const values = classesOf(dimension, [...known.values()], more.get(dimension) ?? []);
    if (values === undefined) return undefined;
    domain.set(dimension, values);
  }
  return domain;
}

/** Cubes by number, equal cubes having one; a layer that asks nothing has no list. */
interface LayerLeft {
  readonly allow: readonly number[] | undefined;
  readonly deny: readonly number[];
}

/** What is left of a question when some dimensions are fixed. */
interface Left {
  readonly from: readonly (readonly LayerLeft[])[];
  readonly to: readonly (readonly LayerLeft[])[];
  readonly impossible: readonly number[];
  readonly within: readonly number[] | undefined;
}

interface Node {
  readonly level: number;
  readonly children: readonly number[];
}

export const empty = 0;
const everything = 1;

/** Diagrams over one domain: equal sets have equal numbers. */
export class Diagrams {
  readonly #dimensions: readonly Dimension[];
  readonly #domain: Domain;
  readonly #nodes: Node[] = [{ level: Infinity, children: [] }, { level: Infinity, children: [] }];
  readonly #unique = new Map<string, number>();
  readonly #cubes: Cube[] = [];
  readonly #numbers = new Map<string, number>();
  /** For each cube: the last level that it speaks of. */
  readonly #last: number[] = [];
  readonly #accepted = new Map<string, boolean>();
  #left: number;

  /** @param limit how many branches may be followed in all */
  constructor(domain: Domain, limit: number) {
    this.#domain = domain;
    this.#dimensions = [...domain.keys()].sort((left, right) => (domain.get(left)?.length ?? 0) - (domain.get(right)?.length ?? 0));
    this.#left = limit;
  }

  /** Number of the set that `to` lets pass and `from` does not, as far as it can exist; `undefined` above the limit. */
  of(question: Question): number | undefined {
    const paths = (list: readonly Path[]): LayerLeft[][] => list.map((path) => path.layers.map((layer) => ({ allow: layer.allow === 'all' ? undefined : this.#numbered(layer.allow), deny: this.#numbered(layer.deny) })));
    const start: Left = { from: paths(question.from), to: paths(question.to), impossible: this.#numbered(question.impossible), within: question.within === undefined ? undefined : this.#numbered(question.within) };
    const settled = this.#settled(start, -1);
    return typeof settled === 'number' ? settled : this.#follow(settled, 0, new Map());
  }

  /** The union of cubes, as far as it can exist. */
  union(cubes: readonly Cube[], impossible: readonly Cube[]): number | undefined {
    return this.of({ from: [], to: [{ id: 'cubes', layers: [{ id: 'routing', allow: cubes, deny: [] }] }], impossible });
  }

  /** A point of one set that is none of the other. */
  apart(left: number, right: number): Point | undefined {
    if (left === right) return undefined;
    const values = new Map<Dimension, Value>();
    let [one, other] = [left, right];
    for (;;) {
      const level = Math.min(this.#node(one).level, this.#node(other).level);
      const dimension = this.#dimensions[level];
      if (dimension === undefined) return values;
      const classes = this.#domain.get(dimension) ?? [];
      const at = (node: number, index: number): number => (this.#node(node).level === level ? (this.#node(node).children[index] ?? empty) : node);
      const [a, b] = [one, other];
      const index = classes.findIndex((_, each) => at(a, each) !== at(b, each));
      values.set(dimension, classes[index] ?? null);
      [one, other] = [at(a, index), at(b, index)];
    }
  }

  #node(id: number): Node {
    return this.#nodes[id] as Node;
  }

  #numbered(cubes: readonly Cube[]): number[] {
    return [...new Set(cubes.map((cube) => this.#number(cube)))].sort((left, right) => left - right);
  }

  #number(cube: Cube): number {
    const key = cubeKey(cube);
    const known = this.#numbers.get(key);
    if (known !== undefined) return known;
    const fresh = this.#cubes.length;
    this.#numbers.set(key, fresh);
    this.#cubes.push(cube);
    this.#last.push(Math.max(-1, ...cube.predicates.map(({ dimension }) => this.#dimensions.indexOf(dimension))));
    return fresh;
  }

  /** Whether a cube accepts a class of values, by the definition. */
  #accepts(cube: number, level: number, index: number): boolean {
    const key = `${String(cube)} ${String(level)} ${String(index)}`;
    const known = this.#accepted.get(key);
    if (known !== undefined) return known;
    const dimension = this.#dimensions[level] as Dimension;
    const value = (this.#domain.get(dimension) ?? [])[index] as Value;
    const found = (this.#cubes[cube] as Cube).predicates.every((predicate: Predicate) => predicate.dimension !== dimension || holds(predicate, value));
    this.#accepted.set(key, found);
    return found;
  }

  /** @param level the last one that is fixed */
  #settled(left: Left, level: number): Left | number {
    const whole = (cube: number): boolean => (this.#last[cube] as number) <= level;
    if (left.impossible.some(whole)) return empty;
    if (left.within?.length === 0) return empty;
    const within = left.within?.some(whole) === true ? undefined : left.within;
    const to = this.#paths(left.to, whole);
    if (to.length === 0) return empty;
    const from = this.#paths(left.from, whole);
    if (from.some((path) => path.length === 0)) return empty;
    if (to.some((path) => path.length === 0)) {
      if (from.length === 0 && within === undefined && left.impossible.length === 0) return everything;
      return { from, to: [[]], impossible: left.impossible, within };
    }
    const text = (paths: readonly (readonly LayerLeft[])[]): string => JSON.stringify(paths);
    if (text(from) === text(to)) return empty;
    return { from, to, impossible: left.impossible, within };
  }

  /** Paths that may still let something pass, without the layers that are passed. */
  #paths(paths: readonly (readonly LayerLeft[])[], whole: (cube: number) => boolean): LayerLeft[][] {
    return paths.flatMap((path) => {
      const layers: LayerLeft[] = [];
      for (const { allow, deny } of path) {
        if (allow?.length === 0 || deny.some(whole)) return [];
        const asked = allow?.some(whole) === true ? undefined : allow;
        if (asked !== undefined || deny.length > 0) layers.push({ allow: asked, deny });
      }
      return [layers];
    });
  }

  #follow(left: Left, level: number, known: Map<string, number>): number | undefined {
    const key = `${String(level)} ${JSON.stringify([left.from, left.to, left.impossible, left.within])}`;
    const before = known.get(key);
    if (before !== undefined) return before;
    const dimension = this.#dimensions[level];
    if (dimension === undefined) throw new Error('a question is open though every dimension is fixed');
    const children: number[] = [];
    for (const index of (this.#domain.get(dimension) ?? []).keys()) {
      this.#left -= 1;
      if (this.#left < 0) return undefined;
      const kept = (cubes: readonly number[]): number[] => cubes.filter((cube) => this.#accepts(cube, level, index));
      const paths = (list: readonly (readonly LayerLeft[])[]): LayerLeft[][] => list.map((path) => path.map(({ allow, deny }) => ({ allow: allow === undefined ? undefined : kept(allow), deny: kept(deny) })));
      const next = this.#settled({ from: paths(left.from), to: paths(left.to), impossible: kept(left.impossible), within: left.within === undefined ? undefined : kept(left.within) }, level);
      const child = typeof next === 'number' ? next : this.#follow(next, level + 1, known);
      if (child === undefined) return undefined;
      children.push(child);
    }
    const node = this.#made(level, children);
    known.set(key, node);
    return node;
  }

  #made(level: number, children: readonly number[]): number {
    const first = children[0] ?? empty;
    if (children.every((child) => child === first)) return first;
    const key = `${String(level)} ${children.join(' ')}`;
    const known = this.#unique.get(key);
    if (known !== undefined) return known;
    this.#nodes.push({ level, children });
    this.#unique.set(key, this.#nodes.length - 1);
    return this.#nodes.length - 1;
  }
}

/** A point in words. */
export function shownPoint(point: Point): string {
  return [...point].map(([dimension, value]) => `${dimension}=${valueKey(value)}`).join(' ');
}
