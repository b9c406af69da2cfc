import { assertNever } from '#lib/assert-never.ts';
import { HostFailure, type IssueComment, type PullRequestHost } from '#app/ports.ts';
import type { StickyPlan } from '#report/review/plan-sticky.ts';

export type SummaryOutcome =
  | { readonly type: 'created' | 'updated' | 'unchanged' | 'stale'; readonly comment: IssueComment }
  | { readonly type: 'not-wanted' }
  | { readonly type: 'failed'; readonly failure: HostFailure };

/**
 * One summary comment per tag, edited in place.
 * @param plan what to do with the comments that are there; asked again after a comment was created, because two runs that start together both find none
 */
export async function writeSummary(host: PullRequestHost, plan: (existing: readonly IssueComment[]) => StickyPlan): Promise<SummaryOutcome> {
  try {
    const existing = await host.issueComments();
    const first = await carryOut(host, plan(existing), existing, plan);
    if (first.type !== 'created') return first;
    const now = await host.issueComments();
    const second = plan(now);
    if (second.action === 'create' || second.action === 'none') return first;
    const outcome = await carryOut(host, second, now, plan);
    return outcome.type === 'unchanged' && outcome.comment.id === first.comment.id ? first : outcome;
  } catch (error) {
    if (error instanceof HostFailure) return { type: 'failed', failure: error };
    throw error;
  }
}

async function carryOut(host: PullRequestHost, plan: StickyPlan, existing: readonly IssueComment[], again: (existing: readonly IssueComment[]) => StickyPlan): Promise<SummaryOutcome> {
  const at = (id: number): IssueComment => {
    const comment = existing.find((candidate) => candidate.id === id);
    if (comment === undefined) throw new Error('the plan names a comment that is not there');
    return comment;
  };
  for (const id of plan.remove) await host.deleteIssueComment(id);
  switch (plan.action) {
    case 'create':
      return create(host, plan.body, again);
    case 'update':
      return { type: 'updated', comment: await host.updateIssueComment(plan.id, plan.body) };
    case 'keep':
      return { type: 'unchanged', comment: at(plan.id) };
    case 'stale':
      return { type: 'stale', comment: at(plan.id) };
    case 'none':
      return { type: 'not-wanted' };
    default:
      return assertNever(plan);
  }
}

async function create(host: PullRequestHost, body: string, plan: (existing: readonly IssueComment[]) => StickyPlan): Promise<SummaryOutcome> {
  try {
    return { type: 'created', comment: await host.createIssueComment(body) };
  } catch (error) {
    // GitHub may have taken it before the connection broke: look before posting again.
    if (!(error instanceof HostFailure) || error.kind !== 'unavailable') throw error;
    const now = await host.issueComments();
    const next = plan(now);
    const posted = next.action === 'keep' || next.action === 'update' || next.action === 'stale' ? now.find((comment) => comment.id === next.id) : undefined;
    return { type: 'created', comment: posted ?? (await host.createIssueComment(body)) };
  }
}
