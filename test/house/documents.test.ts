import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { freshReadme } from '../../scripts/readme.ts';

const root = resolve(import.meta.dirname, '../..');

function* files(folder: string): Generator<string> {
  for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) yield* files(path);
    else yield path;
  }
}

test('every document that the code or another document names is there', () => {
  const named = new Map<string, string>();
  for (const file of ['README.md', 'CONTRIBUTING.md', 'action.yml', ...files('src'), ...files('docs')]) {
    for (const [document] of readFileSync(join(root, file), 'utf8').matchAll(/docs\/[a-z-]+\.md/g)) named.set(document, file);
  }
  expect([...named].filter(([document]) => !existsSync(join(root, document)))).toEqual([]);
});

test('the README shows what the demo prints and what the Action takes', () => {
  expect(freshReadme()).toBe(readFileSync(join(root, 'README.md'), 'utf8'));
});
