/** Trust domains whose identities TLS accepts (A3.12 to A3.14): the mesh's own, its aliases, those of further roots. */
import type { Change } from '#impact/change.ts';
import type { MeshConfig } from '#mesh/model.ts';
import type { EnvironmentFacts } from './detector.ts';

/** The trust domain of the witness's caller, where the base refused its identities and the head accepts them. */
export function newTrustDomain({ witness, environments }: Change, pairs: readonly EnvironmentFacts[]): string | undefined {
  const principal = witness?.from.principal;
  if (typeof principal !== 'string') return undefined;
  const domain = principal.split('/ns/')[0];
  if (domain === undefined) return undefined;
  const opened = pairs.some(({ id, base, head }) => base !== undefined && environments.includes(id) && !accepts(base.mesh.config, domain) && accepts(head.mesh.config, domain));
  return opened ? domain : undefined;
}

function accepts({ trustDomain, trustDomainAliases, extraTrustDomains }: MeshConfig, domain: string): boolean {
  return trustDomain === domain || trustDomainAliases.includes(domain) || extraTrustDomains.includes(domain);
}
