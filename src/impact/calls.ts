/**
 * How sidecars of declared workloads make calls, before and after (M33 to M50, M97 to M104): which declared pods a call comes to and with which TLS. What objects of
 * other kinds change besides is told where it lies; where a call goes outside the mesh is told by what registers the host.
 */
import { canonical } from '#lib/canonical.ts';
import { groupBy } from '#lib/group.ts';
import { compareText, distinct } from '#lib/order.ts';
import { policiesFor } from '#mesh/attachment.ts';
import type { Mesh, Workload } from '#mesh/model.ts';
import { podSpecOf, targetPortOf } from '#mesh/ports.ts';
import { servicesOf } from '#mesh/services.ts';
import { decide } from '#posture/answer.ts';
import { outboundCall, type CallEnd, type OutboundCall } from '#posture/outbound-call.ts';
import type { Query } from '#posture/query.ts';
import { knownServices } from '#semantics/outbound/services.ts';
import type { Predicate } from '#sets/cube.ts';
import { beginningMark, touchedCalls, movedObjects, type CalledName, type CallerClass } from './calls-touched.ts';
import { requestsNamed } from './call-requests.ts';
import { flips } from './causes.ts';
import type { CallSent } from './change.ts';
import type { MovedCaller } from './moved-accounts.ts';
import type { RawChange, Sides } from './raw-change.ts';

/** A change that is about how calls are made. */
export interface MovedCall {
  /** As the head's caller asks it. */
  readonly query: Query;
  /** Id on the base of the workload that the call comes to, and its port. */
  readonly workload: string;
  readonly port: number;
  readonly before: CallSent;
  readonly after: CallSent;
}

export interface ComparedCalls {
  readonly changes: readonly RawChange[];
  /** Names, `host:port`, of which some call is not known on one side, or not for every request. */
  readonly open: ReadonlySet<string>;
  /** Nothing was compared: there is too much. */
  readonly tooMany: boolean;
}

/** Questions of one side; more are not asked. */
const mostQuestions = 20_000;

export function comparedCalls(sides: Sides): ComparedCalls {
  const moved = movedObjects(sides);
  const touched = moved.length === 0 ? [] : touchedCalls(sides, moved);
  const open = new Set<string>();
  const asked = touched.reduce((sum, { names }) => sum + names.reduce((all, { requests }) => all + requests.length, 0), 0);
  if (asked > mostQuestions) return { changes: [], open, tooMany: true };
  const given = enrolmentGiven(sides);
  const found = touched.flatMap(({ of, names }) => names.flatMap((name) => callsTo(sides, of, name, given, open)));
  // What callers of several classes see alike is one change.
  const alike = groupBy(found, ({ name, moved }) => canonical([nameText(name), moved.workload, moved.port, moved.before, moved.after, moved.requests]));
  const changes = [...alike.values()].flatMap((group) => {
    const [first] = group;
    const callers = group.flatMap((each) => each.callers).sort((left, right) => compareText(left.head.id, right.head.id));
    return first === undefined ? [] : changeOf(sides, { ...first, callers, moved: { ...first.moved, by: distinct(group.flatMap(({ moved: { by } }) => by)) } });
  });
  return { changes, open, tooMany: false };
}

/** Changes are computed in the world in which every namespace takes part (R24). */
function enrolmentGiven({ base, head }: Sides): Readonly<Record<string, true>> {
  return Object.fromEntries([base, head].flatMap((mesh) => [...mesh.workloads.values()].flatMap(({ enrolment }) => (enrolment.mode === 'unknown' ? [[enrolment.assumption, true] as const] : []))));
}

interface Moved {
  readonly workload: string;
  readonly port: number;
  readonly before: CallSent;
  readonly after: CallSent;
  readonly requests: Query['request'][];
  readonly by: readonly string[];
}

