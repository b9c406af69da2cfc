/** Which certificates a gateway's pods are handed (M114). Whether a Secret exists is assumed, unless the question gives `secret:namespace/name`. */
import type { ServerTls } from '#manifests/server-tls.ts';
import type { GatewayPods } from '#mesh/gateway-pods.ts';

export type GivenSecrets = Readonly<Record<string, boolean>>;

export function secretKey(namespace: string, name: string): `secret:${string}` {
  return `secret:${namespace}/${name}`;
}

/** Both APIs. */
export function secretExists(given: GivenSecrets, namespace: string, name: string): boolean {
  return given[secretKey(namespace, name)] ?? true;
}

/** Of an Istio Gateway's server: only Secrets of the pods' own namespace, wherever the Gateway is. */
export function istioCredential(tls: ServerTls, pods: GatewayPods, given: GivenSecrets): { readonly usable: boolean; readonly trusts: readonly string[] } {
  if (tls.mode === 'PASSTHROUGH' || tls.mode === 'AUTO_PASSTHROUGH' || tls.mode === 'ISTIO_MUTUAL') return { usable: true, trusts: [] };
  const names = tls.credentialNames.map(referenced);
  const handedOut = names.every(({ namespace = pods.namespace, name }) => namespace === pods.namespace && secretExists(given, namespace, name));
  const authority = tls.caCertCredentialName === '' ? undefined : referenced(tls.caCertCredentialName).name;
  const trusts = authority !== undefined ? [authority] : names.length > 0 ? names.map(({ name }) => name) : tls.caCertificates === '' ? [] : [tls.caCertificates];
  return { usable: handedOut, trusts };
}

/** `name`, `namespace/name`, either with a scheme such as `kubernetes://`. */
function referenced(credential: string): { readonly namespace: string | undefined; readonly name: string } {
  const plain = credential.replace(/^[a-z-]+:\/\//, '');
  const slash = plain.indexOf('/');
  return slash < 0 ? { namespace: undefined, name: plain } : { namespace: plain.slice(0, slash), name: plain.slice(slash + 1) };
}
