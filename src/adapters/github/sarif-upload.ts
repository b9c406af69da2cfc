import { gzipSync } from 'node:zlib';
import { HostFailure, type Clock, type CodeScanningHost, type SarifProcessing } from '#app/ports.ts';
import { asking, once, type Client } from './client.ts';

/** GitHub takes no more, gzip compressed. @see https://docs.github.com/en/code-security/code-scanning/troubleshooting-sarif-uploads/file-too-large */
const sizeLimit = 10_000_000;
const polls = 20;

export interface SarifUploadOptions {
  readonly owner: string;
  readonly repo: string;
  readonly clock: Clock;
  /** Milliseconds between two looks at the processing; at most 20 looks. */
  readonly pollEvery: number;
}

/**
 * The documented way into code scanning.
 * @see https://docs.github.com/en/rest/code-scanning/code-scanning#upload-an-analysis-as-sarif-data
 */
export function codeScanningHost(client: Client, { owner, repo, clock, pollEvery }: SarifUploadOptions): CodeScanningHost {
  return {
    async upload(sarif, { ref, commit, toolName }): Promise<SarifProcessing> {
      const packed = gzipSync(sarif);
      if (packed.byteLength > sizeLimit) throw new HostFailure('refused', null, `could not upload the SARIF file: ${String(packed.byteLength)} bytes are more than the ${String(sizeLimit)} that GitHub takes; raise \`sarif-min-severity\``);
      const receipt = await asking('upload the SARIF file', () =>
        client.rest.codeScanning.uploadSarif({ owner, repo, commit_sha: commit, ref, sarif: packed.toString('base64'), tool_name: toolName, request: once }),
      );
      const id = receipt.data.id;
      if (id === undefined) return { type: 'pending' };
      for (let look = 0; look < polls; look += 1) {
        const status = await asking('ask how far code scanning is', () => client.rest.codeScanning.getSarif({ owner, repo, sarif_id: id }));
        if (status.data.processing_status === 'complete') return { type: 'complete', url: status.data.analyses_url ?? null };
        if (status.data.processing_status === 'failed') return { type: 'failed', errors: status.data.errors ?? [] };
        await clock.sleep(pollEvery);
      }
      return { type: 'pending' };
    },
  };
}
