/**
 * What other objects and files say about a release of Flux: the version that an `OCIRepository` or `HelmChart` holds, the address of a `HelmRepository`, and
 * values that a ConfigMap or Secret holds, be it written or generated (R15).
 * @see https://fluxcd.io/flux/components/helm/helmreleases/#values
 */
import { canonical } from '#lib/canonical.ts';
import { distinct, sortedBy } from '#lib/order.ts';
import { encryptedMark } from '#lib/unresolved.ts';
import { lineOf, saidBy, type OutsidePart } from './build.ts';
import { follow, type Documents } from './documents.ts';
import { isRecord, records, texts } from './kustomization.ts';
import type { HeldValues } from './release-values.ts';
import type { RootObject, SideScan } from './scan.ts';
import { folderOf, resolvePath } from './unit.ts';

export interface FluxParts {
  /**
   * @param reference `sourceRef` or `chartRef` of an object
   * @param user `namespace/name` of that object, which stands in `file`
   */
  readonly source: (reference: Readonly<Record<string, unknown>>, user: string, file: string) => readonly OutsidePart[];
  /** @param from `spec.valuesFrom` */
  readonly values: (from: unknown, file: string) => readonly OutsidePart[];
  /** What the object of one entry of `valuesFrom` holds under its key; `undefined` where the repository does not tell it, tells several, or holds it encrypted. */
  readonly content: (entry: Readonly<Record<string, unknown>>, release: ReleasePlace) => HeldContent | undefined;
}

/** Where a release is written, and by which unit's rendering it is what it is. */
export interface ReleasePlace {
  readonly namespace: string;
  readonly file: string;
  readonly holder: string | undefined;
}

export interface HeldContent extends HeldValues {
  readonly files: readonly string[];
}

/** R18: an object that a release still wants, and that only the other side has, is what the other side says of it. What may be absent is absent. */
export function withBorrowed(own: FluxParts, other: FluxParts): FluxParts {
  return {
    ...own,
    content: (entry, release) => {
      const held = own.content(entry, release);
      if (held !== undefined || entry['optional'] === true) return held;
      const lent = other.content(entry, release);
      return lent === undefined ? undefined : { ...lent, borrowed: true };
    },
  };
}

interface Named extends OutsidePart {
  readonly name: string;
  readonly kind: string;
  readonly namespace: string;
  /** What the object refers to in turn. */
  readonly next?: Readonly<Record<string, unknown>>;
  /** It changes a generator of the same name that its kustomization takes. */
  readonly changes?: boolean;
  /** The unit whose rendering holds it. */
  readonly holder?: string;
  /** Content by key, where one is asked for. */
  readonly keys?: ReadonlyMap<string, KeyPart>;
  /** Everything under its keys is known. */
  readonly whole?: boolean;
}

interface KeyPart extends OutsidePart {
  readonly text?: string;
}

/** Fields of a source that say what is fetched; how often and with which password is nobody's behaviour. */
const telling = ['url', 'type', 'ref', 'layerSelector', 'chart', 'version', 'valuesFiles', 'valuesFile', 'sourceRef', 'bucketName', 'endpoint', 'prefix', 'region'];
const sourceKinds = new Set(['OCIRepository', 'HelmRepository', 'HelmChart', 'Bucket']);

