/** The report as JSON text: fields in the order of the published schema, data keys sorted, so that equal reports give equal bytes. */
import { compareText } from '#lib/order.ts';
import type { Report } from '../report.ts';
import { reportSchema } from './schema.ts';
import type { Schema } from './schema-dsl.ts';

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Follows `$ref` and the non-null branch of a nullable schema. */
function resolve(schema: unknown): Schema {
  if (!isObject(schema)) return {};
  const target = schema['$ref'];
  const definitions = reportSchema['$defs'];
  if (typeof target === 'string' && isObject(definitions)) return resolve(definitions[target.replace('#/$defs/', '')]);
  const branches = schema['anyOf'];
  return Array.isArray(branches) ? resolve(branches[0]) : schema;
}

/** What a schema says about order, read once: reports are long. */
interface Order {
  readonly items: unknown;
  readonly rest: unknown;
  readonly properties: Readonly<Record<string, unknown>>;
  readonly declared: readonly string[];
  readonly positions: ReadonlyMap<string, number>;
}

const orders = new Map<unknown, Order>();

function orderOf(schema: unknown): Order {
  const known = orders.get(schema);
  if (known !== undefined) return known;
  const shape = resolve(schema);
  const properties = isObject(shape['properties']) ? shape['properties'] : {};
  const declared = Object.keys(properties);
  const fresh: Order = { items: shape['items'], rest: shape['additionalProperties'], properties, declared, positions: new Map(declared.map((key, index) => [key, index])) };
  orders.set(schema, fresh);
  return fresh;
}

/** What is in the schema's order already is itself, not a copy. */
function ordered(value: unknown, schema: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const { items, rest, properties, positions } = orderOf(schema);
  if (Array.isArray(value)) return orderedList(value, items);
  const source = value as Readonly<Record<string, unknown>>; // neither null nor a list
  let last = -1;
  for (const key in source) {
    const position = positions.get(key) ?? -1;
    if (position <= last || ordered(source[key], properties[key]) !== source[key]) {
      const keys = Object.keys(source);
      return reordered(keys, keys.map((each) => ordered(source[each], positions.has(each) ? properties[each] : rest)), positions);
    }
    last = position;
  }
  return source;
}

/** Declared fields in their order, then the others in the one order. */
function reordered(keys: readonly string[], entries: readonly unknown[], positions: Order['positions']): unknown {
  const place = (key: string): number => positions.get(key) ?? Infinity;
  const fields = keys.flatMap((key, index): [string, unknown][] => (entries[index] === undefined ? [] : [[key, entries[index]]]));
  fields.sort(([left], [right]) => (place(left) === place(right) ? compareText(left, right) : place(left) - place(right)));
  // A map keeps `__proto__` a key like any other.
  return Object.fromEntries(fields);
}

function orderedList(list: readonly unknown[], items: unknown): readonly unknown[] {
  let copy: unknown[] | undefined;
  for (let index = 0; index < list.length; index += 1) {
    const entry = list[index];
    const result = ordered(entry, items);
    if (copy === undefined && result !== entry) copy = list.slice(0, index);
    copy?.push(result);
  }
  return copy ?? list;
}

/** Entries of a list that are written at a time. */
const together = 256;

/** @returns JSON indented by two, ended by `\n`; valid under `report.schema.json`. */
export function toJson(report: Report): string {
  return [...jsonPieces(report)].join('');
}

/** The same in pieces, each written before the next one is made: the text of a large mesh takes as much memory as all that it tells. */
export function* jsonPieces(report: Report): Generator<string> {
  const { properties, declared } = orderOf(reportSchema);
  const whole: Readonly<Record<string, unknown>> = { ...report };
  const others = Object.keys(whole).filter((key) => !Object.hasOwn(properties, key)).sort(compareText);
  let before = '{\n';
  for (const key of [...declared, ...others]) {
    if (whole[key] === undefined) continue;
    yield before;
    yield* fieldPieces(key, whole[key], properties[key]);
    before = ',\n';
  }
  yield '\n}\n';
}

/** A field of the outermost object. A long list is put into the schema's order a part at a time: a copy of all of it would take as much memory again. */
function* fieldPieces(key: string, value: unknown, schema: unknown): Generator<string> {
  const textOf = (part: unknown): string => JSON.stringify({ [key]: ordered(part, schema) }, null, 2).slice(2, -2);
  if (!Array.isArray(value) || value.length <= together) {
    yield textOf(value);
    return;
  }
  for (let at = 0; at < value.length; at += together) {
    const piece = textOf(value.slice(at, at + together));
    const start = at === 0 ? 0 : piece.indexOf('[') + 1;
    const end = at + together >= value.length ? piece.length : piece.lastIndexOf('\n');
    if (at > 0) yield ',';
    yield piece.slice(start, end);
  }
}
