/**
 * `test`: recorded or hand-written questions with expected answers, one JSON object a line. The manifests of a line are the whole
 * cluster (R27): a missing label means "not in the mesh", a missing mesh configuration Istio's defaults.
 */
import { assertNever } from '#lib/assert-never.ts';
import { canonical } from '#lib/canonical.ts';
import { compareText } from '#lib/order.ts';
import { decodeDocument } from '#manifests/decode.ts';
import { accepted, resourceId } from '#manifests/resource.ts';
import type { AnyResource } from '#manifests/resource.ts';
import { admissionOf } from '#manifests/validate.ts';
import { ofKind } from '#mesh/attachment.ts';
import { buildMesh } from '#mesh/build.ts';
import type { Mesh } from '#mesh/model.ts';
import { answer as answerOf, workloadNamed } from '#posture/answer.ts';
import { isCallVerdict, outboundCall, type OutboundCall } from '#posture/outbound-call.ts';
import type { Answer, Query } from '#posture/query.ts';
import { secretKey } from '#semantics/gateways/credentials.ts';
import { parseStream } from '#source/documents.ts';
import { compareRecorded, noiseBroken } from './change-scenarios.ts';
import type { JudgedChange } from './change-scenarios.ts';
import { entryProblem, kindOfEntry, questionProblem } from './entry-schema.ts';
import { membershipAnswer } from './membership-answer.ts';

export interface ScenarioResult {
  readonly id: string;
  readonly about: string;
  /** Position of the question in its line, from 1; `changes`: what a change as a whole must not bring. */
  readonly query: string;
  readonly asked: unknown;
  readonly expected: unknown;
  readonly answer: unknown;
  readonly agrees: boolean;
}

/** One line judged. `unreadable`: the line is no scenario, change or validation; `path` leads to what is wrong, from the entry on. */
export type LineOutcome = { readonly type: 'judged'; readonly results: readonly ScenarioResult[] } | { readonly type: 'unreadable'; readonly reason: string; readonly path: readonly (string | number)[] };

/** What `tree` names, read and rendered: the objects in force of each environment. */
export interface EntryTree {
  readonly environments: readonly { readonly id: string; readonly resources: readonly AnyResource[] }[];
  /** What could not be read, as a sentence: the answers may hang on it. */
  readonly unread?: string;
}

type Fields = Readonly<Record<string, unknown>>;

/** Judges one line of a file of recorded decisions. Never throws. */
export function judgeLine(line: string): LineOutcome {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return unreadable('the line is no JSON');
  }
  return judgeEntry(value);
}

/**
 * One scenario, change or validation, told apart by its keys. A field that nobody reads, or manifests that cannot be read, make the whole entry not
 * understood: a misspelt question has an answer, too, and it is the wrong one.
 * @param tree what the entry's `tree` names
 */
export function judgeEntry(value: unknown, tree?: EntryTree): LineOutcome {
  if (!isFields(value)) return unreadable('an entry is a mapping');
  const kind = kindOfEntry(value);
  if (kind === undefined) return unreadable('an entry has `manifests` (or `tree`) and `queries`, or `base`, `head` and `queries`, or `manifest` and `accepted`');
  const problem = entryProblem(kind, value);
  if (problem !== undefined) return unreadable(problem.message, problem.path);
  for (const field of ['manifests', 'base', 'head', 'manifest'] as const) {
    const text = value[field];
    const unread = typeof text === 'string' ? unreadManifest(text) : undefined;
    if (unread !== undefined) return unreadable(`\`${field}\` ${unread}`, [field]);
  }
  const queries = Array.isArray(value['queries']) ? (value['queries'] as readonly unknown[]) : [];
  switch (kind) {
    case 'scenario':
      return judged(judgeScenario(value, queries, [closedMesh(readManifests(textOf(value['manifests'])))]));
    case 'tree':
      return judgeTree(value, queries, tree);
    case 'change':
      return judged(judgeChange(value, textOf(value['base']), textOf(value['head']), queries));
    case 'validation':
      return judged([judgeValidation(value, textOf(value['manifest']))]);
    default:
      return assertNever(kind);
  }
}

