/**
 * Declared workloads that act under another account than before, that come to present an identity or lose it by entering or leaving
 * the mesh, or that go from a sidecar to ambient or back: what each could do on the base is compared with what it can do at the head, at every destination that tells the two apart
 * (engine section 3.10).
 */
import { groupBy } from '#lib/group.ts';
import { compareText, distinct } from '#lib/order.ts';
import { isAmbient } from '#mesh/enrolment.ts';
import type { Mesh, Workload } from '#mesh/model.ts';
import type { DestinationPosture } from '#posture/paths.ts';
import type { PortSet } from '#posture/port-set.ts';
import type { Cube, Dimension, Layer, Path, Predicate } from '#sets/cube.ts';
import { holds } from '#sets/matches.ts';
import type { Value } from '#sets/matcher.ts';
import { settled, settledCubes } from '#sets/settle.ts';
import { movedCaptures, portsMoved } from './moved-captures.ts';
import type { Pair, Sides } from './raw-change.ts';

export interface MovedCaller {
  readonly base: Workload;
  readonly head: Workload;
}

/** `ns/x/sa/y`; `null`: outside the mesh, so that what it sends is plaintext, or TLS of its own. */
export type Account = string | null;

/** Workloads that went from one account to another, or from one way of calling to another, in order of their ids. */
export interface MovedAccount {
  readonly former: Account;
  readonly current: Account;
  readonly callers: readonly MovedCaller[];
  /** On which side they start in ambient, so that what has a waypoint is reached through it. */
  readonly ambient: { readonly base: boolean; readonly head: boolean };
  /** Enrolment that has to be assumed for them. */
  readonly assumptions: readonly string[];
  /** Only there is another identity presented; absent: wherever the caller goes. */
  readonly ports?: PortSet;
}

/** Workloads of one account that keep other calls from their sidecar: what they present differs by destination and port. */
interface MovedCapture {
  readonly account: Account;
  readonly callers: readonly MovedCaller[];
  readonly assumptions: readonly string[];
}

type SidesOfWorkloads = Pick<Sides, 'base' | 'head' | 'renamed'>;

export function movedAccounts({ base, head, renamed }: SidesOfWorkloads): readonly MovedAccount[] {
  const moved: MovedCaller[] = [];
  for (const after of head.workloads.values()) {
    const before = base.workloads.get(renamed.get(after.id) ?? after.id);
    if (before !== undefined && before !== after && callsOtherwise(before, after)) moved.push({ base: before, head: after });
  }
  const groups = groupBy(moved, (caller) => [presentedOn(base, accountOf(caller.base)), presentedOn(head, accountOf(caller.head)), isAmbient(caller.base), isAmbient(caller.head)].map(String).join(' '));
  return [...groups.entries()]
    .sort(([left], [right]) => compareText(left, right))
    .flatMap(([, callers]): MovedAccount[] => {
      const [first] = callers;
      if (first === undefined) return [];
      const assumptions = assumedFor(callers);
      return [{ former: accountOf(first.base), current: accountOf(first.head), callers: [...callers].sort((left, right) => compareText(left.head.id, right.head.id)), ambient: { base: isAmbient(first.base), head: isAmbient(first.head) }, assumptions }];
    });
}

/** A client in ambient goes by waypoints, and arrives at sidecars in a tunnel (M20, M75). */
function callsOtherwise(before: Workload, after: Workload): boolean {
  return accountOf(before) !== accountOf(after) || (accountOf(after) !== null && isAmbient(before) !== isAmbient(after));
}

function assumedFor(callers: readonly MovedCaller[]): readonly string[] {
  return distinct(callers.flatMap((caller) => [caller.base, caller.head].flatMap(({ enrolment }) => (enrolment.mode === 'unknown' ? [enrolment.assumption] : []))));
}

function capturesOf(sides: SidesOfWorkloads): readonly MovedCapture[] {
  return movedCaptures(sides).flatMap((callers) => {
    const [first] = callers;
    return first === undefined ? [] : [{ account: accountOf(first.head), callers, assumptions: assumedFor(callers) }];
  });
}

/** What the destination sees of them: the account at some ports before alone, or only now. */
function atDestination({ account, callers: all, assumptions }: MovedCapture, sides: SidesOfWorkloads, pair: Pair): readonly MovedAccount[] {
  // What a pod sends to itself leaves it by no proxy.
  const callers = all.filter(({ head }) => head.id !== pair.head.id);
  const [first] = callers;
  if (first === undefined) return [];
  const { lost, gained } = portsMoved(sides, first, pair);
  const whole = { callers, ambient: { base: false, head: false }, assumptions };
  return [...(lost === undefined ? [] : [{ ...whole, former: account, current: null, ports: lost }]), ...(gained === undefined ? [] : [{ ...whole, former: null, current: account, ports: gained }])];
}

