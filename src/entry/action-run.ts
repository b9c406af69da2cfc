/**
 * One run of the Action: event → two trees → report → what people see → exit code. Analysis fails closed, presentation fails
 * open, and the two never share an exit path: the exit code is decided by the report before anything is presented.
 */
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { configurationPath } from '#app/load/relevance.ts';
import { HostFailure, type Clock, type PullRequestHost } from '#app/ports.ts';
import { InputError } from '#app/input-error.ts';
import { createClient, type Client } from '#adapters/github/client.ts';
import { chooseComparison, type Comparison } from '#adapters/github/comparison.ts';
import type { PullRequestEvent } from '#adapters/github/event.ts';
import { pullRequestHost } from '#adapters/github/pull-request.ts';
import { planAnnotations } from '#report/annotations/annotations.ts';
import { headlineText } from '#report/facts.ts';
import { toJson } from '#report/json/to-json.ts';
import type { Links } from '#report/links.ts';
import { prose } from '#report/markdown/escape.ts';
import { summaryMarkdown } from '#report/markdown/summary.ts';
import type { Report } from '#report/report.ts';
import { auditText } from '#report/text/audit.ts';
import { reviewText } from '#report/text/review.ts';
import type { TreePair } from '#trees/tree.ts';
import { wantedPath } from '#trees/wanted.ts';
import { writeComments, writeFailure, type CommentsOutcome } from './action-comments.ts';
import { readEnvironment, type ActionEnvironment, type Variables } from './action-environment.ts';
import { outputPath, tryWrite } from './action-files.ts';
import { readInputs, type ActionInputs } from './action-inputs.ts';
import type { Log } from './action-log.ts';
import { outputsOf, type OutputName, type Outputs } from './action-outputs.ts';
import { namedFiles, relocate } from './action-relocate.ts';
import { uploadSarif } from './action-sarif.ts';
import { committedFiles } from './configuration.ts';
import { TreeSource } from './action-trees.ts';
import { directoryBytes, gitBytes, type RenderSource } from './rendering.ts';

export interface AnalysisRequest {
  readonly pair: TreePair;
  readonly comparison: Report['comparison'];
  readonly inputs: ActionInputs;
  /** UTC, `YYYY-MM-DD`. */
  readonly today: string;
  /** What rendering needs beside the trees' texts; without it only texts are handed to the renderer. */
  readonly source?: RenderSource;
}

export interface Analysed {
  readonly report: Report;
  /** The SARIF log as text. */
  readonly sarif: (repository: { readonly uri: string; readonly revision: string }) => string;
}

/** Throws `InputError` where the configuration is wrong. */
export type Analysis = (request: AnalysisRequest) => Analysed | Promise<Analysed>;

export interface World {
  readonly variables: Variables;
  /** The working directory. */
  readonly directory: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly setOutput: (name: OutputName, value: string) => void;
  /** A fetch that knows the runner's proxy; loaded only when GitHub is asked. */
  readonly fetch: () => Promise<typeof fetch>;
  readonly version: string;
  readonly analysis: Analysis;
}

/** `docs/gates.md`. */
const exitCode = { passed: 0, failed: 1, wrongUse: 2, broken: 3 } as const;

/** Seconds that all waits for GitHub's rate limits may take together. */
const patience = 90;

export async function runAction(world: World): Promise<number> {
  const { log, setOutput } = world;
  const run = new Run(world);
  try {
    const result = await run.execute();
    if (result.failure !== null) log.failed(result.failure);
    return result.code;
  } catch (error) {
    const wrongUse = error instanceof InputError;
    const text = wrongUse ? `${error.message}; ${error.remedy}` : `internal error, nothing was decided: ${error instanceof Error ? error.message : String(error)}`;
    setOutput('verdict', 'error');
    await run.tellFailure(text);
    log.failed(text);
    if (!wrongUse && error instanceof Error && world.variables['RUNNER_DEBUG'] === '1') log.group('Where it happened', error.stack ?? '');
    return wrongUse ? exitCode.wrongUse : exitCode.broken;
  }
}

