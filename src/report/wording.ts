/** The words that all outputs share: one request as one line, an answer, a direction, a caller. Plain text, not yet escaped. */
import { assertNever } from '#lib/assert-never.ts';
import { compareText } from '#lib/order.ts';
import type { Cause, Change, Direction, ValueSet, Witness, WitnessAnswer } from '#impact/change.ts';
import type { Finding, Severity } from '#findings/finding.ts';
import type { OutboundCall } from '#posture/outbound-call.ts';
import type { Decision, Query } from '#posture/query.ts';
import { clip, name, plain, plural } from './plain.ts';

export const severities = ['critical', 'high', 'medium', 'low', 'info'] as const satisfies readonly Severity[];

/** 0 = critical: sorting by it puts the worst first. */
export function severityRank(severity: Severity): number {
  return severities.indexOf(severity);
}

export function atLeast(severity: Severity, minimum: Severity): boolean {
  return severityRank(severity) <= severityRank(minimum);
}

export interface DirectionWords {
  readonly sign: '+' | '-' | '~' | '?' | '(+)' | '(-)';
  readonly says: string;
}

export function directionWords(direction: Direction): DirectionWords {
  switch (direction) {
    case 'widened':
      return { sign: '+', says: 'newly allowed' };
    case 'narrowed':
      return { sign: '-', says: 'no longer allowed' };
    case 'weakened':
      return { sign: '~', says: 'weaker protection' };
    case 'strengthened':
      return { sign: '~', says: 'stronger protection' };
    case 'undecided-widened':
      return { sign: '?', says: 'could not be proved safe, treated as newly allowed' };
    case 'undecided-narrowed':
      return { sign: '?', says: 'could not be decided, may no longer be allowed' };
    case 'latent-widened':
      return { sign: '(+)', says: 'wider in one layer, still stopped by another' };
    case 'latent-narrowed':
      return { sign: '(-)', says: 'narrower in one layer, another already stopped it' };
    default:
      return assertNever(direction);
  }
}

/** What an attacker gains comes first, then what callers lose, then the rest. */
export function directionRank(direction: Direction): number {
  switch (direction) {
    case 'widened':
      return 0;
    case 'undecided-widened':
      return 1;
    case 'weakened':
      return 2;
    case 'narrowed':
      return 3;
    case 'undecided-narrowed':
      return 4;
    case 'latent-widened':
      return 5;
    case 'strengthened':
      return 6;
    case 'latent-narrowed':
      return 7;
    default:
      return assertNever(direction);
  }
}

function pairs(values: Readonly<Record<string, string>>): string {
  return Object.keys(values)
    .sort(compareText)
    .map((key) => `${name(key)}=${name(values[key] ?? '')}`)
    .join(',');
}

/** `ns/name` or `ns/name[Kind]` as the host that a client in the mesh would use; a placeholder namespace (R22) has slashes of its own. */
function serviceHost(id: string): string {
  const slash = id.startsWith('~') ? id.lastIndexOf('/') : id.indexOf('/');
  const [namespace, rest] = slash < 0 ? [id, ''] : [id.slice(0, slash), id.slice(slash + 1).split('/', 1)[0] ?? ''];
  return `${rest.replace(/\[.*\]$/, '')}.${namespace}`;
}

function targetOf(to: Query['to']): { readonly host: string; readonly note?: string } {
  if (to.workload !== undefined) return { host: serviceHost(to.workload) };
  if (to.host !== undefined) return { host: to.host };
  if (to.gateway !== undefined) return { host: to.gateway.includes('=') ? `gateway.${to.gateway.slice(0, to.gateway.indexOf('/'))}` : serviceHost(to.gateway), note: `at the gateway ${name(to.gateway)}${to.backend === undefined ? '' : `, to ${name(to.backend)}`}` };
  if (to.ip !== undefined) return { host: to.ip.includes(':') ? `[${to.ip}]` : to.ip };
  if (to.selector !== undefined) {
    const labels = pairs(to.selector.labels);
    return { host: `pod.${to.selector.namespace}`, note: `at ${labels === '' ? 'any pod' : `a pod labelled ${labels}`} in namespace ${name(to.selector.namespace)}` };
  }
  return { host: 'unknown' };
}

