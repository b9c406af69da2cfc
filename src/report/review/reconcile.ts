/**
 * What to do with the comments that are already there: a run says each thing once, edits what changed, and takes back what
 * is no longer true. Pure, so that "a second run writes nothing" is a property and not a hope.
 */
import { fingerprintOf, isRetired, resolvedBody } from './comment.ts';
import type { PlannedComment } from './plan-review.ts';

/** One review comment as GitHub lists it; replies are in the same list. */
export interface ExistingComment {
  readonly id: number;
  readonly author: string;
  readonly body: string;
  /** `null`: outdated, GitHub no longer shows it at a line. */
  readonly line: number | null;
  readonly wholeFile: boolean;
  readonly replyTo: number | null;
}

export interface ReconcileOptions {
  /** Our login; with or without `[bot]`. */
  readonly viewer: string;
  /** Commit id that a resolved comment names. */
  readonly head: string;
  /** Findings that are still true though they get no comment in this run (`ReviewPlan.withheld`, `.summaryOnly`). */
  readonly stillTrue: Iterable<string>;
  /** What becomes of a comment without replies whose finding is gone; one with replies is always edited. Default `delete`. */
  readonly stale?: 'delete' | 'minimize' | 'keep';
}

export type Retirement =
  | { readonly how: 'delete'; readonly id: number }
  | { readonly how: 'minimize'; readonly id: number }
  | { readonly how: 'edit-resolved'; readonly id: number; readonly body: string };

export interface Reconciliation {
  readonly keep: readonly { readonly id: number; readonly fingerprint: string }[];
  readonly update: readonly { readonly id: number; readonly fingerprint: string; readonly body: string }[];
  readonly create: readonly PlannedComment[];
  readonly retire: readonly Retirement[];
}

/** GraphQL names an app without the suffix that REST gives it. */
export function sameLogin(left: string, right: string): boolean {
  return left.replace(/\[bot\]$/, '').toLowerCase() === right.replace(/\[bot\]$/, '').toLowerCase();
}

function sameBody(left: string, right: string): boolean {
  const normal = (body: string): string => body.replaceAll('\r\n', '\n').trimEnd();
  return normal(left) === normal(right);
}

export function reconcile(existing: readonly ExistingComment[], wanted: readonly PlannedComment[], options: ReconcileOptions): Reconciliation {
  const { viewer, head, stale = 'delete' } = options;
  const own = (comment: ExistingComment): boolean => sameLogin(comment.author, viewer);
  const answered = new Set<number>();
  for (const comment of existing) if (comment.replyTo !== null && !own(comment)) answered.add(comment.replyTo);

  // Somebody else's comment with our marker in it is not ours.
  const live = existing
    .filter((comment) => own(comment) && comment.replyTo === null && !isRetired(comment.body))
    .flatMap((comment) => {
      const fingerprint = fingerprintOf(comment.body);
      return fingerprint === null ? [] : [{ comment, fingerprint }];
    })
    .sort((left, right) => left.comment.id - right.comment.id);

  const retire: Retirement[] = [];
  const takeBack = (comment: ExistingComment, fingerprint: string, superseded: boolean): void => {
    if (answered.has(comment.id)) retire.push({ how: 'edit-resolved', id: comment.id, body: resolvedBody(comment.body, fingerprint, head) });
    else if (superseded || stale === 'delete') retire.push({ how: 'delete', id: comment.id });
    else if (stale === 'minimize') retire.push({ how: 'minimize', id: comment.id });
  };

  const keep: { readonly id: number; readonly fingerprint: string }[] = [];
  const update: { readonly id: number; readonly fingerprint: string; readonly body: string }[] = [];
  const create: PlannedComment[] = [];
  const remaining = new Map<string, ExistingComment[]>();
  for (const { comment, fingerprint } of live) {
    const list = remaining.get(fingerprint);
    if (list === undefined) remaining.set(fingerprint, [comment]);
    else list.push(comment);
  }

  for (const comment of wanted) {
    const found = remaining.get(comment.fingerprint) ?? [];
    remaining.delete(comment.fingerprint);
    // A thread that people answered is never opened a second time for the same finding; else one that is still shown at a line.
    const chosen = found.find((candidate) => answered.has(candidate.id)) ?? found.find((candidate) => candidate.line !== null || candidate.wholeFile);
    if (chosen === undefined) create.push(comment);
    else if (sameBody(chosen.body, comment.body)) keep.push({ id: chosen.id, fingerprint: comment.fingerprint });
    else update.push({ id: chosen.id, fingerprint: comment.fingerprint, body: comment.body });
    for (const other of found) if (other !== chosen) takeBack(other, comment.fingerprint, true);
  }

  const stillTrue = new Set(options.stillTrue);
  for (const [fingerprint, comments] of remaining) {
    for (const comment of comments) {
      if (stillTrue.has(fingerprint)) keep.push({ id: comment.id, fingerprint });
      else takeBack(comment, fingerprint, false);
    }
  }
  return { keep, update, create, retire };
}
