/**
 * Representatives of authorities where some matchers see the name alone and others the whole text with its port (M116, A3.34): each name
 * without a port, and with every port that the matchers tell apart.
 */
import { distinct } from '#lib/order.ts';
import type { Matcher, TextMatcher } from '../matcher.ts';

type Pattern = Extract<Matcher, { readonly type: 'host' }> | TextMatcher;

/** Of these the first that no pattern speaks of stands for any other port. */
const plainPorts = ['8080', '8443', '4430', '9999', '31380', '47'];

/** @param namesOf representatives of texts without a port */
export function authorityCandidates(matchers: readonly Matcher[], namesOf: (matchers: readonly Matcher[]) => string[]): string[] {
  const names = matchers.flatMap((matcher): Matcher[] => (matcher.type === 'authority' ? [{ type: 'host', pattern: matcher.pattern }] : []));
  const whole = matchers.filter((matcher): matcher is Pattern => matcher.type === 'host' || isText(matcher));
  const ports = portsIn(whole.map(textOf));
  const bare = whole.filter((matcher) => { const pattern = textOf(matcher); return !('text' in pattern) || !pattern.text.includes(':'); });
  return [...new Set([...namesOf([...names, ...bare]), ...ports.flatMap((port) => namesOf([...names, ...whole.flatMap((matcher) => beforePort(matcher, port))]).map((name) => `${name}:${port}`))])];
}

function isText(matcher: Matcher): matcher is TextMatcher {
  return matcher.type === 'exact' || matcher.type === 'prefix' || matcher.type === 'suffix' || matcher.type === 'non-empty' || matcher.type === 'present';
}

function textOf(matcher: Pattern): TextMatcher {
  return matcher.type === 'host' ? matcher.pattern : matcher;
}

/** Ports that some pattern may tell from others, and one that none speaks of. */
function portsIn(patterns: readonly TextMatcher[]): readonly string[] {
  const spoken = patterns.flatMap((pattern): string[] => {
    if (!('text' in pattern)) return [];
    const digits = /\d*$/.exec(pattern.text)?.[0] ?? '';
    const behindColon = pattern.text.slice(0, pattern.text.length - digits.length).endsWith(':');
    if (pattern.type === 'prefix') return behindColon ? [digits, `${digits}80`, `${digits}47`] : [];
    return behindColon || (pattern.type === 'suffix' && digits === pattern.text) ? [digits, `4${digits}`] : [];
  });
  const known = distinct(spoken).filter((port) => port !== '');
  return [...plainPorts.filter((port) => !known.includes(port)).slice(0, 1), ...known];
}

/** What a pattern on the whole text asks of the name before this port; nothing where the port alone answers. */
function beforePort(matcher: Pattern, port: string): readonly Pattern[] {
  const pattern = textOf(matcher);
  if (!('text' in pattern)) return [];
  const { type, text } = pattern;
  const end = `:${port}`;
  const again = (name: TextMatcher): readonly Pattern[] => [matcher.type === 'host' ? { type: 'host', pattern: name } : name];
  if (type === 'prefix') {
    const colon = text.lastIndexOf(':');
    if (colon < 0) return again(pattern);
    return port.startsWith(text.slice(colon + 1)) ? again({ type: 'exact', text: text.slice(0, colon) }) : [];
  }
  if (!text.endsWith(end) || text === end) return [];
  return again({ type, text: text.slice(0, text.length - end.length) });
}
