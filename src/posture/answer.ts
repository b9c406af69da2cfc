/**
 * `decide`: may this request reach this workload, by which enforcement point and by which policies. Slow and plain on purpose: it is
 * the definition that the symbolic side is checked against.
 */
import { policiesFor, ofKind } from '#mesh/attachment.ts';
import type { Mesh, Workload } from '#mesh/model.ts';
import { podSpecOf, targetPortOf } from '#mesh/ports.ts';
import { selects } from '#mesh/selection.ts';
import { goFalse } from '#mesh/capture.ts';
import type { Decision, Query, Step } from './query.ts';
import { askedRequest } from './request.ts';
import type { AskedRequest } from './request.ts';
import { decideAtSidecar } from './sidecar.ts';
import type { Given } from './sidecar.ts';
import { phantomWorkload } from './destinations.ts';
import { decideAtZtunnel } from './ztunnel.ts';

export function decide(mesh: Mesh, query: Query): Decision {
  if (query.to.gateway !== undefined) return unknown('M110', `what the gateway \`${query.to.gateway}\` routes to`, []);
  const destinations = destinationsAsked(mesh, query);
  if ('missing' in destinations) return unknown(destinations.rule, destinations.missing, []);
  const answers = destinations.found.map(({ workload, port }) => decideAt(mesh, workload, { ...query, to: { ...query.to, port } }));
  const first = answers[0];
  if (first === undefined) return unknown('A2.2', 'the destination', []);
  return answers.every((answer) => answer.verdict === first.verdict) ? first : unknown('A2.2', `which pod behind \`${query.to.host ?? ''}\` is reached: they answer differently`, []);
}

function unknown(rule: string, missing: string, because: readonly Step[]): Decision {
  return { verdict: 'unknown', rule, missing, because };
}

type Asked = { readonly found: readonly { readonly workload: Workload; readonly port: number }[] } | { readonly rule: string; readonly missing: string };

function destinationsAsked(mesh: Mesh, query: Query): Asked {
  const { to } = query;
  if (to.workload !== undefined) {
    const workload = workloadNamed(mesh, to.workload);
    return workload === undefined ? { rule: 'R28', missing: `the workload \`${to.workload}\`` } : { found: [{ workload, port: to.port }] };
  }
  if (to.selector !== undefined) return { found: [{ workload: phantomWorkload(mesh, to.selector.namespace, to.selector.labels), port: to.port }] };
  if (to.host !== undefined) return podsBehind(mesh, to.host, to.port);
  return { rule: 'A2.2', missing: 'the destination: name a workload, a host or a selector' };
}

/** By id, or by `namespace/name[Kind]` where the kind is not needed. */
export function workloadNamed(mesh: Mesh, id: string): Workload | undefined {
  const direct = mesh.workloads.get(id);
  if (direct !== undefined) return direct;
  const match = /^(.*)\[(.*)\]$/.exec(id);
  const plain = match === null ? undefined : mesh.workloads.get(match[1] ?? '');
  return plain !== undefined && plain.kind === match?.[2] ? plain : undefined;
}

/** Pods of the Service `name.namespace.svc.cluster.local` (or a short form with a namespace), at the port behind its port. */
function podsBehind(mesh: Mesh, host: string, port: number): Asked {
  const [name, namespace, svc] = host.split('.');
  if (svc !== undefined && svc !== 'svc') return { rule: 'M102', missing: `what stands behind the host \`${host}\`` };
  const service = ofKind(mesh, 'Service').find((candidate) => candidate.name === name && candidate.namespace === namespace);
  const selector = service?.spec.selector;
  const servicePort = service?.spec.ports.find((candidate) => candidate.port === port);
  if (service === undefined || selector === undefined || servicePort === undefined) return { rule: 'M102', missing: `a Service \`${host}\` with port ${String(port)} and pods` };
  const found = [...mesh.workloads.values()]
    .filter((workload) => workload.namespace === service.namespace && selects(selector, workload.labels))
    .flatMap((workload) => {
      const target = targetPortOf(podSpecOf(workload), servicePort);
      return target === undefined ? [] : [{ workload, port: target }];
    });
  return found.length === 0 ? { rule: 'M102', missing: `a declared pod behind \`${host}\`` } : { found };
}

