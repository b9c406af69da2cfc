/** Recorded meshes of gateways with one object edited: every recorded question's answers on both sides are what the reported changes say. */
import { describe, expect, test } from 'vitest';
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

/** Every so many edits, so that each scenario has some and the run is short. */
const STEP = 11;

describe('a recorded gateway with one object edited', () => {
  test('moves the recorded answers where the changes say so, forth and back', () => {
    const wrong: unknown[] = [];
    let [worlds, moved] = [0, 0];
    for (const { id, manifests, queries } of withSecrets) {
      const resources = readManifests(manifests);
      const base = closedMesh(resources);
      for (const [index, edit] of gatewayEdits(resources).entries()) {
        if (index % STEP !== 0) continue;
        const head = closedMesh(edit.resources);
        const judged = [judgeGateways(base, head, queries), judgeGateways(head, base, queries)];
        worlds += 1;
        for (const each of judged) {
          moved += each.moved;
          wrong.push(...each.wrong.map((what) => ({ id, edit: edit.name, what })));
        }
      }
    }
    expect(wrong.slice(0, 3)).toEqual([]);
    expect(worlds).toBeGreaterThan(40);
    expect(moved).toBeGreaterThan(60);
  }, 120_000);
});
