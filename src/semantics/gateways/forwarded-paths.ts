/**
 * Which paths the proxy behind a gateway takes for a pattern of its own, in the words of the client: the paths before the rewrite (engine
 * section 3.15). What has no such words is asked of one request at a time.
 */
import type { PathNormalization, TemplatePattern, TextMatcher } from '#sets/matcher.ts';
import { pathMatches } from '#sets/matches.ts';
import { normalizePath } from '#sets/normalize-path.ts';
import type { PathForwarding } from './forwarding.ts';

/** `asked`: told of one request at a time. */
export type SeenPaths = { readonly type: 'all' | 'none' | 'asked' } | { readonly type: 'paths'; readonly patterns: readonly TextMatcher[] };

/** @param how what the route makes of a path that it has matched */
export function pathsSeenAs(how: PathForwarding, pattern: TextMatcher | TemplatePattern, normalization: PathNormalization): SeenPaths {
  switch (how.type) {
    case 'same':
      return pattern.type === 'template' ? { type: 'asked' } : { type: 'paths', patterns: [pattern] };
    case 'any':
      return { type: pathMatches(pattern, normalizePath(how.to, normalization)) ? 'all' : 'none' };
    case 'regex':
      return { type: 'asked' };
    case 'moved':
      if (how.anyCase || pattern.type === 'template' || !isPlain(how.to)) return { type: 'asked' };
      return how.slash ? behindSlash(how.from, pattern) : behindText(how.from, how.to, pattern);
  }
}

/** Nothing in it is changed by the next proxy, whatever follows. */
function isPlain(to: string): boolean {
  return to === '' || (to.startsWith('/') && !/[%\\?#]|\/\/|\/\.|[^\u0021-\u007e]/.test(to));
}

/** `to` and the rest behind `from`. */
function behindText(from: string, to: string, pattern: TextMatcher): SeenPaths {
  switch (pattern.type) {
    case 'exact':
      return pattern.text.startsWith(to) ? { type: 'paths', patterns: [{ type: 'exact', text: `${from}${pattern.text.slice(to.length)}` }] } : { type: 'none' };
    case 'prefix':
      if (to.startsWith(pattern.text)) return { type: 'all' };
      return pattern.text.startsWith(to) ? { type: 'paths', patterns: [{ type: 'prefix', text: `${from}${pattern.text.slice(to.length)}` }] } : { type: 'none' };
    case 'suffix':
      return behindEnding(from, to, pattern.text);
    case 'non-empty':
    case 'present':
      return { type: 'all' };
  }
}

/** An ending may begin before the rest: in `to`, which the client did not send, or in `from`, which the backend does not see. */
function behindEnding(from: string, to: string, ending: string): SeenPaths {
  const across = (text: string): readonly string[] => Array.from({ length: ending.length }, (_, index) => index + 1).filter((length) => text.endsWith(ending.slice(0, length))).map((length) => `${from}${ending.slice(length)}`);
  const [seen, sent] = [across(to), across(from)];
  if (sent.some((path) => !seen.includes(path))) return { type: 'asked' };
  return { type: 'paths', patterns: [{ type: 'suffix', text: ending }, ...seen.map((text): TextMatcher => ({ type: 'exact', text }))] };
}

/** M122: the rest behind `from`, and one slash where nothing is left. */
function behindSlash(from: string, pattern: TextMatcher): SeenPaths {
  const rest = behindText(from, '', pattern);
  const alone = pathMatches(pattern, '/');
  if (rest.type !== 'paths' || !alone) return rest;
  return { type: 'paths', patterns: [...rest.patterns, { type: 'exact', text: from }] };
}

/**
 * Paths of which the next proxy makes something else than the route did: where `/api` becomes `/`, `/api../x` is `/../x`, and so `/x`.
 * Their patterns mean nothing of what `pathsSeenAs` says.
 */
export function pathsNormalizedAgain(how: PathForwarding, normalization: PathNormalization): readonly TextMatcher[] {
  if (how.type !== 'moved' || how.anyCase || how.slash || normalization === 'NONE' || !how.to.endsWith('/') || how.from.endsWith('/')) return [];
  const exact = ['.', '..'].map((text): TextMatcher => ({ type: 'exact', text: `${how.from}${text}` }));
  const begun = ['./', '../', '.;', '..;', ...(normalization === 'BASE' ? [] : ['/'])].map((text): TextMatcher => ({ type: 'prefix', text: `${how.from}${text}` }));
  return [...exact, ...begun];
}
