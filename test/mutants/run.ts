/**
 * `npm run mutants [-- FOLDER|FILE …]`: how many small faults put into the engine the suite notices, by file.
 *
 * A mutant counts as noticed when a check fails or no longer ends with it. One that cannot be noticed is listed in `equivalent.json`,
 * with the reason. Prints the table and the survivors; `--write` keeps the table in `README.md`, `--list` asks nothing and prints what is known,
 * `--fresh` forgets what earlier runs found, `--budget=MS` gives a mutant other than 600 ms, `--again` asks those again for which the time was too short.
 */
import { fork } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bundled, instrumented, mutatedFiles, root, suiteFiles, type Instrumented, type Mutant } from './bundle.ts';
import { ignored } from './equivalent.ts';
import type { Baseline } from './measure.ts';
import { digests, Records } from './records.ts';
import { keep, table, type Row } from './table.ts';
import type { Asked, Job, Message } from './worker.ts';

const wanted = process.argv.slice(2).filter((argument) => !argument.startsWith('--'));
const has = (option: string): boolean => process.argv.includes(option);
const budget = Number(process.argv.find((argument) => argument.startsWith('--budget='))?.slice('--budget='.length) ?? 600);
const called = wanted.join('+').replaceAll('/', '_') || 'all';
/** Of many files only a digest of their names: a name of a folder is short. */
const folder = join(root, '.tmp/mutants', called.length < 200 ? called : createHash('sha256').update(called).digest('hex'));
const worker = join(root, 'test/mutants/worker.ts');
/** Of a process that says nothing. */
const patience = 600_000;
/** Mutants that live in one bundle: the more, the slower it is; the fewer, the more often the suite is measured. */
const perBundle = 1_200;

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

/** Asks about each mutant until all have an answer, whatever becomes of the processes that look for it. */
async function judged(asked: readonly Asked[], kills: Job['kills'], hear: (verdict: Parameters<Records['add']>[1]) => void): Promise<void> {
  const answered = new Set<number>();
  const alone = new Set<number>();
  for (let left = asked; left.length > 0; left = asked.filter(({ id }) => !answered.has(id))) {
    let current: number | undefined;
    const [first] = left;
    const solitary = first !== undefined && alone.has(first.id);
    const job: Job = { mutants: left.filter(({ id }) => alone.has(id) === solitary), kills, budget, batch: solitary ? 1 : 40 };
    writeFileSync(join(folder, 'job.json'), JSON.stringify(job));
    await said('job.json', (message) => {
      if (message.type === 'begins') current = message.id;
      else if (message.type === 'outlived') for (const id of message.ids) alone.add(id);
      else if (message.type === 'ends') {
        answered.add(message.verdict.id);
        hear(message.verdict);
      }
    });
    // It took the process down: memory, or a loop that nothing ends.
    if (current !== undefined && !answered.has(current) && !alone.has(current)) {
      answered.add(current);
      hear({ id: current, status: 'timeout' });
    }
  }
}

