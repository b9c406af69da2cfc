/** Runs the Action as the runner does: a process, an environment, files for outputs and summary. Or in this process, with another analysis. */
import examples from '@octokit/webhooks-examples' with { type: 'json' };
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { parse } from 'yaml';
import type { Report } from '#report/report.ts';
import type { InputName } from '../../src/entry/action-inputs.ts';
import type { Log } from '../../src/entry/action-log.ts';
import { runAction, type Analysis } from '../../src/entry/action-run.ts';
import type { LoopbackGitHub } from './loopback-github.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));

export interface Step {
  readonly github: LoopbackGitHub;
  /** The checkout. */
  readonly workspace: string;
  readonly event: { readonly name: string; readonly payload: unknown };
  readonly sha: string;
  readonly ref: string;
  readonly inputs?: Partial<Record<InputName, string>>;
  readonly environment?: Readonly<Record<string, string>>;
  readonly runId?: number;
}

export interface StepResult {
  readonly code: number;
  readonly log: string;
  readonly outputs: Readonly<Record<string, string>>;
  readonly summary: string;
  readonly report: Report | null;
  readonly sarif: { readonly runs: readonly { readonly results: readonly { readonly ruleId: string }[] }[] } | null;
}

interface Prepared {
  readonly temporary: string;
  readonly environment: Record<string, string>;
}

/** Every declared input is set, as the runner sets it: empty where neither the workflow nor `action.yml` gives a value. */
function prepare(step: Step): Prepared {
  const temporary = mkdtempSync(join(tmpdir(), 'mesh-posture-step-'));
  for (const file of ['output', 'summary']) writeFileSync(join(temporary, file), '');
  writeFileSync(join(temporary, 'event.json'), typeof step.event.payload === 'string' ? step.event.payload : JSON.stringify(step.event.payload));
  const declared = Object.keys((parse(readFileSync(join(root, 'action.yml'), 'utf8')) as { inputs: Record<string, unknown> }).inputs);
  const given: Readonly<Record<string, string>> = { 'github-token': 'loopback-token', ...step.inputs };
  return {
    temporary,
    environment: {
      PATH: process.env['PATH'] ?? '',
      HOME: temporary,
      CI: 'true',
      GITHUB_ACTIONS: 'true',
      GITHUB_API_URL: step.github.url,
      GITHUB_GRAPHQL_URL: `${step.github.url}/graphql`,
      GITHUB_SERVER_URL: 'https://github.com',
      GITHUB_REPOSITORY: `${step.github.owner}/${step.github.repo}`,
      GITHUB_EVENT_NAME: step.event.name,
      GITHUB_EVENT_PATH: join(temporary, 'event.json'),
      GITHUB_SHA: step.sha,
      GITHUB_REF: step.ref,
      GITHUB_RUN_ID: String(step.runId ?? 100),
      GITHUB_RUN_ATTEMPT: '1',
      GITHUB_WORKSPACE: step.workspace,
      GITHUB_OUTPUT: join(temporary, 'output'),
      GITHUB_STEP_SUMMARY: join(temporary, 'summary'),
      RUNNER_TEMP: temporary,
      MESH_POSTURE_WRITE_SPACING_MS: '0',
      ...Object.fromEntries(declared.map((name) => [`INPUT_${name.toUpperCase()}`, given[name] ?? ''])),
      ...step.environment,
    },
  };
}

let bundle: Promise<string> | undefined;

/** The committed bundle; while there is none, or on `MESH_POSTURE_TEST_SOURCE=1`, one built from the sources. */
function actionBundle(): Promise<string> {
  bundle ??= (async () => {
    const committed = join(root, 'dist/index.js');
    if (existsSync(committed) && process.env['MESH_POSTURE_TEST_SOURCE'] !== '1') return committed;
    // In the ignored folder of the checkout, replaced by every run: nothing piles up.
    const outfile = join(root, '.tmp/action.mjs');
    await build({
      absWorkingDir: root,
      entryPoints: ['src/entry/action.ts'],
      outfile,
      bundle: true,
      platform: 'node',
      target: 'node20',
      format: 'esm',
      banner: { js: "import{createRequire as __createRequire}from'node:module';const require=__createRequire(import.meta.url);" },
      logLevel: 'silent',
    });
    return outfile;
  })();
  return bundle;
}