/** Whether the authority that is sent is the one the address already says. */
function sameHost(sent: string, address: string): boolean {
  const bare = sent.replace(/:\d+$/, '');
  return bare === address || bare.startsWith(`${address}.svc`);
}

function tokenWords(token: NonNullable<Query['request']['token']>, given: Readonly<Record<string, boolean>>): string {
  const valid = token.valid || Object.entries(given).some(([key, right]) => right && key.startsWith('keys:'));
  const claims = Object.entries(token.claims ?? {})
    .sort(([left], [right]) => compareText(left, right))
    .map(([key, value]) => `${name(key)}=${name(typeof value === 'string' ? value : JSON.stringify(value))}`)
    .join(',');
  const where = token.in === undefined || token.in === 'authorization' ? '' : ` in ${name(token.in)}`;
  return `with ${valid ? 'a valid' : 'an invalid'} token${claims === '' ? '' : ` {${claims}}`}${where}`;
}

export function callerOf(from: Query['from']): string {
  const parts: string[] = [];
  if (from.workload !== undefined) parts.push(name(from.workload));
  else if (from.outside === true) parts.push('outside the cluster');
  else if (from.principal === null) parts.push('any client without a mesh identity');
  else if (from.principal !== undefined) parts.push(name(from.principal));
  else parts.push('any client');
  if (from.workload !== undefined && typeof from.principal === 'string') parts.push(`(${name(from.principal)})`);
  if (from.workload !== undefined && from.principal === null) parts.push('without a mesh identity');
  if (from.pod !== undefined) parts.push(`in a pod labelled ${pairs(from.pod.labels) || 'nothing'} of namespace ${name(from.pod.namespace)}`);
  if (from.ip !== undefined) parts.push(`at ${name(from.ip)}`);
  if (from.direct === true) parts.push('directly to the pod');
  return parts.join(' ');
}

/** A part of a request that must stay whole to be sent again, as far as a line can hold it. */
function whole(text: string): string {
  return clip(plain(clip(text, 600)), 600);
}

/** The request alone: `GET http://payments-api.payments:8080/admin`. */
export function requestOf(query: Query): string {
  const { to, request } = query;
  const target = targetOf(to);
  const address = `${name(target.host)}:${String(to.port)}`;
  const notes: string[] = [];
  const http = request.protocol === 'http' || request.protocol === 'https';
  const head = http
    ? `${name(request.method ?? 'GET')} ${request.protocol}://${address}${whole(request.path ?? '/')}`
    : `${request.protocol.toUpperCase()} ${address}`;
  if (request.host !== undefined && !sameHost(request.host, target.host)) notes.push(`with host ${name(request.host)}`);
  if (request.sni !== undefined && !sameHost(request.sni, target.host)) notes.push(`with server name ${name(request.sni)}`);
  for (const [key, value] of Object.entries(request.headers ?? {}).sort(([left], [right]) => compareText(left, right))) {
    notes.push(`with header ${name(key)}: ${whole(value)}`);
  }
  if (request.token !== undefined) notes.push(tokenWords(request.token, query.given ?? {}));
  if (target.note !== undefined) notes.push(target.note);
  return [head, ...notes].join(' ');
}

export function givenOf(query: Query): string {
  return Object.entries(query.given ?? {})
    .sort(([left], [right]) => compareText(left, right))
    .map(([key, value]) => `${name(key)} is ${String(value)}`)
    .join(', ');
}

/** One replayable line: `GET http://payments-api.payments:8080/admin  from any client without a mesh identity`. */
export function requestLine(query: Query): string {
  const given = givenOf(query);
  return clip(`${requestOf(query)}  from ${callerOf(query.from)}${given === '' ? '' : `, given ${given}`}`, 1_000);
}

