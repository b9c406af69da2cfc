/** Runs a renderer on untrusted input: no shell words from outside, an environment of its own, bounded time, memory and output. */
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';

export interface RunLimits {
  readonly milliseconds: number;
  /** Of standard output and of standard error together. */
  readonly outputBytes: number;
  /** Address space of the tool and of what it starts. */
  readonly memoryBytes: number;
}

export interface Sandbox {
  /** Private folder that becomes home, temporary folder and PATH of the tool; it holds nothing that could be run. */
  readonly empty: string;
  readonly directory: string;
  readonly limits: RunLimits;
}

export type RunResult =
  | { readonly type: 'ended'; readonly code: number; readonly stdout: string; readonly stderr: string }
  | { readonly type: 'stopped'; readonly by: 'time' | 'output' }
  | { readonly type: 'not-started' };

/** No secret, no proxy, no cluster, no home: only what is named here. An address of a proxy that answers nothing stops HTTP that the checks missed. */
export function cleanEnvironment(empty: string): Record<string, string> {
  const nowhere = 'http://127.0.0.1:9';
  return {
    PATH: join(empty, 'bin'),
    HOME: empty,
    USERPROFILE: empty,
    TMPDIR: join(empty, 'tmp'),
    TEMP: join(empty, 'tmp'),
    TMP: join(empty, 'tmp'),
    XDG_CONFIG_HOME: join(empty, 'config'),
    XDG_CACHE_HOME: join(empty, 'cache'),
    XDG_DATA_HOME: join(empty, 'data'),
    HELM_CONFIG_HOME: join(empty, 'config'),
    HELM_CACHE_HOME: join(empty, 'cache'),
    HELM_DATA_HOME: join(empty, 'data'),
    HELM_PLUGINS: join(empty, 'plugins'),
    KUSTOMIZE_PLUGIN_HOME: join(empty, 'plugins'),
    KUBECONFIG: join(empty, 'kubeconfig'),
    KUBECTL_KUBERC: 'false',
    HTTP_PROXY: nowhere,
    HTTPS_PROXY: nowhere,
    http_proxy: nowhere,
    https_proxy: nowhere,
    NO_PROXY: '',
    no_proxy: '',
    GIT_TERMINAL_PROMPT: '0',
    LC_ALL: 'C',
    TZ: 'UTC',
    // Its own garbage collector keeps the tool below the limit as long as it can.
    GOMEMLIMIT: '1GiB',
  };
}

const running = new Set<ChildProcess>();
let watching = false;

function stop(child: ChildProcess): void {
  try {
    // The group: what the tool started goes with it.
    if (child.pid !== undefined && process.platform !== 'win32') process.kill(-child.pid, 'SIGKILL');
    else child.kill('SIGKILL');
  } catch {
    child.kill('SIGKILL');
  }
}

function watch(child: ChildProcess): void {
  if (!watching) {
    watching = true;
    process.once('exit', () => {
      for (const one of running) stop(one);
    });
  }
  running.add(child);
  child.once('close', () => running.delete(child));
}

const shell = '/bin/sh';

/** `ulimit` is the only way to bound the memory of a program that is everywhere; where it is not known, time and output are bounded still. */
function command(program: string, args: readonly string[], memoryBytes: number): { readonly file: string; readonly args: readonly string[] } {
  if (process.platform === 'win32' || !existsSync(shell)) return { file: program, args };
  const kilobytes = String(Math.floor(memoryBytes / 1024));
  // The program and its arguments are positions, never text of the script.
  return { file: shell, args: ['-c', 'ulimit -v "$0" 2>/dev/null; ulimit -c 0 2>/dev/null; exec "$@"', kilobytes, program, ...args] };
}

/** @param program absolute path */
export function run(program: string, args: readonly string[], { empty, directory, limits }: Sandbox): Promise<RunResult> {
  return new Promise((resolve) => {
    const { file, args: all } = command(program, args, limits.memoryBytes);
    const child = spawn(file, all, { cwd: directory, env: cleanEnvironment(empty), stdio: ['ignore', 'pipe', 'pipe'], detached: process.platform !== 'win32', windowsHide: true });
    watch(child);
    const output: Buffer[] = [];
    const errors: Buffer[] = [];
    let bytes = 0;
    let stopped: 'time' | 'output' | undefined;
    const take = (into: Buffer[]) => (chunk: Buffer): void => {
      bytes += chunk.byteLength;
      if (bytes > limits.outputBytes) {
        stopped ??= 'output';
        stop(child);
      } else into.push(chunk);
    };
    child.stdout.on('data', take(output));
    child.stderr.on('data', take(errors));
    const timer = setTimeout(() => {
      stopped ??= 'time';
      stop(child);
    }, limits.milliseconds);
    child.once('error', () => {
      clearTimeout(timer);
      resolve({ type: 'not-started' });
    });
    child.once('close', (code) => {
      clearTimeout(timer);
      if (stopped !== undefined) resolve({ type: 'stopped', by: stopped });
      else resolve({ type: 'ended', code: code ?? 128, stdout: Buffer.concat(output).toString('utf8'), stderr: Buffer.concat(errors).toString('utf8') });
    });
  });
}
