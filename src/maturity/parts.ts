/**
 * A rating is a weighted sum of parts, each the mean of a score per subject (0: nothing, 1: all that can be asked). Subjects make a
 * lost tenth traceable, and let a delta be computed over the same subjects on both sides.
 *
 * INVARIANT: no score of a subject falls when a hole at it is closed, and no weight depends on policies; so no rating does.
 */
import { sortedBy } from '#lib/order.ts';
import type { PairGrid } from './pair-grid.ts';
import type { Evidence } from '#findings/finding.ts';
import type { Rating } from './scorecard.ts';

export interface Item {
  /** 0 to 1. */
  readonly score: number;
  /** What it lacks; empty where nothing. */
  readonly lacks: string;
}

export interface Part {
  readonly name: string;
  /** The weights of a dimension's parts sum to 1. */
  readonly weight: number;
  readonly items: ReadonlyMap<string, Item>;
  /** Instead of `items`, where the subjects are pairs: a mesh has far more of them than anybody could list. */
  readonly grid?: PairGrid;
  /**
   * What a subject that only the other side has counts here: 1 where its absence is harmless (a plaintext server that is gone), 0
   * where it was protection, `ignore` where it is population.
   */
  readonly absent: 0 | 1 | 'ignore';
}

export interface Measured {
  readonly parts: readonly Part[];
  readonly evidence: Evidence;
  /** One sentence. */
  readonly reason: string;
  /** Set: there is no rating, and `reason` says why. `not-applicable` moves the weight to the others, `unknown` earns nothing. */
  readonly without?: 'not-applicable' | 'unknown';
}

/** 0.0 to 5.0, one decimal. */
export function ratingOf(parts: readonly Part[]): number {
  return oneDecimal(5 * parts.reduce((sum, part) => sum + part.weight * (part.grid === undefined ? meanOf(part, part.items.keys()) : part.grid.mean()), 0));
}

/** Over the subjects of both sides: what a part has on one side only is counted by `absent`. */
export function ratingOver(parts: readonly Part[], others: readonly Part[]): number {
  const byName = new Map(others.map((part) => [part.name, part]));
  return oneDecimal(
    5 *
      parts.reduce((sum, part) => {
        const other = byName.get(part.name);
        if (part.grid !== undefined) return sum + part.weight * part.grid.mean(other?.grid);
        return sum + part.weight * meanOf(part, subjectsOf(part, other));
      }, 0),
  );
}

function* subjectsOf(part: Part, other: Part | undefined): Generator<string> {
  const shared = part.absent === 'ignore' && other !== undefined;
  for (const subject of part.items.keys()) if (!shared || other.items.has(subject)) yield subject;
  if (!shared) for (const subject of other?.items.keys() ?? []) if (!part.items.has(subject)) yield subject;
}

/** A part without subjects has nothing wrong with it. */
function meanOf(part: Part, subjects: Iterable<string>): number {
  let sum = 0;
  let number = 0;
  for (const subject of subjects) {
    sum += part.items.get(subject)?.score ?? (part.absent === 'ignore' ? 0 : part.absent);
    number += 1;
  }
  return number === 0 ? 1 : sum / number;
}

export function oneDecimal(value: number): number {
  // A sum of thirds must not fall below its tenth by the last bit; and there is no minus zero.
  const rounded = Math.round((value + Number.EPSILON * 16) * 10) / 10;
  return rounded === 0 ? 0 : rounded;
}

/** Subjects that a rating names; more would not be read. */
const shownSubjects = 25;

export function toRating(measured: Measured): Rating {
  const costly = measured.parts.flatMap((part) => [...(part.grid?.firstOpen(shownSubjects) ?? part.items)].filter(([, item]) => item.score < 1).map(([subject, item]) => ({ subject, lacks: item.lacks, cost: part.weight * (1 - item.score) })));
  return {
    rating: measured.without === undefined ? ratingOf(measured.parts) : null,
    evidence: measured.evidence,
    reason: measured.reason,
    subjects: sortedBy(costly, (entry) => -entry.cost, (entry) => entry.subject, (entry) => entry.lacks)
      .slice(0, shownSubjects)
      .map(({ subject, lacks }) => ({ subject, lacks })),
  };
}

export function item(score: number, lacks: string): Item {
  return { score, lacks: score >= 1 ? '' : lacks };
}
