/**
 * Runs the suite with one mutant on after another, in one process. Says what it begins and how it ended, so that the process that started
 * it knows which mutant took it down.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { Script } from 'node:vm';

/** What a bundle and its tests see. */
interface Mutation {
  id: number;
  hits: number;
  limit: number;
  file: string;
  /** The check at hand had fewer runs than it asks for. */
  capped: boolean;
  readonly checks: { readonly id: string; readonly run: () => void }[];
  readonly forget: (() => void)[];
  hit(): true;
  cover(...ids: readonly number[]): void;
}

export interface Baseline {
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

export interface Verdict {
  readonly id: number;
  readonly status: 'killed' | 'timeout' | 'survived' | 'uncovered';
  /** The check that noticed it. */
  readonly by?: string;
}

export type Message = { readonly type: 'begins'; readonly id: number } | { readonly type: 'ends'; readonly verdict: Verdict } | { readonly type: 'baseline' } | { readonly type: 'wrong'; readonly text: string };

const [folder = '', job = ''] = process.argv.slice(2);
const nodeRequire = createRequire(import.meta.url);

/** A loop that never ends comes by its mutant again and again. */
class TooMany extends Error {}

const off = -1;

function say(message: Message): void {
  process.send?.(message);
}

type Bundle = (require: NodeJS.Require, module: object, exports: object, mutation: Mutation) => void;

function bundle(name: string): Bundle {
  const text = readFileSync(join(folder, name), 'utf8');
  return new Script(`(function (require, module, exports, __mutation) {${text}\n})`, { filename: join(folder, name) }).runInThisContext() as Bundle;
}

function loaded(made: Bundle, id: number, cover: Mutation['cover']): Mutation {
  const mutation: Mutation = {
    id,
    hits: 0,
    limit: 10_000_000,
    file: '',
    capped: false,
    checks: [],
    forget: [],
    hit() {
      mutation.hits += 1;
      if (mutation.hits > mutation.limit) throw new TooMany('the mutant is come by too often');
      return true;
    },
    cover,
  };
  within(20_000, () => made(nodeRequire, {}, {}, mutation));
  return mutation;
}

const trampoline = new Script('globalThis.__step()');
const shared = globalThis as unknown as { __step?: () => void };

/** Ends what runs longer. */
function within(milliseconds: number, run: () => void): void {
  shared.__step = run;
  trampoline.runInThisContext({ timeout: milliseconds });
}

function forget(mutation: Mutation): void {
  for (const each of mutation.forget) each();
  mutation.hits = 0;
}

/** Set by the check while it ran. */
function fewer(mutation: Mutation): boolean {
  return mutation.capped;
}

function measured(): Baseline {
  const covering = new Map<number, number[]>();
  const hits = new Map<number, number>();
  const early = new Set<number>();
  const left = new Set<number>();
  let counts: Map<number, number> | undefined;
  const counting = loaded(bundle('counting.cjs'), off, (...ids) => {
    for (const id of ids) {
      if (counts === undefined) early.add(id);
      else counts.set(id, (counts.get(id) ?? 0) + 1);
    }
  });
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
  const plain = loaded(bundle('plain.cjs'), off, () => undefined);
  const milliseconds = plain.checks.map((check, rank) => {
    if (left.has(rank)) return 0;
    forget(plain);
    const start = performance.now();
    check.run();
    return performance.now() - start;
  });
  return { checks: plain.checks.map((check, rank) => ({ id: check.id, ms: milliseconds[rank] ?? 0 })), left: [...left], covering: Object.fromEntries(covering), hits: Object.fromEntries(hits), early: [...early] };
}

interface Job {
  readonly mutants: readonly { readonly id: number; readonly file: string }[];
}

class Runs {
  readonly #baseline: Baseline;
  readonly #made = bundle('plain.cjs');
  readonly #early: ReadonlySet<number>;
  #warm: Mutation;
  #error = '';
  /** By file: how many mutants each check has killed. The next one is likely to fall to the same. */
  readonly #kills = new Map<string, Map<number, number>>();

  constructor(baseline: Baseline) {
    this.#baseline = baseline;
    this.#early = new Set(baseline.early);
    this.#warm = loaded(this.#made, off, () => undefined);
  }

  #ordered(file: string, ranks: readonly number[]): readonly number[] {
    const kills = this.#kills.get(file);
    const expected = (rank: number): number => (this.#baseline.checks[rank]?.ms ?? 0) + 0.2;
    // The cheapest for what it is likely to notice.
    const weight = (rank: number): number => (1 + 20 * (kills?.get(rank) ?? 0)) / expected(rank);
    return [...ranks].sort((left, right) => weight(right) - weight(left) || left - right);
  }

