/** Renders units with the real kustomize and Helm (R13), on a private copy, without network, plugins or secrets (R14). */
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import type { BlobId, RenderedDocument, RenderedUnit, Renderer, RenderRequest, RenderTool } from '#app/ports.ts';
import { cacheKey, noCache, type RenderCache } from './cache.ts';
import { helmDocuments, kustomizeDocuments } from './output.ts';
import { run, type RunLimits, type RunResult } from './run.ts';
import { findHelm, findKustomize, type FoundTool, type Tool, type ToolSettings } from './tools.ts';
import { askingFiles, asksCluster, inFullCluster, mayBeRandom, onAnotherDay, withFound, withoutRandom, type ChartFiles } from './unknowable.ts';
import { opened } from './packed.ts';
import { isSafePath, openWorkspace, writeFiles, type Workspace } from './workspace.ts';

export interface RendererOptions {
  readonly tools: ToolSettings;
  /** Bytes of blobs; one that cannot be had is missing in the answer. */
  readonly bytes: (blobs: readonly BlobId[]) => Promise<ReadonlyMap<BlobId, Uint8Array>>;
  readonly cache?: RenderCache;
  readonly limits?: Partial<RenderLimits>;
}

export interface RenderLimits extends RunLimits {
  readonly files: number;
  /** Of all files of one unit together. */
  readonly inputBytes: number;
}

export const defaultRenderLimits: RenderLimits = { milliseconds: 120_000, outputBytes: 64_000_000, memoryBytes: 4_000_000_000, files: 10_000, inputBytes: 200_000_000 };

const probeLimits: RunLimits = { milliseconds: 20_000, outputBytes: 100_000, memoryBytes: 4_000_000_000 };

export function createRenderer(options: RendererOptions): Renderer {
  const limits: RenderLimits = { ...defaultRenderLimits, ...options.limits };
  const cache = options.cache ?? noCache;
  const found = new Map<'kustomize' | 'helm', Promise<FoundTool>>();
  const find = (kind: 'kustomize' | 'helm'): Promise<FoundTool> => {
    let answer = found.get(kind);
    if (answer === undefined) {
      answer = probe(kind, options.tools);
      found.set(kind, answer);
    }
    return answer;
  };
  return {
    parallel: Math.max(1, availableParallelism()),
    async render(request) {
      const main = await find(request.how.tool);
      if (main.type === 'missing') return { type: 'missing-tool', tool: request.how.tool, reason: main.reason, remedy: main.remedy };
      const helper = await helperOf(request.how, main.tool, find);
      if (helper.type === 'unit') return helper.unit;
      const { tool } = main;
      const name = helper.tool === undefined ? tool.name : `${tool.name}, ${helper.tool.name}`;
      if (request.files.size > limits.files) return { type: 'limit', tool: name, reason: `it reads ${String(request.files.size)} files, the limit is ${String(limits.files)}`, remedy: 'split the unit' };
      const key = cacheKey([name, request.path, request.how, [...request.files].map(([path, file]) => [path, 'blob' in file ? file.blob : `=${file.text}`])]);
      const known = await cache.read(key);
      if (known !== undefined) return { type: 'rendered', tool: name, documents: known };
      const rendered = await renderFresh(request, { tool, helper: helper.tool, name, limits, bytes: options.bytes });
      if (rendered.type === 'rendered') await cache.write(key, rendered.documents);
      return rendered;
    },
  };
}

async function probe(kind: 'kustomize' | 'helm', settings: ToolSettings): Promise<FoundTool> {
  const workspace = await openWorkspace();
  try {
    const sandbox = { empty: workspace.empty, directory: workspace.root, limits: probeLimits };
    return await (kind === 'kustomize' ? findKustomize(settings, sandbox) : findHelm(settings, sandbox));
  } finally {
    await workspace.remove();
  }
}

