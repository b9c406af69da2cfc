/** Which renderings a comparison needs, before anything is run. Pure: equal trees and configuration give equal requests. */
import { canonical, shortHash } from '#lib/canonical.ts';
import type { RenderRequest } from '#app/ports.ts';
import type { Side, Tree } from '#trees/tree.ts';
import { apiVersions, defaultKubeVersion } from '#units/api-versions.ts';
import { Source, type BuildProblem, type OutsideContent } from '#units/build.ts';
import type { Documents } from '#units/documents.ts';
import { buildChart, releaseName } from '#units/helm-build.ts';
import { buildKustomization } from '#units/kustomize-build.ts';
import { baseName, onSide, type Unit, type UnitSide } from '#units/unit.ts';

/** One unit on one side. */
export interface RenderJob {
  readonly unit: string;
  readonly side: Side;
  readonly of: UnitSide;
  readonly work:
    | { readonly type: 'render'; readonly request: RenderRequest; readonly key: string; readonly outside: readonly OutsideContent[]; readonly moved?: ReadonlyMap<string, string> }
    | BuildProblem;
}

/** What a unit's side is to the renderer. The unit's own paths are those of its side: a renamed folder is rendered where it lies. */
export function jobOf(source: Source, unit: string, side: Side, of: UnitSide): RenderJob {
  return { unit, side, of, work: of.kind === 'helm' ? helmWork(source, of) : kustomizeWork(source, of) };
}

export function renderJobs(units: readonly Unit[], trees: Readonly<Record<Side, Tree>>, documents: Documents, wanted: (unit: Unit) => boolean): readonly RenderJob[] {
  const base = new Source(trees.base, documents);
  const sources = { base, head: trees.base === trees.head ? base : new Source(trees.head, documents) };
  return units.flatMap((unit) =>
    (['base', 'head'] as const).flatMap((side): readonly RenderJob[] => {
      const of = onSide(unit, side);
      return of === undefined || of.kind === 'plain' || !wanted(unit) ? [] : [jobOf(sources[side], unit.id, side, of)];
    }),
  );
}

function kustomizeWork(source: Source, of: UnitSide): RenderJob['work'] {
  const build = buildKustomization(source, { folder: of.path, overlay: of.overlay, argo: of.discovery === 'argo' });
  if (build.type !== 'ready') return build;
  const request: RenderRequest = { path: of.path, how: { tool: 'kustomize', inflates: build.inflates }, files: build.files };
  return { type: 'render', request, key: keyOf(request), outside: build.outside, ...(build.moved === undefined ? {} : { moved: build.moved }) };
}

function helmWork(source: Source, of: UnitSide): RenderJob['work'] {
  const { helm, path } = of;
  const name = helm?.release ?? of.namespace ?? baseName(path);
  const release = releaseName(name);
  const chartFile = path === '.' ? 'Chart.yaml' : `${path}/Chart.yaml`;
  const namespace = helm?.namespace ?? of.namespace ?? release;
  const remedy = 'give `helm.release` and `helm.namespace` in `units`';
  if (release === undefined || namespace === undefined) return { type: 'failed', file: chartFile, reason: `\`${name}\` is no name for a release`, remedy };
  if (!/^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?$/u.test(namespace)) return { type: 'failed', file: chartFile, reason: `\`${namespace}\` is no name for a namespace`, remedy };
  if (helm?.missing !== undefined) return { type: 'failed', file: chartFile, reason: `it is deployed with the values file \`${helm.missing}\`, which is not there`, remedy: 'keep the file, or take it out of the object that names it' };
  const inline = helm?.inline === undefined ? undefined : { path: path === '.' ? 'mesh-posture-values.json' : `${path}/mesh-posture-values.json`, text: helm.inline };
  const build = buildChart(source, { root: path, values: helm?.values ?? (of.valuesFile === undefined ? [] : [of.valuesFile]), ...(inline === undefined ? {} : { inline }), set: helm?.set ?? {}, instead: helm?.instead === true });
  if (build.type !== 'ready') return build;
  const strange = Object.keys(helm?.set ?? {}).find((key) => key === '' || key.includes('='));
  if (strange !== undefined) return { type: 'failed', file: chartFile, reason: `\`${strange}\` of \`helm.set\` is no name of a value`, remedy: 'write the path of one value' };
  const request: RenderRequest = {
    path,
    how: {
      tool: 'helm',
      release,
      namespace,
      values: build.values ?? [],
      set: helm?.set ?? {},
      apiVersions: [...apiVersions, ...(helm?.apiVersions ?? []).filter((version) => /^[\w./-]+$/u.test(version))],
      kubeVersion: /^v?\d+(?:\.\d+){1,2}$/u.test(helm?.kubeVersion ?? '') ? (helm?.kubeVersion ?? defaultKubeVersion) : defaultKubeVersion,
    },
    files: build.files,
  };
  return { type: 'render', request, key: keyOf(request), outside: build.outside };
}

/** The files of the tree that a rendering reads. */
export function readBy({ work }: RenderJob): readonly string[] {
  return work.type === 'render' ? [...work.request.files.keys()].map((path) => work.moved?.get(path) ?? path) : [];
}

function keyOf(request: RenderRequest): string {
  return shortHash(request.path, canonical(request.how), ...[...request.files].flatMap(([path, file]) => [path, 'blob' in file ? file.blob : `=${file.text}`]));
}
