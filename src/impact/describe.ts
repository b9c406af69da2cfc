/** Raw changes in words: merged over destinations and environments where they are equal, ranked, led back to edits. */
import { canonical, shortHash } from '#lib/canonical.ts';
import { groupBy } from '#lib/group.ts';
import { compareText, distinct } from '#lib/order.ts';
import type { Cube } from '#sets/cube.ts';
import type { Limits } from '#sets/difference.ts';
import type { Mesh } from '#mesh/model.ts';
import type { Decision } from '#posture/query.ts';
import { notePrinted } from './answered.ts';
import { ANY_IDENTITY, OF_DOMAIN, callersOf, knownIdentities, type KnownIdentities } from './callers.ts';
import type { Counterfactual } from './causes.ts';
import type { Callers, Cause, Change, Destination, Direction, Witness, WitnessAnswer } from './change.ts';
import type { RawChange, Sides } from './raw-change.ts';
import type { Edit } from './edits.ts';
import { callHeadline, sentWords } from './call-words.ts';
import { answerWords, headline, leadingFirst, type CallersOfCubes } from './headline.ts';
import { isAboutIdentity } from './identity-facet.ts';
import { CauseProver, type ProvedCauses } from './prove-causes.ts';
import { region } from './region.ts';
import { causesOfAll, editsOfAll, toldApart, withoutRepeats } from './told-apart.ts';

/** What leads a change back to its edits and an edit to its line; per environment. */
export interface Provenance {
  readonly sides: Sides;
  readonly edits: readonly Edit[];
  /** Edits in which it differs from the environment that its changes are taken from (`RawChange.like`). */
  readonly unlike: readonly Edit[];
  readonly counterfactual: Counterfactual;
  readonly limits: Limits;
  /** The place a person would edit. */
  readonly cite: (edit: Edit) => Cause;
}

/** A change as reported, with what only the pipeline needs: its edits and its exact cubes. */
export interface DescribedChange {
  readonly change: Change;
  /** Of all its causes, alternatives included. */
  readonly edits: readonly Edit[];
  readonly cubes: readonly Cube[];
  /** Those of its environments that took it over with its witness (`RawChange.like`): what the witness proves elsewhere holds there. */
  readonly taken: readonly string[];
}

/** With what its causes can be proved further by. */
interface Merged extends DescribedChange {
  readonly first: Single;
}

/** The changes of one environment that are told as one, before they have a headline. */
interface Gathered {
  readonly first: Single;
  readonly destinations: readonly Destination[];
}

/** The causes of this many changes, the first in rank, are proved for the whole region; the others' for the witness. */
const PROVED_BY_REGION = 50;

export function describeChanges(raw: readonly RawChange[], provenance: ReadonlyMap<string, Provenance>): DescribedChange[] {
  const known = new IdentitiesOfMeshes();
  const provers = new Map([...provenance].map(([environment, from]) => [environment, new CauseProver(from.sides, from.edits, from.counterfactual, from.limits, from.unlike)]));
  const single = new Map<RawChange, Single>();
  for (const change of raw) {
    const from = provenance.get(change.environment);
    const prover = provers.get(change.environment);
    if (from === undefined || prover === undefined) continue;
    const like = change.like === undefined ? undefined : single.get(change.like);
    const proved = like === undefined ? undefined : prover.like(change, like.proved);
    const causes = like === undefined || proved === undefined ? prover.of(change) : proved;
    // What no such object brings about is told where it lies.
    if (change.call !== undefined && causes.proof === 'none') continue;
    single.set(change, like === undefined || proved === undefined ? describeOne(change, from, known, causes) : describeLike(like, change, from, proved));
  }
  const ranked = mergeEnvironments(mergeDestinations([...single.values()])).sort((left, right) => compareRank(left.change, right.change));
  return toldApart(withoutRepeats(ranked.map((described, index) => (index < PROVED_BY_REGION ? provedByRegion(described, provenance, provers) : { change: described.change, edits: described.edits, cubes: described.cubes, taken: described.taken }))));
}

