/**
 * What objects of Flux and Argo CD name once the units that hold them are rendered (R3b, R7): an overlay patches the path, the environment or the values of a root that
 * a base declares, a chart makes an Application for each app. A unit that cannot be rendered leaves its objects as they are written.
 */
import type { Side, Tree, TreePair } from '#trees/tree.ts';
import { parseStream } from '#source/documents.ts';
import type { Discovered, RenderedAgain } from '#units/discover.ts';
import { follow, isManifest, type Documents } from '#units/documents.ts';
import { isRecord } from '#units/kustomization.ts';
import { rootMarks } from '#units/roots.ts';
import type { RenderedRoots, RootObject } from '#units/scan.ts';
import { substituted } from '#units/substitution.ts';
import { below } from '#units/unit.ts';
import { originOf } from './origins.ts';
import { renderJobs, type RenderJob } from './plan.ts';
import type { Renderings } from './prepare.ts';

/** An app of apps of apps; deeper ones are left as they are written. */
const mostRounds = 4;

/**
 * Discovery once more with what the holders of roots deploy, as long as that shows further holders.
 * @param discover finds the units, with what is rendered in place of what is written
 */
export async function discoverRendered(pair: TreePair, written: Discovered, renderings: Renderings, discover: (again: RenderedAgain) => Discovered): Promise<Discovered> {
  let discovered = written;
  let known = '';
  for (let round = 0; round < mostRounds; round += 1) {
    const { units, rootHolders, documents } = discovered;
    const holders = units.filter((unit) => rootHolders.base.has(unit.id) || rootHolders.head.has(unit.id));
    const jobs = renderJobs(holders, pair, documents, () => true);
    const asked = jobs.map((job) => `${job.side} ${job.unit} ${job.work.type === 'render' ? job.work.key : ''}`).join('\n');
    if (asked === known) return discovered;
    known = asked;
    discovered = discover({ documents, roots: await renderedRoots(pair, jobs, documents, renderings) });
  }
  return discovered;
}

interface Found {
  readonly files: Set<string>;
  readonly kept: Set<string>;
  readonly objects: RootObject[];
}

async function renderedRoots(pair: TreePair, jobs: readonly RenderJob[], documents: Documents, renderings: Renderings): Promise<Readonly<Record<Side, RenderedRoots>>> {
  const results = await renderings.all(jobs);
  const found: Record<Side, Found> = { base: { files: new Set(), kept: new Set(), objects: [] }, head: { files: new Set(), kept: new Set(), objects: [] } };
  for (const [index, { unit, of, side, work }] of jobs.entries()) {
    const result = results[index];
    const tree = pair[side];
    const own = found[side];
    const read = of.kind === 'helm' ? [...tree.entries.keys()].filter((file) => of.inputs.trees.some((each) => below(file, each))) : [...of.inputs.files];
    if (result?.type !== 'rendered' || work.type !== 'render') {
      for (const file of read) own.kept.add(file);
      continue;
    }
    for (const file of read) own.files.add(file);
    for (const document of result.documents) {
      if (!isTelling(document.text)) continue;
      const text = of.substitute === undefined ? document.text : substituted(document.text, of.substitute);
      const { file } = originOf({ ...document, text }, of, tree, work.moved);
      for (const { value } of parseStream(text)) if (isManifest(value)) own.objects.push({ file, line: lineOf(value, file, { tree, documents }), value, holder: unit });
    }
  }
  const side = ({ files, kept, objects }: Found): RenderedRoots => ({ files: new Set([...files].filter((file) => !kept.has(file))), objects });
  const base = side(found.base);
  return { base, head: pair.base === pair.head ? base : side(found.head) };
}

/** Roots, their sources, and what may hold values of a release. */
function isTelling(text: string): boolean {
  return rootMarks.some((mark) => text.includes(mark)) || /^kind: (?:ConfigMap|Secret)$/mu.test(text);
}

/** Where the object is written, as far as an overlay leaves it its name. */
function lineOf(value: unknown, file: string, { tree, documents }: { readonly tree: Tree; readonly documents: Documents }): number {
  const there = follow(tree, file);
  const reading = there.type === 'blob' ? documents.read(there.blob) : undefined;
  const written = reading?.type === 'documents' ? reading.documents : [];
  const name = nameOf(value);
  return (written.find((document) => nameOf(document.value) === name) ?? written[0])?.startLine ?? 1;
}

function nameOf(value: unknown): string {
  const metadata = isRecord(value) && isRecord(value['metadata']) ? value['metadata'] : {};
  return isRecord(value) ? `${String(value['kind'])}/${String(metadata['name'])}` : '';
}