function decideAt(mesh: Mesh, workload: Workload, query: Query): Decision {
  const given: Given = query.given ?? {};
  const { enrolment } = workload;
  if (enrolment.mode !== 'unknown') return decideIn(mesh, workload, enrolment.mode, query, given);
  const told = given[enrolment.assumption];
  if (told !== undefined) return decideIn(mesh, workload, told ? enrolment.inWorld : 'none', query, given);
  // R24: both worlds; outside the mesh nothing refuses.
  const inside = decideIn(mesh, workload, enrolment.inWorld, query, given);
  if (inside.verdict === 'allow') return inside;
  return unknown('R24', enrolment.assumption, [...inside.because, { rule: 'R24', text: `whether \`${workload.id}\` is in the mesh is not known: ${inside.verdict} inside, allow outside` }]);
}

function decideIn(mesh: Mesh, workload: Workload, mode: 'sidecar' | 'ambient' | 'gateway' | 'none', query: Query, given: Given): Decision {
  switch (mode) {
    case 'none':
      return unguarded([{ rule: 'M3D', text: `\`${workload.id}\` is not in the mesh${workload.enrolment.mode === 'none' ? `: ${workload.enrolment.because}` : ''}` }]);
    case 'gateway':
      return unknown('M110', `what the gateway \`${workload.id}\` routes to`, []);
    case 'sidecar': {
      if (!capturedAt(workload, query.to.port)) return unguarded([{ rule: 'M69', text: `port ${String(query.to.port)} of \`${workload.id}\` does not go through the proxy` }]);
      const caller = callerOf(mesh, workload, query, given);
      if ('missing' in caller) return unknown(caller.rule, caller.missing, []);
      return decideAtSidecar(mesh, workload, policiesFor(mesh, workload), caller, given);
    }
    case 'ambient': {
      const caller = callerOf(mesh, workload, query, given);
      if ('missing' in caller) return unknown(caller.rule, caller.missing, []);
      return decideAtZtunnel(mesh, workload, caller, query);
    }
  }
}

function unguarded(because: readonly Step[]): Decision {
  return { verdict: 'allow', layer: 'none', by: [], enforcedAt: 'none', because };
}

export function capturedAt(workload: Workload, port: number): boolean {
  return workload.ports.find((candidate) => candidate.port === port)?.captured ?? workload.otherPortsCaptured;
}

/** Who calls, and how the connection looks to the destination. */
function callerOf(mesh: Mesh, workload: Workload, query: Query, given: Given): AskedRequest | { readonly rule: string; readonly missing: string } {
  const { from } = query;
  if (from.outside === true) return { rule: 'M130', missing: 'which gateway the client comes through' };
  if (from.principal !== undefined) return askedRequest(query, from.principal, workload);
  if (from.workload === undefined) return askedRequest(query, null, workload);
  const client = workloadNamed(mesh, from.workload);
  if (client === undefined) return { rule: 'R28', missing: `the calling workload \`${from.workload}\`` };
  const mode = client.enrolment.mode === 'unknown' ? (given[client.enrolment.assumption] === undefined ? undefined : given[client.enrolment.assumption] === true ? client.enrolment.inWorld : 'none') : client.enrolment.mode;
  if (mode === undefined && client.enrolment.mode === 'unknown') return { rule: 'R24', missing: client.enrolment.assumption };
  const identity = `${mesh.config.trustDomain}/ns/${client.namespace}/sa/${client.serviceAccount}`;
  // M48, M52: a client in the mesh presents its identity where the destination takes it.
  const inMesh = mode === 'sidecar' || mode === 'ambient' || mode === 'gateway';
  const plaintextOnly = workload.labels['security.istio.io/tlsMode'] === 'disabled' || goFalse(String(mesh.config.enableAutoMtls));
  const foreignTls = query.request.protocol === 'tls' || query.request.protocol === 'https';
  return askedRequest(foreignTls && inMesh && !plaintextOnly ? { ...query, request: { ...query.request, protocol: 'tcp' } } : query, inMesh && !plaintextOnly ? identity : null, workload);
}
