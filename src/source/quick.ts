import { compact } from '#lib/compact.ts';
import { plainKeyText } from './convert.ts';
import { foldFlow, readBlockText, unescape, unusual } from './quick-text.ts';
import { isPlainText, resolvePlain } from './scalar.ts';

/**
 * Reads the YAML that manifests are mostly made of, some twenty times faster than the full parser: block maps and lists with one-line scalars, literal
 * and folded blocks, one-line flow collections, and JSON documents.
 *
 * INVARIANT: where it gives a value, `toPlain` of the full parser gives the same value without a problem; `test/source/quick.test.ts` proves it on generated
 * and on mutilated text. Whatever is unusual (anchors, tags, tabs, keys over several lines, a duplicate key …) is not decided here.
 */
export function quickRead(text: string, start: number, end: number, places?: QuickPlaces): { readonly value: unknown } | undefined {
  try {
    return { value: new QuickReader(text, start, end, places).document() };
  } catch (error) {
    if (error === unusual) return undefined;
    throw error;
  }
}

/**
 * Where an entry of a map or list stands, as offsets of the text: its key (of a list its dash) from `at` to `keyEnd`, its value between `keyEnd + skip`
 * and `end`. White space around both is not cut off yet.
 */
export interface QuickPlace {
  readonly at: number;
  readonly keyEnd: number;
  /** Characters between key and value: the colon or nothing. */
  readonly skip: 0 | 1;
  readonly end: number;
}

/** Per map or list of the value, its entries' places by key or index. */
export type QuickPlaces = Map<object, Map<string | number, QuickPlace>>;

const maxDepth = 60;
const maxKey = 500;
const space = 0x20;
const feed = 0x0a;
const tab = 0x09;
const hash = 0x23;
const colon = 0x3a;
const dash = 0x2d;
const double = 0x22;
const single = 0x27;
const comma = 0x2c;

/** Characters of ASCII that may stand in a plain key: `A-Z a-z 0-9 _ . / - $`. */
const keyCharacter = table('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_./-$');
/** Characters with which a plain value may begin without a second look. */
const plainFirst = table('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_./~+$(^<=;');
/** Characters that may stand inside a plain value of a flow collection. */
const flowCharacter = table('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_./~+$()^<=;*-@% ');

function table(characters: string): Uint8Array {
  const flags = new Uint8Array(128);
  for (let index = 0; index < characters.length; index += 1) flags[characters.charCodeAt(index)] = 1;
  return flags;
}

class QuickReader {
  readonly #text: string;
  readonly #end: number;
  /** Offset of the first character of the present line that is neither blank nor in a comment; `#end` at the end. */
  #at: number;
  /** Its column, from 0; -1 at the end. */
  #indent = -1;
  readonly #places: QuickPlaces | undefined;

  constructor(text: string, start: number, end: number, places: QuickPlaces | undefined) {
    this.#places = places;
    this.#text = text;
    this.#end = end;
    this.#at = start;
    this.#toContent(start);
  }

