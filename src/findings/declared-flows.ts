/**
 * Flows that the manifests declare and a change surely cuts: each candidate is one concrete request that somebody who stands in the
 * head declares, asked on both sides. Surely = allowed on the base and refused on the head, in the world in which the policies are
 * enforced (`docs/gates.md`).
 */
import { distinct } from '#lib/order.ts';
import { resourceId } from '#manifests/resource.ts';
import type { OperationSpec, RuleSpec } from '#manifests/authorization-policy.ts';
import type { Change } from '#impact/change.ts';
import { accountOfId } from '#mesh/workload-id.ts';
import type { Decision, Query } from '#posture/query.ts';
import type { EnvironmentFacts, FactsPair } from './detector.ts';
import { entryPoints, type EntryPoint } from './entry-points.ts';
import { grouped, isDryRun, type Policy, type SideFacts } from './facts.ts';
import { pointsOf, type PolicyPoint } from './points.ts';
import { isRewritten, probesOf } from './probes.ts';
import { headId } from './renames.ts';
import { exactPrincipals } from './rules.ts';
import { identityOf } from './side-memory.ts';

export interface LostFlow {
  readonly query: Query;
  /** Who declares the caller, in words: `` the ALLOW policy `shop/web` ``. */
  readonly declaredBy: string;
  readonly head: Decision;
}

interface Candidate {
  readonly query: Query;
  readonly declaredBy: string;
  /** Declared by a policy alone. */
  readonly byPolicy?: true;
}

/** Questions beyond this many tell no more than that declared callers are lost. */
const mostQuestions = 64;

/** The first lost flow in the order of destinations and declarations. */
export function lostFlow(change: Change, environments: readonly EnvironmentFacts[]): LostFlow | undefined {
  let left = mostQuestions;
  // Sides that are the same in everything answer alike: nobody asks them again, and what was asked of them counts.
  const asked: { readonly base: object; readonly head: object; readonly questions: number }[] = [];
  for (const pair of environments) {
    const { base, head, renamed } = pair;
    if (base === undefined || !change.environments.includes(pair.id)) continue;
    const sides = { base: identityOf(base), head: identityOf(head) };
    const known = renamed.size > 0 ? undefined : asked.find((each) => each.base === sides.base && each.head === sides.head);
    const answer = known ?? lostIn(change, { ...pair, base }, left);
    if ('lost' in answer) return answer.lost;
    left -= answer.questions;
    if (left < 0) return undefined;
    if (renamed.size === 0) asked.push({ ...sides, ...answer });
  }
  return undefined;
}

/** The first flow that is lost in one environment, or how many questions there were; more than are left where not all could be asked. */
function lostIn(change: Change, pair: FactsPair, left: number): { readonly lost: LostFlow } | { readonly questions: number } {
  const { base, head } = pair;
  let questions = 0;
  for (const destination of change.destinations) {
    // What nobody declares here may be what this change brings: nobody is surely lost at it.
    const point = destination.known ? pointsOf(head, headId(pair, destination.id)) : undefined;
    const before = destination.known ? pointsOf(base, destination.id) : undefined;
    if (point === undefined || before === undefined) continue;
    for (const candidate of candidatesFor(change, { base, head }, { base: before, head: point })) {
      questions += 1;
      if (questions > left) return { questions };
      const { to } = candidate.query;
      const was = base.ask(to.workload === undefined ? candidate.query : { ...candidate.query, to: { ...to, workload: destination.id } });
      if (was?.verdict !== 'allow' && was?.verdict !== 'asks') continue;
      // What a policy declares is judged in the world in which the policies are enforced: before any proxy it declared nothing.
      if (candidate.byPolicy === true && was.enforcedAt === 'none') continue;
      const after = head.ask(candidate.query);
      if (after?.verdict === 'deny') return { lost: { ...candidate, head: after } };
    }
  }
  return { questions };
}

interface OnBoth<T> {
  readonly base: T;
  readonly head: T;
}

function candidatesFor(change: Change, sides: OnBoth<SideFacts>, points: OnBoth<PolicyPoint>): Candidate[] {
  const { head } = sides;
  const point = points.head;
  return [...formerAccount(change, sides, point), ...namedInPolicies(change, sides, points), ...routes(change, head, point), ...webhooks(change, head, point), ...probes(change, point)];
}

function allowsAt(side: SideFacts, point: PolicyPoint): readonly Policy[] {
  return side.policiesAt(point.workload ?? point).filter((policy) => policy.spec.action === 'ALLOW' && !isDryRun(policy));
}

/**
 * An exact principal in an ALLOW that stood before and still stands at the head, with a request that a rule of both declares: under
 * whatever name, since a renamed policy withdraws nothing. Who comes into the first ALLOW of a workload loses nothing that it declares.
 */
