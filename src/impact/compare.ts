/**
 * Base against head, destination by destination: which requests rise or fall in the order deny < asks < allow, each with a
 * witness that the concrete evaluator has confirmed on both sides (`docs/engine.md`).
 */
import { canonical, shortHash } from '#lib/canonical.ts';
import { groupBy } from '#lib/group.ts';
import { compareBy, compareText, distinct } from '#lib/order.ts';
import type { Cube, CubeOrigin, Dimension, Layer, LayerId, Path, Point, Predicate } from '#sets/cube.ts';
import { cubeKey } from '#sets/keys.ts';
import { difference, type Difference, type DifferenceRegion, type Limits } from '#sets/difference.ts';
import type { Value } from '#sets/matcher.ts';
import type { Mesh, Workload } from '#mesh/model.ts';
import { podSpecOf } from '#mesh/ports.ts';
import { addressed } from '#posture/addressed.ts';
import { decide } from '#posture/answer.ts';
import { hasAmbient } from '#posture/arrival.ts';
import { destinationsOf, phantomsOf } from '#posture/destinations.ts';
import { withoutNetwork } from '#posture/network-layer.ts';
import { impossible, pathsTo, type DestinationPosture } from '#posture/paths.ts';
import { hasNetwork, hasNetworkPolicies, impossibleInNetwork, isNetworked, networkMovedAt, throughNetworkPaths, waypointNetworkKey } from '#posture/network-paths.ts';
import { queryOf } from '#posture/point.ts';
import type { Decision, Query } from '#posture/query.ts';
import type { Destination, Direction, Facet } from './change.ts';
import { lostAuthorities, onBoth, passing } from './authorities.ts';
import { flips } from './causes.ts';
import { facetOf } from './facet.ts';
import { knownCallers } from './known-callers.ts';
import { AccountsApart, atCaller, cubesAtCaller, presentedOn, type MovedAccount } from './moved-accounts.ts';
import { outboundMoved } from './outbound.ts';
import { someTokenPasses } from './token.ts';
import { firstOf, leastAssuming, spelled, unreconciled } from './witness-request.ts';

/** One side of one environment, and what pairs it with the other. */
export interface Sides {
  readonly environment: string;
  readonly base: Mesh;
  readonly head: Mesh;
  /** Head workload id → base workload id, where a rename was recognised (R12). */
  readonly renamed: ReadonlyMap<string, string>;
}

/** A change before it is put into words and led back to lines. */
export interface RawChange {
  readonly environment: string;
  readonly destination: Destination;
  readonly direction: Direction;
  readonly facet: Facet;
  readonly cubes: readonly Cube[];
  readonly complete: boolean;
  /** Canonical text of the first seed: the change's lasting name. */
  readonly seed: string;
  readonly seedOrigins: readonly CubeOrigin[];
  readonly witness: { readonly query: Query; readonly base: Decision; readonly head: Decision } | undefined;
  /** Undecided only: why. */
  readonly reason: string | undefined;
  readonly assumptions: readonly string[];
  readonly enforcedAt: readonly string[];
  /** Who the callers are, `ns/name[Kind]`, where the change is about them and not about the region. */
  readonly callers?: readonly string[];
  /** Known identities and mesh of the side that lets more pass, for the words about callers. */
  readonly passingSide: 'base' | 'head';
}

export interface RawComparison {
  readonly changes: readonly RawChange[];
  /** A witness that did not reproduce is our bug, never a finding. */
  readonly internalErrors: readonly string[];
  /** Destinations that were compared, phantoms included. */
  readonly compared: number;
}

interface Pair {
  readonly destination: Destination;
  readonly base: Workload;
  readonly head: Workload;
}

