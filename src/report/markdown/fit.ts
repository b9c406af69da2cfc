/**
 * Keeps a body under a limit by dropping the least important first. The one place where length is decided: everything that
 * is written to GitHub goes through here.
 */
import { byteLength } from '../plain.ts';

export interface Section {
  /** Named in the line that says what is missing. */
  readonly title: string;
  /** Lines before the items; may be empty. */
  readonly head: readonly string[];
  /** Kept from the first on: their order is their priority. One item is one line or one block. */
  readonly items: readonly string[];
  /** Lines after the items, `</details>` for example. */
  readonly tail: readonly string[];
  /** Sections of lower number survive longer; the order of the page is the order of the list. */
  readonly priority: number;
}

export interface Page {
  /** Always there: the marker and the verdict. */
  readonly head: readonly string[];
  readonly sections: readonly Section[];
  /** Always there: where the rest is. */
  readonly foot: readonly string[];
  /** What a reader does to see what is missing: `the job summary has all`. */
  readonly elsewhere: string;
}

/** GitHub refuses a comment above 65 536 characters; others still saw refusals close to it. Counted in UTF-8 bytes, so that no way of counting gives more. */
export const commentBudget = 60_000;
/** GitHub drops a step summary above 1 MiB. */
export const summaryBudget = 1_000_000;

function render(section: Section, kept: number): string {
  const omitted = section.items.length - kept;
  const more = omitted === 0 ? [] : [moreLine(section, omitted)];
  return [...section.head, ...section.items.slice(0, kept), ...more, ...section.tail].join('\n');
}

/** A row of the table where the section is a table, else a line of its own. */
function moreLine(section: Section, omitted: number): string {
  const header = section.head.find((line) => line.startsWith('|'));
  if (header === undefined) return `- … and ${String(omitted)} more`;
  // Cells of our own headings hold no pipe.
  return `| … and ${String(omitted)} more |${' |'.repeat(Math.max(0, header.split('|').length - 3))}`;
}

/** Cuts a text to a number of bytes without cutting a character. */
function cut(text: string, bytes: number): string {
  let used = 0;
  let end = 0;
  for (const character of text) {
    used += byteLength(character);
    if (used > bytes) break;
    end += character.length;
  }
  return text.slice(0, end);
}

/**
 * @param budget UTF-8 bytes
 * @returns at most `budget` bytes; the first line of `head` (the marker) is whole as long as it fits at all
 */
export function fit(page: Page, budget: number): string {
  const head = page.head.join('\n');
  const foot = page.foot.join('\n');
  const joint = 2;
  const omission = (titles: readonly string[]): string => (titles.length === 0 ? '' : `_Left out for length: ${titles.join(', ')}; ${page.elsewhere}._`);
  // Room for the longest sentence about what is left out.
  const reserve = byteLength(omission(page.sections.map((section) => section.title))) + joint;
  let left = budget - byteLength(head) - byteLength(foot) - reserve - 2 * joint;
  if (left < 0) return cut([head, foot].filter((part) => part !== '').join('\n\n'), budget);

  const kept = new Map<Section, string>();
  const whole = new Set<Section>();
  const byPriority = page.sections.map((section, index) => ({ section, index })).sort((a, b) => a.section.priority - b.section.priority || a.index - b.index);
  for (const { section } of byPriority) {
    const full = render(section, section.items.length);
    if (byteLength(full) + joint <= left) {
      kept.set(section, full);
      whole.add(section);
      left -= byteLength(full) + joint;
      continue;
    }
    let used = byteLength(render(section, 0)) + joint + 4;
    let count = 0;
    for (const item of section.items) {
      const size = byteLength(item) + 1;
      if (used + size > left) break;
      used += size;
      count += 1;
    }
    if (count === 0 || count === section.items.length) continue;
    const part = render(section, count);
    if (byteLength(part) + joint > left) continue;
    kept.set(section, part);
    left -= byteLength(part) + joint;
  }
  const titles = page.sections.filter((section) => !whole.has(section)).map((section) => section.title);
  return [head, ...page.sections.flatMap((section) => kept.get(section) ?? []), omission(titles), foot].filter((part) => part !== '').join('\n\n');
}