function namedInPolicies(change: Change, sides: OnBoth<SideFacts>, points: OnBoth<PolicyPoint>): Candidate[] {
  const { head } = sides;
  const point = points.head;
  const before = allowsAt(sides.base, points.base).flatMap((policy) => policy.spec.rules);
  return allowsAt(head, point).flatMap((policy) =>
      policy.spec.rules.flatMap((rule) =>
        distinct(exactPrincipals(rule)).flatMap((principal) =>
          requestsFor(change, rule, point)
            .filter(({ request, port }) => declares(rule, principal, request, port) && before.some((old) => declares(old, principal, request, port)))
            .filter(({ request, port }) => request.protocol === 'http' || isProtocolTold(points.base, port))
            .map(({ request, port }) => ({ query: query(change, point, { principal: presented(head, principal) }, port, request), declaredBy: `\`${principal}\`, which \`${resourceId(policy)}\` allows,`, byPolicy: true as const })),
        ),
      ),
    );
}

/**
 * Some Service says what its port speaks (A4.4). Where none does, a name such as `http` that a port is given ends what is not HTTP there;
 * a policy that lets somebody in does not say that he speaks anything else.
 */
function isProtocolTold({ workload }: PolicyPoint, port: number): boolean {
  return (workload?.ports.find((entry) => entry.port === port)?.protocol ?? 'auto') !== 'auto';
}

/** A workload under another account, or that presents its own no longer, where an ALLOW that still stands at the head names the former one for its request. */
function formerAccount(change: Change, { base, head }: OnBoth<SideFacts>, point: PolicyPoint): Candidate[] {
  const { witness } = change;
  const caller = witness?.from.workload === undefined ? undefined : base.mesh.workloads.get(witness.from.workload);
  if (witness === undefined || caller === undefined || change.facet !== 'identity') return [];
  const principal = `${base.mesh.config.trustDomain}/ns/${caller.namespace}/sa/${caller.serviceAccount}`;
  const now = head.mesh.workloads.get(caller.id);
  const account = now?.serviceAccount === caller.serviceAccount && now.namespace === caller.namespace ? 'account' : 'former account';
  return allowsAt(head, point).flatMap((policy) =>
    policy.spec.rules.flatMap((rule) =>
      distinct(exactPrincipals(rule))
        .filter((name) => presented(base, name) === principal && declares(rule, name, witness.request, witness.to.port))
        .map(() => ({ query: query(change, point, witness.from, witness.to.port, witness.request), declaredBy: `\`${caller.id}\`, whose ${account} \`${resourceId(policy)}\` allows,` })),
    ),
  );
}

/** The literal `cluster.local` stands for the mesh's own trust domain (A3.11). */
function presented(side: SideFacts, principal: string): string {
  return principal.startsWith('cluster.local/') ? `${side.mesh.config.trustDomain}${principal.slice('cluster.local'.length)}` : principal;
}

interface Request {
  readonly request: Query['request'];
  readonly port: number;
}

/** The witness's own request, and for each operation of the rule the plainest request that it names. */
function requestsFor(change: Change, rule: RuleSpec, point: PolicyPoint): Request[] {
  const { witness } = change;
  const fromWitness: Request[] = witness === undefined ? [] : [{ request: declarable(witness.request), port: witness.to.port }];
  const ports = witness === undefined ? (point.workload?.ports ?? []).map((port) => port.port) : [witness.to.port];
  const operations: readonly Partial<OperationSpec>[] = rule.to.length === 0 ? [{}] : rule.to;
  const fromRule = operations.flatMap((operation) => {
    const named = (operation.ports ?? []).map(Number).filter((port) => Number.isInteger(port));
    return (named.length > 0 ? named : ports).map((port): Request => ({ port, request: sampleOf(operation) }));
  });
  return [...fromWitness, ...fromRule];
}

/** Nobody declares that a caller sends a bad token. */
function declarable(request: Query['request']): Query['request'] {
  return request.token === undefined || request.token.valid ? request : withoutToken(request);
}

function withoutToken({ protocol, sni, method, path, host, headers }: Query['request']): Query['request'] {
  return { protocol, ...(sni === undefined ? {} : { sni }), ...(method === undefined ? {} : { method }), ...(path === undefined ? {} : { path }), ...(host === undefined ? {} : { host }), ...(headers === undefined ? {} : { headers }) };
}

function sampleOf(operation: Partial<OperationSpec>): Query['request'] {
  const method = operation.methods?.[0];
  const host = operation.hosts?.[0];
  return {
    protocol: 'http',
    method: method === undefined || method.includes('*') ? 'GET' : method,
    path: samplePath(operation.paths?.[0]),
    ...(host === undefined ? {} : { host: host.startsWith('*') ? `a${host.slice(1)}` : host.replace('*', 'a') }),
  };
}

function samplePath(pattern: string | undefined): string {
  if (pattern === undefined || pattern === '*') return '/';
  if (pattern.endsWith('*')) return pattern.slice(0, -1);
  if (pattern.startsWith('*')) return `/a${pattern.slice(1).replace(/^\//, '/')}`;
  return pattern.replaceAll('{**}', 'a').replaceAll('{*}', 'a');
}