/** Workloads that both sides have, and phantoms (R29); one-sided workloads are population (R28). */
export function destinationPairs(sides: Sides): Pair[] {
  const baseById = new Map(destinationsOf(sides.base).map((workload) => [workload.id, workload]));
  const pairs: Pair[] = [];
  for (const head of destinationsOf(sides.head)) {
    const base = baseById.get(sides.renamed.get(head.id) ?? head.id);
    if (base === undefined) continue;
    pairs.push({ destination: { id: base.id, namespace: base.namespace, kind: base.kind, name: base.name, known: true, status: 'both' }, base, head });
  }
  for (const phantom of phantomsOf(sides.base, sides.head)) {
    pairs.push({ destination: { id: phantom.base.id, namespace: phantom.base.namespace, known: false, status: 'both' }, base: phantom.base, head: phantom.head });
  }
  return pairs.sort((left, right) => compareText(left.destination.id, right.destination.id));
}

/** Memory of whole differences, shared by all environments: its keys hold content only, never a name. */
export class DifferenceMemo {
  readonly #known = new Map<string, Difference>();
  #work = 0;

  /** Work units spent so far: the measure of cost that is equal on every machine. */
  get work(): number {
    return this.#work;
  }

  get(key: string, compute: () => Difference): Difference {
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const fresh = compute();
    this.#work += fresh.work;
    this.#known.set(key, fresh);
    return fresh;
  }
}

export function compareSides(sides: Sides, limits: Limits, memo: DifferenceMemo): RawComparison {
  const changes: RawChange[] = [];
  const internalErrors: string[] = [];
  const identities = preferredIdentities(sides);
  const policed = hasNetworkPolicies(sides.base) || hasNetworkPolicies(sides.head);
  const pairs = destinationPairs(sides);
  const accounts = new AccountsApart(sides);
  for (const pair of pairs) {
    const proxies = { base: pathsTo(sides.base, pair.base), head: pathsTo(sides.head, pair.head) };
    const networked = policed && hasNetwork(pair.base);
    changes.push(...identitiesMoved({ sides, pair, ...proxies, limits, memo, preferred: preferredValues(identities, pair, false), internalErrors }, accounts.at([proxies.base, proxies.head])));
    const moved = { network: networked && (networkMovedAt(sides.base, pair.base, sides.head, pair.head) || waypointNetworkKey(sides.base, pair.base, proxies.base) !== waypointNetworkKey(sides.head, pair.head, proxies.head)), behind: proxies.base.key !== proxies.head.key };
    if (!moved.network && !moved.behind) continue;
    const base = networked ? throughNetworkPaths(proxies.base, sides.base, pair.base) : proxies.base;
    const head = networked ? throughNetworkPaths(proxies.head, sides.head, pair.head) : proxies.head;
    const context: PairContext = { sides, pair, base, head, limits, memo, preferred: preferredValues(identities, pair, networked), internalErrors };
    const found = [...compareWay(context, 'up'), ...compareWay(context, 'down')];
    found.push(...latentMoved(context, found, moved));
    changes.push(...(found.length > 0 ? found : enforcementMoved(context)), ...opaqueMoved(context), ...authoritiesMoved(context));
  }
  if (policed) changes.push(...outboundMoved(sides, limits, internalErrors));
  return { changes, internalErrors, compared: pairs.length };
}

interface PairContext {
  readonly sides: Sides;
  readonly pair: Pair;
  readonly base: DestinationPosture;
  readonly head: DestinationPosture;
  readonly limits: Limits;
  readonly memo: DifferenceMemo;
  readonly preferred: ReadonlyMap<Dimension, readonly Value[]>;
  readonly internalErrors: string[];
}

/** Identities of declared workloads, in order: a witness names somebody the reader knows where it can. */
function preferredIdentities(sides: Sides): PreferredIdentities {
  const byNamespace = new Map<string, Set<string>>();
  const all = new Set<string>();
  for (const mesh of [sides.base, sides.head]) {
    for (const workload of mesh.workloads.values()) {
      if (workload.enrolment.mode === 'none') continue;
      const identity = `${mesh.config.trustDomain}/ns/${workload.namespace}/sa/${workload.serviceAccount}`;
      all.add(identity);
      const own = byNamespace.get(workload.namespace);
      if (own === undefined) byNamespace.set(workload.namespace, new Set([identity]));
      else own.add(identity);
    }
  }
  return { first: distinct(all).slice(0, OFFERED_IDENTITIES), byNamespace };
}

