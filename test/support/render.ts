/** Renders small trees in memory with the real tools. */
import { defaultConfig, type Config } from '#app/config.ts';
import { loadComparison, type Loaded } from '#app/load.ts';
import { prepareRendering, type Prepared } from '#app/render/prepare.ts';
import { shortHash } from '#lib/canonical.ts';
import type { BlobContent, BlobId, TreePair } from '#trees/tree.ts';
import { createRenderer, type RendererOptions } from '#adapters/render/renderer.ts';
import type { Renderer } from '#app/ports.ts';
import type { RepositoryFacts } from '#units/repository.ts';
import { unpacked } from './archive.ts';
import { bin } from './render-tools.ts';
import { pair, type Files } from './tree.ts';

export interface RenderTest {
  readonly config?: Partial<Config>;
  readonly options?: Partial<RendererOptions>;
  readonly everything?: boolean;
  readonly repository?: RepositoryFacts;
}

/** What the renderer was asked for. */
export interface Counted {
  readonly renderer: Renderer;
  readonly requests: () => number;
}

export function counted(inner: Renderer): Counted {
  let requests = 0;
  return { renderer: { parallel: inner.parallel, render: (request) => { requests += 1; return inner.render(request); } }, requests: () => requests };
}

export function realRenderer(texts: ReadonlyMap<BlobId, string>, options: Partial<RendererOptions> = {}): Renderer {
  return createRenderer({
    tools: { searchPath: bin, untrusted: [] },
    bytes: (blobs) => Promise.resolve(new Map(blobs.flatMap((blob) => { const text = texts.get(blob); return text === undefined ? [] : [[blob, unpacked(text) ?? Buffer.from(text)] as const]; }))),
    ...options,
  });
}

export interface Rendered {
  readonly prepared: Prepared;
  readonly loaded: Loaded;
  readonly requests: number;
}

/** What is packed is no text. */
function withArchives(both: TreePair): TreePair {
  const packed: BlobContent = { type: 'unreadable', problem: { kind: 'not-utf8', reason: 'it is no text', remedy: '' } };
  return { ...both, blobs: new Map([...both.blobs].map(([blob, content]) => [blob, content.type === 'text' && unpacked(content.text) !== undefined ? packed : content])) };
}

export async function renderPair(base: Files, head: Files, test: RenderTest = {}): Promise<Rendered> {
  const both = withArchives(pair(base, head));
  const texts = new Map(Object.values({ ...base, ...Object.fromEntries(Object.entries(head).map(([path, text]) => [`head ${path}`, text])) }).map((text) => [shortHash(text), text]));
  const config: Config = { ...defaultConfig, ...test.config };
  const { renderer, requests } = counted(realRenderer(texts, test.options));
  const prepared = await prepareRendering(both, config, renderer, { everything: test.everything, repository: test.repository });
  return { prepared, loaded: loadComparison(prepared.pair, config, { prepared }), requests: requests() };
}

/** One tree (`audit`): everything is rendered once. */
export async function renderOne(files: Files, test: RenderTest = {}): Promise<Rendered> {
  return renderPair({}, files, test);
}
