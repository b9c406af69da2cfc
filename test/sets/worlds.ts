/** Random small worlds over every dimension, seeded with the quirks of the value languages, and points to ask about them. */
import fc from 'fast-check';
import type { Cube, Dimension, Layer, LayerId, Path, Point, Predicate } from '#sets/cube.ts';
import type { DifferenceProblem, Limits } from '#sets/difference.ts';
import { parseCidr, parseIp } from '#sets/ip.ts';
import type { Matcher, PathNormalization, TemplatePattern, TextMatcher, Token, Value } from '#sets/matcher.ts';

export const exact = (text: string): TextMatcher => ({ type: 'exact', text });
export const prefix = (text: string): TextMatcher => ({ type: 'prefix', text });
export const suffix = (text: string): TextMatcher => ({ type: 'suffix', text });
export const nonEmpty: TextMatcher = { type: 'non-empty' };
export const present: TextMatcher = { type: 'present' };
export const principal = (pattern: TextMatcher): Matcher => ({ type: 'principal', pattern });
export const glob = (text: string): Matcher => ({ type: 'namespace-glob', glob: text });
export const element = (pattern: TextMatcher): Matcher => ({ type: 'element', pattern });
export const host = (pattern: TextMatcher): Matcher => ({ type: 'host', pattern });
export const port = (value: number): Matcher => ({ type: 'number', value });
export const protocol = (text: string): Matcher => ({ type: 'one-of', text });
export const template = (text: string): TemplatePattern => ({ type: 'template', text });
export const path = (pattern: TextMatcher | TemplatePattern, normalization: PathNormalization = 'BASE'): Matcher => ({ type: 'path', pattern, normalization });
export const cidr = (text: string): Matcher => {
  const found = parseCidr(text);
  if (found === undefined) throw new Error(`not a block: ${text}`);
  return found;
};
export const ip = (text: string): bigint => {
  const found = parseIp(text);
  if (found === undefined) throw new Error(`not an address: ${text}`);
  return found;
};

export const cube = (...predicates: Predicate[]): Cube => ({ predicates, origins: [] });
export const any = (dimension: Dimension, ...matchers: Matcher[]): Predicate => ({ dimension, any: matchers, none: [] });
export const none = (dimension: Dimension, ...matchers: Matcher[]): Predicate => ({ dimension, any: [], none: matchers });
export const layer = (allow: 'all' | readonly Cube[], deny: readonly Cube[] = [], id: LayerId = 'authorization'): Layer => ({ id, allow, deny });
export const onePath = (...layers: Layer[]): readonly Path[] => [{ id: 'direct', layers }];

export const plentiful: Limits = { workPerSeed: 2_000_000, regionsPerSeed: 2_000, atomsPerDimension: 4096 };

export function problem(from: readonly Path[], to: readonly Path[], more: Partial<DifferenceProblem> = {}): DifferenceProblem {
  return { from, to, impossible: [], preferred: new Map(), limits: plentiful, ...more };
}

const peerMatchers: readonly Matcher[] = [
  ...['td/ns/a/sa/x', 'td/ns/b/sa/y', 'td/ns/a/sa/xy', 'other/ns/a/sa/x', 'td/ns/ns/sa/x', 'spiffe://td/ns/a/sa/x', 'td/workload'].map((text) => principal(exact(text))),
  ...['td/ns/a/', 'td/ns/a', 'td/ns/a/sa/', 'td/ns/a/sa/x', 'td/', 'td/ns/', 't', 'o'].map((text) => principal(prefix(text))),
  ...['/sa/x', 'x', 'a/sa/x', '/ns/a/sa/x', 'sa/y', '/ns/x/*'].map((text) => principal(suffix(text))),
  principal(nonEmpty),
  ...['a', 'b', '*a', 'a*', '*sa', 'sa', 'a*b', '*', '*b*', 'a*a', 'aab'].map(glob),
  { type: 'namespace', pattern: exact('a') },
  { type: 'namespace', pattern: prefix('a') },
  { type: 'namespace', pattern: suffix('b') },
  { type: 'service-account', namespace: 'a', account: 'x', plane: 'envoy' },
  { type: 'service-account', namespace: 'a', account: 'x', plane: 'ztunnel' },
  { type: 'service-account', namespace: 'b', account: 'y', plane: 'envoy' },
  { type: 'trust-domain', pattern: exact('td') },
  { type: 'trust-domain', pattern: prefix('t') },
  { type: 'trust-domain', pattern: suffix('er') },
  { type: 'trust-domain', pattern: nonEmpty },
  { type: 'identified' },
];
const peers: readonly Value[] = [
  null,
  null,
  ...['td', 'other', 'ted'].flatMap((domain) => ['a', 'b', 'ab', 'aab', 'ns', 'sa', 'ba', 'zz'].flatMap((namespace) => ['x', 'y', 'xy', 'yx', 'sa'].map((account) => `${domain}/ns/${namespace}/sa/${account}`))),
  'client.example',
  'td/workload',
  'x',
  'other/x',
];

