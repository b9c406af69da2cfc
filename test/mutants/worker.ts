/**
 * Runs the suite with one mutant on after another, in one process. Says what it begins and how it ended, so that the process that started
 * it knows which mutant took it down.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bundle, forget, loaded, off, outOfTime, processorTime, within, type Mutation } from './loading.ts';
import { measured, type Baseline } from './measure.ts';

export interface Verdict {
  readonly id: number;
  readonly status: 'killed' | 'timeout' | 'survived' | 'uncovered';
  /** The check that noticed it. */
  readonly by?: string;
  /** Some checks that come by it were not asked: the others had used up its time. */
  readonly cut?: true;
}

/** A mutant to judge. */
export interface Asked {
  readonly id: number;
  readonly file: string;
  readonly line: number;
  /** Files of the suite that it has not been asked of; absent: any. */
  readonly parts?: readonly string[];
}

/** Where a check has noticed a mutant: it is likely to notice its neighbours. */
export interface Kill {
  readonly file: string;
  readonly line: number;
  readonly by: string;
}

export interface Job {
  readonly mutants: readonly Asked[];
  readonly kills: readonly Kill[];
  /** Processor time of the checks that one mutant is asked of, in milliseconds. */
  readonly budget: number;
  /** Mutants between two looks at whether any of them outlived its run. */
  readonly batch: number;
}

export type Message =
  | { readonly type: 'begins'; readonly id: number }
  | { readonly type: 'ends'; readonly verdict: Verdict }
  | { readonly type: 'outlived'; readonly ids: readonly number[]; readonly text: string }
  | { readonly type: 'baseline' }
  | { readonly type: 'wrong'; readonly text: string };

const [folder = '', job = ''] = process.argv.slice(2);

function say(message: Message): void {
  process.send?.(message);
}

interface Noticed {
  readonly rank: number;
  readonly result: 'fails' | 'timeout';
}

interface Answered {
  readonly noticed?: Noticed;
  readonly cut: boolean;
}

/** Which checks see what runs while the modules load nothing tells: they have this many times the time. */
const EARLY = 5;

class Runs {
  readonly #baseline: Baseline;
  readonly #budget: number;
  readonly #made = bundle(folder, 'plain.cjs');
  readonly #early: ReadonlySet<number>;
  /** By file: the checks that come by some mutant of it. */
  readonly #near = new Map<string, Set<number>>();
  readonly #left: ReadonlySet<number>;
  readonly #warm: Mutation;
  /** By file and rank: the lines of the mutants that each check has killed. */
  readonly #kills = new Map<string, Map<number, number[]>>();
  /** Of the checks, by rank: the least that each took without being stopped. */
  readonly #costs: number[];
  #killers = new Set<number>();
  #error = '';

  constructor(baseline: Baseline, { budget, kills, mutants }: Job) {
    this.#baseline = baseline;
    this.#budget = budget;
    this.#costs = baseline.checks.map(({ ms }) => ms);
    this.#early = new Set(baseline.early);
    for (const { id, file } of mutants) {
      const near = this.#near.get(file) ?? new Set();
      this.#near.set(file, near);
      for (const rank of baseline.covering[id] ?? []) near.add(rank);
    }
    this.#left = new Set(baseline.left);
    this.#warm = loaded(this.#made, off);
    const ranks = new Map(baseline.checks.map(({ id }, rank) => [id, rank]));
    for (const { file, line, by } of kills) {
      const rank = ranks.get(by);
      if (rank !== undefined) this.#remember(file, line, rank);
    }
  }

