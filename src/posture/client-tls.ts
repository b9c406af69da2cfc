/** What a client's sidecar sends, where manifests of the client's side have a say (M33 to M48). */
import { ofKind, policiesFor } from '#mesh/attachment.ts';
import type { Mesh, Workload } from '#mesh/model.ts';
import { resourceId } from '#mesh/policies.ts';
import type { Resource } from '#mesh/policies.ts';
import { selects } from '#mesh/selection.ts';
import { effectiveMtls, modeAt } from '#semantics/peer-authentication.ts';

/**
 * A DestinationRule that may decide with which TLS the workload's Services are called: its choice is not computed here, so that an
 * answer which depends on it is unknown rather than wrong (M34, M40).
 */
export function destinationRuleFor(mesh: Mesh, workload: Workload): string | undefined {
  const rules = ofKind(mesh, 'DestinationRule').filter(statesTls);
  if (rules.length === 0) return undefined;
  const hosts = ofKind(mesh, 'Service')
    .filter((service) => {
      const selector = service.spec.selector;
      return service.namespace === workload.namespace && selector !== undefined && Object.keys(selector).length > 0 && selects(selector, workload.labels);
    })
    .map((service) => `${service.name}.${workload.namespace}.svc.cluster.local`);
  const found = rules.find((rule) => hosts.some((host) => hostFits(fullHost(rule), host)));
  return found === undefined ? undefined : resourceId(found);
}

function statesTls(rule: Resource<'DestinationRule'>): boolean {
  const policies = [rule.spec.trafficPolicy, ...rule.spec.subsets.map((subset) => subset.trafficPolicy)];
  return policies.some((policy) => policy !== undefined && (policy.tls !== undefined || policy.portLevelSettings.length > 0));
}

/** M33: a name without a dot belongs to the rule's own namespace. */
function fullHost(rule: Resource<'DestinationRule'>): string {
  const { host } = rule.spec;
  return host.includes('.') || host === '*' ? host : `${host}.${rule.namespace ?? 'default'}.svc.cluster.local`;
}

function hostFits(written: string, host: string): boolean {
  if (written === '*') return true;
  return written.startsWith('*') ? host.endsWith(written.slice(1)) : written === host;
}

/** M46 to M48: automatic mutual TLS is off where the mesh, the Service's namespace or the port says DISABLE, or the pod hides its proxy. */
export function autoMutualTls(mesh: Mesh, workload: Workload, port: number): boolean {
  if (!mesh.config.enableAutoMtls || workload.labels['security.istio.io/tlsMode'] === 'disabled') return false;
  const attached = policiesFor(mesh, workload);
  if (modeAt(effectiveMtls(mesh, attached), port).mode === 'DISABLE') return false;
  // M47: the Service's mode looks at namespace and mesh only.
  const { mesh: meshWide, namespace } = attached.peerAuthentication;
  return effectiveMtls(mesh, { ...attached, peerAuthentication: { mesh: meshWide, namespace, workload: [] } }).workload.mode !== 'DISABLE';
}
