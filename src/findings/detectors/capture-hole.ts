/**
 * Traffic around the proxy: excluded ports and addresses, no interception, the proxy's own user (M61, M69 to M72), the ambient bypass
 * (M32). What a new hole opens is the change; the state names the hole.
 */
import type { AnyResource } from '#manifests/resource.ts';
import type { Workload } from '#mesh/model.ts';
import type { Severity } from '../finding.ts';
import { defineDetector } from '../detector.ts';
import { isAmbient } from '../facts.ts';
import { changesOf } from '../principal.ts';
import { causePhrase, destinationsPhrase, openedMessage, openedValidation } from '../text.ts';
import { goTrue } from '#mesh/capture.ts';
import type { FieldPath } from '#source/origin.ts';

interface Hole {
  readonly key: string;
  readonly path: FieldPath;
  readonly what: string;
  readonly severity: Severity;
}

export const captureHole = defineDetector({
  rule: 'capture-hole',
  detectChanges: (context) =>
    changesOf(context, 'capture-hole').map((change) => ({
      change,
      facet: 'enrolment' as const,
      severity: change.callers.internet ? 'critical' : 'high',
      message: change.direction === 'weakened' ? `no proxy stands before ${destinationsPhrase(change)} any longer${causePhrase(change)}` : openedMessage(change),
      impact: 'the workload stays in the mesh and this traffic goes around its proxy: nobody checks mutual TLS, authorization or tokens there',
      attack: 'any pod of the cluster connects to the port without an identity',
      remedy: 'let the proxy capture the port again; where one client needs an exception, make it in policy (a port of a PeerAuthentication) so that the proxy still sees the traffic',
      validation: openedValidation(change, 'a workload of the mesh that the policies name is still answered'),
    })),
  detectState: (side) =>
    side.workloads.flatMap((workload) => {
      const { resource } = workload;
      if (resource === undefined || workload.enrolment.mode === 'none' || workload.enrolment.mode === 'gateway') return [];
      return holesOf(workload, resource).map((hole) => ({
        subject: workload.id,
        facet: hole.key,
        affected: [`${workload.id} ${hole.key}`],
        severity: hole.severity,
        certainty: workload.enrolment.mode === 'unknown' ? ('conditional' as const) : ('proved' as const),
        place: { resource, path: hole.path },
        message: `${hole.what} of \`${workload.id}\` goes around its proxy: \`${hole.key}\``,
        impact: hole.severity === 'high' ? 'on this way nobody checks mutual TLS, authorization or tokens' : 'on this way calls leave without identity, registry check or egress gateway',
        attack: hole.severity === 'high' ? `any pod of the cluster connects to \`${workload.id}\` there without an identity` : `a compromised \`${workload.id}\` sends data out unseen`,
        remedy: 'remove the exclusion; where one client needs it, make the exception in policy (a port of a PeerAuthentication, a ServiceEntry) so that the proxy still sees the traffic',
        validation: { positive: `the clients of \`${workload.id}\` are answered after the exclusion is gone`, negative: `a pod without a proxy is refused by \`${workload.id}\` on the same port` },
      }));
    }),
});

/** Never captured, excluded or not (M69, M155). */
const proxyPorts: ReadonlySet<number> = new Set([15020, 15021, 15090]);

const prefix = 'traffic.sidecar.istio.io/';

function holesOf(workload: Workload, resource: AnyResource): readonly Hole[] {
  const pod: FieldPath = workload.kind === 'Pod' ? [] : workload.kind === 'CronJob' ? ['spec', 'jobTemplate', 'spec', 'template'] : ['spec', 'template'];
  const at = (key: string): FieldPath => [...pod, 'metadata', 'annotations', key];
  const value = (key: string): string | undefined => workload.annotations[key];
  if (isAmbient(workload)) {
    const key = 'ambient.istio.io/bypass-inbound-capture';
    return goTrue(value(key)) ? [{ key, path: at(key), what: 'inbound plaintext', severity: 'high' }] : [];
  }
  const holes: Hole[] = [];
  const annotated = (key: string, what: string, severity: Severity, open: (text: string) => boolean): void => {
    const text = value(key);
    if (text !== undefined && open(text.trim())) holes.push({ key, path: at(key), what, severity });
  };
  annotated('sidecar.istio.io/interceptionMode', 'all traffic', 'high', (text) => text === 'NONE');
  annotated(`${prefix}includeInboundPorts`, 'inbound traffic to ports that are not listed', 'high', (text) => text !== '*');
  if (value(`${prefix}includeInboundPorts`) === undefined || value(`${prefix}includeInboundPorts`)?.trim() === '*') {
    annotated(`${prefix}excludeInboundPorts`, 'inbound traffic to the listed ports', 'high', (text) => text.split(',').some((port) => /\d/.test(port) && !proxyPorts.has(Number(port))));
  }
  annotated(`${prefix}excludeOutboundPorts`, 'outbound traffic to the listed ports', 'medium', (text) => /\d/.test(text));
  annotated(`${prefix}excludeOutboundIPRanges`, 'outbound traffic to the listed addresses', 'medium', (text) => text !== '');
  annotated(`${prefix}includeOutboundIPRanges`, 'outbound traffic to addresses that are not listed', 'medium', (text) => text !== '*');
  annotated(`${prefix}excludeInterfaces`, 'traffic of the listed interfaces', 'medium', (text) => text !== '');
  if ('containers' in resource.spec) {
    const { spec } = resource;
    const proxyUser = 1337;
    if (spec.runAsUser === proxyUser || spec.runAsGroup === proxyUser) holes.push({ key: 'runAsUser 1337', path: [...pod, 'spec', 'securityContext'], what: 'outbound traffic', severity: 'medium' });
    const index = spec.containers.findIndex((container) => container.name !== 'istio-proxy' && (container.runAsUser === proxyUser || container.runAsGroup === proxyUser));
    if (index >= 0) holes.push({ key: `runAsUser 1337 of ${spec.containers[index]?.name ?? ''}`, path: [...pod, 'spec', 'containers', index, 'securityContext'], what: 'outbound traffic', severity: 'medium' });
  }
  return holes;
}
