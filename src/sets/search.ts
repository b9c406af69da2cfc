/**
 * Search for a point that lies in a region, avoids every blocker, satisfies every demand and is refused by every rival path: a
 * multi-valued DPLL over atoms (`docs/engine.md`). A blocker is a clause "escape me in at least one dimension".
 * Null is a proof that there is no such point. Work is counted in blocker tests, never in time.
 *
 * NOTE: the innermost loops count: code that has not been compiled yet makes an object for each step of `for … of`.
 */
import type { Box, Space } from './space.ts';

/** One of the boxes must hold the point. */
export type Demand = readonly Box[];

/** A layer of a rival path, as far as it meets the seed. `allow: undefined`: it requires nothing. */
export interface RivalLayer {
  readonly allow: readonly Box[] | undefined;
  readonly deny: readonly Box[];
}

/** A path that must refuse the point: some layer denies it, or has an allow list that does not hold it. */
export type Rival = readonly RivalLayer[];

export interface Question {
  readonly space: Space;
  readonly blockers: readonly Box[];
  readonly demands: readonly Demand[];
  readonly rivals: readonly Rival[];
}

export interface Found {
  /** A box whose points all answer the question. */
  readonly region: Uint32Array;
  /** What `region` may be widened to without losing a demand or the refusal that was chosen. */
  readonly bound: Uint32Array;
  /** Allow lists of rival layers that the region escapes: blockers from now on. */
  readonly escaped: readonly Box[];
}

export interface Budget {
  left: number;
}

export type Outcome = Found | 'none' | 'limit';

/** How a region and a box meet on one axis. */
const apart = 0;
const inside = 1;
const partly = 2;

function meeting(space: Space, region: Uint32Array, box: Uint32Array, index: number): number {
  const axis = space.axes[index] as Space['axes'][number];
  const end = axis.offset + axis.words;
  let both = 0;
  let out = 0;
  for (let at = axis.offset; at < end; at += 1) {
    both |= (region[at] as number) & (box[at] as number);
    out |= (region[at] as number) & ~(box[at] as number);
  }
  return both === 0 ? apart : out === 0 ? inside : partly;
}

/** `apart`, `inside` (the region lies in the box) or `partly`. */
function meetingAll(space: Space, region: Uint32Array, box: Box): number {
  let result = inside;
  const { narrow, words } = box;
  for (let at = 0; at < narrow.length; at += 1) {
    const here = meeting(space, region, words, narrow[at] as number);
    if (here === apart) return apart;
    if (here === partly) result = partly;
  }
  return result;
}

function keepInside(region: Uint32Array, box: Uint32Array): Uint32Array {
  const result = region.slice();
  for (let at = 0; at < result.length; at += 1) result[at] = (result[at] as number) & (box[at] as number);
  return result;
}

function escape(space: Space, region: Uint32Array, box: Uint32Array, index: number): void {
  const axis = space.axes[index] as Space['axes'][number];
  const end = axis.offset + axis.words;
  for (let at = axis.offset; at < end; at += 1) region[at] = (region[at] as number) & ~(box[at] as number);
}

function restrictAxis(space: Space, region: Uint32Array, box: Uint32Array, index: number): void {
  const axis = space.axes[index] as Space['axes'][number];
  const end = axis.offset + axis.words;
  for (let at = axis.offset; at < end; at += 1) region[at] = (region[at] as number) & (box[at] as number);
}

interface Node {
  readonly region: Uint32Array;
  readonly bound: Uint32Array;
  readonly blockers: readonly Box[];
  readonly demands: readonly Demand[];
  readonly rivals: readonly Rival[];
  readonly escaped: readonly Box[];
}

/** @param widest what a find may be widened to; contains `start` */
export function search(question: Question, start: Box, budget: Budget, widest: Box = start): Outcome {
  return visit(question.space, { region: start.words, bound: widest.words, blockers: question.blockers, demands: question.demands, rivals: question.rivals, escaped: [] }, budget);
}

