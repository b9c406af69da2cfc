import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { closedMesh, readManifests } from '#app/scenarios.ts';
import { decide, workloadNamed } from '#posture/answer.ts';
import { throughNetworkPaths } from '#posture/network-paths.ts';
import { pathsTo } from '#posture/paths.ts';
import { pointOf, queryOf } from '#posture/point.ts';
import { passes } from '#sets/evaluate.ts';
import { clusterPolicies, inhabitants, manifestsOf, meshPolicies, networkPolicies } from '../support/clusters.ts';
import { packets } from '../support/packets.ts';

describe('the network’s layers as cubes', () => {
  test('give a packet’s point the verdict that `decide` gives, and the point leads back to the packet', () => {
    const worlds = fc.tuple(networkPolicies, clusterPolicies, meshPolicies, fc.array(packets, { minLength: 4, maxLength: 12 }));
    let denied = 0;
    let allowed = 0;
    fc.assert(
      fc.property(worlds, ([policies, cluster, proxies, questions]) => {
        const mesh = closedMesh(readManifests(manifestsOf([...inhabitants, ...policies, ...cluster, ...proxies])));
        for (const query of questions) {
          const workload = workloadNamed(mesh, query.to.workload ?? '');
          if (workload === undefined) throw new Error('the cluster lacks the workload');
          const posture = throughNetworkPaths(pathsTo(mesh, workload), mesh, workload);
          const point = pointOf(mesh, workload, query, posture);
          if (point === undefined) continue;
          const answer = decide(mesh, query);
          if (answer.verdict === 'allow') allowed += 1;
          else denied += 1;
          expect({ query, passes: passes(posture.possible, point) }).toEqual({ query, passes: answer.verdict === 'allow' });
          expect(decide(mesh, queryOf(workload, point, { pods: true })).verdict).toBe(answer.verdict);
        }
      }),
      { numRuns: 150, seed: 7 },
    );
    expect(denied).toBeGreaterThan(200);
    expect(allowed).toBeGreaterThan(200);
  });
});
