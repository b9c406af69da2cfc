/** Texts over several lines and escapes, as far as the quick reader decides them. */

/** Thrown where the full parser must decide; one value, so that leaving costs no stack. */
class Unusual extends Error {}
export const unusual = new Unusual('unusual');

const space = 0x20;
const feed = 0x0a;
const tab = 0x09;
const dash = 0x2d;

/** `|` or `>`, with `-` or `+`: lines deeper than `indent`, as they are or folded. `at` is the sign, `next` the line behind. */
export function readBlockText(text: string, at: number, end: number, indent: number, folded: boolean): { readonly value: string; readonly next: number } {
  const sign = text.charCodeAt(at + 1);
  const chomp = sign === dash || sign === 0x2b ? sign : 0;
  const header = at + (chomp === 0 ? 1 : 2);
  if (header >= end || text.charCodeAt(header) !== feed) throw unusual;
  const lines: string[] = [];
  let column = -1;
  let line = header + 1;
  while (line < end) {
    let next = text.indexOf('\n', line);
    if (next === -1 || next >= end) next = end;
    let first = line;
    while (first < next && text.charCodeAt(first) === space) first += 1;
    const width = first - line;
    if (first === next) {
      if (column === -1 ? width > 0 : width > column) throw unusual;
      lines.push('');
    } else {
      if (column === -1) {
        if (width <= indent) throw unusual;
        column = width;
      }
      if (width < column) {
        if (width > indent) throw unusual;
        break;
      }
      const content = text.slice(line + column, next);
      const lead = content.charCodeAt(0);
      // A line that is deeper still is not folded: left to the full parser.
      if (lead === tab || (folded && lead === space) || content.charCodeAt(content.length - 1) === 0x0d) throw unusual;
      lines.push(content);
    }
    line = next === end ? next : next + 1;
  }
  if (column === -1) throw unusual;
  let last = lines.length;
  while (last > 0 && lines[last - 1] === '') last -= 1;
  // Blank lines behind the text belong to it only where all are kept: left to the full parser.
  if (chomp === 0x2b && (last !== lines.length || text.charCodeAt(end - 1) !== feed)) throw unusual;
  const body = folded ? fold(lines, last) : lines.slice(0, last).join('\n');
  return { value: chomp === dash ? body : `${body}\n`, next: line };
}

/** Neighbouring lines are joined by a blank, each empty line between them is a line feed. */
function fold(lines: readonly string[], count: number): string {
  let body = '';
  let text = false;
  for (let index = 0; index < count; index += 1) {
    const line = lines[index] ?? '';
    if (line === '') body += '\n';
    else body += text && lines[index - 1] !== '' ? ` ${line}` : line;
    text ||= line !== '';
  }
  return body;
}

/** Line breaks in a quoted text: blanks around them go, one is a blank, more are line feeds. */
export function foldFlow(raw: string): string {
  const lines = raw.split('\n');
  let text = '';
  let breaks = 0;
  for (let index = 0; index < lines.length; index += 1) {
    const last = index === lines.length - 1;
    const line = withoutBlanks(lines[index] ?? '', index > 0, !last);
    if (index > 0) breaks += 1;
    if (line === '' && index > 0 && !last) continue;
    text += (breaks === 0 ? '' : breaks === 1 ? ' ' : '\n'.repeat(breaks - 1)) + line;
    breaks = 0;
  }
  return text;
}

function withoutBlanks(line: string, atStart: boolean, atEnd: boolean): string {
  let start = 0;
  let end = line.length;
  if (atStart) while (start < end && line.charCodeAt(start) === space) start += 1;
  if (atEnd) while (end > start && line.charCodeAt(end - 1) === space) end -= 1;
  return line.slice(start, end);
}

/** Escapes that mean the same in JSON and YAML; others are left to the full parser. */
export function unescape(raw: string): string {
  return raw.replace(/\\(.?)/gu, (_whole, code: string) => {
    switch (code) {
      case 'n': return '\n';
      case 't': return '\t';
      case 'r': return '\r';
      case '"': return '"';
      case '\\': return '\\';
      case '/': return '/';
      default: throw unusual;
    }
  });
}