function judged(results: readonly ScenarioResult[]): LineOutcome {
  return { type: 'judged', results };
}

function unreadable(reason: string, path: readonly (string | number)[] = []): LineOutcome {
  return { type: 'unreadable', reason, path };
}

/** The environment that the entry names; without one, all that have the destination. */
function judgeTree(entry: Fields, queries: readonly unknown[], tree: EntryTree | undefined): LineOutcome {
  if (tree === undefined) return unreadable('`tree` cannot be read here: give the manifests as `manifests`', ['tree']);
  if (tree.unread !== undefined) return unreadable(`\`tree\` cannot be read whole: ${tree.unread}`, ['tree']);
  const name = entry['environment'];
  const meant = name === undefined ? tree.environments : tree.environments.filter((each) => each.id === name);
  if (meant.length === 0) return unreadable(`\`environment\` is \`${textOf(name)}\`, but the tree has ${tree.environments.map((each) => `\`${each.id}\``).join(', ')}`, ['environment']);
  return judged(judgeScenario(entry, queries, meant.map((each) => closedMesh(each.resources))));
}

/** One result a question: with several meshes, the first that disagrees. */
function judgeScenario(entry: Fields, queries: readonly unknown[], meshes: readonly Mesh[]): ScenarioResult[] {
  return queries.flatMap((query, index) => {
    const position = String(index + 1);
    const results = havingDestination(query, meshes).map((mesh) =>
      isFields(query) && typeof query['pod'] === 'string' ? judgePod(entry, position, query['pod'], mesh, expectedOf(query)) : judgeQuery(entry, position, query, (asked) => answerTo(mesh, asked, expectedOf(query)), expectedOf(query)),
    );
    return results.find((result) => !result.agrees) ?? results[0] ?? [];
  });
}

function havingDestination(query: unknown, meshes: readonly Mesh[]): readonly Mesh[] {
  if (meshes.length === 1 || !isFields(query)) return meshes;
  const id = isFields(query['to']) ? query['to']['workload'] : query['pod'];
  const having = typeof id === 'string' ? meshes.filter((mesh) => workloadNamed(mesh, id) !== undefined) : [];
  return having.length > 0 ? having : meshes;
}

/** How a pod takes part in the mesh (`enrolment/README.md`): absent fields are false or empty, so nothing more may be told than is expected. */
function judgePod(entry: Fields, position: string, pod: string, mesh: Mesh, expected: unknown): ScenarioResult {
  const answer = membershipAnswer(mesh, pod);
  const asText = (value: unknown): string => canonical(value);
  return { id: textOf(entry['id']), about: textOf(entry['about']), query: position, asked: { pod }, expected, answer, agrees: asText(expected) === asText(answer) };
}

/**
 * A question passes where both answers agree and a reported change holds it if its verdict moves; an edit of the text alone that yields
 * a change, or a witness that does not reproduce, fails once a line (`changes/README.md`). A refused object of the head leaves the base's
 * version in force.
 */
function judgeChange(entry: Fields, base: string, head: string, queries: readonly unknown[]): ScenarioResult[] {
  const baseResources = readManifests(base);
  const sides = { base: closedMesh(baseResources), head: closedMesh(withBaseVersions(readManifests(head), baseResources)) };
  const judged = compareRecorded(sides.base, sides.head);
  const results = queries.map((query, position) => judgeMove(entry, String(position + 1), query, sides, judged));
  const broken = entry['noise'] === true ? noiseBroken(judged, textOf(entry['edit'])) : judged.internalErrors[0];
  if (broken === undefined) return results;
  return [...results, { id: textOf(entry['id']), about: textOf(entry['about']), query: 'changes', asked: entry['edit'], expected: entry['noise'] === true ? 'no change' : 'witnesses that flip', answer: broken, agrees: false }];
}

function judgeMove(entry: Fields, position: string, query: unknown, sides: { readonly base: Mesh; readonly head: Mesh }, judged: JudgedChange): ScenarioResult {
  const expected = expectedOf(query);
  const expectedOn = (side: 'base' | 'head'): unknown => (isFields(expected) ? expected[side] : undefined);
  const [before, after] = (['base', 'head'] as const).map((side) => judgeQuery(entry, position, query, (asked) => answerTo(sides[side], asked, expectedOn(side)), expectedOn(side)));
  const asked = readQuery(query);
  const [from, to] = [verdictOf(before?.expected), verdictOf(after?.expected)];
  const unexplained = asked === undefined ? undefined : judged.unexplained(asked, from, to);
  return {
    id: textOf(entry['id']),
    about: textOf(entry['about']),
    query: position,
    asked: asked ?? query,
    expected,
    answer: { base: before?.answer, head: after?.answer, ...(unexplained === undefined ? {} : { unexplained }) },
    agrees: before?.agrees === true && after?.agrees === true && unexplained === undefined,
  };
}

function verdictOf(answer: unknown): string {
  return isFields(answer) ? textOf(answer['verdict']) : '';
}

/** What is in force after the head was applied to a cluster that holds the base. */
export function withBaseVersions(head: readonly AnyResource[], base: readonly AnyResource[]): readonly AnyResource[] {
  const before = new Map(base.filter((resource) => accepted(resource)).map((resource) => [resourceId(resource), resource]));
  return head.flatMap((resource) => {
    if (accepted(resource)) return [resource];
    const kept = before.get(resourceId(resource));
    return kept === undefined ? [] : [kept];
  });
}

function judgeValidation(entry: Fields, manifest: string): ScenarioResult {
  const resources = readManifests(manifest);
  const admission = admissionOf(resources.flatMap((resource) => resource.problems));
  const answer = { accepted: resources.length > 0 && admission.accepted, by: admission.by, warnings: admission.warnings.length > 0 };
  const warned = Array.isArray(entry['warnings']) && entry['warnings'].length > 0;
  const agrees = answer.accepted === entry['accepted'] && (entry['by'] === undefined || answer.by === entry['by']) && answer.warnings === warned;
  return {
    id: textOf(entry['id']),
    about: textOf(entry['about']),
    query: '1',
    asked: manifest,
    expected: { accepted: entry['accepted'], ...(entry['by'] === undefined ? {} : { by: entry['by'] }), warnings: warned },
    answer,
    agrees,
  };
}

/** Why a multi-document text cannot be read whole, as the rest of a sentence. */
function unreadManifest(text: string): string | undefined {
  for (const document of parseStream(text)) {
    const [problem] = document.problems;
    if (problem !== undefined) return `line ${String(problem.line ?? document.startLine)}: ${problem.reason}`;
    const decoded = decodeDocument(document.value, { origin: { file: 'manifests.yaml', blob: '', document: document.index }, unit: '.', defaultNamespace: 'default' });
    const at = `line ${String(document.startLine)}: the object cannot be read: `;
    if (decoded.type === 'unreadable') return `${at}${decoded.reason}`;
    if (decoded.type === 'ignored' && decoded.because === 'not-a-manifest') return `line ${String(document.startLine)}: the document is no object of Kubernetes: it needs \`apiVersion\` and \`kind\``;
    const item = decoded.type === 'resources' ? decoded.unreadable[0] : undefined;
    if (item !== undefined) return `${at}${item.reason}`;
  }
  return undefined;
}

