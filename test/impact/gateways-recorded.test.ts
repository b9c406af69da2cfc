/** Recorded meshes of gateways with one object edited: every recorded question's answers on both sides are what the reported changes say. */
import { afterAll, describe, expect, test } from 'vitest';
import { closedMesh, readManifests } from '#app/scenarios.ts';
import type { Query } from '#posture/query.ts';
import { fixture, linesOf } from '../conformance/recordings.ts';
import { gatewayEdits } from '../support/gateway-edits.ts';
import { judgeGateways } from '../support/gateway-judge.ts';

interface Scenario {
  readonly id: string;
  readonly manifests: string;
  readonly queries: readonly Query[];
}

const scenarios = linesOf(fixture('gateway/recorded.jsonl')).map((line) => JSON.parse(line) as Scenario);
/** The symbolic side takes every Secret for there; in the recordings these are not. */
const withSecrets = scenarios.filter(({ manifests }) => !/[:/ ]missing/.test(manifests));

/** Every so many edits of a scenario, each scenario beginning with another. */
const STEP = 7;

const edits = withSecrets.flatMap(({ manifests, queries }, position) => {
  const resources = readManifests(manifests);
  return gatewayEdits(resources).filter((_, index) => index % STEP === position % STEP).map((edit) => [{ base: resources, head: edit.resources, queries }] as const);
});
const met = { moved: 0 };

describe('a recorded gateway with one object edited', () => {
  test.each(edits)('moves the recorded answers where the changes say so, forth and back', ({ base, head, queries }) => {
    const sides = [closedMesh(base), closedMesh(head)] as const;
    for (const { moved, wrong } of [judgeGateways(sides[0], sides[1], queries), judgeGateways(sides[1], sides[0], queries)]) {
      met.moved += moved;
      expect(wrong.slice(0, 3)).toEqual([]);
    }
  });

  afterAll(() => {
    expect(edits.length).toBeGreaterThan(60);
    expect(met.moved).toBeGreaterThan(90);
  });
});
