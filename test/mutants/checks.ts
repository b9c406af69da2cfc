/** Recorded decisions, one check a line, and random worlds of fixed seeds, one check a world. */
import { readFileSync } from 'node:fs';
import { judgeLine } from '#app/scenarios.ts';
import { describe, expect, test } from 'vitest';
import { comparedBothWays } from '../support/kinship.ts';
import { environmentsOf } from '../support/random-mesh/environments.ts';
import { judge } from '../support/random-mesh/oracle.ts';
import { randomWorld } from '../support/random-mesh/world.ts';

const worlds = 150;

/** Seeds of worlds that take longer than ten others. */
const large = [14, 15, 20, 24, 32, 34, 72, 94, 125, 130, 133, 137];

/** Seeds of worlds of which several environments take something over from each other, the quick ones. */
const akin = [4, 18, 45, 68, 69, 77, 89, 90, 104, 108, 127, 140, 146];

const recorded = ['sidecar', 'sidecar-fresh', 'ambient', 'ambient-peer-authentication', 'enrolment', 'enrolment-fresh', 'networkpolicy', 'changes', 'gateway/recorded'];

for (const name of recorded) {
  const lines = readFileSync(new URL(`../../fixtures/conformance/${name}.jsonl`, import.meta.url), 'utf8').trim().split('\n');
  describe(name, () => {
    test.each(lines.map((line) => [line]))('a recorded decision', (line) => {
      const outcome = judgeLine(line);
      expect(outcome.type === 'judged' ? outcome.results.filter((result) => !result.agrees) : [outcome]).toEqual([]);
    });
  });
}

describe('random worlds', () => {
  test.each(Array.from({ length: worlds }, (_, index) => index + 1).filter((seed) => !large.includes(seed)).map((seed) => [seed]))('what is reported is what moves', (seed) => {
    expect(judge(randomWorld(seed)).counterexample).toBeUndefined();
  });

  test.each(akin.map((seed) => [seed]))('what environments take over is what each finds by itself', (seed) => {
    const { together, apart } = comparedBothWays(environmentsOf(randomWorld(seed), 4));
    expect(together).toEqual(apart);
  });
});
