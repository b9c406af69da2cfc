/** Which mesh workloads clients are told to reach with something else than mutual TLS (M33 to M48), by the block that says so. */
import { resourceId, type Resource } from '#manifests/resource.ts';
import { hostMatches, hostOf, fullHost } from '#mesh/hosts.ts';
import type { Workload } from '#mesh/model.ts';
import { autoMutualTls } from '#posture/client-tls.ts';
import { podSpecOf, targetPortOf } from '#mesh/ports.ts';
import { workloadsWith } from '#mesh/workload-index.ts';
import { clientTlsFor, sidecarClients, type ClientTlsChoice } from '#semantics/client-tls.ts';
import { destinationOf, type CallingPod } from '#semantics/outbound/destination-rules.ts';
import type { FieldPath } from '#source/origin.ts';
import type { Place } from './detector.ts';
import { inMesh, isAmbient, type SideFacts } from './facts.ts';

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
  /** Container ports that the block is about. */
  readonly ports: readonly number[];
}

export function plaintextClients(side: SideFacts): readonly PlaintextClient[] {
  const rules = side.of('DestinationRule');
  if (rules.length === 0) return [];
  const clients = callingPods(side, rules);
  if (clients.length === 0) return [];
  return side.of('Service').flatMap((service) => {
    const host = hostOf(service);
    const about = rules.filter((rule) => hostMatches(fullHost(rule.spec.host, rule.namespace ?? ''), host));
    // Connections between sidecars and ambient pods go in tunnels of the mesh, whatever a rule says (M51, M53).
    const workloads = about.length === 0 || service.spec.selector === undefined ? [] : workloadsWith(side.mesh, service.namespace ?? '', service.spec.selector).filter((workload) => workload.resource !== undefined && inMesh(workload) && !isAmbient(workload));
    return workloads.length === 0 ? [] : blocksFor(side, clients, service, about, workloads);
  });
}

function blocksFor(side: SideFacts, clients: readonly CallingPod[], service: Service, about: readonly DestinationRule[], workloads: readonly Workload[]): readonly PlaintextClient[] {
  const subsets = [undefined, ...new Set(about.flatMap((rule) => rule.spec.subsets.map((subset) => subset.name)))];
  const found = new Map<string, { readonly choice: Extract<ClientTlsChoice, { path: unknown }>; readonly ports: Set<number> }>();
  for (const port of service.spec.ports) {
    for (const client of clients) {
      for (const subset of subsets) {
        const choice = clientTlsFor(side.mesh, client, destinationOf(service), port.port, subset);
        if (choice.sends === 'auto' || choice.sends === 'mutual') continue;
        const key = `${choice.rule.namespace ?? ''}/${choice.rule.name} ${choice.path.join('.')} ${choice.sends}`;
        const known = found.get(key) ?? { choice, ports: new Set<number>() };
        for (const workload of workloads) {
          const target = targetPortOf(podSpecOf(workload), port);
          if (target !== undefined) known.ports.add(target);
        }
        found.set(key, known);
      }
    }
  }
  return [...found.values()].map(({ choice, ports }) => ({
    rule: choice.rule,
    path: ['spec', ...choice.path],
    service,
    workloads,
    sends: choice.sends === 'own-tls' ? 'own-tls' : 'plaintext',
    because: choice.because,
    ports: [...ports].sort((left, right) => left - right),
  }));
}

/** Pods whose sidecars may call; none where all that is declared is in ambient. */
function callingPods(side: SideFacts, rules: readonly DestinationRule[]): readonly CallingPod[] {
  return sidecarClients(side.workloads, rules);
}

export interface AutomaticPlaintext {
  readonly workload: Workload;
  /** Container ports of Services. */
  readonly ports: readonly number[];
  /** Who turns automatic mutual TLS off: the mesh, the pod's own label (M48), or the policy of its namespace (M47). */
  readonly by: 'mesh' | 'label' | 'namespace';
}

/** Workloads of the mesh that clients reach in plaintext though no DestinationRule says so (M46 to M48). */
export function automaticPlaintext(side: SideFacts): readonly AutomaticPlaintext[] {
  const { mesh } = side;
  return side.workloads.flatMap((workload): AutomaticPlaintext[] => {
    if (!inMesh(workload) || isAmbient(workload) || workload.enrolment.mode === 'gateway') return [];
    const stranger: CallingPod = { namespace: '', labels: {} };
    const ports = side.servicesOf(workload).flatMap((service) =>
      service.spec.ports.filter((port) => clientTlsFor(mesh, stranger, destinationOf(service), port.port).sends === 'auto').flatMap((port) => targetPortOf(podSpecOf(workload), port) ?? []),
    );
    const plain = [...new Set(ports)].filter((port) => !autoMutualTls(mesh, workload, port) && side.mtlsAt(workload, port).mode !== 'DISABLE').sort((left, right) => left - right);
    if (plain.length === 0) return [];
    const by = !mesh.config.enableAutoMtls ? 'mesh' : workload.labels[tlsModeLabel] === 'disabled' ? 'label' : 'namespace';
    return [{ workload, ports: plain, by }];
  });
}

export const tlsModeLabel = 'security.istio.io/tlsMode';

export function configPlace(side: SideFacts): Place | undefined {
  const resource = side.all.find((candidate) => resourceId(candidate) === side.mesh.config.statedBy);
  return resource === undefined ? undefined : { resource, path: [] };
}

export function labelPlace({ resource, kind }: Workload): Place | undefined {
  if (resource === undefined) return undefined;
  const pod: FieldPath = kind === 'Pod' ? [] : kind === 'CronJob' ? ['spec', 'jobTemplate', 'spec', 'template'] : ['spec', 'template'];
  return { resource, path: [...pod, 'metadata', 'labels', tlsModeLabel] };
}

/** Workload ids. */
export function plaintextDestinations(side: SideFacts): ReadonlySet<string> {
  return new Set(plaintextClients(side).flatMap((client) => client.workloads.map((workload) => workload.id)));
}