/** What is not known yet of one bundle's files. */
async function settled(texts: Instrumented['texts'], mutants: readonly Mutant[], parts: readonly string[], records: Records): Promise<void> {
  const open = mutants.map((mutant) => ({ mutant, open: records.open(mutant, has('--again')) })).filter((each) => each.open.length > 0);
  if (open.length === 0) return;
  const suite = parts.filter((part) => open.some((each) => each.open.includes(part)));
  for (const [name, counting] of [['counting.cjs', true], ['plain.cjs', false]] as const) writeFileSync(join(folder, name), await bundled(texts, suite, counting));
  const constants = mutants.flatMap(({ id, mutator, replacement }) => (mutator === 'ConditionalExpression' && (replacement === 'true' || replacement === 'false') ? [[id, replacement === 'true']] : []));
  writeFileSync(join(folder, 'constants.json'), JSON.stringify(constants));
  const baseline = await measured();
  const total = baseline.checks.reduce((sum, { ms }) => sum + ms, 0);
  process.stderr.write(`${String(open.length)} mutants; ${String(baseline.checks.length - baseline.left.length)} checks in ${String(Math.round(total))} ms; ${String(baseline.early.length)} mutants are met while loading\n`);
  const byId = new Map(open.map(({ mutant }) => [mutant.id, mutant]));
  const asked = open.map(({ mutant: { id, file, line }, open: own }): Asked => ({ id, file, line, ...(own.length === suite.length ? {} : { parts: own }) }));
  let done = 0;
  let alive = 0;
  let last = seconds();
  await judged(asked, records.kills(new Set(mutants.map(({ file }) => file))), (verdict) => {
    const mutant = byId.get(verdict.id);
    if (mutant === undefined) return;
    records.add(mutant, verdict, parts);
    done += 1;
    if (verdict.status === 'survived' || verdict.status === 'uncovered') alive += 1;
    if (seconds() - last < 30) return;
    last = seconds();
    // A run that is broken off keeps what it has.
    records.keep(mutant.file);
    process.stderr.write(`${String(done)} of ${String(open.length)} after ${String(last)} s, ${String(alive)} alive, at ${mutant.file}\n`);
  });
  for (const file of new Set(open.map(({ mutant }) => mutant.file))) records.keep(file);
}

/** Files that go into one bundle. */
function bundles(files: readonly string[], size: (file: string) => number): readonly (readonly string[])[] {
  const made: string[][] = [];
  let room = 0;
  for (const file of files) {
    if (room < size(file)) {
      made.push([]);
      room = perBundle;
    }
    made.at(-1)?.push(file);
    room -= size(file);
  }
  return made;
}

function told(file: string, own: readonly Mutant[], records: Records, reasons: ReadonlyMap<number, string>): Row {
  const counted = own.filter(({ id }) => !reasons.has(id));
  const count = (status: string): number => counted.filter((mutant) => records.status(mutant) === status).length;
  for (const mutant of counted) {
    const status = records.status(mutant);
    if (status !== 'survived' && status !== 'uncovered') continue;
    const short = (text: string): string => text.replaceAll(/\s+/g, ' ').slice(0, 130);
    console.log(`${file}:${String(mutant.line)}:${String(mutant.column)} ${status === 'uncovered' ? 'never run: ' : ''}${mutant.mutator}: ${short(mutant.original)} → ${short(mutant.replacement)}`);
  }
  return { file, mutants: own.length, killed: count('killed'), timeout: count('timeout'), survived: count('survived') + count('uncovered'), ignored: own.length - counted.length };
}

const files = mutatedFiles(wanted);
if (files.length === 0) throw new Error(`no file of the mutated folders is called ${wanted.join(', ')}`);
mkdirSync(folder, { recursive: true });
if (has('--fresh')) for (const file of files) rmSync(join(root, '.tmp/mutants/found', `${file}.json`), { force: true });
const { mutants, texts } = await instrumented(files);
const parts = digests(suiteFiles());
const records = new Records(parts, files);
const reasons = ignored(mutants);
const rows: Row[] = [];
const whole = (): readonly Row[] => rows.filter((row) => row.mutants === row.killed + row.timeout + row.survived + row.ignored);
for (const group of bundles(files, (file) => mutants.filter((mutant) => mutant.file === file).length)) {
  const own = mutants.filter(({ file }) => group.includes(file));
  if (!has('--list')) await settled(new Map(group.map((file) => [file, texts.get(file) ?? ''])), own.filter(({ id }) => !reasons.has(id)), [...parts.keys()], records);
  for (const file of group) {
    const mine = own.filter((mutant) => mutant.file === file);
    if (mine.length > 0) rows.push(told(file, mine, records, reasons));
  }
  if (has('--write')) keep(whole());
}
console.log(table(whole()));
if (whole().length < rows.length) console.log(`not run: ${rows.filter((row) => !whole().includes(row)).map(({ file }) => file).join(', ')}`);
process.stderr.write(`${String(seconds())} s\n`);