function callsTo(sides: Sides, { callers, representative }: CallerClass, name: CalledName, given: Query['given'], open: Set<string>): readonly Found[] {
  const found = new Map<string, Moved>();
  if (!name.whole) open.add(nameText(name));
  for (const request of name.requests) {
    const before = name.known.base ? callOn(sides.base, representative.base, name, request, given) : undefined;
    const after = name.known.head ? callOn(sides.head, representative.head, name, request, given) : undefined;
    if ((before !== undefined && before.ends === undefined) || (after !== undefined && after.ends === undefined)) {
      // What is not known on both sides for one reason is as it was.
      if (before?.verdict !== 'unknown' || after?.verdict !== 'unknown' || before.missing !== after.missing) open.add(nameText(name));
      continue;
    }
    const reached = { base: placesOf(before, (id) => id), head: placesOf(after, (id) => sides.renamed.get(id) ?? id) };
    for (const key of distinct([...reached.base.keys(), ...reached.head.keys()])) {
      const [was, now] = [reached.base.get(key), reached.head.get(key)];
      const place = was ?? now;
      if (place === undefined || strength(was?.sends) === strength(now?.sends)) continue;
      const [from, to]: readonly [CallSent, CallSent] = [was?.sends ?? 'nothing', now?.sends ?? 'nothing'];
      const text = `${key} ${from} ${to}`;
      const known: Moved = found.get(text) ?? { workload: place.workload, port: place.port, before: from, after: to, requests: [], by: distinct([before, after].flatMap((call) => (call === undefined || call.verdict === 'unknown' ? [] : call.by))) };
      known.requests.push(request);
      found.set(text, known);
    }
  }
  return [...found.values()].map((moved) => ({ callers, name, moved, given }));
}

function nameText({ host, port }: CalledName): string {
  return `${host}:${String(port)}`;
}

function callOn(mesh: Mesh, caller: Workload, { host, port }: CalledName, request: Query['request'], given: Query['given']): OutboundCall {
  return outboundCall(mesh, { from: { workload: caller.id }, to: { host, port }, request, ...(given === undefined ? {} : { given }) });
}

/** In this mesh the call comes to the workload as it does at the head. */
export function callReaches(mesh: Mesh, { query, workload, port, after }: MovedCall, renamed: ReadonlyMap<string, string>): boolean {
  const caller = query.from.workload ?? '';
  const own = mesh.workloads.has(caller) ? caller : (renamed.get(caller) ?? caller);
  const named = knownServices(mesh).some((service) => service.host === query.to.host && service.ports.some(({ number }) => number === query.to.port));
  const call = named || !isServiceHost(query.to.host) ? outboundCall(mesh, { ...query, from: { workload: own } }) : undefined;
  const place = placesOf(call, (id) => renamed.get(id) ?? id).get(`${workload} ${String(port)}`);
  return strength(place?.sends) === strength(after) && (call === undefined || call.ends !== undefined);
}

function isServiceHost(host: string | undefined): boolean {
  return host?.endsWith('.svc.cluster.local') === true;
}

/** Without TLS of the sidecar it is one whether the destination is known or not. */
function strength(sends: CallSent | undefined): number {
  return { mtls: 3, tls: 2, plaintext: 1, passthrough: 1, nothing: 0 }[sends ?? 'nothing'];
}

interface Reached {
  readonly workload: string;
  readonly port: number;
  readonly sends: CallEnd['sends'];
}

/** By workload and port; of several ways to one place the weakest. */
function placesOf(call: OutboundCall | undefined, named: (id: string) => string): ReadonlyMap<string, Reached> {
  const found = new Map<string, Reached>();
  for (const { workload, port, sends } of call?.ends?.() ?? []) {
    if (workload === undefined) continue;
    const id = named(workload);
    const key = `${id} ${String(port)}`;
    const known = found.get(key);
    if (known === undefined || strength(sends) < strength(known.sends)) found.set(key, { workload: id, port, sends });
  }
  return found;
}

interface Found {
  readonly callers: readonly MovedCaller[];
  readonly name: CalledName;
  readonly moved: Moved;
  readonly given: Query['given'];
}

