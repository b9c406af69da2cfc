/** Random slices of ten to a hundred cubes over every kind of dimension: what the sides of one destination look like to the engine. */
import type { Cube, Dimension, Layer, LayerId, Path, Predicate } from '#sets/cube.ts';
import type { DifferenceProblem } from '#sets/difference.ts';
import type { Matcher, Value } from '#sets/matcher.ts';
import { cidr, cube, exact, glob, nonEmpty, plentiful, prefix, present, principal, protocol, rawPaths, suffix, vocabulary } from '../sets/worlds.ts';
import type { Random } from './random-mesh/random.ts';

interface Words {
  readonly matchers: readonly Matcher[];
  readonly values: readonly Value[];
}

const labels = (team: string): Readonly<Record<string, string>> => ({ team });

/** What `vocabulary` has not: more spellings of its dimensions, and dimensions of the network, of ambient and of raw requests. */
const more: ReadonlyMap<Dimension, Words> = new Map<Dimension, Words>([
  ['path.query', { matchers: [exact('/a'), exact('/a?q=1'), prefix('/a'), prefix('/a?'), suffix('q=1'), suffix('=1'), nonEmpty, present], values: ['/', '/a', '/a?q=1', '/a?', '/a?q=2', '/b?q=1', '/a?x=1', '/aq=1'] }],
  ['transport', { matchers: ['TCP', 'UDP', 'SCTP'].map(protocol), values: ['TCP', 'UDP', 'SCTP'] }],
  ['address', { matchers: ['cart.shop:80', 'cart.shop:81', 'pod', 'past'].map(protocol), values: [null, 'cart.shop:80', 'cart.shop:81', 'pod', 'past'] }],
  ['pod-label:app', { matchers: [exact('cart'), exact('front'), present], values: [null, 'cart', 'front', 'other', ''] }],
  ['pod-label:tier', { matchers: [exact('back'), exact(''), present], values: [null, 'back', 'front', ''] }],
]);

const namespaceMatchers: readonly Matcher[] = [
  { type: 'source-namespace', names: ['a', 'b'], declared: ['a', 'b', 'ns'], selection: { matchLabels: {}, matchExpressions: [] } },
  { type: 'source-namespace', names: ['a'], declared: ['a', 'b', 'ns'], selection: { matchLabels: { team: 'edge' }, matchExpressions: [] } },
  { type: 'source-namespace', names: [], declared: ['a', 'b'], selection: { matchLabels: {}, matchExpressions: [{ key: 'team', operator: 'NotIn', values: ['edge', 'core'] }] } },
  { type: 'source-namespace', names: ['b'], declared: [], selection: undefined },
  { type: 'source-namespace', names: ['a'], declared: ['a', 'b', 'ns'], selection: { matchLabels: { 'kubernetes.io/metadata.name': 'zz' }, matchExpressions: [] } },
];
const callers: readonly Value[] = [null, 'td/ns/a/sa/x'].flatMap((identity) => ['a', 'b', 'zz', 'ns'].flatMap((namespace) => [{}, labels('edge'), labels('x')].map((namespaceLabels): Value => ({ principal: identity === null ? null : `td/ns/${namespace}/sa/x`, namespace, namespaceLabels: namespace === 'zz' ? namespaceLabels : {} }))));

/** Words of one slice: some are chosen for the whole slice, as one mesh has one setting. */
function wordsOf(random: Random): ReadonlyMap<Dimension, Words> {
  const mode = random.pick(['NONE', 'BASE', 'MERGE_SLASHES', 'DECODE_AND_MERGE_SLASHES'] as const);
  const words = new Map<Dimension, Words>([...vocabulary(mode, random.chance(0.5)), ...more]);
  const extend = (dimension: Dimension, matchers: readonly Matcher[], values: readonly Value[] = []): void => {
    const known = words.get(dimension);
    words.set(dimension, { matchers: [...(known?.matchers ?? []), ...matchers], values: [...(known?.values ?? []), ...values] });
  };
  extend('path', [], rawPaths);
  extend('port', [{ type: 'port-range', first: 8000, last: 9000 }, { type: 'port-range', first: 0, last: 80 }, { type: 'port-range', first: 1, last: 65535 }], [0, 65535, 8500]);
  extend('host', [exact('a.com'), prefix('A'), suffix('.org')], ['A.ORG', 'a.org']);
  extend('token', [{ type: 'token', locations: ['header:x-token:T '], reading: 'token', keys: 'k1' }, { type: 'token', locations: ['header:x-token:'], reading: 'anything' }, { type: 'token', locations: ['header:x-token:U '], reading: 'anything' }], []);
  extend('claim:groups', [{ type: 'element', pattern: prefix('a'), except: [exact('ab')] }, { type: 'element', pattern: prefix('a'), also: [suffix('b')] }]);
  extend('peer', [principal(prefix('td/ns/b/sa/')), glob('b*')]);
  if (random.chance(0.4)) extend('peer', namespaceMatchers, callers);
  const addresses = words.get('source.ip');
  if (addresses !== undefined) {
    words.set('remote.ip', addresses);
    words.set('destination.ip', { matchers: [...addresses.matchers, cidr('10.1.2.0/24')], values: addresses.values });
  }
  return words;
}

