/**
 * Representatives of the classes that exact, prefix and suffix patterns cut texts into. A text that is no exact pattern is told
 * apart by its longest prefix and its longest suffix only, and every such pair occurs (prefix, a character that no pattern
 * continues with, suffix), so pairs and exact texts are all classes.
 */
import { distinct } from '#lib/order.ts';
import type { TemplatePattern, TextMatcher } from '../matcher.ts';

/** Fillers in order of liking; the first that no pattern continues with is taken. Letters of `%`-escapes come late. */
const fillers = [...Array.from('xyzqwvkjhgtnmupslroi'), ...Array.from('XYZQWVKJHGTNMUPSLROI'), ...Array.from('0123456789'), ...Array.from('abcdefABCDEF'), ...Array.from('-_~'), ...Array.from('éüñ中')];

export interface TextPatterns {
  readonly exact: readonly string[];
  readonly prefixes: readonly string[];
  readonly suffixes: readonly string[];
}

/** Templates and what any text satisfies are none of these. */
export function textPatterns(matchers: readonly (TextMatcher | TemplatePattern)[]): TextPatterns {
  const of = (type: 'exact' | 'prefix' | 'suffix'): string[] => distinct(matchers.flatMap((matcher) => (matcher.type === type ? [matcher.text] : [])));
  return { exact: of('exact'), prefixes: of('prefix'), suffixes: of('suffix') };
}

function touched(patterns: TextPatterns, text: string): boolean {
  return patterns.exact.includes(text) || patterns.prefixes.some((prefix) => text.startsWith(prefix)) || patterns.suffixes.some((suffix) => text.endsWith(suffix));
}

/** For each pattern of the chain, the characters with which a longer one continues it. */
function continuations(patterns: readonly string[], all: ReadonlySet<string>, reversed: boolean): Map<string, Set<string>> {
  const next = new Map<string, Set<string>>();
  for (const pattern of patterns) {
    for (let length = 0; length < pattern.length; length += 1) {
      const part = reversed ? pattern.slice(pattern.length - length) : pattern.slice(0, length);
      if (!all.has(part)) continue;
      const character = (reversed ? pattern[pattern.length - 1 - length] : pattern[length]) ?? '';
      const known = next.get(part);
      if (known === undefined) next.set(part, new Set([character]));
      else known.add(character);
    }
  }
  return next;
}

/**
 * One text of every class: exact texts first, then `prefix + filler + suffix` in the order of the patterns. `root` is what every
 * text starts with (`/` for paths, nothing elsewhere). The empty text is not among them. `friendly` is a
 * readable text to stand for those that no pattern touches.
 */
export function textCandidates(patterns: TextPatterns, root: string, friendly?: string): string[] {
  const rooted = (text: string): boolean => text.startsWith(root);
  const prefixes = distinct([root, ...patterns.prefixes.filter(rooted)]);
  const suffixes = distinct(['', ...patterns.suffixes]);
  const exact = new Set(patterns.exact.filter((text) => text !== '' && rooted(text)));
  const after = continuations(prefixes, new Set(prefixes), false);
  const before = continuations(suffixes, new Set(suffixes), true);
  const found = [...exact];
  if (friendly !== undefined && !touched(patterns, friendly)) found.push(friendly);
  for (const prefix of prefixes) {
    const ahead = after.get(prefix);
    for (const suffix of suffixes) {
      const behind = before.get(suffix);
      // With two hundred fillers a pattern set that continues with each of them is no policy; a doubled filler then still differs.
      const filler = fillers.find((character) => ahead?.has(character) !== true && behind?.has(character) !== true && !exact.has(prefix + character + suffix));
      found.push(prefix + (filler ?? 'xyzzy') + suffix);
    }
  }
  return found;
}
