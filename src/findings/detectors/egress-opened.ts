/** Workloads can newly reach destinations outside the mesh: outbound mode, Sidecar scope, ServiceEntry (M97 to M109). */
import { distinct } from '#lib/order.ts';
import { resourceId, type AnyResource, type Resource } from '#manifests/resource.ts';
import { defineDetector, type OpeningDraft } from '../detector.ts';
import type { SideFacts } from '../facts.ts';
import { hostMatches } from '#mesh/hosts.ts';
import { outboundOf } from '../outbound.ts';
import { changesOf } from '../principal.ts';
import { destinationsPhrase, listed, named, openedMessage, openedValidation } from '../text.ts';

export const egressOpened = defineDetector({
  rule: 'egress-opened',
  detectChanges: (context) =>
    changesOf(context, 'egress-opened').map((change) => ({
      change,
      message: openedMessage(change),
      impact: `a compromised workload can send data to ${destinationsPhrase(change)}`,
      remedy,
      validation: openedValidation(change, 'the external hosts that the workload needs are still reached'),
    })),
  detectOpenings: ({ base, head }) => {
    const namespaces = distinct(head.workloads.map((workload) => workload.namespace)).filter((namespace) => base.workloads.some((workload) => workload.namespace === namespace));
    const before = outboundOf(base);
    const after = outboundOf(head);
    const modes = namespaces.filter((namespace) => before(namespace).registryOnly && !after(namespace).registryOnly);
    // Where any address could be called before, a registered one is nothing new.
    const closed = namespaces.filter((namespace) => before(namespace).registryOnly && after(namespace).registryOnly);
    return [...modeDrafts(base, head, modes), ...entryDrafts(base, head, closed)];
  },
});

const remedy = 'register the one host that is needed, for the namespaces that need it (`exportTo`), and keep REGISTRY_ONLY; a NetworkPolicy for egress makes it binding';

function modeDrafts(base: SideFacts, head: SideFacts, namespaces: readonly string[]): OpeningDraft[] {
  if (namespaces.length === 0) return [];
  const now = outboundOf(head)(namespaces[0] ?? '').by;
  const was = outboundOf(base)(namespaces[0] ?? '').by;
  const config = head.mesh.config.statedBy;
  const meshObject = head.all.find((resource) => resourceId(resource) === config);
  const place: { readonly resource: AnyResource; readonly side: 'base' | 'head' } | undefined =
    now !== undefined ? { resource: now, side: 'head' } : was !== undefined && !head.of('Sidecar').some((sidecar) => resourceId(sidecar) === resourceId(was)) ? { resource: was, side: 'base' } : meshObject === undefined ? undefined : { resource: meshObject, side: 'head' };
  return [
    {
      subject: place === undefined ? 'mesh' : resourceId(place.resource),
      facet: 'mode',
      affected: namespaces.map((namespace) => `${namespace} *`),
      ...(place === undefined ? {} : { place: { resource: place.resource, path: place.resource.kind === 'Sidecar' && place.side === 'head' ? ['spec', 'outboundTrafficPolicy'] : [] }, placeSide: place.side }),
      message: `a connection from any workload of ${listed(namespaces)} to any external address, for example \`https://203.0.113.10/\`, is let through now; before this change the caller's proxy refused what no registry knows`,
      impact: 'a compromised workload can send data anywhere',
      remedy,
      validation: { positive: 'the external hosts that the workloads need are still reached', negative: `a call from \`${namespaces[0] ?? ''}\` to an address that no ServiceEntry names fails` },
    },
  ];
}

function entryDrafts(base: SideFacts, head: SideFacts, namespaces: readonly string[]): OpeningDraft[] {
  const known = base.of('ServiceEntry').filter(isExternal);
  return head.of('ServiceEntry').filter(isExternal).flatMap((entry): OpeningDraft[] => {
    const opened = namespaces.flatMap((namespace) =>
      visibleIn(entry, namespace)
        ? entry.spec.hosts.flatMap((host) => entry.spec.ports.filter((port) => !known.some((other) => visibleIn(other, namespace) && other.spec.hosts.some((name) => hostMatches(name, host)) && other.spec.ports.some((open) => open.number === port.number))).map((port) => `${namespace} ${host}:${port.number}`))
        : [],
    );
    const [first] = opened;
    if (first === undefined) return [];
    const [from = '', to = ''] = first.split(' ');
    return [
      {
        subject: resourceId(entry),
        facet: 'entry',
        affected: opened,
        place: { resource: entry, path: ['spec', 'hosts'] },
        message: `a connection from any workload of \`${from}\`${opened.length > 1 ? ` (and ${opened.length - 1} more ways)` : ''} to \`${to}\` is let through now: ${named(entry)} registers it; before this change the caller's proxy refused it`,
        impact: `a compromised workload can send data to \`${to}\``,
        remedy,
        validation: { positive: `\`${to}\` is reached by the workload that needs it`, negative: 'a call to a host that no ServiceEntry names fails' },
      },
    ];
  });
}

function isExternal(entry: Resource<'ServiceEntry'>): boolean {
  return entry.spec.location === 'MESH_EXTERNAL';
}

/** Sidecars honour `exportTo` (M104). */
function visibleIn(entry: Resource<'ServiceEntry'>, namespace: string): boolean {
  const { exportTo } = entry.spec;
  return exportTo.length === 0 || exportTo.some((target) => target === '*' || target === namespace || (target === '.' && entry.namespace === namespace));
}
