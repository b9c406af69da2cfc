/**
 * The causes of changes, proved on the concrete evaluator: for every change by its witness, for a change that is shown by its whole
 * region, too. What is asked is always the base with some of the edits made and nothing else.
 */
import { distinct } from '#lib/order.ts';
import { resourceId } from '#mesh/policies.ts';
import { decide } from '#posture/answer.ts';
import { askedPhantom } from '#posture/destinations.ts';
import { withoutNetwork } from '#posture/network-layer.ts';
import { hasNetwork, hasNetworkPolicies, throughNetworkPaths } from '#posture/network-paths.ts';
import { pathsTo, type DestinationPosture } from '#posture/paths.ts';
import type { Decision, Query } from '#posture/query.ts';
import type { Mesh, Workload } from '#mesh/model.ts';
import type { Limits } from '#sets/difference.ts';
import { EditIndex, waypointNamespaces, type Candidates } from './candidates.ts';
import { callReaches, type MovedCall } from './calls.ts';
import { callKinds } from './calls-touched.ts';
import { minimalCauses, reaches, type Causes, type Counterfactual } from './causes.ts';
import type { Edit } from './edits.ts';
import { DifferenceMemo, confirm, solve, type PairContext } from './pair-context.ts';
import { preferredIdentities, preferredValues, type PreferredIdentities } from './preferred.ts';
import type { Pair, RawChange, Sides, Way } from './raw-change.ts';
import { witnessFor } from './regions.ts';

/** The causes of one change. */
export interface ProvedCauses extends Causes {
  /** `region`: the named set alone makes the whole region; `witness`: it moves the witness; `none`: it was not proved. */
  readonly proof: 'region' | 'witness' | 'none';
  /** How many sets were tried. */
  readonly trials: number;
  /** There were trials enough for every change before it. */
  readonly ample: boolean;
}

/** In all, before every further change gets few: many changes with many edits each must not take for ever. */
const TRIALS_IN_ALL = 20_000;
const TRIALS_AFTER = 20;

/** Requests of a region that a set does not explain are explained one by one, up to this many. */
const MOST_EXTENSIONS = 6;

const callKindSet: ReadonlySet<string> = new Set(callKinds);

/** Named where nothing is proved. */
const NAMED_UNPROVED = 5;

export class CauseProver {
  readonly #sides: Sides;
  readonly #index: EditIndex;
  readonly #counterfactual: Counterfactual;
  readonly #limits: Limits;
  readonly #memo = new DifferenceMemo();
  readonly #edits: readonly Edit[];
  readonly #unlike: EditIndex;
  #byId: ReadonlyMap<string, Edit> | undefined;
  #identities: PreferredIdentities | undefined;
  #everywhere: readonly string[] | undefined;
  #trials = 0;

  /** @param unlike edits in which this environment and the one whose changes it takes over differ */
  constructor(sides: Sides, edits: readonly Edit[], counterfactual: Counterfactual, limits: Limits, unlike: readonly Edit[] = []) {
    this.#sides = sides;
    this.#edits = edits;
    this.#unlike = new EditIndex(sides, unlike);
    this.#index = new EditIndex(sides, edits);
    this.#counterfactual = counterfactual;
    this.#limits = limits;
  }

