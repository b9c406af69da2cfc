/**
 * Field tables: what a kind's published schema says about names, types and limits, as plain data, and the one walk that checks an object against it.
 * The walk does what the API server does: `null` where a property stands is dropped before validation, `null` as a list entry is refused.
 * @see https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#defaulting-and-nullable
 */
import type { FieldPath } from '#source/origin.ts';
import { unresolvedTexts } from '#lib/unresolved.ts';
import { nearestName } from './nearest-name.ts';
import type { ManifestProblem } from './resource.ts';
import type { Choice } from './unresolved.ts';

export type Shape = TextShape | FlagShape | NumberShape | NumberOrTextShape | AnythingShape | ListShape | MapShape | ObjectShape;

export interface TextShape {
  readonly is: 'text';
  readonly oneOf?: readonly string[];
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly pattern?: RegExp;
  /** The reason why the schema's own rule refuses it. */
  readonly rule?: (value: string) => string | undefined;
  /** No message shows the value. */
  readonly confidential?: true;
}
export interface FlagShape {
  readonly is: 'flag';
}
export interface NumberShape {
  readonly is: 'number';
  readonly whole: boolean;
  readonly min?: number;
  readonly max?: number;
}
/** `IntOrString`, quantities, and enums that proto JSON writes as number or name. */
export interface NumberOrTextShape {
  readonly is: 'number-or-text';
}
/** `x-kubernetes-preserve-unknown-fields`, or a part that nothing here reads. */
export interface AnythingShape {
  readonly is: 'anything';
}
export interface ListShape {
  readonly is: 'list';
  readonly of: Shape;
  readonly min?: number;
  readonly max?: number;
  /** No two entries have the same value of this field. */
  readonly unique?: string;
}
export interface MapShape {
  readonly is: 'map';
  readonly of: Shape;
  readonly key?: (key: string) => string | undefined;
  readonly min?: number;
  readonly max?: number;
}
export interface ObjectShape {
  readonly is: 'object';
  readonly fields: Readonly<Record<string, Shape>>;
  readonly required?: readonly string[];
  /** At most one field of each group (`oneof` of the proto). */
  readonly exclusive?: readonly (readonly string[])[];
  readonly rule?: (value: Readonly<Record<string, unknown>>) => string | undefined;
  /** Fields beside the listed ones are none of our business: we do not read this part whole. */
  readonly open?: true;
}

export const anything: AnythingShape = { is: 'anything' };
export const flag: FlagShape = { is: 'flag' };
export const numberOrText: NumberOrTextShape = { is: 'number-or-text' };

export function text(limits: Omit<TextShape, 'is'> = {}): TextShape {
  return { is: 'text', ...limits };
}
export function oneOf(...values: readonly string[]): TextShape {
  return { is: 'text', oneOf: values };
}
export function whole(limits: Omit<NumberShape, 'is' | 'whole'> = {}): NumberShape {
  return { is: 'number', whole: true, ...limits };
}
export function decimal(limits: Omit<NumberShape, 'is' | 'whole'> = {}): NumberShape {
  return { is: 'number', whole: false, ...limits };
}
export function list(of: Shape, limits: Omit<ListShape, 'is' | 'of'> = {}): ListShape {
  return { is: 'list', of, ...limits };
}
export function map(of: Shape, limits: Omit<MapShape, 'is' | 'of'> = {}): MapShape {
  return { is: 'map', of, ...limits };
}
export function object(fields: Readonly<Record<string, Shape>>, more: Omit<ObjectShape, 'is' | 'fields'> = {}): ObjectShape {
  return { is: 'object', fields, ...more };
}
/** Fields that exist and that nothing here reads. */
export function unread(...names: readonly string[]): Readonly<Record<string, AnythingShape>> {
  return Object.fromEntries(names.map((name) => [name, anything]));
}
/** An object of which only these fields are read here. */
export function part(fields: Readonly<Record<string, Shape>>, more: Omit<ObjectShape, 'is' | 'fields' | 'open'> = {}): ObjectShape {
  return { is: 'object', fields, open: true, ...more };
}

/** Problems of kind `schema` and `unknown-field`, in the order of the document. */
export function checkShape(value: unknown, shape: Shape, at: FieldPath = []): ManifestProblem[] {
  const walk = new ShapeWalk(at);
  walk.check(value, shape);
  return walk.problems;
}

export function schemaProblem(path: FieldPath, message: string): ManifestProblem {
  return { kind: 'schema', path, message, certain: true };
}

/** A file that is not meant for us at all has no end of problems; the first ones say it. */
const maxProblems = 100;

class ShapeWalk {
  readonly problems: ManifestProblem[] = [];
  /** One stack for the whole walk: a path is copied only where something is wrong. */
  readonly #path: (string | number)[];
  /** The objects around the one that is looked at, each with the length of its path. */
  readonly #around: { readonly shape: ObjectShape; readonly value: Fields; readonly depth: number }[] = [];

