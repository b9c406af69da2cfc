/**
 * What objects of Flux and Argo CD name once the kustomizations that hold them are rendered: an overlay patches the path, the environment or the values of a root
 * that a base declares (R3b, R7). A kustomization that cannot be rendered leaves its objects as they are written.
 */
import type { Side, Tree, TreePair } from '#trees/tree.ts';
import { parseStream } from '#source/documents.ts';
import type { Discovered } from '#units/discover.ts';
import { follow, isManifest, type Documents } from '#units/documents.ts';
import { isRecord } from '#units/kustomization.ts';
import { rootMarks } from '#units/roots.ts';
import type { RenderedRoots } from '#units/scan.ts';
import { substituted } from '#units/substitution.ts';
import { originOf } from './origins.ts';
import { renderJobs } from './plan.ts';
import type { Renderings } from './prepare.ts';

/** `undefined`: no root is changed on its way. */
export async function renderedRoots(pair: TreePair, { units, rootHolders, documents }: Discovered, renderings: Renderings): Promise<Readonly<Record<Side, RenderedRoots>> | undefined> {
  const holders = units.filter((unit) => rootHolders.base.has(unit.id) || rootHolders.head.has(unit.id));
  if (holders.length === 0) return undefined;
  const jobs = renderJobs(holders, pair, documents, () => true);
  const results = await renderings.all(jobs);
  const found: Record<Side, { readonly files: Set<string>; readonly kept: Set<string>; readonly objects: RenderedRoots['objects'][number][] }> = { base: { files: new Set(), kept: new Set(), objects: [] }, head: { files: new Set(), kept: new Set(), objects: [] } };
  for (const [index, { of, side, work }] of jobs.entries()) {
    const result = results[index];
    const tree = pair[side];
    const own = found[side];
    if (result?.type !== 'rendered' || work.type !== 'render') {
      for (const file of of.inputs.files) own.kept.add(file);
      continue;
    }
    for (const file of of.inputs.files) own.files.add(file);
    for (const document of result.documents) {
      if (!rootMarks.some((mark) => document.text.includes(mark))) continue;
      const text = of.substitute === undefined ? document.text : substituted(document.text, of.substitute);
      const { file } = originOf({ ...document, text }, of, tree, work.moved);
      for (const { value } of parseStream(text)) if (isManifest(value)) own.objects.push({ file, line: lineOf(value, file, { tree, documents }), value });
    }
  }
  const side = ({ files, kept, objects }: (typeof found)[Side]): RenderedRoots => ({ files: new Set([...files].filter((file) => !kept.has(file))), objects });
  const base = side(found.base);
  return { base, head: pair.base === pair.head ? base : side(found.head) };
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
