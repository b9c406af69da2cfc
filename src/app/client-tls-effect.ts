/**
 * Whether a changed DestinationRule moves what clients send. Pools, outlier detection and balancing do not: only the TLS that a client
 * starts for a port of a service, and to whom the rule applies, decides what a workload's proxy sees (M33 to M46).
 */
import { canonical } from '#lib/canonical.ts';
import type { ClientTls, DestinationRuleSpec, TrafficPolicy } from '#manifests/destination-rule.ts';
import type { Resource } from '#manifests/resource.ts';
import { ofKind, policiesFor } from '#mesh/attachment.ts';
import type { Mesh, Workload } from '#mesh/model.ts';
import { workloadsWith } from '#mesh/workload-index.ts';
import { effectiveMtls, modeAt } from '#semantics/peer-authentication.ts';
import { fullHost, hostMatches, servicesNamed } from '#findings/hosts.ts';
import { groupBy } from '#lib/group.ts';
import type { ChangedResource } from './load/changed-resources.ts';

type DestinationRule = Resource<'DestinationRule'>;
type Service = Resource<'Service'>;

export interface SidesOfEnvironment {
  readonly id: string;
  readonly base: Mesh;
  readonly head: Mesh;
}

export function movesClientTls(changed: ChangedResource, environments: readonly SidesOfEnvironment[]): boolean {
  const base = ruleOf(changed.base);
  const head = ruleOf(changed.head);
  return environments
    .filter((environment) => changed.environments.includes(environment.id))
    .some((environment) => {
      if (base !== undefined && head !== undefined) return sentText(environment.base, base) !== sentText(environment.head, head);
      const [rule, mesh] = head === undefined ? ([base, environment.base] as const) : ([head, environment.head] as const);
      return rule !== undefined && (saysTls(rule.spec) || hasRival(mesh, rule));
    });
}

function ruleOf(resource: ChangedResource['base']): DestinationRule | undefined {
  return resource?.kind === 'DestinationRule' ? resource : undefined;
}

/** A rule that says nothing of TLS still hides a broader one of the same host (M35, M38). */
function hasRival(mesh: Mesh, rule: DestinationRule): boolean {
  const host = fullHost(rule.spec.host, rule.namespace ?? '');
  return ofKind(mesh, 'DestinationRule').some((other) => {
    if (other.name === rule.name && other.namespace === rule.namespace) return false;
    const theirs = fullHost(other.spec.host, other.namespace ?? '');
    return hostMatches(theirs, host) || hostMatches(host, theirs);
  });
}

function policiesIn(spec: DestinationRuleSpec): readonly TrafficPolicy[] {
  return [spec.trafficPolicy, ...spec.subsets.map((subset) => subset.trafficPolicy)].filter((policy) => policy !== undefined);
}

function saysTls(spec: DestinationRuleSpec): boolean {
  return policiesIn(spec).some((policy) => policy.tls !== undefined || policy.tunnel !== undefined || policy.portLevelSettings.some((entry) => entry.tls !== undefined));
}

/** Equal texts, equal effect: to whom the rule applies, and what is sent to each port of each service and subset. */
function sentText(mesh: Mesh, rule: DestinationRule): string {
  const { spec } = rule;
  const services = servicesNamed(groupBy(ofKind(mesh, 'Service'), (service) => service.namespace ?? ''), spec.host, rule.namespace ?? '');
  const scope = [fullHost(spec.host, rule.namespace ?? ''), [...spec.exportTo].sort(), spec.workloadSelector ?? null, policiesIn(spec).map((policy) => policy.tunnel ?? null), rule.creationTimestamp ?? ''];
  const subsets = spec.subsets.map((subset) => [subset.name, subset.labels, passthrough(subset.trafficPolicy)]);
  // No Service of the repository: nothing tells what the host's pods are, so the text of every TLS block counts.
  if (services.length === 0) return canonical([scope, subsets, policiesIn(spec).map((policy) => [policy.tls, policy.portLevelSettings.map((entry) => [entry.port, entry.tls ?? null])])]);
  return canonical([scope, subsets, passthrough(spec.trafficPolicy), services.map((service) => service.spec.ports.map((port) => sentToPort(mesh, spec, service, port.port)))]);
}

/** PASSTHROUGH sends to the address that the client chose (M49). */
function passthrough(policy: TrafficPolicy | undefined): boolean {
  return policy?.loadBalancer === 'PASSTHROUGH';
}

function sentToPort(mesh: Mesh, spec: DestinationRuleSpec, service: Service, port: number): unknown {
  const plain = atPort(spec.trafficPolicy, port);
  return [undefined, ...spec.subsets].map((subset) => {
    const own = subset?.trafficPolicy;
    const entry = own?.portLevelSettings.find((setting) => setting.port === port);
    // A subset's port entry replaces the TLS even where it has none; else the subset's own block wins over the rule's (M41).
    const tls = own === undefined ? plain : entry === undefined ? (own.tls ?? plain) : (entry.tls ?? (weak(own.tls) ? 'plaintext' : 'auto'));
    return sent(mesh, service, port, tls);
  });
}

type Tls = ClientTls | 'plaintext' | 'auto';

/** An entry for the port replaces the whole policy; without `tls` under a block that is not mutual TLS it sends plaintext (M40, M42). */
function atPort(policy: TrafficPolicy | undefined, port: number): Tls {
  const entry = policy?.portLevelSettings.find((setting) => setting.port === port);
  if (entry === undefined) return policy?.tls ?? 'auto';
  return entry.tls ?? (weak(policy?.tls) ? 'plaintext' : 'auto');
}

function weak(tls: ClientTls | undefined): boolean {
  return tls !== undefined && tls.mode !== 'ISTIO_MUTUAL';
}

/** Automatic and written mutual TLS are one where every pod behind the port takes it. */
function sent(mesh: Mesh, service: Service, port: number, tls: Tls): unknown {
  if (tls === 'plaintext' || (typeof tls === 'object' && tls.mode === 'DISABLE')) return 'plaintext';
  const mutual = tls === 'auto' || (tls.mode === 'ISTIO_MUTUAL' && tls.subjectAltNames.length === 0 && tls.sni === '');
  if (mutual && mesh.config.enableAutoMtls && takesMutualTls(mesh, service, port)) return 'mutual';
  return tls;
}

function takesMutualTls(mesh: Mesh, service: Service, port: number): boolean {
  const { selector } = service.spec;
  if (selector === undefined || Object.keys(selector).length === 0) return false;
  const workloads = workloadsWith(mesh, service.namespace ?? '', selector);
  return workloads.length > 0 && workloads.every((workload) => workload.enrolment.mode !== 'none' && portsBehind(service, port, workload).every((target) => modeAt(effectiveMtls(mesh, policiesFor(mesh, workload)), target).mode !== 'DISABLE'));
}

function portsBehind(service: Service, port: number, workload: Workload): readonly number[] {
  const target = service.spec.ports.find((entry) => entry.port === port)?.targetPort;
  if (typeof target === 'number') return [target];
  const { resource } = workload;
  return resource !== undefined && 'containers' in resource.spec ? resource.spec.containers.flatMap((container) => container.ports.filter((entry) => entry.name === target).map((entry) => entry.port)) : [];
}
