/** What bears on a call of a client's sidecar and is not read, so that nobody can say how the call is made. */
import { shortHash } from '#lib/canonical.ts';
import { ofKind } from '#mesh/attachment.ts';
import { goTrue } from '#mesh/capture.ts';
import type { Mesh, Workload } from '#mesh/model.ts';
import { resourceId, type Resource } from '#mesh/policies.ts';
import { selects } from '#mesh/selection.ts';
import { addressableNamed } from '#mesh/services.ts';
import { writtenProtocol } from '#semantics/outbound/services.ts';
import type { Missing } from './addressed.ts';
import type { Given } from './envoy.ts';
import type { Query } from './query.ts';

export function unreadFor(mesh: Mesh, client: Workload, { to }: Query, given: Given): Missing | undefined {
  const filter = outboundFilters(mesh, client, to.port).find((each) => given[filterKey(each)] !== false);
  if (filter !== undefined) return { rule: 'M132', missing: `what \`${resourceId(filter)}\` does to calls of \`${client.id}\`` };
  if (limitsEntries(mesh, client)) return { rule: 'M104', missing: 'which ServiceEntries of other namespaces the client sees: `serviceEntryVisibility` is not read' };
  if (capturesDns(mesh) && automaticAddress(mesh, to)) return { rule: 'M108', missing: `which address the name \`${to.host ?? ''}\` gets from the proxy that answers for it` };
  return undefined;
}

/** Given as false, the filter does nothing to calls. */
export function filterKey(filter: Resource<'EnvoyFilter'>): `opaque:${string}` {
  return `opaque:${shortHash('calls', filter.spec.content)}`;
}

const contexts: ReadonlySet<string> = new Set(['ANY', 'SIDECAR_OUTBOUND', '']);

/** The listener that takes every redirected connection, and stands for all ports. */
const redirectedPort = 15001;

/** M132: of the root namespace for every sidecar, of the client's own for those that it selects; those for the outbound listener of another port say nothing. */
export function outboundFilters(mesh: Mesh, client: Pick<Workload, 'namespace' | 'labels'>, port: number): readonly Resource<'EnvoyFilter'>[] {
  return ofKind(mesh, 'EnvoyFilter').filter(
    ({ namespace, spec }) =>
      (namespace === client.namespace || namespace === mesh.config.rootNamespace) &&
      spec.targetRefs.length === 0 &&
      selects(spec.workloadSelector?.labels ?? {}, client.labels) &&
      spec.patches.some((patch) => contexts.has(patch.context) && (patch.listenerPort === undefined || patch.listenerPort === port || patch.listenerPort === redirectedPort)),
  );
}

/** M104: only with `applyToSidecars` it is about sidecars. */
function limitsEntries(mesh: Mesh, client: Workload): boolean {
  const written = mesh.config.notComputed.get('serviceEntryVisibility');
  return written?.includes('"applyToSidecars":true') === true && ofKind(mesh, 'ServiceEntry').some(({ namespace }) => namespace !== client.namespace);
}

function capturesDns(mesh: Mesh): boolean {
  return goTrue(mesh.config.notComputed.get('defaultConfig.proxyMetadata.ISTIO_META_DNS_CAPTURE')?.replaceAll('"', ''));
}

/** M107: of a ServiceEntry without addresses. HTTP is told apart by its host, whatever the address. */
function automaticAddress(mesh: Mesh, { host, port }: Query['to']): boolean {
  const entry = host === undefined ? undefined : addressableNamed(mesh, host);
  return entry?.kind === 'ServiceEntry' && entry.spec.addresses.length === 0 && entry.spec.ports.some(({ number, protocol }) => number === port && writtenProtocol(protocol) !== 'http');
}
