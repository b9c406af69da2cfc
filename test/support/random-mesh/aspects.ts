/** What a change is about, finer than by dimension: the shares that `npm run prove` prints. */
import type { RawChange } from '#impact/raw-change.ts';
import type { Mesh } from '#mesh/model.ts';
import type { Matcher, TextMatcher } from '#sets/matcher.ts';
import type { Predicate } from '#sets/cube.ts';
import { fieldsAt, listAt } from './fields.ts';
import type { Document } from './manifests.ts';

/** Each takes part in one change of a hundred at least. */
export const wantedAspects = [
  'peer: known', 'peer: open world', 'peer: plaintext', 'peer: trust domain', 'source.ip', 'remote.ip', 'address block: v4', 'address block: v6',
  'port', 'port: declared HTTP', 'port: declared TCP', 'port: undeclared', 'protocol', 'host', 'method', 'path', 'path: normalized otherwise', 'path: template', 'path.query',
  'header', 'header: present or absent', 'header: exact', 'header: prefix', 'header: suffix', 'sni', 'token', 'token: issuer', 'token: subject', 'token: several places', 'claim', 'claim: audience', 'claim: presenter', 'claim: nested',
  'destination.ip', 'external authorization', 'network: ingress', 'network: egress', 'pod-label', 'transport', 'ambient: ztunnel', 'ambient: waypoint', 'ambient: into a sidecar', 'opaque', 'gateway',
] as const;

function patternOf(matcher: Matcher): TextMatcher | undefined {
  return matcher.type === 'exact' || matcher.type === 'prefix' || matcher.type === 'suffix' || matcher.type === 'present' || matcher.type === 'non-empty' ? matcher : undefined;
}

function ofMatcher(predicate: Predicate, matcher: Matcher): string[] {
  const { dimension } = predicate;
  const found: string[] = [];
  if (dimension === 'peer' && matcher.type === 'trust-domain') found.push('peer: trust domain');
  if (dimension === 'peer' && (matcher.type === 'absent' || matcher.type === 'identified')) found.push('peer: plaintext');
  if (matcher.type === 'cidr') found.push(`address block: v${String(matcher.family)}`);
  if (matcher.type === 'path') found.push(...(matcher.pattern.type === 'template' ? ['path: template'] : []), ...(matcher.normalization === 'BASE' ? [] : ['path: normalized otherwise']));
  if (dimension.startsWith('header:')) {
    const type = patternOf(matcher)?.type ?? 'absent';
    found.push(`header: ${type === 'present' || type === 'non-empty' || type === 'absent' ? 'present or absent' : type}`);
  }
  if (matcher.type === 'token') found.push(...(matcher.issuer === undefined ? [] : ['token: issuer']), ...(matcher.subject === undefined ? [] : ['token: subject']), ...((matcher.locations ?? []).length > 1 ? ['token: several places'] : []));
  return found;
}

function ofPredicate(predicate: Predicate): string[] {
  const { dimension } = predicate;
  const kind = dimension.includes(':') ? (dimension.split(':')[0] ?? '') : dimension;
  const claim = dimension === 'claim:aud' ? ['claim: audience'] : dimension === 'claim:azp' ? ['claim: presenter'] : dimension.startsWith('claim:') && dimension.includes('/') ? ['claim: nested'] : [];
  const named = predicate.dimension === 'address' && predicate.any.some((matcher) => matcher.type === 'one-of') ? ['ambient: waypoint'] : predicate.dimension === 'address' && predicate.any.length > 0 ? ['ambient: into a sidecar'] : [];
  return [kind, ...claim, ...named, ...[...predicate.any, ...predicate.none].flatMap((matcher) => ofMatcher(predicate, matcher))];
}

/** Identities of the workloads that either side declares. */
export function declaredIdentities(...meshes: readonly Mesh[]): ReadonlySet<string> {
  return new Set(meshes.flatMap((mesh) => [...mesh.workloads.values()].map((workload) => `${mesh.config.trustDomain}/ns/${workload.namespace}/sa/${workload.serviceAccount}`)));
}

export interface Scene {
  readonly identities: ReadonlySet<string>;
  readonly base: Mesh;
  readonly head: Mesh;
  readonly documents: readonly Document[];
}

function directionsOf({ documents }: Scene, policy: string): string[] {
  const [kind, namespace, name] = policy.split('/');
  if (kind === 'ClusterNetworkPolicy') return ['network: ingress'];
  if (kind !== 'NetworkPolicy') return [];
  const found = documents.filter((document) => document.kind === 'NetworkPolicy' && fieldsAt(document, 'metadata')['name'] === name && fieldsAt(document, 'metadata')['namespace'] === namespace);
  return found.flatMap((document) => listAt(document, 'spec', 'policyTypes').map((type) => `network: ${String(type).toLowerCase()}`));
}

export function aspectsOf(change: RawChange, scene: Scene): ReadonlySet<string> {
  const found = new Set(change.cubes.flatMap((cube) => cube.predicates.flatMap(ofPredicate)));
  for (const origin of change.seedOrigins) for (const direction of directionsOf(scene, origin.policy)) found.add(direction);
  if (change.enforcedAt.includes('ztunnel')) found.add('ambient: ztunnel');
  if (change.facet === 'external-authorization') found.add('external authorization');
  if (change.seed.startsWith('opaque ')) found.add('opaque');
  const query = change.witness?.query;
  if (query === undefined) return found;
  const { principal } = query.from;
  if (typeof principal === 'string') found.add(scene.identities.has(principal) ? 'peer: known' : 'peer: open world');
  if (principal === null) found.add('peer: plaintext');
  const port = [scene.base, scene.head].map((mesh) => mesh.workloads.get(change.destination.id)?.ports.find((candidate) => candidate.port === query.to.port)?.protocol);
  if (change.gateway !== undefined) found.add('gateway');
  else if (change.destination.known) found.add(port.includes('http') ? 'port: declared HTTP' : port.includes('tcp') ? 'port: declared TCP' : 'port: undeclared');
  return found;
}
