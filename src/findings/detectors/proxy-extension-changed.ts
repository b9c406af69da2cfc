/** An EnvoyFilter, WasmPlugin or TrafficExtension is added, removed or changed: it can undo any policy, and what it does is not computed (M132, M133). */
import { resourceId, type AnyResource } from '#manifests/resource.ts';
import { defineDetector } from '../detector.ts';
import type { SideFacts } from '../facts.ts';
import { named } from '../text.ts';

export const proxyExtensionChanged = defineDetector({
  rule: 'proxy-extension-changed',
  detectOpenings: ({ base, head }) => {
    const before = contents(base);
    const after = contents(head);
    return [...new Set([...before.keys(), ...after.keys()])].sort().flatMap((id) => {
      const old = before.get(id);
      const now = after.get(id);
      if (old?.content === now?.content) return [];
      const shown = now ?? old;
      if (shown === undefined) return [];
      const word = old === undefined ? 'added' : now === undefined ? 'removed' : 'changed';
      return [
        {
          subject: id,
          affected: [`${id} ${word}`],
          certainty: 'undecided' as const,
          evidence: 'UNKNOWN' as const,
          place: { resource: shown.resource, path: [] },
          placeSide: now === undefined ? ('base' as const) : ('head' as const),
          message: `${named(shown.resource)} is ${word}: it rewrites the proxy's own configuration, and what that does to requests is not computed`,
          impact: 'it can remove or precede the filters that enforce mutual TLS, authorization and tokens',
          remedy: 'read the patch against the filters that it names, keep it off the authentication and authorization filters, and pin images by digest',
          validation: { positive: 'an allowed request to a workload that it selects is answered', negative: 'a request that a policy refuses is still refused at a workload that it selects' },
        },
      ];
    });
  },
});

function contents(side: SideFacts): ReadonlyMap<string, { readonly resource: AnyResource; readonly content: string }> {
  return new Map([...side.of('EnvoyFilter'), ...side.of('WasmPlugin'), ...side.of('TrafficExtension')].map((resource) => [resourceId(resource), { resource, content: resource.spec.content }]));
}
