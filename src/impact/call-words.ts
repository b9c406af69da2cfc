/** Words about calls of a client's sidecar. */
import type { Callers, CalledDifferently, CallSent, Destination, Region } from './change.ts';
import { callerWords } from './headline.ts';

const words: Readonly<Record<CallSent, string>> = {
  mtls: 'with mutual TLS of the mesh',
  tls: 'with TLS that is not the mesh\'s',
  plaintext: 'in plaintext',
  passthrough: 'in plaintext, let through as an unknown destination',
  nothing: 'not at all',
};

/** The end of a sentence about a call. */
export function sentWords(sent: CallSent): string {
  return words[sent];
}

export function callHeadline({ to, base, head }: CalledDifferently, callers: Callers, { cubes }: Region, destinations: readonly Destination[]): string {
  const who = callerWords(callers);
  const [first, ...more] = destinations;
  const what = `\`${first?.id ?? ''}\`${more.length === 0 ? '' : ` and ${String(more.length)} more`}`;
  const [called = '', ...others] = to;
  const paths = [...new Set(cubes.flatMap(({ paths: set }) => set?.only ?? []))];
  const name = `\`${called}\`${others.length === 0 ? '' : ` and ${String(others.length)} more ${others.length === 1 ? 'name' : 'names'}`}${paths.length === 0 ? '' : ` with ${paths.length === 1 ? 'path' : 'paths'} ${paths.slice(0, 3).map((path) => `\`${path}\``).join(', ')}${paths.length > 3 ? ` and ${String(paths.length - 3)} more` : ''}`}`;
  if (base === 'nothing') return `calls of ${who} to ${name} newly come to ${what}, ${words[head]}`;
  if (head === 'nothing') return `calls of ${who} to ${name} no longer come to ${what}`;
  return `calls of ${who} to ${name} come to ${what} ${words[head]}, before ${words[base]}`;
}
