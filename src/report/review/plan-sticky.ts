/** What to do with the one summary comment of a pull request. */
import { assertNever } from '#lib/assert-never.ts';
import type { Verdict } from '../report.ts';
import { readStickyMarker, type StickyState } from '../markdown/marker.ts';
import { sameLogin } from './reconcile.ts';

export interface ExistingSticky {
  readonly id: number;
  readonly author: string;
  readonly body: string;
}

export type StickyMode = 'always' | 'on-findings' | 'on-failure' | 'never';

export interface StickyWish {
  /** The whole comment, as `stickyComment` gives it. */
  readonly body: string;
  readonly viewer: string;
  readonly mode: StickyMode;
  readonly verdict: Verdict;
  /** New and worsened findings plus effective changes, whatever the verdict says about them. */
  readonly somethingToSay: boolean;
}

export type StickyPlan =
  | { readonly action: 'create'; readonly body: string; readonly remove: readonly number[] }
  | { readonly action: 'update'; readonly id: number; readonly body: string; readonly remove: readonly number[] }
  | { readonly action: 'keep'; readonly id: number; readonly remove: readonly number[] }
  /** A newer run has written already: this one is late and says nothing. */
  | { readonly action: 'stale'; readonly id: number; readonly remove: readonly number[] }
  | { readonly action: 'none'; readonly remove: readonly number[] };

function newer(left: StickyState, right: StickyState): boolean {
  return left.head === right.head && (left.run > right.run || (left.run === right.run && left.attempt > right.attempt));
}

function wantsNew(wish: StickyWish): boolean {
  switch (wish.mode) {
    case 'always':
      return true;
    case 'on-findings':
      return wish.somethingToSay || wish.verdict === 'fail' || wish.verdict === 'error';
    case 'on-failure':
      return wish.verdict === 'fail' || wish.verdict === 'error';
    case 'never':
      return false;
    default:
      return assertNever(wish.mode);
  }
}

/**
 * A comment that is there is always brought up to date, also to green; one that is not there is made only where the mode asks for
 * it. Of several of ours (two runs raced) the lowest id stays.
 */
export function planSticky(existing: readonly ExistingSticky[], wish: StickyWish): StickyPlan {
  const wanted = readStickyMarker(wish.body);
  if (wanted === null) throw new Error('the wanted comment has no marker');
  const own = existing
    .filter((comment) => sameLogin(comment.author, wish.viewer))
    .flatMap((comment) => {
      const marker = readStickyMarker(comment.body);
      return marker !== null && marker.tag === wanted.tag ? [{ comment, state: marker.state }] : [];
    })
    .sort((left, right) => left.comment.id - right.comment.id);
  const kept = own[0];
  if (kept === undefined) return wantsNew(wish) ? { action: 'create', body: wish.body, remove: [] } : { action: 'none', remove: [] };

  const { id } = kept.comment;
  const late = own.some(({ state }) => state !== null && wanted.state !== null && newer(state, wanted.state));
  // The newest words may stand in a duplicate: nothing is removed by a run that is late.
  if (late) return { action: 'stale', id, remove: [] };
  const remove = own.slice(1).map(({ comment }) => comment.id);
  const same = wanted.state !== null && kept.state !== null && kept.state.head === wanted.state.head && kept.state.hash === wanted.state.hash;
  return same ? { action: 'keep', id, remove } : { action: 'update', id, body: wish.body, remove };
}
