/** One sentence for a change, in the reader's words: who, what, where. Plain text; reporters escape and bound it. */
import { distinct } from '#lib/order.ts';
import { ANY_IDENTITY } from './callers.ts';
import type { WitnessAnswer, Callers, Destination, Direction, Facet, Region, RegionCube, ValueSet } from './change.ts';

function list(words: readonly string[], shown = 3): string {
  const head = words.slice(0, shown).join(', ');
  return words.length > shown ? `${head} and ${words.length - shown} more` : head;
}

export function callerWords(callers: Callers): string {
  const anyIdentity = callers.open.includes(ANY_IDENTITY);
  if (callers.plaintext && anyIdentity) return 'any client, with or without a mesh identity';
  const parts: string[] = [];
  if (callers.plaintext) parts.push('any client without a mesh identity');
  if (anyIdentity) parts.push('any mesh identity');
  else {
    if (callers.known.length > 0) parts.push(list(callers.known.map((id) => `\`${id.replace(/\[.*\]$/, '')}\``)));
    if (callers.open.length > 0) parts.push(list(callers.open, 2));
  }
  return parts.length === 0 ? 'some client' : parts.join(' and ');
}

function values(set: ValueSet | undefined, noun: string, plural: string): string | undefined {
  if (set === undefined) return undefined;
  const only = set.only ?? [];
  const except = set.except ?? [];
  const tail = except.length > 0 ? ` except ${list(except.map((word) => `\`${word}\``))}` : '';
  if (only.length === 0) return `any ${noun}${tail}`;
  return `${only.length === 1 ? noun : plural} ${list(only.map((word) => `\`${word}\``))}${tail}`;
}

/** The proxy's own ports (15000 to 15090) are never the point of a sentence; the region has them. */
function namedPorts(ports: ValueSet | undefined): ValueSet | undefined {
  if (ports === undefined) return undefined;
  const except = (ports.except ?? []).filter((port) => !/^150[0-9]{2}$/.test(port));
  return ports.only === undefined && except.length === 0 ? undefined : { ...(ports.only === undefined ? {} : { only: ports.only }), ...(except.length === 0 ? {} : { except }) };
}

function requestWords(cube: RegionCube): string {
  const parts = [
    values(cube.methods, 'method', 'methods'),
    values(cube.paths, 'path', 'paths'),
    values(cube.hosts, 'host', 'hosts'),
    ...Object.entries(cube.headers ?? {}).map(([name, set]) => values(set, `header \`${name}\``, `header \`${name}\``)),
    values(cube.token, 'token', 'tokens'),
    ...Object.entries(cube.claims ?? {}).map(([name, set]) => values(set, `claim \`${name}\``, `claim \`${name}\``)),
    values(cube.sourceIps, 'source address', 'source addresses'),
    values(cube.remoteIps, 'client address', 'client addresses'),
    values(namedPorts(cube.ports), 'port', 'ports'),
  ].filter((part) => part !== undefined);
  return parts.length === 0 ? 'any request' : parts.join(', ');
}

/** What may be asked, over all cubes of a region: the words that all cubes share, else those of the first and a count. */
export function regionWords(region: Region): string {
  const words = distinct(region.cubes.map(requestWords));
  const first = words[0];
  if (first === undefined) return 'any request';
  if (words.includes('any request')) return 'any request';
  return words.length === 1 && region.complete ? first : `${first}, and other requests`;
}

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

const facets: Readonly<Record<Facet, string>> = {
  mtls: '',
  token: ' without the token it needs on the other side',
  'external-authorization': '',
  ingress: ' from outside',
  enrolment: '',
  identity: '',
  egress: '',
  access: '',
};

export function headline(direction: Direction, facet: Facet, callers: Callers, region: Region, destinations: readonly Destination[]): string {
  return `${callerWords(callers)} ${verbs[direction]} ${destinationWords(destinations)} with ${regionWords(region)}${facet === 'token' ? facets.token : facets[facet]}`;
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