interface PreferredIdentities {
  readonly first: readonly string[];
  readonly byNamespace: ReadonlyMap<string, ReadonlySet<string>>;
}

/** Identities beyond this many are not offered to every destination: its own namespace's come first, then these. */
const OFFERED_IDENTITIES = 24;

function preferredValues(identities: PreferredIdentities, pair: Pair, networked: boolean): ReadonlyMap<Dimension, readonly Value[]> {
  const own = distinct(identities.byNamespace.get(pair.base.namespace) ?? []).slice(0, OFFERED_IDENTITIES);
  const declared = [...new Set([...pair.base.ports, ...pair.head.ports].filter((port) => port.protocol !== 'udp').map((port) => port.port))].sort((left, right) => left - right);
  // Where no Service declares a port, the network still has one in mind.
  const ports = declared.length > 0 || !networked ? declared : [...containerPorts(pair.head), 8080, 80, 443];
  return new Map<Dimension, readonly Value[]>([
    ['peer', [...new Set([...identities.first, ...own])]],
    ['port', ports],
    ['protocol', ['http', 'tcp', 'https', 'tls']],
    ['method', ['GET']],
    ['path', ['/']],
  ]);
}

function containerPorts(workload: Workload): readonly number[] {
  return (podSpecOf(workload)?.containers ?? []).flatMap((container) => container.ports.filter((port) => port.protocol === 'TCP').map((port) => port.port));
}

type Way = 'up' | 'down';

function compareWay(context: PairContext, way: Way): RawChange[] {
  const [low, high] = way === 'up' ? [context.base, context.head] : [context.head, context.base];
  const found: Found[] = [];
  const add = (result: Difference): void => {
    for (const region of result.regions) found.push({ region });
    for (const seed of result.undecided) found.push({ undecided: seed });
  };
  add(solve(context, `possible ${way}`, low.possible, high.possible));
  // What the external authorizer decided on one side and nobody decides on the other (asks against allow).
  if (low.sure !== low.possible || high.sure !== high.possible) add(solve(context, `sure ${way}`, low.sure, high.sure.map((path) => alsoThrough(path, low.possible))));
  return describe(context, way, found);
}

/** The path, and besides what another side lets pass: only single paths have that form; a union keeps the path as it is. */
function alsoThrough(path: Path, others: readonly Path[]): Path {
  const other = others[0];
  if (other === undefined || others.length > 1) return path;
  return { id: path.id, layers: [...path.layers, ...other.layers.map(asOtherSide)] };
}

function asOtherSide(layer: Layer): Layer {
  return layer.id.startsWith('other-side:') ? layer : { ...layer, id: `other-side:${layer.id}` as LayerId };
}

/**
 * @param level which of the two questions this is. Postures' keys hold the content of every cube; who wrote a cube is in the answer,
 * so it is in the key, too.
 */
function solve(context: PairContext, level: string, from: readonly Path[], to: readonly Path[], within?: readonly Cube[]): Difference {
  const ports = context.preferred.get('port') ?? [];
  const key = [level, context.base.key, context.head.key, authors(from), authors(to), ports.map(String).join(','), context.pair.base.namespace].join('\n');
  const none = isNetworked(context.head) ? impossibleInNetwork([context.pair.base, context.pair.head]) : impossible;
  return context.memo.get(key, () => difference({ from, to, impossible: [...none, ...tiesOf(context)], ...(within === undefined ? {} : { within }), preferred: context.preferred, limits: context.limits }));
}

/** Who wrote each cube, in the order of the layers: two postures of equal content may name different policies. */
function authors(paths: readonly Path[]): string {
  const names: string[] = [];
  const add = (cubes: readonly Cube[]): void => {
    for (const cube of cubes) for (const origin of cube.origins) names.push(`${origin.policy}#${origin.rule === undefined ? '' : String(origin.rule)}`);
    names.push('|');
  };
  for (const path of paths) {
    for (const layer of path.layers) {
      if (layer.allow !== 'all') add(layer.allow);
      add(layer.deny);
    }
  }
  return names.join(' ');
}

