/** One sentence for a change, in the reader's words: who, what, where. Plain text; reporters escape and bound it. */
import { distinct } from '#lib/order.ts';
import type { Cube } from '#sets/cube.ts';
import { ANY_IDENTITY, FOREIGN_IDENTITY, OF_DOMAIN } from './callers.ts';
import type { WitnessAnswer, Callers, Destination, Direction, Facet, Region, RegionCube, ValueSet } from './change.ts';
import { ANY_POD } from './pod-callers.ts';
import { isWithin, region } from './region.ts';
import { areApart } from './words-apart.ts';

function list(words: readonly string[], shown = 3): string {
  const head = words.slice(0, shown).join(', ');
  return words.length > shown ? `${head} and ${words.length - shown} more` : head;
}

export function callerWords({ known, open: everybody, plaintext, internet }: Callers): string {
  // Whoever has a foreign certificate may come without one.
  const callers = { known, plaintext, internet, open: plaintext ? everybody.filter((word) => word !== FOREIGN_IDENTITY) : everybody };
  const anyIdentity = callers.open.includes(ANY_IDENTITY);
  if (callers.plaintext && anyIdentity) return 'any client, with or without a mesh identity';
  // Pods of any namespace are everybody in the cluster: single names and narrower words beside them tell nothing more.
  const broad = callers.open.filter((word) => word.startsWith(ANY_POD));
  const anyPod = broad.includes(ANY_POD) ? [ANY_POD] : broad;
  const parts: string[] = [];
  if (callers.plaintext) parts.push(callers.internet ? 'anyone outside' : 'any client without a mesh identity');
  if (anyIdentity) parts.push('any mesh identity');
  else if (anyPod.length > 0) parts.push(list(anyPod, 2));
  else {
    if (callers.known.length > 0) parts.push(list(callers.known.map((id) => `\`${id.replace(/\[.*\]$/, '')}\``)));
    if (callers.open.length > 0) parts.push(list(callers.open, 2));
  }
  return parts.length === 0 ? 'some client' : parts.join(' and ');
}

function values(set: ValueSet | undefined, noun: string, plural: string): string | undefined {
  if (set === undefined) return undefined;
  const only = set.only ?? [];
  // What is not among the values need not be taken out of them.
  const except = (set.except ?? []).filter((word) => only.length === 0 || !only.every((one) => areApart(one, word)));
  const tail = except.length > 0 ? ` except ${list(except.map((word) => `\`${word}\``))}` : '';
  if (only.length === 0) return `any ${noun}${tail}`;
  return `${only.length === 1 ? noun : plural} ${list(only.map((word) => `\`${word}\``))}${tail}`;
}

/** Such a set describes its tokens in words. */
function tokenWords(set: ValueSet | undefined): string | undefined {
  const only = set?.only ?? [];
  if (set === undefined || only.length === 0 || only.includes('(none)') || only.some((word) => !/^(any )?token/.test(word))) return values(set, 'token', 'tokens');
  const said = (words: readonly string[]): string => list(words.map((word) => (word.startsWith('any ') ? word : `a ${word}`)));
  return `${said(only)}${set.except === undefined || set.except.length === 0 ? '' : ` that is not ${said(set.except)}`}`;
}

/** The proxy's own ports (15000 to 15090) are never the point of a sentence; the region has them. */
function namedPorts(ports: ValueSet | undefined): ValueSet | undefined {
  if (ports === undefined) return undefined;
  const except = (ports.except ?? []).filter((port) => !/^150[0-9]{2}$/.test(port));
  return ports.only === undefined && except.length === 0 ? undefined : { ...(ports.only === undefined ? {} : { only: ports.only }), ...(except.length === 0 ? {} : { except }) };
}

/** TCP goes without saying. */
function unusual(transport: ValueSet | undefined): ValueSet | undefined {
  return transport?.only?.length === 1 && transport.only[0] === 'TCP' ? undefined : transport;
}

/** What a client may speak on a port. */
const protocols: readonly string[] = ['http', 'tcp', 'https', 'tls'];

/** Plain HTTP goes without saying; what it is not part of has to be said. */
function protocolWords(set: ValueSet | undefined): string | undefined {
  if (set === undefined) return undefined;
  const spoken = (set.only ?? protocols).filter((protocol) => set.except?.includes(protocol) !== true);
  if (spoken.length === 0 || spoken.includes('http')) return undefined;
  const words = [...(spoken.includes('tcp') ? ['over TCP'] : []), ...(spoken.includes('https') || spoken.includes('tls') ? ['with TLS of its own'] : [])];
  return words.length === 0 ? undefined : words.join(' or ');
}

function requestWords(cube: RegionCube): string {
  const spoken = protocolWords(cube.protocol);
  const parts = [
    values(cube.methods, 'method', 'methods'),
    values(cube.paths, 'path', 'paths'),
    values(cube.hosts, 'host', 'hosts'),
    ...Object.entries(cube.headers ?? {}).map(([name, set]) => values(set, `header \`${name}\``, `header \`${name}\``)),
    tokenWords(cube.token),
    ...Object.entries(cube.claims ?? {}).map(([name, set]) => values(set, `claim \`${name}\``, `claim \`${name}\``)),
    values(cube.sourceIps, 'source address', 'source addresses'),
    values(cube.remoteIps, 'client address', 'client addresses'),
    values(cube.destinationIps, 'destination address', 'destination addresses'),
    values(namedPorts(cube.ports), 'port', 'ports'),
    values(unusual(cube.transport), 'transport', 'transports'),
  ].filter((part) => part !== undefined);
  if (parts.length === 0) return spoken === undefined ? ANY_REQUEST : `any connection ${spoken}`;
  return `${parts.join(', ')}${spoken === undefined ? '' : `, ${spoken}`}`;
}

