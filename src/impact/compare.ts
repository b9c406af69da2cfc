/**
 * Base against head, destination by destination: which requests rise or fall in the order deny < asks < allow, each with a
 * witness that the concrete evaluator has confirmed on both sides (engine sections 3.0 and 3.12).
 */
import { canonical, shortHash } from '#lib/canonical.ts';
import { groupBy } from '#lib/group.ts';
import { compareText, distinct } from '#lib/order.ts';
import type { Cube, CubeOrigin, Dimension, Layer, LayerId, Path } from '#sets/cube.ts';
import { difference, type Difference, type DifferenceRegion, type Limits } from '#sets/difference.ts';
import type { Value } from '#sets/matcher.ts';
import type { Mesh, Workload } from '#mesh/model.ts';
import { decide } from '#posture/answer.ts';
import { destinationsOf, phantomsOf } from '#posture/destinations.ts';
import { impossible, pathsTo, type DestinationPosture } from '#posture/paths.ts';
import { queryOf } from '#posture/point.ts';
import type { Decision, Query } from '#posture/query.ts';
import type { Destination, Direction, Facet } from './change.ts';
import { flips } from './causes.ts';
import { facetOf } from './facet.ts';
import { someTokenPasses } from './token.ts';

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
  const pairs = destinationPairs(sides);
  for (const pair of pairs) {
    const base = pathsTo(sides.base, pair.base);
    const head = pathsTo(sides.head, pair.head);
    if (base.key === head.key) continue;
    const context: PairContext = { sides, pair, base, head, limits, memo, preferred: preferredValues(identities, pair), internalErrors };
    const found = [...compareWay(context, 'up'), ...compareWay(context, 'down')];
    changes.push(...(found.length > 0 ? found : enforcementMoved(context)), ...opaqueMoved(context));
  }
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
function preferredIdentities(sides: Sides): readonly string[] {
  const of = (mesh: Mesh): string[] => [...mesh.workloads.values()].filter((workload) => workload.enrolment.mode !== 'none').map((workload) => `${mesh.config.trustDomain}/ns/${workload.namespace}/sa/${workload.serviceAccount}`);
  return distinct([...of(sides.base), ...of(sides.head)]);
}

/** Identities beyond this many are not offered to every destination: its own namespace's come first, then these. */
const OFFERED_IDENTITIES = 24;

function preferredValues(identities: readonly string[], pair: Pair): ReadonlyMap<Dimension, readonly Value[]> {
  const own = identities.filter((identity) => identity.includes(`/ns/${pair.base.namespace}/`)).slice(0, OFFERED_IDENTITIES);
  const ports = [...new Set([...pair.base.ports, ...pair.head.ports].filter((port) => port.protocol !== 'udp').map((port) => port.port))].sort((left, right) => left - right);
  return new Map<Dimension, readonly Value[]>([
    ['peer', [...new Set([...identities.slice(0, OFFERED_IDENTITIES), ...own])]],
    ['port', ports],
    ['protocol', ['http', 'tcp', 'https', 'tls']],
    ['method', ['GET']],
    ['path', ['/']],
  ]);
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
function solve(context: PairContext, level: string, from: readonly Path[], to: readonly Path[]): Difference {
  const ports = context.preferred.get('port') ?? [];
  const key = [level, context.base.key, context.head.key, authors(from), authors(to), ports.map(String).join(','), context.pair.base.namespace].join('\n');
  return context.memo.get(key, () => difference({ from, to, impossible, preferred: context.preferred, limits: context.limits }));
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
      const witness = sample === undefined ? undefined : confirm(context, way, queryOf(context.pair.head, sample));
      if (witness === undefined) {
        context.internalErrors.push(`the witness for \`${context.pair.destination.id}\` did not reproduce (seed ${shortHash(entry.region.seed)})`);
        changes.push(undecided(context, way, entry.region.seed, [cube], 'the sample request was not confirmed on both sides'));
        continue;
      }
      const [refusing, passing] = way === 'up' ? [witness.base, witness.head] : [witness.head, witness.base];
      const refusingPosture = way === 'up' ? context.base : context.head;
      confirmed.push({ cube, region: entry.region, witness, facet: facetOf(refusing, passing, () => someTokenPasses(refusingPosture, sample ?? new Map(), context.limits)) });
    }
  }
  for (const group of groupBy(confirmed, (entry) => `${entry.facet} ${entry.region.layer} ${distinct(entry.region.seedOrigins.map((origin) => origin.policy)).join(' ')}`).values()) {
    const first = group[0];
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
  return { query: onBase, base: decide(context.sides.base, onBase), head: decide(context.sides.head, asked) };
}

/** The proxy came or went although no verdict moved: the channel is weaker or stronger (`design.md` section 2). */
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
      witness: answers(context, queryOf(context.pair.head, sample)),
      reason: undefined,
      ...sideFacts(context, way),
    },
  ];
}

/** An opaque part (EnvoyFilter, WasmPlugin) that differs: what it touches is undecided in both directions. */
function opaqueMoved(context: PairContext): RawChange[] {
  const before = new Map(context.base.opaque.map((entry) => [entry.resource, entry.key]));
  const after = new Map(context.head.opaque.map((entry) => [entry.resource, entry.key]));
  const moved = distinct([...before.keys(), ...after.keys()].filter((resource) => before.get(resource) !== after.get(resource)));
  return moved.flatMap((resource) =>
    (['up', 'down'] as const).map((way) => undecided(context, way, `opaque ${resource}`, [{ predicates: [], origins: [{ policy: resource }] }], `\`${resource}\` changed, and what it does to requests is not computed`)),
  );
}
