/** Fixtures of findings: two trees around one shop, with the expectation written where the reader looks. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { defaultConfig } from '#app/config.ts';
import { review } from '#app/review.ts';
import type { Report } from '#report/report.ts';
import { pair, type Files } from '../support/tree.ts';

const root = new URL('../../fixtures/findings/', import.meta.url);

export interface Mark {
  readonly type: 'expect' | 'ok';
  readonly rule: string;
  readonly side: 'base' | 'head';
  readonly line: number;
}

export interface Fixture {
  readonly name: string;
  /** The folder above: the rule that the fixture is about. */
  readonly rule: string;
  readonly base: Files;
  readonly head: Files;
  readonly marks: readonly Mark[];
}

export const shop = readFileSync(new URL('shop.yaml', root), 'utf8');

export function fixtures(): readonly Fixture[] {
  return folders(root).flatMap((rule) => folders(new URL(`${rule}/`, root)).map((name) => fixture(rule, name)));
}

function folders(url: URL): readonly string[] {
  return readdirSync(url, { withFileTypes: true }).filter((entry) => entry.isDirectory()).map((entry) => entry.name).sort();
}

function fixture(rule: string, name: string): Fixture {
  const text = (side: 'base' | 'head'): string => {
    const file = new URL(`${rule}/${name}/${side}/change.yaml`, root);
    return existsSync(file) ? readFileSync(file, 'utf8') : '';
  };
  const base = text('base');
  const head = text('head');
  return { name: `${rule}/${name}`, rule, base: { 'shop.yaml': shop, 'change.yaml': base }, head: { 'shop.yaml': shop, 'change.yaml': head }, marks: [...marks(base, 'base'), ...marks(head, 'head')] };
}

/** `# expect: rule` and `# expect-base: rule` at the line of the finding; `# ok: rule` where it must stay silent. */
function marks(text: string, side: 'base' | 'head'): readonly Mark[] {
  const lines = text.split('\n');
  return lines.flatMap((content, index) => {
    const match = /# (expect|expect-base|ok): ([\w-]+)/.exec(content);
    if (match === null || (match[1] === 'expect-base') !== (side === 'base' && match[1] !== 'ok')) return [];
    // A mark on a line of its own is about the next line.
    const line = content.trim().startsWith('#') ? index + 2 : index + 1;
    return [{ type: match[1] === 'ok' ? 'ok' : 'expect', rule: match[2] ?? '', side, line } satisfies Mark];
  });
}

export function reviewed(base: Files, head: Files, config = defaultConfig): Report {
  return review({
    pair: pair(base, head),
    comparison: { mode: 'directories', base: { id: 'base', label: 'base' }, head: { id: 'head', label: 'head' } },
    config,
    today: '2026-01-01',
    version: '0.0.0',
  }).report;
}
