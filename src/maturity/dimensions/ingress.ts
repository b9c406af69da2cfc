/** Servers of gateways: TLS of at least 1.2 or a redirect, named hosts, a policy at the gateway; nothing exposed beside them (M110 to M115, M129). */
import { resourceId, type Resource } from '#manifests/resource.ts';
import type { GatewayServer } from '#manifests/gateway.ts';
import { isDryRun, type SideFacts } from '#findings/facts.ts';
import { externallyReachable, gatewayPods } from '#findings/exposure.ts';
import { item, type Item, type Measured } from '../parts.ts';

export function ingress(side: SideFacts): Measured {
  const tls = new Map<string, Item>();
  const hosts = new Map<string, Item>();
  const policies = new Map<string, Item>();
  for (const gateway of side.of('Gateway')) {
    const guarded = hasPolicy(side, gateway);
    policies.set(resourceId(gateway), guarded ? item(1, '') : item(0, 'has no AuthorizationPolicy at its gateway'));
    for (const server of gateway.spec.servers) {
      const subject = `${resourceId(gateway)}:${server.port.number}${server.name === '' ? '' : ` ${server.name}`}`;
      tls.set(subject, worse(tls.get(subject), tlsItem(server)));
      hosts.set(subject, worse(hosts.get(subject), hostsItem(server)));
    }
  }
  for (const id of directlyExposed(side)) tls.set(id, item(0, 'is exposed by its own Service, beside every gateway'));
  if (tls.size === 0) return { parts: [], evidence: 'UNKNOWN', without: 'unknown', reason: 'no gateway is declared here' };
  const closed = [...tls.values()].filter((entry) => entry.score === 1).length;
  return {
    parts: [
      // A server that is gone is closed.
      { name: 'tls', weight: 0.4, items: tls, absent: 1 },
      { name: 'hosts', weight: 0.3, items: hosts, absent: 1 },
      { name: 'authorization', weight: 0.3, items: policies, absent: 1 },
    ],
    evidence: 'INFERRED',
    reason: `${closed} of ${tls.size} entry points serve TLS or redirect to it`,
  };
}

function worse(known: Item | undefined, fresh: Item): Item {
  return known !== undefined && known.score <= fresh.score ? known : fresh;
}

function tlsItem({ port, tls }: GatewayServer): Item {
  if (tls === undefined) return item(0, `serves plain ${port.protocol} without a redirect`);
  if (tls.httpsRedirect) return item(1, '');
  if (tls.minProtocolVersion === 'TLSV1_0' || tls.minProtocolVersion === 'TLSV1_1') return item(0.3, 'accepts TLS below 1.2');
  if (port.protocol.toUpperCase().startsWith('HTTP') && !port.protocol.toUpperCase().startsWith('HTTPS')) return item(0, 'serves plain HTTP without a redirect');
  return tls.mode === 'PASSTHROUGH' || tls.mode === 'AUTO_PASSTHROUGH' ? item(0.6, 'passes TLS through, so that nothing is checked at the gateway') : item(1, '');
}

function hostsItem({ hosts }: GatewayServer): Item {
  const names = hosts.map((host) => host.slice(host.indexOf('/') + 1));
  if (names.includes('*')) return item(0, 'serves every host');
  return names.some((name) => name.startsWith('*.')) ? item(0.5, 'serves a wildcard host') : item(1, '');
}

function hasPolicy(side: SideFacts, gateway: Resource<'Gateway'>): boolean {
  return gatewayPods(side, gateway).some((pod) => side.policiesAt(pod).some((policy) => !isDryRun(policy) && policy.spec.action !== 'AUDIT'));
}

function directlyExposed(side: SideFacts): readonly string[] {
  return [...externallyReachable(side, 'services')];
}
