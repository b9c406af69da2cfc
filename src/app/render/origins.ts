/** From what a tool says about its output to files of the repository (R13). */
import { shortHash } from '#lib/canonical.ts';
import type { RenderedDocument } from '#app/ports.ts';
import type { Origin, RenderedOrigin } from '#source/origin.ts';
import type { BlobId, Tree } from '#trees/tree.ts';
import { resolvePath, type UnitSide } from '#units/unit.ts';

/**
 * @param moved files of the private copy that lie elsewhere in the repository
 * @returns the origin, with the text under the id of its rendered part
 */
export function originOf(document: RenderedDocument, of: UnitSide, tree: Tree, moved: ReadonlyMap<string, string> = new Map()): Origin {
  const found = fileOf(document, of, { tree, moved });
  const file = found?.file ?? of.rootFile ?? of.path;
  const from: RenderedOrigin['from'] = found?.from ?? 'archive';
  return { file, blob: blobAt(tree, file), document: 0, rendered: { blob: renderedBlob(document.text), from, ...(document.otherwise === undefined ? {} : { otherwise: document.otherwise === '' ? '' : renderedBlob(document.otherwise) }) } };
}

export function renderedBlob(text: string): BlobId {
  return `rendered:${shortHash(text)}`;
}

function fileOf({ source }: RenderedDocument, of: UnitSide, { tree, moved }: { readonly tree: Tree; readonly moved: ReadonlyMap<string, string> }): { readonly file: string; readonly from: RenderedOrigin['from'] } | undefined {
  if (source === undefined) return undefined;
  if (source.from === 'template') return templateFile(source.path, of, tree);
  const path = resolvePath(of.path, source.path);
  const file = path === undefined ? undefined : (moved.get(path) ?? path);
  return file === undefined || !tree.entries.has(file) ? undefined : { file, from: source.from };
}

/** `chart/charts/sub/templates/x.yaml`: the first step and those behind `charts` are names of charts, not of folders. */
export function templateFile(path: string, of: UnitSide, tree: Tree): { readonly file: string; readonly from: RenderedOrigin['from'] } | undefined {
  const steps = path.split('/').slice(1);
  const at = of.path === '.' ? '' : `${of.path}/`;
  const direct = `${at}${steps.join('/')}`;
  if (tree.entries.has(direct)) return { file: direct, from: 'template' };
  if (steps[0] !== 'charts' || steps[1] === undefined) return undefined;
  const name = steps[1];
  const rest = steps.slice(2).join('/');
  const charts = `${at}charts/`;
  for (const candidate of tree.entries.keys()) {
    if (candidate.startsWith(charts) && candidate.endsWith(`.tgz`) && candidate.slice(charts.length).startsWith(`${name}-`)) return { file: candidate, from: 'archive' };
  }
  // A chart of the repository under another folder's name, or one that a `file://` dependency names.
  const fitting = [...tree.entries.keys()].filter((candidate) => candidate.endsWith(`/${rest}`) && candidate.includes(`${name}/`));
  const best = fitting.find((candidate) => candidate.startsWith(charts)) ?? (fitting.length === 1 ? fitting[0] : fitting.find((candidate) => candidate === `${name}/${rest}` || candidate.endsWith(`/${name}/${rest}`)));
  return best === undefined ? undefined : { file: best, from: 'template' };
}

function blobAt(tree: Tree, file: string): BlobId {
  const entry = tree.entries.get(file);
  return entry?.type === 'file' ? entry.blob : '';
}