type Found = { readonly region: DifferenceRegion } | { readonly undecided: Difference['undecided'][number] };

interface Confirmed {
  readonly facet: Facet;
  readonly cube: Cube;
  readonly region: DifferenceRegion;
  readonly witness: NonNullable<RawChange['witness']>;
}

function describe(context: PairContext, way: Way, found: readonly Found[]): RawChange[] {
  const confirmed: Confirmed[] = [];
  const changes: RawChange[] = [];
  for (const entry of found) {
    if ('undecided' in entry) {
      changes.push(undecided(context, way, entry.undecided.key, [entry.undecided.seed], entry.undecided.reason));
      continue;
    }
    for (const [index, cube] of entry.region.cubes.entries()) {
      const sample = entry.region.samples[index];
      const witness = sample === undefined ? undefined : witnessFor(context, cube, sample, (query) => confirm(context, way, query));
      if (witness === undefined) {
        const tied = unreconciled(cube, sample);
        if (tied === undefined) context.internalErrors.push(`the witness for \`${context.pair.destination.id}\` did not reproduce (seed ${shortHash(entry.region.seed)})`);
        changes.push(undecided(context, way, entry.region.seed, [cube], tied ?? 'the sample request was not confirmed on both sides'));
        continue;
      }
      const [refusing, passing] = way === 'up' ? [witness.base, witness.head] : [witness.head, witness.base];
      const refusingPosture = way === 'up' ? context.base : context.head;
      confirmed.push({ cube, region: entry.region, witness, facet: facetOf(refusing, passing, () => someTokenPasses(refusingPosture, sample ?? new Map(), context.limits)) });
    }
  }
  for (const group of groupBy(confirmed, (entry) => `${entry.facet} ${entry.region.layer} ${distinct(entry.region.seedOrigins.map((origin) => origin.policy)).join(' ')}`).values()) {
    const first = [...group].sort(compareBy((entry) => plainness(entry.witness.query, context.pair)))[0];
    if (first === undefined) continue;
    changes.push({
      environment: context.sides.environment,
      destination: context.pair.destination,
      direction: way === 'up' ? 'widened' : 'narrowed',
      facet: first.facet,
      cubes: group.map((entry) => entry.cube),
      complete: group.every((entry) => entry.region.complete),
      seed: distinct(group.map((entry) => entry.region.seed))[0] ?? '',
      seedOrigins: [...new Map(group.flatMap((entry) => entry.region.seedOrigins).map((origin) => [canonical(origin), origin])).values()],
      witness: first.witness,
      reason: undefined,
      ...sideFacts(context, way),
    });
  }
  return changes;
}

const plainestProtocols: readonly Query['request']['protocol'][] = ['http', 'tcp', 'https', 'tls', 'udp', 'sctp'];

/** The less there is to explain about a request, the better it proves: HTTP to a declared port, no token, no headers. */
function plainness({ to, request, given }: Query, pair: Pair): number {
  const protocol = plainestProtocols.indexOf(request.protocol);
  const declared = [...pair.base.ports, ...pair.head.ports].some((port) => port.port === to.port && port.protocol !== 'udp') ? 0 : 1;
  const token = request.token === undefined ? 0 : request.token.valid ? 1 : 2;
  return protocol * 1000 + declared * 100 + token * 20 + Object.keys(request.headers ?? {}).length + Object.keys(given ?? {}).length + (request.sni === undefined ? 0 : 1);
}

function sideFacts(context: PairContext, way: Way): Pick<RawChange, 'assumptions' | 'enforcedAt' | 'passingSide'> {
  return {
    assumptions: distinct([...context.base.assumptions, ...context.head.assumptions]),
    enforcedAt: distinct([context.base.enforcedAt, context.head.enforcedAt]),
    passingSide: way === 'up' ? 'head' : 'base',
  };
}

function undecided(context: PairContext, way: Way, seed: string, cubes: readonly Cube[], reason: string): RawChange {
  return {
    environment: context.sides.environment,
    destination: context.pair.destination,
    direction: way === 'up' ? 'undecided-widened' : 'undecided-narrowed',
    facet: 'access',
    cubes,
    complete: false,
    seed,
    seedOrigins: cubes.flatMap((cube) => cube.origins),
    witness: undefined,
    reason,
    ...sideFacts(context, way),
  };
}