/** Nothing that the pull request may have written is run: not from the workspace, not from the directories that are compared. */
function renderSource(comparison: Comparison, pair: TreePair, { workspace, repositoryUrl, branch }: ActionEnvironment, inputs: ActionInputs): RenderSource {
  // Another base than the event's may be any branch, and directories are of no repository that is known.
  if (comparison.type !== 'directories') return { raw: gitBytes(workspace), untrusted: [workspace], everything: inputs['upload-sarif'] !== 'never' && inputs['sarif-file'] !== null, repository: { addresses: [repositoryUrl], ...(branch === '' || inputs['base-ref'] !== null ? {} : { branch }) } };
  return { raw: directoryBytes(pair, { base: comparison.base, head: comparison.head }), untrusted: [workspace, comparison.base, comparison.head] };
}

interface RunResult {
  readonly code: number;
  /** The one line of a failed step. */
  readonly failure: string | null;
}

interface Presentation {
  readonly inputs: ActionInputs;
  readonly environment: ActionEnvironment;
  readonly files: { readonly sarif: string | null; readonly report: string | null; readonly summary: string | null };
  readonly comparison: Comparison;
  readonly report: Report;
  readonly sarif: Analysed['sarif'];
  readonly pair: TreePair;
  /** `null` without a token. */
  readonly client: Client | null;
  readonly source: TreeSource;
}

class Run {
  readonly #world: World;
  #summaryWanted = true;
  /** Known as soon as a summary comment could be written. */
  #comment: { readonly host: PullRequestHost; readonly head: string; readonly run: number; readonly attempt: number; readonly tag: string } | null = null;

  constructor(world: World) {
    this.#world = world;
  }

  async execute(): Promise<RunResult> {
    const { variables, directory, log, clock } = this.#world;
    // The runner keeps hyphens in names.
    const inputs = readInputs((name) => variables[`INPUT_${name.toUpperCase()}`] ?? '');
    this.#summaryWanted = inputs['job-summary'];
    const environment = readEnvironment(variables, directory);
    const { workspace, temporary, event, sha } = environment;
    const file = (name: 'sarif-file' | 'report-file'): string | null => (inputs[name] === null ? null : outputPath(name, inputs[name], workspace, temporary));
    const files = { sarif: file('sarif-file'), report: file('report-file'), summary: temporary === '' ? null : join(temporary, 'mesh-posture-summary.md') };
    const token = inputs['github-token'];
    const client = token === '' ? null : this.#client(token, environment);
    if (client !== null && event.type === 'pull_request' && inputs['comment-summary-in-pr'] !== 'never') {
      this.#comment = { host: pullRequestHost(client, { owner: environment.owner, repo: environment.repo, number: event.number }), head: event.headSha, run: environment.runId, attempt: environment.attempt, tag: inputs['comment-tag'] };
    }
    const source = new TreeSource({ directory: workspace, owner: environment.owner, repo: environment.repo, serverUrl: environment.serverUrl, token, client });

    const comparison = chooseComparison({
      event,
      sha,
      parents: event.type === 'pull_request' && sha !== '' ? await source.parents(sha) : null,
      checkedOut: event.type === 'pull_request_target' ? await source.checkedOut() : null,
      compare: inputs.compare,
      baseRef: inputs['base-ref'],
      headRef: inputs['head-ref'],
      basePath: inputs['base-path'],
      headPath: inputs['head-path'],
    });
    if (comparison.type === 'refused') throw new InputError(comparison.reason, comparison.remedy);
    if (comparison.type === 'nothing') {
      this.#outputs({ verdict: 'not-applicable' });
      this.explain(comparison.reason);
      log.info(`nothing to look at: ${comparison.reason}`);
      return { code: exitCode.passed, failure: null };
    }

    const trees = await source.read(comparison, (path) => wantedPath(path) || path === inputs['config-file'], committedFiles(inputs['config-file'] ?? configurationPath));
    const { report, sarif } = await this.#world.analysis({ pair: trees.pair, comparison: trees.comparison, inputs, source: renderSource(comparison, trees.pair, environment, inputs), today: new Date(clock.now()).toISOString().slice(0, 10) });

    // Decided here, before anything is presented: no comment, upload or file changes it.
    const result = decided(report, inputs['warn-only']);
    this.#outputs(outputsOf(report));
    await this.#present({ inputs, environment, files, comparison, report, sarif, pair: trees.pair, client, source });
    return result;
  }

