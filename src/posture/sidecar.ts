/** What the sidecar of a workload does with one connection or request, step by step. */
import type { Attached } from '#mesh/attachment.ts';
import type { Mesh, PortProtocol, Workload } from '#mesh/model.ts';
import { portsDeclaredFor } from '#mesh/services.ts';
import { effectiveMtls, foreignTrustDomain, handleConnection, handleTunnel, modeAt } from '#semantics/peer-authentication.ts';
import { holds } from '#sets/matches.ts';
import { decideByPolicies, refusedAsHttp } from './envoy.ts';
import type { Given, Seat } from './envoy.ts';
import type { Decision, Step } from './query.ts';
import type { AskedRequest } from './request.ts';

/** How a workload port takes connections: declared protocol, or sniffed (A4.4). */
export function protocolOf(workload: Workload, port: number): PortProtocol {
  return workload.ports.find((candidate) => candidate.port === port)?.protocol ?? 'auto';
}

/** The chain follows from the protocol of the port alone. */
const PROTOCOL_RULE = 'A4.4';

/** The Service that says what the port speaks; `undefined`: none does. */
function declarerOf(mesh: Mesh, workload: Workload, port: number): string | undefined {
  return portsDeclaredFor(mesh, workload).find((declared) => declared.port === port && declared.protocol === protocolOf(workload, port))?.declaredBy;
}

export function sidecarSeat(mesh: Mesh, workload: Workload, attached: Attached, tunnelled = false): Seat {
  return { enforcedAt: 'sidecar', attached, identity: `${mesh.config.trustDomain}/ns/${workload.namespace}/sa/${workload.serviceAccount}`, tunnelled };
}

export function decideAtSidecar(mesh: Mesh, workload: Workload, attached: Attached, asked: AskedRequest, given: Given): Decision {
  const because: Step[] = [];
  const note = (rule: string, text: string, by?: string, details?: Step['details']): void => {
    because.push({ rule, text, ...(by === undefined ? {} : { by }), ...(details === undefined ? {} : { details }) });
  };

  // M6 to M15: the port's mode.
  const effective = effectiveMtls(mesh, attached);
  const mode = modeAt(effective, asked.port);
  note(mode.by === undefined ? 'M6' : 'M7', `port ${String(asked.port)} of \`${workload.id}\` has mTLS mode ${mode.mode}`, mode.by, mode.by === undefined ? undefined : () => [{ by: mode.by ?? '', text: '', path: effective.ports.has(asked.port) ? ['spec', 'portLevelMtls', String(asked.port)] : ['spec', 'mtls', 'mode'] }]);
  if (effective.judgedByWeakest.length > 0) note('M15', `the creation order of ${effective.judgedByWeakest.map((id) => `\`${id}\``).join(', ')} is not known, ${judgedBy(mesh, effective.judgedByWeakest)} is taken`);

  // M16 to M18, A4.4 to A4.6: which chain takes the connection.
  const handling = handleConnection(protocolOf(workload, asked.port), mode.mode, { protocol: asked.protocol, identity: asked.principal !== null });
  if (handling.seesPeer && holds(foreignTrustDomain(mesh.config), asked.principal)) {
    note('A3.14', `the trust domain of \`${asked.principal ?? ''}\` is not accepted by TLS`);
    return { verdict: 'deny', layer: 'mtls', by: [], enforcedAt: 'sidecar', because };
  }
  const by = handling.rule === PROTOCOL_RULE ? declarerOf(mesh, workload, asked.port) : mode.by;
  note(handling.rule, handling.because, by);
  if (handling.outcome === 'refused') return { verdict: 'deny', layer: handling.layer, by: by === undefined ? [] : [by], enforcedAt: 'sidecar', because };
  if (handling.chain === 'http') {
    const refused = refusedAsHttp(asked);
    if (refused !== undefined) {
      note(refused.rule, refused.text);
      return { verdict: 'deny', layer: 'protocol', by: [], enforcedAt: 'sidecar', because };
    }
  }
  return decideByPolicies(mesh, sidecarSeat(mesh, workload, attached), asked, handling, given, because);
}

function judgedBy(mesh: Mesh, tied: readonly string[]): string {
  if (tied.filter((id) => mesh.elders.has(id)).length === 1) return 'the one that changes';
  return tied.some((id) => mesh.unsettled.has(id)) ? 'the strictest' : 'the weakest';
}

/** M20: a tunnel is mTLS whatever PeerAuthentication says, and reaches every port, captured or not. */
export function decideInTunnel(mesh: Mesh, workload: Workload, attached: Attached, asked: AskedRequest, given: Given): Decision {
  const refused = (layer: 'mtls' | 'protocol', rule: string, text: string): Decision => ({ verdict: 'deny', layer, by: [], enforcedAt: 'sidecar', because: [{ rule, text }] });
  if (holds(foreignTrustDomain(mesh.config), asked.principal)) return refused('mtls', 'A3.14', `the trust domain of \`${asked.principal ?? ''}\` is not accepted by TLS`);
  const handling = handleTunnel(protocolOf(workload, asked.port), asked.protocol);
  if (handling.outcome === 'refused') return refused('protocol', handling.rule, handling.because);
  const bad = handling.chain === 'http' ? refusedAsHttp(asked) : undefined;
  if (bad !== undefined) return refused('protocol', bad.rule, bad.text);
  return decideByPolicies(mesh, sidecarSeat(mesh, workload, attached, true), asked, handling, given, [{ rule: 'M20', text: `\`${workload.id}\` is reached in a tunnel with the identity \`${asked.principal ?? ''}\`` }]);
}