/** A declared workload as the caller where one lies in the cube, else the sample as it is. */
function witnessFor(context: PairContext, cube: Cube, sample: Point, confirmed: (query: Query) => RawChange['witness']): RawChange['witness'] {
  const pods = isNetworked(context.head);
  if (pods) {
    for (const point of knownCallers([context.sides.head, context.sides.base], cube, sample, context.base.enforcedAt !== 'none' || context.head.enforcedAt !== 'none')) {
      const witness = confirmed(queryOf(asker(context), point, { pods, mixed: mixed(context) }));
      if (witness !== undefined) return witness;
    }
  }
  return firstOf(spelled(cube, sample), (point) => firstOf(leastAssuming(queryOf(asker(context), point, { pods, mixed: mixed(context) })), confirmed));
}

/** The destination of a question, past any waypoint that either side may have. */
function asker({ pair: { base, head } }: PairContext): Workload {
  return base.enrolment.mode === 'ambient' ? { ...head, enrolment: base.enrolment } : head;
}

/** Both answers, with the additional assumptions given (R25); undefined where they do not flip as the engine says. */
function confirm(context: PairContext, way: Way, query: Query): RawChange['witness'] {
  const answered = answers(context, query);
  return flips(answered.base, answered.head, way) ? answered : undefined;
}

function answers(context: PairContext, query: Query): NonNullable<RawChange['witness']> {
  const assumed = distinct([...context.base.assumptions, ...context.head.assumptions]).filter((id) => id.startsWith('enrolment:'));
  const given = { ...query.given, ...Object.fromEntries(assumed.map((id) => [id, true])) };
  const asked: Query = Object.keys(given).length > 0 ? { ...query, given } : query;
  const onBase: Query = asked.to.workload === undefined ? asked : { ...asked, to: { ...asked.to, workload: context.pair.base.id } };
  return { query: onBase, base: answerOn(context.sides.base, context.pair.base, onBase, context.sides.head), head: answerOn(context.sides.head, context.pair.head, asked, context.sides.base) };
}

/** Where a side has no such name, the same request has only the pod's address to go to. */
function answerOn(mesh: Mesh, workload: Workload, query: Query, other: Mesh): Decision {
  const answer = decide(mesh, query);
  if (answer.verdict !== 'unknown' || answer.rule !== 'M102' || query.to.host === undefined) return answer;
  const there = addressed(other, query);
  const port = 'pods' in there ? (there.pods[0]?.port ?? query.to.port) : query.to.port;
  return decide(mesh, { ...query, from: { ...query.from, direct: true }, to: { ...(query.to.ip === undefined ? {} : { ip: query.to.ip }), port, workload: workload.id } });
}

/**
 * One of the two layers, network and proxies, opens (closes) and the other stops the request before and after. What also moves an answer
 * is told by that change alone.
 */
function latentMoved(context: PairContext, told: readonly RawChange[], moved: Readonly<Record<'network' | 'behind', boolean>>): RawChange[] {
  const { base, head } = context;
  if (!isNetworked(base) || !isNetworked(head)) return [];
  return (['up', 'down'] as const).flatMap((way) => {
    const [low, high] = way === 'up' ? [base, head] : [head, base];
    const loud = new Set(told.filter((change) => change.direction === (way === 'up' ? 'widened' : 'narrowed')).flatMap((change) => change.seedOrigins.map((origin) => origin.policy)));
    return (['network', 'behind'] as const).filter((layer) => moved[layer]).flatMap((layer) => {
      const stopped = solve(context, `latent ${layer} ${way}`, [...low[layer], ...high.possible], high[layer]);
      const found = stopped.regions.filter((region) => !region.seedOrigins.some((origin) => loud.has(origin.policy)));
      return [...groupBy(found, (region) => distinct(region.seedOrigins.map((origin) => origin.policy)).join(' ')).values()].flatMap((regions) => latentChange(context, way, layer, regions));
    });
  });
}