/** The rule itself names this caller with this request, and nothing else in the rule narrows it further. */
function declares(rule: RuleSpec, principal: string, request: Query['request'], port: number): boolean {
  if (rule.when.length > 0) return false;
  const named = rule.from.some((source) => source.principals.includes(principal) && Object.entries(source).every(([field, list]: [string, readonly string[]]) => field === 'principals' || list.length === 0));
  return named && (rule.to.length === 0 || rule.to.some((operation) => covers(operation, request, port)));
}

function covers(operation: OperationSpec, request: Query['request'], port: number): boolean {
  const http = request.protocol === 'http';
  const listed = (any: readonly string[], none: readonly string[], value: string | undefined): boolean => {
    if (any.length === 0 && none.length === 0) return true;
    if (!http || value === undefined) return false;
    return (any.length === 0 || any.some((pattern) => fits(pattern, value))) && !none.some((pattern) => fits(pattern, value));
  };
  const ports = (operation.ports.length === 0 || operation.ports.includes(String(port))) && !operation.notPorts.includes(String(port));
  return ports && listed(operation.methods, operation.notMethods, request.method) && listed(operation.paths, operation.notPaths, request.path) && listed(operation.hosts, operation.notHosts, request.host);
}

/** Exact, prefix, suffix, any (A3.1); a template fits only its own sample, which `sampleOf` made. */
function fits(pattern: string, value: string): boolean {
  if (pattern === '*') return value !== '';
  if (pattern.startsWith('*')) return value.endsWith(pattern.slice(1));
  if (pattern.endsWith('*')) return value.startsWith(pattern.slice(0, -1));
  return pattern === value || pattern.replaceAll('{**}', 'a').replaceAll('{*}', 'a') === value;
}

/** A gateway whose pods are declared, and a route of it that still stands: what it sends on, with the gateway's identity (M116, M130). */
function routes(change: Change, head: SideFacts, point: PolicyPoint): Candidate[] {
  const { workload } = point;
  if (workload === undefined) return [];
  return (entriesByWorkload(head).get(workload.id) ?? []).flatMap((entry): Candidate[] => {
    if (entry.via !== 'gateway' || entry.account === undefined || entry.port === undefined || entry.path.startsWith('regex:')) return [];
    const { namespace, account } = accountOfId(entry.account);
    const path = entry.path.replace(/\*$/, '');
    const request: Query['request'] = { protocol: 'http', method: entry.method ?? 'GET', path: path === '' ? '/' : path, ...(entry.host.startsWith('*') ? {} : { host: entry.host }) };
    const from = { principal: `${head.mesh.config.trustDomain}/ns/${namespace}/sa/${account}` };
    return [{ query: query(change, point, from, entry.port, request), declaredBy: `the gateway's account \`${entry.account}\`, for which \`${resourceId(entry.resource)}\` routes,` }];
  });
}

const entriesOf = new WeakMap<SideFacts, ReadonlyMap<string, readonly EntryPoint[]>>();

function entriesByWorkload(side: SideFacts): ReadonlyMap<string, readonly EntryPoint[]> {
  const known = entriesOf.get(side);
  if (known !== undefined) return known;
  const fresh = grouped(entryPoints(side), (entry) => entry.workload.id);
  entriesOf.set(side, fresh);
  return fresh;
}

/** The API server has no mesh identity and calls a webhook's Service with TLS of its own (M section 2D). */
function webhooks(change: Change, head: SideFacts, point: PolicyPoint): Candidate[] {
  const { workload } = point;
  if (workload === undefined || change.facet !== 'mtls') return [];
  const services = head.servicesOf(workload);
  return [...head.of('MutatingWebhookConfiguration'), ...head.of('ValidatingWebhookConfiguration')].flatMap((configuration) =>
    configuration.spec.webhooks.flatMap(({ service: target }): Candidate[] => {
      const service = target === undefined ? undefined : services.find((candidate) => candidate.name === target.name && candidate.namespace === target.namespace);
      const port = service?.spec.ports.find((candidate) => candidate.port === target?.port)?.targetPort;
      if (typeof port !== 'number') return [];
      return [{ query: query(change, point, { principal: null }, port, { protocol: 'https', method: 'POST', path: target?.path ?? '/' }), declaredBy: `the API server, which \`${resourceId(configuration)}\` sends there,` }];
    }),
  );
}

function probes(change: Change, { workload, ...point }: PolicyPoint): Candidate[] {
  if (change.facet !== 'mtls' || workload === undefined || isRewritten(workload)) return [];
  return probesOf(workload).map(({ probe, container, port, request }) => ({ query: query(change, { ...point, workload }, { principal: null }, port, request), declaredBy: `the ${probe} probe of container \`${container}\`` }));
}

export function query(change: Change, point: PolicyPoint, from: Query['from'], port: number, request: Query['request']): Query {
  const to: Query['to'] = point.workload === undefined ? { selector: { namespace: point.namespace, labels: point.labels }, port } : { workload: point.workload.id, port };
  return { from, to, request, ...(change.witness?.given === undefined ? {} : { given: change.witness.given }) };
}