const pathPatterns: readonly (TextMatcher | TemplatePattern)[] = [
  ...['/a', '/b', '/a/b', '/ab', '/'].map(exact),
  ...['/a', '/a/', '/', '/ab', '/a/b'].map(prefix),
  ...['b', '/b', '.html', 'ab', 'a/b'].map(suffix),
  nonEmpty,
];
const templates: readonly TemplatePattern[] = ['/a/{*}', '/{*}/b', '/a/{**}', '/{**}/b', '/{*}/{*}', '/a{*}b'].map(template);
export const normalPaths: readonly string[] = ['/', '/a', '/b', '/a/b', '/ab', '/a/', '/a/x', '/a/x/b', '/x', '/x/b', '/x/y', '/x.html', '/a/x.html', '/aab', '/a/ab', '/axb', '/a/=', '/a/[', '/x/[/b', '//b', '/a//b', '/aa/b'];

const tokens: readonly Value[] = [
  null,
  null,
  ...['authorization:Bearer ', 'header:x-token:'].flatMap((location) =>
    [[], ['k1'], ['k2']].flatMap((signedBy) => ['i', 'ij', 'z', null].flatMap((issuer) => ['s', 'st', '', null].map((subject): Token => ({ location, signedBy, issuer, subject })))),
  ),
];

interface Vocabulary {
  readonly matchers: readonly Matcher[];
  readonly values: readonly Value[];
}

const headerVocabulary: Vocabulary = { matchers: [exact('v'), exact('vw'), prefix('v'), suffix('w'), prefix('vvw'), suffix('vw'), present, exact('')], values: [null, null, '', 'v', 'vw', 'w', 'z', 'vz', 'zw', 'vvw', 'vvvw'] };
const claimVocabulary: Vocabulary = {
  matchers: [exact('a'), exact('b'), exact('ab'), prefix('a'), suffix('b'), nonEmpty, prefix('aab'), suffix('ab')].map(element),
  values: [null, [], ['a'], ['b'], ['a', 'b'], 'a', ['ab'], 'z', ['a', 'z'], ['', 'b'], ['aab'], ['axb', 'ab'], ['']],
};

