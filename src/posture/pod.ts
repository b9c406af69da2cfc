/** What stands in front of a pod, whoever comes: its sidecar, its node's ztunnel, or nothing. */
import { policiesFor } from '#mesh/attachment.ts';
import { proxyPorts } from '#mesh/capture.ts';
import type { Mesh, Workload } from '#mesh/model.ts';
import type { Missing, Pod } from './addressed.ts';
import type { Arrival } from './arrival.ts';
import type { Given } from './envoy.ts';
import { opaqueGateway } from './gateway-opaque.ts';
import type { Decision, Query, Step } from './query.ts';
import { askedRequest, unnamedPodAddress } from './request.ts';
import { decideAtSidecar, decideInTunnel } from './sidecar.ts';
import { decideAtZtunnel } from './ztunnel.ts';

/** One connection on its way to a pod; how it looks there depends on the pod's enrolment. */
export interface Approach {
  readonly query: Query;
  readonly arrive: (into: 'sidecar' | 'ambient') => Arrival | Missing;
}

export function decideAtPod(mesh: Mesh, pod: Pod, approach: Approach): Decision {
  const given: Given = approach.query.given ?? {};
  const { workload } = pod;
  const { enrolment } = workload;
  if (enrolment.mode !== 'unknown') return decideIn(mesh, pod, enrolment.mode, approach, given);
  const told = given[enrolment.assumption];
  if (told !== undefined) return decideIn(mesh, pod, told ? enrolment.inWorld : 'none', approach, given);
  // R24: both worlds; outside the mesh nothing refuses.
  const inside = decideIn(mesh, pod, enrolment.inWorld, approach, given);
  if (inside.verdict === 'allow') return inside;
  return unknown('R24', enrolment.assumption, [...inside.because, { rule: 'R24', text: `whether \`${workload.id}\` is in the mesh is not known: ${inside.verdict} inside, allow outside` }]);
}

function decideIn(mesh: Mesh, { workload, port }: Pod, mode: 'sidecar' | 'ambient' | 'gateway' | 'none', approach: Approach, given: Given): Decision {
  switch (mode) {
    case 'none':
      return unguarded([{ rule: 'M3D', text: `\`${workload.id}\` is not in the mesh${workload.enrolment.mode === 'none' ? `: ${workload.enrolment.because}` : ''}` }]);
    case 'gateway':
      // The symbolic side has one boolean for what a gateway routes; a question may give it.
      if (given[opaqueGateway(workload)] === true) return { verdict: 'allow', layer: 'routing', by: [], enforcedAt: 'gateway', because: [{ rule: 'M110', text: `given that \`${workload.id}\` routes the request` }] };
      if (given[opaqueGateway(workload)] === false) return { verdict: 'deny', layer: 'routing', by: [], enforcedAt: 'gateway', because: [{ rule: 'M110', text: `given that \`${workload.id}\` routes no such request` }] };
      return unknown('M110', `what the gateway \`${workload.id}\` routes to`, []);
    case 'sidecar': {
      const arrival = approach.arrive('sidecar');
      const tunnelled = 'tunnelled' in arrival && arrival.tunnelled;
      if (!tunnelled && isProxyPort(workload, port)) return unguarded([{ rule: 'M155', text: `port ${String(port)} is the proxy's own, no policy acts there` }]);
      if (!tunnelled && !capturedAt(workload, port)) return unguarded([{ rule: 'M69', text: `port ${String(port)} of \`${workload.id}\` does not go through the proxy` }]);
      if ('missing' in arrival) return unknown(arrival.rule, arrival.missing, []);
      const attached = policiesFor(mesh, workload);
      return tunnelled ? decideInTunnel(mesh, workload, attached, request(approach, workload, port, arrival), given) : decideAtSidecar(mesh, workload, attached, request(approach, workload, port, arrival), given);
    }
    case 'ambient': {
      const arrival = approach.arrive('ambient');
      if ('missing' in arrival) return unknown(arrival.rule, arrival.missing, []);
      return decideAtZtunnel(mesh, workload, request(approach, workload, port, arrival));
    }
  }
}

function request({ query }: Approach, workload: Workload, port: number, { principal, tunnelled }: Arrival): ReturnType<typeof askedRequest> {
  // Inside mesh mTLS the client's own TLS is bytes like any other.
  const ownTls = principal !== null && (query.request.protocol === 'tls' || query.request.protocol === 'https');
  const host = tunnelled && query.request.host === undefined ? { host: `${unnamedPodAddress}:${String(port)}` } : {};
  return askedRequest({ ...query, to: { ...query.to, port }, request: { ...query.request, ...(ownTls ? { protocol: 'tcp' } : {}), ...host } }, principal, workload);
}

export function unknown(rule: string, missing: string, because: readonly Step[]): Decision {
  return { verdict: 'unknown', rule, missing, because };
}

export function unguarded(because: readonly Step[]): Decision {
  return { verdict: 'allow', layer: 'none', by: [], enforcedAt: 'none', because };
}

/** A port of the proxy itself that nothing declares as the application's. */
export function isProxyPort(workload: Workload, port: number): boolean {
  return proxyPorts.has(port) && !workload.ports.some((candidate) => candidate.port === port);
}

export function capturedAt(workload: Workload, port: number): boolean {
  return workload.ports.find((candidate) => candidate.port === port)?.captured ?? workload.otherPortsCaptured;
}
