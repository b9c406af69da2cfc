import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Links } from '#report/links.ts';
import { byteLength } from '#report/plain.ts';
import { commentBudget, fit, summaryBudget, type Page, type Section } from '#report/markdown/fit.ts';
import { bodyHash, readStickyMarker, stickyMarker } from '#report/markdown/marker.ts';
import { changedEdges, edgeLimit, label, mermaid } from '#report/markdown/mermaid.ts';
import { stickyComment } from '#report/markdown/sticky.ts';
import { summaryMarkdown } from '#report/markdown/summary.ts';
import { anyReport, anyText } from '../support/arbitrary-report.ts';
import { destination, empty, huge, incomplete, sampleChange, samples, snapshot, widened } from '../support/sample-reports.ts';

const links: Links = {
  repository: 'https://github.com/acme/shop',
  head: '9ae0ea9e3c9c6e1b9b6252c8395efdc1aabbccdd',
  base: '1f0e3dad99908345f7439f8ffabdffc4a1b2c3d4',
  run: 'https://github.com/acme/shop/actions/runs/7',
  rule: (code) => `https://mesh-posture.dev/rules/${code}`,
};
const sticky = { tag: 'default', run: 7, attempt: 1, head: '5dcd0c4e3f2a1b0c9d8e7f6a5b4c3d2e1f0a9b8c', context: { links } };

function visible(markdown: string): string {
  return markdown
    .split('\n')
    .slice(1)
    .join('\n')
    .replace(/<code>.*?<\/code>/gs, 'C')
    .replace(/(?<!\\)(`+)(?!`)[\s\S]*?(?<!`)\1(?!`)/g, 'C');
}

describe('the sticky comment', () => {
  test.each(Object.entries(samples))('%s', async (title, report) => {
    await expect(stickyComment({ ...sticky, report })).toMatchFileSnapshot(`../../fixtures/report/markdown/sticky-${title}.md`);
  });

  test('any report: within the limit, the marker is the first line and can be read, nothing in it is live', () => {
    fc.assert(
      fc.property(anyReport, fc.integer({ min: 2_000, max: commentBudget }), (report, budget) => {
        const body = stickyComment({ ...sticky, report, budget });
        expect(byteLength(body)).toBeLessThanOrEqual(budget);
        expect(body.length).toBeLessThan(65_536);
        expect(readStickyMarker(body)).toEqual({ tag: 'default', state: { run: 7, attempt: 1, head: sticky.head, hash: expect.stringMatching(/^[0-9a-f]{16}$/) as string } });
        expect(body.split('-->').length).toBe(2);
        expect(body).not.toMatch(/\n\s*::/);
        const text = visible(body);
        expect(text).not.toMatch(/@[A-Za-z0-9]/);
        expect(text).not.toMatch(/!\[/);
        expect(text).not.toMatch(/<(?!\/?(?:code|details|summary|sub)>)/);
        for (const [, address] of text.matchAll(/(?<!\\)\]\(([^)]*)\)/g)) expect(address).toMatch(/^https:\/\/(github\.com\/acme\/shop|mesh-posture\.dev)\//);
      }),
      { numRuns: 80 },
    );
  });

  test('a table keeps its columns whatever a name holds', () => {
    fc.assert(
      fc.property(anyReport, (report) => {
        let columns = 0;
        for (const line of summaryMarkdown(report, { links }, { mermaid: false }).split('\n')) {
          if (!line.startsWith('|')) columns = 0;
          else if (columns === 0) columns = line.split('|').length;
          else expect(line.split('|').length, line).toBe(columns);
        }
      }),
      { numRuns: 40 },
    );
  });

  test('what does not fit is named, the verdict and the worst effects survive', () => {
    const body = stickyComment({ ...sticky, report: huge, budget: 12_000 });
    expect(body).toContain('🔴 **Blocked**');
    expect(body).toContain('### What changes in effect');
    expect(body).toMatch(/… and \d+ more/);
    expect(body).toContain('_Left out for length: ');
    expect(body).toContain('the job summary has all of it._');
    expect(stickyComment({ ...sticky, report: huge }).match(/^\| ＋ newly allowed/gm)).toHaveLength(15);
    expect(stickyComment({ ...sticky, report: huge })).toContain('… and 485 more effects in the job summary');
  });

  test('the same words have the same hash in another run', () => {
    const first = stickyComment({ ...sticky, report: widened });
    const second = stickyComment({ ...sticky, report: widened, run: 8, attempt: 2, context: { links: { ...links, run: 'https://github.com/acme/shop/actions/runs/8' } } });
    expect(first).not.toBe(second);
    expect(readStickyMarker(first)?.state?.hash).toBe(readStickyMarker(second)?.state?.hash);
    expect(readStickyMarker(stickyComment({ ...sticky, report: empty }))?.state?.hash).not.toBe(readStickyMarker(first)?.state?.hash);
  });

  test('findings outside the changed lines and with an inline comment are marked', () => {
    const body = stickyComment({ ...sticky, report: widened, context: { links, outside: new Set(['aaaa000000000203']), inline: new Map([['aaaa000000000101', 'https://github.com/acme/shop/pull/42#discussion_r1']]) } });
    expect(body).toContain('outside the changed lines, not shown by code scanning');
    expect(body).toContain('[inline ↗](https://github.com/acme/shop/pull/42#discussion_r1)');
  });

  test('no effect is one sentence, and what was not understood stays', () => {
    const quiet = stickyComment({ ...sticky, report: empty });
    expect(quiet).toContain('🟢 **Passed**: no effective change in 7 workloads');
    expect(quiet).not.toContain('###');
    expect(stickyComment({ ...sticky, report: { ...empty, incompleteReasons: incomplete.incompleteReasons.slice(2) } })).toContain('### Not understood (1)');
  });

  test('the name of an environment is shown as it is, in a heading and in a title that opens', () => {
    const { maturity } = widened;
    const named = { ...widened, environments: [...widened.environments, { id: 'b', units: [] }], maturity: { base: { 'prod_eu <@x>': maturity.base['default']! }, head: { 'prod_eu <@x>': maturity.head['default']! }, delta: { overall: -7, environments: { 'prod_eu <@x>': maturity.delta.environments['default']! } } } };
    expect(stickyComment({ ...sticky, report: named })).toContain('<summary>Maturity of prod&#95;eu &#60;@\u200bx&#62; (−7)</summary>');
    expect(summaryMarkdown(named, {})).toContain('### Maturity of prod\\_eu &lt;@\u200bx&gt; (−7)');
  });

  test('the preview and the notes of the run are shown', () => {
    const body = stickyComment({ ...sticky, report: { ...widened, preview: { verdict: 'pass', because: 'only critical findings gate' } }, context: { notes: ['code scanning did not take the SARIF: `403`'] } });
    expect(body).toContain('With the configuration of this pull request: **pass**, only critical findings gate');
    expect(body).toContain('> code scanning did not take the SARIF: `403`');
  });
});

