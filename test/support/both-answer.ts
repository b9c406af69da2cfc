/** One question asked of the evaluator and of the layers that the symbolic side compares. */
import { expect } from 'vitest';
import type { Mesh } from '#mesh/model.ts';
import { decide } from '#posture/answer.ts';
import { pathsTo } from '#posture/paths.ts';
import { pointOf } from '#posture/point.ts';
import type { Query } from '#posture/query.ts';
import { passes } from '#sets/evaluate.ts';

/** @param id of the declared workload that the question is about, where sidecars and ambient clients call */
export function bothAnswer(mesh: Mesh, id: string, query: Query, verdict: 'allow' | 'deny'): void {
  const workload = mesh.workloads.get(id);
  if (workload === undefined) throw new Error('no such workload');
  const posture = pathsTo(mesh, workload, true);
  const point = pointOf(mesh, workload, query, posture);
  expect(decide(mesh, query).verdict).toBe(verdict);
  expect(point !== undefined && passes(posture.sure, point) ? 'allow' : 'deny').toBe(verdict);
}