  #remember(file: string, line: number, rank: number): void {
    const kills = this.#kills.get(file) ?? new Map<number, number[]>();
    this.#kills.set(file, kills);
    const lines = kills.get(rank);
    if (lines === undefined) kills.set(rank, [line]);
    else lines.push(line);
  }

  #cost(rank: number): number {
    return (this.#costs[rank] ?? 0) + 0.3;
  }

  /** The cheapest for what it is likely to notice. */
  #ordered({ file, line }: Asked, ranks: readonly number[]): readonly number[] {
    const kills = this.#kills.get(file);
    const weight = (rank: number): number => (0.2 + (kills?.get(rank) ?? []).reduce((sum, other) => sum + 1 / (1 + Math.abs(other - line) / 3), 0)) / this.#cost(rank);
    return ranks
      .map((rank) => ({ rank, weight: weight(rank) }))
      .sort((left, right) => right.weight - left.weight || left.rank - right.rank)
      .map(({ rank }) => rank);
  }

  #passes(mutation: Mutation, rank: number, limit: number): 'passes' | 'fails' | 'timeout' {
    const most = 2_000 + 20 * (this.#baseline.checks[rank]?.ms ?? 0);
    // The clock ends a check; the time of the processor says whether it was the check that took it.
    for (let wait = most; ; wait *= 5) {
      forget(mutation);
      mutation.limit = limit;
      const start = processorTime();
      try {
        within(Math.ceil(wait), () => mutation.checks[rank]?.run());
        this.#costs[rank] = Math.min(this.#costs[rank] ?? Infinity, processorTime() - start);
        // Not noticed by the check, but by the limit: somebody caught the error on its way.
        return mutation.hits > limit ? 'timeout' : 'passes';
      } catch (error) {
        this.#error = String(error);
        if (mutation.hits > limit) return 'timeout';
        if (!outOfTime(error)) return 'fails';
        if (processorTime() - start >= most * 0.9 || wait > 20 * most) return 'timeout';
      }
    }
  }

  of(asked: Asked): Verdict {
    const { id } = asked;
    const early = this.#early.has(id);
    const fresh = (rank: number): boolean => !this.#left.has(rank) && (asked.parts?.some((part) => this.#baseline.checks[rank]?.id.startsWith(`${part} `)) ?? true);
    const covering = (this.#baseline.covering[id] ?? []).filter(fresh);
    const warm = this.#verdict(asked, this.#judged(this.#warm, asked, covering));
    if (!early) return covering.length === 0 ? { id, status: 'uncovered' } : warm;
    if (warm.status !== 'survived') return warm;
    // What runs while the modules load is seen by loading them again, and may matter to every check.
    try {
      const again = loaded(this.#made, id);
      if (again.checks.length !== this.#baseline.checks.length) return { id, status: 'killed', by: 'loading' };
      const all = [...this.#baseline.checks.keys()].filter(fresh);
      const near = this.#near.get(asked.file);
      const first = this.#verdict(asked, this.#judged(again, asked, all.filter((rank) => near?.has(rank) === true), EARLY * this.#budget));
      return first.status === 'survived' ? this.#verdict(asked, this.#judged(again, asked, all.filter((rank) => near?.has(rank) !== true), EARLY * this.#budget)) : first;
    } catch {
      return { id, status: 'killed', by: 'loading' };
    }
  }

  /** The first check that notices the mutant; the others are not asked. */
  #judged(mutation: Mutation, asked: Asked, ranks: readonly number[], budget = this.#budget): Answered {
    const limit = 10_000 + 100 * (this.#baseline.hits[asked.id] ?? 0);
    mutation.id = asked.id;
    let spent = 0;
    let answered: Answered = { cut: false };
    for (const rank of this.#ordered(asked, ranks)) {
      // The next one may be cheaper, but is less likely to notice anything.
      if (spent > 0 && spent + this.#cost(rank) > budget) {
        answered = { cut: true };
        continue;
      }
      spent += this.#cost(rank);
      const result = this.#passes(mutation, rank, limit);
      if (result === 'passes') continue;
      answered = { noticed: { rank, result }, cut: false };
      break;
    }
    mutation.id = off;
    forget(mutation);
    return answered;
  }

  #verdict({ id, file, line }: Asked, { noticed, cut }: Answered): Verdict {
    if (noticed === undefined) return { id, status: 'survived', ...(cut ? { cut } : {}) };
    const { rank, result } = noticed;
    this.#remember(file, line, rank);
    this.#killers.add(rank);
    const by = this.#baseline.checks[rank]?.id;
    return { id, status: result === 'timeout' ? 'timeout' : 'killed', ...(by === undefined ? {} : { by }) };
  }

  /** Checks that fail without any mutant, of those that have noticed one since the last time: something was left behind. */
  unclean(): readonly string[] {
    const ranks = [...this.#killers];
    this.#killers = new Set();
    return ranks.flatMap((rank) => {
      const result = this.#passes(this.#warm, rank, Infinity);
      return result === 'passes' ? [] : [`${this.#baseline.checks[rank]?.id ?? ''}: ${result} ${this.#error}`];
    });
  }
}

function judge(): void {
  const all = JSON.parse(readFileSync(join(folder, job), 'utf8')) as Job;
  const runs = new Runs(JSON.parse(readFileSync(join(folder, 'baseline.json'), 'utf8')) as Baseline, all);
  let batch: Verdict[] = [];
  /** Whether the process is as it was before the batch. */
  const told = (): boolean => {
    const [failing] = runs.unclean();
    // A mutant that was alone was met by a clean process, and what it did to it is its own.
    if (failing !== undefined && batch.length > 1) {
      say({ type: 'outlived', ids: batch.map(({ id }) => id), text: failing });
      return false;
    }
    for (const verdict of batch) say({ type: 'ends', verdict });
    batch = [];
    return failing === undefined;
  };
  for (const asked of all.mutants) {
    say({ type: 'begins', id: asked.id });
    batch.push(runs.of(asked));
    if (batch.length >= all.batch && !told()) return;
  }
  told();
}

if (job === 'measure') {
  try {
    const constants = new Map(JSON.parse(readFileSync(join(folder, 'constants.json'), 'utf8')) as readonly (readonly [number, unknown])[]);
    writeFileSync(join(folder, 'baseline.json'), JSON.stringify(measured(folder, constants)));
    say({ type: 'baseline' });
  } catch (error) {
    say({ type: 'wrong', text: error instanceof Error ? (error.stack ?? error.message) : String(error) });
  }
  process.exit(0);
} else if (job !== '') {
  judge();
  process.disconnect();
}
