/** From the sample of a region to requests that may prove it: attributes that follow from each other, and assumptions that are not needed. */
import type { Query } from '#posture/query.ts';
import type { Cube, Dimension, Point } from '#sets/cube.ts';
import { pointIn } from '#sets/evaluate.ts';

/** Pairs of attributes of which one follows from the other, and what to say of conditions on both. */
const following: readonly (readonly [Dimension, Dimension, string])[] = [
  // A3.25.
  ['header:x-forwarded-for', 'remote.ip', 'how `x-forwarded-for` and the remote address go together is not computed'],
  ['path', 'path.query', 'how the path and `:path` go together is not computed'],
];

/** Why no sample may reconcile the conditions of a cube. */
export function unreconciled(cube: Cube, sample: Point | undefined): string | undefined {
  const named = namedIn(cube);
  const token = sample?.get('token');
  const location = typeof token === 'object' && token !== null && 'location' in token ? token.location : '';
  const holder = location.startsWith('header:') ? location.split(':')[1] : location.split(':')[0];
  if (location !== '' && named.has(`header:${holder ?? ''}`)) return `how a token and the rest of the header \`${holder ?? ''}\` go together is not computed`;
  // The text of a token is part of the query that it stands in.
  if (named.has('path.query') && location.startsWith('parameter:')) return 'how a token in the query and `:path` go together is not computed';
  return following.find(([first, second]) => named.has(first) && named.has(second))?.[2];
}

function namedIn(cube: Cube): ReadonlySet<Dimension> {
  return new Set(cube.predicates.map((predicate) => predicate.dimension));
}

/** The path and `:path` of a sample are one text of the request: the one that the cube speaks of, or a path with the other's query. */
export function spelled(cube: Cube, sample: Point): readonly Point[] {
  const named = namedIn(cube);
  if (!named.has('path.query')) return [sample];
  const alone = new Map([...sample].filter(([dimension]) => dimension !== 'path'));
  if (!named.has('path')) return [alone];
  const [path, whole] = [sample.get('path'), sample.get('path.query')];
  if (typeof path !== 'string' || typeof whole !== 'string') return [sample];
  return [sample, alone, new Map(sample).set('path.query', `${path}?${whole.slice(whole.indexOf('?') + 1)}`)];
}

/**
 * A token that is signed rightly under some keys is, where the cube holds that too, one that is signed rightly whoever looks: such a
 * question can be sent to real proxies as it stands, without a word about keys.
 */
export function plainlySigned(cube: Cube, sample: Point): Point {
  const token = sample.get('token');
  if (typeof token !== 'object' || token === null || !('signedBy' in token) || token.signedBy === 'all' || token.signedBy.length === 0) return sample;
  const signed = new Map(sample).set('token', { ...token, signedBy: 'all' });
  return pointIn(cube, signed) ? signed : sample;
}

/** The question with its assumptions about opaque conditions, and first without them: what the request itself decides needs none. */
export function leastAssuming(query: Query): readonly Query[] {
  const { given, ...plain } = query;
  const kept = Object.entries(given ?? {}).filter(([key]) => !key.startsWith('opaque:'));
  if (kept.length === Object.keys(given ?? {}).length) return [query];
  return [kept.length > 0 ? { ...plain, given: Object.fromEntries(kept) } : plain, query];
}

export function firstOf<From, To>(list: Iterable<From>, found: (entry: From) => To | undefined): To | undefined {
  for (const entry of list) {
    const result = found(entry);
    if (result !== undefined) return result;
  }
  return undefined;
}
