import { shortHash } from '#lib/canonical.ts';
import type { Workload } from '#mesh/model.ts';

/** What a gateway routes, as one boolean that both sides of a comparison share. */
export function opaqueGateway(workload: Pick<Workload, 'id'>): `opaque:${string}` {
  return `opaque:${shortHash(`gateway ${workload.id}`)}`;
}
