/**
 * What other objects and files say about a release of Flux: the version that an `OCIRepository` or `HelmChart` holds, the address of a `HelmRepository`, and
 * values that a ConfigMap or Secret holds, be it written or generated (R15).
 * @see https://fluxcd.io/flux/components/helm/helmreleases/#values
 */
import { canonical } from '#lib/canonical.ts';
import { sortedBy } from '#lib/order.ts';
import { lineOf, saidBy, type OutsidePart } from './build.ts';
import { follow, type Documents } from './documents.ts';
import { isRecord, records, texts } from './kustomization.ts';
import type { RenderedRoots, SideScan } from './scan.ts';
import { folderOf, resolvePath } from './unit.ts';

export interface FluxParts {
  /**
   * @param reference `sourceRef` or `chartRef` of an object
   * @param user `namespace/name` of that object, which stands in `file`
   */
  readonly source: (reference: Readonly<Record<string, unknown>>, user: string, file: string) => readonly OutsidePart[];
  /** @param from `spec.valuesFrom` */
  readonly values: (from: unknown, file: string) => readonly OutsidePart[];
}

interface Named extends OutsidePart {
  readonly name: string;
  readonly kind: string;
  readonly namespace: string;
  /** What the object refers to in turn. */
  readonly next?: Readonly<Record<string, unknown>>;
  /** It changes a generator of the same name that its kustomization takes. */
  readonly changes?: boolean;
  /** Content by key, where one is asked for. */
  readonly keys?: ReadonlyMap<string, OutsidePart>;
}

/** Fields of a source that say what is fetched; how often and with which password is nobody's behaviour. */
const telling = ['url', 'type', 'ref', 'layerSelector', 'chart', 'version', 'valuesFiles', 'valuesFile', 'sourceRef', 'bucketName', 'endpoint', 'prefix', 'region'];
const sourceKinds = new Set(['OCIRepository', 'HelmRepository', 'HelmChart', 'Bucket']);

export function fluxParts(scan: Pick<SideScan, 'tree' | 'kustomizations'>, objects: RenderedRoots['objects'], documents: Documents): FluxParts {
  const sources = objects.flatMap((object) => sourceOf(object));
  let held: readonly Named[] | undefined;
  const source: FluxParts['source'] = (reference, user, file) => {
    const namespace = text(reference['namespace']) ?? user.slice(0, Math.max(0, user.indexOf('/')));
    const fitting = sources.filter((each) => each.name === reference['name'] && (reference['kind'] === undefined || each.kind === reference['kind']) && (each.namespace === namespace || each.namespace === '' || namespace === ''));
    return nearest(fitting, file).flatMap((each) => [part(each), ...(each.next === undefined || each.kind !== 'HelmChart' ? [] : source(each.next, user, each.file))]);
  };
  return {
    source,
    values: (from, file) =>
      records(from).flatMap((entry) => {
        held ??= heldBy(scan, documents);
        const name = text(entry['name']) ?? '';
        const key = text(entry['valuesKey']) ?? 'values.yaml';
        const kind = text(entry['kind']) ?? 'ConfigMap';
        const of = (wanted: string): readonly Named[] => (held ?? []).filter((each) => each.name === wanted && each.kind === kind);
        // A generated object has the hash of its content behind its name, where it was rendered.
        const exact = of(name);
        const all = exact.length > 0 ? exact : of(name.replace(/-[a-z0-9]{10}$/u, ''));
        const plain = nearest(all.filter((each) => each.changes !== true), file);
        return [...plain, ...all.filter((each) => each.changes === true && takes(scan, folderOf(each.file), file))].map((each) => each.keys?.get(key) ?? part(each));
      }),
  };
}

function part({ detail, file, line }: Named): OutsidePart {
  return { detail, file, line };
}

function sourceOf({ file, line, value }: RenderedRoots['objects'][number]): readonly Named[] {
  if (!isRecord(value) || !sourceKinds.has(String(value['kind'])) || !String(value['apiVersion']).startsWith('source.toolkit.fluxcd.io/')) return [];
  const metadata = isRecord(value['metadata']) ? value['metadata'] : {};
  const spec = isRecord(value['spec']) ? value['spec'] : {};
  return [
    {
      kind: String(value['kind']),
      name: text(metadata['name']) ?? '',
      namespace: text(metadata['namespace']) ?? '',
      file,
      line,
      detail: canonical(Object.fromEntries(telling.map((field) => [field, spec[field]]))),
      ...(isRecord(spec['sourceRef']) ? { next: spec['sourceRef'] } : {}),
    },
  ];
}

