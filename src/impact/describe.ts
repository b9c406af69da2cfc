/** Raw changes in words: merged over destinations and environments where they are equal, ranked, led back to edits. */
import { canonical, shortHash } from '#lib/canonical.ts';
import { groupBy } from '#lib/group.ts';
import { compareText, distinct } from '#lib/order.ts';
import type { Cube } from '#sets/cube.ts';
import type { Mesh } from '#mesh/model.ts';
import { namespaceOfId } from '#mesh/workload-id.ts';
import type { Decision } from '#posture/query.ts';
import { ANY_IDENTITY, callersOf, knownIdentities, type KnownIdentities } from './callers.ts';
import { minimalCauses, type Counterfactual } from './causes.ts';
import type { Callers, Cause, Change, Destination, Direction, Witness, WitnessAnswer } from './change.ts';
import type { RawChange, Sides } from './raw-change.ts';
import { editNamespace, type Edit } from './edits.ts';
import { answerWords, headline } from './headline.ts';
import { isAboutIdentity } from './identity-facet.ts';
import { region } from './region.ts';
import { toldApart, withoutRepeats } from './told-apart.ts';

/** What leads a change back to its edits and an edit to its line; per environment. */
export interface Provenance {
  readonly sides: Sides;
  readonly edits: readonly Edit[];
  readonly counterfactual: Counterfactual;
  /** The place a person would edit. */
  readonly cite: (edit: Edit) => Cause;
}

/** A change as reported, with what only the pipeline needs: its edits and its exact cubes. */
export interface DescribedChange {
  readonly change: Change;
  readonly edits: readonly Edit[];
  readonly cubes: readonly Cube[];
}

export function describeChanges(raw: readonly RawChange[], provenance: ReadonlyMap<string, Provenance>): DescribedChange[] {
  const known = new IdentitiesOfMeshes();
  const edits = new Map([...provenance].map(([environment, from]) => [environment, new EditIndex(from)]));
  const single = raw.flatMap((change) => {
    const from = provenance.get(change.environment);
    const index = edits.get(change.environment);
    return from === undefined || index === undefined ? [] : [describeOne(change, from, known, index)];
  });
  return toldApart(withoutRepeats(mergeEnvironments(mergeDestinations(single))).sort((left, right) => compareRank(left.change, right.change)));
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
  readonly edits: readonly Edit[];
  readonly causes: readonly Cause[];
  readonly change: Omit<Change, 'id' | 'headline' | 'destinations'>;
}

function describeOne(raw: RawChange, from: Provenance, known: IdentitiesOfMeshes, index: EditIndex): Single {
  const mesh = raw.passingSide === 'head' ? from.sides.head : from.sides.base;
  const edits = causesOf(raw, from, index);
  const callers: Callers = raw.callers === undefined ? callersOf(raw.cubes, known.of(mesh), mesh) : { known: raw.callers, open: [], plaintext: false, internet: false };
  const facet = isAboutIdentity({ raw, sides: from.sides, callers, knownOf: (of) => known.of(of) }) ? 'identity' : raw.facet;
  const causes = edits.map(from.cite).sort((left, right) => compareText(left.file, right.file) || left.line - right.line);
  return {
    raw,
    edits,
    causes,
    change: {
      environments: [raw.environment],
      direction: raw.direction,
      facet,
      region: region(raw.cubes, raw.complete),
      callers,
      before: raw.witness === undefined ? 'not determined' : answerWords(answer(raw.witness.base)),
      after: raw.witness === undefined ? (raw.reason ?? 'not determined') : `${answerWords(answer(raw.witness.head))}${raw.reason === undefined ? '' : `: ${raw.reason}`}`,
      ...(raw.witness === undefined ? {} : { witness: witnessOf(raw.witness) }),
      causes,
      enforcementPoints: raw.enforcedAt as Change['enforcementPoints'],
      assumptions: raw.assumptions,
    },
  };
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
  return { ...witness.query, base: answer(witness.base), head: answer(witness.head) };
}

/** Edits by where they can matter, so that many changes and many edits do not meet pairwise. */
class EditIndex {
  readonly #all: readonly Edit[];
  readonly #everywhere: readonly Edit[];
  readonly #byNamespace: ReadonlyMap<string | undefined, readonly Edit[]>;

  constructor(from: Provenance) {
    const roots = new Set<string | undefined>([undefined, from.sides.base.config.rootNamespace, from.sides.head.config.rootNamespace]);
    this.#all = from.edits;
    this.#everywhere = from.edits.filter((edit) => roots.has(editNamespace(edit)));
    this.#byNamespace = groupBy(from.edits.filter((edit) => !roots.has(editNamespace(edit))), editNamespace);
  }