function changeOf(sides: Sides, { callers: all, name, moved, given }: Found): RawChange[] {
  const base = sides.base.workloads.get(moved.workload);
  const head = [...sides.renamed].find(([, former]) => former === moved.workload)?.[0] ?? moved.workload;
  const after = sides.head.workloads.get(head);
  // R28: pods that only one side has are population.
  if (base === undefined || after === undefined) return [];
  // A name that comes or goes is a way of those alone who are declared to call what lies behind it, and whom no other name leads there.
  const comesOrGoes = !name.known.base || !name.known.head;
  const others = all.filter((caller) => caller.head.id !== after.id);
  const callers = (others.length === 0 ? [] : all).filter((caller) => (!comesOrGoes || (isDeclared(sides, caller, { base, head: after }) && !isNamed(name.known.base ? sides.head : sides.base, name.known.base ? after : base, moved.port))));
  const [request] = moved.requests;
  if (request === undefined) return [];
  // What every request of the name does is shown by one that the destination takes.
  const requests = moved.requests.length === name.requests.length && request.protocol === 'http' ? [request, ...requestsNamed(sides.base, base), ...requestsNamed(sides.head, after)] : [request];
  const asked = (caller: MovedCaller): Asked => {
    for (const each of requests) {
      const found = askedWith(caller, each);
      if (isFlip(found)) return found;
    }
    return askedWith(caller, request);
  };
  const askedWith = (caller: MovedCaller, shown: Query['request']): Asked => {
    const assumptions = distinct([caller.base, caller.head, base, after].flatMap(({ enrolment }) => (enrolment.mode === 'unknown' ? [enrolment.assumption] : [])));
    const assumed = Object.fromEntries(assumptions.map((id) => [id, true]));
    const query: Query = { from: { workload: caller.head.id }, to: { host: name.host, port: name.port }, request: shown, ...(assumptions.length === 0 ? {} : { given: assumed }) };
    const answers = { base: bare(decide(sides.base, { ...query, from: { workload: caller.base.id } })), head: bare(decide(sides.head, query)) };
    return { assumptions, query, answers, direction: directionOf(moved, answers) };
  };
  return byOutcome(callers.filter((each) => others.includes(each)), asked).map((group, index) => {
    // What calls itself stands beside others.
    const itself = index === 0 ? callers.filter((each) => !others.includes(each)) : [];
    return changeFor({ base, name, moved, given, environment: sides.environment }, [...group.callers, ...itself], group.first);
  });
}

/** One caller's request, and what both sides answer. */
interface Asked {
  readonly assumptions: readonly string[];
  readonly query: Query;
  readonly answers: NonNullable<Pick<NonNullable<RawChange['witness']>, 'base' | 'head'>>;
  readonly direction: RawChange['direction'];
}

/** Callers of one outcome; the first of each whose answer flips speaks for it. Those of one account are answered alike. */
function byOutcome(callers: readonly MovedCaller[], asked: (caller: MovedCaller) => Asked): readonly { readonly callers: readonly MovedCaller[]; readonly first: Asked }[] {
  const known = new Map<string, Asked>();
  const groups = new Map<string, { readonly callers: MovedCaller[]; first: Asked }>();
  for (const caller of callers) {
    const account = [caller.base, caller.head].map(({ namespace, serviceAccount, enrolment }) => `${namespace}/${serviceAccount} ${enrolment.mode}`).join(' ');
    const found = known.get(account) ?? asked(caller);
    known.set(account, found);
    const group = groups.get(found.direction);
    if (group === undefined) groups.set(found.direction, { callers: [caller], first: found });
    else {
      group.callers.push(caller);
      if (!isFlip(group.first) && isFlip(found)) group.first = found;
    }
  }
  return [...groups.entries()].sort(([left], [right]) => compareText(left, right)).map(([, group]) => group);
}

function isFlip({ answers: { base, head } }: Asked): boolean {
  return flips(base, head, 'up') || flips(base, head, 'down');
}

