import { canonical } from '#lib/canonical.ts';
import { isFields } from './shape.ts';

/** One text for equal content, whatever the order of its keys: what cannot be analysed can still be compared. */
export function contentOf(value: unknown): string {
  try {
    return canonical(value);
  } catch {
    // JSON has no whole numbers beyond its own; YAML has.
    return canonical(withoutBigNumbers(value));
  }
}

function withoutBigNumbers(value: unknown): unknown {
  if (typeof value === 'bigint') return `${String(value)}n`;
  if (Array.isArray(value)) return value.map(withoutBigNumbers);
  return isFields(value) ? Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, withoutBigNumbers(entry)])) : value;
}