  /** Those in the namespace, in the root namespace, or bound to no namespace. `*`: a destination of the whole mesh. */
  at(namespace: string | undefined): readonly Edit[] {
    return namespace === '*' ? this.#all : [...(this.#byNamespace.get(namespace) ?? []), ...this.#everywhere];
  }
}

/** Candidates in the order of likelihood: policies that made the seed or either answer come first. */
function causesOf(raw: RawChange, from: Provenance, index: EditIndex): readonly Edit[] {
  const asking = raw.witness?.query.from;
  const caller = asking?.pod?.namespace ?? (asking?.workload === undefined ? undefined : namespaceOfId(asking.workload));
  // A NetworkPolicy at the caller may let it out, and labels of its namespace let it in.
  const relevant = [...new Set([...index.at(raw.destination.namespace), ...(caller === undefined ? [] : index.at(caller))])];
  const likely = new Set([...raw.seedOrigins.map((origin) => origin.policy), ...byOf(raw.witness?.base), ...byOf(raw.witness?.head)]);
  const candidates = [...relevant.filter((edit) => likely.has(edit.id)), ...relevant.filter((edit) => !likely.has(edit.id))];
  if (raw.witness === undefined || raw.direction === 'undecided-widened' || raw.direction === 'undecided-narrowed' || raw.direction === 'weakened' || raw.direction === 'strengthened' || raw.direction === 'latent-widened' || raw.direction === 'latent-narrowed') {
    const named = candidates.filter((edit) => likely.has(edit.id));
    return named.length > 0 ? named : candidates.slice(0, 5);
  }
  return minimalCauses({
    query: raw.witness.query,
    base: raw.witness.base,
    way: raw.direction === 'widened' ? 'up' : 'down',
    candidates,
    counterfactual: from.counterfactual,
  });
}

function byOf(decision: Decision | undefined): readonly string[] {
  return decision === undefined || decision.verdict === 'unknown' ? [] : decision.by;
}

/** Equal in everything that a reader sees but the destination: one change (`docs/report.md`). */
function mergeDestinations(singles: readonly Single[]): DescribedChange[] {
  // Most changes differ in their seed already; only those that do not are compared in full.
  const roughly = groupBy(singles, ({ raw, change }) => [raw.environment, change.direction, change.facet, raw.seed, change.before, change.after].join('\n'));
  const inFull = ({ change, causes }: Single): string => canonical([change.region, change.callers, causes, change.assumptions]);
  return [...roughly.values()].flatMap((similar) => {
    const groups = similar.length === 1 ? [similar] : [...groupBy(similar, inFull).values()];
    return groups.flatMap((group) => {
      const first = group[0];
      if (first === undefined) return [];
      const destinations = group.map((single) => single.raw.destination).sort((left, right) => compareText(left.id, right.id));
      return [{ change: finish(first, destinations), edits: first.edits, cubes: first.raw.cubes }];
    });
  });
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
    headline: headline(change.direction, change.facet, change.callers, change.region, destinations),
    before: change.before,
    after: change.after,
    ...(change.witness === undefined ? {} : { witness: change.witness }),
    causes: change.causes,
    enforcementPoints: change.enforcementPoints,
    assumptions: change.assumptions,
  };
}

/** Environments with equal (destinations, facet, direction, region) share one change. */
function mergeEnvironments(changes: readonly DescribedChange[]): DescribedChange[] {
  if (new Set(changes.flatMap(({ change }) => change.environments)).size <= 1) return [...changes];
  const key = ({ change }: DescribedChange): string => canonical([change.destinations.map((destination) => destination.id), change.facet, change.direction, change.region]);
  return [...groupBy(changes, key).values()].flatMap((group) => {
    const first = group[0];
    if (first === undefined) return [];
    const edits = [...new Map(group.flatMap((entry) => entry.edits).map((edit) => [edit.id, edit])).values()];
    const causes = [...new Map(group.flatMap((entry) => entry.change.causes).map((cause) => [canonical(cause), cause])).values()];
    return [
      {
        ...first,
        edits,
        change: { ...first.change, environments: distinct(group.flatMap((entry) => entry.change.environments)), causes, assumptions: distinct(group.flatMap((entry) => entry.change.assumptions)) },
      },
    ];
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

function breadth(change: Change): number {
  if (change.callers.plaintext) return 0;
  if (change.callers.open.includes(ANY_IDENTITY)) return 1;
  return change.callers.open.length > 0 ? 2 : 3;
}

/** Engine section 4.4: direction, breadth of callers, number of destinations, names. */
function compareRank(left: Change, right: Change): number {
  return (
    directionRank[left.direction] - directionRank[right.direction] ||
    breadth(left) - breadth(right) ||
    right.destinations.length - left.destinations.length ||
    compareText(left.destinations[0]?.id ?? '', right.destinations[0]?.id ?? '') ||
    compareText(left.id, right.id)
  );
}
