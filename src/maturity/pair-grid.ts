/**
 * Ordered pairs of namespaces, each closed (score 1) or open (score 0), without a list of them: they grow with the square of the mesh.
 */
import { compareText } from '#lib/order.ts';

/** Stands for every namespace that the manifests do not show; only a source. */
const elsewhere = '(any other)';

/** From which namespaces one is open; `all` includes those that the manifests do not show. */
export type OpenTo = 'all' | ReadonlySet<string>;

export class PairGrid {
  /** Per namespace that is a target. */
  readonly #openTo: ReadonlyMap<string, OpenTo>;
  readonly #lacks: string;

  /** @param lacks what an open pair lacks, in words */
  constructor(openTo: ReadonlyMap<string, OpenTo>, lacks: string) {
    this.#openTo = openTo;
    this.#lacks = lacks;
  }

  /** Number of pairs: every namespace and the rest of the world towards every namespace but itself. */
  get size(): number {
    return this.#openTo.size * this.#openTo.size;
  }

  get closed(): number {
    return this.#count(this.#openTo).closed;
  }

  /** Share of closed pairs, over the pairs that the other grid has, too; 1 where there is none. */
  mean(other: PairGrid = this): number {
    const { closed, pairs } = this.#count(other.#openTo);
    return pairs === 0 ? 1 : closed / pairs;
  }

  #count(shared: ReadonlyMap<string, unknown>): { readonly closed: number; readonly pairs: number } {
    const common = shared === this.#openTo ? this.#openTo.size : [...this.#openTo.keys()].filter((namespace) => shared.has(namespace)).length;
    let closed = 0;
    for (const [namespace, open] of this.#openTo) {
      if (!shared.has(namespace) || open === 'all') continue;
      // The sources are the common namespaces without this one, and the rest of the world.
      closed += common;
      for (const source of open) if (source !== namespace && (source === elsewhere || (this.#openTo.has(source) && shared.has(source)))) closed -= 1;
    }
    return { closed, pairs: common * common };
  }

  /** The first open pairs, by source and target in the one order. */
  firstOpen(limit: number): ReadonlyMap<string, { readonly score: 0; readonly lacks: string }> {
    const found = new Map<string, { readonly score: 0; readonly lacks: string }>();
    const toAll: string[] = [];
    const toSome = new Map<string, string[]>();
    for (const target of [...this.#openTo.keys()].sort(compareText)) {
      const open = this.#openTo.get(target) ?? new Set();
      if (open === 'all') toAll.push(target);
      else for (const source of open) toSome.set(source, [...(toSome.get(source) ?? []), target]);
    }
    const sources = [...this.#openTo.keys(), elsewhere].map((source) => ({ source, text: `${source} -> ` })).sort((left, right) => compareText(left.text, right.text));
    for (const { source, text } of sources) {
      const some = toSome.get(source) ?? [];
      for (const target of some.length === 0 ? toAll : [...toAll, ...some].sort(compareText)) {
        if (found.size >= limit) return found;
        if (source !== target) found.set(`${text}${target}`, { score: 0, lacks: this.#lacks });
      }
    }
    return found;
  }
}