/** Helm as kustomize's helper. kustomize before 5.8.1 cannot speak to Helm 4. @see https://github.com/kubernetes-sigs/kustomize/issues/6013 */
async function helperOf(how: RenderTool, tool: Tool, find: (kind: 'helm') => Promise<FoundTool>): Promise<{ readonly type: 'helper'; readonly tool: Tool | undefined } | { readonly type: 'unit'; readonly unit: RenderedUnit }> {
  if (how.tool !== 'kustomize' || !how.inflates) return { type: 'helper', tool: undefined };
  const helm = await find('helm');
  if (helm.type === 'missing') return { type: 'unit', unit: { type: 'missing-tool', tool: 'helm', reason: `it inflates a chart, and ${helm.reason}`, remedy: helm.remedy } };
  const [major, minor, patch] = tool.version;
  const speaksHelm4 = major > 5 || (major === 5 && (minor > 8 || (minor === 8 && patch >= 1)));
  if (helm.tool.version[0] >= 4 && !speaksHelm4) {
    return { type: 'unit', unit: { type: 'missing-tool', tool: tool.name, reason: `${tool.name} cannot inflate charts with ${helm.tool.name}`, remedy: 'use kustomize 5.8.1 or newer, or name a Helm 3 with `tools.helm`' } };
  }
  return { type: 'helper', tool: helm.tool };
}

interface FreshOptions {
  readonly tool: Tool;
  readonly helper: Tool | undefined;
  readonly name: string;
  readonly limits: RenderLimits;
  readonly bytes: RendererOptions['bytes'];
}

async function renderFresh(request: RenderRequest, options: FreshOptions): Promise<RenderedUnit> {
  const { name, limits } = options;
  const bad = [...request.files.keys(), ...(request.path === '.' ? [] : [request.path])].find((path) => !isSafePath(path));
  if (bad !== undefined) return { type: 'refused', tool: name, reason: `the path ${JSON.stringify(bad)} cannot be written safely`, remedy: 'rename it' };
  const blobs = new Set([...request.files.values()].flatMap((file) => ('blob' in file ? [file.blob] : [])));
  const bytes = await options.bytes([...blobs]);
  const given = new Map<string, Uint8Array | string>();
  let size = 0;
  for (const [path, file] of request.files) {
    const content = 'blob' in file ? bytes.get(file.blob) : file.text;
    if (content === undefined) return { type: 'failed', tool: name, reason: `the content of \`${path}\` cannot be read`, remedy: 'fetch the whole tree, or check out with `fetch-depth: 0`' };
    size += content.length;
    if (size > limits.inputBytes) return { type: 'limit', tool: name, reason: `its files have more than ${String(limits.inputBytes)} bytes`, remedy: 'split the unit' };
    given.set(path, content);
  }
  const files = opened(given, limits.inputBytes);
  const first = await copied(files, request, options);
  // Kustomize by itself knows no such functions.
  if (first.type !== 'rendered' || (request.how.tool === 'kustomize' && !request.how.inflates)) return first;
  let { documents } = first;
  if (mayBeRandom(files)) {
    const second = await copied(onAnotherDay(files), request, options);
    // A template that reads the time as text fails on another day: what is the same today is then taken as it is.
    const again = second.type === 'rendered' ? second : await copied(files, request, options);
    if (again.type === 'rendered') documents = withoutRandom(documents, again.documents);
  }
  if (asksCluster(files)) {
    const full = await copied(inFullCluster(files), request, options);
    const isAsking = askingFiles(files);
    // Where the templates want more of what they find than can be made up, all that they make may be something else.
    documents = full.type === 'rendered' ? withFound(documents, mayBeRandom(files) ? withoutRandom(full.documents, documents) : full.documents) : documents.map((document) => (document.source === undefined || isAsking(document.source.path) ? { ...document, otherwise: '' } : document));
  }
  return { ...first, documents };
}

/** One rendering of these files in a private copy of its own. */
async function copied(files: ChartFiles, request: RenderRequest, options: FreshOptions): Promise<RenderedUnit> {
  const { tool } = options;
  const workspace = await openWorkspace();
  try {
    await writeFiles(workspace.root, files);
    return await once(request, options, workspace);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    const reason = code === 'EEXIST' || code === 'ENOTDIR' || code === 'EISDIR' ? 'two of its paths are one in this file system' : `its private copy cannot be written${code === '' ? '' : ` (${code})`}`;
    return { type: 'failed', tool: tool.name, reason, remedy: 'rename one of the paths, or free some space' };
  } finally {
    await workspace.remove();
  }
}