  /** Presentation: each part for itself, each failure a note, and the job summary in any case. */
  async #present(work: Presentation): Promise<void> {
    const { log } = this.#world;
    const { report, files } = work;
    const notes: string[] = 'note' in work.comparison && work.comparison.note !== null ? [work.comparison.note] : [];
    const links = linksOf(report, work.environment);
    const attempt = async <T>(part: string, show: () => Promise<T> | T): Promise<T | null> => {
      try {
        return await show();
      } catch (error) {
        // A mistake of ours in showing the result must not hide the result.
        notes.push(`internal error in ${part}: ${error instanceof Error ? error.message : String(error)}`);
        return null;
      }
    };
    await attempt('the JSON report', () => {
      if (files.report !== null) this.#file('report-file', files.report, toJson(report), notes);
    });
    const comments = await attempt('the comments', () => this.#comments(work, links, notes));
    await attempt('the annotations', () => {
      this.#annotations(work, comments);
    });
    await attempt('the SARIF file', () => this.#sarif(work, notes));
    await attempt('the job summary', () => {
      const page = summaryMarkdown(report, { links, notes, ...(comments === null ? {} : { outside: comments.outside }) });
      if (work.inputs['job-summary']) this.#appendSummary(page);
      if (files.summary !== null) this.#file('summary-file', files.summary, page, notes);
    });
    await attempt('the log', () => {
      log.group('Mesh Posture, in full', report.comparison.base === null ? auditText(report) : reviewText(report));
    });
    for (const note of notes) log.notice(note);
    log.info(headlineText(report));
  }

  async #comments(work: Presentation, links: Links, notes: string[]): Promise<CommentsOutcome | null> {
    const { client, report, inputs, environment } = work;
    const { event, owner, repo } = environment;
    if (event.type !== 'pull_request' && event.type !== 'pull_request_target') return null;
    if (!inputs['review-comments'] && inputs['comment-summary-in-pr'] === 'never') return null;
    if (client === null) {
      notes.push('there is no token, so nothing was written to the pull request; give `github-token`');
      return { summary: { type: 'not-wanted' }, notes: [], needsAnnotations: true, files: null, outside: new Set() };
    }
    const diff = await pullRequestDiff(work, event);
    const outcome = await writeComments({
      host: pullRequestHost(client, { owner, repo, number: event.number }),
      report: diff === work.pair ? report : relocate(report, work.pair, diff),
      diff,
      head: event.headSha,
      fork: event.fork,
      links: { ...links, head: event.headSha },
      inputs,
      run: environment.runId,
      attempt: environment.attempt,
      notes,
    });
    notes.push(...outcome.notes);
    if ('comment' in outcome.summary) this.#outputs({ 'comment-id': String(outcome.summary.comment.id), 'comment-url': outcome.summary.comment.url });
    return outcome;
  }

