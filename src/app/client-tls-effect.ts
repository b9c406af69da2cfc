/**
 * Whether a changed DestinationRule moves what clients send. Pools, outlier detection and balancing do not: only the TLS that a client
 * starts for a port of a service decides what a workload's proxy sees (M33 to M53).
 */
import { canonical } from '#lib/canonical.ts';
import { distinct } from '#lib/order.ts';
import type { DestinationRuleSpec, TrafficPolicy } from '#manifests/destination-rule.ts';
import type { Resource } from '#manifests/resource.ts';
import { ofKind, policiesFor } from '#mesh/attachment.ts';
import { fullHost, hostMatches, hostOf } from '#mesh/hosts.ts';
import { isAmbient } from '#mesh/enrolment.ts';
import type { Mesh, Workload } from '#mesh/model.ts';
import { podSpecOf, targetPortOf } from '#mesh/ports.ts';
import { workloadsWith } from '#mesh/workload-index.ts';
import { clientTlsFor, sidecarClients } from '#semantics/client-tls.ts';
import { destinationOf, ruleFor, type CallingPod } from '#semantics/outbound/destination-rules.ts';
import { effectiveMtls, modeAt } from '#semantics/peer-authentication.ts';
import type { ComparedCalls } from '#impact/calls.ts';
import type { ChangedResource } from './load/changed-resources.ts';

type DestinationRule = Resource<'DestinationRule'>;
type Service = Resource<'Service'>;

export interface SidesOfEnvironment {
  readonly id: string;
  readonly base: Mesh;
  readonly head: Mesh;
  /** How sidecars call; absent: not compared. */
  readonly calls?: EnvironmentCalls | undefined;
}

export interface EnvironmentCalls extends ComparedCalls {
  /** Objects that some change about calls names as its cause. */
  readonly told: ReadonlySet<string>;
}

export function movesClientTls(changed: ChangedResource, environments: readonly SidesOfEnvironment[]): boolean {
  const rules = [changed.base, changed.head].flatMap((resource) => (resource?.kind === 'DestinationRule' ? [resource] : []));
  return environments.filter((environment) => changed.environments.includes(environment.id)).some((environment) => movesIn(environment, rules));
}

function movesIn({ base, head }: SidesOfEnvironment, rules: readonly DestinationRule[]): boolean {
  const clients = sidecarClients([...base.workloads.values(), ...head.workloads.values()], [...ofKind(base, 'DestinationRule'), ...ofKind(head, 'DestinationRule')]);
  // M53: where everybody is in ambient, nobody reads the rule.
  if (clients.length === 0) return false;
  const before = namedBy(base, rules);
  const after = new Map(namedBy(head, rules).map((service) => [hostOf(service), service]));
  if (before.length === 0 && after.size === 0) return !rules.every((rule) => namesNobody([base, head], rule)) && movesText(rules);
  const subsets = [undefined, ...distinct(rules.flatMap((rule) => rule.spec.subsets.map((subset) => subset.name)))];
  return before.some((service) => {
    const other = after.get(hostOf(service));
    if (other === undefined) return false;
    return service.spec.ports.some((port) => other.spec.ports.some((entry) => entry.port === port.port) && clients.some((client) => subsets.some((subset) => sentText(base, client, service, port.port, subset) !== sentText(head, client, other, port.port, subset))));
  });
}

function namedBy(mesh: Mesh, rules: readonly DestinationRule[]): readonly Service[] {
  return ofKind(mesh, 'Service').filter((service) => rules.some((rule) => hostMatches(fullHost(rule.spec.host, rule.namespace ?? ''), hostOf(service))));
}

/** The host would be a Service of a namespace whose Services are declared here, and is none. */
function namesNobody(meshes: readonly Mesh[], rule: DestinationRule): boolean {
  const host = fullHost(rule.spec.host, rule.namespace ?? '');
  const owner = /^[^*]*\.([^.*]+)\.svc\.cluster\.local$/.exec(host)?.[1];
  return owner !== undefined && meshes.every((mesh) => ofKind(mesh, 'Service').some((service) => service.namespace === owner) || [...mesh.workloads.values()].some((workload) => workload.namespace === owner));
}

function policiesIn(spec: DestinationRuleSpec): readonly TrafficPolicy[] {
  return [spec.trafficPolicy, ...spec.subsets.map((subset) => subset.trafficPolicy)].filter((policy) => policy !== undefined);
}

/** No Service of the repository: nothing tells what the host's pods are, so the text of every TLS block counts. */
function movesText([first, second]: readonly DestinationRule[]): boolean {
  const text = (rule: DestinationRule): string => canonical([fullHost(rule.spec.host, rule.namespace ?? ''), [...rule.spec.exportTo].sort(), rule.spec.workloadSelector ?? null, policiesIn(rule.spec).map((policy) => [policy.tls, policy.tunnel ?? null, isPassthrough(policy), policy.portLevelSettings.map((entry) => [entry.port, entry.tls ?? null])])]);
  if (first !== undefined && second !== undefined) return text(first) !== text(second);
  return first !== undefined && policiesIn(first.spec).some((policy) => policy.tls !== undefined || policy.tunnel !== undefined || policy.portLevelSettings.some((entry) => entry.tls !== undefined));
}

/** PASSTHROUGH sends to the address that the client chose (M49). */
function isPassthrough(policy: TrafficPolicy | undefined): boolean {
  return policy?.loadBalancer === 'PASSTHROUGH';
}

/** Equal texts, equal effect on what arrives. */
function sentText(mesh: Mesh, client: CallingPod, service: Service, port: number, subset: string | undefined): string {
  const destination = destinationOf(service);
  const applied = ruleFor(mesh, client, destination);
  const subsets = applied?.subsets.map(({ rule, index }) => rule.spec.subsets[index]);
  const policy = subsets?.find((candidate) => candidate?.name === subset)?.trafficPolicy ?? applied?.policy.spec.trafficPolicy;
  const choice = clientTlsFor(mesh, client, destination, port, subset);
  const pods = workloadsOf(mesh, service);
  const way = [policy?.tunnel ?? null, isPassthrough(policy)];
  if (choice.sends === 'own-tls') return canonical(['own', choice.tls, ...way]);
  // M51: a tunnel of the mesh, whatever the rule says.
  if (pods.length > 0 && pods.every(isAmbient)) return canonical(['tunnel', ...way]);
  if (choice.sends === 'plaintext') return canonical(['plaintext', ...way]);
  const plain = choice.sends === 'auto' || (choice.tls?.subjectAltNames.length === 0 && choice.tls.sni === '');
  // Automatic and written mutual TLS are one where every pod behind the port takes it.
  if (plain && mesh.config.enableAutoMtls && takesMutualTls(mesh, service, port, pods)) return canonical(['mutual', ...way]);
  return canonical([choice.sends, choice.sends === 'auto' ? null : choice.tls, ...way]);
}

function workloadsOf(mesh: Mesh, service: Service): readonly Workload[] {
  const { selector } = service.spec;
  return selector === undefined || Object.keys(selector).length === 0 ? [] : workloadsWith(mesh, service.namespace ?? '', selector);
}

function takesMutualTls(mesh: Mesh, service: Service, port: number, pods: readonly Workload[]): boolean {
  const entry = service.spec.ports.find((candidate) => candidate.port === port);
  return pods.length > 0 && pods.every((workload) => {
    if (workload.enrolment.mode === 'none' || entry === undefined) return false;
    const target = targetPortOf(podSpecOf(workload), entry);
    return target === undefined || modeAt(effectiveMtls(mesh, policiesFor(mesh, workload)), target).mode !== 'DISABLE';
  });
}