export function fluxParts(scan: Pick<SideScan, 'tree' | 'kustomizations'>, objects: readonly RootObject[], documents: Documents): FluxParts {
  const sources = objects.flatMap((object) => sourceOf(object));
  let held: readonly Named[] | undefined;
  const source: FluxParts['source'] = (reference, user, file) => {
    const namespace = text(reference['namespace']) ?? user.slice(0, Math.max(0, user.indexOf('/')));
    const fitting = sources.filter((each) => each.name === reference['name'] && (reference['kind'] === undefined || each.kind === reference['kind']) && (each.namespace === namespace || each.namespace === '' || namespace === ''));
    return nearest(fitting, file).flatMap((each) => [part(each), ...(each.next === undefined || each.kind !== 'HelmChart' ? [] : source(each.next, user, each.file))]);
  };
  const holders = (entry: Readonly<Record<string, unknown>>, file: string, fits: (each: Named) => boolean): { readonly plain: readonly Named[]; readonly changing: readonly Named[] } => {
    held ??= [...heldBy(scan, documents), ...objects.flatMap((object) => (object.holder === undefined ? [] : namedIn(object.value, object)))];
    const name = text(entry['name']) ?? '';
    const kind = text(entry['kind']) ?? 'ConfigMap';
    const of = (wanted: string, called: (each: Named) => string): readonly Named[] => (held ?? []).filter((each) => called(each) === wanted && each.kind === kind && fits(each));
    // A generated object has the hash of its content behind its name, where it was rendered.
    const exact = of(name, (each) => each.name);
    const all = exact.length > 0 ? exact : of(withoutHash(name), (each) => (each.holder === undefined ? each.name : withoutHash(each.name)));
    return { plain: nearest(all.filter((each) => each.changes !== true), file), changing: all.filter((each) => each.changes === true && takes(scan, folderOf(each.file), file)) };
  };
  const keyOf = (entry: Readonly<Record<string, unknown>>): string => text(entry['valuesKey']) ?? 'values.yaml';
  return {
    source,
    values: (from, file) =>
      records(from).flatMap((entry) => {
        const { plain, changing } = holders(entry, file, (each) => each.holder === undefined);
        return [...plain, ...changing].map((each) => each.keys?.get(keyOf(entry)) ?? part(each));
      }),
    content: (entry, { namespace, file, holder }) => {
      const isNear = (each: Named): boolean => each.namespace === '' || namespace === '' || each.namespace === namespace;
      // Deployed together: what an overlay makes of it is known.
      const { plain: beside } = holder === undefined ? { plain: [] } : holders(entry, file, (each) => each.holder === holder && isNear(each));
      const { plain: all, changing } = beside.length > 0 ? { plain: beside, changing: [] } : holders(entry, file, (each) => each.holder === undefined && isNear(each));
      // An overlay that changes it may be one of several.
      if (all.length === 0 || changing.length > 0) return undefined;
      const parts = all.map(({ keys, whole }) => (whole === true ? keys?.get(keyOf(entry)) : undefined));
      const [first] = parts;
      const known = first?.text;
      if (known === undefined || parts.some((each) => each?.text !== known)) return undefined;
      return { text: known, files: distinct([...all.map((each) => each.file), ...parts.flatMap((each) => each?.file ?? [])]) };
    },
  };
}

function part({ detail, file, line }: Named): OutsidePart {
  return { detail, file, line };
}

function sourceOf({ file, line, value }: RootObject): readonly Named[] {
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
  const blobAt = (path: string | undefined): string | undefined => {
    const there = path === undefined ? undefined : follow(tree, path);
    return there?.type === 'blob' ? there.blob : undefined;
  };
  const generated = [...kustomizations].flatMap(([folder, { file }]): readonly Named[] => {
    const blob = blobAt(file);
    const value = blob === undefined ? undefined : documents.first(blob);
    if (blob === undefined || !isRecord(value)) return [];
    const source: Kustomized = { folder, file, written: documents.text(blob), blobAt, documents };
    return [...records(value['configMapGenerator']).map((entry) => generatedBy(entry, 'ConfigMap', source)), ...records(value['secretGenerator']).map((entry) => generatedBy(entry, 'Secret', source))];
  });
  const written = [...tree.entries.keys()].flatMap((path) => (/\.ya?ml$/iu.test(path) ? writtenIn(path, blobAt(path), documents) : []));
  return [...generated, ...written];
}

interface Kustomized {
  readonly folder: string;
  readonly file: string;
  readonly written: string | undefined;
  readonly blobAt: (path: string | undefined) => string | undefined;
  readonly documents: Documents;
}

