import { compareText } from '#lib/order.ts';

export type Labels = Readonly<Record<string, string>>;

/** Every pair of the selector is on the pod (A2.2); an empty selector selects everything. */
export function selects(selector: Labels, labels: Labels): boolean {
  for (const key in selector) if (Object.hasOwn(selector, key) && (!Object.hasOwn(labels, key) || labels[key] !== selector[key])) return false;
  return true;
}

/** `key=value` pairs in the one order, joined by commas: the form of phantom ids. */
export function selectorText(selector: Labels): string {
  return Object.entries(selector)
    .map(([key, value]) => `${key}=${value}`)
    .sort(compareText)
    .join(',');
}

/** So few are tried one by one sooner than an index of them is made. */
const fewEntries = 12;

/**
 * Finds, for given labels, the entries whose selector they satisfy, without trying every entry: each entry is kept under the one of
 * its pairs that the fewest entries share. Entries without pairs match always. Results keep the order of `entries`.
 */
export function selectorIndex<T>(entries: readonly { readonly selector: Labels; readonly item: T }[]): (labels: Labels) => readonly T[] {
  if (entries.length <= fewEntries) return (labels) => entries.flatMap(({ selector, item }) => (selects(selector, labels) ? [item] : []));
  const frequency = new Map<string, number>();
  for (const { selector } of entries) {
    for (const pair of pairsOf(selector)) frequency.set(pair, (frequency.get(pair) ?? 0) + 1);
  }
  const byPair = new Map<string, number[]>();
  const always: number[] = [];
  entries.forEach(({ selector }, position) => {
    const rarest = pairsOf(selector).reduce<string | undefined>(
      (best, pair) => (best === undefined || (frequency.get(pair) ?? 0) < (frequency.get(best) ?? 0) ? pair : best),
      undefined,
    );
    if (rarest === undefined) {
      always.push(position);
      return;
    }
    const list = byPair.get(rarest);
    if (list === undefined) byPair.set(rarest, [position]);
    else list.push(position);
  });
  return (labels) => {
    const found = [...always];
    for (const pair of pairsOf(labels)) {
      for (const position of byPair.get(pair) ?? []) {
        const entry = entries[position];
        if (entry !== undefined && selects(entry.selector, labels)) found.push(position);
      }
    }
    return found
      .sort((left, right) => left - right)
      .flatMap((position) => {
        const entry = entries[position];
        return entry === undefined ? [] : [entry.item];
      });
  };
}

function pairsOf(labels: Labels): string[] {
  return Object.entries(labels).map(([key, value]) => `${key}\u0000${value}`);
}
