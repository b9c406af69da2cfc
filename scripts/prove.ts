/**
 * `npm run prove [worlds] [first seed] [workers]`: random meshes and random edits, each compared by the engine and asked of the concrete evaluator.
 * Prints what was tried, and every counterexample found, the first of them shrunk; ends with 1 where there is one or the worlds tell too little.
 */
import { availableParallelism } from 'node:os';
import { Worker, isMainThread, parentPort, workerData } from 'node:worker_threads';
import { wantedAspects } from '../test/support/random-mesh/aspects.ts';
import type { Counterexample } from '../test/support/random-mesh/comparison-laws.ts';
import type { Judged } from '../test/support/random-mesh/judged-world.ts';
import { judge } from '../test/support/random-mesh/oracle.ts';
import { asText, provenWorld, shrink, type World } from '../test/support/random-mesh/world.ts';

interface Counts {
  worlds: number;
  widened: number;
  narrowed: number;
  withUndecided: number;
  skipped: number;
  asked: number;
  moved: number;
  undecidedMoves: number;
  inRegions: number;
  changes: number;
  readonly dimensions: Map<string, number>;
}

type Message = { readonly type: 'counts'; readonly counts: Counts; readonly next: number } | { readonly type: 'failed'; readonly seed: number; readonly found: Counterexample };

const share = (part: number, whole: number): number => (whole === 0 ? 0 : part / whole);
const percent = (part: number, whole: number): string => `${(100 * share(part, whole)).toFixed(2)} %`;

function none(): Counts {
  return { worlds: 0, widened: 0, narrowed: 0, withUndecided: 0, skipped: 0, asked: 0, moved: 0, undecidedMoves: 0, inRegions: 0, changes: 0, dimensions: new Map() };
}

function add(counts: Counts, more: Counts): void {
  for (const key of ['worlds', 'widened', 'narrowed', 'withUndecided', 'skipped', 'asked', 'moved', 'undecidedMoves', 'inRegions', 'changes'] as const) counts[key] += more[key];
  for (const [name, count] of more.dimensions) counts.dimensions.set(name, (counts.dimensions.get(name) ?? 0) + count);
}

function countsOf(judged: Judged): Counts {
  return {
    worlds: 1,
    widened: Number(judged.widened),
    narrowed: Number(judged.narrowed),
    withUndecided: Number(judged.undecided),
    skipped: Number(judged.skipped),
    asked: judged.asked,
    moved: judged.moved,
    undecidedMoves: judged.undecidedMoves,
    inRegions: judged.inRegions,
    changes: judged.changes,
    dimensions: new Map(judged.dimensions),
  };
}

const reportEvery = 200;
const mostFailures = 20;

/** One worker's part: every `step`-th seed. */
function work({ first, last, step }: { readonly first: number; readonly last: number; readonly step: number }): void {
  let counts = none();
  const tell = (message: Message): void => parentPort?.postMessage(message);
  for (let seed = first; seed < last; seed += step) {
    const judged = judge(provenWorld(seed));
    if (judged.counterexample !== undefined) {
      tell({ type: 'failed', seed, found: judged.counterexample });
      continue;
    }
    add(counts, countsOf(judged));
    if (counts.worlds === reportEvery) {
      tell({ type: 'counts', counts, next: seed + step });
      counts = none();
    }
  }
  tell({ type: 'counts', counts, next: last });
}

function explained(seed: number, { law, query }: Counterexample): string {
  // A counterexample without a question of its own is asked nothing.
  const options = { queries: query === undefined ? [] : [query] };
  const fails = (smaller: World): boolean => {
    try {
      return judge(smaller, options).counterexample?.law === law;
    } catch {
      return false;
    }
  };
  const world = provenWorld(seed);
  const small = fails(world) ? shrink(world, fails) : world;
  const found = judge(small, options).counterexample;
  return [
    `counterexample of seed ${String(seed)} (${world.edits.join(', ')})`,
    `law: ${law}`,
    `found: ${found?.says ?? ''}`,
    ...(query === undefined ? [] : [`question: ${JSON.stringify(found?.query ?? query)}`]),
    '--- base',
    asText(small.base),
    '--- head',
    asText(small.head),
  ].join('\n');
}

