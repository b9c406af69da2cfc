/**
 * Which mesh workloads clients are told to reach with something else than mutual TLS: one namespace's most specific DestinationRule for
 * the host, its port entry before its top level (M33 to M45).
 */
import { compareBy } from '#lib/order.ts';
import type { ClientTls, DestinationRuleSpec } from '#manifests/destination-rule.ts';
import type { Resource } from '#manifests/resource.ts';
import type { Workload } from '#mesh/model.ts';
import { workloadsWith } from '#mesh/workload-index.ts';
import type { FieldPath } from '#source/origin.ts';
import { grouped, inMesh, type SideFacts } from './facts.ts';
import { fullHost, hostMatches, hostOf, servicesNamed } from './hosts.ts';

type DestinationRule = Resource<'DestinationRule'>;
type Service = Resource<'Service'>;

export interface PlaintextClient {
  readonly rule: DestinationRule;
  readonly path: FieldPath;
  readonly service: Service;
  readonly workloads: readonly Workload[];
  /** `plaintext`; `own-tls`: TLS without a mesh certificate. */
  readonly sends: 'plaintext' | 'own-tls';
  /** Why, in words. */
  readonly because: string;
  /** Container ports that the entry is about. */
  readonly ports: readonly number[];
}

export function plaintextClients(side: SideFacts): readonly PlaintextClient[] {
  const rules = side.of('DestinationRule');
  if (rules.length === 0) return [];
  const services = grouped(side.of('Service'), (service) => service.namespace ?? '');
  return rules.flatMap((rule) => {
    const found = weakBlocks(rule.spec);
    if (found.length === 0) return [];
    return servicesNamed(services, rule.spec.host, rule.namespace ?? '').flatMap((service) => {
      if (isHidden(rule, service, rules)) return [];
      const workloads = service.spec.selector === undefined ? [] : workloadsWith(side.mesh, service.namespace ?? '', service.spec.selector).filter((workload) => workload.resource !== undefined && inMesh(workload));
      if (workloads.length === 0) return [];
      return found.flatMap((block): PlaintextClient[] => {
        const ports = service.spec.ports.filter((port) => (block.port === undefined ? !block.except.includes(port.port) : port.port === block.port));
        if (ports.length === 0) return [];
        const numbers = ports.flatMap((port) => (typeof port.targetPort === 'number' ? [port.targetPort] : workloads.flatMap((workload) => namedPort(workload, String(port.targetPort)))));
        return [{ rule, path: block.path, service, workloads, sends: block.sends, because: block.because, ports: [...new Set(numbers)].sort((left, right) => left - right) }];
      });
    });
  });
}

/** Workload ids. */
export function plaintextDestinations(side: SideFacts): ReadonlySet<string> {
  return new Set(plaintextClients(side).flatMap((client) => client.workloads.map((workload) => workload.id)));
}

function namedPort(workload: Workload, name: string): readonly number[] {
  const { resource } = workload;
  return resource !== undefined && 'containers' in resource.spec ? resource.spec.containers.flatMap((container) => container.ports.filter((port) => port.name === name).map((port) => port.port)) : [];
}

/** A more specific host in the same namespace hides the rule wholly (M35); of equal hosts the first that has a policy counts (M38). */
function isHidden(rule: DestinationRule, service: Service, rules: readonly DestinationRule[]): boolean {
  const host = hostOf(service);
  const rivals = rules
    .filter((other) => other.namespace === rule.namespace && (other.spec.workloadSelector === undefined) === (rule.spec.workloadSelector === undefined) && hostMatches(fullHost(other.spec.host, other.namespace ?? ''), host))
    .sort(compareBy((other) => -specificity(other), (other) => (other.spec.trafficPolicy === undefined ? 1 : 0), (other) => other.creationTimestamp ?? '', (other) => other.name));
  const [first] = rivals;
  return first !== undefined && first !== rule && (specificity(first) > specificity(rule) || rule.spec.subsets.every((subset) => subset.trafficPolicy?.tls === undefined));
}

function specificity(rule: DestinationRule): number {
  const host = fullHost(rule.spec.host, rule.namespace ?? '');
  return host.startsWith('*') ? host.length : 1000 + host.length;
}

interface Block {
  readonly path: FieldPath;
  readonly sends: 'plaintext' | 'own-tls';
  readonly because: string;
  /** Service port; `undefined`: all but `except`. */
  readonly port: number | undefined;
  readonly except: readonly number[];
}

function weakBlocks(spec: DestinationRuleSpec): readonly Block[] {
  const policies: { readonly policy: NonNullable<DestinationRuleSpec['trafficPolicy']>; readonly path: FieldPath }[] = [];
  if (spec.trafficPolicy !== undefined) policies.push({ policy: spec.trafficPolicy, path: ['spec', 'trafficPolicy'] });
  for (const [index, subset] of spec.subsets.entries()) if (subset.trafficPolicy !== undefined) policies.push({ policy: subset.trafficPolicy, path: ['spec', 'subsets', index, 'trafficPolicy'] });
  return policies.flatMap(({ policy, path }) => {
    const top = weakness(policy.tls, spec);
    const blocks: Block[] = [];
    if (top !== undefined) blocks.push({ path: [...path, 'tls'], ...top, port: undefined, except: policy.portLevelSettings.map((entry) => entry.port) });
    for (const [index, entry] of policy.portLevelSettings.entries()) {
      // An entry without `tls` under a top level that is not mutual TLS sends plaintext: neither TLS nor automatic mutual TLS (M40, M42).
      const own = entry.tls === undefined ? (top === undefined ? undefined : { sends: 'plaintext' as const, because: 'the entry for the port replaces the `tls` block above it and has none' }) : weakness(entry.tls, spec);
      if (own !== undefined) blocks.push({ path: [...path, 'portLevelSettings', index], ...own, port: entry.port, except: [] });
    }
    return blocks;
  });
}

function weakness(tls: ClientTls | undefined, spec: DestinationRuleSpec): Pick<Block, 'sends' | 'because'> | undefined {
  if (tls === undefined || tls.mode === 'ISTIO_MUTUAL') return undefined;
  if (tls.mode === 'DISABLE') return { sends: 'plaintext', because: '`tls.mode` is DISABLE, which is also what a `tls` block without `mode` means' };
  if (tls.credentialName !== '' && !tls.credentialName.startsWith('configmap://') && spec.workloadSelector === undefined) return { sends: 'plaintext', because: `\`credentialName\` without \`workloadSelector\` leaves sidecars without any TLS, whatever \`${tls.mode}\` says` };
  return { sends: 'own-tls', because: `\`tls.mode\` is ${tls.mode}, so no mesh certificate is shown` };
}