  #passes(mutation: Mutation, rank: number, limit: number): 'passes' | 'fails' | 'timeout' {
    forget(mutation);
    mutation.limit = limit;
    try {
      within(Math.ceil(2_000 + 20 * (this.#baseline.checks[rank]?.ms ?? 0)), () => mutation.checks[rank]?.run());
      // Not noticed by the check, but by the limit: somebody caught the error on its way.
      return mutation.hits > limit ? 'timeout' : 'passes';
    } catch (error) {
      this.#error = String(error);
      return mutation.hits > limit || (error instanceof Error && 'code' in error && error.code === 'ERR_SCRIPT_EXECUTION_TIMEOUT') ? 'timeout' : 'fails';
    }
  }

  of(id: number, file: string): Verdict {
    const covering = this.#baseline.covering[id] ?? [];
    const verdict = this.#judged(this.#warm, id, file, covering);
    if (!this.#early.has(id) || verdict.status !== 'survived') return covering.length === 0 && !this.#early.has(id) ? { id, status: 'uncovered' } : verdict;
    // What runs while the modules load is seen by loading them again, and may matter to every check.
    try {
      const again = loaded(this.#made, id, () => undefined);
      if (again.checks.length !== this.#baseline.checks.length) return { id, status: 'killed', by: 'loading' };
      return this.#judged(again, id, file, [...this.#baseline.checks.keys()].filter((rank) => !this.#baseline.left.includes(rank)));
    } catch {
      return { id, status: 'killed', by: 'loading' };
    }
  }

  /** The first check that notices the mutant; the others are not asked. */
  #first(mutation: Mutation, ranks: readonly number[], limit: number): { readonly rank: number; readonly result: 'fails' | 'timeout' } | undefined {
    for (const rank of ranks) {
      const result = this.#passes(mutation, rank, limit);
      if (result !== 'passes') return { rank, result };
    }
    return undefined;
  }

  #judged(mutation: Mutation, id: number, file: string, ranks: readonly number[]): Verdict {
    const limit = 10_000 + 100 * (this.#baseline.hits[id] ?? 0);
    mutation.id = id;
    const noticed = this.#first(mutation, this.#ordered(file, ranks), limit);
    mutation.id = off;
    forget(mutation);
    if (noticed === undefined) return { id, status: 'survived' };
    const { rank, result } = noticed;
    const kills = this.#kills.get(file) ?? new Map<number, number>();
    this.#kills.set(file, kills.set(rank, (kills.get(rank) ?? 0) + 1));
    const by = this.#baseline.checks[rank]?.id;
    return { id, status: result === 'timeout' ? 'timeout' : 'killed', ...(by === undefined ? {} : { by }) };
  }

  /** Checks that fail without any mutant: something was left behind by one. */
  unclean(): readonly string[] {
    const ranks = new Set([...this.#kills.values()].flatMap((kills) => [...kills.keys()]));
    return [...ranks].flatMap((rank) => {
      const result = this.#passes(this.#warm, rank, Infinity);
      return result === 'passes' ? [] : [`${this.#baseline.checks[rank]?.id ?? ''}: ${result} ${this.#error}`];
    });
  }
}

if (job === 'measure') {
  try {
    writeFileSync(join(folder, 'baseline.json'), JSON.stringify(measured()));
    say({ type: 'baseline' });
  } catch (error) {
    say({ type: 'wrong', text: error instanceof Error ? (error.stack ?? error.message) : String(error) });
  }
  process.exit(0);
} else if (job !== '') {
  const { mutants } = JSON.parse(readFileSync(join(folder, job), 'utf8')) as Job;
  const runs = new Runs(JSON.parse(readFileSync(join(folder, 'baseline.json'), 'utf8')) as Baseline);
  let batch: Verdict[] = [];
  const told = (): void => {
    const failing = runs.unclean();
    if (failing.length > 0) {
      say({ type: 'wrong', text: `a mutant among ${String(batch[0]?.id)} to ${String(batch.at(-1)?.id)} outlived its run: ${failing.join('; ')}` });
      process.exit(0);
    }
    for (const verdict of batch) say({ type: 'ends', verdict });
    batch = [];
  };
  for (const { id, file } of mutants) {
    say({ type: 'begins', id });
    batch.push(runs.of(id, file));
    if (batch.length >= 25) told();
  }
  told();
  process.disconnect();
}
