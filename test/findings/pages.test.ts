import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { findRule } from '#findings/catalogue.ts';
import { reviewed, shop } from './fixtures.ts';

const folder = new URL('../../docs/rules/', import.meta.url);

/** The examples of a page, by their title. */
function examples(text: string): Readonly<Record<string, string>> {
  return Object.fromEntries([...text.matchAll(/```yaml title="(before|after)"\n([\s\S]*?)```/g)].map((match) => [match[1] ?? '', match[2] ?? '']));
}

const pages = readdirSync(folder)
  .filter((file) => /^MP\d+\.md$/.test(file))
  .map((file) => ({ code: file.replace('.md', ''), ...examples(readFileSync(new URL(file, folder), 'utf8')) }))
  .filter((page): page is { code: string; before: string; after: string } => 'before' in page && 'after' in page);

describe('the example of', () => {
  test.each(pages)('$code does what its page says', ({ code, before, after }) => {
    const report = reviewed({ 'shop.yaml': shop, 'change.yaml': before }, { 'shop.yaml': shop, 'change.yaml': after });
    const found = report.findings.filter((finding) => finding.code === code && (finding.status === 'new' || finding.status === 'worsened'));
    expect(found.length, findRule(code)?.rule).toBeGreaterThan(0);
  });
});
