/**
 * A GitHub on the loopback interface, as far as the Action needs one. Every request is checked against GitHub's OpenAPI
 * description, every comment against the hunks of a real diff; whatever GitHub would not understand is kept in `mistakes`,
 * which each test expects to be empty.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { GitHubContract, type Operation } from './github-contract.ts';
import type { GitRepository } from './git-repository.ts';
import { found, isFields, Refusal, removeById, sarifSchema, user, type Fault, type FaultAnswer, type Fields, type StoredComment, type StoredIssueComment } from './loopback-parts.ts';
import { placeMistake, pullRequestDiff, type DiffFile } from './pull-request-diff.ts';

export { noCodeScanning, readOnlyToken } from './loopback-parts.ts';

export interface LoopbackOptions {
  /** Holds all objects that the API can be asked for. */
  readonly repository: GitRepository;
  readonly pull?: { readonly number: number; readonly base: string; readonly head: string };
  readonly owner?: string;
  readonly repo?: string;
}

const bodyLimit = 65_536;
/** Who the token belongs to, as REST writes it. */
const viewer = 'github-actions[bot]';

// Compiled once per process: they are the same for every server.
let contract: GitHubContract | undefined;
let sarifCheck: ReturnType<typeof sarifSchema> | undefined;

export class LoopbackGitHub {
  readonly requests: { readonly method: string; readonly path: string; readonly body: unknown }[] = [];
  readonly mistakes: string[] = [];
  readonly faults: Fault[] = [];
  readonly reviewComments: StoredComment[] = [];
  readonly issueComments: StoredIssueComment[] = [];
  readonly reviews: { readonly id: number; readonly body: string; readonly event: string; readonly commit: string }[] = [];
  readonly sarifs: { readonly ref: string; readonly commit: string; readonly log: Fields; looks: number }[] = [];
  /** Files whose `patch` GitHub leaves out because they are big; comments on them are possible all the same. */
  readonly patchOmitted = new Set<string>();
  /** Where the topic branch stands now: a push during the run moves it. */
  headSha: string;
  open = true;
  treesTruncated = false;
  /** As many looks find code scanning still busy. */
  sarifPending = 1;
  /** What code scanning finds wrong with every upload. */
  sarifErrors: readonly string[] = [];

  readonly owner: string;
  readonly repo: string;
  readonly #options: LoopbackOptions;
  readonly #contract = (contract ??= new GitHubContract());
  readonly #sarifSchema = (sarifCheck ??= sarifSchema());
  readonly #server: Server;
  readonly #diff: readonly DiffFile[];
  readonly #used = new Map<Fault, number>();
  #nextId = 1001;