/** `denied by PeerAuthentication/payments/default (mtls, sidecar)`. */
export function answerWords(answer: WitnessAnswer): string {
  const by = answer.by ?? [];
  const where = [answer.layer === 'none' ? undefined : answer.layer, answer.enforcedAt === 'none' ? 'no proxy on the way' : answer.enforcedAt].filter((word) => word !== undefined);
  const tail = `${by.length === 0 ? '' : ` by ${by.slice(0, 3).map(name).join(', ')}${by.length > 3 ? ` and ${String(by.length - 3)} more` : ''}`}${where.length === 0 ? '' : ` (${where.join(', ')})`}`;
  switch (answer.verdict) {
    case 'allow':
      return `allowed${tail}`;
    case 'deny':
      return `denied${tail}`;
    case 'asks':
      return `decided by the external authorizer ${name(answer.provider ?? 'that is not named')}${tail}`;
    case 'unknown':
      return `unknown${tail}`;
    default:
      return assertNever(answer.verdict);
  }
}

export function decisionWords(decision: Decision): string {
  if (decision.verdict === 'unknown') return `unknown: ${name(decision.missing)} (rule ${name(decision.rule)})`;
  return answerWords(decision);
}

/** How the sidecar of a workload makes a call. */
export function callWords(workload: string, call: OutboundCall): string {
  const sidecar = `the sidecar of ${name(workload)}`;
  if (call.verdict === 'unknown') return `how ${sidecar} makes the call is unknown: ${name(call.missing)} (rule ${name(call.rule)})`;
  const to = call.backend === undefined ? '' : ` ${name(call.backend)}`;
  const as = call.sni === undefined ? '' : ` (server name ${name(call.sni)})`;
  switch (call.verdict) {
    case 'mtls':
      return `${sidecar} calls${to} with mutual TLS of the mesh${as}`;
    case 'tls':
      return `${sidecar} calls${to} with TLS that is not the mesh’s, ${call.clientCertificate === true ? 'with a certificate of its own' : 'without a certificate of its own'}${as}`;
    case 'plaintext':
      return `${sidecar} calls${to} without TLS of its own`;
    case 'passthrough':
      return `${sidecar} does not know the destination and lets the connection through as it is`;
    case 'blocked':
      return `${sidecar} refuses the call`;
    default:
      return assertNever(call);
  }
}

export function witnessAnswers(witness: Witness): { readonly before: string; readonly after: string } {
  return { before: answerWords(witness.base), after: answerWords(witness.head) };
}

/** `policies/payments.yaml:12`. */
export function place(file: string, line?: number): string {
  return line === undefined ? name(file) : `${name(file)}:${String(line)}`;
}

export function causeWords(cause: Cause): string {
  const side = cause.side === 'LEFT' ? ', line of the base' : '';
  const via = cause.via.length === 0 ? '' : `, through ${cause.via.slice(0, 4).map((step) => `${step.role} ${place(step.file, step.line)}`).join(' and ')}`;
  return `${place(cause.file, cause.line)} (${name(cause.resource)} ${cause.change}${side})${via}`;
}

/**
 * The causes of a change, each with what stands before it: `either` and `or` between sets of which one is enough, `and` within a set.
 */
export function causeLines({ causes, alternativeCauses = [] }: Pick<Change, 'causes' | 'alternativeCauses'>): readonly { readonly joint: '' | 'either ' | 'or ' | 'and '; readonly cause: Cause }[] {
  const several = alternativeCauses.length > 0;
  return [causes, ...alternativeCauses].flatMap((set, index) => set.map((cause, at) => ({ joint: at > 0 ? ('and ' as const) : !several ? ('' as const) : index === 0 ? ('either ' as const) : ('or ' as const), cause })));
}

/** A piece of a list: a name out of the manifests, or words about names. */
export interface Part {
  readonly text: string;
  readonly isName: boolean;
}

function said(text: string): Part {
  return { text: name(text), isName: false };
}

function named(text: string): Part {
  return { text: name(text), isName: true };
}

