/** One order for every list of the report: by UTF-16 code units, never by locale, so that all machines agree. */
export function compareText(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}

export type Comparator<T> = (left: T, right: T) => number;

/** Compares by the given keys in order; numbers ascending, texts by code unit. */
export function compareBy<T>(...keys: readonly ((value: T) => string | number)[]): Comparator<T> {
  return (left, right) => {
    for (const key of keys) {
      const order = compareKey(key(left), key(right));
      if (order !== 0) return order;
    }
    return 0;
  };
}

/** A sorted copy; the argument stays as it was. Keys are read once for each value, not for each comparison. */
export function sortedBy<T>(values: Iterable<T>, ...keys: readonly ((value: T) => string | number)[]): T[] {
  const list = [...values];
  if (list.length < 2) return list;
  const rows = list.map((value) => ({ value, keys: keys.map((key) => key(value)) }));
  return rows.sort((left, right) => compareKeys(left.keys, right.keys)).map(({ value }) => value);
}

function compareKeys(left: readonly (string | number)[], right: readonly (string | number)[]): number {
  for (let index = 0; index < left.length; index += 1) {
    const order = compareKey(left[index] ?? '', right[index] ?? '');
    if (order !== 0) return order;
  }
  return 0;
}

function compareKey(left: string | number, right: string | number): number {
  return typeof left === 'number' && typeof right === 'number' ? left - right : compareText(String(left), String(right));
}

/** Distinct texts in the one order. */
export function distinct(values: Iterable<string>): string[] {
  if (Array.isArray(values) && ascending(values as readonly string[])) return (values as readonly string[]).slice();
  const list = Array.isArray(values) ? (values as readonly string[]) : [...values];
  if (list.length <= fewTexts) return distinctOfFew(list);
  const found = [...new Set(list)];
  return found.length < 2 ? found : found.sort(compareText);
}

/** So few are put in their places one by one: most lists here hold two or three. */
const fewTexts = 8;

function distinctOfFew(values: readonly string[]): string[] {
  const found: string[] = [];
  for (const value of values) {
    let at = found.length;
    while (at > 0 && (found[at - 1] ?? '') > value) at -= 1;
    if (at > 0 && found[at - 1] === value) continue;
    if (at === found.length) found.push(value);
    else found.splice(at, 0, value);
  }
  return found;
}

/** In the one order already, each once. */
function ascending(values: readonly string[]): boolean {
  for (let index = 1; index < values.length; index += 1) if (compareText(values[index - 1] ?? '', values[index] ?? '') >= 0) return false;
  return true;
}

/** The very same entries in the same order. */
export function sameEntries(left: readonly unknown[], right: readonly unknown[]): boolean {
  return left.length === right.length && left.every((entry, index) => entry === right[index]);
}
