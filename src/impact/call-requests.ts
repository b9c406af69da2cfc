/** Requests that show what a changed call does to its callers: those that the destination's policies speak of, beside the plainest one. */
import { policiesFor } from '#mesh/attachment.ts';
import type { Mesh, Workload } from '#mesh/model.ts';
import type { Query } from '#posture/query.ts';

const mostShown = 8;

/** One request for each operation that an ALLOW policy of the workload names. */
export function requestsNamed(mesh: Mesh, workload: Workload): readonly Query['request'][] {
  const operations = policiesFor(mesh, workload).authorization.flatMap(({ spec }) => (spec.action === 'ALLOW' ? spec.rules.flatMap(({ to }) => to) : []));
  const named = operations.map(({ methods, paths }): Query['request'] => ({ protocol: 'http', method: methods.find((method) => !method.includes('*')) ?? 'GET', path: exampleOf(paths[0] ?? '/') }));
  return [...new Map(named.map((request) => [`${request.method ?? ''} ${request.path ?? ''}`, request])).values()].slice(0, mostShown);
}

function exampleOf(pattern: string): string {
  const filled = pattern.replaceAll(/\{\*{1,2}\}/gu, 'x').replace(/\*$/u, '').replace(/^\*/u, '');
  return filled.startsWith('/') ? filled : `/${filled}`;
}
