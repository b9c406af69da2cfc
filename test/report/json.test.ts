import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, test } from 'vitest';
import { reportSchema } from '#report/json/schema.ts';
import { toJson } from '#report/json/to-json.ts';
import type { Report } from '#report/report.ts';
import { maximal, samples, widened } from '../support/sample-reports.ts';

const validate = new Ajv2020({ allErrors: true, strict: true }).compile(reportSchema);

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
const asJson = (report: Report): Json => JSON.parse(toJson(report)) as Json; // JSON by construction

/** Every object of a value with its path. */
function* objects(value: Json, path: readonly (string | number)[] = []): Generator<{ readonly path: readonly (string | number)[]; readonly value: { readonly [key: string]: Json } }> {
  if (Array.isArray(value)) for (const [index, entry] of value.entries()) yield* objects(entry as Json, [...path, index]);
  else if (value !== null && typeof value === 'object') {
    const object = value as { readonly [key: string]: Json }; // no array, no null
    yield { path, value: object };
    for (const [key, entry] of Object.entries(object)) yield* objects(entry, [...path, key]);
  }
}

function replaced(root: Json, path: readonly (string | number)[], value: Json): Json {
  const [head, ...rest] = path;
  if (head === undefined) return value;
  if (Array.isArray(root)) return root.map((entry: Json, index) => (index === head ? replaced(entry, rest, value) : entry));
  const object = root as { readonly [key: string]: Json }; // the path leads through it
  return { ...object, [head]: replaced(object[head]!, rest, value) };
}

describe('the JSON report', () => {
  test.each([...Object.entries(samples), ['maximal', maximal] as const])('%s is valid under the schema', (_, report) => {
    validate(asJson(report));
    expect(validate.errors).toBeNull();
  });

  test('the schema at the root of the repository is the one that is tested', async () => {
    await expect(`${JSON.stringify(reportSchema, null, 2)}\n`).toMatchFileSnapshot('../../report.schema.json');
  });

  test('a field that the schema does not name is refused, wherever it is', () => {
    const json = asJson(maximal);
    let refused = 0;
    const dataKeys = new Set(['headers', 'claims', 'labels', 'namespaceLabels', 'podLabels', 'opaque', 'given', 'environments', 'base', 'head']);
    for (const { path, value } of objects(json)) {
      // Objects whose keys are data take any key: an environment, a header, a label.
      const last = path.at(-1);
      const isData = typeof last === 'string' && dataKeys.has(last) && !('verdict' in value) && !('id' in value);
      if (isData) continue;
      expect(validate(replaced(json, path, { ...value, 'un known': 1 })), path.join('.')).toBe(false);
      refused += 1;
    }
    expect(refused).toBeGreaterThan(60);
  });

  test('a missing field, a wrong type and an unknown word are refused', () => {
    const json = asJson(widened) as { readonly [key: string]: Json }; // an object by construction
    for (const key of Object.keys(json)) {
      expect(validate(Object.fromEntries(Object.entries(json).filter(([other]) => other !== key))), key).toBe(false);
    }
    expect(validate({ ...json, verdict: 'fine' })).toBe(false);
    expect(validate({ ...json, incomplete: 'no' })).toBe(false);
    expect(validate(replaced(json, ['changes', 0, 'id'], 'short'))).toBe(false);
    expect(validate(replaced(json, ['changes', 0, 'causes', 0, 'line'], 0))).toBe(false);
    expect(validate(replaced(json, ['findings', 0, 'severity'], 'moderate'))).toBe(false);
  });

  test('every field of the maximal report is one that the schema names, and the other way round', () => {
    const named = new Set<string>();
    const collect = (schema: unknown): void => {
      if (typeof schema !== 'object' || schema === null) return;
      if ('properties' in schema && typeof schema.properties === 'object') for (const key of Object.keys(schema.properties!)) named.add(key);
      for (const value of Object.values(schema)) collect(value);
    };
    collect(reportSchema);
    const used = new Set<string>();
    for (const { value } of objects(asJson(maximal))) for (const key of Object.keys(value)) used.add(key);
    expect([...named].filter((key) => !used.has(key))).toEqual([]);
  });

  test('every field is described and every object is closed', () => {
    const walk = (schema: unknown, path: string): void => {
      if (typeof schema !== 'object' || schema === null || Array.isArray(schema)) return;
      const object = schema as Readonly<Record<string, unknown>>; // no array, no null
      if (object['type'] === 'object') expect(object['additionalProperties'], path).toBeDefined();
      if (object['properties'] !== undefined) {
        expect(object['additionalProperties'], path).toBe(false);
        for (const [key, field] of Object.entries(object['properties'] as Readonly<Record<string, { readonly description?: string }>>)) {
          expect(field.description, `${path}.${key}`).toMatch(/\S/);
        }
      }
      for (const [key, value] of Object.entries(object)) walk(value, `${path}.${key}`);
      for (const list of [object['anyOf']]) if (Array.isArray(list)) for (const entry of list) walk(entry, path);
    };
    walk(reportSchema, '$');
  });

  test('equal reports give equal bytes, whatever the order their fields were written in', () => {
    const reversed = (value: unknown): unknown => {
      if (Array.isArray(value)) return value.map(reversed);
      if (typeof value !== 'object' || value === null) return value;
      return Object.fromEntries(Object.entries(value).reverse().map(([key, entry]) => [key, reversed(entry)]));
    };
    expect(toJson(reversed(maximal) as Report)).toBe(toJson(maximal));
    expect(JSON.parse(toJson(maximal))).toEqual(JSON.parse(JSON.stringify(maximal)));
  });

  test('a golden', async () => {
    await expect(toJson(widened)).toMatchFileSnapshot('../../fixtures/report/json/widened.json');
  });
});
