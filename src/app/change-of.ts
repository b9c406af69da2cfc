/** The change whose region holds a question: the answer on two sides, led back to what was reviewed. */
import type { Change } from '#impact/change.ts';
import type { DescribedChange } from '#impact/describe.ts';
import { hasNetwork, hasNetworkPolicies, throughNetworkPaths } from '#posture/network-paths.ts';
import { clientOf } from '#posture/arrival.ts';
import { pathsTo } from '#posture/paths.ts';
import { pointOf } from '#posture/point.ts';
import { addressed } from '#posture/addressed.ts';
import type { Decision, Query } from '#posture/query.ts';
import type { Mesh, Workload } from '#mesh/model.ts';
import { namespaceOfId } from '#mesh/workload-id.ts';
import type { Point } from '#sets/cube.ts';
import { pointIn } from '#sets/evaluate.ts';

export interface Asked {
  readonly environment: string;
  readonly base: Mesh;
  readonly head: Mesh;
  readonly answers: { readonly base: Decision; readonly head: Decision };
}

const rank: Readonly<Record<string, number>> = { deny: 0, asks: 1, allow: 2 };

/** @returns the first in rank; nothing where the verdict does not move, or no cube holds the question */
export function changeOf(query: Query, { environment, base, head, answers }: Asked, changes: readonly DescribedChange[]): Change | undefined {
  const [before, after] = [rank[answers.base.verdict], rank[answers.head.verdict]];
  if (before === undefined || after === undefined || before === after) return undefined;
  const direction = after > before ? 'widened' : 'narrowed';
  const policed = hasNetworkPolicies(base) || hasNetworkPolicies(head);
  const points = (after > before ? [head, base] : [base, head]).flatMap((mesh) => pointsAt(mesh, query, policed));
  const asked = new Set([base, head].flatMap((mesh) => askedWorkloads(mesh, query)).map(({ id }) => id));
  const own = changes.filter(({ change }) => change.environments.includes(environment) && change.direction === direction && change.destinations.some(({ id }) => asked.has(id)));
  return own.find(({ cubes }) => points.some((point) => cubes.some((cube) => pointIn(cube, point))))?.change;
}

/** The declared workload that a question names, or those behind the host that it names. */
export function askedWorkloads(mesh: Mesh, query: Query): readonly Workload[] {
  if (query.to.selector !== undefined) return [];
  const destination = addressed(mesh, query);
  return 'missing' in destination ? [] : destination.pods.map(({ workload }) => workload);
}

/**
 * The question as regions speak of it, at each workload that it leads to.
 * @param policed NetworkPolicies stand on some side: the calling pod and its labels are part of the request then
 */
export function pointsAt(mesh: Mesh, query: Query, policed: boolean): readonly Point[] {
  return askedWorkloads(mesh, query).flatMap((workload) => {
    const direct = pathsTo(mesh, workload);
    return pointOf(mesh, workload, named(mesh, query), policed && hasNetwork(workload) ? throughNetworkPaths(direct, mesh, workload) : direct) ?? [];
  });
}

/** A region speaks of identities, a question may name the workload that has one. */
function named(mesh: Mesh, query: Query): Query {
  if (query.from.workload === undefined || query.from.principal !== undefined) return query;
  const client = clientOf(mesh, query, query.given ?? {});
  if ('missing' in client) return query;
  const { workload, ...from } = query.from;
  const labels = client.workload?.labels ?? {};
  return { ...query, from: { ...from, principal: client.identity, pod: { namespace: namespaceOfId(workload), labels } } };
}
