/** Declared workloads that a region admits as callers: a witness names a pod that the reader knows where it can. */
import type { Mesh } from '#mesh/model.ts';
import type { Cube, Dimension, Point } from '#sets/cube.ts';
import { pointIn } from '#sets/evaluate.ts';
import { callerNamespace, identityOf } from '#sets/matches.ts';
import type { Value } from '#sets/matcher.ts';

/** More are not tried: the sample proves the change as well. */
const tried = 3;

/**
 * The sample, sent by such workloads; none where the sample comes from outside the cluster.
 * @param proxied false: nothing at the destination takes an identity, so none is presented
 */
export function* knownCallers(meshes: readonly Mesh[], cube: Cube, sample: Point, proxied: boolean): Generator<Point> {
  const caller = sample.get('peer') ?? null;
  if (callerNamespace(caller) === undefined) return;
  let found = 0;
  const seen = new Set<string>();
  for (const mesh of meshes) {
    for (const workload of mesh.workloads.values()) {
      if (seen.has(workload.id)) continue;
      seen.add(workload.id);
      const identity = workload.enrolment.mode === 'none' ? null : `${mesh.config.trustDomain}/ns/${workload.namespace}/sa/${workload.serviceAccount}`;
      const principal = identityOf(caller) === null || !proxied ? null : identity;
      const point = new Map<Dimension, Value>([...sample].filter(([dimension]) => !dimension.startsWith('pod-label:') && (principal !== null || dimension !== 'sni')));
      point.set('peer', { principal, namespace: workload.namespace, namespaceLabels: {} });
      for (const [key, value] of Object.entries(workload.labels)) point.set(`pod-label:${key}`, value);
      if (!pointIn(cube, point)) continue;
      yield point;
      found += 1;
      if (found === tried) return;
    }
  }
}
