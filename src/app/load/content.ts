import { canonical, sameContent } from '#lib/canonical.ts';
import { compareText } from '#lib/order.ts';
import { Pairs } from '#lib/pairs.ts';
import type { AnyResource } from '#manifests/resource.ts';
import { twinOf } from '#manifests/twins.ts';

const read = new WeakMap<AnyResource, string>();

const same = new Pairs<AnyResource, boolean>();

/** Everything that was decoded of two objects is equal, whatever the order, quoting or indentation it was written in. */
export function sameDecoded(left: AnyResource, right: AnyResource): boolean {
  const [one, other] = [twinOf(left), twinOf(right)];
  return one === other || same.get(one, other, () => comparedDecoded(one, other));
}

function comparedDecoded(left: AnyResource, right: AnyResource): boolean {
  return (
    left.apiVersion === right.apiVersion &&
    left.creationTimestamp === right.creationTimestamp &&
    sameContent(left.labels, right.labels) &&
    sameContent(left.annotations, right.annotations) &&
    sameContent(left.spec, right.spec, (one, other) => canonical(plain(one)) === canonical(plain(other))) &&
    sameContent(openOf(left), openOf(right)) &&
    (left.problems.length === 0 && right.problems.length === 0 || sameContent(problemsOf(left), problemsOf(right)))
  );
}

/** Two texts that stand for a value are equal where they are the same text. */
function openOf({ unresolved = [] }: AnyResource): unknown {
  return unresolved.map((each) => [each.path, each.text]);
}

function problemsOf({ problems }: AnyResource): unknown {
  return problems.map((problem) => [problem.kind, problem.path, problem.message]);
}

/** Kinds whose own labels others select by. */
const selectedByLabels = new Set(['Namespace', 'Pod', 'Service', 'Gateway', 'WorkloadEntry', 'ServiceEntry']);
const meshKey = /(?:^|[./])istio\.io(?:\/|$)|^istio-injection$|^kubernetes\.io\/ingress\.class$/u;

/** The fields that the model reads (R19): two overlays whose objects differ in a tool's annotation do not differ. */
export function readContentOf(of: AnyResource): string {
  const resource = twinOf(of);
  let text = read.get(resource);
  if (text === undefined) {
    const labels = selectedByLabels.has(resource.kind) ? resource.labels : only(resource.labels);
    text = canonical(plain({ labels, annotations: only(resource.annotations), spec: resource.kind === 'ConfigMap' ? meshData(resource.spec.data) : resource.spec, ...(resource.unresolved === undefined ? {} : { open: openOf(resource) }) }));
    read.set(resource, text);
  }
  return text;
}

function only(entries: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(entries).filter(([key]) => meshKey.test(key)));
}

/** Of ConfigMaps the model reads the mesh configuration only. */
function meshData(data: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(data).filter(([key]) => key === 'mesh' || key === 'meshNetworks' || key === 'values'));
}

/** Maps and sets become lists, so that canonical text sees them. */
function plain(value: unknown): unknown {
  if (value instanceof Map) {
    return Array.from<[unknown, unknown]>(value)
      .map(([key, entry]) => [String(key), plain(entry)] as const)
      .sort(([left], [right]) => compareText(left, right));
  }
  if (value instanceof Set) return Array.from<unknown>(value).map(plain);
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value === 'bigint') return String(value);
  if (value !== null && typeof value === 'object') return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, plain(entry)]));
  return value;
}