const ANY_REQUEST = 'any request';

/** Sets by dimension, of what `requestWords` speaks about; callers are told apart from requests. */
function spokenSets(cube: RegionCube): ReadonlyMap<string, ValueSet> {
  const ports = namedPorts(cube.ports);
  const named = (prefix: string, sets: Readonly<Record<string, ValueSet>> | undefined): [string, ValueSet][] => Object.entries(sets ?? {}).map(([name, set]) => [`${prefix} ${name}`, set]);
  const plain: readonly [string, ValueSet | undefined][] = [
    ['protocol', protocolWords(cube.protocol) === undefined ? undefined : cube.protocol],
    ['methods', cube.methods],
    ['paths', cube.paths],
    ['hosts', cube.hosts],
    ['token', cube.token],
    ['sourceIps', cube.sourceIps],
    ['remoteIps', cube.remoteIps],
    ['destinationIps', cube.destinationIps],
    ['ports', ports],
    ['transport', unusual(cube.transport)],
  ];
  return new Map([...plain.flatMap(([name, set]): [string, ValueSet][] => (set === undefined ? [] : [[name, set]])), ...named('header', cube.headers), ...named('claim', cube.claims)]);
}

/** Everything that the words of the one cube say holds for the other, too: its requests are among those that are said. Unsure is no. */
function covers(wide: RegionCube, narrow: RegionCube): boolean {
  if (isForMany(narrow) && !isForMany(wide)) return false;
  const inner = spokenSets(narrow);
  return [...spokenSets(wide)].every(([dimension, set]) => {
    const other = inner.get(dimension);
    return other !== undefined && isSubset(other, set);
  });
}

function isSubset(inner: ValueSet, outer: ValueSet): boolean {
  const innerOnly = inner.only ?? [];
  const within = outer.only === undefined || (innerOnly.length > 0 && innerOnly.every((word) => outer.only?.some((wide) => isWithin(word, wide)) === true));
  return within && (outer.except ?? []).every((word) => (inner.except ?? []).some((wide) => isWithin(word, wide)) || (innerOnly.length > 0 && innerOnly.every((one) => areApart(one, word))));
}

interface Telling {
  /** What the sentence says, one phrase or two. */
  readonly said: readonly string[];
  /** Cubes of the first phrase. */
  readonly leading: readonly RegionCube[];
  /** How many phrases are left out. */
  readonly further: number;
}

