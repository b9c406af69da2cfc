/**
 * Representatives of authorities where some matchers see the name alone and others the whole text with its port (M116, A3.34): each name
 * without a port, and with every port that the matchers tell apart.
 */
import { distinct } from '#lib/order.ts';
import { isText, ofType, type Matcher, type TextMatcher } from '../matcher.ts';

/** Of a whole authority: in lower case, or as it is sent. */
interface Pattern {
  readonly folded: boolean;
  readonly type: 'exact' | 'prefix' | 'suffix';
  readonly text: string;
}

/** Of these the first that no pattern speaks of stands for any other port. */
const plainPorts = ['8080', '8443', '4430', '9999', '31380', '47'];

/** @param namesOf representatives of texts without a port */
export function authorityCandidates(matchers: readonly Matcher[], namesOf: (matchers: readonly Matcher[]) => string[]): string[] {
  const names = ofType(matchers, 'authority').map(({ pattern }): Matcher => ({ type: 'host', pattern }));
  const whole = [...ofType(matchers, 'host').flatMap(({ pattern }) => patternsOf(pattern, true)), ...matchers.filter(isText).flatMap((pattern) => patternsOf(pattern, false))];
  const ports = portsIn(whole);
  const bare = whole.filter(({ text }) => !text.includes(':'));
  const namesBefore = (patterns: readonly Pattern[]): string[] => namesOf([...names, ...patterns.map(matcherOf)]);
  return [...new Set([...namesBefore(bare), ...ports.flatMap((port) => namesBefore(whole.flatMap((pattern) => beforePort(pattern, port))).map((name) => `${name}:${port}`))])];
}

/** None for what any text satisfies. */
function patternsOf(pattern: TextMatcher, folded: boolean): readonly Pattern[] {
  return 'text' in pattern ? [{ folded, type: pattern.type, text: pattern.text }] : [];
}

function matcherOf({ folded, type, text }: Pattern): Matcher {
  return folded ? { type: 'host', pattern: { type, text } } : { type, text };
}

/** Ports that some pattern may tell from others, and one that none speaks of. */
function portsIn(patterns: readonly Pattern[]): readonly string[] {
  const spoken = patterns.flatMap(({ type, text }): string[] => {
    const digits = text.slice(text.search(/\d*$/));
    const behindColon = text.slice(0, text.length - digits.length).endsWith(':');
    if (type === 'prefix') return behindColon ? [digits, `${digits}80`, `${digits}47`] : [];
    return behindColon || (type === 'suffix' && digits === text) ? [digits, `4${digits}`] : [];
  });
  const known = distinct(spoken).filter((port) => port !== '');
  return [...plainPorts.filter((port) => !known.includes(port)).slice(0, 1), ...known];
}

/** What a pattern on the whole text asks of the name before this port; nothing where the port alone answers. */
function beforePort({ folded, type, text }: Pattern, port: string): readonly Pattern[] {
  const end = `:${port}`;
  if (type === 'prefix') {
    const colon = text.lastIndexOf(':');
    if (colon < 0) return [{ folded, type, text }];
    return port.startsWith(text.slice(colon + 1)) ? [{ folded, type: 'exact', text: text.slice(0, colon) }] : [];
  }
  if (!text.endsWith(end) || text === end) return [];
  return [{ folded, type, text: text.slice(0, text.length - end.length) }];
}
