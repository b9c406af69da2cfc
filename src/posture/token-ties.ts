/** How a header and the token that is read in it hang together: requests that say otherwise cannot exist (A5.7). */
import { compareText, distinct } from '#lib/order.ts';
import { locationText } from '#semantics/request-authentication.ts';
import type { TokenRule } from '#semantics/request-authentication.ts';
import type { Cube, Dimension, Layer, Predicate } from '#sets/cube.ts';
import type { Matcher } from '#sets/matcher.ts';

/** A place where a bearer token stands, and the beginning of the header's value there. */
interface Place {
  readonly header: string;
  readonly location: string;
  readonly prefix: string;
}

/** A token at a place of the header is what the header holds, and what begins as a token there is one. */
function tied(header: string, places: readonly Place[]): readonly Cube[] {
  const dimension = `header:${header}` as const;
  const begins = ({ prefix }: Place): Matcher => (prefix === '' ? { type: 'present' } : { type: 'prefix', text: prefix });
  const at = (location: string): Matcher => ({ type: 'token', locations: [location] });
  const read: Matcher = { type: 'token', locations: distinct(places.map((place) => place.location)), reading: 'anything' };
  const cube = (...predicates: Predicate[]): Cube => ({ predicates, origins: [] });
  return [
    ...places.map((place) => cube({ dimension: 'token', any: [at(place.location)], none: [] }, { dimension, any: [], none: [begins(place)] })),
    cube({ dimension: 'token', any: [], none: [read] }, { dimension, any: places.map(begins), none: [] }),
    // Where it stands behind other text, the header does not begin with the prefix.
    ...places.map((place) => cube({ dimension: 'token', any: [{ type: 'token', locations: [place.location], reading: 'token' }], none: [at(place.location)] }, { dimension, any: [begins(place)], none: [] })).filter((_, index) => places[index]?.prefix !== ''),
    cube({ dimension: 'token', any: [read], none: [] }, { dimension, any: [], none: [{ type: 'present' }] }),
  ];
}

const bearer: Place = { header: 'authorization', location: 'authorization:Bearer ', prefix: 'Bearer ' };

/** A bearer token is what its header holds, and nothing else is. */
export const bearerTies: readonly Cube[] = tied(bearer.header, [bearer]);

/** Of the places where these rules read; the usual one is in `bearerTies`. */
export function tokenTies(rules: readonly TokenRule[]): readonly Cube[] {
  const places = new Map<string, Place>();
  for (const location of rules.flatMap((rule) => rule.locations)) {
    if (location.in === 'header' && locationText(location) !== bearer.location) places.set(locationText(location), { header: location.name, location: locationText(location), prefix: location.prefix });
  }
  const found = [...places.values()];
  const cookies = distinct(rules.flatMap((rule) => rule.locations.flatMap((location) => (location.in === 'cookie' ? [locationText(location)] : []))));
  // Which cookies a header holds besides is another matter.
  const inCookie: readonly Cube[] = cookies.length === 0 ? [] : [{ predicates: [{ dimension: 'token', any: [{ type: 'token', locations: cookies }], none: [] }, { dimension: 'header:cookie', any: [], none: [{ type: 'present' }] }], origins: [] }];
  return [...inCookie, ...distinct(found.map((place) => place.header)).flatMap((header) => tied(header, [...found.filter((place) => place.header === header), ...(header === bearer.header ? [bearer] : [])]))];
}

/** Without a token there are no claims: of each claim that some cube of these layers speaks of. */
export function claimTies(layers: readonly Layer[]): readonly Cube[] {
  const claims = new Set<Dimension>();
  for (const { allow, deny } of layers) {
    for (const { predicates } of [...(allow === 'all' ? [] : allow), ...deny]) {
      for (const { dimension } of predicates) if (dimension.startsWith('claim:') || dimension.startsWith('written:')) claims.add(dimension);
    }
  }
  return [...claims].sort(compareText).map((dimension) => ({
    predicates: [
      { dimension: 'token', any: [], none: [{ type: 'token' }] },
      { dimension, any: [dimension.startsWith('claim:') ? { type: 'element', pattern: { type: 'present' } } : { type: 'present' }], none: [] },
    ],
    origins: [],
  }));
}
