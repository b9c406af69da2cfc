/** Representatives for each dimension: enough values that every class of its matchers has one. */
import { distinct } from '#lib/order.ts';
import type { Dimension } from '../cube.ts';
import type { Matcher, TextMatcher, Value } from '../matcher.ts';
import { addressCandidates } from './address.ts';
import { authorityCandidates } from './authority.ts';
import { pathCandidates } from './path.ts';
import { callerCandidates } from './caller.ts';
import { peerCandidates } from './peer.ts';
import { textCandidates, textPatterns, type TextPatterns } from './text.ts';
import { tokenCandidates } from './token.ts';

function textsOf(matchers: readonly Matcher[]): TextMatcher[] {
  return matchers.filter((matcher) => matcher.type === 'exact' || matcher.type === 'prefix' || matcher.type === 'suffix' || matcher.type === 'non-empty' || matcher.type === 'present');
}

/** Spellings in which a lower-cased pattern meets case-sensitive ones (`request.headers[host]`). */
function spelled(pattern: string, sensitive: readonly string[], atEnd: boolean): string[] {
  const upper = pattern.toUpperCase();
  const joined = sensitive.filter((text) => (atEnd ? pattern.endsWith(text.toLowerCase()) : pattern.startsWith(text.toLowerCase()))).flatMap((text) => {
    const rest = atEnd ? pattern.slice(0, pattern.length - text.length) : pattern.slice(text.length);
    return atEnd ? [rest + text, rest.toUpperCase() + text] : [text + rest, text + rest.toUpperCase()];
  });
  return [pattern, upper, upper.slice(0, 1) + pattern.slice(1), pattern.slice(0, 1) + upper.slice(1), ...joined];
}

function hostCandidates(matchers: readonly Matcher[]): string[] {
  const folded = textPatterns(matchers.flatMap((matcher) => (matcher.type === 'host' ? [matcher.pattern] : [])));
  const sensitive = textPatterns(textsOf(matchers));
  const all = [...sensitive.exact, ...sensitive.prefixes, ...sensitive.suffixes];
  if (all.length === 0) return textCandidates(folded, '', 'host.example');
  const patterns: TextPatterns = {
    exact: distinct([...sensitive.exact, ...folded.exact.flatMap((text) => [...spelled(text, sensitive.prefixes, false), ...spelled(text, sensitive.suffixes, true), ...spelled(text, sensitive.exact, false)])]),
    prefixes: distinct([...sensitive.prefixes, ...folded.prefixes.flatMap((text) => spelled(text, sensitive.prefixes, false)), ...sensitive.prefixes.flatMap((text) => spelled(text.toLowerCase(), sensitive.prefixes, false))]),
    suffixes: distinct([...sensitive.suffixes, ...folded.suffixes.flatMap((text) => spelled(text, sensitive.suffixes, true)), ...sensitive.suffixes.flatMap((text) => spelled(text.toLowerCase(), sensitive.suffixes, true))]),
  };
  return textCandidates(patterns, '', 'host.example');
}

function rawPath(pattern: TextMatcher): Extract<Matcher, { type: 'path' }> {
  return { type: 'path', pattern, normalization: 'NONE' };
}

/** Methods that real servers know, to stand for "any other" before an invented one does (A3.35). */
const knownMethods = ['GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'HEAD', 'OPTIONS', 'PROPFIND', 'TRACE'];

const knownPorts = [8080, 80, 443, 8443, 9090, 3000, 5000, 15000];

function portCandidates(matchers: readonly Matcher[]): number[] {
  const mentioned = new Set(matchers.flatMap((matcher) => (matcher.type === 'number' ? [matcher.value] : [])));
  const legal = [...mentioned].filter((port) => Number.isInteger(port) && port >= 0 && port <= 65535).sort((left, right) => left - right);
  const ranges = matchers.flatMap((matcher) => (matcher.type === 'port-range' ? [matcher] : []));
  const outside = (port: number): boolean => !mentioned.has(port) && !ranges.some((range) => port >= range.first && port <= range.last);
  let other = knownPorts.find(outside);
  for (let port = 20000; other === undefined && port <= 65535; port += 1) if (outside(port)) other = port;
  // Between two ends of ranges all ports are in the same ranges: the first that nothing names stands for them.
  const ends = [...new Set(ranges.flatMap((range) => [range.first, range.last + 1]))].sort((left, right) => left - right);
  const between = [0, ...ends].flatMap((start, index) => {
    const end = [...ends, 65536][index] ?? 65536;
    for (let port = start; port < end; port += 1) if (!mentioned.has(port)) return [port];
    return [];
  });
  const inside = between.filter((port) => !outside(port));
  const rest = other === undefined ? between.filter(outside).slice(0, 1) : [other];
  return [...legal, ...inside, ...rest];
}

/**
 * Values of a dimension such that every class of the matchers has one, the most telling first; `undefined` where that would take
 * more than `limit` classes. Claims are not a dimension of single values and are built elsewhere (`claims.ts`).
 */
export function candidatesOf(dimension: Dimension, matchers: readonly Matcher[], limit: number): Value[] | undefined {
  switch (dimension) {
    case 'peer': {
      const asked = matchers.filter((matcher) => matcher.type === 'source-namespace');
      if (asked.length > 0) return callerCandidates(asked, matchers, limit);
      const found = peerCandidates(matchers, limit);
      return found === undefined ? undefined : [...found, null];
    }
    case 'source.ip':
    case 'remote.ip':
    case 'destination.ip':
      return addressCandidates(matchers);
    case 'port':
      return portCandidates(matchers);
    case 'transport':
      return ['TCP', 'UDP', 'SCTP'];
    case 'address':
      return [null, ...new Set(matchers.flatMap((matcher) => (matcher.type === 'one-of' ? [matcher.text] : []))), 'past'];
    case 'protocol':
      return ['http', 'tcp', 'tls', 'https'];
    case 'host':
      return matchers.some((matcher) => matcher.type === 'authority') ? authorityCandidates(matchers, hostCandidates) : hostCandidates(matchers);
    case 'method':
      return [...knownMethods, ...textCandidates(textPatterns(textsOf(matchers)), '')];
    case 'path':
      return pathCandidates([...matchers.filter((matcher) => matcher.type === 'path'), ...textsOf(matchers).map(rawPath)], limit);
    case 'path.query':
      return textCandidates(textPatterns(textsOf(matchers)), '/');
    case 'sni':
      return [...textCandidates(textPatterns(textsOf(matchers)), '', 'host.example'), null];
    case 'token': {
      const found = tokenCandidates(matchers, limit);
      return found === undefined ? undefined : [null, ...found];
    }
    default:
      if (dimension.startsWith('opaque:')) return [false, true];
      // A header: absent first, then present with some text, then present and empty.
      return [null, ...textCandidates(textPatterns(textsOf(matchers)), ''), ''];
  }
}
