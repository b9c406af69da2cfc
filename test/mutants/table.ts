/** The scores by file, as Markdown, and where they are kept. */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export interface Row {
  readonly file: string;
  readonly mutants: number;
  readonly killed: number;
  readonly timeout: number;
  readonly survived: number;
  readonly ignored: number;
}

const readme = fileURLToPath(new URL('README.md', import.meta.url));
const marks = { start: '<!-- table -->\n', end: '<!-- /table -->' };

function score({ mutants, killed, timeout, ignored }: Row): string {
  const counted = mutants - ignored;
  return counted === 0 ? '' : `${((100 * (killed + timeout)) / counted).toFixed(1)} %`;
}

function line(row: Row): string {
  return `| ${[row.file, row.mutants, row.killed, row.timeout, row.survived, row.ignored, score(row)].join(' | ')} |`;
}

function sum(file: string, rows: readonly Row[]): Row {
  const of = (field: Exclude<keyof Row, 'file'>): number => rows.reduce((total, row) => total + row[field], 0);
  return { file, mutants: of('mutants'), killed: of('killed'), timeout: of('timeout'), survived: of('survived'), ignored: of('ignored') };
}

/** `src/sets/candidates/text.ts` counts for `src/sets`. */
const folderOf = (file: string): string => file.split('/').slice(0, 2).join('/');

export function table(rows: readonly Row[]): string {
  const folders = [...new Set(rows.map(({ file }) => folderOf(file)))];
  const lines = folders.flatMap((folder) => {
    const own = rows.filter(({ file }) => folderOf(file) === folder);
    return [...own, sum(`**${folder}**`, own)];
  });
  return ['| file | mutants | killed | timed out | survived | ignored | score |', '|---|---|---|---|---|---|---|', ...[...lines, sum('**all**', rows)].map(line)].join('\n');
}

function kept(text: string): readonly Row[] {
  return text.split('\n').flatMap((entry) => {
    const [, file = '', ...numbers] = entry.split('|').map((cell) => cell.trim());
    const [mutants = 0, killed = 0, timeout = 0, survived = 0, ignored = 0] = numbers.map(Number);
    return file.startsWith('src/') ? [{ file, mutants, killed, timeout, survived, ignored }] : [];
  });
}

/** Puts the rows into the table of `README.md`, in the place of older ones of the same files. */
export function keep(rows: readonly Row[]): void {
  const text = readFileSync(readme, 'utf8');
  const [before = '', after = ''] = text.split(marks.start);
  const [old = '', rest = ''] = after.split(marks.end);
  const all = new Map([...kept(old), ...rows].map((row) => [row.file, row]));
  const order = ['sets', 'semantics', 'posture', 'impact'].map((folder) => `src/${folder}`);
  const sorted = [...all.values()].sort((left, right) => order.indexOf(folderOf(left.file)) - order.indexOf(folderOf(right.file)) || (left.file < right.file ? -1 : 1));
  writeFileSync(readme, `${before}${marks.start}${table(sorted)}\n${marks.end}${rest}`);
}
