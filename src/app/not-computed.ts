/**
 * Objects whose effect on requests this version does not compute, whole kinds and single parts. A changed one is named as not understood and gates the pull request
 * that changes it: it may open or close something, and nobody here has looked.
 */
import { canonical, shortHash } from '#lib/canonical.ts';
import { otherNetworkKinds } from '#manifests/other-networks.ts';
import { isKind, type AnyResource } from '#manifests/resource.ts';
import type { FieldPath } from '#source/origin.ts';
import { isWaypoint } from '#mesh/waypoints.ts';
import type { IncompleteReason } from '#report/report.ts';
import { movesClientTls, type SidesOfEnvironment } from './client-tls-effect.ts';
import { isComparedAsCalls } from './call-effect.ts';
import { configNotComputed, type NotComputed } from './config-effect.ts';
import { isComparedAtGateways } from './gateway-effect.ts';
import { variablesNotComputed } from './istiod-effect.ts';
import type { ChangedResource } from './load/changed-resources.ts';
import { leadsElsewhere } from './service-effect.ts';

/** Packets that they refuse are told apart by nothing here. */
const otherNetworks: readonly string[] = Object.keys(otherNetworkKinds);

const kinds: ReadonlySet<string> = new Set([
  'BackendTLSPolicy',
  ...otherNetworks,
  'DestinationRule',
  'GRPCRoute',
  'Gateway',
  'GatewayClass',
  'HTTPRoute',
  'Ingress',
  'IngressClass',
  'KubernetesGateway',
  'ListenerSet',
  'XListenerSet',
  'ProxyConfig',
  'ReferenceGrant',
  'ServiceEntry',
  'Sidecar',
  'TCPRoute',
  'TLSRoute',
  'VirtualService',
  'WorkloadEntry',
  'WorkloadGroup',
]);

/** Kinds that only the istiod of the revision named by `istio.io/rev` reads, and whose label changes are not part of their content. */
const policies: ReadonlySet<string> = new Set(['AuthorizationPolicy', 'PeerAuthentication', 'RequestAuthentication', 'EnvoyFilter', 'WasmPlugin', 'Telemetry', 'DestinationRule', 'VirtualService', 'Sidecar', 'ServiceEntry', 'Gateway']);

/** What about the changed object may move requests in ways that the comparison does not know; none where its whole effect is known. */
export function notComputed(changed: ChangedResource, environments: readonly SidesOfEnvironment[]): readonly NotComputed[] {
  return [...ofItsKind(changed, environments), ...configNotComputed(changed, environments), ...variablesNotComputed(changed), ...ofItsRevision(changed, environments), ...ofExternalNames(changed), ...leadsElsewhere(changed, environments)];
}

/** A change of labels alone that nobody selects by is none. */
function ofItsKind(changed: ChangedResource, environments: readonly SidesOfEnvironment[]): readonly NotComputed[] {
  const resource = changed.head ?? changed.base;
  if (resource === undefined || !kinds.has(resource.kind) || isComputedGateway(changed, environments) || isComparedAtGateways(changed, environments) || isComparedAsCalls(changed, environments)) return [];
  if (resource.kind === 'ProxyConfig' && !setsVariables(changed, environments)) return [];
  if (otherNetworks.includes(resource.kind) && (canonical(changed.base?.spec) === canonical(changed.head?.spec) || isNewcomer(changed, environments))) return [];
  const moves = resource.kind === 'DestinationRule' ? movesClientTls(changed, environments) : hasOtherContent(changed);
  return moves ? [{ about: 'kind', because: 'what this kind does to requests is not computed by this version', path: [] }] : [];
}

/** M96: of what it can say, only variables of the proxy reach requests; and one that says none may hide another, older or younger, that does. */
function setsVariables({ environments: where }: ChangedResource, environments: readonly SidesOfEnvironment[]): boolean {
  return environments
    .filter(({ id }) => where.includes(id))
    .flatMap((sides) => [sides.base, sides.head])
    .some((mesh) => mesh.resources.get('ProxyConfig')?.some((each) => isKind('ProxyConfig')(each) && Object.keys(each.spec.environmentVariables).length > 0) ?? false);
}