/** Changes of several environments keep the causes of each: they are proved by the witness. */
function provedByRegion({ first, ...described }: Merged, provenance: ReadonlyMap<string, Provenance>, provers: ReadonlyMap<string, CauseProver>): DescribedChange {
  if (described.change.environments.length > 1) return described;
  const from = provenance.get(first.raw.environment);
  const proved = provers.get(first.raw.environment)?.inRegion(first.raw, first.proved);
  if (from === undefined || proved === undefined) return described;
  return { ...described, edits: editsOf(proved), change: { ...described.change, ...causesIn(proved, from) } };
}

/** Per mesh, once: which declared workloads present which identity. */
class IdentitiesOfMeshes {
  readonly #known = new WeakMap<Mesh, KnownIdentities>();

  of(mesh: Mesh): KnownIdentities {
    const cached = this.#known.get(mesh);
    if (cached !== undefined) return cached;
    const fresh = knownIdentities(mesh);
    this.#known.set(mesh, fresh);
    return fresh;
  }
}

interface Single {
  readonly raw: RawChange;
  readonly proved: ProvedCauses;
  readonly change: Omit<Change, 'id' | 'headline' | 'destinations'>;
  readonly callersOf: CallersOfCubes;
}

type CauseFields = Pick<Change, 'causes' | 'alternativeCauses' | 'causeProof' | 'causeNote'>;

/** Every field of a change that says where it comes from: written over another proof, nothing of that one is left. */
function causesIn({ sets: [named = [], ...others], proof, unproved }: ProvedCauses, from: Provenance): CauseFields {
  // By what was edited, not by where it stands: the first one heads a finding, which a moved file must not change.
  const cited = (edits: readonly Edit[]): readonly Cause[] => edits.map(from.cite).sort((left, right) => compareText(left.resource, right.resource) || compareText(left.file, right.file) || left.line - right.line);
  return { causes: cited(named), alternativeCauses: others.length === 0 ? undefined : others.map(cited), causeProof: proof, ...(unproved === undefined ? {} : { causeNote: unproved }) };
}

function editsOf({ sets }: ProvedCauses): readonly Edit[] {
  return [...new Set(sets.flat())];
}

function describeOne(raw: RawChange, from: Provenance, known: IdentitiesOfMeshes, proved: ProvedCauses): Single {
  const mesh = raw.passingSide === 'head' ? from.sides.head : from.sides.base;
  const callers: Callers = raw.callers === undefined ? atGateway(raw, callersOf(raw.cubes, known.of(mesh), mesh)) : { known: raw.callers, open: [], plaintext: false, internet: false };
  const shown = region(raw.cubes, raw.complete);
  // INVARIANT: `region` keeps the order of the cubes and leaves out the last ones only.
  const places = new Map(shown.cubes.map((cube, index) => [cube, index]));
  const callersOfCubes: CallersOfCubes = (cubes) => (raw.callers === undefined && raw.gateway === undefined ? callersOf(cubes.flatMap((cube) => raw.cubes[places.get(cube) ?? -1] ?? []), known.of(mesh), mesh) : callers);
  const facet = isAboutIdentity({ raw, sides: from.sides, callers, knownOf: (of) => known.of(of) }) ? 'identity' : raw.facet;
  return {
    raw,
    proved,
    callersOf: callersOfCubes,
    change: {
      environments: [raw.environment],
      direction: raw.direction,
      facet,
      region: leadingFirst(shown),
      callers,
      ...(raw.call === undefined ? answersOf(raw) : { before: sentWords(raw.call.before), after: sentWords(raw.call.after), call: { to: [`${raw.call.query.to.host ?? ''}:${String(raw.call.query.to.port)}`], base: raw.call.before, head: raw.call.after } }),
      ...(raw.witness === undefined ? {} : { witness: witnessOf(raw.witness) }),
      ...causesIn(proved, from),
      enforcementPoints: raw.enforcedAt as Change['enforcementPoints'],
      assumptions: raw.assumptions,
    },
  };
}

function answersOf(raw: RawChange): Pick<Change, 'before' | 'after'> {
  if (raw.witness === undefined) return { before: 'not determined', after: raw.reason ?? 'not determined' };
  return { before: answerWords(answer(raw.witness.base)), after: `${answerWords(answer(raw.witness.head))}${raw.reason === undefined ? '' : `: ${raw.reason}`}` };
}

