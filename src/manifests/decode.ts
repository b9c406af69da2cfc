import type { FieldPath, Origin } from '#source/origin.ts';
import { builtInGroups, type AnyKindEntry } from './entry.ts';
import { entryOf } from './registry.ts';
import { decodeMetadata } from './metadata.ts';
import { own, type Fields } from './reading.ts';
import { clip, describe, isFields } from './shape.ts';
import type { AnyResource, ManifestProblem } from './resource.ts';
import { asTwin } from './twins.ts';
import { settled, type Choice } from './unresolved.ts';

/** What one YAML document is to us. */
export type DecodedDocument =
  /** One object; several for a `List`. `unreadable` names items of the list that could not be read, the others stand. */
  | { readonly type: 'resources'; readonly resources: readonly AnyResource[]; readonly ignored: number; readonly unreadable: readonly Unreadable[] }
  | { readonly type: 'ignored'; readonly apiVersion?: string; readonly kind?: string; readonly because: 'not-a-manifest' | 'unknown-kind' | 'kustomize-or-helm-input' }
  | Unreadable;

export interface Unreadable {
  readonly type: 'unreadable';
  /** From the document's root. */
  readonly path: FieldPath;
  readonly reason: string;
  readonly remedy: string;
}

export interface DecodeContext {
  readonly origin: Origin;
  readonly unit: string;
  /** For namespaced objects that name none (R22). */
  readonly defaultNamespace: string;
  /** What a text stands for that the repository does not tell (`settled`). */
  readonly given?: ReadonlyMap<string, Choice>;
}

/** By the very same value: documents that several files share are decoded once, unless their namespace is told by the unit. */
export class Decoder {
  readonly #known = new WeakMap<object, Map<string, DecodedDocument>>();

  decode(value: unknown, context: Omit<DecodeContext, 'given'>): DecodedDocument {
    if (value === null || typeof value !== 'object') return decodeDocument(value, context);
    const { origin, unit, defaultNamespace } = context;
    const forms = this.#known.get(value) ?? new Map<string, DecodedDocument>();
    const known = forms.get(anyNamespace) ?? forms.get(defaultNamespace);
    if (known === undefined) {
      const fresh = decodeDocument(value, context);
      const isOfUnit = fresh.type === 'resources' && fresh.resources.some((resource) => resource.namespace === defaultNamespace);
      this.#known.set(value, forms.set(isOfUnit ? defaultNamespace : anyNamespace, fresh));
      return fresh;
    }
    if (known.type !== 'resources') return known;
    return { ...known, resources: known.resources.map((resource) => asTwin(resource, { origin: resource.origin.item === undefined ? origin : { ...origin, item: resource.origin.item }, unit })) };
  }
}

/** No namespace has this name. */
const anyNamespace = '';

/** Deeper nesting of `List` in `List` is an attack on the reader. */
const maxListDepth = 8;

/** Never throws: every value is one of the three answers. */
export function decodeDocument(value: unknown, context: DecodeContext): DecodedDocument {
  if (!isFields(value)) return { type: 'ignored', because: 'not-a-manifest' };
  const head = readHead(value);
  if (head.type !== 'head') return head;
  const items = own(value, 'items');
  if (isListKind(head) && (Array.isArray(items) || head.apiVersion === 'v1')) return decodeList(items, context);
  return decodeObject(value, head, context);
}

interface Head {
  readonly type: 'head';
  readonly apiVersion: string;
  readonly kind: string;
  readonly group: string;
  readonly version: string;
}

function readHead(value: Fields): Head | Exclude<DecodedDocument, { type: 'resources' }> {
  const apiVersion = own(value, 'apiVersion');
  const kind = own(value, 'kind');
  // Chart.yaml has an apiVersion and no kind; values files and pipelines often have one of the two.
  if (apiVersion === undefined || kind === undefined) {
    return { type: 'ignored', because: own(value, 'name') !== undefined && own(value, 'version') !== undefined && apiVersion !== undefined ? 'kustomize-or-helm-input' : 'not-a-manifest' };
  }
  if (typeof apiVersion !== 'string' || apiVersion === '') return notText('apiVersion', apiVersion);
  if (typeof kind !== 'string' || kind === '') return notText('kind', kind);
  const slash = apiVersion.indexOf('/');
  return { type: 'head', apiVersion, kind, group: slash === -1 ? '' : apiVersion.slice(0, slash), version: apiVersion.slice(slash + 1) };
}

function notText(key: string, value: unknown): Unreadable {
  return { type: 'unreadable', path: [key], reason: `\`${key}\` must be text, not ${describe(value)}`, remedy: `write \`${key}\` as the API defines it` };
}

/** `v1 List` and the typed lists that `kubectl get -o yaml` of a client library writes (`DeploymentList`). */
function isListKind(head: Head): boolean {
  return head.kind === 'List' ? head.apiVersion === 'v1' : head.kind.endsWith('List') && entryOf(head.group, head.kind.slice(0, -'List'.length)) !== undefined;
}

