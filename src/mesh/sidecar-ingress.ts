/**
 * A Sidecar with `ingress` listeners replaces the ports that Services declare (M12). Which Sidecar acts on a pod: M97.
 */
import { compareBy } from '#lib/order.ts';
import { resourceId } from '#manifests/resource.ts';
import type { AnyResource, Resource } from '#manifests/resource.ts';
import { creationSecond, namedProtocol } from './ports.ts';
import type { DeclaredPort } from './ports.ts';
import { selects } from './selection.ts';
import type { Labels } from './selection.ts';

/** Ports of the pod as its Sidecar lists them; `undefined`: no Sidecar with ingress listeners acts on it. */
export function sidecarIngressPorts(resources: readonly AnyResource[], rootNamespace: string): (namespace: string, labels: Labels) => readonly DeclaredPort[] | undefined {
  const byNamespace = new Map<string, Resource<'Sidecar'>[]>();
  for (const resource of resources) {
    if (resource.kind !== 'Sidecar') continue;
    const namespace = resource.namespace ?? 'default';
    const list = byNamespace.get(namespace);
    if (list === undefined) byNamespace.set(namespace, [resource]);
    else list.push(resource);
  }
  for (const list of byNamespace.values()) {
    list.sort(
      compareBy(
        (sidecar) => creationSecond(sidecar.creationTimestamp),
        (sidecar) => sidecar.name,
      ),
    );
  }
  return (namespace, labels) => {
    const own = byNamespace.get(namespace) ?? [];
    const acting =
      own.find((sidecar) => selectorOf(sidecar) !== undefined && selects(selectorOf(sidecar) ?? {}, labels)) ??
      own.find((sidecar) => selectorOf(sidecar) === undefined) ??
      (byNamespace.get(rootNamespace) ?? []).find((sidecar) => selectorOf(sidecar) === undefined);
    return acting === undefined || acting.spec.ingress.length === 0 ? undefined : portsOf(acting);
  };
}

function selectorOf(sidecar: Resource<'Sidecar'>): Labels | undefined {
  const labels = sidecar.spec.workloadSelector?.labels;
  return labels === undefined || Object.keys(labels).length === 0 ? undefined : labels;
}

/** `protocol` of an Istio port is one of the names of A4.4, in any case. */
function portsOf(sidecar: Resource<'Sidecar'>): readonly DeclaredPort[] {
  return sidecar.spec.ingress
    .map((listener) => ({ port: listener.port.number, protocol: namedProtocol(listener.port.protocol) ?? ('auto' as const), declaredBy: resourceId(sidecar) }))
    .sort(compareBy((port) => port.port));
}
