import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { code, codeCell, html, md, prose, proseCell } from '#report/markdown/escape.ts';
import { clip, name, plain, sentence } from '#report/plain.ts';
import { anyText } from '../support/arbitrary-report.ts';

/** Code spans and code elements are shown as they are: GitHub makes nothing live inside. Behind an odd number of backslashes a backtick opens none. */
function outsideCode(markdown: string): string {
  return markdown.replace(/<code>.*?<\/code>/gs, 'C').replace(/(?<=(?:^|[^\\])(?:\\\\)*)(`+)(?!`)[\s\S]*?(?<!`)\1(?!`)/g, 'C');
}

const escapers = { md, html: (text: string) => `S${html(text)}`, code, codeCell, prose, proseCell } as const;

describe('text of a manifest in Markdown', () => {
  for (const [title, escape] of Object.entries(escapers)) {
    test(`${title} never gives a live mention, reference, link, image, tag, table cell, comment end or line of its own`, () => {
      fc.assert(
        fc.property(anyText, (text) => {
          const out = escape(text);
          expect(out).not.toMatch(/[\r\n\u2028\u2029]/);
          expect(out).not.toContain('-->');
          expect(out).not.toContain('<!--');
          expect(out).not.toMatch(/\p{Cc}|\p{Cs}/u);
          const live = outsideCode(out).replace(/&#?\w+;/g, 'E');
          expect(live).not.toMatch(/@[A-Za-z0-9]/);
          expect(live).not.toMatch(/#\d/);
          expect(live).not.toMatch(/:\/\/|www\./i);
          expect(live).not.toMatch(/(?<!\\)!?\[/);
          expect(live).not.toMatch(/<(?!\/?code>)/);
          expect(live).not.toContain('|');
          expect(live).not.toMatch(/^\s*(?:[-+=#]|\d+[.)](?:\s|$))/);
          expect(live).not.toMatch(/(?<!\\)(?:\\\\)*\](?=\()/);
          expect(live).not.toContain('::');
        }),
        { numRuns: 600 },
      );
    });
  }

  test('a cell never holds a pipe, not even in code', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        expect(codeCell(text)).not.toContain('|');
        expect(proseCell(text)).not.toContain('|');
      }),
      { numRuns: 400 },
    );
  });

  test('the fence of a code span is longer than any run of backticks inside', () => {
    expect(code('plain')).toBe('`plain`');
    expect(code('a`b')).toBe('``a`b``');
    expect(code('a``b`c')).toBe('```a``b`c```');
    expect(code('`a')).toBe('`` `a ``');
    expect(code('')).toBe('`(empty)`');
  });

  test('words in backticks become code, the rest is escaped', () => {
    expect(prose('`shop/a` reaches *all* of `shop/b`')).toBe('`shop/a` reaches \\*all\\* of `shop/b`');
    expect(prose('nothing `` in between')).toBe('nothing \\`\\` in between');
    expect(prose('a lone ` is text')).toBe('a lone \\` is text');
    expect(prose('`a` and a lone ` after')).toBe('`a` and a lone \\` after');
  });

  test('a code span that the limit cuts stays code', () => {
    expect(prose('to `shop/checkout` and more', 12)).toBe('to `shop/ch…`');
    expect(prose('plain words and more', 12)).toBe('plain words…');
  });

  test('entities, emphasis, headings and list marks stay text', () => {
    expect(md('a < b & c | d')).toBe('a &lt; b &amp; c &#124; d');
    expect(md('# head')).toBe('\\# head');
    expect(md('- item')).toBe('\\- item');
    expect(md('1. one')).toBe('1\\. one');
    expect(md('__x__ ~~y~~')).toBe('\\_\\_x\\_\\_ \\~\\~y\\~\\~');
  });

  test('a pipe in a name is shown and does not split the row', () => {
    expect(codeCell('a|b')).toBe('<code>a&#124;b</code>');
    expect(codeCell('a\\|b`@x')).toBe('<code>a&#92;&#124;b&#96;&#64;x</code>');
  });
});

describe('one visible line', () => {
  test('controls, separators, overrides and zero-width characters are spelled out', () => {
    expect(plain('a\nb\tc\u001b[31m')).toBe('a\\nb\\tc\\u{1b}[31m');
    expect(plain('\u202egnp\u200b\u2028')).toBe('\\u{202e}gnp\\u{200b}\\u{2028}');
    expect(plain('日本語 é ü')).toBe('日本語 é ü');
  });

  test('a cut is marked, bounded and never inside a code point', () => {
    expect(clip('abcdef', 4)).toBe('abc…');
    expect(clip('abcd', 4)).toBe('abcd');
    expect(clip('😀😀😀', 2)).toBe('😀…');
    expect(clip('😀😀', 2)).toBe('😀😀');
    fc.assert(
      fc.property(anyText, (text) => {
        expect(Array.from(name(text)).length).toBeLessThanOrEqual(200);
        expect(Array.from(sentence(text)).length).toBeLessThanOrEqual(1_200);
      }),
    );
  });
});