/** The phrases of those cubes that no other one covers; more than two are not told one by one. */
function tellingOf({ cubes, complete }: Region): Telling {
  const widest = cubes.filter((cube, index) => !cubes.some((other, at) => at !== index && covers(other, cube) && (at < index || !covers(cube, other))));
  // The sentence names the broadest callers, so that what they may ask comes first.
  const broad = widest.filter(isForMany);
  const ordered = [...broad, ...widest.filter((cube) => !isForMany(cube))].map((cube) => ({ cube, words: requestWords(cube) }));
  const words = [...new Set(ordered.map((entry) => entry.words))];
  const alike = broad.length === 0 || broad.length === widest.length;
  const first = words[0] === undefined || (alike && words.includes(ANY_REQUEST)) ? ANY_REQUEST : words[0];
  const leading = ordered.filter((entry) => entry.words === first).map((entry) => entry.cube);
  if (first === ANY_REQUEST) return { said: [first], leading, further: 0 };
  const others = words.filter((each) => each !== first);
  return complete && alike && others.length === 1 ? { said: [first, ...others], leading, further: 0 } : { said: [first], leading, further: others.length };
}

/** What may be asked, over all cubes of a region, with the number of what is not said and whether the list of it is complete. */
export function regionWords(region: Region): string {
  return toldWords(tellingOf(region), region);
}

function toldWords({ said, further }: Pick<Telling, 'said' | 'further'>, region: Region): string {
  const told = said.join(', or ');
  if (further === 0) return region.complete || told === ANY_REQUEST ? told : `${told}, and other requests`;
  return `${told}, and ${region.complete ? '' : 'at least '}${String(further)} more ${further === 1 ? 'set' : 'sets'} of requests`;
}

/** The cubes that the sentence begins with come first: tables and witnesses speak of them. */
export function leadingFirst(region: Region): Region {
  const { leading } = tellingOf(region);
  return { ...region, cubes: [...region.cubes.filter((cube) => leading.includes(cube)), ...region.cubes.filter((cube) => !leading.includes(cube))] };
}

/** Those of the entries whose cubes the sentence begins with: a proof is looked for there first. */
export function leadingOf<T extends { readonly cube: Cube }>(entries: readonly T[], complete: boolean): readonly T[] {
  if (entries.length < 2) return entries;
  const shown = region(entries.map((entry) => entry.cube), complete);
  const { leading } = tellingOf(shown);
  // INVARIANT: `region` keeps the order of the cubes and leaves out the last ones only.
  return entries.filter((_, index) => { const cube = shown.cubes[index]; return cube !== undefined && leading.includes(cube); });
}

/** Not for single identities only. */
function isForMany({ peers }: RegionCube): boolean {
  return peers?.only === undefined || peers.only.some((word) => word.includes('*') || word.startsWith(DOMAIN) || word === 'any mesh identity' || word === '(none)');
}

/** Callers by the trust domain that all of them share, or that none of them has, where the region tells domains apart. */
function domainWords(callers: Callers, region: Region): string | undefined {
  if (callers.plaintext || !callers.open.some((word) => word === ANY_IDENTITY || word === FOREIGN_IDENTITY || word.startsWith(OF_DOMAIN))) return undefined;
  const phrases = distinct(
    region.cubes.map(({ peers }) => {
      const only = peers?.only ?? [];
      const foreign = (peers?.except ?? []).filter((word) => word.startsWith(DOMAIN)).map((word) => `\`${word.slice(DOMAIN.length)}\``);
      if (foreign.length === 0 || only.length !== 1) return '';
      return only[0]?.startsWith(DOMAIN) === true ? `any identity of trust domain \`${only[0].slice(DOMAIN.length)}\`` : `any identity of another trust domain than ${list(foreign)}`;
    }),
  );
  return phrases.length === 1 && phrases[0] !== '' ? phrases[0] : undefined;
}

const DOMAIN = 'trust domain ';

export function destinationWords(destinations: readonly Destination[]): string {
  return list(destinations.map((destination) => `\`${destination.id}\``), 2);
}