function generatedBy(entry: Readonly<Record<string, unknown>>, kind: string, { folder, file, written, blobAt, documents }: Kustomized): Named {
  const name = text(entry['name']) ?? '';
  const here = { file, line: lineOf(written, name) };
  const pieces = texts(entry['files']).map((each) => {
    const cut = each.indexOf('=');
    const path = resolvePath(folder, cut < 0 ? each : each.slice(cut + 1));
    const content = blobAt(path);
    const held = content === undefined ? undefined : documents.text(content);
    return { key: cut < 0 ? (each.split('/').at(-1) ?? each) : each.slice(0, cut), detail: content === undefined ? each : said(path ?? '', held, content), ...(held === undefined || isEncrypted(held) ? {} : { text: held }), ...(path === undefined || content === undefined ? here : { file: path, line: 1 }) };
  });
  const environments = [...texts(entry['envs']), ...texts([entry['env']])].map((each) => {
    const path = resolvePath(folder, each);
    const content = blobAt(path);
    return { at: path === undefined || content === undefined ? here : { file: path, line: 1 }, text: content === undefined ? undefined : documents.text(content) };
  });
  const lines = environments.flatMap(({ at, text: held }) => linesOf(held ?? '').map((each) => ({ ...each, ...at })));
  const literals = texts(entry['literals']).flatMap((each) => {
    const cut = each.indexOf('=');
    const value = each.slice(cut + 1).replace(/^(["'])([^]*)\1$/u, '$2');
    return cut < 1 ? [] : [{ key: each.slice(0, cut), detail: value, ...(isEncrypted(value) ? {} : { text: value }), ...here }];
  });
  const [only] = pieces;
  const behavior = text(entry['behavior']);
  return {
    kind,
    name,
    namespace: '',
    // Of one file it is the file that a person edits.
    ...(pieces.length === 1 && only !== undefined && literals.length + environments.length === 0 ? { file: only.file, line: only.line } : here),
    detail: canonical([pieces.map(({ key, detail }) => [key, detail]), entry['literals'], environments.map((each) => each.text)]),
    ...(behavior === 'merge' || behavior === 'replace' ? { changes: true } : {}),
    // What is no text here may hold any key.
    whole: environments.every((each) => each.text !== undefined),
    keys: new Map([...lines, ...pieces, ...literals].map(({ key, ...each }) => [key, each])),
  };
}

/** `KEY=VALUE`, a line each; of a key alone the environment of the tool would say the value, which is nobody's here. @see https://github.com/kubernetes-sigs/kustomize/blob/master/api/kv/kv.go */
function linesOf(held: string): readonly { readonly key: string; readonly detail: string; readonly text?: string }[] {
  return held.split('\n').flatMap((written) => {
    const each = written.trimStart().replace(/\r$/u, '');
    if (each === '' || each.startsWith('#')) return [];
    const cut = each.indexOf('=');
    if (cut < 0) return [{ key: each, detail: each }];
    const value = each.slice(cut + 1);
    return [{ key: each.slice(0, cut), detail: value, ...(isEncrypted(value) ? {} : { text: value }) }];
  });
}

function writtenIn(file: string, blob: string | undefined, documents: Documents): readonly Named[] {
  const content = blob === undefined ? undefined : documents.text(blob);
  if (blob === undefined || content === undefined || !/\bkind:\s*["']?(?:ConfigMap|Secret)\b/u.test(content)) return [];
  const reading = documents.read(blob);
  return (reading.type === 'documents' ? reading.documents : []).flatMap(({ manifest, value, startLine }): readonly Named[] => (manifest ? namedIn(value, { file, line: startLine }) : []));
}

function namedIn(value: unknown, { file, line, holder }: Omit<RootObject, 'value'>): readonly Named[] {
  if (!isRecord(value) || !isRecord(value['metadata']) || (value['kind'] !== 'ConfigMap' && value['kind'] !== 'Secret')) return [];
  const here = { file, line };
  const data = { ...(isRecord(value['data']) ? value['data'] : {}), ...(isRecord(value['stringData']) ? value['stringData'] : {}) };
  const keys = Object.entries(data).map(([key, each]): readonly [string, KeyPart] => [key, { ...here, detail: typeof each === 'string' ? said(key, each, each) : canonical(each), ...textOf(value, key, each) }]);
  return [{ ...here, ...(holder === undefined ? {} : { holder }), kind: value['kind'], name: text(value['metadata']['name']) ?? '', namespace: text(value['metadata']['namespace']) ?? '', detail: canonical(data), whole: true, keys: new Map(keys) }];
}

/** A name without the hash that kustomize puts behind it. */
function withoutHash(name: string): string {
  return name.replace(/-[a-z0-9]{10}$/u, '');
}

function said(name: string, content: string | undefined, id: string): string {
  return content !== undefined && /\.(?:ya?ml|json)$/iu.test(name) ? saidBy(content) : id;
}

/** Of an encrypted text nothing is known; variables stay as they are written. */
function isEncrypted(content: string): boolean {
  return content.includes(encryptedMark);
}

/** What an object holds under a key, unless it is encrypted. */
function textOf(value: Readonly<Record<string, unknown>>, key: string, held: unknown): { readonly text?: string } {
  if (typeof held !== 'string') return {};
  const isEncoded = value['kind'] === 'Secret' && !(isRecord(value['stringData']) && value['stringData'][key] !== undefined);
  if (isEncoded && !/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/u.test(held.replace(/\s/gu, ''))) return {};
  const content = isEncoded ? decodedText(held) : held;
  return content === undefined || isEncrypted(content) ? {} : { text: content };
}

function decodedText(encoded: string): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Uint8Array.from(atob(encoded.replace(/\s/gu, '')), (letter) => letter.charCodeAt(0)));
  } catch {
    return undefined;
  }
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