  constructor(options: LoopbackOptions) {
    this.#options = options;
    this.owner = options.owner ?? 'bank';
    this.repo = options.repo ?? 'mesh';
    this.headSha = options.pull?.head ?? '';
    this.#diff = options.pull === undefined ? [] : pullRequestDiff(options.repository, options.pull.base, options.pull.head);
    this.#server = createServer((request, response) => {
      this.#serve(request, response).catch((error: unknown) => {
        this.mistakes.push(`the loopback broke: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
        response.destroy();
      });
    });
  }

  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return this.url;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  get url(): string {
    // A TCP server has an address object.
    return `http://127.0.0.1:${String((this.#server.address() as AddressInfo).port)}`;
  }

  /** Requests that change something. */
  writes(): readonly string[] {
    return this.requests.filter(({ method, path }) => method !== 'GET' && path !== '/graphql').map(({ method, path }) => `${method} ${path}`);
  }

  seedReviewComment(comment: Omit<StoredComment, 'id' | 'replyTo' | 'startLine' | 'wholeFile'> & Partial<StoredComment>): StoredComment {
    const stored = { id: this.#nextId++, replyTo: null, startLine: null, wholeFile: false, ...comment };
    this.reviewComments.push(stored);
    return stored;
  }

  seedIssueComment(author: string, body: string): StoredIssueComment {
    const stored = { id: this.#nextId++, author, body };
    this.issueComments.push(stored);
    return stored;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString('utf8');
    const method = request.method ?? 'GET';
    const url = new URL(request.url ?? '/', 'http://github.test');
    const body: unknown = text === '' ? undefined : JSON.parse(text);
    this.requests.push({ method, path: url.pathname, body });
    if (!/^(token|bearer) /i.test(request.headers.authorization ?? '')) this.mistakes.push(`${method} ${url.pathname} carries no token`);
    if (!(request.headers['user-agent'] ?? '').includes('mesh-posture')) this.mistakes.push(`${method} ${url.pathname} does not say who asks`);

    const answer = this.#answer(method, url, body);
    const fault = this.#fault(`${method} ${url.pathname}`);
    if (fault?.type === 'reset') {
      if (fault.accepted) answer();
      request.socket.destroy();
      return;
    }
    if (fault?.type === 'status') {
      this.#send(response, fault.status, { message: fault.message, ...(fault.errors === undefined ? {} : { errors: fault.errors }) }, fault.headers);
      return;
    }
    try {
      const { status, value, headers } = answer();
      if (url.pathname !== '/graphql') this.mistakes.push(...this.#contract.answerMistakes(method, url.pathname, status, value));
      this.#send(response, status, value, headers);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      this.#send(response, error.status, { message: error.message, errors: error.errors, documentation_url: 'https://docs.github.com/rest' });
    }
  }

  #fault(request: string): FaultAnswer | null {
    for (const fault of this.faults) {
      const used = this.#used.get(fault) ?? 0;
      if (!fault.on.test(request) || used >= (fault.times ?? Infinity)) continue;
      this.#used.set(fault, used + 1);
      return fault.answer;
    }
    return null;
  }

  #send(response: ServerResponse, status: number, value: unknown, headers: Readonly<Record<string, string>> = {}): void {
    response.writeHead(status, { 'content-type': 'application/json; charset=utf-8', ...headers });
    response.end(status === 204 ? undefined : JSON.stringify(value));
  }

  #answer(method: string, url: URL, body: unknown): () => { readonly status: number; readonly value: unknown; readonly headers?: Readonly<Record<string, string>> } {
    if (method === 'POST' && url.pathname === '/graphql') {
      const query = isFields(body) ? String(body['query']).replace(/\s+/g, ' ').trim() : '';
      if (query !== 'query { viewer { login } }') this.mistakes.push(`unknown query ${query}`);
      // GraphQL writes the login of an App without its suffix.
      return () => ({ status: 200, value: { data: { viewer: { login: viewer.replace('[bot]', '') } } } });
    }
    const mistakes = this.#contract.requestMistakes(method, url.pathname, url.searchParams, body);
    this.mistakes.push(...mistakes);
    const operation = this.#contract.find(method, url.pathname);
    return () => {
      if (operation === null) throw new Refusal(404, 'Not Found');
      if (mistakes.length > 0) throw new Refusal(422, 'Invalid request.', mistakes);
      const repository = `${operation.parameters.get('owner') ?? this.owner}/${operation.parameters.get('repo') ?? this.repo}`;
      if (repository !== `${this.owner}/${this.repo}`) throw new Refusal(404, 'Not Found');
      return this.#route(operation, url, isFields(body) ? body : {});
    };
  }

  #route(operation: Operation, url: URL, body: Fields): { readonly status: number; readonly value: unknown; readonly headers?: Readonly<Record<string, string>> } {
    const number = (name: string): number => Number(operation.parameters.get(name));
    const name = (key: string): string => operation.parameters.get(key) ?? '';
    switch (`${operation.method} ${operation.template.replace('/repos/{owner}/{repo}', '')}`) {
      case 'GET /pulls/{pull_number}':
        this.#pull(number('pull_number'));
        return { status: 200, value: { number: number('pull_number'), state: this.open ? 'open' : 'closed', head: { sha: this.headSha }, base: { sha: this.#options.pull?.base } } };
      case 'GET /pulls/{pull_number}/files':
        this.#pull(number('pull_number'));
        return this.#page(url, this.#diff.map((file) => this.#file(file)));
      case 'GET /pulls/{pull_number}/comments':
        this.#pull(number('pull_number'));
        return this.#page(url, this.reviewComments.map((comment) => this.#reviewComment(comment)));
      case 'POST /pulls/{pull_number}/comments':
        this.#pull(number('pull_number'));
        return { status: 201, value: this.#reviewComment(this.#accept(this.#newComment(body, body['commit_id']))) };
      case 'POST /pulls/{pull_number}/reviews':
        this.#pull(number('pull_number'));
        return this.#review(body);
      case 'PATCH /pulls/comments/{comment_id}': {
        const comment = found(this.reviewComments.find(({ id }) => id === number('comment_id')));
        comment.body = this.#checkedBody(body);
        return { status: 200, value: this.#reviewComment(comment) };
      }
      case 'DELETE /pulls/comments/{comment_id}':
        removeById(this.reviewComments, number('comment_id'));
        return { status: 204, value: undefined };
      case 'GET /issues/{issue_number}/comments':
        this.#pull(number('issue_number'));
        return this.#page(url, this.issueComments.map((comment) => this.#issueComment(comment)));
      case 'POST /issues/{issue_number}/comments':
        this.#pull(number('issue_number'));
        return { status: 201, value: this.#issueComment(this.seedIssueComment(viewer, this.#checkedBody(body))) };
      case 'PATCH /issues/comments/{comment_id}': {
        const comment = found(this.issueComments.find(({ id }) => id === number('comment_id')));
        comment.body = this.#checkedBody(body);
        return { status: 200, value: this.#issueComment(comment) };
      }
      case 'DELETE /issues/comments/{comment_id}':
        removeById(this.issueComments, number('comment_id'));
        return { status: 204, value: undefined };
      case 'GET /compare/{basehead}': {
        const [base = '', head = ''] = name('basehead').split('...');
        return { status: 200, value: { merge_base_commit: { sha: this.#git('merge-base', base, head).trim() }, files: [], commits: [] } };
      }
      case 'GET /git/commits/{commit_sha}': {
        const [, ...parents] = this.#git('rev-list', '--parents', '-n', '1', name('commit_sha')).trim().split(' ');
        return { status: 200, value: { sha: name('commit_sha'), parents: parents.map((sha) => ({ sha })) } };
      }
      case 'GET /git/trees/{tree_sha}':
        return { status: 200, value: { sha: name('tree_sha'), tree: this.#tree(name('tree_sha')), truncated: this.treesTruncated } };
      case 'GET /git/blobs/{file_sha}': {
        const content = this.#git('cat-file', 'blob', name('file_sha'));
        return { status: 200, value: { sha: name('file_sha'), encoding: 'base64', size: Buffer.byteLength(content), content: Buffer.from(content).toString('base64').replace(/(.{60})/g, '$1\n') } };
      }
      case 'POST /code-scanning/sarifs':
        return this.#sarif(body);
      case 'GET /code-scanning/sarifs/{sarif_id}': {
        const upload = found(this.sarifs[Number(name('sarif_id').slice(-4))]);
        upload.looks += 1;
        if (upload.looks > this.sarifPending && this.sarifErrors.length > 0) return { status: 200, value: { processing_status: 'failed', errors: this.sarifErrors } };
        return { status: 200, value: upload.looks > this.sarifPending ? { processing_status: 'complete', analyses_url: `${this.url}/repos/${this.owner}/${this.repo}/code-scanning/analyses?sarif_id=${name('sarif_id')}` } : { processing_status: 'pending' } };
      }
      default:
        this.mistakes.push(`the loopback does not play ${operation.method} ${operation.template}`);
        throw new Refusal(404, 'Not Found');
    }
  }

  #pull(number: number): void {
    if (number !== this.#options.pull?.number) throw new Refusal(404, 'Not Found');
  }

  #git(...words: readonly string[]): string {
    try {
      return this.#options.repository.git(...words);
    } catch {
      throw new Refusal(404, 'Not Found');
    }
  }

  #page(url: URL, values: readonly unknown[]): { readonly status: number; readonly value: unknown; readonly headers: Readonly<Record<string, string>> } {
    const size = Number(url.searchParams.get('per_page') ?? 30);
    const page = Number(url.searchParams.get('page') ?? 1);
    const next = new URL(`${this.url}${url.pathname}${url.search}`);
    next.searchParams.set('page', String(page + 1));
    return { status: 200, value: values.slice((page - 1) * size, page * size), headers: page * size < values.length ? { link: `<${next.href}>; rel="next"` } : {} };
  }

  #file(file: DiffFile): Fields {
    const lines = file.patch.split('\n');
    const additions = lines.filter((line) => line.startsWith('+')).length;
    const deletions = lines.filter((line) => line.startsWith('-')).length;
    return {
      filename: file.path,
      ...(file.previousPath === null ? {} : { previous_filename: file.previousPath }),
      status: file.status,
      additions,
      deletions,
      changes: additions + deletions,
      ...(this.patchOmitted.has(file.path) || file.patch === '' ? {} : { patch: file.patch }),
    };
  }

  #checkedBody(body: Fields): string {
    const text = typeof body['body'] === 'string' ? body['body'] : '';
    if (text.trim() === '') throw new Refusal(422, 'Validation Failed', [{ code: 'missing_field', field: 'body' }]);
    if (text.length > bodyLimit) throw new Refusal(422, 'Validation Failed', [{ code: 'custom', field: 'body', message: `body is too long (maximum is ${String(bodyLimit)} characters)` }]);
    return text;
  }

  #newComment(body: Fields, commit: unknown): Omit<StoredComment, 'id'> {
    if (commit !== this.headSha) throw new Refusal(422, 'Validation Failed', [{ code: 'custom', field: 'commit_id', message: 'commit_id is not part of the pull request' }]);
    const wholeFile = body['subject_type'] === 'file';
    // The contract has checked the types of these fields.
    const place = { path: body['path'] as string, line: body['line'] as number | undefined, side: body['side'] as string | undefined, startLine: body['start_line'] as number | undefined, startSide: body['start_side'] as string | undefined, wholeFile };
    const mistake = placeMistake(this.#diff, { ...place } as Parameters<typeof placeMistake>[1]);
    if (mistake !== null) throw new Refusal(422, 'Unprocessable Entity', [mistake]);
    return { author: viewer, body: this.#checkedBody(body), path: place.path, line: place.line ?? null, side: place.side === 'LEFT' ? 'LEFT' : 'RIGHT', startLine: place.startLine ?? null, wholeFile, replyTo: null };
  }

  #accept(comment: Omit<StoredComment, 'id'>): StoredComment {
    return this.seedReviewComment(comment);
  }

  /** All comments or none. */
  #review(body: Fields): { readonly status: number; readonly value: unknown } {
    const comments = (Array.isArray(body['comments']) ? body['comments'] : []).filter(isFields);
    const text = typeof body['body'] === 'string' ? body['body'] : '';
    if (body['event'] !== 'COMMENT') this.mistakes.push(`a review of type ${String(body['event'])}: a bot's block cannot be lifted by the bot`);
    if (text === '') throw new Refusal(422, 'Unprocessable Entity', ['Body is required for this event']);
    if (comments.length > 30) this.mistakes.push('more than 30 comments in one review');
    const accepted = comments.map((comment) => this.#newComment(comment, body['commit_id']));
    for (const comment of accepted) this.#accept(comment);
    const review = { id: this.#nextId++, body: text, event: 'COMMENT', commit: String(body['commit_id']) };
    this.reviews.push(review);
    return { status: 200, value: { id: review.id, body: text, state: 'COMMENTED', commit_id: review.commit, user: user(viewer) } };
  }

  #reviewComment(comment: StoredComment): Fields {
    return {
      id: comment.id,
      user: user(comment.author),
      body: comment.body,
      path: comment.path,
      ...(comment.line === null ? {} : { line: comment.line }),
      side: comment.side,
      start_line: comment.startLine,
      subject_type: comment.wholeFile ? 'file' : 'line',
      ...(comment.replyTo === null ? {} : { in_reply_to_id: comment.replyTo }),
      html_url: `https://github.com/${this.owner}/${this.repo}/pull/7#discussion_r${String(comment.id)}`,
    };
  }

  #issueComment(comment: StoredIssueComment): Fields {
    return { id: comment.id, user: user(comment.author), body: comment.body, html_url: `https://github.com/${this.owner}/${this.repo}/pull/7#issuecomment-${String(comment.id)}` };
  }

  #tree(commit: string): readonly Fields[] {
    return this.#git('ls-tree', '-r', '-t', '-l', '-z', commit)
      .split('\0')
      .filter((line) => line !== '')
      .map((line) => {
        const match = /^(\d+) (\w+) ([0-9a-f]+) +(-|\d+)\t([^]*)$/.exec(line);
        if (match === null) throw new Error(`odd ls-tree line ${line}`);
        const [, mode, type, sha, size, path] = match;
        return { path, mode, type, sha, ...(size === '-' ? {} : { size: Number(size) }) };
      });
  }

  #sarif(body: Fields): { readonly status: number; readonly value: unknown } {
    const ref = String(body['ref']);
    if (!/^refs\/(heads|tags)\/.+|^refs\/pull\/\d+\/(merge|head)$/.test(ref)) throw new Refusal(422, `ref ${ref} not found in this repository`);
    if (/gh-readonly-queue/.test(ref)) this.mistakes.push('SARIF was sent for a merge queue, whose ref vanishes');
    const log: unknown = JSON.parse(gunzipSync(Buffer.from(String(body['sarif']), 'base64')).toString('utf8'));
    if (!this.#sarifSchema(log) || !isFields(log)) {
      this.mistakes.push(`the SARIF file is not valid: ${JSON.stringify(this.#sarifSchema.errors?.slice(0, 5))}`);
      throw new Refusal(400, 'Invalid SARIF');
    }
    this.#git('cat-file', '-e', `${String(body['commit_sha'])}^{commit}`);
    this.sarifs.push({ ref, commit: String(body['commit_sha']), log, looks: 0 });
    const id = `47177e22-5596-11eb-80a1-c1e54ef9${String(this.sarifs.length - 1).padStart(4, '0')}`;
    return { status: 202, value: { id, url: `${this.url}/repos/${this.owner}/${this.repo}/code-scanning/sarifs/${id}` } };
  }
}
