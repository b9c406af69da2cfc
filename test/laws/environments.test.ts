/** What environments take over from each other is what each would have found by itself, to the byte. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { worlds } from '../support/random-mesh/arbitrary.ts';
import { environmentsOf } from '../support/random-mesh/environments.ts';
import { comparedBothWays } from '../support/kinship.ts';

describe('of several environments', () => {
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