/** Every object of a multi-document text; what cannot be read is not there. */
export function readManifests(text: string): readonly AnyResource[] {
  return parseStream(text).flatMap((document, position) => {
    const decoded = decodeDocument(document.value, { origin: { file: 'manifests.yaml', blob: '', document: position }, unit: '.', defaultNamespace: 'default' });
    return decoded.type === 'resources' ? decoded.resources : [];
  });
}

export function closedMesh(resources: readonly AnyResource[]): Mesh {
  return buildMesh(resources, { world: 'closed' });
}

function expectedOf(query: unknown): unknown {
  return isFields(query) ? query['expect'] : undefined;
}

/** A verdict that only calls of a sidecar have asks how the client makes the call, not whether the destination lets it in. */
function answerTo(mesh: Mesh, query: Query, expected: unknown): Answer | OutboundCall {
  return isFields(expected) && isCallVerdict(expected['verdict']) ? outboundCall(mesh, query) : answerOf(mesh, withMissingSecrets(query, mesh));
}

function judgeQuery(entry: Fields, position: string, query: unknown, answering: (query: Query) => Answer | OutboundCall, expected: unknown): ScenarioResult {
  const asked = readQuery(query);
  const answer = asked === undefined ? undefined : shown(answering(asked));
  return {
    id: textOf(entry['id']),
    about: textOf(entry['about']),
    query: position,
    asked: asked ?? query,
    expected,
    answer: answer ?? { verdict: 'unknown', rule: '', missing: 'the question has no `from`, `to` or `request`' },
    agrees: answer !== undefined && agrees(expected, answer),
  };
}

