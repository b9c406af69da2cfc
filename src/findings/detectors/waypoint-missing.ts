/**
 * `istio.io/use-waypoint` names no waypoint, one that serves another kind of traffic, or one that does not admit the namespace: traffic goes
 * straight to the destination, and the policies that stand at the waypoint are passed by (M75 to M80). As an annotation it does nothing.
 */
import { resourceId, type AnyResource } from '#manifests/resource.ts';
import { bindingOf, isWaypoint, type Addressed, type Binding } from '#mesh/waypoints.ts';
import type { FieldPath } from '#source/origin.ts';
import { defineDetector, type StateDraft } from '../detector.ts';
import { inMesh, isAmbient, type SideFacts } from '../facts.ts';
import { named } from '../text.ts';

const key = 'istio.io/use-waypoint';

interface Ask {
  readonly subject: string;
  readonly what: string;
  readonly resource: AnyResource;
  readonly path: FieldPath;
  readonly binding: Binding;
}

export const waypointMissing = defineDetector({
  rule: 'waypoint-missing',
  detectState: (side) => {
    const declared = side.of('KubernetesGateway').some((gateway) => isWaypoint(side.mesh, gateway));
    return [...asks(side).map((ask) => draftOf(ask, declared)), ...annotated(side)];
  },
});

/** Labels that lead nowhere; a namespace's where neither its Services nor its pods can use what it names. */
function asks(side: SideFacts): readonly Ask[] {
  const own = (resource: AnyResource, labels: Readonly<Record<string, string>>, addressed: Addressed, path: FieldPath, subject: string, what: string): Ask[] => {
    const binding = Object.hasOwn(labels, key) ? bindingOf(side.mesh, labels, resource.namespace ?? '', addressed) : undefined;
    return binding?.fault === undefined ? [] : [{ subject, what, resource, path, binding }];
  };
  const services = [...side.of('Service'), ...side.of('ServiceEntry')].flatMap((service) => own(service, service.labels, 'service', ['metadata', 'labels', key], resourceId(service), named(service)));
  const pods = side.workloads.flatMap((workload) =>
    workload.resource === undefined || !inMesh(workload) || !isAmbient(workload) ? [] : own(workload.resource, workload.labels, 'workload', [...templateOf(workload.kind), 'metadata', 'labels', key], workload.id, `\`${workload.id}\``),
  );
  const namespaces = side.of('Namespace').flatMap((namespace): Ask[] => {
    if (!Object.hasOwn(namespace.labels, key)) return [];
    const bindings = (['service', 'workload'] as const).map((addressed) => bindingOf(side.mesh, {}, namespace.name, addressed));
    const [binding] = bindings;
    if (binding === undefined || bindings.some((each) => each?.fault === undefined)) return [];
    return [{ subject: resourceId(namespace), what: named(namespace), resource: namespace, path: ['metadata', 'labels', key], binding }];
  });
  return [...services, ...pods, ...namespaces];
}

function templateOf(kind: string): FieldPath {
  if (kind === 'Pod') return [];
  return kind === 'CronJob' ? ['spec', 'jobTemplate', 'spec', 'template'] : ['spec', 'template'];
}

const faults: Readonly<Record<NonNullable<Binding['fault']>, string>> = {
  missing: 'no such Gateway is declared here',
  'no-waypoint': 'that Gateway is no waypoint: its class is another one',
  'wrong-type': 'that waypoint serves another kind of traffic (`istio.io/waypoint-for`)',
  'not-admitted': 'that waypoint admits no traffic of this namespace (`allowedRoutes` of its HBONE listener)',
};

function draftOf({ subject, what, resource, path, binding }: Ask, declared: boolean): StateDraft {
  const elsewhere = binding.fault === 'missing';
  return {
    subject,
    affected: [`${subject} ${binding.id}`],
    // Where no waypoint is declared at all, they are deployed from elsewhere.
    severity: elsewhere && !declared ? 'medium' : 'high',
    certainty: elsewhere ? 'conditional' : 'proved',
    ...(elsewhere ? { evidence: 'INFERRED' as const } : {}),
    place: { resource, path },
    message: `${what} asks for the waypoint \`${binding.id}\`, and ${faults[binding.fault ?? 'missing']}: traffic goes straight to the pods`,
    impact: 'policies that are bound to the waypoint or to the Service are enforced by nobody',
    remedy: 'name a Gateway of a waypoint class that is there, serves this kind of traffic and admits the namespace; restrict the pods to the waypoint\'s account so that a missing waypoint closes instead of opening',
    validation: { positive: 'a request that the policies allow is answered and seen by the waypoint', negative: 'a request that a policy of the waypoint refuses is refused' },
  };
}

function annotated(side: SideFacts): StateDraft[] {
  const objects: readonly AnyResource[] = [...side.of('Service'), ...side.of('ServiceEntry'), ...side.of('Namespace')];
  return objects.flatMap((resource): StateDraft[] => {
    if (!Object.hasOwn(resource.annotations, key) || Object.hasOwn(resource.labels, key)) return [];
    return [
      {
        subject: resourceId(resource),
        facet: 'annotation',
        affected: [`${resourceId(resource)} annotation`],
        severity: 'medium',
        place: { resource, path: ['metadata', 'annotations', key] },
        message: `${named(resource)} asks for a waypoint by an annotation, which nobody reads: \`${key}\` is a label`,
        impact: 'traffic goes straight to the pods, and policies that are bound to a waypoint are enforced by nobody',
        remedy: `move \`${key}\` to \`metadata.labels\``,
        validation: { positive: 'a request that the policies allow is answered and seen by the waypoint', negative: 'a request that a policy of the waypoint refuses is refused' },
      },
    ];
  });
}