  #annotations({ inputs, report }: Presentation, comments: CommentsOutcome | null): void {
    if (inputs.annotations === 'never' || (inputs.annotations === 'auto' && comments?.needsAnnotations !== true)) return;
    const { log } = this.#world;
    const known = comments?.files ?? null;
    const plan = planAnnotations(report, (file) => known === null || known.has(file));
    for (const { level, title, message, file, startLine, endLine } of plan.annotations) {
      log.annotate(level, title, message, file === undefined || startLine === undefined ? null : { file, startLine, endLine: endLine ?? startLine });
    }
    if (plan.notice !== '') log.notice(plan.notice);
  }

  async #sarif(work: Presentation, notes: string[]): Promise<void> {
    const { inputs, files, report, client, environment } = work;
    if (files.sarif === null) return;
    const head = report.comparison.head.id;
    const text = work.sarif({ uri: environment.repositoryUrl, revision: head });
    this.#file('sarif-file', files.sarif, text, notes);
    if (inputs['upload-sarif'] === 'never' || report.comparison.mode === 'directories') return;
    const { url, note } = await uploadSarif({ text, head, client, clock: this.#world.clock, environment });
    if (url !== null) this.#outputs({ 'sarif-url': url });
    if (note !== null) notes.push(note);
  }

  /** What people see of a run that has no result. */
  async tellFailure(text: string): Promise<void> {
    this.explain(text);
    if (this.#comment === null) return;
    try {
      await writeFailure({ ...this.#comment, text });
    } catch {
      // A mistake of ours in telling it must not hide the failure itself.
      this.#world.log.warning('the summary comment could not be brought up to date');
    }
  }

  /** What the job summary says where there is no report. */
  explain(text: string): void {
    if (this.#summaryWanted) this.#appendSummary(`## Mesh Posture\n\n${prose(text)}\n`);
  }

  #appendSummary(page: string): void {
    const file = this.#world.variables['GITHUB_STEP_SUMMARY'] ?? '';
    if (file === '') return;
    try {
      // Not through the toolkit's HTML helpers: a heading of theirs swallows the diagram behind it.
      appendFileSync(file, page);
    } catch {
      this.#world.log.warning('the job summary could not be written');
    }
  }

  #file(output: 'report-file' | 'sarif-file' | 'summary-file', path: string, text: string, notes: string[]): void {
    const problem = tryWrite(path, text);
    if (problem === null) this.#outputs({ [output]: path });
    else notes.push(problem);
  }

  #outputs(outputs: Outputs): void {
    // Keys of `Outputs` are output names.
    for (const [name, value] of Object.entries(outputs) as [OutputName, string][]) this.#world.setOutput(name, value);
  }

  #client(token: string, { apiUrl, writeSpacing }: ActionEnvironment): Client {
    const send: typeof fetch = async (url, init) => (await this.#world.fetch())(url, init);
    return createClient({ token, apiUrl, userAgent: `mesh-posture/${this.#world.version}`, clock: this.#world.clock, writeSpacing, patience, fetch: send });
  }
}

/** Findings and failing are two things: with `warn-only` the verdict is shown as it is, and the step passes. An internal error always fails. */
function decided(report: Report, warnOnly: boolean): RunResult {
  const internal = report.gates.some((gate) => gate.id === 'internal' && gate.failed);
  if (report.verdict !== 'fail' && report.verdict !== 'error') return { code: exitCode.passed, failure: null };
  if (warnOnly && !internal) return { code: exitCode.passed, failure: null };
  // The headline counts the findings; their gate names the rules. What other gates say is in the headline.
  const rules = report.gates.find((gate) => gate.id === 'findings' && gate.failed)?.because;
  return { code: report.verdict === 'fail' ? exitCode.failed : exitCode.broken, failure: `${headlineText(report)}${rules === undefined ? '' : `: ${rules}`}; the job summary has the details` };
}

/** Directories have no addresses at the server. */
function linksOf(report: Report, { repositoryUrl, runUrl }: ActionEnvironment): Links {
  const { mode, base, head } = report.comparison;
  return mode === 'directories' ? { run: runUrl } : { repository: repositoryUrl, head: head.id, ...(base === null ? {} : { base: base.id }), run: runUrl };
}

/** Both sides of the diff that the pull request shows: merge base and head, whatever was reviewed. */
async function pullRequestDiff({ report, pair, source }: Presentation, event: PullRequestEvent): Promise<TreePair> {
  if (report.comparison.mode === 'merge-base' || report.comparison.mode === 'directories') return pair;
  const named = namedFiles(report);
  if (named.size === 0) return pair;
  try {
    const base = await source.mergeBase(event.baseSha, event.headSha);
    return await source.readPair(base, event.headSha, (path) => named.has(path));
  } catch (error) {
    // Without these two trees nobody knows whether lines moved; the hunks of the pull request still decide what is commented.
    if (error instanceof InputError || error instanceof HostFailure) return pair;
    throw error;
  }
}