function latentChange(context: PairContext, way: Way, layer: 'network' | 'behind', regions: readonly DifferenceRegion[]): RawChange[] {
  const [first] = regions;
  const cube = first?.cubes[0];
  const sample = first?.samples[0];
  if (first === undefined || cube === undefined || sample === undefined) return [];
  const witness = witnessFor(context, cube, sample, (query) => confirmLatent(context, way, layer, query));
  if (witness === undefined) {
    context.internalErrors.push(`the latent witness for \`${context.pair.destination.id}\` did not reproduce (seed ${shortHash(first.seed)})`);
    return [];
  }
  return [
    {
      environment: context.sides.environment,
      destination: context.pair.destination,
      direction: way === 'up' ? 'latent-widened' : 'latent-narrowed',
      facet: 'access',
      cubes: regions.flatMap((region) => region.cubes),
      complete: regions.every((region) => region.complete),
      seed: distinct(regions.map((region) => region.seed))[0] ?? '',
      seedOrigins: [...new Map(regions.flatMap((region) => region.seedOrigins).map((origin) => [canonical(origin), origin])).values()],
      witness,
      reason: undefined,
      ...sideFacts(context, way),
    },
  ];
}

/** Refused on both sides, and by the other layer alone on the side that opens. */
function confirmLatent(context: PairContext, way: Way, layer: 'network' | 'behind', query: Query): RawChange['witness'] {
  const answered = answers(context, query);
  const [before, after] = way === 'up' ? [answered.base, answered.head] : [answered.head, answered.base];
  if (before.verdict !== 'deny' || after.verdict !== 'deny') return undefined;
  if (layer === 'network') return before.layer === 'network-policy' && after.layer !== 'network-policy' ? answered : undefined;
  const { sides } = context;
  const alone = answers({ ...context, sides: { ...sides, base: withoutNetwork(sides.base), head: withoutNetwork(sides.head) } }, query);
  return after.layer === 'network-policy' && flips(alone.base, alone.head, way) ? answered : undefined;
}

/** The proxy came or went although no verdict moved: the channel is weaker or stronger (`docs/report.md`). */
function enforcementMoved(context: PairContext): RawChange[] {
  const { base, head } = context;
  if (base.enforcedAt === head.enforcedAt || (base.enforcedAt !== 'none' && head.enforcedAt !== 'none')) return [];
  const way: Way = head.enforcedAt === 'none' ? 'up' : 'down';
  const sample = solve(context, 'some', [], head.enforcedAt === 'none' ? base.possible : head.possible).regions[0]?.samples[0];
  if (sample === undefined) return [];
  return [
    {
      environment: context.sides.environment,
      destination: context.pair.destination,
      direction: way === 'up' ? 'weakened' : 'strengthened',
      facet: 'enrolment',
      cubes: [{ predicates: [], origins: [] }],
      complete: true,
      seed: 'enforcement',
      seedOrigins: [],
      witness: answers(context, queryOf(asker(context), sample, { pods: isNetworked(context.head), mixed: mixed(context) })),
      reason: undefined,
      ...sideFacts(context, way),
    },
  ];
}

/**
 * An opaque part (EnvoyFilter, WasmPlugin) that differs: what it touches is undecided in both directions. Parts of equal content are
 * one, whatever their names.
 */
function opaqueMoved(context: PairContext): RawChange[] {
  const moved = distinct([...unmatched(context.base.opaque, context.head.opaque), ...unmatched(context.head.opaque, context.base.opaque)].map((entry) => entry.resource));
  return moved.flatMap((resource) =>
    (['up', 'down'] as const).map((way) => undecided(context, way, `opaque ${resource}`, [{ predicates: [], origins: [{ policy: resource }] }], `\`${resource}\` changed, and what it does to requests is not computed`)),
  );
}

/**
 * Requests that both sides leave to an external authorizer, and not to the same one. What it answers is not computed: where an authority
 * is lost more may pass, where another one is asked less may; both are told, so that the sides can be swapped.
 */