describe('the marker', () => {
  test('survives any tag and commit, and reads back', () => {
    fc.assert(
      fc.property(anyText, anyText, fc.nat(), (tag, head, run) => {
        const marker = stickyMarker(tag, { run, attempt: 1, head, hash: '0'.repeat(16) });
        expect(marker.indexOf('-->')).toBe(marker.length - 3);
        expect(marker).not.toContain('\n');
        const read = readStickyMarker(`${marker}\nbody`);
        expect(read).not.toBeNull();
        if (!/\p{Cs}/u.test(head)) expect(read?.state).toEqual({ run, attempt: 1, head, hash: '0'.repeat(16) });
      }),
    );
  });

  test('another comment is not taken for ours, a broken state is null', () => {
    expect(readStickyMarker('hello\n<!-- mesh-posture:v1 tag=default state=e30 -->')).toBeNull();
    expect(readStickyMarker('> <!-- mesh-posture:v1 tag=default state=e30 -->')).toBeNull();
    expect(readStickyMarker('<!-- mesh-posture:v1 tag=default state=e30 -->\nx')).toEqual({ tag: 'default', state: null });
    expect(readStickyMarker('<!-- mesh-posture:v1 tag=a state=!!! -->\nx')).toBeNull();
  });

  test('line breaks and trailing blanks do not change the hash of a body', () => {
    expect(bodyHash('a\r\nb\n')).toBe(bodyHash('a\nb'));
    expect(bodyHash('a b')).not.toBe(bodyHash('a\nb'));
  });
});