/** Who may come without an identity comes so: nobody outside has one. */
function atGateway({ gateway }: RawChange, callers: Callers): Callers {
  if (gateway === undefined) return callers;
  return callers.plaintext ? { known: [], open: [], plaintext: true, internet: gateway.outside } : { ...callers, internet: gateway.outside };
}

/** The same change of another environment, with this one's lines. */
function describeLike({ change, callersOf: callersOfCubes }: Single, raw: RawChange, from: Provenance, proved: ProvedCauses): Single {
  // INVARIANT: `proved` has as many sets as the causes of `change`, so that every field of theirs is written anew.
  return { raw, proved, callersOf: callersOfCubes, change: { ...change, environments: [raw.environment], ...causesIn(proved, from) } };
}

function answer(decision: Decision): WitnessAnswer {
  switch (decision.verdict) {
    case 'unknown':
      return { verdict: 'unknown' };
    case 'asks':
      return { verdict: 'asks', layer: decision.layer, by: decision.by, enforcedAt: decision.enforcedAt, provider: decision.provider, ...wayOf(decision) };
    case 'allow':
    case 'deny':
      return { verdict: decision.verdict, layer: decision.layer, by: decision.by, enforcedAt: decision.enforcedAt, ...wayOf(decision) };
  }
}

function wayOf({ via, hops }: Exclude<Decision, { verdict: 'unknown' }>): Pick<WitnessAnswer, 'via' | 'hops'> {
  return { ...(via === undefined ? {} : { via }), ...(hops === undefined ? {} : { hops }) };
}

function witnessOf(witness: NonNullable<RawChange['witness']>): Witness {
  const printed: Witness = { ...witness.query, base: answer(witness.base), head: answer(witness.head) };
  notePrinted(printed, witness);
  return printed;
}

/** Equal in everything that a reader sees but the destination: one change (`docs/report.md`). */
function mergeDestinations(singles: readonly Single[]): Gathered[] {
  // Most changes differ in their seed already; only those that do not are compared in full.
  const roughly = groupBy(singles, ({ raw, change }) => [raw.environment, change.direction, change.facet, raw.seed, change.before, change.after].join('\n'));
  const inFull = ({ change }: Single): string => canonical([change.region, change.callers, change.causes, change.alternativeCauses ?? [], change.assumptions]);
  return [...roughly.values()].flatMap((similar) => {
    if (similar[0]?.raw.call !== undefined) return [...groupBy(similar, ({ change }) => canonical([change.callers, change.causes, change.alternativeCauses ?? [], change.assumptions])).values()].flatMap(mergedCalls);
    const groups = similar.length === 1 ? [similar] : [...groupBy(similar, inFull).values()];
    return groups.flatMap((group) => {
      const first = group[0];
      if (first === undefined) return [];
      const destinations = group.map((single) => single.raw.destination).sort((left, right) => compareText(left.id, right.id));
      return [{ first, destinations }];
    });
  });
}

/** Calls that one set of edits makes otherwise in one way, by whatever names: one change. */
function mergedCalls(group: readonly Single[]): Gathered[] {
  const [first] = group;
  const call = first?.change.call;
  if (first === undefined || call === undefined) return [];
  const destinations = [...new Map(group.map(({ raw }) => [raw.destination.id, raw.destination])).values()].sort((left, right) => compareText(left.id, right.id));
  const cubes = group.flatMap(({ raw }) => raw.cubes);
  const shown = region(cubes, group.every(({ raw }) => raw.complete));
  const to = distinct(group.flatMap(({ change }) => change.call?.to ?? []));
  return [{ first: { ...first, raw: { ...first.raw, cubes }, change: { ...first.change, region: leadingFirst(shown), call: { ...call, to } } }, destinations }];
}

