/** Representatives for each dimension: enough values that every class of its matchers has one. */
import { distinct } from '#lib/order.ts';
import type { Dimension } from '../cube.ts';
import { isText, ofType, type Matcher, type Value } from '../matcher.ts';
import { addressCandidates } from './address.ts';
import { authorityCandidates } from './authority.ts';
import { pathCandidates } from './path.ts';
import { callerCandidates } from './caller.ts';
import { peerCandidates } from './peer.ts';
import { textCandidates, textPatterns, type TextPatterns } from './text.ts';
import { tokenCandidates } from './token.ts';

/** A case-sensitive text, and where in a lower-cased one it would stand. */
interface Placed {
  readonly text: string;
  readonly start: number;
}

/** Spellings of a lower-cased text, one for each set of the case-sensitive texts that it can have at their places (`request.headers[host]`). */
function spelled(folded: string, sensitive: readonly Placed[]): string[] {
  const fitting = sensitive.filter(({ text, start }) => folded.slice(start, start + text.length) === text.toLowerCase());
  let spellings = new Map([['', '']]);
  for (const lower of Array.from(folded)) {
    const longer = new Map<string, string>();
    for (const begun of spellings.values()) {
      for (const character of [lower, lower.toUpperCase()]) {
        const spelling = begun + character;
        const kept = fitting.map(({ text, start }) => text.startsWith(spelling.slice(start, start + text.length)));
        const key = kept.join(',');
        if (!longer.has(key)) longer.set(key, spelling);
      }
    }
    spellings = longer;
  }
  return [...spellings.values()];
}

function hostCandidates(matchers: readonly Matcher[]): string[] {
  const folded = textPatterns(ofType(matchers, 'host').map(({ pattern }) => pattern));
  const sensitive = textPatterns(matchers.filter(isText));
  const ahead = sensitive.prefixes.map((text): Placed => ({ text, start: 0 }));
  const behind = (whole: string): Placed[] => sensitive.suffixes.filter((text) => text.length <= whole.length).map((text) => ({ text, start: whole.length - text.length }));
  const same = (whole: string): Placed[] => sensitive.exact.filter((text) => text.length === whole.length).map((text) => ({ text, start: 0 }));
  const patterns: TextPatterns = {
    exact: distinct([...sensitive.exact, ...folded.exact.flatMap((text) => spelled(text, [...ahead, ...behind(text), ...same(text)]))]),
    prefixes: distinct([...sensitive.prefixes, ...folded.prefixes.flatMap((text) => spelled(text, ahead))]),
    suffixes: distinct([...sensitive.suffixes, ...folded.suffixes.flatMap((text) => spelled(text, behind(text)))]),
  };
  return textCandidates(patterns, '', 'host.example');
}

/** Methods that real servers know, to stand for "any other" before an invented one does (A3.35). */
const knownMethods = ['GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'HEAD', 'OPTIONS', 'PROPFIND', 'TRACE'];

const knownPorts = [8080, 80, 443, 8443, 9090, 3000, 5000, 15000];

function portCandidates(matchers: readonly Matcher[]): number[] {
  const mentioned = new Set(ofType(matchers, 'number').map(({ value }) => value));
  const legal = [...mentioned].filter((port) => Number.isInteger(port) && port >= 0 && port <= 65535).sort((left, right) => left - right);
  const ranges = ofType(matchers, 'port-range');
  const outside = (port: number): boolean => !mentioned.has(port) && !ranges.some((range) => port >= range.first && port <= range.last);
  let other = knownPorts.find(outside);
  for (let port = 20000; other === undefined && port <= 65535; port += 1) if (outside(port)) other = port;
  // Between two ends of ranges all ports are in the same ranges: the first that nothing names stands for them.
  const ends = [...new Set(ranges.flatMap((range) => [range.first, range.last + 1]))].sort((left, right) => left - right);
  const between = [0, ...ends].flatMap((start, index) => {
    const end = ends[index] ?? 65536;
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
      const asked = ofType(matchers, 'source-namespace');
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
      return [null, ...new Set(ofType(matchers, 'one-of').map(({ text }) => text)), 'past'];
    case 'protocol':
      return ['http', 'tcp', 'tls', 'https'];
    case 'host':
      return matchers.some((matcher) => matcher.type === 'authority') ? authorityCandidates(matchers, hostCandidates) : hostCandidates(matchers);
    case 'method':
      return [...new Set([...knownMethods, ...textCandidates(textPatterns(matchers.filter(isText)), '')])];
    case 'path':
      return pathCandidates([...ofType(matchers, 'path'), ...matchers.filter(isText).map((pattern) => ({ pattern, normalization: 'NONE' as const }))], limit);
    case 'path.query':
      return textCandidates(textPatterns(matchers.filter(isText)), '/');
    case 'sni':
      return [...textCandidates(textPatterns(matchers.filter(isText)), '', 'host.example'), null];
    case 'token': {
      const found = tokenCandidates(matchers, limit);
      return found === undefined ? undefined : [null, ...found];
    }
    default:
      if (dimension.startsWith('opaque:')) return [false, true];
      // A header: absent first, then present with some text, then present and empty.
      return [null, ...textCandidates(textPatterns(matchers.filter(isText)), ''), ''];
  }
}
