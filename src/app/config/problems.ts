/** The words for what is wrong in the configuration: file, line, the nearest real key or the allowed values. */
import type * as z from 'zod';
import { assertNever } from '#lib/assert-never.ts';
import { nearestName } from '#manifests/nearest-name.ts';

/** Ends the run with exit code 2. */
export interface ConfigProblem {
  readonly file: string;
  /** 1-based. */
  readonly line: number;
  /** Where in the configuration: `gates.severity`, `units[0].path`; empty for the whole file. */
  readonly key: string;
  /** One sentence. */
  readonly message: string;
  /** One sentence: what to do. */
  readonly remedy: string;
}

export type Path = readonly (string | number)[];

interface Placed {
  readonly path: Path;
  /** The key itself is wrong, not its value. */
  readonly atKey: boolean;
  readonly message: string;
}

/** One sentence per issue, in the order of the schema. */
export function describeIssues(issues: readonly z.core.$ZodIssue[], schema: z.core.$ZodType, value: unknown): readonly Placed[] {
  return issues.flatMap((issue) => describeIssue(issue, schema, value, []));
}

function describeIssue(issue: z.core.$ZodIssue, schema: z.core.$ZodType, value: unknown, prefix: Path): readonly Placed[] {
  const path = [...prefix, ...issue.path.filter((step): step is string | number => typeof step !== 'symbol')];
  const name = pathText(path);
  const found = valueAt(value, path);
  const here = (message: string): readonly Placed[] => [{ path, atKey: false, message }];
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => {
        const real = keysAt(schema, path);
        const nearest = nearestName(key, real);
        const hint = nearest === undefined ? (real.length === 0 ? 'nothing may be written here' : `known here: ${listed(real)}`) : `did you mean \`${nearest}\`?`;
        return { path: [...path, key], atKey: true, message: `unknown key \`${key}\`${name === '' ? '' : ` in \`${name}\``}; ${hint}` };
      });
    case 'invalid_value':
      return here(`\`${name}\` is ${shown(found)}; allowed: ${listed(issue.values.map(String))}`);
    case 'invalid_type':
      if (found === undefined) return here(`\`${name}\` is missing; it must be ${typeText(issue.expected)}`);
      return here(`\`${name}\` must be ${typeText(issue.expected)}, not ${shown(found)}${issue.expected === 'string' && typeof found === 'number' ? '; put it in quotes' : ''}`);
    case 'invalid_union': {
      // The alternative that wants the kind of value that is written has the sentence that helps.
      const branch = issue.errors.find((errors) => errors.some((each) => each.path.length > 0 || each.code === 'unrecognized_keys'));
      if (branch !== undefined) return branch.flatMap((each) => describeIssue(each, schema, value, path));
      return here(`\`${name}\` is ${shown(found)}, which is not allowed here; allowed: ${alternatives(issue.errors)}`);
    }
    case 'too_small':
      return here(`\`${name}\` must be at least ${String(issue.minimum)}${sizeUnit(issue.origin)}`);
    case 'too_big':
      return here(`\`${name}\` must be at most ${String(issue.maximum)}${sizeUnit(issue.origin)}`);
    case 'custom':
    case 'invalid_format':
      return here(name === '' ? issue.message : `\`${name}\` ${issue.message.startsWith('must') ? issue.message : 'has the wrong form'}`);
    case 'not_multiple_of':
    case 'invalid_key':
    case 'invalid_element':
      return here(`\`${name}\` is not allowed: ${issue.message}`);
    default:
      return assertNever(issue);
  }
}

function alternatives(errors: readonly (readonly z.core.$ZodIssue[])[]): string {
  return errors
    .flatMap((branch) => branch.map((issue) => (issue.code === 'invalid_value' ? listed(issue.values.map(String)) : issue.code === 'invalid_type' ? typeText(issue.expected) : '')))
    .filter((each) => each !== '')
    .join(' or ');
}

function sizeUnit(origin: string): string {
  if (origin === 'string') return ' characters long';
  return origin === 'array' ? ' entries long' : '';
}

function typeText(type: string): string {
  switch (type) {
    case 'string':
      return 'text';
    case 'array':
      return 'a list';
    case 'object':
    case 'record':
      return 'a map';
    case 'boolean':
      return '`true` or `false`';
    case 'int':
      return 'a whole number';
    default:
      return `a ${type}`;
  }
}

function shown(value: unknown): string {
  if (value === null) return 'empty';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a map';
  return `\`${plainText(value)}\``
}

function plainText(value: unknown): string {
  return (typeof value === 'string' ? value : JSON.stringify(value)).replace(/\s+/gu, ' ').slice(0, 60);
}

function listed(names: readonly string[]): string {
  return names.map((name) => `\`${name}\``).join(', ');
}

export function pathText(path: Path): string {
  return path.map((step, index) => (typeof step === 'number' ? `[${String(step)}]` : index === 0 ? step : `.${step}`)).join('');
}

export function valueAt(value: unknown, path: Path): unknown {
  let at = value;
  for (const step of path) {
    if (at === null || typeof at !== 'object') return undefined;
    at = Object.hasOwn(at, step) ? (at as Readonly<Record<string | number, unknown>>)[step] : undefined; // any object may be asked for a key
  }
  return at;
}

/** The keys that the schema has at a path, through defaults, lists, maps and alternatives. */
function keysAt(schema: z.core.$ZodType, path: Path): readonly string[] {
  let options: readonly z.core.$ZodType[] = [schema];
  for (const step of path) options = options.flatMap((option) => unwrap(option)).flatMap((option) => childOf(option, step));
  return options.flatMap((option) => unwrap(option)).flatMap((option) => Object.keys(shapeOf(option)));
}

function unwrap(schema: z.core.$ZodType): readonly z.core.$ZodType[] {
  const { def } = schema._zod;
  if ('innerType' in def) return unwrap(def.innerType as z.core.$ZodType); // zod's wrappers all call it so
  if ('options' in def) return (def.options as readonly z.core.$ZodType[]).flatMap(unwrap); // a union's alternatives
  return [schema];
}

function shapeOf(schema: z.core.$ZodType): Readonly<Record<string, z.core.$ZodType>> {
  const { def } = schema._zod;
  return 'shape' in def ? (def.shape as Readonly<Record<string, z.core.$ZodType>>) : {}; // an object's fields
}

function childOf(schema: z.core.$ZodType, step: string | number): readonly z.core.$ZodType[] {
  const { def } = schema._zod;
  if ('element' in def) return [def.element as z.core.$ZodType]; // a list
  if ('valueType' in def) return [def.valueType as z.core.$ZodType]; // a map with free keys
  const child = shapeOf(schema)[String(step)];
  return child === undefined ? [] : [child];
}