/** Who may call: the same precedence in every output. */
export function callerParts(change: Change): readonly Part[] {
  const { known, open, plaintext, internet } = change.callers;
  const parts: Part[] = [];
  if (internet) parts.push(said('anyone on the internet'));
  if (plaintext) parts.push(said('any client without a mesh identity'));
  parts.push(...open.slice(0, 2).map(said));
  if (open.length > 2) parts.push(said(`${String(open.length - 2)} more groups`));
  parts.push(...known.slice(0, 3).map(named));
  if (known.length > 3) parts.push(said(plural(known.length - 3, 'more known workload')));
  return parts.length === 0 ? [said('nobody known')] : parts;
}

export function callersOf(change: Change): string {
  return callerParts(change)
    .map((part) => part.text)
    .join(', ');
}

export function destinationParts(change: Change, shown = 3): readonly Part[] {
  const { destinations } = change;
  if (destinations.length === 0) return [said('nothing known')];
  const parts = destinations.slice(0, shown).flatMap((destination) => [named(destination.id), ...(destination.known ? [] : [said('(not declared here)')])]);
  return destinations.length > shown ? [...parts, said(`and ${String(destinations.length - shown)} more`)] : parts;
}

/** A comma between names, a blank before words that speak about them. */
export function joined(parts: readonly string[]): string {
  return parts.reduce((text, part) => (text === '' ? part : /^(?:and \d|\()/.test(part) ? `${text} ${part}` : `${text}, ${part}`), '');
}

export function destinationsOf(change: Change, shown = 3): string {
  return joined(destinationParts(change, shown).map((part) => part.text));
}

/** What a change's first set of requests asks for, and whether there are more: `POST, path /pay* but /pay/ping, port 8080`. */
export function operationsOf(change: Change): string {
  const cube = change.region.cubes[0];
  if (cube === undefined) return 'any request';
  const parts = [
    ...setWords(cube.methods, ''),
    ...setWords(cube.paths, 'path '),
    ...setWords(cube.hosts, 'host '),
    ...namedSets(cube.headers, 'header'),
    ...setWords(cube.token, 'token '),
    ...namedSets(cube.claims, 'claim'),
    ...setWords(cube.sni, 'server name '),
    ...setWords(cube.sourceIps, 'source address '),
    ...setWords(cube.remoteIps, 'client address '),
    ...setWords(cube.destinationIps, 'destination address '),
    ...setWords(cube.ports, 'port '),
    ...(cube.transport?.only?.join() === 'TCP' ? [] : setWords(cube.transport, '')),
    ...setWords(cube.protocol, ''),
  ];
  // What is undecided lies within its cubes.
  const more = change.region.cubes.length > 1 || (!change.region.complete && !change.direction.startsWith('undecided')) ? ', and more' : '';
  return `${parts.length === 0 ? 'any request' : parts.join(', ')}${more}`;
}

function setWords(set: ValueSet | undefined, noun: string): string[] {
  const { only, except = [] } = set ?? {};
  if (only === undefined && except.length === 0) return [];
  const listed = (list: readonly string[]): string => `${list.slice(0, 4).map(name).join(' ')}${list.length > 4 ? ` +${String(list.length - 4)}` : ''}`;
  // Words for a token say so themselves.
  const said = only === undefined ? `${noun}any` : `${only[0]?.startsWith(noun) === true ? '' : noun}${listed(only)}`;
  return [except.length === 0 ? said : `${said} but ${listed(except)}`];
}

function namedSets(sets: Readonly<Record<string, ValueSet>> | undefined, noun: string): string[] {
  return Object.entries(sets ?? {}).flatMap(([key, set]) => setWords(set, `${noun} ${name(key)} `));
}

export function certaintyWords(finding: Finding): string {
  switch (finding.certainty) {
    case 'proved':
      return 'proved';
    case 'conditional':
      return 'holds under a named assumption';
    case 'undecided':
      return 'could not be decided, treated as real';
    default:
      return assertNever(finding.certainty);
  }
}

/** `−7.5`, `+2`, `±0`; at most one decimal, at least `digits`. */
export function signed(value: number, digits = 0): string {
  const size = Math.round(Math.abs(value) * 10) / 10;
  const text = size !== 0 && Number.isInteger(size) ? size.toFixed(digits) : size.toString();
  if (size === 0) return '±0';
  return value > 0 ? `+${text}` : `−${text}`;
}