  document(): unknown {
    if (this.#indent < 0) throw unusual;
    const code = this.#code(this.#at);
    if (code === 0x7b || code === 0x5b) {
      const value = this.#flow(0, true);
      this.#endOfLine(this.#at);
      if (this.#indent >= 0) throw unusual;
      return value;
    }
    const value = this.#block(this.#indent, 0);
    if (this.#indent >= 0) throw unusual;
    return value;
  }

  #note(holder: object, key: string | number, at: number, keyEnd: number, skip: 0 | 1): void {
    let entries = this.#places?.get(holder);
    if (entries === undefined) {
      entries = new Map();
      this.#places?.set(holder, entries);
    }
    entries.set(key, { at, keyEnd, skip, end: this.#at });
  }

  #code(at: number): number {
    return at < this.#end ? this.#text.charCodeAt(at) : -1;
  }

  /** Goes to the next line with content; `from` is the start of a line. */
  #toContent(from: number): void {
    let line = from;
    while (line < this.#end) {
      let at = line;
      let code = this.#code(at);
      while (code === space) code = this.#code((at += 1));
      if (code === tab || code === 0x0d) throw unusual;
      if (code === hash) {
        const next = this.#text.indexOf('\n', at);
        if (next === -1 || next >= this.#end) break;
        line = next + 1;
      } else if (code === feed) line = at + 1;
      else if (code === -1) break;
      else {
        this.#at = at;
        this.#indent = at - line;
        return;
      }
    }
    this.#at = this.#end;
    this.#indent = -1;
  }

  /** After a value: only blanks or a comment may follow on its line. */
  #endOfLine(from: number): void {
    let at = from;
    let code = this.#code(at);
    while (code === space) code = this.#code((at += 1));
    if (code === hash && at > from) {
      const next = this.#text.indexOf('\n', at);
      at = next === -1 || next > this.#end ? this.#end : next;
      code = this.#code(at);
    }
    if (code === feed) this.#toContent(at + 1);
    else if (code === -1) this.#toContent(this.#end);
    else throw unusual;
  }

  /** A map or list whose entries stand at column `indent`; the reader is at its first entry. */
  #block(indent: number, depth: number): unknown {
    if (depth > maxDepth) throw unusual;
    return this.#isItem() ? this.#list(indent, depth) : this.#map(indent, depth);
  }

  #isItem(): boolean {
    if (this.#code(this.#at) !== dash) return false;
    const next = this.#code(this.#at + 1);
    return next === space || next === feed || next === -1;
  }

  #list(indent: number, depth: number): readonly unknown[] {
    const list: unknown[] = [];
    while (this.#indent === indent && this.#isItem()) {
      const dashAt = this.#at;
      let at = dashAt + 1;
      let code = this.#code(at);
      while (code === space) code = this.#code((at += 1));
      if (code === feed || code === -1 || code === hash) {
        this.#endOfLine(dashAt + 1);
        list.push(this.#indent > indent ? this.#block(this.#indent, depth + 1) : null);
      } else if (this.#isNested(at, code)) {
        // `- key: value` and `- - item`: what follows the dash is a block of its own at its column.
        this.#at = at;
        this.#indent = indent + (at - dashAt);
        list.push(this.#block(this.#indent, depth + 1));
      } else list.push(this.#scalar(at, code, indent, depth));
      if (this.#places !== undefined) this.#note(list, list.length - 1, dashAt, dashAt, 1);
    }
    if (this.#indent > indent) throw unusual;
    return this.#places === undefined ? compact(list) : list;
  }

  #isNested(at: number, code: number): boolean {
    if (code === dash) {
      const next = this.#code(at + 1);
      return next === space || next === feed || next === -1;
    }
    return this.#keyEnd(at, code, false) !== -1;
  }

  /** Offset of the colon that ends the key at `at`, or -1 where no key stands. */
  #keyEnd(at: number, code: number, flow: boolean): number {
    let end = at;
    if (code === double || code === single) {
      let next = this.#code((end += 1));
      while (next !== code && next >= space) next = this.#code((end += 1));
      if (next !== code) return -1;
      end += 1;
      if (flow && this.#code(end) === colon) return end;
    } else {
      let next = code;
      while (next >= 0 && next < 128 && keyCharacter[next] === 1) next = this.#code((end += 1));
    }
    if (end === at || this.#code(end) !== colon) return -1;
    const after = this.#code(end + 1);
    return after === space || after === feed || after === -1 ? end : -1;
  }

  #key(at: number, code: number, end: number): string {
    if (end - at > maxKey) throw unusual;
    if (code === double || code === single) {
      const key = this.#text.slice(at + 1, end - 1);
      if (key.includes('\\') || key.includes('\n') || key.includes('\t') || key.includes('\r') || key === '__proto__') throw unusual;
      return key;
    }
    if (code === dash) throw unusual;
    const written = this.#text.slice(at, end);
    const key = isPlainText(written) ? written : plainKeyText(written);
    if (key === undefined || key === '__proto__') throw unusual;
    return key;
  }

  #map(indent: number, depth: number): Record<string, unknown> {
    const map: Record<string, unknown> = {};
    while (this.#indent === indent) {
      const at = this.#at;
      const code = this.#code(at);
      const end = this.#keyEnd(at, code, false);
      if (end === -1) throw unusual;
      const key = this.#key(at, code, end);
      if (Object.hasOwn(map, key)) throw unusual;
      map[key] = this.#valueOf(end, indent, depth);
      if (this.#places !== undefined) this.#note(map, key, at, end, 1);
    }
    if (this.#indent > indent) throw unusual;
    return map;
  }

  #valueOf(colonAt: number, indent: number, depth: number): unknown {
    let at = colonAt + 1;
    let code = this.#code(at);
    while (code === space) code = this.#code((at += 1));
    if (code !== feed && code !== -1 && !(code === hash && at > colonAt + 1)) return this.#scalar(at, code, indent, depth);
    this.#endOfLine(colonAt + 1);
    if (this.#indent > indent) return this.#block(this.#indent, depth + 1);
    // A list may stand at the column of its key.
    if (this.#indent === indent && this.#isItem()) return this.#listAtKey(indent, depth + 1);
    return null;
  }

  #listAtKey(indent: number, depth: number): readonly unknown[] {
    if (depth > maxDepth) throw unusual;
    return this.#list(indent, depth);
  }

  /** A value on the line of its key or dash; `indent` is the column of the block that holds it. */
  #scalar(at: number, code: number, indent: number, depth: number): unknown {
    let value: unknown;
    if (code === double || code === single) {
      this.#at = at;
      value = this.#quoted(code, indent);
      this.#endOfLine(this.#at);
    } else if (code === 0x5b || code === 0x7b) {
      this.#at = at;
      value = this.#flow(depth, false);
      this.#endOfLine(this.#at);
    } else if (code === 0x7c || code === 0x3e) return this.#blockText(at, indent, code === 0x3e);
    else value = this.#plain(at, code, indent);
    // What is deeper than the block would continue a scalar that is complete.
    if (this.#indent > indent) throw unusual;
    return value;
  }

  /** From a quote to behind its partner; over several lines where `indent` is the column of the block around it. Leaves `#at` there. */
  #quoted(quote: number, indent: number): string {
    const start = this.#at + 1;
    let escaped = false;
    let lines = false;
    let at = start;
    for (let code = this.#code(at); ; code = this.#code((at += 1))) {
      if (code === quote) {
        if (quote === double || this.#code(at + 1) !== single) break;
        escaped = true;
        at += 1;
      } else if (code === 0x5c && quote === double) {
        escaped = true;
        at += 1;
        if (this.#code(at) < space) throw unusual;
      } else if (code === feed && indent >= 0) {
        lines = true;
        let next = at + 1;
        while (this.#code(next) === space) next += 1;
        const after = this.#code(next);
        if (after !== feed && (after < space || next - at - 1 <= indent)) throw unusual;
      } else if (code < space) throw unusual;
    }
    this.#at = at + 1;
    let raw = this.#text.slice(start, at);
    if (lines) raw = foldFlow(raw);
    if (!escaped) return raw;
    return quote === double ? unescape(raw) : raw.replaceAll("''", "'");
  }

  #plain(at: number, first: number, indent: number): unknown {
    if (first === dash) {
      const next = this.#code(at + 1);
      if (next === space || next === feed || next === -1) throw unusual;
    } else if (first < 128 ? plainFirst[first] !== 1 : first === 0xfeff) throw unusual;
    const end = this.#plainLine(at);
    const line = this.#text.slice(at, end);
    if (this.#indent <= indent) return this.#resolved(line);
    return this.#continued(line, end, indent);
  }

  /** End of the plain text that starts at `at`, without a comment; goes on to the next content. */
  #plainLine(at: number): number {
    const text = this.#text;
    let line = text.indexOf('\n', at);
    if (line === -1 || line > this.#end) line = this.#end;
    let end = line;
    for (let index = at; index < line; index += 1) {
      const code = text.charCodeAt(index);
      if (code === colon) {
        if (index + 1 === line || text.charCodeAt(index + 1) === space) throw unusual;
      } else if (code === hash) {
        if (text.charCodeAt(index - 1) === space) {
          end = index;
          break;
        }
      } else if (code === tab || code === 0x0d) throw unusual;
    }
    if (text.charCodeAt(line - 1) === 0x0d) throw unusual;
    while (text.charCodeAt(end - 1) === space) end -= 1;
    this.#toContent(line === this.#end ? line : line + 1);
    return end;
  }

  /** A plain text that goes on in deeper lines; a comment among them is left to the full parser. */
  #continued(firstLine: string, firstEnd: number, indent: number): string {
    let text = firstLine;
    let end = firstEnd;
    while (this.#indent > indent) {
      const at = this.#at;
      let breaks = 0;
      for (let index = end; index < at; index += 1) {
        const code = this.#text.charCodeAt(index);
        if (code === feed) breaks += 1;
        else if (code !== space) throw unusual;
      }
      const first = this.#code(at);
      if (first === dash || first === 0x3f || first === colon || first === hash) throw unusual;
      end = this.#plainLine(at);
      text += (breaks === 1 ? ' ' : '\n'.repeat(breaks - 1)) + this.#text.slice(at, end);
    }
    return text;
  }

  #resolved(written: string): unknown {
    if (isPlainText(written)) return written;
    const value = resolvePlain(written);
    if (typeof value === 'number' && !Number.isFinite(value)) throw unusual;
    return value;
  }

  #blockText(at: number, indent: number, folded: boolean): string {
    const { value, next } = readBlockText(this.#text, at, this.#end, indent, folded);
    this.#toContent(next);
    if (this.#indent > indent) throw unusual;
    return value;
  }

  /** A flow collection from its bracket to behind its partner; over several lines only where it is the whole document. */
  #flow(depth: number, lines: boolean): unknown {
    if (depth > maxDepth) throw unusual;
    const open = this.#code(this.#at);
    this.#at += 1;
    this.#blanks(lines);
    if (open === 0x5b) {
      const list: unknown[] = [];
      if (this.#code(this.#at) === 0x5d) {
        this.#at += 1;
        return list;
      }
      for (;;) {
        const at = this.#at;
        list.push(this.#flowValue(depth, lines));
        if (this.#places !== undefined) this.#note(list, list.length - 1, at, at, 0);
        if (this.#next(0x5d, lines)) return this.#places === undefined ? compact(list) : list;
      }
    }
    const map: Record<string, unknown> = {};
    if (this.#code(this.#at) === 0x7d) {
      this.#at += 1;
      return map;
    }
    for (;;) {
      const at = this.#at;
      const key = this.#flowKey();
      const keyEnd = this.#at - 1;
      if (Object.hasOwn(map, key)) throw unusual;
      this.#blanks(lines);
      map[key] = this.#flowValue(depth, lines);
      if (this.#places !== undefined) this.#note(map, key, at, keyEnd, 1);
      if (this.#next(0x7d, lines)) return map;
    }
  }

  /** True behind the closing bracket, false behind a comma. */
  #next(close: number, lines: boolean): boolean {
    this.#blanks(lines);
    const code = this.#code(this.#at);
    this.#at += 1;
    if (code === close) return true;
    if (code !== comma) throw unusual;
    this.#blanks(lines);
    return false;
  }

  #blanks(lines: boolean): void {
    let code = this.#code(this.#at);
    while (code === space || (lines && code === feed)) code = this.#code((this.#at += 1));
  }

  #flowKey(): string {
    const at = this.#at;
    const code = this.#code(at);
    // Behind a quoted key, as in JSON, the colon needs no blank.
    const end = this.#keyEnd(at, code, true);
    if (end === -1) throw unusual;
    const key = this.#key(at, code, end);
    this.#at = end + 1;
    return key;
  }

  #flowValue(depth: number, lines: boolean): unknown {
    const at = this.#at;
    const first = this.#code(at);
    if (first === double || first === single) {
      const value = this.#quoted(first, -1);
      const next = this.#code(this.#at);
      if (next !== comma && next !== 0x5d && next !== 0x7d && next !== space && !(lines && next === feed)) throw unusual;
      return value;
    }
    if (first === 0x5b || first === 0x7b) return this.#flow(depth + 1, lines);
    if (first === dash) {
      const next = this.#code(at + 1);
      if (!(next > space && next < 128 && keyCharacter[next] === 1)) throw unusual;
    } else if (first < 0 || first >= 128 || plainFirst[first] !== 1) throw unusual;
    let end = at + 1;
    for (let code = this.#code(end); ; code = this.#code((end += 1))) {
      if (code >= 0 && code < 128 && flowCharacter[code] === 1) continue;
      if (code === colon) {
        const next = this.#code(end + 1);
        if (next > space && next < 128 && keyCharacter[next] === 1) continue;
        throw unusual;
      }
      if (code === comma || code === 0x5d || code === 0x7d) break;
      if (lines && code === feed) {
        // The text must end here, not go on in the next line.
        let after = end;
        for (let ahead = code; ahead === feed || ahead === space; ) ahead = this.#code((after += 1));
        const close = this.#code(after);
        if (close === comma || close === 0x5d || close === 0x7d) break;
      }
      throw unusual;
    }
    this.#at = end;
    let last = end;
    while (this.#text.charCodeAt(last - 1) === space) last -= 1;
    return this.#resolved(this.#text.slice(at, last));
  }
}
