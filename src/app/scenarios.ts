/**
 * `test`: recorded or hand-written questions with expected answers, one JSON object a line. The manifests of a line are the whole
 * cluster (R27): a missing label means "not in the mesh", a missing mesh configuration Istio's defaults.
 */
import { compareText } from '#lib/order.ts';
import { decodeDocument } from '#manifests/decode.ts';
import { accepted, resourceId } from '#manifests/resource.ts';
import type { AnyResource } from '#manifests/resource.ts';
import { buildMesh } from '#mesh/build.ts';
import type { Mesh } from '#mesh/model.ts';
import { decide } from '#posture/answer.ts';
import type { Decision, Query } from '#posture/query.ts';
import { parseStream } from '#source/documents.ts';

export interface ScenarioResult {
  readonly id: string;
  readonly about: string;
  /** Position of the question in its line, from 0; for a change, the side too (`0 base`). */
  readonly query: string;
  readonly asked: unknown;
  readonly expected: unknown;
  readonly answer: unknown;
  readonly agrees: boolean;
}

/** One line judged. `unreadable`: the line is no scenario, change or validation. */
export type LineOutcome = { readonly type: 'judged'; readonly results: readonly ScenarioResult[] } | { readonly type: 'unreadable'; readonly reason: string };

type Fields = Readonly<Record<string, unknown>>;

/** Judges one line of a file of recorded decisions. Never throws. */
export function judgeLine(line: string): LineOutcome {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return { type: 'unreadable', reason: 'the line is no JSON' };
  }
  return judgeEntry(value);
}

/** One scenario, change or validation, told apart by its keys. */
export function judgeEntry(value: unknown): LineOutcome {
  if (!isFields(value)) return { type: 'unreadable', reason: 'an entry is a mapping' };
  if (typeof value['manifests'] === 'string' && Array.isArray(value['queries'])) return { type: 'judged', results: judgeScenario(value, value['manifests'], value['queries']) };
  if (typeof value['base'] === 'string' && typeof value['head'] === 'string' && Array.isArray(value['queries'])) return { type: 'judged', results: judgeChange(value, value['base'], value['head'], value['queries']) };
  if (typeof value['manifest'] === 'string' && typeof value['accepted'] === 'boolean') return { type: 'judged', results: [judgeValidation(value, value['manifest'])] };
  return { type: 'unreadable', reason: 'an entry has `manifests` and `queries`, or `base`, `head` and `queries`, or `manifest` and `accepted`' };
}

function judgeScenario(entry: Fields, manifests: string, queries: readonly unknown[]): ScenarioResult[] {
  const mesh = closedMesh(readManifests(manifests));
  return queries.map((query, position) => judgeQuery(entry, String(position), query, (asked) => decide(mesh, asked), expectedOf(query)));
}

/** Both answers; a refused object of the head leaves the base's version in force (`changes/README.md`). */
function judgeChange(entry: Fields, base: string, head: string, queries: readonly unknown[]): ScenarioResult[] {
  const baseResources = readManifests(base);
  const sides = { base: closedMesh(baseResources), head: closedMesh(withBaseVersions(readManifests(head), baseResources)) };
  return queries.flatMap((query, position) =>
    (['base', 'head'] as const).map((side) => {
      const expected = expectedOf(query);
      return judgeQuery(entry, `${String(position)} ${side}`, query, (asked) => decide(sides[side], asked), isFields(expected) ? expected[side] : undefined);
    }),
  );
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
  const problems = resources.flatMap((resource) => resource.problems);
  const answer = {
    accepted: resources.length > 0 && resources.every((resource) => accepted(resource)),
    by: refusedBy(problems.map((problem) => problem.kind)),
    warnings: problems.some((problem) => problem.kind === 'warning'),
  };
  const warned = Array.isArray(entry['warnings']) && entry['warnings'].length > 0;
  const agrees = answer.accepted === entry['accepted'] && (entry['by'] === undefined || answer.by === entry['by']) && answer.warnings === warned;
  return {
    id: textOf(entry['id']),
    about: textOf(entry['about']),
    query: '0',
    asked: manifest,
    expected: { accepted: entry['accepted'], ...(entry['by'] === undefined ? {} : { by: entry['by'] }), warnings: warned },
    answer,
    agrees,
  };
}

function refusedBy(kinds: readonly string[]): string | undefined {
  if (kinds.includes('schema')) return 'crd';
  if (kinds.includes('unknown-field')) return 'strict-fields';
  return kinds.includes('webhook') ? 'webhook' : undefined;
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

function judgeQuery(entry: Fields, position: string, query: unknown, answerOf: (query: Query) => Decision, expected: unknown): ScenarioResult {
  const asked = readQuery(query);
  const answer = asked === undefined ? undefined : shown(answerOf(asked));
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

/** Every field that is expected, `by` as a subset (`conformance/README.md`). */
function agrees(expected: unknown, answer: Fields): boolean {
  if (!isFields(expected)) return false;
  return Object.entries(expected).every(([field, value]) => {
    if (field === 'by') {
      const named = Array.isArray(answer['by']) ? answer['by'] : [];
      return Array.isArray(value) && value.every((policy) => named.includes(policy));
    }
    if (field === 'passthrough') return (answer['passthrough'] ?? false) === value;
    return answer[field] === value;
  });
}

/** A decision without its reasons. */
function shown(decision: Decision): Fields {
  return Object.fromEntries(Object.entries(decision).filter(([field]) => field !== 'because'));
}

export function readQuery(value: unknown): Query | undefined {
  if (!isFields(value) || !isFields(value['from']) || !isFields(value['to']) || !isFields(value['request'])) return undefined;
  if (typeof value['to']['port'] !== 'number' || typeof value['request']['protocol'] !== 'string') return undefined;
  if (!['http', 'https', 'tcp', 'tls', 'udp', 'sctp'].includes(value['request']['protocol'])) return undefined;
  const query = Object.fromEntries(Object.entries(value).filter(([field]) => field !== 'expect'));
  // The fields that decide are checked above; the rest is optional and read field by field where it is used.
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
