/** What a client's sidecar sends, where manifests of the client's side have a say (M33 to M48). */
import { ofKind, policiesFor } from '#mesh/attachment.ts';
import type { Mesh, Workload } from '#mesh/model.ts';
import { resourceId } from '#mesh/policies.ts';
import type { Resource } from '#mesh/policies.ts';
import { podSpecOf, targetPortOf } from '#mesh/ports.ts';
import { servicesOf } from '#mesh/services.ts';
import { clientTlsFor } from '#semantics/client-tls.ts';
import { destinationOf, ruleFor } from '#semantics/outbound/destination-rules.ts';
import { namespaceMode } from '#semantics/outbound/clusters.ts';
import { effectiveMtls, modeAt } from '#semantics/peer-authentication.ts';

/**
 * What DestinationRules make the client's sidecar send to the pod's port by the Services that lead there (M33 to M45). `undecided`: one that
 * chooses differently by Service or subset, which a route decides, or starts TLS of its own (M44), which the pod may or may not take.
 */
export function writtenClientTls(mesh: Mesh, client: Workload, pod: Workload, port: number): { readonly sends: 'auto' | 'mutual' | 'plaintext' } | { readonly undecided: string } {
  if (ofKind(mesh, 'DestinationRule').length === 0) return { sends: 'auto' };
  const services = servicesOf(mesh, pod).filter((service): service is Resource<'Service'> => service.kind === 'Service');
  const choices = services.flatMap((service) =>
    service.spec.ports
      .filter((entry) => targetPortOf(podSpecOf(pod), entry) === port)
      .flatMap((entry) => [undefined, ...(ruleFor(mesh, client, destinationOf(service))?.subsets ?? []).map(({ rule, index }) => rule.spec.subsets[index]?.name)].map((subset) => clientTlsFor(mesh, client, destinationOf(service), entry.port, subset))),
  );
  const [first] = choices;
  if (first === undefined) return { sends: 'auto' };
  const odd = choices.find((choice) => choice.sends === 'own-tls' || choice.sends !== first.sends);
  if (odd !== undefined) {
    const rule = odd.rule ?? first.rule;
    return { undecided: rule === undefined ? pod.id : resourceId(rule) };
  }
  return first.sends === 'own-tls' ? { undecided: resourceId(first.rule) } : { sends: first.sends };
}

/** M46 to M48: automatic mutual TLS is off where the mesh, the Service's namespace or the port says DISABLE, or the pod hides its proxy. */
export function autoMutualTls(mesh: Mesh, workload: Workload, port: number): boolean {
  if (!mesh.config.enableAutoMtls || workload.labels['security.istio.io/tlsMode'] === 'disabled') return false;
  const attached = policiesFor(mesh, workload);
  if (modeAt(effectiveMtls(mesh, attached), port).mode === 'DISABLE') return false;
  return namespaceMode(mesh, workload.namespace).mode !== 'DISABLE';
}
