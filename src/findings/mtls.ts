/**
 * The mutual TLS mode of a port: mesh, then namespace, then the one workload policy, then its port entry (M6 to M8); the mesh's default
 * where nothing says anything. Which of several policies of one scope wins: M13 to M15; where that is open, the weakest counts (M15a).
 */
import { compareBy } from '#lib/order.ts';
import { resourceId, type Resource } from '#manifests/resource.ts';
import { hasSelector, type Attached } from '#mesh/attachment.ts';
import type { Mesh } from '#mesh/model.ts';
import { creationSecond } from '#mesh/ports.ts';
import { ambientMtls, refusesPlaintext } from '#semantics/ambient-peer-authentication.ts';
import type { FieldPath } from '#source/origin.ts';

type PeerAuthentication = Resource<'PeerAuthentication'>;
export type EffectiveMode = 'STRICT' | 'PERMISSIVE' | 'DISABLE';

export interface MtlsAt {
  readonly mode: EffectiveMode;
  /** Who says so; `undefined`: the default of the mesh. */
  readonly policy: PeerAuthentication | undefined;
  readonly path: FieldPath;
  /** Policies of one scope among which creation time decides and is not stated; empty or at least two. */
  readonly tied: readonly PeerAuthentication[];
  /** The one of them that is in force while nothing is created anew: the others are younger (M15b, M15d). */
  readonly older?: PeerAuthentication | undefined;
}

const strength: Readonly<Record<EffectiveMode, number>> = { DISABLE: 0, PERMISSIVE: 1, STRICT: 2 };

/** How much an answer protects: DISABLE 0, PERMISSIVE 1, STRICT 2. */
export function strengthOf(mode: EffectiveMode): number {
  return strength[mode];
}

export function mtlsAt(mesh: Mesh, attached: Attached['peerAuthentication'], port: number | undefined): MtlsAt {
  let inherited: MtlsAt = { mode: mesh.config.defaultMtls, policy: undefined, path: [], tied: [] };
  for (const scope of [attached.mesh, attached.namespace, attached.workload]) {
    if (scope.length > 0) inherited = weakest(inherited, candidates(mesh, scope), rivals(mesh, scope), port);
  }
  return inherited;
}

/**
 * What a ztunnel makes of it: it refuses plaintext or not, and not every mode survives the way there (M28 to M31). The policy that a
 * sidecar would follow is cited where it agrees, else the workload's own, which is lost or goes further than it says.
 */
export function ambientMtlsAt(mesh: Mesh, attached: Attached, port: number | undefined): MtlsAt {
  const written = mtlsAt(mesh, attached.peerAuthentication, port);
  const ambient = ambientMtls(mesh, attached);
  const refuses = port === undefined ? ambient.strict : refusesPlaintext(ambient, port);
  if (refuses === (written.mode === 'STRICT')) return refuses ? written : { ...written, mode: 'PERMISSIVE' };
  if (!refuses) return { ...written, mode: 'PERMISSIVE' };
  // M30: the port's own mode is not applied, so that what the workload inherits holds.
  return { ...mtlsAt(mesh, attached.peerAuthentication, undefined), mode: 'STRICT' };
}

/**
 * Those of one scope that may be in force: the oldest, by time and then name (M13). In a repository the order of two objects that both
 * exist is open (M15a), one that the head adds is younger (M15b), objects added together follow their names (M15d).
 */
function candidates(mesh: Pick<Mesh, 'world' | 'seniors'>, policies: readonly PeerAuthentication[]): readonly PeerAuthentication[] {
  if (policies.length < 2) return policies;
  const ordered = [...policies].sort(compareBy((policy) => creationSecond(policy.creationTimestamp), (policy) => policy.name, (policy) => policy.namespace ?? ''));
  const [first] = ordered;
  if (first === undefined) return ordered;
  if (mesh.world === 'closed' || ordered.every((policy) => policy.creationTimestamp !== undefined)) return [first];
  const { seniors } = mesh;
  const old = seniors === undefined ? ordered : ordered.filter((policy) => seniors.has(resourceId(policy)));
  if (old.length === 0) return [first];
  const timed = old.find((policy) => policy.creationTimestamp !== undefined);
  return old.filter((policy) => policy.creationTimestamp === undefined || policy === timed);
}

/** Those of one scope whose order nothing but the cluster tells: objects that are restored or created anew may come in another one. */
function rivals(mesh: Mesh, policies: readonly PeerAuthentication[]): readonly PeerAuthentication[] {
  return candidates({ world: mesh.world, seniors: undefined }, policies);
}

function weakest(inherited: MtlsAt, scope: readonly PeerAuthentication[], tied: readonly PeerAuthentication[], port: number | undefined): MtlsAt {
  const answers = scope.map((policy) => answerOf(inherited, policy, port));
  const first = answers[0];
  if (first === undefined) return inherited;
  const found = answers.reduce((left, right) => (strength[right.mode] < strength[left.mode] ? right : left), first);
  return tied.length > 1 ? { ...found, tied, older: scope.length > 1 ? undefined : scope[0] } : found;
}

function answerOf(inherited: MtlsAt, policy: PeerAuthentication, port: number | undefined): MtlsAt {
  const own: MtlsAt = policy.spec.mode === 'UNSET' ? inherited : { mode: policy.spec.mode, policy, path: ['spec', 'mtls', 'mode'], tied: [] };
  const entry = port === undefined || !hasSelector(policy.spec.selector) ? undefined : policy.spec.portLevelMtls.get(port);
  if (entry === undefined || entry === 'UNSET' || port === undefined) return own;
  return { mode: entry, policy, path: ['spec', 'portLevelMtls', String(port), 'mode'], tied: [] };
}