const verbs: Readonly<Record<Direction, string>> = {
  widened: 'may now reach',
  narrowed: 'may no longer reach',
  weakened: 'reaches with weaker protection',
  strengthened: 'reaches with stronger protection',
  'undecided-widened': 'may now reach (could not be proved, treated as widened)',
  'undecided-narrowed': 'may no longer reach (could not be proved)',
  'latent-widened': 'would reach, were it not for another layer,',
  'latent-narrowed': 'would no longer reach',
};

/** What the layer adds to the sentence. */
function facetWords(facet: Facet, callers: Callers, region: Region): string {
  if (facet === 'ingress') return callers.internet ? '' : ' from outside';
  // Where every request carries a token, the region says which.
  return facet === 'token' && region.cubes.some((cube) => cube.token?.only === undefined || cube.token.only.includes('(none)')) ? ' without the token it needs on the other side' : '';
}

/** What could not be decided lies within its cubes: there is no more of it, and some of them may hold nothing. */
export function outlineWords({ callers, region }: { readonly callers: Callers; readonly region: Region }): string {
  return `${domainWords(callers, region) ?? callerWords(callers)} with ${regionWords({ ...region, complete: true })}`;
}

/** Who sends the requests of some cubes of a region. */
export type CallersOfCubes = (cubes: readonly RegionCube[]) => Callers;

export function headline(direction: Direction, facet: Facet, callers: Callers, region: Region, destinations: readonly Destination[], callersOf: CallersOfCubes = () => callers): string {
  const told = direction.startsWith('undecided') ? { ...region, complete: true } : region;
  const { who, what } = sentence(callers, told, callersOf);
  return `${domainWords(callers, region) ?? who} ${verbs[direction]} ${destinationWords(destinations)} with ${what}${facetWords(facet, callers, region)}`;
}

/** Named callers are said with what they themselves may ask: where one may ask this and another one that, the sentence is about the first. */
function sentence(callers: Callers, region: Region, callersOf: CallersOfCubes): { readonly who: string; readonly what: string } {
  const all = { who: callerWords(callers), what: regionWords(region) };
  if (region.cubes.length < 2 || callers.plaintext || callers.open.includes(ANY_IDENTITY)) return all;
  const [said = ANY_REQUEST] = tellingOf(region).leading.map(requestWords);
  const leading = region.cubes.filter((cube) => requestWords(cube) === said);
  const who = callerWords(callersOf(leading));
  const others = region.cubes.filter((cube) => !leading.includes(cube)).map((cube) => ({ cube, who: callerWords(callersOf([cube])) }));
  if (who === all.who && others.every((other) => other.who === who)) return all;
  const besides = distinct(others.filter((other) => other.who !== who || !leading.some((cube) => covers(cube, other.cube))).map((other) => `${other.who} ${requestWords(other.cube)}`));
  return { who, what: toldWords({ said: [said], further: besides.length }, region) };
}

const layerWords: Readonly<Record<string, string>> = {
  mtls: 'transport authentication',
  authentication: 'token authentication',
  authorization: 'authorization',
  'external-authorization': 'the external authorizer',
  protocol: 'the port’s protocol',
  routing: 'routing',
  'network-policy': 'network policy',
  none: 'nothing',
};

/** What one side answers, as a clause: `denied by authorization (AuthorizationPolicy/shop/x)`. */
export function answerWords(answer: WitnessAnswer): string {
  const by = answer.by !== undefined && answer.by.length > 0 ? ` (${list(answer.by.map((id) => `\`${id}\``))})` : '';
  switch (answer.verdict) {
    case 'deny':
      return `denied by ${layerWords[answer.layer ?? 'none'] ?? answer.layer ?? ''}${by}`;
    case 'asks':
      return `left to the external authorizer \`${answer.provider ?? ''}\`${by}`;
    case 'allow':
      return answer.enforcedAt === 'none' ? 'allowed: no proxy stands before it' : `allowed${by}`;
    case 'unknown':
      return 'not determined by the manifests';
  }
}
