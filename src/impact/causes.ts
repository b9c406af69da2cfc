/**
 * Which edits a change comes from: a set that alone, applied to the base, flips the witness, while no proper subset of it that
 * lacks one edit does. Proved on the concrete evaluator, edit by edit.
 */
import type { Decision, Query } from '#posture/query.ts';
import type { Edit } from './edits.ts';

/** Answers the witness on the base with only these edits applied. */
export type Counterfactual = (edits: readonly Edit[], query: Query) => Decision;

const rank = { deny: 0, asks: 1, allow: 2, unknown: -1 } as const;

/** How an answer must move: up for a widening, down for a narrowing, anything but equal otherwise. */
export function flips(before: Decision, after: Decision, way: 'up' | 'down'): boolean {
  if (before.verdict === 'unknown' || after.verdict === 'unknown') return false;
  return way === 'up' ? rank[after.verdict] > rank[before.verdict] : rank[after.verdict] < rank[before.verdict];
}

/** Above this many candidates only single edits and the whole are tried: a proof of minimality would cost more than it tells. */
const MOST_CANDIDATES = 60;

export interface CauseSearch {
  readonly query: Query;
  readonly base: Decision;
  readonly way: 'up' | 'down';
  /** Likely ones first: policies that made the seed or either answer. */
  readonly candidates: readonly Edit[];
  readonly counterfactual: Counterfactual;
}

/** The minimal set, or all candidates where they do not flip the witness even together (what differs is not an edit of ours). */
export function minimalCauses(search: CauseSearch): readonly Edit[] {
  const applied = (edits: readonly Edit[]): boolean => flips(search.base, search.counterfactual(edits, search.query), search.way);
  for (const edit of search.candidates.slice(0, MOST_CANDIDATES)) {
    if (applied([edit])) return [edit];
  }
  if (!applied(search.candidates)) return search.candidates;
  let kept = [...search.candidates];
  if (kept.length > MOST_CANDIDATES) kept = halve(kept, applied);
  for (const edit of [...kept]) {
    const rest = kept.filter((other) => other !== edit);
    if (applied(rest)) kept = rest;
  }
  return kept;
}

/** Throws away halves that are not needed, so that the edit-by-edit pass stays short. */
function halve(edits: readonly Edit[], applied: (edits: readonly Edit[]) => boolean): Edit[] {
  let kept = [...edits];
  for (let size = Math.ceil(kept.length / 2); size >= 1 && kept.length > MOST_CANDIDATES; size = Math.floor(size / 2)) {
    for (let at = 0; at < kept.length; at += size) {
      const rest = [...kept.slice(0, at), ...kept.slice(at + size)];
      if (applied(rest)) {
        kept = rest;
        at -= size;
      }
    }
  }
  return kept;
}