function finish(single: Single, destinations: readonly Destination[]): Change {
  const { change, raw } = single;
  const ids = destinations.map((destination) => destination.id);
  return {
    id: shortHash(change.facet, change.direction, raw.seed, ids.join(' ')),
    environments: change.environments,
    direction: change.direction,
    facet: change.facet,
    destinations,
    region: change.region,
    callers: change.callers,
    headline: change.call === undefined ? headline(change.direction, change.facet, change.callers, change.region, destinations, single.callersOf) : callHeadline(change.call, change.callers, change.region, destinations),
    before: change.before,
    after: change.after,
    ...(change.call === undefined ? {} : { call: change.call }),
    ...(change.witness === undefined ? {} : { witness: change.witness }),
    causes: change.causes,
    ...(change.alternativeCauses === undefined ? {} : { alternativeCauses: change.alternativeCauses }),
    ...(change.causeProof === undefined ? {} : { causeProof: change.causeProof }),
    ...(change.causeNote === undefined ? {} : { causeNote: change.causeNote }),
    enforcementPoints: change.enforcementPoints,
    assumptions: change.assumptions,
  };
}

/** Environments with equal (destinations, facet, direction, region) share one change. */
function mergeEnvironments(gathered: readonly Gathered[]): Merged[] {
  const several = new Set(gathered.map(({ first }) => first.raw.environment)).size > 1;
  const texts = new Map<Change['region'], string>();
  // Environments that are alike share the very region.
  const regionText = (of: Change['region']): string => {
    const known = texts.get(of) ?? canonical(of);
    texts.set(of, known);
    return known;
  };
  const key = ({ first: { change }, destinations }: Gathered): string => [change.facet, change.direction, regionText(change.region), ...destinations.map(({ id }) => id)].join('\n');
  const groups = several ? [...groupBy(gathered, key).values()] : gathered.map((entry) => [entry]);
  return groups.flatMap((group) => {
    const [entry] = group;
    if (entry === undefined) return [];
    const { first, destinations } = entry;
    const taken = group.flatMap(({ first: { raw } }) => (raw.like !== undefined && raw !== first.raw && raw.witness === first.raw.witness ? [raw.environment] : []));
    const merged = { change: finish(first, destinations), cubes: first.raw.cubes, taken, first };
    if (!several) return [{ ...merged, edits: editsOf(first.proved) }];
    const singles = group.map((each) => ({ change: each.first.change, edits: editsOf(each.first.proved) }));
    const environments = distinct(singles.flatMap(({ change }) => change.environments));
    const assumptions = distinct(singles.flatMap(({ change }) => change.assumptions));
    return [{ ...merged, edits: editsOfAll(singles), change: { ...merged.change, environments, ...causesOfAll(singles), assumptions } }];
  });
}

const directionRank: Readonly<Record<Direction, number>> = {
  widened: 0,
  'undecided-widened': 1,
  weakened: 2,
  'latent-widened': 3,
  narrowed: 4,
  'undecided-narrowed': 5,
  'latent-narrowed': 6,
  strengthened: 7,
};

/** The smaller, the more callers may come. */
function breadth({ callers }: Change): number {
  const kinds = [callers.plaintext, callers.open.includes(ANY_IDENTITY), callers.open.some((word) => word.startsWith(OF_DOMAIN)), callers.open.some((word) => /^any other identity in namespace /u.test(word)), callers.open.length > 0];
  const broadest = kinds.indexOf(true);
  return broadest < 0 ? kinds.length : broadest;
}

/** The smaller, the more may be asked: any method or one that writes before reading alone, any path before a prefix before a single one. */
function requestBreadth({ region: { cubes } }: Change): number {
  const [cube] = cubes;
  const methods = cube?.methods?.only?.every((method) => ['GET', 'HEAD', 'OPTIONS'].includes(method)) === true ? 1 : 0;
  const paths = cube?.paths?.only === undefined ? 0 : cube.paths.only.some((path) => /[*{]/u.test(path)) ? 1 : 2;
  return methods * 3 + paths;
}

/** Engine section 4.4: direction, breadth of callers, from outside, breadth of requests, number of destinations, names. */
function compareRank(left: Change, right: Change): number {
  return (
    directionRank[left.direction] - directionRank[right.direction] ||
    breadth(left) - breadth(right) ||
    Number(right.callers.internet) - Number(left.callers.internet) ||
    requestBreadth(left) - requestBreadth(right) ||
    right.destinations.length - left.destinations.length ||
    compareText(left.destinations[0]?.id ?? '', right.destinations[0]?.id ?? '') ||
    compareText(left.id, right.id)
  );
}
