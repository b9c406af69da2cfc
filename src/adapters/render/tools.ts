/** The programs that render: found on PATH or named by the configuration, never inside what is reviewed, where the head could put them (R14). */
import { accessSync, constants, realpathSync, statSync } from 'node:fs';
import { delimiter, isAbsolute, join, relative, sep } from 'node:path';
import process from 'node:process';
import { run, type Sandbox } from './run.ts';

export interface ToolSettings {
  /** Names on PATH or absolute paths (`tools:` of the configuration). */
  readonly kustomize?: string | undefined;
  readonly helm?: string | undefined;
  /** `PATH` of this process. */
  readonly searchPath: string;
  /** Folders that are reviewed: nothing in them is run. */
  readonly untrusted: readonly string[];
}

export interface Tool {
  readonly program: string;
  /** `kustomize 5.7.1`, `helm 4.1.4`: as reports name it. */
  readonly name: string;
  readonly version: readonly [number, number, number];
  /** `kubectl kustomize` takes other arguments than `kustomize build`. */
  readonly form: 'kubectl' | 'kustomize' | 'helm';
}

export type FoundTool = { readonly type: 'tool'; readonly tool: Tool } | { readonly type: 'missing'; readonly reason: string; readonly remedy: string };

export async function findKustomize(settings: ToolSettings, sandbox: Sandbox): Promise<FoundTool> {
  const named = settings.kustomize;
  const remedy = 'install `kustomize` or `kubectl`, or name one with `tools.kustomize`';
  let refused: string | undefined;
  for (const name of named === undefined ? ['kustomize', 'kubectl'] : [named]) {
    const place = locate(name, settings);
    if (place.type === 'refused') refused ??= place.reason;
    if (place.type !== 'found') continue;
    const tool = await kustomizeAt(place.program, sandbox);
    if (tool !== undefined) return { type: 'tool', tool };
    refused ??= `\`${name}\` does not say which version of kustomize it is`;
  }
  return { type: 'missing', reason: refused ?? (named === undefined ? 'neither `kustomize` nor `kubectl` is on PATH' : `\`${named}\` is not on PATH`), remedy };
}

export async function findHelm(settings: ToolSettings, sandbox: Sandbox): Promise<FoundTool> {
  const name = settings.helm ?? 'helm';
  const remedy = 'install Helm 3.10 or newer, or name it with `tools.helm`';
  const place = locate(name, settings);
  if (place.type === 'refused') return { type: 'missing', reason: place.reason, remedy };
  if (place.type === 'absent') return { type: 'missing', reason: `\`${name}\` is not on PATH`, remedy };
  const answer = await run(place.program, ['version', '--template', '{{.Version}}'], sandbox);
  const version = answer.type === 'ended' ? parseVersion(answer.stdout) : undefined;
  if (version === undefined) return { type: 'missing', reason: `\`${name}\` does not say which version of Helm it is`, remedy };
  if (version[0] < 3 || (version[0] === 3 && version[1] < 10)) return { type: 'missing', reason: `\`${name}\` is Helm ${version.join('.')}, which is too old`, remedy };
  return { type: 'tool', tool: { program: place.program, name: `helm ${version.join('.')}`, version, form: 'helm' } };
}

async function kustomizeAt(program: string, sandbox: Sandbox): Promise<Tool | undefined> {
  // `kubectl version` without `--client` would look for a cluster; `kustomize` knows no such flag.
  const asKubectl = await run(program, ['version', '--client=true'], sandbox);
  const inside = asKubectl.type === 'ended' ? /Kustomize Version:\s*(v\S+)/u.exec(asKubectl.stdout)?.[1] : undefined;
  if (inside !== undefined) {
    const version = parseVersion(inside);
    return version === undefined ? undefined : { program, name: `kustomize ${version.join('.')} (kubectl)`, version, form: 'kubectl' };
  }
  const answer = await run(program, ['version'], sandbox);
  const version = answer.type === 'ended' ? parseVersion(answer.stdout) : undefined;
  return version === undefined ? undefined : { program, name: `kustomize ${version.join('.')}`, version, form: 'kustomize' };
}

function parseVersion(text: string): readonly [number, number, number] | undefined {
  const match = /v?(\d+)\.(\d+)\.(\d+)/u.exec(text);
  return match === null ? undefined : [Number(match[1]), Number(match[2]), Number(match[3])];
}

type Place = { readonly type: 'found'; readonly program: string } | { readonly type: 'refused'; readonly reason: string } | { readonly type: 'absent' };

/** The first program of that name on PATH that does not lie, links followed, in what is reviewed. */
function locate(name: string, settings: ToolSettings): Place {
  if (isAbsolute(name)) return programAt(name, name, settings.untrusted);
  if (/[\\/]/u.test(name)) return { type: 'refused', reason: `\`${name}\` is neither a name on PATH nor an absolute path` };
  let refused: Place | undefined;
  for (const folder of settings.searchPath.split(delimiter)) {
    // An empty or relative entry means the working directory, which the head may fill.
    if (!isAbsolute(folder)) continue;
    for (const ending of process.platform === 'win32' ? ['.exe', ''] : ['']) {
      const place = programAt(join(folder, `${name}${ending}`), name, settings.untrusted);
      if (place.type === 'found') return place;
      if (place.type === 'refused') refused ??= place;
    }
  }
  return refused ?? { type: 'absent' };
}

function programAt(path: string, name: string, untrusted: readonly string[]): Place {
  try {
    if (!statSync(path).isFile()) return { type: 'absent' };
    accessSync(path, constants.X_OK);
    const real = realpathSync(path);
    for (const folder of untrusted) {
      const root = realpathSync(folder);
      if (inside(root, path) || inside(root, real)) return { type: 'refused', reason: `\`${name}\` lies in the repository, where a pull request could replace it` };
    }
    return { type: 'found', program: path };
  } catch {
    return { type: 'absent' };
  }
}

function inside(root: string, path: string): boolean {
  const steps = relative(root, path);
  return steps !== '..' && !steps.startsWith(`..${sep}`) && !isAbsolute(steps);
}