function authoritiesMoved(context: PairContext): RawChange[] {
  const { base, head } = context;
  if (base.asked.length === 0 || head.asked.length === 0) return [];
  return [...authoritiesLost(context, 'up', base, head), ...authoritiesLost(context, 'down', head, base)];
}

function authoritiesLost(context: PairContext, way: Way, before: DestinationPosture, after: DestinationPosture): RawChange[] {
  return lostAuthorities(before.asked, after.asked).flatMap(({ entry, still, redefined }): RawChange[] => {
    const from = [...before.sure, ...after.sure, ...passing(still)];
    const result = solve(context, `authority ${way} ${entry.provider}`, from, onBoth(after.possible, before.possible), entry.cubes);
    const regions = result.regions;
    if (regions.length === 0 && result.undecided.length === 0) return [];
    const cubes = regions.length > 0 ? regions.flatMap((region) => region.cubes) : entry.cubes;
    const stated = redefined ? [context.sides.base.config.statedBy, context.sides.head.config.statedBy].flatMap((id) => (id === undefined ? [] : [{ policy: id }])) : [];
    const policies = [...entry.cubes, ...after.asked.flatMap((other) => other.cubes)].flatMap((cube) => cube.origins);
    const because = redefined ? `the definition of \`${entry.provider}\` in the mesh configuration changed` : `\`${entry.provider}\` is ${way === 'up' ? 'no longer' : 'newly'} asked`;
    return [
      {
        ...undecided(context, way, `authority ${entry.provider} ${distinct(entry.cubes.map(cubeKey)).join(' ')}`, cubes, because),
        facet: 'external-authorization',
        complete: regions.length > 0 && regions.every((region) => region.complete),
        seedOrigins: [...new Map([...policies, ...stated].map((origin) => [canonical(origin), origin])).values()],
        witness: askedWitness(context, regions),
      },
    ];
  });
}

/** A request that both sides leave to an authorizer. */
function askedWitness(context: PairContext, regions: readonly DifferenceRegion[]): RawChange['witness'] {
  const found: NonNullable<RawChange['witness']>[] = [];
  for (const region of regions) {
    for (const [index, cube] of region.cubes.entries()) {
      const sample = region.samples[index];
      const witness = sample === undefined ? undefined : witnessFor(context, cube, sample, (query) => {
        const answered = answers(context, query);
        return answered.base.verdict === 'asks' && answered.head.verdict === 'asks' ? answered : undefined;
      });
      if (witness !== undefined) found.push(witness);
    }
  }
  return found.sort(compareBy((entry) => plainness(entry.query, context.pair)))[0];
}

/**
 * Workloads that act under another account: what they gain (lose) although the destination answers that account as before. What it
 * answers otherwise is a change of its own.
 */
function identitiesMoved(context: PairContext, accounts: readonly MovedAccount[]): RawChange[] {
  return accounts.flatMap((account) => (['up', 'down'] as const).flatMap((way) => identityMoved(context, account, way)));
}

