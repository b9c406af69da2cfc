import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compareRecorded } from '#app/change-scenarios.ts';
import { closedMesh, readManifests } from '#app/scenarios.ts';
import type { RawChange } from '#impact/raw-change.ts';
import type { Mesh } from '#mesh/model.ts';
import { decide } from '#posture/answer.ts';
import { cubeKey } from '#sets/keys.ts';
import { clusterPolicies, inhabitants, manifestsOf, meshPolicies, networkPolicies, type ClusterObject } from '../support/clusters.ts';
import { packets } from '../support/packets.ts';

const meshOf = (objects: readonly ClusterObject[]): Mesh => closedMesh(readManifests(manifestsOf([...inhabitants, ...objects])));

/** What a reader sees of a change, without the side it is told from. */
const seen = (change: RawChange): string => `${change.destination.id} ${change.facet} ${change.cubes.map(cubeKey).sort().join(' | ')}`;

const mirrored: Readonly<Record<string, string>> = { widened: 'narrowed', narrowed: 'widened', 'latent-widened': 'latent-narrowed', 'latent-narrowed': 'latent-widened', 'undecided-widened': 'undecided-narrowed', 'undecided-narrowed': 'undecided-widened' };

describe('laws of the network', () => {
  test('the first NetworkPolicy never widens', () => {
    fc.assert(
      fc.property(networkPolicies, meshPolicies, (policies, proxies) => {
        const { changes, internalErrors } = compareRecorded(meshOf(proxies), meshOf([...proxies, ...policies.slice(0, 1)]));
        expect(internalErrors).toEqual([]);
        expect(changes.map((change) => change.direction).filter((direction) => direction.endsWith('widened'))).toEqual([]);
      }),
      { numRuns: 25, seed: 1 },
    );
  });

  test('order and duplicates do not matter', () => {
    fc.assert(
      fc.property(networkPolicies, clusterPolicies, (policies, cluster) => {
        const copies = policies.map((policy) => ({ ...policy, metadata: { ...policy.metadata, name: `copy-of-${policy.metadata.name}` } }));
        const { changes } = compareRecorded(meshOf([...policies, ...cluster]), meshOf([...cluster, ...copies, ...[...policies].reverse()]));
        expect(changes.map((change) => `${change.direction} ${seen(change)}`)).toEqual([]);
      }),
      { numRuns: 25, seed: 2 },
    );
  });

  test('swapping base and head swaps widened and narrowed', () => {
    fc.assert(
      fc.property(networkPolicies, networkPolicies, meshPolicies, (one, other, proxies) => {
        const there = compareRecorded(meshOf([...one, ...proxies]), meshOf([...other, ...proxies]));
        const back = compareRecorded(meshOf([...other, ...proxies]), meshOf([...one, ...proxies]));
        expect(there.internalErrors).toEqual([]);
        const told = there.changes.map((change) => `${mirrored[change.direction] ?? change.direction} ${seen(change)}`).sort();
        expect(told).toEqual(back.changes.map((change) => `${change.direction} ${seen(change)}`).sort());
      }),
      { numRuns: 10, seed: 3 },
    );
  });

  test('every packet whose answer moves lies in a change of that direction', () => {
    let moved = 0;
    const sides = fc.tuple(networkPolicies, clusterPolicies, networkPolicies, clusterPolicies, meshPolicies);
    fc.assert(
      fc.property(sides, fc.array(packets, { minLength: 10, maxLength: 20 }), ([one, oneCluster, other, otherCluster, proxies], questions) => {
        const base = meshOf([...one, ...oneCluster, ...proxies]);
        const head = meshOf([...other, ...otherCluster, ...proxies]);
        const judged = compareRecorded(base, head);
        expect(judged.internalErrors).toEqual([]);
        for (const query of questions) {
          const before = decide(base, query).verdict;
          const after = decide(head, query).verdict;
          if (before !== after) moved += 1;
          expect({ query, before, after, unexplained: judged.unexplained(query, before, after) }).toEqual({ query, before, after, unexplained: undefined });
        }
      }),
      { numRuns: 12, seed: 4 },
    );
    expect(moved).toBeGreaterThan(20);
  });
});
