/** Renders what a comparison needs, so that the pipeline behind it stays pure: discovery, requests, the real tools, origins, causes. */
import type { Renderer, RenderedUnit } from '#app/ports.ts';
import type { Side, TreePair, BlobContent, BlobId } from '#trees/tree.ts';
import { changedPaths } from '#trees/changes.ts';
import { discoverUnits, type Discovered } from '#units/discover.ts';
import type { RepositoryFacts } from '#units/repository.ts';
import type { Documents } from '#units/documents.ts';
import { substituted } from '#units/substitution.ts';
import type { Unit, UnitsConfig } from '#units/unit.ts';
import { touches } from '../load/incomplete.ts';
import { blameUnits } from './blame.ts';
import { explained } from './explain.ts';
import { originOf } from './origins.ts';
import { renderJobs, type RenderJob } from './plan.ts';
import { discoverRendered } from './roots.ts';
import { nothingRendered, type Rendered, type SideRendering } from './rendered.ts';
import { untouchedUnits } from './untouched.ts';

export interface Prepared {
  /** The pair with the texts of rendered documents among its blobs. */
  readonly pair: TreePair;
  readonly discovered: Discovered;
  readonly rendered: Rendered;
}

export interface PrepareOptions {
  readonly repository?: RepositoryFacts | undefined;
  /** Units that the pull request does not touch are rendered, too (R16 set aside): what is said about the state of the head is said about all of it. */
  readonly everything?: boolean | undefined;
}

export async function prepareRendering(pair: TreePair, config: UnitsConfig, renderer: Renderer, { repository, everything = false }: PrepareOptions = {}): Promise<Prepared> {
  const blobs = new Map<BlobId, BlobContent>(pair.blobs);
  const base = pair.base;
  const extended: TreePair = { base, head: pair.head === base ? base : pair.head, blobs };
  const work = new Renderings(renderer);
  const written = discoverUnits(extended, config, repository);
  const discovered = await discoverRendered(extended, written, work, (again) => discoverUnits(extended, config, repository, again));
  const needy = discovered.units.filter((unit) => [unit.base, unit.head].some((side) => side !== undefined && side.kind !== 'plain'));
  if (needy.length === 0) return { pair: extended, discovered, rendered: nothingRendered };
  const untouched = everything || base === pair.head ? new Set<string>() : untouchedUnits(discovered.units, touchedBy(extended), config);
  const jobs = renderJobs(needy, { base, head: pair.head }, discovered.documents, (unit) => !untouched.has(unit.id) && unit.base?.pinned === undefined && unit.head?.pinned === undefined);
  const results = await work.all(jobs);
  const units = new Map<string, Partial<Record<Side, SideRendering>>>();
  for (const [index, job] of jobs.entries()) {
    const result = results[index];
    if (result === undefined) continue;
    const sides = units.get(job.unit) ?? {};
    sides[job.side] = sideRendering(job, result, { pair: extended, blobs, read: discovered.documents });
    units.set(job.unit, sides);
  }
  const blames = base === pair.head ? new Map<string, never>() : await blameUnits({ pair: extended, blobs, documents: discovered.documents, jobs, units, renderings: work });
  return { pair: extended, discovered, rendered: { units, untouched, blames, blobs } };
}

function touchedBy(pair: TreePair): (unit: Unit) => boolean {
  return touches(changedPaths(pair).map((each) => each.path));
}

function sideRendering(job: RenderJob, result: RenderedUnit, { pair, blobs, read }: { readonly pair: TreePair; readonly blobs: Map<BlobId, BlobContent>; readonly read: Documents }): SideRendering {
  const { work, of, side } = job;
  if (work.type !== 'render') return { ...work, tool: of.kind };
  if (result.type === 'failed') return { ...result, outside: work.outside, ...(of.rootFile === undefined ? {} : { file: of.rootFile }), ...explained({ reason: result.reason, of, files: work.request.files, outside: work.outside, tree: pair[side], documents: read }) };
  if (result.type !== 'rendered') return { ...result, outside: work.outside, ...(of.rootFile === undefined ? {} : { file: of.rootFile }) };
  const documents = result.documents.map((document) => {
    const made = (text: string): string => (of.substitute === undefined ? text : substituted(text, of.substitute));
    const text = made(document.text);
    const otherwise = document.otherwise === undefined ? undefined : made(document.otherwise);
    const origin = originOf({ ...document, text, ...(otherwise === undefined ? {} : { otherwise }) }, of, pair[side], work.moved);
    if (origin.rendered !== undefined) blobs.set(origin.rendered.blob, { type: 'text', text });
    if (otherwise !== undefined && otherwise !== '') blobs.set(origin.rendered?.otherwise ?? '', { type: 'text', text: otherwise });
    return origin;
  });
  return { type: 'rendered', tool: result.tool, documents, outside: work.outside };
}

/** Renders equal requests once, as many at a time as the machine has cores. */
export class Renderings {
  readonly #renderer: Renderer;
  readonly #known = new Map<string, Promise<RenderedUnit>>();
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  constructor(renderer: Renderer) {
    this.#renderer = renderer;
  }

  all(jobs: readonly RenderJob[]): Promise<readonly RenderedUnit[]> {
    return Promise.all(jobs.map((job) => this.one(job)));
  }

  one({ work, of }: RenderJob): Promise<RenderedUnit> {
    if (work.type !== 'render') return Promise.resolve({ type: work.type, tool: of.kind, reason: work.reason, remedy: work.remedy });
    let answer = this.#known.get(work.key);
    if (answer === undefined) {
      answer = this.#inTurn(() => this.#renderer.render(work.request));
      this.#known.set(work.key, answer);
    }
    return answer;
  }

  async #inTurn<T>(task: () => Promise<T>): Promise<T> {
    if (this.#running >= this.#renderer.parallel) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.#running += 1;
    try {
      return await task();
    } finally {
      this.#running -= 1;
      this.#waiting.shift()?.();
    }
  }
}