export function vocabulary(mode: PathNormalization, withTemplates: boolean): ReadonlyMap<Dimension, Vocabulary> {
  return new Map<Dimension, Vocabulary>([
    ['peer', { matchers: peerMatchers, values: peers }],
    ['path', { matchers: [...pathPatterns, ...(withTemplates ? templates : [])].map((pattern) => path(pattern, mode)), values: normalPaths }],
    ['method', { matchers: [exact('GET'), exact('POST'), prefix('P'), suffix('T'), nonEmpty], values: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'PROPFIND'] }],
    ['port', { matchers: [port(80), port(8080), port(9000)], values: [80, 8080, 9000, 1] }],
    ['protocol', { matchers: ['http', 'tcp', 'tls', 'https'].map(protocol), values: ['http', 'tcp', 'tls', 'https'] }],
    ['host', { matchers: [exact('a.com'), suffix('.com'), prefix('a.'), exact('b.com'), present].map(host), values: ['a.com', 'A.com', 'b.com', 'a.com:80', 'A.org', 'x.com'] }],
    ['sni', { matchers: [exact('a'), suffix('a'), present], values: [null, 'a', 'ba', 'x'] }],
    ['header:x', headerVocabulary],
    ['header:y', headerVocabulary],
    ['claim:groups', claimVocabulary],
    ['claim:aud', claimVocabulary],
    [
      'token',
      {
        matchers: [
          { type: 'token' },
          { type: 'token', keys: 'k1' },
          { type: 'token', keys: 'k1', issuer: exact('i') },
          { type: 'token', keys: 'k2', issuer: prefix('i'), subject: nonEmpty },
          { type: 'token', subject: prefix('s') },
          { type: 'token', locations: ['authorization:Bearer '], keys: 'k1' },
          { type: 'token', locations: ['header:x-token:'] },
          { type: 'token', issuer: nonEmpty, subject: exact('s') },
        ],
        values: tokens,
      },
    ],
    [
      'source.ip',
      {
        matchers: ['10.0.0.0/8', '10.1.0.0/16', '10.1.2.3', '0.0.0.0/0', '::/0', '2001:db8::/32', '10.0.0.0/9', '10.128.0.0/9'].map(cidr),
        values: ['10.0.0.1', '10.1.2.3', '10.1.9.9', '10.200.0.1', '192.168.0.1', '2001:db8::1', 'fe80::1', '::ffff:10.1.2.3'].map(ip),
      },
    ],
    ['opaque:e', { matchers: [{ type: 'holds' }], values: [true, false] }],
  ]);
}

/** Raw paths that some normalizations fold together and others keep apart. */
export const rawPaths: readonly string[] = [...normalPaths, '//a', '/a//b', '/%61', '/%61/b', '/a/%62', '/x/../a', '/x/..;/a', '/./a', '/a%2fb', '/a%2Fb', '/a\\b', '/%2fa', '/%5ca', '/a/..', '/a/../b', '/x%2f..%2fa', '/x//../a', '/a%5cb', '//b', '/a/x/../b', '/a/./b', '/ab/../a/b', '/%61%62', '/a//', '/a/%2e%2e/b'];

/** Paths read under several normalizations in one world, as when a mesh's setting changes between two sides. */
function mixedPaths(mode: PathNormalization, withTemplates: boolean): Vocabulary {
  const modes: readonly PathNormalization[] = mode === 'BASE' ? ['NONE', 'BASE'] : ['BASE', mode];
  return { matchers: [...pathPatterns, ...(withTemplates ? templates : [])].flatMap((pattern) => modes.map((mode) => path(pattern, mode))), values: rawPaths };
}

export interface World {
  readonly problem: DifferenceProblem;
  readonly points: readonly Point[];
}

const layerIds: readonly LayerId[] = ['mtls', 'authorization', 'network-policy'];

function predicateOf(dimension: Dimension, words: Vocabulary): fc.Arbitrary<Predicate> {
  const some = (minimum: number): fc.Arbitrary<readonly Matcher[]> => fc.array(fc.constantFrom(...words.matchers), { minLength: minimum, maxLength: 2 });
  return fc.oneof(
    { weight: 5, arbitrary: some(1).map((matchers): Predicate => ({ dimension, any: matchers, none: [] })) },
    { weight: 2, arbitrary: some(1).map((matchers): Predicate => ({ dimension, any: [], none: matchers })) },
    { weight: 2, arbitrary: fc.tuple(some(1), some(1)).map(([yes, no]): Predicate => ({ dimension, any: yes, none: no })) },
  );
}