/** ConfigMaps and Secrets of the tree: those that are written, and those that a kustomization generates. */
function heldBy({ tree, kustomizations }: Pick<SideScan, 'tree' | 'kustomizations'>, documents: Documents): readonly Named[] {
  const found: Named[] = [];
  const contentOf = (path: string | undefined): string | undefined => {
    const there = path === undefined ? undefined : follow(tree, path);
    return there?.type === 'blob' ? there.blob : undefined;
  };
  for (const [folder, { file }] of kustomizations) {
    const blob = contentOf(file);
    const value = blob === undefined ? undefined : documents.first(blob);
    if (!isRecord(value)) continue;
    const written = blob === undefined ? undefined : documents.text(blob);
    for (const [field, kind] of [['configMapGenerator', 'ConfigMap'], ['secretGenerator', 'Secret']] as const) {
      for (const entry of records(value[field])) {
        const name = text(entry['name']) ?? '';
        const here = { file, line: lineOf(written, name) };
        const pieces = [...texts(entry['files']), ...texts(entry['envs']), ...texts([entry['env']])].map((each) => {
          const cut = each.indexOf('=');
          const path = resolvePath(folder, cut < 0 ? each : each.slice(cut + 1));
          const content = contentOf(path);
          return { key: cut < 0 ? (each.split('/').at(-1) ?? each) : each.slice(0, cut), detail: content === undefined ? each : said(path ?? '', documents.text(content), content), ...(path === undefined || content === undefined ? here : { file: path, line: 1 }) };
        });
        const [only] = pieces;
        const behavior = text(entry['behavior']);
        found.push({
          kind,
          name,
          namespace: '',
          // Of one file it is the file that a person edits.
          ...(pieces.length === 1 && only !== undefined && texts(entry['literals']).length === 0 ? { file: only.file, line: only.line } : here),
          detail: canonical([pieces.map(({ key, detail }) => [key, detail]), entry['literals']]),
          ...(behavior === 'merge' || behavior === 'replace' ? { changes: true } : {}),
          keys: new Map(pieces.map(({ key, ...each }) => [key, each])),
        });
      }
    }
  }
  for (const path of tree.entries.keys()) {
    const blob = /\.ya?ml$/iu.test(path) ? contentOf(path) : undefined;
    const content = blob === undefined ? undefined : documents.text(blob);
    if (blob === undefined || content === undefined || !/\bkind:\s*["']?(?:ConfigMap|Secret)\b/u.test(content)) continue;
    const reading = documents.read(blob);
    for (const { manifest, value, startLine } of reading.type === 'documents' ? reading.documents : []) {
      if (!manifest || !isRecord(value) || !isRecord(value['metadata']) || (value['kind'] !== 'ConfigMap' && value['kind'] !== 'Secret')) continue;
      const here = { file: path, line: startLine };
      const data = { ...(isRecord(value['data']) ? value['data'] : {}), ...(isRecord(value['stringData']) ? value['stringData'] : {}) };
      found.push({ ...here, kind: value['kind'], name: text(value['metadata']['name']) ?? '', namespace: text(value['metadata']['namespace']) ?? '', detail: canonical(data), keys: new Map(Object.entries(data).map(([key, each]) => [key, { ...here, detail: typeof each === 'string' ? said(key, each, each) : canonical(each) }])) });
    }
  }
  return found;
}

function said(name: string, content: string | undefined, id: string): string {
  return content !== undefined && /\.(?:ya?ml|json)$/iu.test(name) ? saidBy(content) : id;
}

/** Names recur from folder to folder: those that share most of the way with the file that names them. */
function nearest(candidates: readonly Named[], file: string): readonly Named[] {
  const way = file.split('/');
  const shared = (each: Named): number => {
    const steps = each.file.split('/');
    const parted = steps.findIndex((step, index) => step !== way[index]);
    return parted < 0 ? steps.length : parted;
  };
  const most = Math.max(0, ...candidates.map(shared));
  return sortedBy(candidates.filter((each) => shared(each) === most), (each) => each.file, (each) => each.detail);
}

/** A kustomization takes a file, itself or through others. */
function takes({ kustomizations }: Pick<SideScan, 'kustomizations'>, folder: string, file: string): boolean {
  const seen = new Set([folder]);
  for (const each of seen) {
    for (const read of kustomizations.get(each)?.reads ?? []) {
      if (read === file) return true;
      seen.add(read);
    }
  }
  return false;
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
