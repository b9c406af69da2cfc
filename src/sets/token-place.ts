/**
 * Where a token stands and where a rule looks for one are two things: a rule reads all that stands behind its prefix (A5.7), so
 * of several rules on one header one may find the token and another bytes that are none.
 *
 * Both are written alike: `authorization:PREFIX`, `header:NAME:PREFIX`, `parameter:NAME`, `cookie:NAME`. Of a token as sent, PREFIX is
 * all that stands before it in its header.
 */
import { distinct } from '#lib/order.ts';

/** What a rule that looks at a place finds of a token as sent. */
export type Reading = 'token' | 'bytes' | 'nothing';

interface InHeader {
  /** Everything before the prefix. */
  readonly start: string;
  readonly header: string;
  readonly prefix: string;
}

/** `undefined`: a parameter or a cookie. */
export function headerPlace(place: string): InHeader | undefined {
  const kind = place.slice(0, place.indexOf(':'));
  if (kind === 'authorization') return { start: 'authorization:', header: 'authorization', prefix: place.slice('authorization:'.length) };
  if (kind !== 'header') return undefined;
  const colon = place.indexOf(':', 'header:'.length);
  return { start: place.slice(0, colon + 1), header: place.slice('header:'.length, colon), prefix: place.slice(colon + 1) };
}

/** A5.7: the first occurrence of the prefix counts, wherever it stands; without a prefix, which occurs at the start, the whole value is read. */
export function readingAt(place: string, sent: string): Reading {
  if (place === sent) return 'token';
  const [wanted, found] = [headerPlace(place), headerPlace(sent)];
  if (wanted === undefined || found?.header !== wanted.header) return 'nothing';
  const at = found.prefix.indexOf(wanted.prefix);
  if (at < 0) return 'nothing';
  return at + wanted.prefix.length === found.prefix.length ? 'token' : 'bytes';
}

/** Readings of more places in one header than this are not told apart. */
const mostPlaces = 5;

/**
 * Ways to send a token such that every combination of readings at the places has one: the places themselves, then prefixes behind other
 * text and behind each other; `undefined` where a header has too many places.
 */
export function sentAt(places: readonly string[]): string[] | undefined {
  const found = [...places];
  const byHeader = new Map<string, string[]>();
  for (const place of places) {
    const header = headerPlace(place);
    if (header !== undefined) byHeader.set(header.start, [...(byHeader.get(header.start) ?? []), header.prefix]);
  }
  for (const [start, given] of byHeader) {
    const prefixes = distinct(given.filter((prefix) => prefix !== ''));
    if (prefixes.length > mostPlaces) return undefined;
    const gap = Array.from('x-yz0').find((character) => !prefixes.some((prefix) => prefix.includes(character))) ?? '\u00fc';
    const own = given.map((prefix) => `${start}${prefix}`);
    const known = new Set([own.map(() => 'nothing').join(' ')]);
    for (let chosen = 0; chosen < 2 ** prefixes.length; chosen += 1) {
      const before = prefixes.filter((_, index) => (chosen & (1 << index)) !== 0).map((prefix) => `${prefix}${gap}`).join('');
      for (const last of ['', ...prefixes]) {
        const sent = `${start}${before === '' ? gap : before}${last}`;
        const reading = own.map((place) => readingAt(place, sent)).join(' ');
        if (known.has(reading)) continue;
        known.add(reading);
        found.push(sent);
      }
    }
  }
  return found;
}
