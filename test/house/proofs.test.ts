/** The table of `docs/engine.md` names a test for each law, and no file of laws is left out of it. */
import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const tests = new URL('../', import.meta.url);

interface Row {
  readonly file: string;
  readonly name: string;
}

const rows: readonly Row[] = readFileSync(new URL('../docs/engine.md', tests), 'utf8')
  .split('\n')
  .flatMap((line) => {
    const cells = /^\| .+ \| `((?:laws|sets)\/[a-z0-9-]+\*?)` \| (.+) \|$/.exec(line);
    return cells === null ? [] : [{ file: cells[1] ?? '', name: cells[2] ?? '' }];
  });

const files = ['laws', 'sets'].flatMap((folder) => readdirSync(new URL(`${folder}/`, tests)).flatMap((file) => (file.endsWith('.test.ts') ? [`${folder}/${file}`] : [])));

/** A star at the end stands for all files that begin so. */
function isOf({ file }: Row, path: string): boolean {
  return file.endsWith('*') ? path.startsWith(file.slice(0, -1)) : path === `${file}.test.ts`;
}

test('every law has a test of that name', () => {
  expect(rows.length).toBeGreaterThan(40);
  expect(rows.filter((row) => !files.some((path) => isOf(row, path) && readFileSync(new URL(path, tests), 'utf8').includes(row.name)))).toEqual([]);
});

test('every file of laws is in the table', () => {
  expect(files.filter((path) => path.startsWith('laws/') && !rows.some((row) => isOf(row, path)))).toEqual([]);
});