  /** By the witness. */
  of(raw: RawChange): ProvedCauses {
    const before = this.#trials;
    const proved = this.#prove(raw);
    return { ...proved, trials: this.#trials - before, ample: before < TRIALS_IN_ALL };
  }

  /**
   * The causes of the same change in another environment, by this one's edits; `undefined`: they may be others here. Which edits are tried, in
   * which order and how often is the same there: no edit in which the environments differ is among the candidates.
   */
  like(raw: RawChange, proved: ProvedCauses): ProvedCauses | undefined {
    if (proved.ample !== this.#trials < TRIALS_IN_ALL || this.#unlike.of(raw).edits.length > 0) return undefined;
    this.#byId ??= new Map(this.#edits.map((edit) => [edit.id, edit]));
    const sets: (readonly Edit[])[] = [];
    for (const set of proved.sets) {
      const own = set.flatMap((edit) => this.#byId?.get(edit.id) ?? []);
      if (own.length < set.length) return undefined;
      sets.push(own);
    }
    this.#trials += proved.trials;
    return { ...proved, sets };
  }

  #prove(raw: RawChange): Omit<ProvedCauses, 'trials' | 'ample'> {
    if (raw.call !== undefined) return this.#proveCall(raw, raw.call);
    const candidates = this.#index.of(raw);
    const moves = this.#movement(raw);
    const query = raw.witness?.query;
    // What is undecided itself has likely causes at best.
    if (moves === undefined || query === undefined) return unproved(candidates);
    const causes = this.#minimal(candidates.edits, (edits) => moves(this.#counterfactual.near(edits, query, waypointNamespaces(raw))));
    return causes.sets.length > 0 ? { ...causes, proof: 'witness' } : unproved(candidates, causes.unproved);
  }

  /** By objects that decide how calls are made, wherever they lie, and by the pods that the call comes to: a Service leads to those that have its labels and ports. */
  #proveCall(raw: RawChange, call: MovedCall): Omit<ProvedCauses, 'trials' | 'ample'> {
    const named = new Set(raw.seedOrigins.map(({ policy }) => policy));
    // How pods take TLS is told of them.
    const pods = call.before === 'nothing' || call.after === 'nothing' ? this.#sides.base.workloads.get(call.workload)?.resource : undefined;
    const own = pods === undefined ? undefined : resourceId(pods);
    const deciding = this.#edits.filter((edit) => edit.id === own || callKindSet.has((edit.type === 'removed' ? edit.base : edit.head).kind));
    const candidates = [...deciding.filter(({ id }) => named.has(id)), ...deciding.filter(({ id }) => !named.has(id))];
    this.#everywhere ??= distinct(new Set([this.#sides.base, this.#sides.head].flatMap((mesh) => [...mesh.resources.values()].flatMap((resources) => resources.map(({ namespace }) => namespace ?? '')))));
    const besides = this.#everywhere;
    const causes = this.#minimal(candidates, (edits) => callReaches(this.#counterfactual.around(edits, call.query, besides), call, this.#sides.renamed));
    return causes.sets.length > 0 ? { ...causes, proof: 'witness' } : { sets: [], proof: 'none' };
  }

  /** By the region: the first set that alone makes all of it; else the first one with the edits that the rest needs. */
  inRegion(raw: RawChange, causes: ProvedCauses): ProvedCauses {
    const way = wayOf(raw);
    const [first] = causes.sets;
    if (way === undefined || first === undefined || causes.proof !== 'witness' || raw.callers !== undefined || raw.destination.host !== undefined || raw.gateway !== undefined) return causes;
    const whole = causes.sets.filter((set) => this.#missing(raw, way, set) === undefined);
    const [best] = whole;
    if (best !== undefined) return { ...causes, sets: whole, proof: 'region' };
    let named = first;
    for (let step = 0; step < MOST_EXTENSIONS; step += 1) {
      const missing = this.#missing(raw, way, named);
      if (missing === undefined) return { ...causes, sets: [named], proof: 'region' };
      if (missing === 'open') break;
      const further = this.#further(raw, way, named, missing);
      if (further === undefined) break;
      named = [...named, ...further];
    }
    return { ...causes, sets: [named], proof: 'witness', unproved: 'this explains the witness; other requests of the change need more edits' };
  }

  /** Edits that a further request needs besides those that are named. */
  #further(raw: RawChange, way: Way, named: readonly Edit[], { query, head }: { readonly query: Query; readonly head: Decision }): readonly Edit[] | undefined {
    const others = this.#index.of(raw).edits.filter((edit) => !named.includes(edit));
    const near = (edits: readonly Edit[]): Decision => this.#ask(this.#counterfactual.near([...named, ...edits], query, waypointNamespaces(raw)), query);
    return this.#minimal(others, (edits) => reaches(near(edits), head, way)).sets[0];
  }

  #minimal(candidates: readonly Edit[], moves: (edits: readonly Edit[]) => boolean): Causes {
    const counted = (edits: readonly Edit[]): boolean => {
      this.#trials += 1;
      return moves(edits);
    };
    return minimalCauses({ candidates, moves: counted, ...(this.#trials < TRIALS_IN_ALL ? {} : { trials: TRIALS_AFTER }) });
  }

  /** Whether a mesh answers the witness as the head does, as far as the change is about it. */
  #movement({ witness, direction }: RawChange): ((mesh: Mesh) => boolean) | undefined {
    if (witness === undefined) return undefined;
    const { query, base, head } = witness;
    switch (direction) {
      case 'widened':
        return (mesh) => reaches(this.#ask(mesh, query), head, 'up');
      case 'narrowed':
        return (mesh) => reaches(this.#ask(mesh, query), head, 'down');
      case 'weakened':
      case 'strengthened':
        return (mesh) => {
          const answer = this.#ask(mesh, query);
          return answer.verdict !== 'unknown' && head.verdict !== 'unknown' && answer.verdict === head.verdict && answer.enforcedAt === head.enforcedAt;
        };
      case 'latent-widened':
      case 'latent-narrowed': {
        const inNetwork = (answer: Decision): boolean => answer.verdict === 'deny' && answer.layer === 'network-policy';
        if (inNetwork(base) !== inNetwork(head)) return (mesh) => inNetwork(this.#ask(mesh, query)) === inNetwork(head);
        const behind = this.#ask(withoutNetwork(this.#sides.head), query);
        return (mesh) => reaches(this.#ask(withoutNetwork(mesh), query), behind, direction === 'latent-widened' ? 'up' : 'down');
      }
      case 'undecided-widened':
      case 'undecided-narrowed':
        return undefined;
    }
  }

  /** A workload that was renamed has its former name where the rename is not among the edits (R12). */
  #ask(mesh: Mesh, query: Query): Decision {
    const { from, to } = query;
    return decide(mesh, {
      ...query,
      from: from.workload === undefined ? from : { ...from, workload: this.#named(mesh, from.workload) },
      to: to.workload === undefined ? to : { ...to, workload: this.#named(mesh, to.workload) },
    });
  }

  #named(mesh: Mesh, id: string): string {
    if (mesh.workloads.has(id)) return id;
    const { renamed } = this.#sides;
    return distinct([renamed.get(id) ?? id, ...[...renamed].flatMap(([head, base]) => (base === id ? [head] : []))]).find((name) => mesh.workloads.has(name)) ?? id;
  }

  /** A request of the region that the set alone does not move as far as the head does. `open`: it could not be told. */
  #missing(raw: RawChange, way: Way, set: readonly Edit[]): { readonly query: Query; readonly head: Decision } | 'open' | undefined {
    const { witness } = raw;
    if (witness === undefined) return 'open';
    const context = this.#against(raw, this.#counterfactual.around(set, witness.query, waypointNamespaces(raw)), witness.query);
    if (context === undefined) return 'open';
    const [low, high] = way === 'up' ? [context.base, context.head] : [context.head, context.base];
    let open = false;
    for (const level of ['possible', 'sure'] as const) {
      const found = solve(context, `unexplained ${level} ${way} ${raw.destination.id} ${raw.seed}`, low[level], high[level], raw.cubes);
      open ||= found.undecided.length > 0;
      for (const region of found.regions) {
        for (const [index, cube] of region.cubes.entries()) {
          const sample = region.samples[index];
          const moved = sample === undefined ? undefined : witnessFor(context, way, cube, sample, (query) => confirm(context, way, query));
          if (moved !== undefined) return { query: moved.query, head: moved.head };
          open = true;
        }
      }
    }
    return open ? 'open' : undefined;
  }

  /** The destination with only some edits made, against the head. */
  #against(raw: RawChange, mesh: Mesh, query: Query): PairContext | undefined {
    const { head } = this.#sides;
    const pair = pairOf(raw, this.#sides, mesh, query);
    if (pair === undefined) return undefined;
    const networked = (hasNetworkPolicies(this.#sides.base) || hasNetworkPolicies(head)) && hasNetwork(pair.base);
    const posture = (side: Mesh, workload: Workload): DestinationPosture => (networked ? throughNetworkPaths(pathsTo(side, workload), side, workload) : pathsTo(side, workload));
    this.#identities ??= preferredIdentities(this.#sides);
    return {
      sides: { ...this.#sides, base: mesh },
      pair,
      base: posture(mesh, pair.base),
      head: posture(head, pair.head),
      limits: this.#limits,
      memo: this.#memo,
      preferred: preferredValues(this.#identities, pair, networked),
      internalErrors: [],
    };
  }
}

function pairOf(raw: RawChange, { head, renamed }: Sides, mesh: Mesh, { to }: Query): Pair | undefined {
  const { destination } = raw;
  if (!destination.known) {
    if (to.selector === undefined) return undefined;
    const { namespace, labels } = to.selector;
    return { destination, base: askedPhantom(mesh, namespace, labels), head: askedPhantom(head, namespace, labels) };
  }
  const current = [destination.id, ...[...renamed].flatMap(([now, former]) => (former === destination.id ? [now] : []))];
  const before = current.map((id) => mesh.workloads.get(id)).find((workload) => workload !== undefined);
  const after = current.map((id) => head.workloads.get(id)).find((workload) => workload !== undefined);
  return before === undefined || after === undefined ? undefined : { destination, base: before, head: after };
}

function wayOf({ direction }: RawChange): Way | undefined {
  return direction === 'widened' ? 'up' : direction === 'narrowed' ? 'down' : undefined;
}

function unproved({ edits, likely }: Candidates, because?: string): Omit<ProvedCauses, 'trials' | 'ample'> {
  const named = likely > 0 ? edits.slice(0, likely) : edits.slice(0, NAMED_UNPROVED);
  return { sets: named.length === 0 ? [] : [named], ...(because === undefined ? {} : { unproved: because }), proof: 'none' };
}
