/**
 * What the pipeline needs from outside, as interfaces: adapters implement them, entry wires them, tests replace them.
 * Every method that writes does exactly one request that GitHub may refuse; a refusal is a `HostFailure`, never a lost sentence.
 */
import type { SetValue } from '#units/helm-values.ts';
import type { BlobId } from '#trees/tree.ts';

export type { BlobContent, BlobId, Tree, TreeEntry, TreePair } from '#trees/tree.ts';

/** A file of the private copy: bytes of the tree, or text that was checked and written anew. */
export type RenderFile = { readonly blob: BlobId } | { readonly text: string };

export type RenderTool =
  /** `inflates`: charts that lie in the repository are inflated by Helm. */
  | { readonly tool: 'kustomize'; readonly inflates: boolean }
  | {
      readonly tool: 'helm';
      readonly release: string;
      readonly namespace: string;
      /** Paths in the private copy, in the order in which they are laid over `values.yaml`. */
      readonly values: readonly string[];
      readonly set: Readonly<Record<string, SetValue>>;
      readonly apiVersions: readonly string[];
      readonly kubeVersion: string;
    };

/** One unit of one side, to be rendered by the real tool (R13). It is untrusted whatever its side (R14). Equal requests give equal answers. */
export interface RenderRequest {
  /** Folder of the kustomization or chart in the private copy; `.` is its root. */
  readonly path: string;
  readonly how: RenderTool;
  /** Every file that the unit reads, by path, and nothing else: what is not here does not exist for the tool. */
  readonly files: ReadonlyMap<string, RenderFile>;
}

export interface RenderedDocument {
  /** YAML of one document, without the notes that the tool adds. */
  readonly text: string;
  /**
   * What the tool says the object was made from: for `resource` and `generator` a path relative to the kustomization, for `template` one that begins
   * with the chart's name. `undefined`: it does not say.
   */
  readonly source: { readonly from: 'resource' | 'generator' | 'template'; readonly path: string } | undefined;
  /** Set: in a cluster that holds what the chart asks for, the document is this text, or (empty) is not there. */
  readonly otherwise?: string;
}

/**
 * `refused`: the unit asks for what R14 forbids; `missing-tool`: the program is not there. A reason carries the tool's own words in one line, without
 * paths of this machine.
 */
export type RenderedUnit =
  | { readonly type: 'rendered'; readonly tool: string; readonly documents: readonly RenderedDocument[] }
  | { readonly type: 'failed' | 'refused' | 'limit' | 'missing-tool'; readonly tool: string; readonly reason: string; readonly remedy: string };

export interface Renderer {
  /** Never throws for what a tree holds. */
  render(request: RenderRequest): Promise<RenderedUnit>;
  /** How many renderings are worth starting at once. */
  readonly parallel: number;
}

export interface Clock {
  /** Milliseconds since 1970, UTC. */
  now(): number;
  sleep(milliseconds: number): Promise<void>;
}

/** Why GitHub did not do what was asked, as far as a caller acts on it. */
export type HostFailureKind =
  /** The token may not (403), or the thing is hidden from it (404): degrade, do not fail. */
  | 'forbidden'
  | 'not-found'
  /** 422: the request was understood and refused, an anchor outside the diff for example. */
  | 'refused'
  /** The limits asked for a longer wait than this run may spend. */
  | 'rate-limited'
  /** 5xx, or no answer at all, after the retries that are safe. */
  | 'unavailable'
  | 'unexpected';

/** One sentence, plain text, with the operation in words; holds no token, no header and no body. */
export class HostFailure extends Error {
  readonly kind: HostFailureKind;
  readonly status: number | null;

  constructor(kind: HostFailureKind, status: number | null, message: string) {
    super(message);
    this.name = 'HostFailure';
    this.kind = kind;
    this.status = status;
  }
}

export interface PullRequestState {
  readonly number: number;
  readonly headSha: string;
  readonly open: boolean;
}

/** One file of the pull request's diff, as GitHub lists it. */
export interface ChangedFile {
  readonly path: string;
  readonly previousPath: string | null;
  readonly status: string;
  /** Hunks without file headers; `null` where GitHub left them out (big or binary files). */
  readonly patch: string | null;
}

export interface ChangedFiles {
  readonly files: readonly ChangedFile[];
  /** False: GitHub lists no more than 3 000 files. */
  readonly complete: boolean;
}

export interface ReviewComment {
  readonly id: number;
  readonly author: string;
  readonly body: string;
  readonly path: string;
  /** `null`: outdated, GitHub no longer shows it at a line. */
  readonly line: number | null;
  readonly side: 'LEFT' | 'RIGHT';
  readonly wholeFile: boolean;
  readonly replyTo: number | null;
  readonly url: string;
}

export interface IssueComment {
  readonly id: number;
  readonly author: string;
  readonly body: string;
  readonly url: string;
}

/** Where an inline comment goes; `line` is the last of a range, `startLine` is there only where it is smaller. */
export interface CommentAnchor {
  readonly path: string;
  readonly line: number;
  readonly side: 'LEFT' | 'RIGHT';
  readonly startLine?: number;
}

export interface NewReviewComment extends CommentAnchor {
  readonly body: string;
}

/** One pull request at GitHub. Lists are complete (all pages). */
export interface PullRequestHost {
  state(): Promise<PullRequestState>;
  /** The login under which this token writes, without the suffix `[bot]`. */
  viewer(): Promise<string>;
  changedFiles(): Promise<ChangedFiles>;
  reviewComments(): Promise<readonly ReviewComment[]>;
  issueComments(): Promise<readonly IssueComment[]>;
  /** One review of type COMMENT on `commit`: all comments are taken, or none (422). */
  createReview(review: { readonly commit: string; readonly body: string; readonly comments: readonly NewReviewComment[] }): Promise<void>;
  createReviewComment(commit: string, comment: NewReviewComment): Promise<void>;
  createFileComment(commit: string, comment: { readonly path: string; readonly body: string }): Promise<void>;
  updateReviewComment(id: number, body: string): Promise<void>;
  deleteReviewComment(id: number): Promise<void>;
  createIssueComment(body: string): Promise<IssueComment>;
  updateIssueComment(id: number, body: string): Promise<IssueComment>;
  deleteIssueComment(id: number): Promise<void>;
}

export type SarifProcessing =
  | { readonly type: 'complete'; readonly url: string | null }
  | { readonly type: 'failed'; readonly errors: readonly string[] }
  /** Still pending when the wait was over: GitHub goes on by itself. */
  | { readonly type: 'pending' };

export interface CodeScanningHost {
  /** @param sarif the JSON text; sent gzip compressed. @param ref full ref, `refs/pull/7/merge`. */
  upload(sarif: string, target: { readonly ref: string; readonly commit: string; readonly toolName: string }): Promise<SarifProcessing>;
}
