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

function ordered(value: unknown, schema: unknown): unknown {
  const shape = resolve(schema);
  if (Array.isArray(value)) return value.map((entry) => ordered(entry, shape['items']));
  if (!isObject(value)) return value;
  const properties = isObject(shape['properties']) ? shape['properties'] : {};
  const declared = Object.keys(properties);
  const keys = Object.keys(value).filter((key) => value[key] !== undefined);
  const rest = keys.filter((key) => !Object.hasOwn(properties, key)).sort(compareText);
  // A map keeps `__proto__` a key like any other.
  const entries = [...declared.filter((key) => keys.includes(key)), ...rest].map((key): [string, unknown] => [key, ordered(value[key], properties[key] ?? shape['additionalProperties'])]);
  return Object.fromEntries(entries);
}

/** @returns JSON indented by two, ended by `\n`; valid under `report.schema.json`. */
export function toJson(report: Report): string {
  return `${JSON.stringify(ordered(report, reportSchema), null, 2)}\n`;
}
