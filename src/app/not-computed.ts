/**
 * Kinds whose effect on requests this version does not compute. A changed one is named as not understood and gates the pull request
 * that changes it: it may open or close something, and nobody here has looked.
 */
import { canonical, shortHash } from '#lib/canonical.ts';
import type { IncompleteReason } from '#report/report.ts';
import type { ChangedResource } from './load/changed-resources.ts';

const kinds: ReadonlySet<string> = new Set([
  'AdminNetworkPolicy',
  'BackendTLSPolicy',
  'BaselineAdminNetworkPolicy',
  'ClusterNetworkPolicy',
  'DestinationRule',
  'GRPCRoute',
  'Gateway',
  'GatewayClass',
  'HTTPRoute',
  'Ingress',
  'IngressClass',
  'KubernetesGateway',
  'ListenerSet',
  'XListenerSet',
  'NetworkPolicy',
  'ProxyConfig',
  'ReferenceGrant',
  'ServiceEntry',
  'Sidecar',
  'TCPRoute',
  'TLSRoute',
  'VirtualService',
  'WorkloadEntry',
  'WorkloadGroup',
]);

/** The changed object may move requests and the comparison does not know how. A change of labels alone that nobody selects by is none. */
export function notComputed(changed: ChangedResource): boolean {
  const resource = changed.head ?? changed.base;
  if (resource === undefined || !kinds.has(resource.kind)) return false;
  if (changed.base === undefined || changed.head === undefined) return true;
  return canonical(changed.base.spec) !== canonical(changed.head.spec) || canonical(changed.base.annotations) !== canonical(changed.head.annotations);
}

/** One reason per object, `new`: only this pull request made it unknown. */
export function notComputedReasons(changed: readonly ChangedResource[], lineOf: (entry: ChangedResource) => { readonly file: string; readonly line: number } | undefined): IncompleteReason[] {
  return changed.filter(notComputed).map((entry) => {
    const place = lineOf(entry);
    const unit = (entry.head ?? entry.base)?.unit;
    return {
      id: shortHash('not-computed', entry.resource),
      kind: 'limit',
      status: 'new',
      ...(unit === undefined ? {} : { unit }),
      ...(place ?? {}),
      reason: `\`${entry.resource}\` is ${entry.change} here, and what this kind does to requests is not computed by this version`,
      remedy: 'review its effect by hand; `gates.incomplete: off` lets such changes pass with this notice',
    };
  });
}