function decodeList(items: unknown, context: DecodeContext): DecodedDocument {
  if (items === undefined || items === null) return { type: 'resources', resources: [], ignored: 0, unreadable: [] };
  if (!Array.isArray(items)) return { type: 'unreadable', path: ['items'], reason: `\`items\` must be a list, not ${describe(items)}`, remedy: 'write the objects as entries of `items`' };
  const resources: AnyResource[] = [];
  const unreadable: Unreadable[] = [];
  let ignored = 0;
  // `origin.item` is the index in the outermost list, where spans are looked up; lists inside lists share it.
  const visit = (entries: readonly unknown[], path: FieldPath, depth: number): void => {
    for (const [index, entry] of entries.entries()) {
      const at = [...path, index];
      if (isFields(entry)) {
        const head = readHead(entry);
        const inner = own(entry, 'items');
        if (head.type === 'head' && isListKind(head) && Array.isArray(inner)) {
          if (depth >= maxListDepth) unreadable.push({ type: 'unreadable', path: at, reason: 'lists are nested too deeply', remedy: 'write the objects in one list' });
          else visit(inner, [...at, 'items'], depth + 1);
          continue;
        }
      }
      const decoded = decodeDocument(entry, { ...context, origin: { ...context.origin, item: itemOf(at) } });
      if (decoded.type === 'resources') resources.push(...decoded.resources);
      else if (decoded.type === 'ignored') ignored += 1;
      else unreadable.push({ ...decoded, path: [...at, ...decoded.path] });
    }
  };
  visit(items, ['items'], 1);
  return { type: 'resources', resources, ignored, unreadable };
}

function itemOf(path: FieldPath): number {
  return typeof path[1] === 'number' ? path[1] : 0;
}

function decodeObject(value: Fields, head: Head, context: DecodeContext): DecodedDocument {
  const entry = entryOf(head.group, head.kind);
  if (entry === undefined) {
    const because = head.group === 'kustomize.config.k8s.io' || head.apiVersion === 'builtin' ? 'kustomize-or-helm-input' : 'unknown-kind';
    return { type: 'ignored', apiVersion: head.apiVersion, kind: head.kind, because };
  }
  const { manifest, problems: found, unresolved } = settled(value, entry.check, context.given);
  const read = decodeMetadata(manifest, entry.nameless);
  if (read.type === 'unreadable') return read;
  const { metadata } = read;
  const problems = inForceOrder([...versionProblems(head, entry), ...read.problems, ...found]);
  const resource = {
    kind: entry.kind,
    apiVersion: head.apiVersion,
    name: metadata.name,
    namespace: entry.scope === 'cluster' ? undefined : (metadata.namespace ?? context.defaultNamespace),
    labels: metadata.labels,
    annotations: metadata.annotations,
    creationTimestamp: metadata.creationTimestamp,
    spec: entry.decode(manifest),
    origin: context.origin,
    unit: context.unit,
    problems,
    ...(unresolved.length === 0 ? {} : { unresolved }),
  };
  // The registry pairs each kind with the decoder of its spec, which the union of resources cannot express.
  return { type: 'resources', resources: [resource as AnyResource], ignored: 0, unreadable: [] };
}

/** The webhook is not asked about what the schema refuses, and nobody reads the warnings of a refused object. */
function inForceOrder(problems: readonly ManifestProblem[]): readonly ManifestProblem[] {
  if (problems.length === 0) return problems;
  const refused = problems.some((problem) => problem.kind === 'schema');
  return refused ? problems.filter((problem) => problem.kind !== 'webhook' && problem.kind !== 'warning') : problems;
}

function versionProblems(head: Head, entry: AnyKindEntry): readonly ManifestProblem[] {
  if (head.group === entry.group && entry.served.includes(head.version)) return [];
  const served = `\`${apiVersionOf(entry.group, entry.served[0] ?? '')}\``;
  const written = `\`${clip(head.apiVersion)}\``;
  const path = ['apiVersion'];
  if (wasServed(head, entry)) return [{ kind: 'removed-version', path, message: `${written} of ${entry.name} is no longer served; use ${served}`, certain: true }];
  // What no cluster ever served, none will take: it is a slip of the pen. Other projects' versions come and go without these tables.
  if (hasKnownVersions(entry.group)) return [{ kind: 'schema', path, message: `${written} is no version of ${entry.name} that was ever served, so no cluster takes the object; use ${served}`, certain: true }];
  return [{ kind: 'removed-version', path, message: `${written} is no version of ${entry.name} that is known here; ${served} is served`, certain: false }];
}

function wasServed(head: Head, entry: AnyKindEntry): boolean {
  if (head.group !== entry.group) return formerVersions.has(head.version);
  return entry.removed.includes(head.version);
}

/** All that `extensions` ever had. */
const formerVersions: ReadonlySet<string> = new Set(['v1beta1']);

/** Groups of Kubernetes itself, of Istio and of the Gateway API, whose versions the registry lists in full. */
function hasKnownVersions(group: string): boolean {
  return builtInGroups.has(group) || group.endsWith('.istio.io') || group === 'gateway.networking.k8s.io';
}

function apiVersionOf(group: string, version: string): string {
  return group === '' ? version : `${group}/${version}`;
}