/**
 * A convention of recorded scenarios: their manifests hold no Secrets, every Secret that a gateway names exists, except those whose name begins
 * with `missing`. Elsewhere a question gives `secret:<namespace>/<name>` itself.
 */
function withMissingSecrets(query: Query, mesh: Mesh): Query {
  if (query.to.gateway === undefined) return query;
  const named = [
    ...ofKind(mesh, 'Gateway').flatMap(({ spec }) => spec.servers.flatMap(({ tls }) => tls?.credentialNames ?? [])),
    ...ofKind(mesh, 'KubernetesGateway').flatMap(({ spec }) => spec.listeners.flatMap(({ tls }) => tls?.certificates.map(({ name }) => name) ?? [])),
  ];
  const missing = named.map((name) => name.slice(name.lastIndexOf('/') + 1)).filter((name) => name.startsWith('missing'));
  if (missing.length === 0) return query;
  const absent = [...mesh.namespaces.keys()].flatMap((namespace) => missing.map((name) => [secretKey(namespace, name), false] as const));
  return { ...query, given: { ...Object.fromEntries(absent), ...query.given } };
}

/** Every field that is expected, `by` as a subset (`conformance/README.md`). */
function agrees(expected: unknown, answer: Fields): boolean {
  if (!isFields(expected)) return false;
  return Object.entries(expected).every(([field, value]) => {
    if (field === 'by') {
      const named = Array.isArray(answer['by']) ? answer['by'] : [];
      return Array.isArray(value) && value.every((policy) => named.includes(policy));
    }
    if (field === 'passthrough') return (answer['passthrough'] ?? false) === value;
    return canonical(answer[field]) === canonical(value);
  });
}

/** A decision without its reasons. */
function shown(decision: Answer | OutboundCall): Fields {
  return Object.fromEntries(Object.entries(decision).filter(([field]) => field !== 'because'));
}

/** A question in the fields that are known; what is expected is left out. */
export function readQuery(value: unknown): Query | undefined {
  if (!isFields(value) || questionProblem(value) !== undefined) return undefined;
  const query = Object.fromEntries(Object.entries(value).filter(([field]) => !['expect', 'base', 'head'].includes(field)));
  // Every field was checked above; those that only recordings have are read nowhere.
  return query as unknown as Query;
}

/** Sorted by id and position: the order of a printed list. */
export function byPosition(results: readonly ScenarioResult[]): ScenarioResult[] {
  return [...results].sort((left, right) => compareText(left.id, right.id) || compareText(left.query, right.query));
}

function isFields(value: unknown): value is Fields {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