function changeFor({ base, name, moved, given, environment }: Omit<Found, 'callers'> & { readonly base: Workload; readonly environment: string }, callers: readonly MovedCaller[], { assumptions, query, answers, direction }: Asked): RawChange {
  const isSure = direction === 'widened' ? flips(answers.base, answers.head, 'up') : direction === 'narrowed' ? flips(answers.base, answers.head, 'down') : answers.base.verdict === 'allow' && answers.head.verdict === 'allow';
  const ways: readonly Predicate[] = [
    { dimension: 'port', any: [{ type: 'number', value: moved.port }], none: [] },
    { dimension: 'address', any: [{ type: 'exact', text: nameText(name) }], none: [] },
  ];
  const paths = moved.requests.length === name.requests.length ? [] : pathsOf(moved.requests);
  const call: MovedCall = { query: { ...query, ...(given === undefined ? {} : { given }) }, workload: moved.workload, port: moved.port, before: moved.before, after: moved.after };
  return {
    environment,
    destination: { id: base.id, namespace: base.namespace, kind: base.kind, name: base.name, known: true, status: 'both' },
    direction,
    facet: facetOf(moved),
    cubes: [{ predicates: [...ways, ...(paths.length === 0 ? [] : [{ dimension: 'path' as const, any: paths, none: [] }])], origins: moved.by.map((policy) => ({ policy })) }],
    complete: paths.length === 0 && name.whole,
    seed: ['call', moved.before, moved.after, ...paths.map(({ type, text }) => `${type} ${text}`)].join(' '),
    seedOrigins: moved.by.map((policy) => ({ policy })),
    witness: isSure ? { query, ...answers } : undefined,
    reason: undefined,
    assumptions,
    enforcedAt: ['sidecar'],
    callers: callers.map(({ head: { namespace, name: own, kind } }) => `${namespace}/${own}[${kind}]`).sort(compareText),
    passingSide: direction === 'narrowed' || direction === 'strengthened' ? 'base' : 'head',
    call,
  };
}

/** The samples as routes write them: a beginning stands for all that begins so. */
function pathsOf(requests: readonly Query['request'][]): readonly PlainMatcher[] {
  const paths = requests.flatMap(({ path }) => path ?? []);
  const beginnings = new Set(paths.flatMap((path) => (isBeginning(path) ? [path.slice(0, -beginningMark.length)] : [])));
  return [...[...beginnings].map((text): PlainMatcher => ({ type: 'prefix', text })), ...paths.flatMap((text): PlainMatcher[] => (isBeginning(text) || beginnings.has(text) ? [] : [{ type: 'exact', text }]))];
}

interface PlainMatcher {
  readonly type: 'exact' | 'prefix';
  readonly text: string;
}

function isBeginning(path: string): boolean {
  return path.endsWith(beginningMark);
}

/** Without the steps: `explain` asks again. */
function bare<T extends { readonly because: readonly unknown[] }>(decision: T): T {
  return { ...decision, because: [] };
}

/** TLS that the destination refuses ends the call, and TLS that it takes again begins it. */
function directionOf({ before, after }: Moved, answers: NonNullable<Pick<NonNullable<RawChange['witness']>, 'base' | 'head'>>): RawChange['direction'] {
  if (before === 'nothing') return 'widened';
  if (after === 'nothing') return 'narrowed';
  if (flips(answers.base, answers.head, 'down')) return 'narrowed';
  if (flips(answers.base, answers.head, 'up')) return 'widened';
  return strength(after) < strength(before) ? 'weakened' : 'strengthened';
}

function facetOf({ before, after }: Moved): RawChange['facet'] {
  if (before === 'nothing' || after === 'nothing') return 'access';
  return before === 'passthrough' || after === 'passthrough' ? 'egress' : 'mtls';
}

/** A Service leads to the pod's port. */
function isNamed(mesh: Mesh, pod: Workload, port: number): boolean {
  return servicesOf(mesh, pod).some((service) => service.kind === 'Service' && service.spec.ports.some((entry) => targetPortOf(podSpecOf(pod), entry) === port));
}

/** An ALLOW of both sides names exactly this caller at the destination. */
function isDeclared({ base, head }: Sides, caller: MovedCaller, at: MovedCaller): boolean {
  return namesCaller(base, caller.base, at.base) && namesCaller(head, caller.head, at.head);
}

function namesCaller(mesh: Mesh, { namespace, serviceAccount }: Workload, at: Workload): boolean {
  const principals = [mesh.config.trustDomain, 'cluster.local'].map((domain) => `${domain}/ns/${namespace}/sa/${serviceAccount}`);
  return policiesFor(mesh, at).authorization.some(({ spec }) => spec.action === 'ALLOW' && spec.rules.some((rule) => rule.from.some((source) => source.principals.some((principal) => principals.includes(principal)))));
}