/** The bundle as a process of its own. */
export async function runStep(step: Step): Promise<StepResult> {
  const { temporary, environment } = prepare(step);
  const file = await actionBundle();
  const child = spawn(process.execPath, [file], { cwd: step.workspace, env: environment, stdio: ['ignore', 'pipe', 'pipe'] });
  let log = '';
  child.stdout.on('data', (chunk: Buffer) => (log += chunk.toString('utf8')));
  child.stderr.on('data', (chunk: Buffer) => (log += chunk.toString('utf8')));
  const code = await new Promise<number>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (status) => {
      resolve(status ?? -1);
    });
  });
  return finish(step, temporary, code, log, readOutputs(readFileSync(join(temporary, 'output'), 'utf8')));
}

/** The same run in this process, with an analysis of the test's own. */
export async function runInProcess(step: Step, analysis: Analysis): Promise<StepResult> {
  const { temporary, environment } = prepare(step);
  const lines: string[] = [];
  const say = (kind: string) => (text: string): void => {
    lines.push(`${kind}: ${text}`);
  };
  const log: Log = {
    info: say('info'),
    notice: say('notice'),
    warning: say('warning'),
    failed: say('failed'),
    group: (title, text) => lines.push(`group: ${title}`, text),
    annotate: (level, title, text, place) => lines.push(`annotation ${level} ${place === null ? '-' : `${place.file}:${String(place.startLine)}`}: ${title}: ${text}`),
  };
  const outputs: Record<string, string> = {};
  const code = await runAction({
    variables: environment,
    directory: step.workspace,
    clock: { now: () => Date.now(), sleep: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)) },
    log,
    setOutput: (name, value) => {
      outputs[name] = value;
    },
    fetch: () => Promise.resolve(fetch),
    version: 'test',
    analysis,
  });
  return finish(step, temporary, code, `${lines.join('\n')}\n`, outputs);
}

function finish(step: Step, temporary: string, code: number, log: string, outputs: Readonly<Record<string, string>>): StepResult {
  const written = (name: string): string | null => {
    const path = outputs[name] ?? '';
    return path === '' || !existsSync(path) ? null : readFileSync(path, 'utf8');
  };
  const report = written('report-file');
  const sarif = written('sarif-file');
  const result: StepResult = {
    code,
    log,
    outputs,
    summary: readFileSync(join(temporary, 'summary'), 'utf8'),
    report: report === null ? null : (JSON.parse(report) as Report),
    sarif: sarif === null ? null : (JSON.parse(sarif) as StepResult['sarif']),
  };
  // What the step writes into the checkout must not be there for the next one.
  for (const name of ['report-file', 'sarif-file']) if ((outputs[name] ?? '').startsWith(step.workspace)) rmSync(outputs[name] ?? '', { force: true });
  rmSync(temporary, { recursive: true, force: true });
  return result;
}

/** `name<<delimiter`, lines, `delimiter`. */
function readOutputs(text: string): Readonly<Record<string, string>> {
  const outputs: Record<string, string> = {};
  for (const match of text.matchAll(/^(.+?)<<(ghadelimiter_\S+)\n([^]*?)\n?\2$/gm)) outputs[match[1] ?? ''] = match[3] ?? '';
  return outputs;
}

type Payload = Record<string, unknown>;

function example(name: string, action?: string): Payload {
  const listed = (examples as unknown as readonly { readonly name: string; readonly examples: readonly Payload[] }[]).find((event) => event.name === name)?.examples ?? [];
  const found = listed.find((payload) => action === undefined || payload['action'] === action);
  if (found === undefined) throw new Error(`no example of ${name}`);
  return structuredClone(found);
}

/** A payload of GitHub's own, about our repository and commits. */
export function pullRequestPayload({ owner, repo, base, head, fork = false, action = 'synchronize' }: { readonly owner: string; readonly repo: string; readonly base: string; readonly head: string; readonly fork?: boolean; readonly action?: string }): Payload {
  const payload = example('pull_request', action);
  const pull = payload['pull_request'] as { number: number; base: { sha: string; repo: Payload }; head: { sha: string; repo: Payload } };
  payload['number'] = 7;
  pull.number = 7;
  pull.base = { ...pull.base, sha: base, repo: { ...pull.base.repo, full_name: `${owner}/${repo}` } };
  pull.head = { ...pull.head, sha: head, repo: { ...pull.head.repo, full_name: `${fork ? 'stranger' : owner}/${repo}`, fork } };
  return payload;
}

export function mergeGroupPayload(base: string, head: string): Payload {
  const payload = example('merge_group');
  payload['merge_group'] = { ...(payload['merge_group'] as Payload), base_sha: base, head_sha: head };
  return payload;
}

export function pushPayload(before: string, after: string): Payload {
  return { ...example('push'), ref: 'refs/heads/main', before, after, created: false, deleted: false, forced: false };
}
