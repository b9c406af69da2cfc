/**
 * A Sidecar with `ingress` listeners replaces the ports that Services declare (M12). Which Sidecar acts on a pod: M97.
 */
import { compareBy } from '#lib/order.ts';
import { resourceId } from '#manifests/resource.ts';
import type { AnyResource } from '#manifests/resource.ts';
import type { PortProtocol } from './model.ts';
import { creationSecond, namedProtocol } from './ports.ts';
import type { DeclaredPort } from './ports.ts';
import { selects } from './selection.ts';
import type { Labels } from './selection.ts';

interface IngressSidecar {
  readonly resource: AnyResource;
  readonly selector: Labels | undefined;
  readonly ports: readonly DeclaredPort[];
}

/** Ports of the pod as its Sidecar lists them; `undefined`: no Sidecar with ingress listeners acts on it. */
export function sidecarIngressPorts(resources: readonly AnyResource[], rootNamespace: string): (namespace: string, labels: Labels) => readonly DeclaredPort[] | undefined {
  const byNamespace = new Map<string, IngressSidecar[]>();
  for (const resource of resources) {
    if ((resource.kind as string) !== 'Sidecar') continue;
    const sidecar = readSidecar(resource);
    const list = byNamespace.get(resource.namespace ?? 'default');
    if (list === undefined) byNamespace.set(resource.namespace ?? 'default', [sidecar]);
    else list.push(sidecar);
  }
  for (const list of byNamespace.values()) list.sort(compareBy((sidecar) => creationSecond(sidecar.resource.creationTimestamp), (sidecar) => sidecar.resource.name));
  return (namespace, labels) => {
    const own = byNamespace.get(namespace) ?? [];
    const acting =
      own.find((sidecar) => sidecar.selector !== undefined && selects(sidecar.selector, labels)) ??
      own.find((sidecar) => sidecar.selector === undefined) ??
      (byNamespace.get(rootNamespace) ?? []).find((sidecar) => sidecar.selector === undefined);
    return acting === undefined || acting.ports.length === 0 ? undefined : acting.ports;
  };
}

function readSidecar(resource: AnyResource): IngressSidecar {
  const spec: unknown = resource.spec;
  const selector = member(spec, 'workloadSelector');
  const labels = member(selector, 'labels') ?? (selector === undefined ? undefined : {});
  const ingress = member(spec, 'ingress');
  const ports = (Array.isArray(ingress) ? ingress : []).flatMap((listener: unknown): DeclaredPort[] => {
    const port = member(listener, 'port');
    const number = member(port, 'number');
    if (typeof number !== 'number') return [];
    return [{ port: number, protocol: listenerProtocol(member(port, 'protocol')), declaredBy: resourceId(resource) }];
  });
  const pairs = labels !== null && typeof labels === 'object' ? Object.fromEntries(Object.entries(labels).filter((entry): entry is [string, string] => typeof entry[1] === 'string')) : undefined;
  return { resource, selector: pairs !== undefined && Object.keys(pairs).length > 0 ? pairs : undefined, ports: ports.sort(compareBy((port) => port.port)) };
}

/** `protocol` of an Istio port: one of the names of A4.4, in any case. */
function listenerProtocol(protocol: unknown): PortProtocol {
  return typeof protocol === 'string' ? (namedProtocol(protocol) ?? 'auto') : 'auto';
}

function member(value: unknown, key: string): unknown {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return undefined;
  return Object.entries(value).find(([name]) => name === key)?.[1];
}
