/** The SARIF file on its way to code scanning. Fails open: whatever GitHub says, the file is there and the exit code stays. */
import { HostFailure, type Clock } from '#app/ports.ts';
import type { Client } from '#adapters/github/client.ts';
import type { WorkflowEvent } from '#adapters/github/event.ts';
import { codeScanningHost } from '#adapters/github/sarif-upload.ts';
import type { ActionEnvironment } from './action-environment.ts';

export interface SarifUpload {
  readonly text: string;
  /** The commit that was looked at. */
  readonly head: string;
  /** `null` without a token. */
  readonly client: Client | null;
  readonly clock: Clock;
  readonly environment: ActionEnvironment;
}

export interface SarifOutcome {
  /** Where the alerts are shown. */
  readonly url: string | null;
  /** A sentence for the reader. */
  readonly note: string | null;
}

export async function uploadSarif({ text, head, client, clock, environment }: SarifUpload): Promise<SarifOutcome> {
  const { event, owner, repo } = environment;
  // A queue's ref vanishes before code scanning has looked at it.
  if (event.type === 'merge_group') return { url: null, note: null };
  const ref = sarifRef(event, head, environment);
  if (client === null) return { url: null, note: 'the SARIF file was not sent to code scanning: there is no token' };
  if (ref === null) return { url: null, note: `the SARIF file was not sent to code scanning: \`${head.slice(0, 7)}\` is not what the workflow runs on` };
  const host = codeScanningHost(client, { owner, repo, clock, pollEvery: 2 * environment.writeSpacing });
  try {
    const processing = await host.upload(text, { ref, commit: head, toolName: 'mesh-posture' });
    if (processing.type === 'failed') return { url: null, note: `code scanning refused the SARIF file: ${processing.errors.join('; ')}` };
    const query = event.type === 'pull_request' ? `pr:${String(event.number)}` : `ref:${ref}`;
    const url = `${environment.repositoryUrl}/security/code-scanning?query=${encodeURIComponent(`tool:mesh-posture ${query}`)}`;
    return { url, note: processing.type === 'pending' ? 'code scanning is still working on the SARIF file' : null };
  } catch (error) {
    if (!(error instanceof HostFailure)) throw error;
    const missing = error.kind === 'forbidden' || error.kind === 'not-found';
    return { url: null, note: `${error.message}${missing ? '; code scanning needs `permissions: security-events: write`, and GitHub Advanced Security in private repositories; for forks, `github/codeql-action/upload-sarif` can send the file' : ''}` };
  }
}

/** Code scanning takes an analysis for a ref and a commit that belong together; `null` where the workflow knows no such ref. */
function sarifRef(event: WorkflowEvent, head: string, { sha, ref }: ActionEnvironment): string | null {
  if (head === sha && ref.startsWith('refs/')) return ref;
  if ((event.type === 'pull_request' || event.type === 'pull_request_target') && head === event.headSha) return `refs/pull/${String(event.number)}/head`;
  return null;
}