function predicateOf(random: Random, dimension: Dimension, { matchers }: Words): Predicate {
  const form = random.weighted([[6, 'any'], [3, 'none'], [1, 'both']] as const);
  return { dimension, any: form === 'none' ? [] : random.some(matchers, 1, 2), none: form === 'any' ? [] : random.some(matchers, 1, 2) };
}

export interface Slice {
  readonly problem: DifferenceProblem;
  readonly dimensions: readonly Dimension[];
  /** Values to tell apart besides those that the matchers suggest. */
  readonly values: ReadonlyMap<Dimension, readonly Value[]>;
  readonly cubes: number;
}

/**
 * Most often one side is the other with a few edits; then the two share most of their cubes.
 * @param among absent: of all dimensions
 */
export function randomSlice(random: Random, mostCubes = 100, among?: readonly Dimension[]): Slice {
  const words = new Map([...wordsOf(random)].filter(([dimension]) => among?.includes(dimension) !== false));
  // Two lists of claims at once are few policies and most of the work.
  const claims = [...words.keys()].filter((dimension) => dimension.startsWith('claim:'));
  const dropped = claims.length > 1 && random.chance(0.9) ? random.pick(claims) : undefined;
  const dimensions = random.some([...words.keys()].filter((dimension) => dimension !== dropped), 2, 5);
  const size = random.weighted([[4, random.between(4, 12)], [4, random.between(10, 40)], [2, random.between(40, 100)]] as const);
  const cubeOf = (): Cube => cube(...random.some(dimensions, random.chance(0.01) ? 0 : 1, 3).map((dimension) => predicateOf(random, dimension, words.get(dimension) as Words)));
  const pool = Array.from({ length: Math.min(size, mostCubes) }, cubeOf);
  const some = (share: number): readonly Cube[] => pool.filter(() => random.chance(share));
  const layerOf = (id: LayerId): Layer => ({ id, allow: random.chance(0.3) ? 'all' : some(0.3), deny: random.chance(0.4) ? [] : some(0.05) });
  const ids = random.some<LayerId>(['mtls', 'authorization', 'network-policy'], 1, random.weighted([[6, 1], [3, 2], [1, 3]] as const));
  const pathOf = (id: string): Path => ({ id, layers: ids.map(layerOf) });
  const sideOf = (): readonly Path[] => ['direct', 'past', 'via'].slice(0, random.weighted([[6, 1], [3, 2], [1, 3]] as const)).map(pathOf);
  const listEdited = (list: readonly Cube[]): readonly Cube[] => [...list.filter(() => !random.chance(0.1)), ...(random.chance(0.6) ? [cubeOf()] : [])];
  const edited = (paths: readonly Path[]): readonly Path[] => paths.map((path) => ({ ...path, layers: path.layers.map((layer) => (random.chance(0.25) ? layer : { id: layer.id, allow: layer.allow === 'all' ? (random.chance(0.2) ? some(0.5) : 'all') : random.chance(0.1) ? 'all' : listEdited(layer.allow), deny: listEdited(layer.deny) })) }));
  const from = sideOf();
  const to = random.chance(0.7) ? edited(from) : random.chance(0.05) ? [] : sideOf();
  const [one, other] = random.chance(0.5) ? [from, to] : [to, from];
  const problem: DifferenceProblem = {
    from: one,
    to: other,
    impossible: random.chance(0.3) ? random.some(pool, 1, 1) : [],
    preferred: new Map(),
    limits: { ...plentiful, workPerSeed: 20_000 },
    ...(random.chance(0.15) ? { within: random.some(pool, 1, 3) } : {}),
  };
  return { problem, dimensions, values: new Map(dimensions.map((dimension) => [dimension, words.get(dimension)?.values ?? []])), cubes: pool.length };
}
