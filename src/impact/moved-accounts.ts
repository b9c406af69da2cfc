/**
 * Declared workloads that act under another account than before: what each could do on the base is compared with what it can do at the
 * head, at every destination that tells the two accounts apart (engine section 3.10).
 */
import { groupBy } from '#lib/group.ts';
import { compareText, distinct } from '#lib/order.ts';
import { isAmbient } from '#mesh/enrolment.ts';
import type { Mesh, Workload } from '#mesh/model.ts';
import type { DestinationPosture } from '#posture/paths.ts';
import type { Cube, Dimension, Layer, Path, Predicate } from '#sets/cube.ts';
import { holds } from '#sets/matches.ts';
import type { Value } from '#sets/matcher.ts';
import { settled, settledCubes } from '#sets/settle.ts';
import { principalOf } from './callers.ts';

export interface MovedCaller {
  readonly base: Workload;
  readonly head: Workload;
}

/** Workloads that went from one account to another, in order of their ids. */
export interface MovedAccount {
  readonly former: string;
  readonly current: string;
  readonly callers: readonly MovedCaller[];
  /** They start in ambient, so that what has a waypoint is reached through it. */
  readonly ambient: boolean;
  /** Enrolment that has to be assumed for them. */
  readonly assumptions: readonly string[];
}

type SidesOfWorkloads = { readonly base: Mesh; readonly head: Mesh; readonly renamed: ReadonlyMap<string, string> };

/** Without those of which one side presents no identity at all. */
export function movedAccounts({ base, head, renamed }: SidesOfWorkloads): readonly MovedAccount[] {
  const moved: MovedCaller[] = [];
  for (const after of head.workloads.values()) {
    const before = base.workloads.get(renamed.get(after.id) ?? after.id);
    if (before === undefined || before === after || (before.serviceAccount === after.serviceAccount && before.namespace === after.namespace)) continue;
    if (before.enrolment.mode !== 'none' && after.enrolment.mode !== 'none') moved.push({ base: before, head: after });
  }
  const groups = groupBy(moved, (caller) => [principalOf(base, caller.base), principalOf(head, caller.head), String(isAmbient(caller.head))].join(' '));
  return [...groups.entries()]
    .sort(([left], [right]) => compareText(left, right))
    .flatMap(([, callers]): MovedAccount[] => {
      const [first] = callers;
      if (first === undefined) return [];
      const assumptions = distinct(callers.flatMap((caller) => [caller.base, caller.head].flatMap(({ enrolment }) => (enrolment.mode === 'unknown' ? [enrolment.assumption] : []))));
      return [{ former: accountOf(first.base), current: accountOf(first.head), callers: [...callers].sort((left, right) => compareText(left.head.id, right.head.id)), ambient: isAmbient(first.head), assumptions }];
    });
}

function accountOf({ namespace, serviceAccount }: Workload): string {
  return `ns/${namespace}/sa/${serviceAccount}`;
}

/** What an account of `movedAccounts` presents on one side. */
export function presentedOn(mesh: Mesh, account: string): string {
  return `${mesh.config.trustDomain}/${account}`;
}

/** Finds, for a destination, the accounts that its policies tell apart: every distinct predicate is asked once. */
export class AccountsApart {
  readonly #accounts: readonly MovedAccount[];
  readonly #principals: readonly (readonly [readonly string[], readonly string[]])[];
  readonly #byPredicate = new WeakMap<Predicate, readonly MovedAccount[]>();
  readonly #byLayer = new WeakMap<Layer, readonly MovedAccount[]>();

  constructor(sides: SidesOfWorkloads) {
    this.#accounts = movedAccounts(sides);
    this.#principals = this.#accounts.map(({ former, current }) => [[presentedOn(sides.base, former), presentedOn(sides.head, former)], [presentedOn(sides.base, current), presentedOn(sides.head, current)]]);
  }

  get any(): boolean {
    return this.#accounts.length > 0;
  }

  at(postures: readonly DestinationPosture[]): readonly MovedAccount[] {
    if (this.#accounts.length === 0) return [];
    const found = new Set(postures.flatMap((posture) => posture.possible.flatMap((path) => path.layers.flatMap((layer) => this.#in(layer)))));
    return found.size === 0 ? [] : this.#accounts.filter((account) => found.has(account));
  }

  #in(layer: Layer): readonly MovedAccount[] {
    const known = this.#byLayer.get(layer);
    if (known !== undefined) return known;
    const cubes = [...(layer.allow === 'all' ? [] : layer.allow), ...layer.deny];
    const fresh = [...new Set(cubes.flatMap((cube) => cube.predicates.flatMap((predicate) => (predicate.dimension === 'peer' ? this.#of(predicate) : []))))];
    this.#byLayer.set(layer, fresh);
    return fresh;
  }

  #of(predicate: Predicate): readonly MovedAccount[] {
    const known = this.#byPredicate.get(predicate);
    if (known !== undefined) return known;
    const fresh = this.#accounts.filter((_, index) => {
      const [former = [], current = []] = this.#principals[index] ?? [];
      return former.some((principal, side) => holds(predicate, principal) !== holds(predicate, current[side] ?? null));
    });
    this.#byPredicate.set(predicate, fresh);
    return fresh;
  }
}

/** The ways of one caller: what is said of it is answered, the rest stays. */
export function atCaller(paths: readonly Path[], principal: string, ambient: boolean): readonly Path[] {
  return paths.map(({ id, layers }) => ({ id, layers: layers.map((layer) => settled(layer, saidOf(principal, ambient))) }));
}

export function cubesAtCaller(cubes: readonly Cube[], ambient: boolean): readonly Cube[] {
  // Every identity is alike to what cannot exist: it asks only whether there is one.
  return settledCubes(cubes, saidOf('cluster.local/ns/some/sa/some', ambient));
}

/** Only a client in ambient goes by a waypoint. */
function saidOf(principal: string, ambient: boolean): (dimension: Dimension) => Value | undefined {
  return (dimension) => (dimension === 'peer' ? principal : dimension === 'address' && !ambient ? null : undefined);
}