/** What is left of a rival inside a region; `settled` = it refuses the whole region, by the given means. */
type RivalView =
  | { readonly kind: 'settled'; readonly within?: Box; readonly escaped?: readonly Box[] }
  | { readonly kind: 'passes' }
  | { readonly kind: 'open'; readonly denials: readonly Box[]; readonly escapes: readonly (readonly Box[])[] };

function viewRival(space: Space, region: Uint32Array, rival: Rival, budget: Budget): RivalView {
  const denials: Box[] = [];
  const escapes: (readonly Box[])[] = [];
  for (const layer of rival) {
    budget.left -= layer.deny.length + (layer.allow?.length ?? 0);
    for (const box of layer.deny) {
      const here = meetingAll(space, region, box);
      if (here === inside) return { kind: 'settled', within: box };
      if (here === partly) denials.push(box);
    }
    if (layer.allow === undefined) continue;
    const met: Box[] = [];
    let covered = false;
    for (const box of layer.allow) {
      const here = meetingAll(space, region, box);
      if (here === apart) continue;
      met.push(box);
      if (here === inside) covered = true;
    }
    // The whole list, not only what the region meets: what it is widened to later must escape all of it.
    if (met.length === 0) return { kind: 'settled', escaped: layer.allow };
    if (!covered) escapes.push(layer.allow);
  }
  return denials.length + escapes.length === 0 ? { kind: 'passes' } : { kind: 'open', denials, escapes };
}

function visit(space: Space, node: Node, budget: Budget): Outcome {
  const region = node.region.slice();
  let bound = node.bound;
  let escaped = node.escaped;
  let blockers: readonly Box[] = node.blockers;
  let demands = node.demands;
  let rivals = node.rivals;
  let fewest: Box | undefined;

  for (let changed = true; changed; ) {
    changed = false;
    fewest = undefined;
    let fewestEscapes = Infinity;
    const active: Box[] = [];
    budget.left -= blockers.length;
    if (budget.left < 0) return 'limit';
    for (const box of blockers) {
      let escapes = 0;
      let escapeAxis = -1;
      let met = true;
      const { narrow } = box;
      for (let at = 0; at < narrow.length; at += 1) {
        const index = narrow[at] as number;
        const here = meeting(space, region, box.words, index);
        if (here === apart) {
          met = false;
          break;
        }
        if (here === partly) {
          escapes += 1;
          escapeAxis = index;
        }
      }
      if (!met) continue;
      if (escapes === 0) return 'none';
      if (escapes === 1) {
        escape(space, region, box.words, escapeAxis);
        changed = true;
        continue;
      }
      active.push(box);
      if (escapes < fewestEscapes) {
        fewest = box;
        fewestEscapes = escapes;
      }
    }
    blockers = active;
    if (changed) continue;

    const openDemands: Demand[] = [];
    for (const demand of demands) {
      budget.left -= demand.length;
      const met: Box[] = [];
      let holder: Box | undefined;
      for (const box of demand) {
        const here = meetingAll(space, region, box);
        if (here === apart) continue;
        if (here === inside) {
          holder = box;
          break;
        }
        met.push(box);
      }
      if (holder !== undefined) {
        bound = keepInside(bound, holder.words);
        continue;
      }
      const only = met[0];
      if (only === undefined) return 'none';
      if (met.length === 1) {
        for (const index of only.narrow) restrictAxis(space, region, only.words, index);
        bound = keepInside(bound, only.words);
        changed = true;
        continue;
      }
      openDemands.push(met);
    }
    demands = openDemands;
    if (changed) continue;

    const openRivals: Rival[] = [];
    for (const rival of rivals) {
      const view = viewRival(space, region, rival, budget);
      if (view.kind === 'passes') return 'none';
      if (view.kind === 'open') {
        openRivals.push(rival);
        continue;
      }
      if (view.within !== undefined) bound = keepInside(bound, view.within.words);
      if (view.escaped !== undefined) escaped = [...escaped, ...view.escaped];
    }
    rivals = openRivals;
  }
  if (budget.left < 0) return 'limit';

  const demand = demands[0];
  if (demand !== undefined) {
    const rest = demands.slice(1);
    return firstOf(demand, (box) => visit(space, { region: keepInside(region, box.words), bound: keepInside(bound, box.words), blockers, demands: rest, rivals, escaped }, budget));
  }
  const rival = rivals[0];
  if (rival !== undefined) {
    const rest = rivals.slice(1);
    const view = viewRival(space, region, rival, budget);
    if (view.kind !== 'open') return 'none';
    const denied = firstOf(view.denials, (box) => visit(space, { region: keepInside(region, box.words), bound: keepInside(bound, box.words), blockers, demands, rivals: rest, escaped }, budget));
    if (denied !== 'none') return denied;
    return firstOf(view.escapes, (allow) => visit(space, { region, bound, blockers: [...blockers, ...allow], demands, rivals: rest, escaped: [...escaped, ...allow] }, budget));
  }
  if (fewest === undefined) return { region, bound, escaped };
  return branch(space, { region, bound, blockers, demands, rivals, escaped }, fewest, budget);
}

