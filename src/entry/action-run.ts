/**
 * One run of the Action: event → two trees → report → what people see → exit code. Analysis fails closed, presentation fails
 * open, and the two never share an exit path: the exit code is decided by the report before anything is presented.
 */
import { appendFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { HostFailure, type Clock } from '#app/ports.ts';
import { InputError } from '#app/input-error.ts';
import { createClient, type Client } from '#adapters/github/client.ts';
import { chooseComparison, type Comparison } from '#adapters/github/comparison.ts';
import { readEvent, type PullRequestEvent, type WorkflowEvent } from '#adapters/github/event.ts';
import { pullRequestHost } from '#adapters/github/pull-request.ts';
import { codeScanningHost } from '#adapters/github/sarif-upload.ts';
import { planAnnotations } from '#report/annotations/annotations.ts';
import { headlineText } from '#report/facts.ts';
import { toJson } from '#report/json/to-json.ts';
import type { Links } from '#report/links.ts';
import { prose } from '#report/markdown/escape.ts';
import { summaryMarkdown } from '#report/markdown/summary.ts';
import type { Report } from '#report/report.ts';
import { reviewText } from '#report/text/review.ts';
import { auditText } from '#report/text/audit.ts';
import { wantedPath } from '#trees/wanted.ts';
import type { TreePair } from '#trees/tree.ts';
import { writeComments, type CommentsOutcome } from './action-comments.ts';
import { outputPath, tryWrite } from './action-files.ts';
import { readInputs, type ActionInputs, type InputName } from './action-inputs.ts';
import type { Log } from './action-log.ts';
import { outputsOf, type OutputName, type Outputs } from './action-outputs.ts';
import { namedFiles, relocate } from './action-relocate.ts';
import { TreeSource } from './action-trees.ts';

export interface AnalysisRequest {
  readonly pair: TreePair;
  readonly comparison: Report['comparison'];
  readonly inputs: ActionInputs;
  /** UTC, `YYYY-MM-DD`. */
  readonly today: string;
}

export interface Analysed {
  readonly report: Report;
  /** The SARIF log as text. */
  readonly sarif: (repository: { readonly uri: string; readonly revision: string }) => string;
}

/** Throws `InputError` where the configuration is wrong. */
export type Analysis = (request: AnalysisRequest) => Analysed | Promise<Analysed>;

export interface World {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  readonly log: Log;
  readonly setOutput: (name: OutputName, value: string) => void;
  /** A fetch that knows the runner's proxy; loaded only when GitHub is asked. */
  readonly fetch: () => Promise<typeof fetch>;
  readonly version: string;
  readonly analysis: Analysis;
}

/** `design.md` section 6. */
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
    run.explain(text);
    log.failed(text);
    if (!wrongUse && error instanceof Error && (world.environment['RUNNER_DEBUG'] ?? '') === '1') log.group('Where it happened', error.stack ?? '');
    return wrongUse ? exitCode.wrongUse : exitCode.broken;
  }
}

interface RunResult {
  readonly code: number;
  /** The one line of a failed step. */
  readonly failure: string | null;
}

class Run {
  readonly #world: World;
  #summaryWanted = true;

  constructor(world: World) {
    this.#world = world;
  }

