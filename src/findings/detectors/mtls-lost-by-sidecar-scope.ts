/**
 * A narrower Sidecar scope does not block: under ALLOW_ANY a mesh Service that is no longer in scope is called as an unknown address,
 * without mutual TLS (M98 to M100).
 */
import { resourceId, type Resource } from '#manifests/resource.ts';
import { hostMatches, hostOf } from '#mesh/hosts.ts';
import { defineDetector } from '../detector.ts';
import { grouped, inMesh, type SideFacts } from '../facts.ts';
import { isWide, outboundOf } from '../outbound.ts';
import { listed, named } from '../text.ts';

export const mtlsLostBySidecarScope = defineDetector({
  rule: 'mtls-lost-by-sidecar-scope',
  detectOpenings: ({ base, head }) => {
    const callers = grouped(head.workloads.filter((workload) => workload.enrolment.mode === 'sidecar' || (workload.enrolment.mode === 'unknown' && workload.enrolment.inWorld === 'sidecar')), (workload) => workload.namespace);
    const enrolled = new Set(head.workloads.filter((workload) => inMesh(workload)).map((workload) => workload.namespace));
    const services = head.of('Service').filter((service) => service.spec.selector !== undefined && service.namespace !== undefined && enrolled.has(service.namespace));
    return [...callers.keys()].flatMap((namespace) => {
      const sidecar = scopeOf(head, namespace);
      if (sidecar === undefined || outboundOf(head)(namespace).registryOnly) return [];
      const earlier = scopeOf(base, namespace);
      const lost = services.filter((service) => !covers(sidecar, namespace, service) && (earlier === undefined || covers(earlier, namespace, service)) && base.of('Service').some((other) => other.name === service.name && other.namespace === service.namespace));
      const [first] = lost;
      if (first === undefined) return [];
      return [
        {
          subject: resourceId(sidecar),
          facet: namespace,
          affected: lost.map((service) => `${namespace} ${hostOf(service)}`),
          certainty: 'conditional' as const,
          place: { resource: sidecar, path: ['spec', 'egress'] },
          message: `a call from any workload of \`${namespace}\` to ${listed(lost.map(hostOf))} leaves without mutual TLS now: ${named(sidecar)} takes it out of scope, and unknown addresses are let through`,
          impact: 'the scope blocks nothing; calls that still happen arrive without an identity, in plaintext, and fail where mutual TLS is required',
          remedy: 'name the Service in `egress.hosts`, or set `outboundTrafficPolicy.mode: REGISTRY_ONLY` if the call is to be refused',
          validation: { positive: `a call from \`${namespace}\` to a host in scope arrives with the caller's identity`, negative: `a call from \`${namespace}\` to \`${hostOf(first)}\` fails instead of arriving in plaintext` },
        },
      ];
    });
  },
});

/** The namespace's own Sidecar for all pods, else the root namespace's, which limit their egress (M97). */
function scopeOf(side: SideFacts, namespace: string): Resource<'Sidecar'> | undefined {
  const wide = side.of('Sidecar').filter((sidecar) => isWide(sidecar));
  const found = wide.find((sidecar) => sidecar.namespace === namespace) ?? wide.find((sidecar) => sidecar.namespace === side.mesh.config.rootNamespace);
  return found?.spec.egress === undefined || found.spec.egress.length === 0 ? undefined : found;
}

/** `namespace/dns`; `.` is the pod's own namespace, `~` none, `~/…` excludes (M99). */
function covers(sidecar: Resource<'Sidecar'>, namespace: string, service: Resource<'Service'>): boolean {
  const entries = (sidecar.spec.egress ?? []).flatMap((listener) => listener.hosts).map((entry) => ({ owner: entry.slice(0, entry.indexOf('/')), name: entry.slice(entry.indexOf('/') + 1) }));
  const fits = ({ owner, name }: { readonly owner: string; readonly name: string }): boolean => (owner === '*' || owner === service.namespace || (owner === '.' && service.namespace === namespace)) && hostMatches(name, hostOf(service));
  return entries.some(fits);
}
