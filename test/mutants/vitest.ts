/** As much of vitest as the suite uses, as plain functions: a check is a name and a function that throws. */
import { readFileSync } from 'node:fs';
import { inspect, isDeepStrictEqual } from 'node:util';

interface Check {
  readonly id: string;
  readonly run: () => void;
}

interface Mutation {
  readonly file: string;
  readonly checks: Check[];
}

declare const __mutation: Mutation;

const groups: string[] = [];

type Body = (...values: never[]) => unknown;

function add(name: string, body: () => unknown): void {
  __mutation.checks.push({
    id: [__mutation.file, ...groups, name].join(' › '),
    run: () => {
      if (body() instanceof Promise) throw new Error('a check of this suite does not wait');
    },
  });
}

const bodyOf = (first: unknown, second: unknown): Body => (typeof first === 'function' ? (first as Body) : (second as Body));

function each(run: (name: string, body: () => unknown) => void) {
  return (cases: readonly unknown[]) =>
    (name: string, first: unknown, second?: unknown): void => {
      for (const [index, entry] of cases.entries()) run(`${name} #${String(index)}`, () => (bodyOf(first, second) as (...values: unknown[]) => unknown)(...(Array.isArray(entry) ? (entry as unknown[]) : [entry])));
    };
}

export function test(name: string, first: unknown, second?: unknown): void {
  add(name, bodyOf(first, second));
}
test.each = each(add);
// What is skipped without something beside the repository is skipped: the suite is the same everywhere.
test.skipIf = () => (): void => undefined;

export function describe(name: string, body: () => unknown): void {
  groups.push(name);
  body();
  groups.pop();
}
describe.each = each(describe);
describe.skipIf = () => (): void => undefined;

/** What all checks of a file met together is no check of its own. */
export function afterAll(): void {}

type Plain = Readonly<Record<string, unknown>>;

function isPlain(value: unknown): value is Plain {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Map) && !(value instanceof Set);
}

/** Without fields that are not there. */
function told(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(told);
  if (value instanceof Map) return new Map([...value].map(([key, entry]) => [told(key), told(entry)]));
  if (value instanceof Set) return new Set([...value].map(told));
  if (!isPlain(value)) return value;
  return Object.fromEntries(Object.entries(value).flatMap(([key, entry]) => (entry === undefined ? [] : [[key, told(entry)]])));
}

/** Stands for any value of which something holds. */
class Any {
  readonly fits: (value: unknown) => boolean;

  constructor(fits: (value: unknown) => boolean) {
    this.fits = fits;
  }
}

function same(value: unknown, other: unknown): boolean {
  if (other instanceof Any) return other.fits(value);
  if (Array.isArray(other)) return Array.isArray(value) && value.length === other.length && other.every((entry, index) => same(value[index], entry));
  if (!isPlain(value) || !isPlain(other)) return isDeepStrictEqual(told(value), told(other));
  const keys = new Set([...Object.keys(value), ...Object.keys(other)]);
  return [...keys].every((key) => same(value[key], other[key]));
}

function holds(value: unknown, part: unknown): boolean {
  if (part instanceof Any) return part.fits(value);
  if (Array.isArray(part)) return Array.isArray(value) && value.length === part.length && part.every((entry, index) => holds(value[index], entry));
  if (isPlain(part)) return isPlain(value) && Object.entries(part).every(([key, entry]) => holds(value[key], entry));
  return isDeepStrictEqual(told(value), told(part));
}

class Expectation {
  readonly #value: unknown;
  readonly #wanted: boolean;

  constructor(value: unknown, wanted: boolean) {
    this.#value = value;
    this.#wanted = wanted;
  }

  get not(): Expectation {
    return new Expectation(this.#value, !this.#wanted);
  }

  #check(met: boolean, what: string, other?: unknown): void {
    if (met !== this.#wanted) throw new Error(`${inspect(this.#value, { depth: 4 })} ${this.#wanted ? '' : 'not '}${what} ${inspect(other, { depth: 4 })}`);
  }

  toBe = (other: unknown): void => this.#check(Object.is(this.#value, other), 'to be', other);
  toEqual = (other: unknown): void => this.#check(same(this.#value, other), 'to equal', other);
  toMatchObject = (other: unknown): void => this.#check(holds(this.#value, other), 'to match', other);
  toBeUndefined = (): void => this.#check(this.#value === undefined, 'to be undefined');
  toBeDefined = (): void => this.#check(this.#value !== undefined, 'to be defined');
  toBeGreaterThan = (other: number): void => this.#check((this.#value as number) > other, 'to be greater than', other);
  toBeGreaterThanOrEqual = (other: number): void => this.#check((this.#value as number) >= other, 'to be at least', other);
  toBeLessThan = (other: number): void => this.#check((this.#value as number) < other, 'to be less than', other);
  toBeLessThanOrEqual = (other: number): void => this.#check((this.#value as number) <= other, 'to be at most', other);
  /** Of a name alone, not of a path. */
  toHaveProperty = (name: string): void => this.#check(typeof this.#value === 'object' && this.#value !== null && name in this.#value, 'to have property', name);
  toHaveLength = (length: number): void => this.#check((this.#value as { readonly length: number }).length === length, 'to have length', length);
  toContain = (part: unknown): void => this.#check(typeof this.#value === 'string' ? this.#value.includes(part as string) : [...(this.#value as Iterable<unknown>)].includes(part), 'to contain', part);
  toContainEqual = (part: unknown): void => this.#check([...(this.#value as Iterable<unknown>)].some((entry) => same(entry, part)), 'to contain', part);
  toMatch = (pattern: RegExp | string): void => this.#check(typeof pattern === 'string' ? String(this.#value).includes(pattern) : pattern.test(String(this.#value)), 'to match', pattern);
  /** With the file as it is, never a new one. */
  toMatchFileSnapshot = (path: string): void => this.#check(this.#value === readFileSync(path, 'utf8'), 'to be what is in', path);
  toThrow = (pattern?: RegExp | string): void => {
    let thrown: unknown;
    try {
      (this.#value as () => unknown)();
    } catch (error) {
      thrown = error;
    }
    const text = thrown instanceof Error ? thrown.message : String(thrown);
    this.#check(thrown !== undefined && (pattern === undefined || (typeof pattern === 'string' ? text.includes(pattern) : pattern.test(text))), 'to throw', pattern);
  };
}

export function expect(value: unknown): Expectation {
  return new Expectation(value, true);
}
expect.objectContaining = (part: unknown): unknown => new Any((value) => holds(value, part));
expect.arrayContaining = (parts: readonly unknown[]): unknown => new Any((value) => Array.isArray(value) && parts.every((part) => value.some((entry) => same(entry, part))));
expect.stringContaining = (part: string): unknown => new Any((value) => typeof value === 'string' && value.includes(part));
expect.stringMatching = (pattern: RegExp): unknown => new Any((value) => typeof value === 'string' && pattern.test(value));
expect.any = (made: new (...values: never[]) => unknown): unknown => new Any((value) => Object(value) instanceof made);
