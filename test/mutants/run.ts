/**
 * `npm run mutants [-- FOLDER|FILE …]`: how many small faults put into the engine the suite notices, by file.
 *
 * A mutant counts as noticed when a check fails or no longer ends with it. One that cannot be noticed is listed in `equivalent.json`,
 * with the reason. Prints the table and the survivors; `--write` keeps the table in `README.md`.
 */
import { fork } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bundled, instrumented, mutatedFiles, root, suiteFiles, type Mutant } from './bundle.ts';
import { ignored } from './equivalent.ts';
import { keep, table, type Row } from './table.ts';
import type { Baseline, Message, Verdict } from './worker.ts';

const wanted = process.argv.slice(2).filter((argument) => !argument.startsWith('--'));
const write = process.argv.includes('--write');
const only = process.argv.find((argument) => argument.startsWith('--only='))?.slice('--only='.length).split(',').map(Number);
const folder = join(root, '.tmp/mutants', wanted.join('+').replaceAll('/', '_') || 'all');
const worker = join(root, 'test/mutants/worker.ts');
/** Of a process that says nothing. */
const patience = 240_000;

const started = process.hrtime.bigint();
const seconds = (): number => Number((process.hrtime.bigint() - started) / 1_000_000_000n);

function said(job: string, hear: (message: Message) => void): Promise<void> {
  return new Promise((resolve) => {
    const child = fork(worker, [folder, job], { execArgv: ['--max-old-space-size=1400', '--stack-size=900'], stdio: ['ignore', 'inherit', 'pipe', 'ipc'] });
    let timer = setTimeout(() => child.kill('SIGKILL'), patience);
    child.stderr?.resume();
    child.on('message', (message: Message) => {
      clearTimeout(timer);
      timer = setTimeout(() => child.kill('SIGKILL'), patience);
      hear(message);
    });
    child.on('exit', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}

async function measured(): Promise<Baseline> {
  const heard: Message[] = [];
  await said('measure', (message) => heard.push(message));
  const [message] = heard;
  if (message?.type !== 'baseline') throw new Error(`without any mutant the suite fails: ${message?.type === 'wrong' ? message.text : 'it does not end'}`);
  return JSON.parse(readFileSync(join(folder, 'baseline.json'), 'utf8')) as Baseline;
}

async function judged(mutants: readonly Mutant[]): Promise<ReadonlyMap<number, Verdict>> {
  const verdicts = new Map<number, Verdict>();
  let last = 0;
  for (let left = mutants; left.length > 0; left = mutants.filter(({ id }) => !verdicts.has(id))) {
    let current: number | undefined;
    let wrong: string | undefined;
    writeFileSync(join(folder, 'job.json'), JSON.stringify({ mutants: left.map(({ id, file }) => ({ id, file })) }));
    await said('job.json', (message) => {
      if (message.type === 'begins') current = message.id;
      else if (message.type === 'wrong') wrong = message.text;
      else if (message.type === 'ends') {
        verdicts.set(message.verdict.id, message.verdict);
        if (seconds() - last >= 30) {
          last = seconds();
          const alive = [...verdicts.values()].filter(({ status }) => status === 'survived' || status === 'uncovered').length;
          process.stderr.write(`${verdicts.size} of ${mutants.length} after ${last} s, ${alive} alive\n`);
        }
      }
    });
    if (wrong !== undefined) throw new Error(wrong);
    // It took the process down: memory, or a loop that nothing ends.
    if (current !== undefined && !verdicts.has(current)) verdicts.set(current, { id: current, status: 'timeout' });
  }
  return verdicts;
}

const files = mutatedFiles(wanted);
if (files.length === 0) throw new Error(`no file of the mutated folders is called ${wanted.join(', ')}`);
mkdirSync(folder, { recursive: true });
const { mutants, texts } = await instrumented(files);
for (const [name, counting] of [['counting.cjs', true], ['plain.cjs', false]] as const) writeFileSync(join(folder, name), await bundled(texts, suiteFiles(), counting));
const baseline = await measured();
const total = baseline.checks.reduce((sum, { ms }) => sum + ms, 0);
process.stderr.write(`${mutants.length} mutants in ${files.length} files; ${baseline.checks.length - baseline.left.length} checks in ${Math.round(total)} ms; ${baseline.early.length} mutants are met while loading\n`);

const reasons = ignored(mutants);
const rows: Row[] = [];
for (const file of files) {
  const own = mutants.filter((mutant) => mutant.file === file);
  if (own.length === 0) continue;
  const verdicts = await judged(own.filter(({ id }) => !reasons.has(id) && (only === undefined || only.includes(id))));
  const count = (...wantedOnes: readonly Verdict['status'][]): number => [...verdicts.values()].filter(({ status }) => wantedOnes.includes(status)).length;
  for (const { id, line, column, mutator, original, replacement } of own) {
    const status = verdicts.get(id)?.status;
    if (status !== 'survived' && status !== 'uncovered') continue;
    const short = (text: string): string => text.replaceAll(/\s+/g, ' ').slice(0, 110);
    console.log(`${file}:${line}:${column} #${id} ${status === 'uncovered' ? 'never run: ' : ''}${mutator}: ${short(original)} → ${short(replacement)}`);
  }
  const row: Row = { file, mutants: own.length, killed: count('killed'), timeout: count('timeout'), survived: count('survived', 'uncovered'), ignored: own.filter(({ id }) => reasons.has(id)).length };
  rows.push(row);
  console.log(`${table([row]).split('\n')[2] ?? ''}\n`);
  // A run that is broken off keeps what it has.
  if (write && only === undefined) keep([row]);
}
console.log(table(rows));
process.stderr.write(`${seconds()} s\n`);