function identityMoved(context: PairContext, account: MovedAccount, way: Way): RawChange[] {
  const { sides, base, head } = context;
  const can = (side: 'base' | 'head', name: string): readonly Path[] => atCaller((side === 'base' ? base : head).possible, presentedOn(sides[side], name), account.ambient);
  const [from, to] =
    way === 'up'
      ? [can('base', account.former), onBoth(can('head', account.current), can('base', account.current))]
      : [can('head', account.current), onBoth(can('base', account.former), can('head', account.former))];
  const ties = cubesAtCaller([...impossible, ...base.ties, ...head.ties], account.ambient);
  const key = ['identity', way, account.former, account.current, String(account.ambient), base.key, head.key, authors(from), authors(to), (context.preferred.get('port') ?? []).map(String).join(',')].join('\n');
  const { regions, undecided: open } = context.memo.get(key, () => difference({ from, to, impossible: ties, preferred: context.preferred, limits: context.limits }));
  if (regions.length === 0 && open.length === 0) return [];
  const told = identityWitness(context, account, way, regions);
  const principal = way === 'up' ? presentedOn(sides.head, account.current) : presentedOn(sides.base, account.former);
  const peer: Predicate = { dimension: 'peer', any: [{ type: 'principal', pattern: { type: 'exact', text: principal } }], none: [] };
  const cubes = (regions.length > 0 ? regions.flatMap((region) => region.cubes) : open.map(({ seed }) => seed)).map((cube) => ({ predicates: [peer, ...cube.predicates], origins: cube.origins }));
  const seed = `identity ${account.former} ${account.current} ${regions[0]?.seed ?? open[0]?.key ?? ''}`;
  const callers = account.callers.map((caller) => (way === 'up' ? caller.head : caller.base)).map(({ namespace, name, kind }) => `${namespace}/${name}[${kind}]`);
  const reason = open[0]?.reason ?? `what \`${account.callers[0]?.head.id ?? ''}\` sends there is not determined by the manifests`;
  const whole = { ...undecided(context, way, seed, cubes, reason), facet: 'identity' as const, callers, assumptions: distinct([...base.assumptions, ...head.assumptions, ...account.assumptions]) };
  if (told === 'refused elsewhere') return [];
  if (told === undefined) return [whole];
  return [{ ...whole, direction: way === 'up' ? 'widened' : 'narrowed', complete: regions.every((region) => region.complete), seedOrigins: regions.flatMap((region) => region.seedOrigins), witness: told, reason: undefined }];
}

/** One such request of one such workload. `refused elsewhere`: another layer, or how the client connects, answers every sample alike on both sides. */
function identityWitness(context: PairContext, account: MovedAccount, way: Way, regions: readonly DifferenceRegion[]): RawChange['witness'] | 'refused elsewhere' {
  let open = regions.length === 0;
  const found: NonNullable<RawChange['witness']>[] = [];
  for (const sample of regions.flatMap((region) => region.samples)) {
    const { from, ...asked } = queryOf(asker(context), sample);
    for (const caller of account.callers.slice(0, 3)) {
      const given = { ...asked.given, ...Object.fromEntries(account.assumptions.map((id) => [id, true])) };
      const query = (workload: string): Query => ({ from: { workload, ...(from.ip === undefined ? {} : { ip: from.ip }), ...(from.direct === true && account.ambient ? { direct: true } : {}) }, ...asked, ...(Object.keys(given).length > 0 ? { given } : {}) });
      const base = answers(context, query(caller.base.id)).base;
      const answered = { query: query(caller.head.id), base, head: answers(context, query(caller.head.id)).head };
      if (flips(answered.base, answered.head, way)) found.push(answered);
      else if (answered.base.verdict === 'unknown' || answered.head.verdict === 'unknown') open = true;
    }
  }
  const best = found.sort(compareBy((entry) => plainness(entry.query, context.pair)))[0];
  return best ?? (open ? undefined : 'refused elsewhere');
}

type Opaque = DestinationPosture['opaque'];

/** Entries of one side that no entry of the other side equals in content; each of those stands for one. */
function unmatched(entries: Opaque, others: Opaque): Opaque {
  const left = new Map<string, number>();
  for (const { key } of others) left.set(key, (left.get(key) ?? 0) + 1);
  return entries.filter(({ key }) => {
    const count = left.get(key) ?? 0;
    left.set(key, count - 1);
    return count <= 0;
  });
}

/** A side has ambient pods, where a bare identity means an ambient client. */
function mixed({ sides }: PairContext): boolean {
  return hasAmbient(sides.base) || hasAmbient(sides.head);
}

/** Ties of both sides, but for an address that leads to another port on each. */
function tiesOf({ base, head }: PairContext): readonly Cube[] {
  const all = [...base.ties, ...head.ties];
  const addressOf = ({ predicates }: Cube): string => canonical(predicates.filter(({ dimension }) => dimension === 'address'));
  const portOf = ({ predicates }: Cube): string => canonical(predicates.filter(({ dimension }) => dimension === 'port'));
  return all.filter((tie) => addressOf(tie) === '[]' || all.every((other) => addressOf(other) !== addressOf(tie) || portOf(other) === portOf(tie)));
}
