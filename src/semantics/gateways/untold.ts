/** What may act at a gateway and is not modelled, or not told by the manifests: the answer is unknown then, never a guess. */
import { ofKind } from '#mesh/attachment.ts';
import type { GatewayPods } from '#mesh/gateway-pods.ts';
import type { Mesh } from '#mesh/model.ts';
import { selects } from '#mesh/selection.ts';
import type { Served } from './served.ts';

export interface Untold {
  readonly rule: string;
  readonly missing: string;
}

/** `undefined`: everything that acts on this port of the pods is known. */
export function untoldAt(mesh: Mesh, served: Served, port: number): Untold | undefined {
  return listenerSets(mesh, served) ?? ingresses(mesh, served.pods, port) ?? otherAddress(served, port) ?? namespaceLabels(mesh, served);
}

/** M127: a ListenerSet brings listeners of its own. */
function listenerSets(mesh: Mesh, { gateways }: Served): Untold | undefined {
  const parents = new Set(gateways.map(({ by }) => by));
  for (const set of [...ofKind(mesh, 'ListenerSet'), ...ofKind(mesh, 'XListenerSet')]) {
    const { parent } = set.spec;
    if (parents.has(`Gateway/${parent.namespace ?? set.namespace ?? ''}/${parent.name}`)) return { rule: 'M127', missing: `what the listeners of \`${set.kind}/${set.namespace ?? ''}/${set.name}\` take` };
  }
  return undefined;
}

/** M128: Istio serves Kubernetes Ingresses on ports 80 and 443 of the pods labelled `istio: ingressgateway`. */
function ingresses(mesh: Mesh, pods: GatewayPods, port: number): Untold | undefined {
  if (!selects({ istio: 'ingressgateway' }, pods.labels)) return undefined;
  const own = pods.servicePorts.some((candidate) => candidate.target === port && (candidate.port === 80 || candidate.port === 443)) || port === 80 || port === 443;
  const served = ofKind(mesh, 'Ingress').find((ingress) => {
    const name = ingress.annotations['kubernetes.io/ingress.class'] ?? ingress.spec.ingressClassName;
    return name === 'istio' || ofKind(mesh, 'IngressClass').some((candidate) => candidate.name === name && candidate.spec.controller === 'istio.io/ingress-controller');
  });
  return own && served !== undefined ? { rule: 'M128', missing: `what \`Ingress/${served.namespace ?? ''}/${served.name}\` takes` } : undefined;
}

const everyAddress: ReadonlySet<string> = new Set(['', '0.0.0.0', '::']);

/** M130: a server bound to one address; loopback is out of reach. */
function otherAddress({ gateways, pods }: Served, port: number): Untold | undefined {
  for (const { servers, by } of gateways) {
    for (const { bind, number } of servers) {
      const here = number === port || pods.servicePorts.some((candidate) => candidate.port === number && candidate.target === port);
      if (here && !everyAddress.has(bind) && !bind.startsWith('127.') && bind !== '::1') return { rule: 'M130', missing: `whether \`${bind}\`, to which \`${by}\` binds a server, is an address of the pods` };
    }
  }
  return undefined;
}

/** M121: routes of a namespace whose labels no manifest tells, at a listener that chooses by labels. */
function namespaceLabels(mesh: Mesh, { gateways, pods }: Served): Untold | undefined {
  if (mesh.world === 'closed') return undefined;
  for (const gateway of ofKind(mesh, 'KubernetesGateway')) {
    const by = `Gateway/${gateway.namespace ?? ''}/${gateway.name}`;
    if (!gateways.some((served) => served.by === by)) continue;
    const byLabels = gateway.spec.listeners.some(({ allowedNamespaces }) => allowedNamespaces.from === 'Selector' && !onlyByName(allowedNamespaces.selector));
    if (!byLabels) continue;
    for (const kind of ['HTTPRoute', 'GRPCRoute', 'TLSRoute', 'TCPRoute'] as const) {
      const route = ofKind(mesh, kind).find(({ namespace = '', spec }) => {
        const meant = spec.parents.some((parent) => parent.kind === 'Gateway' && parent.name === gateway.name && (parent.namespace ?? namespace) === gateway.namespace);
        return meant && mesh.namespaces.get(namespace)?.resource === undefined;
      });
      if (route !== undefined) return { rule: 'M121', missing: `the labels of the namespace \`${route.namespace ?? ''}\`, by which \`${pods.id}\` chooses its routes` };
    }
  }
  return undefined;
}

function onlyByName(selector: { readonly matchLabels: Readonly<Record<string, string>>; readonly matchExpressions: readonly { readonly key: string }[] } | undefined): boolean {
  return selector === undefined || [...Object.keys(selector.matchLabels), ...selector.matchExpressions.map(({ key }) => key)].every((key) => key === 'kubernetes.io/metadata.name');
}
