import * as crypto from 'node:crypto';
import { compareText } from './order.ts';

/** JSON with sorted keys and without `undefined`: equal content gives equal text, whatever the order it was written in. */
export function canonical(value: unknown): string {
  if (value === null || typeof value !== 'object') return value === undefined ? 'null' : JSON.stringify(value);
  let text = '';
  if (Array.isArray(value)) {
    for (const entry of value) text += text === '' ? canonical(entry) : `,${canonical(entry)}`;
    return `[${text}]`;
  }
  const fields = value as Readonly<Record<string, unknown>>; // neither null nor a list
  for (const key of inOrder(Object.keys(fields))) {
    const entry = fields[key];
    if (entry !== undefined) text += `${text === '' ? '' : ','}${JSON.stringify(key)}:${canonical(entry)}`;
  }
  return `{${text}}`;
}

function inOrder(keys: string[]): readonly string[] {
  for (let index = 1; index < keys.length; index += 1) if ((keys[index - 1] ?? '') > (keys[index] ?? '')) return keys.sort(compareText);
  return keys;
}

function canonicallySame(left: unknown, right: unknown): boolean {
  return canonical(left) === canonical(right);
}

/**
 * `canonical(left) === canonical(right)`, without the texts.
 * @param special compares what is no plain list, object, text or number (a `Map`, a `Set`, a big number), wherever it stands
 */
export function sameContent(left: unknown, right: unknown, special: (left: unknown, right: unknown) => boolean = canonicallySame): boolean {
  if (left === right) return true;
  if (left === null || right === null || typeof left !== 'object' || typeof right !== 'object') return special(left, right);
  if (isCollection(left) || isCollection(right)) return special(left, right);
  if (Array.isArray(left) !== Array.isArray(right)) return false;
  if (Array.isArray(left) && Array.isArray(right)) {
    const others: readonly unknown[] = right;
    return left.length === others.length && left.every((entry, index) => sameContent(entry, others[index], special));
  }
  const ours = left as Readonly<Record<string, unknown>>; // both are objects and no lists
  const theirs = right as Readonly<Record<string, unknown>>;
  let count = 0;
  for (const key in ours) {
    if (!Object.hasOwn(ours, key)) continue;
    const value = ours[key];
    if (value === undefined) continue;
    if (!Object.hasOwn(theirs, key) || theirs[key] === undefined || !sameContent(value, theirs[key], special)) return false;
    count += 1;
  }
  for (const key in theirs) if (Object.hasOwn(theirs, key) && theirs[key] !== undefined) count -= 1;
  return count === 0;
}

function isCollection(value: object): boolean {
  return value instanceof Map || value instanceof Set;
}

/** First 16 hex digits of SHA-256: the length of every id in the report (`docs/report.md`). */
export function shortHash(...parts: readonly string[]): string {
  let text = '';
  for (const part of parts) text += `${String(part.length)}:${part}`;
  return sha256(text).slice(0, 16);
}

/** In one call where Node has it (20.12 and newer). */
const { hash }: { readonly hash?: typeof crypto.hash } = crypto;

function sha256(text: string): string {
  return hash === undefined ? crypto.createHash('sha256').update(text).digest('hex') : hash('sha256', text);
}