function accountOf({ namespace, serviceAccount, enrolment }: Workload): Account {
  return enrolment.mode === 'none' ? null : `ns/${namespace}/sa/${serviceAccount}`;
}

/** What an account of `movedAccounts` presents on one side. */
export function presentedOn(mesh: Mesh, account: Account): string | null {
  return account === null ? null : `${mesh.config.trustDomain}/${account}`;
}

/** Finds, for a destination, the accounts that its policies tell apart: every distinct predicate is asked once. */
export class AccountsApart {
  readonly #sides: SidesOfWorkloads;
  readonly #moved: readonly (MovedAccount | MovedCapture)[];
  readonly #principals: readonly (readonly [readonly (string | null)[], readonly (string | null)[]])[];
  readonly #byPredicate = new WeakMap<Predicate, ReadonlySet<MovedAccount | MovedCapture>>();
  readonly #byLayer = new WeakMap<Layer, ReadonlySet<MovedAccount | MovedCapture>>();

  constructor(sides: SidesOfWorkloads) {
    this.#sides = sides;
    this.#moved = [...movedAccounts(sides), ...capturesOf(sides)];
    this.#principals = this.#moved.map((moved) => {
      const [former, current] = 'account' in moved ? [moved.account, null] : [moved.former, moved.current];
      return [[presentedOn(sides.base, former), presentedOn(sides.head, former)], [presentedOn(sides.base, current), presentedOn(sides.head, current)]];
    });
  }

  get any(): boolean {
    return this.#moved.length > 0;
  }

  at(postures: readonly DestinationPosture[], pair: Pair): readonly MovedAccount[] {
    if (this.#moved.length === 0) return [];
    const found = new Set(postures.flatMap((posture) => posture.possible.flatMap((path) => path.layers.flatMap((layer) => [...this.#in(layer)]))));
    return found.size === 0 ? [] : this.#moved.filter((moved) => found.has(moved)).flatMap((moved) => ('account' in moved ? atDestination(moved, this.#sides, pair) : [moved]));
  }

  #in(layer: Layer): ReadonlySet<MovedAccount | MovedCapture> {
    const known = this.#byLayer.get(layer);
    if (known !== undefined) return known;
    const cubes = [...(layer.allow === 'all' ? [] : layer.allow), ...layer.deny];
    const fresh = new Set(cubes.flatMap((cube) => cube.predicates.flatMap((predicate) => (predicate.dimension === 'peer' || predicate.dimension === 'address' ? [...this.#of(predicate)] : []))));
    this.#byLayer.set(layer, fresh);
    return fresh;
  }

  #of(predicate: Predicate): ReadonlySet<MovedAccount | MovedCapture> {
    const known = this.#byPredicate.get(predicate);
    if (known !== undefined) return known;
    const fresh = new Set(this.#moved.filter((moved, index) => {
      // Who is in ambient is told by what it addresses.
      if (predicate.dimension === 'address') return 'ambient' in moved && moved.ambient.base !== moved.ambient.head;
      const [former = [], current = []] = this.#principals[index] ?? [];
      return former.some((principal, side) => holds(predicate, principal) !== holds(predicate, current[side] ?? null));
    }));
    this.#byPredicate.set(predicate, fresh);
    return fresh;
  }
}

/** The ways of one caller: what is said of it is answered, the rest stays. */
export function atCaller(paths: readonly Path[], principal: string | null, ambient: boolean): readonly Path[] {
  return paths.map(({ id, layers }) => ({ id, layers: layers.map((layer) => settled(layer, saidOf(principal, ambient))) }));
}

/** Requests that this caller cannot send, of the cubes of those that cannot exist. */
export function cubesAtCaller(cubes: readonly Cube[], principal: string | null, ambient: boolean): readonly Cube[] {
  return settledCubes(cubes, saidOf(principal, ambient));
}

/** Only a client in ambient goes by a waypoint. */
function saidOf(principal: string | null, ambient: boolean): (dimension: Dimension) => Value | undefined {
  return (dimension) => (dimension === 'peer' ? principal : dimension === 'address' && !ambient ? null : undefined);
}
