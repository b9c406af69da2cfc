/**
 * Makes any text safe to show on one line. Manifest strings are written by whoever opened the pull request: a terminal escape, a
 * line break or a bidirectional override in a name must not reach a terminal, a log or a page as what it is.
 */

const named: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/**
 * C0 and C1 controls, line and paragraph separators, bidirectional controls, zero-width characters and lone surrogates: what
 * a reader cannot see or what changes how the rest is shown.
 * @see https://www.unicode.org/reports/tr36/#Bidirectional_Text_Spoofing
 */
const unseen = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\u{3164}\u{115F}\u{1160}\u{FFA0}]/gu;

/** One line of visible text: what cannot be seen is spelled out (`\n`, `\u{1b}`). */
export function plain(text: string): string {
  return text.replace(unseen, (character) => named[character] ?? `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`);
}

/** At most `limit` code points; a cut ends in `…`. Never cuts inside a code point. */
export function clip(text: string, limit: number): string {
  if (text.length <= limit) return text;
  let count = 0;
  let end = 0;
  for (const character of text) {
    if (count === limit - 1) {
      const rest = end + character.length;
      return rest === text.length ? text : `${text.slice(0, end)}…`;
    }
    count += 1;
    end += character.length;
  }
  return text;
}

/** Longest name, path or value that any output shows in full. */
export const nameLimit = 200;
/** Longest sentence that any output shows in full. */
export const sentenceLimit = 1_200;

/** A name, path or value: visible and bounded. */
export function name(text: string): string {
  // The cut comes first: spelling out 70 000 control characters would only be thrown away.
  return clip(plain(clip(text, nameLimit)), nameLimit);
}

/** A sentence: visible and bounded. */
export function sentence(text: string): string {
  return clip(plain(clip(text, sentenceLimit)), sentenceLimit);
}

/** UTF-8 length. It is never less than the number of UTF-16 units, so a bound on it bounds both. */
export function byteLength(text: string): number {
  return Buffer.byteLength(text, 'utf8');
}

export function plural(count: number, one: string, many = `${one}s`): string {
  return `${String(count)} ${count === 1 ? one : many}`;
}

/** Lone surrogates have no UTF-8: they become U+FFFD. */
export function wellFormed(text: string): string {
  return text.replace(/\p{Cs}/gu, '\ufffd');
}
