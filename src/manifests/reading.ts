/**
 * Lenient readers for decoders: a wrong type reads as the field's zero value, because `checkShape` has already named it.
 * So a policy with one refused field still has all its other fields.
 */
import { isFields } from './shape.ts';

export type Fields = Readonly<Record<string, unknown>>;

export const noFields: Fields = {};
const noTexts: readonly string[] = [];
const noEntries: readonly Fields[] = [];

export function fieldsAt(from: Fields, key: string): Fields | undefined {
  const value = own(from, key);
  return isFields(value) ? value : undefined;
}

export function fieldsOr(from: Fields, key: string): Fields {
  return fieldsAt(from, key) ?? noFields;
}

export function textAt(from: Fields, key: string): string | undefined {
  const value = own(from, key);
  return typeof value === 'string' ? value : undefined;
}

export function textOr(from: Fields, key: string, otherwise = ''): string {
  return textAt(from, key) ?? otherwise;
}

export function flagAt(from: Fields, key: string): boolean | undefined {
  const value = own(from, key);
  return typeof value === 'boolean' ? value : undefined;
}

export function numberAt(from: Fields, key: string): number | undefined {
  const value = own(from, key);
  if (typeof value === 'bigint') return Number(value);
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

/** `IntOrString`: a port by number or by name. */
export function portAt(from: Fields, key: string): number | string | undefined {
  return numberAt(from, key) ?? textAt(from, key);
}

/** Texts of a list; entries of other types are left out. */
export function textsAt(from: Fields, key: string): readonly string[] {
  const value = own(from, key);
  if (!Array.isArray(value) || value.length === 0) return noTexts;
  return value.every((entry): entry is string => typeof entry === 'string') ? value : value.filter((entry): entry is string => typeof entry === 'string');
}

/** Objects of a list; `null` reads as an empty object, entries of other types are left out. */
export function entriesAt(from: Fields, key: string): readonly Fields[] {
  const value = own(from, key);
  if (!Array.isArray(value) || value.length === 0) return noEntries;
  return value.every((entry): entry is Fields => isFields(entry)) ? value : value.filter((entry) => entry === null || isFields(entry)).map((entry: unknown) => (isFields(entry) ? entry : noFields));
}

/** Like `textsAt`, `undefined` where the list is absent: for fields where absent and empty differ. */
export function textsAtIfAny(from: Fields, key: string): readonly string[] | undefined {
  return Array.isArray(own(from, key)) ? textsAt(from, key) : undefined;
}

export function entriesAtIfAny(from: Fields, key: string): readonly Fields[] | undefined {
  return Array.isArray(own(from, key)) ? entriesAt(from, key) : undefined;
}

export function textMapAt(from: Fields, key: string): Readonly<Record<string, string>> | undefined {
  const value = own(from, key);
  return isFields(value) ? textMap(value) : undefined;
}

/** Without prototype trouble: `__proto__` as a label key stays a key. */
export function textMap(value: Fields): Readonly<Record<string, string>> {
  const entries = Object.entries(value);
  if (entries.every(([, entry]) => typeof entry === 'string') && !Object.hasOwn(value, '__proto__')) return value as Readonly<Record<string, string>>; // every value was checked
  const texts: Record<string, string> = Object.create(null) as Record<string, string>; // an object without prototype has any key as own property
  for (const [key, entry] of entries) if (typeof entry === 'string') texts[key] = entry;
  return texts;
}

/** One of the names of an enum; the zero value of the enum otherwise. */
export function choiceAt<T extends string>(from: Fields, key: string, choices: readonly T[], otherwise: T): T {
  const value = own(from, key);
  return choices.find((choice) => choice === value) ?? otherwise;
}

/** Own properties only: a manifest cannot reach `constructor` and friends. */
export function own(from: Fields, key: string): unknown {
  return Object.hasOwn(from, key) ? from[key] : undefined;
}

/** `has()` of the schema's rule language: present, even if empty. */
export function isSet(from: Fields, key: string): boolean {
  const value = own(from, key);
  return value !== undefined && value !== null;
}
