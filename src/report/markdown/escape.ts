/**
 * Manifest text inside Markdown. Whoever opens the pull request chooses it, and it must stay text: no link, image, mention, issue
 * reference, HTML, table cell or line of its own.
 *
 * GitHub looks for mentions and references in the *rendered* text, so that a backslash does not help: a zero-width space
 * does, and so does a code span.
 * @see https://github.github.com/gfm/
 */
import { name as boundName, nameLimit, clip, plain, sentenceLimit } from '../plain.ts';

const zeroWidth = '\u200b';

/** The end and the start of an HTML comment: our markers are the only ones. */
function withoutComments(text: string): string {
  return text.replaceAll('<!--', `<${zeroWidth}!--`).replaceAll('-->', `--${zeroWidth}>`).replaceAll('--!>', `--${zeroWidth}!>`);
}

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '|': '&#124;', $: '&#36;' };

/** Visible, bounded, and without anything that GitHub makes live in rendered text. */
function inert(text: string, limit: number): string {
  return (
    clip(plain(clip(text, limit)), limit)
      .replace(/--(!?)>/g, `--${zeroWidth}$1>`)
      // Mentions, references, commit autolinks, web and mail autolinks, emoji codes.
      .replaceAll('@', `@${zeroWidth}`)
      .replace(/#(?=\d)/g, `#${zeroWidth}`)
      .replace(/\b(GH)-(?=\d)/gi, `$1${zeroWidth}-`)
      .replace(/\b[0-9a-f]{7,40}\b/gi, (id) => `${id.slice(0, 3)}${zeroWidth}${id.slice(3, 6)}${zeroWidth}${id.slice(6)}`)
      .replace(/\bwww\./gi, (www) => `${www.slice(0, 3)}${zeroWidth}.`)
      .replace(/:(?=\/\/|:|[a-z0-9_+-]+:)/gi, `:${zeroWidth}`)
  );
}

/** One line of Markdown that shows exactly `text` (control characters spelled out) at most `limit` characters long. */
export function md(text: string, limit = sentenceLimit): string {
  const line = inert(text, limit)
    // Without brackets there is no link and no image, whatever parentheses and `!` follow.
    .replace(/[\\`*_[\]~]/g, '\\$&')
    .replace(/[&<>|$]/g, (character) => entities[character] ?? character);
  // What only means something at the start of a line: lists, headings, rules, numbered items.
  return line.replace(/^(\s*)([-+=#])/, '$1\\$2').replace(/^(\s*\d+)([.)])(?=\s|$)/, '$1\\$2');
}

/** Text inside an HTML block, where Markdown's escapes would be shown: `<summary>`. */
export function html(text: string, limit = sentenceLimit): string {
  return inert(text, limit).replace(/[&<>|$"'`*_[\]~\\]/g, (character) => `&#${String(character.charCodeAt(0))};`);
}

/** A code span around a name, path or value; its fence is longer than any run of backticks inside. */
export function code(text: string, limit = nameLimit): string {
  const shown = withoutComments(clip(boundName(text), limit));
  if (shown.trim() === '') return '`(empty)`';
  const longest = Math.max(0, ...[...shown.matchAll(/`+/g)].map((run) => run[0].length));
  const fence = '`'.repeat(longest + 1);
  // A space on both sides is stripped again by the renderer.
  const space = shown.startsWith('`') || shown.endsWith('`') || (shown.startsWith(' ') && shown.endsWith(' ')) ? ' ' : '';
  return `${fence}${space}${shown}${space}${fence}`;
}

/**
 * The same in a table. A `|` splits the row even inside a code span, and renderers disagree on a backslash before it: an HTML
 * code element with character references is read the same by all.
 */
export function codeCell(text: string, limit = nameLimit): string {
  const shown = withoutComments(clip(boundName(text), limit));
  if (!shown.includes('|')) return code(text, limit);
  return `<code>${shown.replace(/[^\p{L}\p{N} ]/gu, (character) => `&#${String(character.codePointAt(0) ?? 0)};`)}</code>`;
}

function spans(text: string, span: (text: string) => string, limit: number): string {
  const parts = plain(clip(text, limit)).split('`');
  // An odd number of parts: every backtick has its partner. A lone one is text, or the start of a span that was cut.
  if (parts.length % 2 === 0 && text.length <= limit) {
    const last = parts.pop() ?? '';
    parts[parts.length - 1] = `${parts.at(-1) ?? ''}\`${last}`;
  }
  return parts.map((part, index) => (index % 2 === 0 ? (part === '' ? '' : md(part, limit)) : part.trim() === '' ? md(`\`${part}\``) : span(part))).join('');
}

/** A sentence of the report: words in backticks become code spans, the rest is escaped. */
export function prose(text: string, limit = sentenceLimit): string {
  return spans(text, code, limit);
}

/** A sentence inside a table cell. */
export function proseCell(text: string, limit = 300): string {
  return spans(text, codeCell, limit);
}
