/**
 * Policies stand at a waypoint while the pods behind it take what skips it: a destination's ztunnel does not ask whether traffic came through
 * the waypoint (M86), so that only a policy there which lets in the waypoint's account alone closes the way around (M87).
 * @see https://istio.io/latest/docs/ambient/usage/l4-policy/
 */
import type { Mesh, Workload } from '#mesh/model.ts';
import { policiesAtWaypoint } from '#mesh/waypoint-policies.ts';
import { waypointIdentity, waypointOfService, type Waypoint } from '#mesh/waypoints.ts';
import { defineDetector, type StateDraft } from '../detector.ts';
import { certaintyOf, guardedPorts, isAmbient, isDryRun, type Policy, type SideFacts } from '../facts.ts';
import { named } from '../text.ts';

export const waypointBypass = defineDetector({
  rule: 'waypoint-bypass',
  detectState: (side) =>
    side.of('Service').flatMap((service): StateDraft[] => {
      const waypoint = waypointOfService(side.mesh, service);
      const { selector } = service.spec;
      if (waypoint === undefined || selector === undefined || Object.keys(selector).length === 0) return [];
      const [policy] = policiesAtWaypoint(side.mesh, waypoint, service).authorization.filter((candidate) => !isDryRun(candidate) && candidate.spec.action !== 'AUDIT');
      if (policy === undefined) return [];
      return side.workloads
        .filter((workload) => isAmbient(workload) && side.servicesOf(workload).includes(service))
        .flatMap((workload) => {
          const way = wayAround(side, workload);
          return way === undefined ? [] : [draftOf(side.mesh, workload, waypoint, policy, way)];
        });
    }),
});

/** Who reaches some port of the pods straight. */
function wayAround(side: SideFacts, workload: Workload): string | undefined {
  const ports = guardedPorts(workload).map((entry) => entry.port);
  const stranger = `${side.mesh.config.trustDomain}/ns/elsewhere/sa/anyone`;
  const passes = (principal: string | null): boolean =>
    (ports.length === 0 ? [80] : ports).some((port) => side.ask({ from: { principal, direct: true }, to: { workload: workload.id, port }, request: { protocol: 'http', method: 'GET', path: '/' } })?.verdict === 'allow');
  if (passes(null)) return 'any pod without a mesh identity';
  return passes(stranger) ? 'any pod of the mesh that connects to the pod\'s address' : undefined;
}

function draftOf(mesh: Mesh, workload: Workload, waypoint: Waypoint, policy: Policy, who: string): StateDraft {
  const account = waypointIdentity(mesh, waypoint);
  return {
    subject: workload.id,
    affected: [`${workload.id} ${waypoint.id}`],
    certainty: certaintyOf([workload]),
    place: { resource: policy, path: [] },
    message: `${named(policy)} stands at the waypoint \`${waypoint.id}\`, and ${who} reaches \`${workload.id}\` without it`,
    impact: 'what the policies of the waypoint refuse is answered on the straight way',
    attack: `a compromised pod connects to the address of \`${workload.id}\` itself and meets no policy of the waypoint`,
    remedy: `add an ALLOW policy with a selector for the pods that names \`${account}\` alone, and require mutual TLS (STRICT)`,
    validation: { positive: `a request through \`${waypoint.id}\` that its policies allow is answered`, negative: `a request straight to the address of \`${workload.id}\` is refused` },
    related: [{ resource: waypoint.gateway, path: [], message: 'is the waypoint that can be passed by' }],
  };
}
