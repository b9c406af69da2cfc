/**
 * What the runner tells by environment variables and the event's file.
 * @see https://docs.github.com/en/actions/reference/workflows-and-actions/variables
 */
import { readFileSync } from 'node:fs';
import { InputError } from '#app/input-error.ts';
import { readEvent, type WorkflowEvent } from '#adapters/github/event.ts';

export type Variables = Readonly<Record<string, string | undefined>>;

export interface ActionEnvironment {
  readonly workspace: string;
  /** Empty where the runner names none. */
  readonly temporary: string;
  readonly owner: string;
  readonly repo: string;
  /** `https://github.com`, without a `/` at the end. */
  readonly serverUrl: string;
  readonly apiUrl: string;
  /** Web address of the repository. */
  readonly repositoryUrl: string;
  readonly runUrl: string;
  readonly runId: number;
  readonly attempt: number;
  /** On a pull request the test merge. */
  readonly sha: string;
  readonly ref: string;
  /** The branch that a pull request or push goes into; empty where none is told. */
  readonly branch: string;
  readonly event: WorkflowEvent;
  /** Milliseconds between two writes at GitHub. */
  readonly writeSpacing: number;
}

/** @throws InputError where this is no step of a workflow */
export function readEnvironment(variables: Variables, directory: string): ActionEnvironment {
  const read = (name: string): string => variables[name] ?? '';
  const repository = read('GITHUB_REPOSITORY');
  const [owner = '', repo = ''] = repository.split('/');
  if (owner === '' || repo === '') throw new InputError('`GITHUB_REPOSITORY` does not name a repository', 'run this as a step of a workflow, or use the command line `mesh-posture review`');
  const serverUrl = (read('GITHUB_SERVER_URL') || 'https://github.com').replace(/\/+$/, '');
  const repositoryUrl = `${serverUrl}/${repository}`;
  return {
    workspace: read('GITHUB_WORKSPACE') || directory,
    temporary: read('RUNNER_TEMP'),
    owner,
    repo,
    serverUrl,
    apiUrl: read('GITHUB_API_URL') || 'https://api.github.com',
    repositoryUrl,
    runUrl: `${repositoryUrl}/actions/runs/${read('GITHUB_RUN_ID')}`,
    runId: Number(read('GITHUB_RUN_ID')) || 0,
    attempt: Number(read('GITHUB_RUN_ATTEMPT')) || 1,
    sha: read('GITHUB_SHA'),
    ref: read('GITHUB_REF'),
    branch: read('GITHUB_BASE_REF') || branchOf(read('GITHUB_REF')),
    event: event(read('GITHUB_EVENT_NAME'), read('GITHUB_EVENT_PATH')),
    writeSpacing: writeSpacing(read('MESH_POSTURE_WRITE_SPACING_MS')),
  };
}

/** A merge queue works on branches of its own, which carry the name of the one behind the queue. */
function branchOf(ref: string): string {
  const branch = ref.startsWith('refs/heads/') ? ref.slice('refs/heads/'.length) : '';
  return /^gh-readonly-queue\/(.+)\/pr-\d+-[^/]*$/u.exec(branch)?.[1] ?? branch;
}

function event(name: string, path: string): WorkflowEvent {
  if (path === '') return readEvent(name, {});
  let payload: unknown;
  try {
    payload = JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    throw new InputError(`the payload of the event \`${name}\` cannot be read`, 'run this as a step of a workflow, where the runner writes `GITHUB_EVENT_PATH`');
  }
  return readEvent(name, payload);
}

/**
 * GitHub asks for a second between writes. `MESH_POSTURE_WRITE_SPACING_MS` is for a GitHub Enterprise Server without such limits,
 * and for tests; it is no input, because on github.com a smaller number only leads to refusals.
 */
function writeSpacing(text: string): number {
  return /^\d{1,5}$/.test(text) ? Number(text) : 1000;
}