describe('fitting into a budget', () => {
  const section = (title: string, priority: number, items: number, size = 100): Section => ({ title, head: [`### ${title}`, ''], items: Array.from({ length: items }, (_, index) => `- ${title}${String(index)} ${'x'.repeat(size)}`), tail: [], priority });
  const page: Page = { head: ['<!-- marker -->', 'verdict'], sections: [section('second', 2, 20), section('first', 1, 20), section('third', 3, 1)], foot: ['foot'], elsewhere: 'see the summary' };

  test('everything stays where there is room, in the order of the page', () => {
    const body = fit(page, 100_000);
    expect(body.indexOf('### second')).toBeLessThan(body.indexOf('### first'));
    expect(body).not.toContain('Left out');
  });

  test('the lower number survives longer; a small section may still fit where a big one was cut', () => {
    const body = fit(page, 3_200);
    expect(body).toContain('- first19');
    expect(body).toContain('- second0');
    expect(body).not.toContain('- second19');
    expect(body).toMatch(/- … and \d+ more/);
    expect(body).toContain('_Left out for length: second');
  });

  test('any budget is kept, in bytes', () => {
    fc.assert(
      fc.property(fc.array(fc.record({ title: fc.string({ minLength: 1, maxLength: 8 }), items: fc.array(fc.string({ unit: 'grapheme', maxLength: 80 }), { maxLength: 20 }), priority: fc.nat(5) }), { maxLength: 6 }), fc.nat(3_000), (sections, budget) => {
        const body = fit({ ...page, sections: sections.map((entry) => ({ ...entry, head: [`### ${entry.title}`], tail: ['end'] })) }, budget);
        expect(byteLength(body)).toBeLessThanOrEqual(budget);
        if (budget > 100) expect(body.startsWith('<!-- marker -->\nverdict')).toBe(true);
      }),
      { numRuns: 300 },
    );
  });
});

describe('the job summary', () => {
  test.each(Object.entries(samples).filter(([title]) => title !== 'huge'))('%s', async (title, report) => {
    await expect(summaryMarkdown(report, { links })).toMatchFileSnapshot(`../../fixtures/report/markdown/summary-${title}.md`);
  });

  test('every changed object is listed with its effect or none', () => {
    const text = summaryMarkdown(widened, {});
    expect(text).toContain('### 4 changed objects, 3 with effect');
    expect(text).toContain('| `Service/shop/frontend` | modified | none | only a label changed |');
  });

  test('a snapshot lists everything that is open', () => {
    expect(summaryMarkdown(snapshot, {})).toContain('### Findings (1 high and 1 medium)');
  });

  test('any report stays within a budget', () => {
    fc.assert(
      fc.property(anyReport, fc.integer({ min: 2_500, max: 40_000 }), (report, budget) => {
        expect(byteLength(summaryMarkdown(report, { links }, { budget }))).toBeLessThanOrEqual(budget);
      }),
      { numRuns: 40 },
    );
    expect(byteLength(summaryMarkdown(huge, { links }))).toBeLessThan(summaryBudget);
  });
});

describe('the graph', () => {
  test('no more than 40 edges, the rest is a number', () => {
    const graph = mermaid(huge.changes);
    expect(graph?.block.split('\n').filter((line) => line.includes('-->'))).toHaveLength(edgeLimit);
    expect(graph?.omitted).toBe(changedEdges(huge.changes).length - edgeLimit);
    expect(summaryMarkdown(huge, {})).toContain(`The graph shows ${String(edgeLimit)} edges; `);
  });

  test('added edges are solid, removed ones dashed, equal ones one', () => {
    const graph = mermaid([
      sampleChange({ id: 'a', callers: { known: ['shop/a'], open: [], plaintext: false, internet: false } }),
      sampleChange({ id: 'b', callers: { known: ['shop/a'], open: [], plaintext: false, internet: false } }),
      sampleChange({ id: 'c', direction: 'narrowed', callers: { known: ['shop/a'], open: [], plaintext: false, internet: false }, destinations: [destination('shop/b')] }),
    ]);
    expect(graph?.block).toBe(
      ['```mermaid', 'flowchart LR', '  n0["shop/a"] -->|may now| n1["shop/checkout"]', '  n0 -.->|no longer| n2["shop/b"]', '  linkStyle 0 stroke:#1a7f37', '  linkStyle 1 stroke:#cf222e,stroke-dasharray:4', '```'].join('\n'),
    );
  });

  test('a change that opens nothing draws nothing', () => {
    expect(mermaid([sampleChange({ direction: 'latent-widened' }), sampleChange({ direction: 'strengthened' })])).toBeNull();
  });

  test('a label holds no quote, bracket, line break, markup or fence', () => {
    expect(label('a"b')).toBe('a#quot;b');
    fc.assert(
      fc.property(anyText, (text) => {
        const out = label(text).replace(/#(?:\d+|quot);/g, 'E');
        expect(out).toMatch(/^[\p{L}\p{N} ./:_=,()E-]*$/u);
      }),
    );
  });
});
