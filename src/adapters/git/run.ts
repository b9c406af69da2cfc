import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import process from 'node:process';
import { InputError } from '#app/input-error.ts';

export interface GitResult {
  readonly code: number;
  readonly stdout: Buffer;
  readonly stderr: string;
}

/** A token for fetches from one server; travels in the environment of the fetch only, never in arguments or configuration files. */
export interface FetchCredential {
  readonly token: string;
  /** `https://github.com` */
  readonly serverUrl: string;
}

export interface RunOptions {
  readonly credential?: FetchCredential;
  readonly timeoutMs?: number;
  readonly input?: string;
}

/** Configuration that could start a program or ask a person is switched off, whatever the repository or the user says. */
const hardened: readonly string[] = ['-c', 'core.hooksPath=/dev/null', '-c', 'core.fsmonitor=false', '-c', 'core.quotePath=false', '-c', 'protocol.ext.allow=never', '-c', 'gc.auto=0', '-c', 'maintenance.auto=false', '-c', 'log.showSignature=false'];

/** Variables that point git somewhere else (`GIT_DIR`, `GIT_INDEX_FILE`, …) are not handed on; how to reach a server is. */
const handedOn = /^GIT_(?:SSL_|SSH|PROXY|ASKPASS$|CONFIG_GLOBAL$|CONFIG_SYSTEM$|CONFIG_NOSYSTEM$)/u;

function environment(credential: FetchCredential | undefined): NodeJS.ProcessEnv {
  const inherited = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('GIT_') || handedOn.test(name)));
  return {
    ...inherited,
    LC_ALL: 'C',
    GIT_TERMINAL_PROMPT: '0',
    GIT_OPTIONAL_LOCKS: '0',
    GIT_NO_REPLACE_OBJECTS: '1',
    // Missing blobs of a partial clone are fetched together, not one by one behind our back.
    GIT_NO_LAZY_FETCH: '1',
    ...(credential === undefined ? {} : credentialVariables(credential)),
  };
}

function credentialVariables({ token, serverUrl }: FetchCredential): Record<string, string> {
  const key = `http.${serverUrl.replace(/\/+$/u, '')}/.extraheader`;
  const basic = Buffer.from(`x-access-token:${token}`).toString('base64');
  // The empty value first: a header that the checkout left in the configuration would be sent twice and refused.
  return { GIT_CONFIG_COUNT: '2', GIT_CONFIG_KEY_0: key, GIT_CONFIG_VALUE_0: '', GIT_CONFIG_KEY_1: key, GIT_CONFIG_VALUE_1: `AUTHORIZATION: basic ${basic}` };
}

const running = new Set<ChildProcess>();
let watching = false;

/** Starts git without a shell; it is ended when this process ends. */
export function startGit(directory: string, args: readonly string[], credential?: FetchCredential): ChildProcess & { stdin: NonNullable<ChildProcess['stdin']>; stdout: NonNullable<ChildProcess['stdout']>; stderr: NonNullable<ChildProcess['stderr']> } {
  const child = spawn('git', ['-C', directory, '--no-pager', '--literal-pathspecs', ...hardened, ...args], { env: environment(credential), stdio: ['pipe', 'pipe', 'pipe'], windowsHide: true });
  if (!watching) {
    watching = true;
    process.once('exit', () => {
      for (const one of running) one.kill();
    });
  }
  running.add(child);
  child.once('close', () => running.delete(child));
  // git that ends early closes its input: the exit code says why.
  child.stdin.on('error', () => undefined);
  return child;
}

/** Runs git to its end and gathers what it says. Throws only where git cannot be started. */
export async function runGit(directory: string, args: readonly string[], options: RunOptions = {}): Promise<GitResult> {
  const child = startGit(directory, args, options.credential);
  const output: Buffer[] = [];
  const errors: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => output.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => {
    if (errors.length < 100) errors.push(chunk);
  });
  child.stdin.end(options.input ?? '');
  const timer = options.timeoutMs === undefined ? undefined : setTimeout(() => child.kill('SIGKILL'), options.timeoutMs);
  try {
    const code = await ended(child);
    return { code, stdout: Buffer.concat(output), stderr: Buffer.concat(errors).toString('utf8') };
  } finally {
    clearTimeout(timer);
  }
}

/** Exit code of a child; 128 where a signal ended it. */
export function ended(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once('error', () => reject(new InputError('`git` cannot be started', 'install git and put it on PATH')));
    child.once('close', (code) => resolve(code ?? 128));
  });
}
