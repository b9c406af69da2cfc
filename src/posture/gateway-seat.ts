/** Which policies act at a gateway, and as whom a client comes (A2.3, A2.4, A3.9, M112). */
import { compareBy } from '#lib/order.ts';
import { ofKind, policiesFor } from '#mesh/attachment.ts';
import type { Extension } from '#mesh/attachment.ts';
import type { GatewayPods } from '#mesh/gateway-pods.ts';
import type { Mesh } from '#mesh/model.ts';
import { resourceId } from '#mesh/policies.ts';
import { ownProxyConfig } from '#mesh/proxy-config.ts';
import type { AnyResource, TargetRef } from '#mesh/policies.ts';
import { selects } from '#mesh/selection.ts';
import type { ServedTls } from '#semantics/gateways/types.ts';
import type { Seat } from './envoy.ts';
import type { Query } from './query.ts';

export function gatewaySeat(mesh: Mesh, pods: GatewayPods): Seat {
  return {
    enforcedAt: 'gateway',
    attached: attachedTo(mesh, pods),
    identity: `${mesh.config.trustDomain}/ns/${pods.namespace}/sa/${pods.serviceAccount}`,
    tunnelled: false,
    trustedProxies: ownProxyConfig(pods.annotations)?.trustedProxies ?? mesh.config.gateways?.trustedProxies ?? 0,
  };
}

/** A2.3: by selector, as at a sidecar. A2.4: with the label of a Kubernetes Gateway also those that name it, of its own namespace. */
function attachedTo(mesh: Mesh, pods: GatewayPods): Seat['attached'] {
  const bySelector = policiesFor(mesh, { namespace: pods.namespace, labels: pods.labels, enrolment: { mode: 'gateway' } });
  const name = pods.labels['gateway.networking.k8s.io/gateway-name'];
  if (name === undefined) return bySelector;
  const named = <T extends AnyResource & { readonly spec: { readonly targetRefs: readonly TargetRef[] } }>(policies: readonly T[]): readonly T[] =>
    policies.filter((policy) => policy.namespace === pods.namespace && policy.spec.targetRefs.some((ref) => meansGateway(ref, name)));
  const together = <T extends AnyResource>(one: readonly T[], other: readonly T[]): readonly T[] => [...one, ...other].sort(compareBy((policy) => resourceId(policy)));
  return {
    authorization: together(bySelector.authorization, named(ofKind(mesh, 'AuthorizationPolicy'))),
    requestAuthentication: together(bySelector.requestAuthentication, named(ofKind(mesh, 'RequestAuthentication'))),
    extensions: bySelector.extensions,
  };
}

/** M132, M133: extensions that may change what the gateway does; those for sidecars alone are none. */
export function extensionsAt(mesh: Mesh, pods: GatewayPods): readonly Extension[] {
  const name = pods.labels['gateway.networking.k8s.io/gateway-name'];
  const here = (extension: Extension): boolean => {
    if (extension.namespace !== pods.namespace && extension.namespace !== mesh.config.rootNamespace) return false;
    if (extension.spec.targetRefs.length > 0) return name !== undefined && extension.namespace === pods.namespace && extension.spec.targetRefs.some((ref) => meansGateway(ref, name));
    if (extension.kind !== 'EnvoyFilter') return selects(extension.spec.selector?.matchLabels ?? {}, pods.labels);
    return selects(extension.spec.workloadSelector?.labels ?? {}, pods.labels) && extension.spec.patches.some(({ context }) => context === '' || context === 'ANY' || context === 'GATEWAY');
  };
  return [...ofKind(mesh, 'EnvoyFilter'), ...ofKind(mesh, 'WasmPlugin'), ...ofKind(mesh, 'TrafficExtension')].filter(here);
}

/** A2.11: a reference into another namespace matches nothing. */
function meansGateway(ref: TargetRef, name: string): boolean {
  return ref.kind === 'Gateway' && ref.group === 'gateway.networking.k8s.io' && ref.name === name && (ref.namespace ?? '') === '';
}

export type ClientCertificate = { readonly type: 'accepted'; readonly peer: string | null } | { readonly type: 'refused'; readonly because: string };

/** M112: whom the server's TLS lets in, and what it then knows of the client. */
export function acceptClient(tls: ServedTls, from: Query['from']): ClientCertificate {
  const { certificate, principal = null } = from;
  const shown = certificate !== undefined || principal !== null;
  switch (tls.mode) {
    case 'SIMPLE':
    case 'PASSTHROUGH':
    case 'AUTO_PASSTHROUGH':
      return { type: 'accepted', peer: null };
    case 'ISTIO_MUTUAL':
      // Any trust domain under the mesh's root: no other check is made here.
      if (principal === null) return { type: 'refused', because: 'ISTIO_MUTUAL wants a certificate of the mesh' };
      return fitsNames(tls, [`spiffe://${principal}`]) ? { type: 'accepted', peer: principal } : { type: 'refused', because: 'the identity is none of `subjectAltNames`' };
    case 'MUTUAL':
    case 'OPTIONAL_MUTUAL': {
      if (!shown) return tls.mode === 'MUTUAL' ? { type: 'refused', because: 'MUTUAL wants a client certificate' } : { type: 'accepted', peer: null };
      if (tls.insecureSkipVerify) return { type: 'accepted', peer: foreignPeer(from) };
      if (certificate === undefined || !tls.trusts.includes(certificate.by)) return { type: 'refused', because: `${tls.mode} takes client certificates of its own authority only` };
      return fitsNames(tls, certificate.sans ?? []) ? { type: 'accepted', peer: foreignPeer(from) } : { type: 'refused', because: 'no name of the client certificate is among `subjectAltNames`' };
    }
  }
}

function fitsNames({ subjectAltNames }: ServedTls, names: readonly string[]): boolean {
  return subjectAltNames.length === 0 || names.some((name) => subjectAltNames.includes(name));
}

/**
 * A3.9: a certificate of another authority has no SPIFFE identity; a policy finds its name, without `spiffe://` before it. The character in
 * front is in no name, so that no principal is equal to it or begins it.
 */
function foreignPeer({ certificate, principal }: Query['from']): string {
  return principal ?? `\u0000${certificate?.sans?.[0] ?? 'subject'}`;
}