function summary(counts: Counts, failures: number, seconds: number): string {
  const dimensions = [...counts.dimensions].sort(([, left], [, right]) => right - left).map(([name, count]) => `  ${name.padEnd(28)} ${String(count).padStart(8)}  ${percent(count, counts.changes)}`);
  return [
    `${String(counts.worlds)} worlds in ${seconds.toFixed(0)} s, ${String(failures)} counterexamples`,
    `worlds that differ: widened ${percent(counts.widened, counts.worlds)}, narrowed ${percent(counts.narrowed, counts.worlds)}`,
    `worlds with an undecided change ${percent(counts.withUndecided, counts.worlds)}, with a list that was cut ${percent(counts.skipped, counts.worlds)}`,
    `questions ${String(counts.asked)}, of which moved ${String(counts.moved)} (held by an undecided change only: ${percent(counts.undecidedMoves, counts.moved)}), in a region ${String(counts.inRegions)}`,
    `changes ${String(counts.changes)}; what they are about:`,
    ...dimensions,
  ].join('\n');
}

async function main(): Promise<number> {
  const worlds = Number(process.argv[2] ?? 100_000);
  const first = Number(process.argv[3] ?? 1);
  const wanted = Number(process.argv[4] ?? availableParallelism());
  if (!Number.isInteger(worlds) || worlds < 1 || !Number.isInteger(first) || !Number.isInteger(wanted) || wanted < 1) {
    process.stderr.write('usage: npm run prove -- [worlds] [first seed] [workers]\n');
    return 2;
  }
  const started = performance.now();
  const counts = none();
  const step = Math.min(wanted, worlds);
  let told = 0;
  // The first seed that each worker has not judged yet.
  const next = Array.from({ length: step }, (_, index) => first + index);
  const failures: { readonly seed: number; readonly found: Counterexample }[] = [];
  const workers = Array.from({ length: step }, (_, index) => new Worker(new URL(import.meta.url), { workerData: { first: first + index, last: first + worlds, step } }));
  await Promise.all(
    workers.map(
      (worker, index) =>
        new Promise<void>((resolve, reject) => {
          worker.on('message', (message: Message) => {
            if (message.type === 'failed') {
              failures.push(message);
              process.stderr.write(`counterexample: seed ${String(message.seed)}, ${message.found.law}\n`);
              // So many have one reason, or the reasons are more than a reader wants at once.
              if (failures.length >= mostFailures) for (const other of workers) void other.terminate();
              return;
            }
            add(counts, message.counts);
            next[index] = message.next;
            if (counts.worlds - told < 5_000) return;
            told = counts.worlds;
            process.stderr.write(`${String(counts.worlds)} worlds, ${((performance.now() - started) / 1000).toFixed(0)} s; resume with: npm run prove -- ${String(first + worlds - Math.min(...next))} ${String(Math.min(...next))}\n`);
          });
          worker.on('error', reject);
          worker.on('exit', () => resolve());
        }),
    ),
  );
  process.stdout.write(`${summary(counts, failures.length, (performance.now() - started) / 1000)}\n`);
  const failure = failures.sort((left, right) => left.seed - right.seed)[0];
  if (failure !== undefined) {
    process.stdout.write(`seeds with a counterexample: ${failures.map(({ seed }) => String(seed)).join(' ')}\n${explained(failure.seed, failure.found)}\n`);
    return 1;
  }
  const rare = wantedAspects.filter((name) => share(counts.dimensions.get(name) ?? 0, counts.changes) < 0.01);
  if (worlds >= 1_000 && (share(counts.widened, counts.worlds) < 0.3 || share(counts.narrowed, counts.worlds) < 0.3 || share(counts.skipped, counts.worlds) > 0.01 || share(counts.undecidedMoves, counts.moved) > 0.01 || rare.length > 0)) {
    process.stdout.write(`the worlds are not telling enough: see the shares above${rare.length > 0 ? `; too rare: ${rare.join(', ')}` : ''}\n`);
    return 1;
  }
  return 0;
}

if (isMainThread) process.exitCode = await main();
else work(workerData as { readonly first: number; readonly last: number; readonly step: number });