function layersOf(pool: readonly Cube[], ids: readonly LayerId[]): fc.Arbitrary<readonly Layer[]> {
  const cubes = fc.subarray([...pool], { minLength: 0, maxLength: 4 });
  const allow = fc.oneof({ weight: 2, arbitrary: fc.constant('all' as const) }, { weight: 5, arbitrary: cubes });
  return fc.tuple(...ids.map((id) => fc.tuple(allow, fc.oneof({ weight: 2, arbitrary: fc.constant([]) }, { weight: 3, arbitrary: fc.subarray([...pool], { maxLength: 2 }) })).map(([accepted, deny]): Layer => ({ id, allow: accepted, deny }))));
}

export interface WorldOptions {
  readonly limits?: Limits;
  readonly onePath?: boolean;
  readonly dimensions?: readonly Dimension[];
  /** Paths under several normalizations at once. */
  readonly mixed?: boolean;
}

/** Values of some points, as the known callers and ports of a mesh would be given. */
function preferredFrom(points: readonly Point[]): ReadonlyMap<Dimension, readonly Value[]> {
  const preferred = new Map<Dimension, Value[]>();
  for (const point of points) for (const [dimension, value] of point) preferred.set(dimension, [...(preferred.get(dimension) ?? []), value]);
  return preferred;
}

/** Worlds of two to four dimensions, so that cubes meet often. */
export function worlds(options: WorldOptions = {}): fc.Arbitrary<World> {
  return fc
    .tuple(fc.constantFrom<PathNormalization>('NONE', 'BASE', 'BASE', 'MERGE_SLASHES', 'DECODE_AND_MERGE_SLASHES'), fc.boolean())
    .chain(([mode, withTemplates]) => {
      const words = options.mixed === true ? new Map([...vocabulary(mode, withTemplates), ['path', mixedPaths(mode, withTemplates)]] as const) : vocabulary(mode, withTemplates);
      const all = options.dimensions ?? [...words.keys()];
      return fc.subarray([...all], { minLength: Math.min(2, all.length), maxLength: Math.min(4, all.length) }).chain((dimensions) => {
        const predicate = fc.oneof(...dimensions.map((dimension) => predicateOf(dimension, words.get(dimension) as Vocabulary)));
        const cubes = fc.array(fc.array(predicate, { minLength: 0, maxLength: 3 }).map((predicates) => cube(...predicates)), { minLength: 4, maxLength: 8 });
        return cubes.chain((pool) => {
          const ids = options.onePath === true ? fc.constantFrom<LayerId[]>(['authorization'], ['mtls', 'authorization']) : fc.subarray([...layerIds], { minLength: 1, maxLength: 2 });
          const paths = fc.oneof(
            { weight: 6, arbitrary: ids.chain((names) => layersOf(pool, names)).map((layers): readonly Path[] => [{ id: 'direct', layers }]) },
            ...(options.onePath === true
              ? []
              : [
                  { weight: 3, arbitrary: fc.tuple(ids.chain((names) => layersOf(pool, names)), ids.chain((names) => layersOf(pool, names))).map(([direct, via]): readonly Path[] => [{ id: 'direct', layers: direct }, { id: 'via', layers: via }]) },
                  { weight: 1, arbitrary: fc.constant<readonly Path[]>([]) },
                ]),
          );
          const point = fc.tuple(...dimensions.map((dimension) => fc.constantFrom(...(words.get(dimension) as Vocabulary).values).map((value) => [dimension, value] as const))).map((entries): Point => new Map(entries));
          return fc.record({
            from: paths,
            to: paths,
            impossible: fc.oneof({ weight: 3, arbitrary: fc.constant<Cube[]>([]) }, { weight: 1, arbitrary: fc.subarray([...pool], { maxLength: 1 }) }),
            within: fc.oneof({ weight: 4, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: fc.subarray([...pool], { minLength: 1, maxLength: 2 }) }),
            points: fc.array(point, { minLength: 40, maxLength: 40 }),
            liked: fc.array(point, { maxLength: 3 }),
          });
        });
      });
    })
    .map(({ from, to, impossible, within, points, liked }) => ({
      problem: { from, to, impossible, preferred: preferredFrom(liked), limits: options.limits ?? plentiful, ...(within === undefined ? {} : { within }) },
      points,
    }));
}
