/** From the sample of a region to requests that may prove it: attributes that follow from each other, and assumptions that are not needed. */
import type { Query } from '#posture/query.ts';
import { namespaceLabelPrefix } from '#semantics/namespace-labels.ts';
import { portNameDimension } from '#semantics/network-lowering.ts';
import { claimDimension, claimPathOf } from '#semantics/values.ts';
import type { Cube, Dimension, Point } from '#sets/cube.ts';
import { pointIn } from '#sets/evaluate.ts';
import { formatIp } from '#sets/ip.ts';
import { holds } from '#sets/matches.ts';
import type { Value } from '#sets/matcher.ts';

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
  const holder = holderOf(location);
  if (location !== '' && named.has(`header:${holder}`)) return `how a token and the rest of the header \`${holder}\` go together is not computed`;
  // The text of a token is part of the query that it stands in.
  if (named.has('path.query') && location.startsWith('parameter:')) return 'how a token in the query and `:path` go together is not computed';
  const both = cube.predicates.find(({ dimension }) => dimension.startsWith('written:') && named.has(claimDimension(claimPathOf(dimension))));
  if (both !== undefined) return `how the claim \`${claimPathOf(both.dimension).join('.')}\` and the header that is written from it go together is not computed`;
  return following.find(([first, second]) => named.has(first) && named.has(second))?.[2];
}

function namedIn(cube: Cube): ReadonlySet<Dimension> {
  return new Set(cube.predicates.map((predicate) => predicate.dimension));
}

/**
 * Attributes of one request that follow from each other, spelled so that the cube holds them: the path and `:path` are one text, and the
 * remote address stands at the end of `x-forwarded-for` (A3.25).
 */
export function spelled(cube: Cube, sample: Point): readonly Point[] {
  return forwardedAs(cube, sample).flatMap((point) => pathAs(cube, point)).flatMap((point) => bytesAs(cube, point));
}

/** Attributes that are parts of one text: where a cube names none of them, its sample is a request as it stands. */
export function hangTogether(cube: Cube): boolean {
  return cube.predicates.some(({ dimension }) => dimension === 'remote.ip' || dimension === 'path.query' || dimension === 'token' || dimension.startsWith('header:'));
}

const ofRequests: ReadonlySet<string> = new Set(['method', 'path', 'path.query', 'host', 'remote.ip', 'token']);

/** What a cube asks of this point: of bytes that are no HTTP request to whoever looks, nothing that only such a request has. */
export function askedOf(cube: Cube, point: Point): Cube {
  const protocol = point.get('protocol');
  if (typeof protocol !== 'string' || protocol === 'http') return cube;
  return { predicates: cube.predicates.filter(({ dimension }) => !ofRequests.has(dimension) && !dimension.startsWith('header:') && !dimension.startsWith('claim:')), origins: cube.origins };
}

/** The cube without conditions that are not interpreted: a request that needs none of them is the better proof. */
export function interpreted(cube: Cube): Cube {
  return { predicates: cube.predicates.filter(({ dimension }) => !dimension.startsWith('opaque:')), origins: cube.origins };
}

/** Where the cube asks for the text of the header that a token stands in, the text itself is sent: bytes that are read as a token and are none. */
function bytesAs(cube: Cube, sample: Point): readonly Point[] {
  const token = sample.get('token');
  if (typeof token !== 'object' || token === null || !('signedBy' in token)) return [sample];
  const holder = holderOf(token.location);
  if (typeof sample.get(`header:${holder}`) !== 'string' || !namedIn(cube).has(`header:${holder}`)) return [sample];
  return [sample, new Map([...sample].filter(([dimension]) => dimension !== 'token' && !dimension.startsWith('claim:')))];
}

function holderOf(location: string): string {
  return (location.startsWith('header:') ? location.split(':')[1] : location.split(':')[0]) ?? '';
}

function forwardedAs(cube: Cube, sample: Point): readonly Point[] {
  const [header, remote] = [sample.get('header:x-forwarded-for'), sample.get('remote.ip')];
  if (typeof remote !== 'bigint' || (typeof header !== 'string' && remote === sample.get('source.ip'))) return [sample];
  const address = formatIp(remote);
  const fits = (dimension: Dimension, value: Value): boolean => cube.predicates.every((predicate) => predicate.dimension !== dimension || holds(predicate, value));
  const texts = [address, ...(typeof header === 'string' ? [`${header}, ${address}`] : [])].filter((text) => fits('header:x-forwarded-for', text));
  // Without the header it is the address that the connection comes from.
  const straight = typeof header !== 'string' && fits('header:x-forwarded-for', null) && fits('source.ip', remote) ? [new Map(sample).set('header:x-forwarded-for', null).set('source.ip', remote)] : [];
  return [...texts.map((text) => new Map(sample).set('header:x-forwarded-for', text)), ...straight, sample];
}

function pathAs(cube: Cube, sample: Point): readonly Point[] {
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

/**
 * The question with its assumptions about opaque conditions, and first without them: what the request itself decides needs none. What a
 * port is called where no pod is declared, and how a namespace is labelled that nothing declares, follows from no request.
 */
export function leastAssuming(query: Query): readonly Query[] {
  const { given, ...plain } = query;
  const entries = Object.entries(given ?? {});
  const isOpaque = ([key]: readonly [string, boolean]): boolean => key.startsWith('opaque:');
  if (!entries.some(isOpaque)) return [query];
  const assuming = (kept: readonly (readonly [string, boolean])[]): Query => (kept.length > 0 ? { ...plain, given: Object.fromEntries(kept) } : plain);
  const isName = ([key]: readonly [string, boolean]): boolean => key.startsWith(portNameDimension('')) || key.startsWith(namespaceLabelPrefix);
  return [assuming(entries.filter((entry) => !isOpaque(entry))), ...(entries.some(isName) ? [assuming(entries.filter((entry) => !isOpaque(entry) || isName(entry)))] : []), query];
}

/**
 * The question as it is, and with the labels of the caller's namespace said where no manifest declares it: none, as the point has it. Without them a selector of
 * namespaces is not determined (M140).
 */
export function placed(query: Query): readonly Query[] {
  const { pod } = query.from;
  return pod === undefined || pod.namespaceLabels !== undefined ? [query] : [query, { ...query, from: { ...query.from, pod: { ...pod, namespaceLabels: {} } } }];
}

export function firstOf<From, To>(list: Iterable<From>, found: (entry: From) => To | undefined): To | undefined {
  for (const entry of list) {
    const result = found(entry);
    if (result !== undefined) return result;
  }
  return undefined;
}
