/** The effective mode of a port is PERMISSIVE or DISABLE: callers without a certificate are served (M6 to M18; ambient: M25 to M30). */
import { distinct } from '#lib/order.ts';
import { resourceId } from '#manifests/resource.ts';
import type { Workload } from '#mesh/model.ts';
import { defineDetector, type StateDraft } from '../detector.ts';
import { certaintyOf, grouped, guardedPorts, inMesh, namespacePlace, type SideFacts } from '../facts.ts';
import type { MtlsAt } from '../mtls.ts';
import { listed, named } from '../text.ts';

interface Open {
  readonly workload: Workload;
  readonly port: number | undefined;
  readonly answer: MtlsAt;
}

export const plaintextAccepted = defineDetector({
  rule: 'plaintext-accepted',
  alsoWithoutProxy: true,
  detectState: (side) => {
    const open = side.workloads.filter((workload) => inMesh(workload) && workload.enrolment.mode !== 'gateway').flatMap((workload) => openPorts(side, workload));
    const groups = grouped(open, ({ answer, workload }) => (answer.policy === undefined ? `Namespace/${workload.namespace}` : resourceId(answer.policy)));
    return [...[...groups].map(([subject, entries]) => draftOf(side, subject, entries)), ...phantomDrafts(side, groups)];
  },
});

function openPorts(side: SideFacts, workload: Workload): Open[] {
  const ports: (number | undefined)[] = guardedPorts(workload).map((port) => port.port);
  // A pod that declares no port still listens somewhere: what holds for undeclared ports counts (M11).
  return (ports.length === 0 ? [undefined] : ports).map((port) => ({ workload, port, answer: side.mtlsAt(workload, port) })).filter((entry) => entry.answer.mode !== 'STRICT');
}

/** What holds for the ports without an entry of their own is open as well: a port that a Service declares or no longer declares opens or closes nothing (M11). */
function opensAll(side: SideFacts, { workload, port }: Open): boolean {
  return port === undefined || side.mtlsAt(workload).mode !== 'STRICT';
}

function draftOf(side: SideFacts, subject: string, entries: readonly Open[]): StateDraft {
  const workloads = entries.map((entry) => entry.workload);
  const points = distinct(entries.map((entry) => (entry.port === undefined ? entry.workload.id : `${entry.workload.id}:${entry.port}`)));
  const answer = entries[0]?.answer;
  const policy = answer?.policy;
  const critical = workloads.some((workload) => side.criticalAssets.has(workload.id));
  const place = policy === undefined || answer === undefined ? namespacePlace(side, workloads[0]?.namespace ?? '', workloads) : { resource: policy, path: answer.path };
  return {
    subject,
    affected: distinct(entries.map((entry) => (opensAll(side, entry) ? entry.workload.id : `${entry.workload.id}:${String(entry.port)}`))),
    severity: critical ? 'high' : 'medium',
    certainty: certaintyOf(workloads),
    ...(place === undefined ? {} : { place }),
    message:
      policy === undefined
        ? `any pod without a mesh identity can talk to ${listed(points)}: no PeerAuthentication requires mutual TLS here, and the default is ${side.mesh.config.defaultMtls}`
        : `any pod without a mesh identity can talk to ${listed(points)}: ${named(policy)} makes the mode ${answer?.mode ?? 'PERMISSIVE'}`,
    ...texts(points[0] ?? subject),
  };
}

/** A policy that says PERMISSIVE or DISABLE for pods that nobody declares here. */
function phantomDrafts(side: SideFacts, known: ReadonlyMap<string, unknown>): StateDraft[] {
  return side.of('PeerAuthentication').flatMap((policy) => {
    const open = policy.spec.mode === 'PERMISSIVE' || policy.spec.mode === 'DISABLE';
    if (!open || known.has(resourceId(policy))) return [];
    const reach = side.reachOf(policy);
    if (reach.workloads.length > 0 || reach.ids.length === 0) return [];
    return [
      {
        subject: resourceId(policy),
        affected: reach.ids,
        certainty: 'conditional' as const,
        place: { resource: policy, path: ['spec', 'mtls', 'mode'] },
        message: `any pod without a mesh identity can talk to the pods that ${named(policy)} selects: it makes the mode ${policy.spec.mode}`,
        ...texts(reach.ids[0] ?? ''),
      },
    ];
  });
}

function texts(example: string): Pick<StateDraft, 'impact' | 'attack' | 'remedy' | 'validation'> {
  return {
    impact: 'traffic can be read and sent without a proof of identity; only policies that name a principal still refuse it',
    attack: `a compromised pod without a proxy connects to \`${example}\` in plaintext and is served`,
    remedy: 'bring every client into the mesh, then set `mtls.mode: STRICT` for the namespace; keep exceptions per container port in `portLevelMtls`',
    validation: {
      positive: `a request to \`${example}\` from a workload with a proxy is answered`,
      negative: `a request to \`${example}\` from a pod without a proxy is refused`,
    },
  };
}
