/** What a workflow event says, as far as the comparison depends on it; payloads are `unknown` until read here. */

export interface PullRequestEvent {
  readonly type: 'pull_request' | 'pull_request_target';
  readonly action: string;
  readonly number: number;
  /** The base branch's tip when the event fired: may be hours behind the test merge. */
  readonly baseSha: string;
  readonly headSha: string;
  /** From another repository, or from one that is deleted: the token can only read. */
  readonly fork: boolean;
}

export type WorkflowEvent =
  | PullRequestEvent
  | { readonly type: 'merge_group'; readonly baseSha: string; readonly headSha: string }
  | { readonly type: 'push'; readonly before: string; readonly after: string; readonly forced: boolean; readonly deleted: boolean }
  | { readonly type: 'schedule' }
  | { readonly type: 'workflow_dispatch' }
  | { readonly type: 'unusable'; readonly reason: string; readonly remedy: string };

type Fields = Readonly<Record<string, unknown>>;

function fields(value: unknown): Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {};
}

const sha = (value: unknown): string | null => (typeof value === 'string' && /^[0-9a-f]{40}(?:[0-9a-f]{24})?$/i.test(value) ? value.toLowerCase() : null);

const supported = 'pull_request, merge_group, push, schedule, workflow_dispatch';

/**
 * @param name `GITHUB_EVENT_NAME`
 * @param payload the parsed JSON of `GITHUB_EVENT_PATH`
 * @see https://docs.github.com/en/actions/reference/workflows-and-actions/events-that-trigger-workflows
 */
export function readEvent(name: string, payload: unknown): WorkflowEvent {
  const event = fields(payload);
  switch (name) {
    case 'pull_request':
    case 'pull_request_target': {
      const pull = fields(event['pull_request']);
      const base = fields(pull['base']);
      const head = fields(pull['head']);
      const baseSha = sha(base['sha']);
      const headSha = sha(head['sha']);
      const number = pull['number'] ?? event['number'];
      if (baseSha === null || headSha === null || typeof number !== 'number' || !Number.isSafeInteger(number) || number < 1) {
        return unusable(`the payload of the event \`${name}\` holds no pull request with a number, a base and a head commit`, 'run this step on `pull_request`, or give `base-ref` and `head-ref`');
      }
      const ours = fields(base['repo'])['full_name'];
      const theirs = fields(head['repo'])['full_name'];
      return { type: name, action: typeof event['action'] === 'string' ? event['action'] : '', number, baseSha, headSha, fork: typeof theirs !== 'string' || theirs !== ours };
    }
    case 'merge_group': {
      const group = fields(event['merge_group']);
      const baseSha = sha(group['base_sha']);
      const headSha = sha(group['head_sha']);
      if (baseSha === null || headSha === null) return unusable('the payload of the event `merge_group` holds no base and head commit', 'run this step on `merge_group` with the type `checks_requested`');
      return { type: 'merge_group', baseSha, headSha };
    }
    case 'push': {
      const before = sha(event['before']);
      const after = sha(event['after']);
      if (before === null || after === null) return unusable('the payload of the event `push` holds no commits `before` and `after`', `run this step on one of ${supported}`);
      return { type: 'push', before, after, forced: event['forced'] === true, deleted: event['deleted'] === true };
    }
    case 'schedule':
    case 'workflow_dispatch':
      return { type: name };
    case '':
      return unusable('there is no event: `GITHUB_EVENT_NAME` is not set', 'run this as a step of a workflow, or use the command line `mesh-posture review`');
    default:
      return unusable(`the event \`${name}\` names no pull request and no commits to compare`, `run this step on one of ${supported}, or give \`base-ref\` and \`head-ref\``);
  }
}

function unusable(reason: string, remedy: string): WorkflowEvent {
  return { type: 'unusable', reason, remedy };
}