/** The first answer that is not "none"; a limit stops as well. */
function firstOf<T>(choices: readonly T[], attempt: (choice: T) => Outcome): Outcome {
  for (const choice of choices) {
    const outcome = attempt(choice);
    if (outcome !== 'none') return outcome;
  }
  return 'none';
}

/** Disjoint branches: escape in one axis, stay inside the blocker in the axes already tried. */
function branch(space: Space, node: Node, blocker: Box, budget: Budget): Outcome {
  const axes = blocker.narrow.filter((index) => meeting(space, node.region, blocker.words, index) === partly);
  const cleared = new Map(
    axes.map((index) => {
      const region = node.region.slice();
      escape(space, region, blocker.words, index);
      budget.left -= node.blockers.length;
      return [index, node.blockers.reduce((count, box) => (box.narrow.includes(index) && meeting(space, region, box.words, index) === apart ? count + 1 : count), 0)] as const;
    }),
  );
  axes.sort((left, right) => (cleared.get(right) ?? 0) - (cleared.get(left) ?? 0) || left - right);
  const rest = node.blockers.filter((box) => box !== blocker);
  const stay = node.region.slice();
  for (const index of axes) {
    const region = stay.slice();
    escape(space, region, blocker.words, index);
    const outcome = visit(space, { ...node, region, blockers: rest }, budget);
    if (outcome !== 'none') return outcome;
    restrictAxis(space, stay, blocker.words, index);
  }
  return 'none';
}

/**
 * The largest box around a found region, axis by axis in their order, that stays in its bound and off every blocker.
 * INVARIANT: `blockers` contains what the region was searched with and `found.escaped`.
 */
export function expand(space: Space, found: Found, blockers: readonly Box[]): Uint32Array {
  const region = found.region.slice();
  for (let index = 0; index < space.axes.length; index += 1) {
    const axis = space.axes[index] as Space['axes'][number];
    const end = axis.offset + axis.words;
    const wider = found.bound.slice(axis.offset, end);
    for (const box of blockers) {
      // A blocker that is whole on this axis is avoided on another one.
      if (!box.narrow.includes(index)) continue;
      let met = true;
      for (let at = 0; at < box.narrow.length; at += 1) {
        const other = box.narrow[at] as number;
        if (other !== index && meeting(space, region, box.words, other) === apart) {
          met = false;
          break;
        }
      }
      if (!met) continue;
      for (let word = 0; word < axis.words; word += 1) wider[word] = (wider[word] as number) & ~(box.words[axis.offset + word] as number);
    }
    region.set(wider, axis.offset);
  }
  return region;
}