  constructor(at: FieldPath) {
    this.#path = [...at];
  }

  check(value: unknown, shape: Shape): void {
    switch (shape.is) {
      case 'anything':
        return;
      case 'text':
        this.#text(value, shape);
        return;
      case 'flag':
        if (typeof value !== 'boolean') this.#refuse(value, 'true or false', [true, false]);
        return;
      case 'number':
        this.#number(value, shape);
        return;
      case 'number-or-text':
        if (!isNumber(value) && typeof value !== 'string') this.#refuse(value, 'a number or text');
        else if (typeof value === 'string' && unresolvedTexts(value).length > 0) this.#say(`\`${clip(value)}\` is neither a number nor a name`);
        return;
      case 'list':
        this.#list(value, shape);
        return;
      case 'map':
        this.#map(value, shape);
        return;
      case 'object':
        this.#object(value, shape);
        return;
    }
  }

  #text(value: unknown, shape: TextShape): void {
    if (typeof value !== 'string') {
      if (shape.confidential === true) this.#say('must be text');
      else this.#refuse(value, 'text');
      return;
    }
    if (shape.oneOf !== undefined && !shape.oneOf.includes(value)) {
      this.#say(`\`${clip(value)}\` is not one of ${shape.oneOf.map((name) => `\`${name}\``).join(', ')}`, shape.oneOf);
    }
    if (shape.minLength !== undefined && value.length < shape.minLength) this.#say('must not be empty');
    if (shape.maxLength !== undefined && longerThan(value, shape.maxLength)) this.#say(`is longer than ${String(shape.maxLength)} characters`);
    if (shape.pattern !== undefined && !shape.pattern.test(value)) this.#say(`\`${clip(value)}\` does not match \`${shape.pattern.source}\``);
    const refusal = shape.rule?.(value);
    if (refusal !== undefined) this.#say(refusal);
  }

  #number(value: unknown, shape: NumberShape): void {
    if (!isNumber(value)) {
      this.#refuse(value, shape.whole ? 'a whole number' : 'a number');
      return;
    }
    if (shape.whole && typeof value === 'number' && !Number.isInteger(value)) this.#refuse(value, 'a whole number');
    if (shape.min !== undefined && value < shape.min) this.#say(`${String(value)} is less than ${String(shape.min)}`);
    if (shape.max !== undefined && value > shape.max) this.#say(`${String(value)} is more than ${String(shape.max)}`);
  }

  #list(value: unknown, shape: ListShape): void {
    if (!Array.isArray(value)) {
      this.#refuse(value, 'a list');
      return;
    }
    if (shape.min !== undefined && value.length < shape.min) this.#say(`needs at least ${String(shape.min)} ${shape.min === 1 ? 'entry' : 'entries'}`);
    if (shape.max !== undefined && value.length > shape.max) this.#say(`has ${String(value.length)} entries, at most ${String(shape.max)} are allowed`);
    if (shape.unique !== undefined) this.#unique(value, shape.unique);
    if (shape.of.is === 'anything') return;
    for (let index = 0; index < value.length; index += 1) {
      this.#path.push(index);
      this.check(value[index], shape.of);
      this.#path.pop();
    }
  }

  #unique(entries: readonly unknown[], key: string): void {
    const seen = new Set<unknown>();
    entries.forEach((entry, index) => {
      const name = isFields(entry) ? entry[key] : undefined;
      if (name === undefined || name === null) return;
      if (seen.has(name)) {
        this.#path.push(index, key);
        this.#say(`${describe(name)} is used twice`);
        this.#path.length -= 2;
      }
      seen.add(name);
    });
  }

  #map(value: unknown, shape: MapShape): void {
    if (!isFields(value)) {
      this.#refuse(value, 'a map');
      return;
    }
    let size = 0;
    for (const key of Object.keys(value)) {
      const entry = value[key];
      if (entry === null || entry === undefined) continue;
      size += 1;
      this.#path.push(key);
      const refusal = shape.key?.(key);
      if (refusal !== undefined) this.#say(refusal);
      this.check(entry, shape.of);
      this.#path.pop();
    }
    if (shape.min !== undefined && size < shape.min) this.#say(`needs at least ${String(shape.min)} ${shape.min === 1 ? 'entry' : 'entries'}`);
    if (shape.max !== undefined && size > shape.max) this.#say(`has ${String(size)} entries, at most ${String(shape.max)} are allowed`);
  }

  #object(value: unknown, shape: ObjectShape): void {
    if (!isFields(value)) {
      this.#refuse(value, 'an object');
      return;
    }
    this.#around.push({ shape, value, depth: this.#path.length });
    for (const key of Object.keys(value)) {
      const entry = value[key];
      const inner = Object.hasOwn(shape.fields, key) ? shape.fields[key] : undefined;
      if (inner === undefined) {
        if (shape.open !== true) this.#unknown(key, shape, value);
        continue;
      }
      if (entry === null || entry === undefined) continue;
      this.#path.push(key);
      this.check(entry, inner);
      this.#path.pop();
    }
    this.#around.pop();
    for (const key of shape.required ?? []) {
      if (isAbsent(value[key])) {
        this.#path.push(key);
        this.#say('is required');
        this.#path.pop();
      }
    }
    for (const group of shape.exclusive ?? []) {
      const present = group.filter((key) => !isAbsent(value[key]));
      if (present.length > 1) this.#say(`only one of ${group.map((key) => `\`${key}\``).join(', ')} can be set`);
    }
    const refusal = shape.rule?.(value);
    if (refusal !== undefined) this.#say(refusal);
  }

  #unknown(key: string, shape: ObjectShape, value: Fields): void {
    if (this.problems.length >= maxProblems) return;
    const nearest = nearestName(key, Object.keys(shape.fields));
    const place = nearest === undefined ? this.#placeOf(key, shape, value) : undefined;
    const hint = nearest === undefined ? place && `it belongs to \`${place}\`` : `\`${nearest}\` is meant`;
    this.problems.push({
      kind: 'unknown-field',
      path: [...this.#path, key],
      message: `there is no field \`${clip(key)}\` here${hint === undefined ? '' : `; ${hint}`}`,
      ...(nearest === undefined ? {} : { nearest }),
      ...(place === undefined ? {} : { place }),
      certain: nearest !== undefined || place !== undefined,
    });
  }

  /**
   * Where a field stands that was indented too deep (an object around has it, and not set) or too little (a part that is not written here has it, or a map that is).
   * A field that a newer schema has is seldom one that is missing right beside.
   */
  #placeOf(key: string, shape: ObjectShape, value: Fields): string | undefined {
    const around = this.#around.findLast((outer) => outer.shape !== shape && Object.hasOwn(outer.shape.fields, key) && isAbsent(outer.value[key]));
    if (around !== undefined && around.depth > 0) return fieldName(this.#path.slice(0, around.depth));
    const parts = Object.entries(shape.fields).filter(([name]) => isAbsent(value[name]));
    const inside = parts.find(([, part]) => hasField(part, key)) ?? (Object.keys(shape.fields).length === 1 ? parts.find(([, part]) => part.is === 'map' && part.of.is === 'text') : undefined);
    return inside === undefined ? undefined : fieldName([...this.#path, inside[0]]);
  }

  #refuse(value: unknown, wanted: string, choices?: readonly Choice[]): void {
    this.#say(`must be ${wanted}, not ${describe(value)}`, choices);
  }

  #say(message: string, choices?: readonly Choice[]): void {
    if (this.problems.length < maxProblems) this.problems.push({ ...schemaProblem([...this.#path], message), ...(choices === undefined ? {} : { choices }) });
  }
}

function isNumber(value: unknown): value is number | bigint {
  return (typeof value === 'number' && Number.isFinite(value)) || typeof value === 'bigint';
}

/** A part, or the entries of a list of them. */
function hasField(part: Shape, key: string): boolean {
  const entry = part.is === 'list' ? part.of : part;
  return entry.is === 'object' && Object.hasOwn(entry.fields, key);
}

function isAbsent(value: unknown): boolean {
  return value === null || value === undefined;
}

/** `spec.rules[0].from[1].source` */
export function fieldName(path: readonly (string | number)[]): string {
  return path.reduce<string>((name, step) => {
    if (typeof step === 'number') return `${name}[${String(step)}]`;
    if (/^[A-Za-z0-9_-]+$/.test(step)) return name === '' ? step : `${name}.${step}`;
    return `${name}[${JSON.stringify(step)}]`;
  }, '');
}

type Fields = Readonly<Record<string, unknown>>;

/** A YAML mapping as plain object. */
export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The schema counts characters, a string counts code units. */
function longerThan(value: string, limit: number): boolean {
  return value.length > limit && Array.from(value).length > limit;
}

/** What a value is, in words and bounded. */
export function describe(value: unknown): string {
  if (value === null || value === undefined) return 'null';
  if (typeof value === 'string') return value === '' ? 'empty text' : `the text \`${clip(value)}\``;
  if (typeof value === 'number' || typeof value === 'bigint') return `the number ${String(value)}`;
  if (typeof value === 'boolean') return `\`${String(value)}\``;
  return Array.isArray(value) ? 'a list' : 'an object';
}

/** Bounded and on one line: manifests of strangers end up in messages. */
export function clip(value: string): string {
  const line = value.replace(/\s+/g, ' ');
  return line.length > 80 ? `${line.slice(0, 79)}…` : line;
}