  async execute(): Promise<RunResult> {
    const { log } = this.#world;
    const inputs = readInputs((name) => this.#input(name));
    this.#summaryWanted = inputs['job-summary'];
    const workspace = this.#env('GITHUB_WORKSPACE') || process.cwd();
    const temporary = this.#env('RUNNER_TEMP');
    const files = {
      sarif: inputs['sarif-file'] === null ? null : outputPath('sarif-file', inputs['sarif-file'], workspace, temporary),
      report: inputs['report-file'] === null ? null : outputPath('report-file', inputs['report-file'], workspace, temporary),
      summary: temporary === '' ? null : join(temporary, 'mesh-posture-summary.md'),
    };
    const event = this.#event();
    const { owner, repo } = this.#repository();
    const client = inputs['github-token'] === '' ? null : this.#client(inputs['github-token']);
    const source = new TreeSource({ directory: workspace, owner, repo, serverUrl: this.#serverUrl(), token: inputs['github-token'], client });

    const sha = this.#env('GITHUB_SHA');
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

    const trees = await source.read(comparison, (path) => wantedPath(path) || path === inputs['config-file']);
    const { report, sarif } = await this.#world.analysis({ pair: trees.pair, comparison: trees.comparison, inputs, today: new Date(this.#world.clock.now()).toISOString().slice(0, 10) });

    // Decided here, before anything is presented: no comment, upload or file changes it.
    const result = decided(report, inputs['warn-only']);
    this.#outputs(outputsOf(report));
    await this.#present({ inputs, files, event, comparison, report, sarif, pair: trees.pair, client, source, owner, repo });
    return result;
  }

  /** Presentation: each part for itself, each failure a note, and the job summary in any case. */
  async #present(work: Presentation): Promise<void> {
    const { log } = this.#world;
    const notes: string[] = 'note' in work.comparison && work.comparison.note !== null ? [work.comparison.note] : [];
    const links = this.#links(work);
    const attempt = async <T>(part: string, show: () => Promise<T> | T): Promise<T | null> => {
      try {
        return await show();
      } catch (error) {
        // A mistake of ours in showing the result must not hide the result.
        notes.push(`internal error in ${part}: ${error instanceof Error ? error.message : String(error)}`);
        return null;
      }
    };
    if (work.files.report !== null) {
      const path = work.files.report;
      await attempt('the JSON report', () => {
        this.#file('report-file', path, toJson(work.report), notes);
      });
    }
    const comments = await attempt('the comments', () => this.#comments(work, links, notes));
    await attempt('the annotations', () => {
      this.#annotations(work, comments);
    });
    await attempt('the SARIF file', () => this.#sarif(work, notes));
    await attempt('the job summary', () => {
      const page = summaryMarkdown(work.report, { links, notes, ...(comments === null ? {} : { outside: comments.outside }) });
      if (work.inputs['job-summary']) this.#appendSummary(page);
      if (work.files.summary !== null) this.#file('summary-file', work.files.summary, page, notes);
    });
    await attempt('the log', () => {
      log.group('Mesh Posture, in full', work.report.comparison.base === null ? auditText(work.report) : reviewText(work.report));
    });
    for (const note of notes) log.notice(note);
    log.info(headlineText(work.report));
  }

  async #comments(work: Presentation, links: Links, notes: string[]): Promise<CommentsOutcome | null> {
    const { event, client, report, inputs } = work;
    if (event.type !== 'pull_request' && event.type !== 'pull_request_target') return null;
    const wanted = inputs['review-comments'] || inputs['comment-summary-in-pr'] !== 'never';
    if (!wanted) return null;
    if (client === null) {
      notes.push('there is no token, so nothing was written to the pull request; give `github-token`');
      return { summary: { type: 'not-wanted' }, notes: [], needsAnnotations: true, files: null, outside: new Set() };
    }
    const diff = await this.#pullRequestDiff(work, event);
    const outcome = await writeComments({
      host: pullRequestHost(client, { owner: work.owner, repo: work.repo, number: event.number }),
      report: diff === work.pair ? report : relocate(report, work.pair, diff),
      diff,
      head: event.headSha,
      fork: event.fork,
      links: { ...links, head: event.headSha },
      inputs,
      run: Number(this.#env('GITHUB_RUN_ID')) || 0,
      attempt: Number(this.#env('GITHUB_RUN_ATTEMPT')) || 1,
      notes,
    });
    notes.push(...outcome.notes);
    if ('comment' in outcome.summary) this.#outputs({ 'comment-id': String(outcome.summary.comment.id), 'comment-url': outcome.summary.comment.url });
    return outcome;
  }

  /** Both sides of the diff that the pull request shows: merge base and head, whatever was reviewed. */
  async #pullRequestDiff(work: Presentation, event: PullRequestEvent): Promise<TreePair> {
    const { report, pair, source } = work;
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

  #annotations(work: Presentation, comments: CommentsOutcome | null): void {
    const { inputs, report } = work;
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
    const { inputs, files, report, comparison, event } = work;
    if (files.sarif === null) return;
    const head = report.comparison.head.id;
    const text = work.sarif({ uri: this.#repositoryUrl(), revision: head });
    this.#file('sarif-file', files.sarif, text, notes);
    if (inputs['upload-sarif'] === 'never' || comparison.type === 'directories') return;
    // A queue's ref vanishes before code scanning has looked at it.
    if (event.type === 'merge_group') return;
    const ref = sarifRef(event, head, { sha: this.#env('GITHUB_SHA'), ref: this.#env('GITHUB_REF') });
    if (ref === null || work.client === null) {
      notes.push(`the SARIF file was not sent to code scanning: ${work.client === null ? 'there is no token' : `\`${head.slice(0, 7)}\` is not what the workflow runs on`}`);
      return;
    }
    const host = codeScanningHost(work.client, { owner: work.owner, repo: work.repo, clock: this.#world.clock, pollEvery: 2 * this.#spacing() });
    try {
      const processing = await host.upload(text, { ref, commit: head, toolName: 'mesh-posture' });
      if (processing.type === 'failed') notes.push(`code scanning refused the SARIF file: ${processing.errors.join('; ')}`);
      else {
        const query = event.type === 'pull_request' ? `pr:${String(event.number)}` : `ref:${ref}`;
        this.#outputs({ 'sarif-url': `${this.#repositoryUrl()}/security/code-scanning?query=${encodeURIComponent(`tool:mesh-posture ${query}`)}` });
        if (processing.type === 'pending') notes.push('code scanning is still working on the SARIF file');
      }
    } catch (error) {
      if (!(error instanceof HostFailure)) throw error;
      const remedy = error.kind === 'forbidden' || error.kind === 'not-found' ? '; code scanning needs `security-events: write`, and GitHub Advanced Security in private repositories; forks can use `github/codeql-action/upload-sarif` with the file' : '';
      notes.push(`${error.message}${remedy}`);
    }
  }

  /** What the job summary says where there is no report. */
  explain(text: string): void {
    if (this.#summaryWanted) this.#appendSummary(`## Mesh Posture\n\n${prose(text)}\n`);
  }

  #appendSummary(page: string): void {
    const file = this.#env('GITHUB_STEP_SUMMARY');
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

  #links(work: Presentation): Links {
    const { report } = work;
    if (report.comparison.mode === 'directories') return { run: this.#runUrl() };
    return { repository: this.#repositoryUrl(), head: report.comparison.head.id, ...(report.comparison.base === null ? {} : { base: report.comparison.base.id }), run: this.#runUrl() };
  }

  #client(token: string): Client {
    const apiUrl = this.#env('GITHUB_API_URL') || 'https://api.github.com';
    const send: typeof fetch = async (url, init) => (await this.#world.fetch())(url, init);
    return createClient({ token, apiUrl, userAgent: `mesh-posture/${this.#world.version}`, clock: this.#world.clock, writeSpacing: this.#spacing(), patience, fetch: send });
  }

  /**
   * GitHub asks for a second between writes. `MESH_POSTURE_WRITE_SPACING_MS` is for a GitHub Enterprise Server without such limits,
   * and for tests; it is no input, because on github.com a smaller number only leads to refusals.
   */
  #spacing(): number {
    const text = this.#env('MESH_POSTURE_WRITE_SPACING_MS');
    return /^\d{1,5}$/.test(text) ? Number(text) : 1000;
  }

  #event(): WorkflowEvent {
    const name = this.#env('GITHUB_EVENT_NAME');
    const path = this.#env('GITHUB_EVENT_PATH');
    if (path === '') return readEvent(name, {});
    let payload: unknown;
    try {
      payload = JSON.parse(readFileSync(path, 'utf8'));
    } catch {
      throw new InputError(`the payload of the event \`${name}\` cannot be read`, 'run this as a step of a workflow, where the runner writes `GITHUB_EVENT_PATH`');
    }
    return readEvent(name, payload);
  }

  #repository(): { readonly owner: string; readonly repo: string } {
    const [owner = '', repo = ''] = this.#env('GITHUB_REPOSITORY').split('/');
    if (owner === '' || repo === '') throw new InputError('`GITHUB_REPOSITORY` does not name a repository', 'run this as a step of a workflow, or use the command line `mesh-posture review`');
    return { owner, repo };
  }

  #serverUrl(): string {
    return (this.#env('GITHUB_SERVER_URL') || 'https://github.com').replace(/\/+$/, '');
  }

  #repositoryUrl(): string {
    return `${this.#serverUrl()}/${this.#env('GITHUB_REPOSITORY')}`;
  }

  #runUrl(): string {
    return `${this.#repositoryUrl()}/actions/runs/${this.#env('GITHUB_RUN_ID')}`;
  }

  /** The runner keeps hyphens in names. */
  #input(name: InputName): string {
    return this.#env(`INPUT_${name.toUpperCase()}`);
  }

  #env(name: string): string {
    return this.#world.environment[name] ?? '';
  }
}

interface Presentation {
  readonly inputs: ActionInputs;
  readonly files: { readonly sarif: string | null; readonly report: string | null; readonly summary: string | null };
  readonly event: WorkflowEvent;
  readonly comparison: Comparison;
  readonly report: Report;
  readonly sarif: Analysed['sarif'];
  readonly pair: TreePair;
  readonly client: Client | null;
  readonly source: TreeSource;
  readonly owner: string;
  readonly repo: string;
}

/** Findings and failing are two things: with `warn-only` the verdict is shown as it is, and the step passes. An internal error always fails. */
function decided(report: Report, warnOnly: boolean): RunResult {
  const internal = report.gates.some((gate) => gate.id === 'internal' && gate.failed);
  if (report.verdict !== 'fail' && report.verdict !== 'error') return { code: exitCode.passed, failure: null };
  if (warnOnly && !internal) return { code: exitCode.passed, failure: null };
  const because = report.gates.filter((gate) => gate.failed).map((gate) => gate.because);
  return { code: report.verdict === 'fail' ? exitCode.failed : exitCode.broken, failure: `${headlineText(report)}${because.length === 0 ? '' : `: ${because.join('; ')}`}; the job summary has the details` };
}

/** Code scanning takes an analysis for a ref and a commit that belong together; `null` where the workflow knows no such ref. */
function sarifRef(event: WorkflowEvent, head: string, { sha, ref }: { readonly sha: string; readonly ref: string }): string | null {
  if (head === sha && ref.startsWith('refs/')) return ref;
  if ((event.type === 'pull_request' || event.type === 'pull_request_target') && head === event.headSha) return `refs/pull/${String(event.number)}/head`;
  return null;
}