/** Waypoints are enforcement points of the model; what their listeners hold beside that moves nothing. */
function isComputedGateway({ base, head, environments: where }: ChangedResource, environments: readonly SidesOfEnvironment[]): boolean {
  return environments.filter(({ id }) => where.includes(id)).every((sides) => [[sides.base, base] as const, [sides.head, head] as const].every(([mesh, resource]) => resource === undefined || (resource.kind === 'KubernetesGateway' && isWaypoint(mesh, resource))));
}

/** The other side has nothing at all in its namespace: whom it selects came, or goes, with it (R28). */
function isNewcomer({ base, head, environments: where }: ChangedResource, environments: readonly SidesOfEnvironment[]): boolean {
  const namespace = (head ?? base)?.namespace;
  if (namespace === undefined || (base !== undefined && head !== undefined)) return false;
  const others = environments.filter(({ id }) => where.includes(id)).map((sides) => (base === undefined ? sides.base : sides.head));
  return others.every((mesh) => mesh.namespaces.get(namespace)?.resource === undefined && [...mesh.resources.values()].every((resources) => resources.every((resource) => resource.namespace !== namespace)));
}

function hasOtherContent({ base, head }: ChangedResource): boolean {
  return base === undefined || head === undefined || canonical(base.spec) !== canonical(head.spec) || canonical(base.annotations) !== canonical(head.annotations);
}

/** M5, A2.23: whether anybody still reads the policy, or reads it only now, depends on an istiod that is not in sight. */
function ofItsRevision({ base, head, environments: where }: ChangedResource, environments: readonly SidesOfEnvironment[]): readonly NotComputed[] {
  if (base === undefined || head === undefined || !policies.has(head.kind)) return [];
  const labels = [base, head].map((resource) => resource.labels['istio.io/rev']);
  if (labels[0] === labels[1]) return [];
  const named = labels.filter((label) => label !== undefined);
  const hidden = named.filter((label) => environments.filter(({ id }) => where.includes(id)).some(({ base: before, head: after }) => !inSight(before, label) || !inSight(after, label)));
  return hidden.length === 0 ? [] : [{ about: 'revision', because: `only the revision ${hidden.map((label) => `\`${label}\``).join(' or ')} of Istio reads it on one side, and no manifest shows such an installation`, path: ['metadata', 'labels'] }];
}

/** An installation of that revision is declared, or only one without a revision, which reads everything. */
function inSight({ enrolmentWorld: { installations } }: SidesOfEnvironment['base'], revision: string): boolean {
  return installations !== undefined && (installations.some((installation) => installation.revision === revision) || installations.every((installation) => installation.revision === ''));
}

/** The name leads somewhere else than to the pods behind it. */
function ofExternalNames({ base, head }: ChangedResource): readonly NotComputed[] {
  if (base?.kind !== 'Service' || head?.kind !== 'Service') return [];
  const outside = (service: typeof base): string | undefined => (service.spec.type === 'ExternalName' ? (service.spec.externalName ?? '') : undefined);
  if (outside(base) === outside(head)) return [];
  return [{ about: 'external name', because: 'where requests to this name go changes between its pods and a host outside, which is not computed by this version', path: ['spec', outside(head) === undefined ? 'type' : 'externalName'] }];
}

type Locate = (resource: AnyResource, path: FieldPath, side: 'base' | 'head') => { readonly file: string; readonly line: number } | undefined;

/** One reason per object and thing not known, `new`: only this pull request made it unknown. */
export function notComputedReasons(changed: readonly ChangedResource[], environments: readonly SidesOfEnvironment[], lineOf: Locate): IncompleteReason[] {
  return changed.flatMap((entry) => {
    const resource = entry.head ?? entry.base;
    if (resource === undefined) return [];
    return notComputed(entry, environments).map((open): IncompleteReason => ({
      id: open.about === 'kind' ? shortHash('not-computed', entry.resource) : shortHash('not-computed', entry.resource, open.about),
      kind: 'limit',
      status: 'new',
      unit: resource.unit,
      ...lineOf(resource, open.path, entry.head === undefined ? 'base' : 'head'),
      reason: `\`${entry.resource}\` is ${entry.change} here, and ${open.because}`,
      remedy: 'review its effect by hand; `gates.incomplete: off` lets such changes pass with this notice',
    }));
  });
}
