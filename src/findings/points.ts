/** A destination of a change as a point in a namespace: a declared workload, or a phantom read from its id. */
import type { Workload } from '#mesh/model.ts';
import type { Point, SideFacts } from './facts.ts';

export type PolicyPoint = Point & { readonly workload: Workload | undefined };

/** `undefined`: a destination that policies by selector do not reach (an external host, a missing target, an expression). */
export function pointsOf(side: SideFacts, destination: string): PolicyPoint | undefined {
  const workload = side.mesh.workloads.get(destination);
  if (workload !== undefined) return { namespace: workload.namespace, labels: workload.labels, enrolment: workload.enrolment, workload };
  const namespace = namespaceOfPhantom(side, destination);
  if (namespace === undefined) return undefined;
  const selector = destination.slice(namespace.length + 1);
  if (selector === '*') return phantom(namespace, {});
  const labels: Record<string, string> = {};
  for (const pair of selector.split(',')) {
    const match = /^([^=!() ]+)=([^=]*)$/.exec(pair);
    if (match?.[1] === undefined) return undefined;
    labels[match[1]] = match[2] ?? '';
  }
  return phantom(namespace, labels);
}

const policyKinds = ['AuthorizationPolicy', 'PeerAuthentication', 'RequestAuthentication', 'NetworkPolicy'] as const;

/** A placeholder namespace (`~apps/shop`, R22) has slashes of its own, and so have keys of labels: it is one that policies live in. */
function namespaceOfPhantom(side: SideFacts, destination: string): string | undefined {
  const slash = destination.indexOf('/');
  if (slash < 0) return undefined;
  if (!destination.startsWith('~')) return destination.slice(0, slash);
  const living = policyKinds.flatMap((kind) => side.of(kind).map(({ namespace = '' }) => namespace));
  return living.filter((namespace) => destination.startsWith(`${namespace}/`)).sort((left, right) => right.length - left.length)[0];
}

/** Judged in the world in which the policies are enforced (R24). */
function phantom(namespace: string, labels: Readonly<Record<string, string>>): PolicyPoint {
  return { namespace, labels, enrolment: { mode: 'unknown', assumption: `enrolment:${namespace}`, inWorld: 'sidecar' }, workload: undefined };
}
