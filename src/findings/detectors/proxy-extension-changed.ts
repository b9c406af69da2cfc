/**
 * An EnvoyFilter, WasmPlugin or TrafficExtension is added, removed or changed, or a pod replaces its own proxy: either can undo any
 * policy, and what it does is not computed (M61, M132, M133).
 */
import { resourceId, type AnyResource } from '#manifests/resource.ts';
import { defineDetector, type FactsPair, type OpeningDraft } from '../detector.ts';
import type { SideFacts } from '../facts.ts';
import { proxyOverrides } from '../proxy-overrides.ts';
import { named } from '../text.ts';

export const proxyExtensionChanged = defineDetector({
  rule: 'proxy-extension-changed',
  detectOpenings: (pair) => [...extensionsOf(pair), ...overridesOf(pair)],
});

function extensionsOf({ base, head }: FactsPair): OpeningDraft[] {
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
}

/** What a workload of the mesh puts in its proxy's place only since this change; gateways ask for their own template. */
function overridesOf({ base, head, renamed }: FactsPair): OpeningDraft[] {
  return head.workloads.flatMap((workload) => {
    const { resource } = workload;
    if (resource === undefined || workload.enrolment.mode === 'none' || workload.enrolment.mode === 'gateway') return [];
    const old = base.mesh.workloads.get(renamed.get(workload.id) ?? workload.id);
    const known = new Set((old === undefined ? [] : proxyOverrides(old)).map(({ key, value }) => `${key} ${value}`));
    return proxyOverrides(workload)
      .filter(({ key, value }) => !known.has(`${key} ${value}`))
      .map(({ key, value, path }) => ({
        subject: workload.id,
        facet: key,
        affected: [`${workload.id} ${key} ${value}`],
        severity: 'high' as const,
        certainty: 'undecided' as const,
        evidence: 'UNKNOWN' as const,
        place: { resource, path },
        message: `\`${workload.id}\` replaces its own proxy with \`${key}: ${clip(value)}\`: what stands before it then is not computed`,
        impact: 'the replaced proxy may enforce no mutual TLS, no authorization and no tokens, and it holds the key of the account',
        attack: 'whoever may edit the workload gives it a proxy that lets everything pass, and every policy still looks as if it were in force',
        remedy: 'remove the override; where it has to stay, review what it brings as a part of the control plane and forbid others by an admission policy',
        validation: { positive: `an allowed request to \`${workload.id}\` is answered`, negative: `a request that a policy refuses is still refused by \`${workload.id}\`` },
      }));
  });
}

function clip(value: string): string {
  const line = value.replaceAll(/\s+/g, ' ').replaceAll('`', '');
  return line.length > 80 ? `${line.slice(0, 80)}…` : line;
}

function contents(side: SideFacts): ReadonlyMap<string, { readonly resource: AnyResource; readonly content: string }> {
  return new Map([...side.of('EnvoyFilter'), ...side.of('WasmPlugin'), ...side.of('TrafficExtension')].map((resource) => [resourceId(resource), { resource, content: resource.spec.content }]));
}
