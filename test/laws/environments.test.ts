/** What environments take over from each other is what each would have found by itself, to the byte. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { canonical } from '#lib/canonical.ts';
import { resourceId } from '#manifests/resource.ts';
import { Citations } from '#app/cite.ts';
import { compareEnvironments } from '#app/compare-environments.ts';
import { defaultConfig } from '#app/config.ts';
import { limitsOf } from '#app/review.ts';
import type { Detector, EnvironmentFacts, Place } from '#findings/detector.ts';
import { detectors } from '#findings/registry.ts';
import { environmentFacts } from '#findings/run.ts';
import { compareStates } from '#findings/states.ts';
import { measureWhole } from '#maturity/scorecard-of.ts';
import { worlds } from '../support/random-mesh/arbitrary.ts';
import { environmentsOf } from '../support/random-mesh/environments.ts';
import { comparedBothWays } from '../support/kinship.ts';

/** Everything of a finding's state, with the files of its places. */
function told(pair: EnvironmentFacts): readonly string[] {
  const place = ({ resource, path }: Place): unknown => [resourceId(resource), resource.origin.file, path];
  const states = compareStates(Object.values(detectors), pair).map(({ detector, draft: { place: own, related = [], ...draft }, ...state }) => canonical([detector.rule, draft, own === undefined ? null : place(own), related.map((each) => [place(each), each.message]), state]));
  const measured = [pair.head, ...(pair.base === undefined ? [] : [pair.base])].map((side) => canonical(Object.entries(measureWhole(side)).map(([dimension, { parts, ...rest }]) => [dimension, rest, parts.map(({ items, grid, ...part }) => [part, [...items], grid?.mean() ?? null])])));
  return [...states, ...measured];
}

describe('of several environments', () => {
  test('random environments that share most objects, rated together and each by itself: the same states and ratings', () => {
    let recalled = 0;
    let states = 0;
    fc.assert(
      fc.property(worlds(), (world) => {
        const { pair, environments } = environmentsOf(world, 4);
        const inputs = compareEnvironments(environments, undefined, limitsOf(defaultConfig), new Citations(pair)).environments.map(({ loaded, base, head, renamed }) => ({ id: loaded.id, renamed, base: { mesh: base, all: loaded.base.all }, head: { mesh: head, all: loaded.head.all } }));
        const together = environmentFacts({ environments: inputs });
        expect(together.map(told)).toEqual(inputs.map((input) => environmentFacts({ environments: [input] }).flatMap(told)));
        states += together.flatMap(told).length;
        for (const { head } of together) for (const detector of Object.values<Detector>(detectors)) if (detector.detectState !== undefined && head.recall(detector, () => undefined).from !== head) recalled += 1;
      }),
      { numRuns: 30, seed: 23 },
    );
    expect(states).toBeGreaterThan(100);
    expect(recalled).toBeGreaterThan(500);
  }, 120_000);

  test('random environments that share most objects, compared together and each by itself: the same bytes', () => {
    let taken = 0;
    let changes = 0;
    fc.assert(
      fc.property(worlds(), (world) => {
        const compared = comparedBothWays(environmentsOf(world, 4));
        expect(compared.together).toEqual(compared.apart);
        changes += compared.apart.length;
        taken += [...compared.taken.values()].reduce((sum, ids) => sum + (ids?.length ?? 0), 0);
      }),
      { numRuns: 40, seed: 17 },
    );
    expect(changes).toBeGreaterThan(100);
    expect(taken).toBeGreaterThan(25);
  }, 120_000);
});
