/** A CUSTOM policy whose provider does not exist or cannot be used denies what it matches; so do two providers on one workload (A6.2, A6.3, A6.5). */
import { distinct } from '#lib/order.ts';
import { resourceId } from '#manifests/resource.ts';
import { defineDetector } from '../detector.ts';
import { certaintyOf, inMesh, isDryRun, type Policy, type SideFacts } from '../facts.ts';
import { listed, named } from '../text.ts';

export const customProviderBroken = defineDetector({
  rule: 'custom-provider-broken',
  detectState: (side) => {
    // A mesh configuration that is not in the repository is unknown, not empty (R26).
    const known = side.mesh.config.extensionProviders;
    return side
      .of('AuthorizationPolicy')
      .filter((policy) => policy.spec.action === 'CUSTOM' && !isDryRun(policy))
      .flatMap((policy) => {
        const provider = policy.spec.provider ?? '';
        const found = known?.find((entry) => entry.name === provider);
        const broken = known === undefined ? undefined : found === undefined ? 'the mesh configuration does not define it' : found.broken;
        const because = broken ?? competing(side, policy);
        if (because === undefined) return [];
        const reach = side.reachOf(policy);
        return [
          {
            subject: resourceId(policy),
            affected: reach.ids,
            certainty: certaintyOf(reach.workloads),
            place: { resource: policy, path: ['spec', 'provider', 'name'] },
            message: `${named(policy)} asks \`${provider}\`, which cannot be asked (${because}): the requests it matches at ${listed(reach.ids)} are refused`,
            impact: 'the requests that need the authorizer\'s consent fail, and only those: the others pass unasked as before',
            remedy: 'define the provider under `extensionProviders` of the mesh configuration, or name the one that exists; one provider per workload',
            validation: { positive: 'a request that the authorizer consents to is answered', negative: 'a request that the authorizer refuses is refused' },
          },
        ];
      });
  },
});

function competing(side: SideFacts, policy: Policy): string | undefined {
  if (side.mesh.config.multipleProviders) return undefined;
  for (const workload of side.reachOf(policy).workloads.filter(inMesh)) {
    const providers = distinct(side.policiesAt(workload).filter((other) => other.spec.action === 'CUSTOM' && !isDryRun(other)).map((other) => other.spec.provider ?? ''));
    if (providers.length > 1) return `\`${workload.id}\` has several providers, ${listed(providers)}`;
  }
  return undefined;
}