async function once(request: RenderRequest, options: FreshOptions, workspace: Workspace): Promise<RenderedUnit> {
  const { how, path } = request;
  const { tool, helper, name, limits } = options;
  const target = path === '.' ? workspace.root : join(workspace.root, path);
  const args = how.tool === 'helm' ? helmArguments(how, target, workspace) : kustomizeArguments(tool, helper, target);
  const result = await run(tool.program, args, { empty: workspace.empty, directory: workspace.root, limits });
  if (result.type !== 'ended' || result.code !== 0) return failure(result, name, limits, workspace, how.tool);
  const documents: readonly RenderedDocument[] = how.tool === 'helm' ? helmDocuments(result.stdout) : kustomizeDocuments(result.stdout);
  return { type: 'rendered', tool: name, documents };
}

function kustomizeArguments(tool: Tool, helper: Tool | undefined, target: string): readonly string[] {
  return [
    tool.form === 'kubectl' ? 'kustomize' : 'build',
    target,
    '--load-restrictor=LoadRestrictionsRootOnly',
    ...(helper === undefined ? [] : ['--enable-helm', `--helm-command=${helper.program}`]),
  ];
}

function helmArguments(how: Extract<RenderTool, { tool: 'helm' }>, target: string, workspace: Workspace): readonly string[] {
  return [
    'template',
    how.release,
    target,
    `--namespace=${how.namespace}`,
    '--include-crds',
    '--skip-tests',
    `--kube-version=${how.kubeVersion}`,
    ...how.apiVersions.map((version) => `--api-versions=${version}`),
    ...how.values.map((file) => `--values=${join(workspace.root, file)}`),
    ...Object.entries(how.set).map(([key, value]) => `--set-json=${key}=${JSON.stringify(value)}`),
  ];
}

function failure(result: RunResult, name: string, limits: RenderLimits, workspace: Workspace, tool: 'kustomize' | 'helm'): RenderedUnit {
  switch (result.type) {
    case 'not-started':
      return { type: 'failed', tool: name, reason: `${name} cannot be started`, remedy: `check the installation of ${tool}` };
    case 'stopped':
      return result.by === 'time'
        ? { type: 'limit', tool: name, reason: `${name} took more than ${String(Math.round(limits.milliseconds / 1000))} seconds`, remedy: 'make the unit smaller, or raise `limits.seconds`' }
        : { type: 'limit', tool: name, reason: `${name} wrote more than ${String(limits.outputBytes)} bytes`, remedy: 'make the unit smaller' };
    case 'ended': {
      if (/out of memory|cannot allocate memory|errno=12/iu.test(result.stderr)) return { type: 'limit', tool: name, reason: `${name} needed more than ${String(limits.memoryBytes)} bytes of memory`, remedy: 'make the unit smaller' };
      const words = toolWords(result.stderr, workspace);
      return { type: 'failed', tool: name, reason: words === '' ? `${name} ended with code ${String(result.code)}` : `${name}: ${words}`, remedy: `make \`${tool === 'helm' ? 'helm template' : 'kustomize build'}\` work for it` };
    }
  }
}

/** How kustomize tells that it went from folder to folder before it failed: only the last one helps. */
const recursed = /(?:accumulating resources: |accumulating components: )?accumulation err='accumulating (?:resources|components) from '[^']*': '[^']*' must resolve to a file': recursed accumulation of path '([^']*)': /gu;

/** The tool's last words on one line, without paths of this machine, times and process ids. */
export function toolWords(stderr: string, workspace: Pick<Workspace, 'root' | 'empty'>): string {
  const lines = stderr.split('\n').filter((line) => line.trim() !== '' && !/^[IWEF]\d{4} \d\d:\d\d:\d\d\./u.test(line) && !/^(?:walk\.go|WARNING|# Warning|level=(?:warning|WARN|INFO|DEBUG)\b|Use --debug)/u.test(line) && !line.startsWith('coalesce.go'));
  const text = lines.join(' ').replaceAll(`${workspace.root}/`, '').replaceAll(workspace.root, '.').replaceAll(workspace.empty, '~').replace(/\s+/gu, ' ').replace(/0x[0-9a-f]{6,}/giu, '0x…').replace(/^error: /iu, '').replace(/[.:\s]+$/u, '');
  const ways = [...text.matchAll(recursed)];
  const last = ways.at(-1);
  const told = last === undefined ? text : `in '${last[1] ?? ''}': ${text.slice(last.index + last[0].length)}`;
  return told.length > 400 ? `${told.slice(0, 399)}…` : told;
}
