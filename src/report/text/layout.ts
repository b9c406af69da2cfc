/** Lines of bounded width. Words longer than a line are broken, so that no name can push a column off the screen. */
import { plain } from '../plain.ts';
import type { TextOptions } from './styles.ts';

/**
 * East Asian wide characters and emoji take two cells.
 * @see https://www.unicode.org/reports/tr11/
 */
const wide = /[\u{1100}-\u{115F}\u{2E80}-\u{A4CF}\u{AC00}-\u{D7A3}\u{F900}-\u{FAFF}\u{FE30}-\u{FE6F}\u{FF00}-\u{FF60}\u{FFE0}-\u{FFE6}\u{1F300}-\u{1FAFF}\u{20000}-\u{3FFFD}]/u;
const combining = /\p{M}/u;

export function cells(text: string): number {
  if (/^[\x20-\x7e]*$/.test(text)) return text.length;
  let sum = 0;
  for (const character of text) sum += combining.test(character) ? 0 : wide.test(character) ? 2 : 1;
  return sum;
}

export function pad(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - cells(text)));
}

/** The longest prefix that fits. */
function prefix(text: string, width: number): string {
  let sum = 0;
  let end = 0;
  for (const character of text) {
    sum += cells(character);
    if (sum > width && end > 0) break;
    end += character.length;
  }
  return text.slice(0, end);
}

/** Fits one cell of a table. */
export function squeeze(text: string, width: number): string {
  return cells(text) <= width ? text : `${prefix(text, Math.max(1, width - 1))}…`;
}

/**
 * Look-alikes of the same width: `∶` (ratio) and `♯` (sharp).
 *
 * A GitHub runner takes a line that begins with `::` (after white space) or holds `##[` for a command of ours.
 * @see https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
 */
function harmless(line: string): string {
  return line.replaceAll('##[', '#♯[').replace(/^(\s*)::/, '$1∶:');
}

/** Wraps one text (control characters spelled out) to `width` columns; the first line begins with `first`, the others with `rest`. */
export function wrap(text: string, width: number, first = '', rest = ' '.repeat(cells(first))): string[] {
  const room = Math.max(16, width - Math.max(cells(first), cells(rest)));
  const lines: string[] = [];
  let line = '';
  for (const word of plain(text).split(' ')) {
    let left = word;
    if (line !== '' && cells(line) + 1 + cells(left) > room) {
      lines.push(line);
      line = '';
    }
    if (line !== '') {
      line += ` ${left}`;
      continue;
    }
    while (cells(left) > room) {
      const part = prefix(left, room);
      lines.push(part);
      left = left.slice(part.length);
    }
    line = left;
  }
  if (line !== '' || lines.length === 0) lines.push(line);
  return lines.map((body, index) => harmless((index === 0 ? first : rest) + body.trimEnd()));
}

/** Each text as an item with a bullet. */
export function bullets(texts: readonly string[], width: number, indent = '  '): string[] {
  return texts.flatMap((text) => wrap(text, width, `${indent}- `, `${indent}  `));
}

export interface Column {
  readonly title: string;
  readonly align?: 'right';
  /** Share of the room that is left when the fixed columns are set; one column of a table may have it. */
  readonly flexible?: true;
}

/** A table whose flexible column gives way; without one, the last column does. */
export function table(columns: readonly Column[], rows: readonly (readonly string[])[], width: number, indent = '  '): string[] {
  const clean = rows.map((row) => columns.map((_, index) => plain(row[index] ?? '')));
  const found = columns.findIndex((column) => column.flexible === true);
  const flexible = found === -1 ? columns.length - 1 : found;
  const natural = columns.map((column, index) => Math.max(cells(column.title), ...clean.map((row) => cells(row[index] ?? ''))));
  const limit = Math.max(10, Math.floor(width / 3));
  const sizes = natural.map((size, index) => (index === flexible ? size : Math.min(size, limit)));
  const others = sizes.reduce((sum, size, index) => (index === flexible ? sum : sum + size), 0) + 2 * (columns.length - 1) + cells(indent);
  sizes[flexible] = Math.max(8, Math.min(sizes[flexible] ?? 8, width - others));
  const render = (row: readonly string[]): string =>
    harmless(
      (
        indent +
        columns
          .map((column, index) => {
            const size = sizes[index] ?? 8;
            const text = squeeze(row[index] ?? '', size);
            return column.align === 'right' ? ' '.repeat(Math.max(0, size - cells(text))) + text : pad(text, size);
          })
          .join('  ')
      ).trimEnd(),
    );
  return [render(columns.map((column) => column.title)), ...clean.map(render)];
}

/** Joins lines and blocks; exactly one blank line between blocks, one line break at the end. */
export function page(blocks: readonly (readonly string[])[]): string {
  return `${blocks
    .filter((block) => block.length > 0)
    .map((block) => block.map(harmless).join('\n'))
    .join('\n\n')}\n`;
}

export function heading(text: string, options: TextOptions): string {
  return options.styles.bold(text);
}
