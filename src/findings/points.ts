/** A destination of a change as a point in a namespace: a declared workload, or a phantom read from its id. */
import type { Workload } from '#mesh/model.ts';
import type { Point, SideFacts } from './facts.ts';

export type PolicyPoint = Point & { readonly workload: Workload | undefined };

/** `undefined`: a destination that policies by selector do not reach (an external host, a missing target, an expression). */
export function pointsOf(side: SideFacts, destination: string): PolicyPoint | undefined {
  const workload = side.mesh.workloads.get(destination);
  if (workload !== undefined) return { namespace: workload.namespace, labels: workload.labels, enrolment: workload.enrolment, workload };
  const slash = destination.indexOf('/');
  if (slash < 0) return undefined;
  const namespace = destination.slice(0, slash);
  const selector = destination.slice(slash + 1);
  if (selector === '*') return phantom(namespace, {});
  const labels: Record<string, string> = {};
  for (const pair of selector.split(',')) {
    const match = /^([^=!() ]+)=([^=]*)$/.exec(pair);
    if (match?.[1] === undefined) return undefined;
    labels[match[1]] = match[2] ?? '';
  }
  return phantom(namespace, labels);
}

/** Judged in the world in which the policies are enforced (R24). */
function phantom(namespace: string, labels: Readonly<Record<string, string>>): PolicyPoint {
  return { namespace, labels, enrolment: { mode: 'unknown', assumption: `enrolment:${namespace}`, inWorld: 'sidecar' }, workload: undefined };
}
