/** What the suite costs without any mutant, and which checks run through which mutant. */
import { bundle, forget, loaded, off, processorTime, type Mutation } from './loading.ts';

export interface Baseline {
  /** `ms` is processor time. */
  readonly checks: readonly { readonly id: string; readonly ms: number }[];
  /** Ranks of checks that count what they meet, and need all their runs for it: they are no part of the suite. */
  readonly left: readonly number[];
  /** By mutant: the checks that run through it, as ranks in `checks`. */
  readonly covering: Readonly<Record<string, readonly number[]>>;
  /** By mutant: how often a check runs through it at most. */
  readonly hits: Readonly<Record<string, number>>;
  /** Mutants that are run through before any check. */
  readonly early: readonly number[];
}

/** Set by the check while it ran. */
function fewer(mutation: Mutation): boolean {
  return mutation.capped;
}

/** @param constants mutants that put a constant in the place of an expression */
export function measured(folder: string, constants: ReadonlyMap<number, unknown>): Baseline {
  const covering = new Map<number, number[]>();
  const hits = new Map<number, number>();
  const early = new Set<number>();
  const left = new Set<number>();
  let counts: Map<number, number> | undefined;
  const counting = loaded(bundle(folder, 'counting.cjs'), off, (...ids) => {
    for (const id of ids) {
      if (counts === undefined) early.add(id);
      else counts.set(id, (counts.get(id) ?? 0) + 1);
    }
  }, constants);
  for (const [rank, check] of counting.checks.entries()) {
    forget(counting);
    counts = new Map();
    counting.capped = false;
    try {
      check.run();
    } catch (error) {
      if (!fewer(counting)) throw error;
      left.add(rank);
      continue;
    }
    for (const [id, count] of counts) {
      const ranks = covering.get(id);
      if (ranks === undefined) covering.set(id, [rank]);
      else ranks.push(rank);
      hits.set(id, Math.max(hits.get(id) ?? 0, count));
    }
  }
  const plain = loaded(bundle(folder, 'plain.cjs'), off);
  const milliseconds = plain.checks.map((check, rank) => {
    if (left.has(rank)) return 0;
    forget(plain);
    const start = processorTime();
    check.run();
    return processorTime() - start;
  });
  return { checks: plain.checks.map((check, rank) => ({ id: check.id, ms: milliseconds[rank] ?? 0 })), left: [...left], covering: Object.fromEntries(covering), hits: Object.fromEntries(hits), early: [...early] };
}
