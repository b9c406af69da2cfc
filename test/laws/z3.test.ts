/** The difference by a solver that knows nothing of ours: it is asked for a point at which the engine is wrong. `npm run prove:z3` asks more. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Random } from '../support/random-mesh/random.ts';
import { randomSlice } from '../support/random-slices.ts';
import { engineSays } from '../support/second-opinion.ts';
import { startZ3, type Z3 } from '../support/z3.ts';

let z3: Z3;
beforeAll(async () => {
  z3 = await startZ3(2_000);
});
afterAll(() => z3.close());

test('z3 finds no point at which the engine is wrong, and finds one where a region is missing', async () => {
  const counts = { same: 0, differs: 0, unknown: 0, wrongSeen: 0 };
  for (let seed = 1; seed <= 40; seed += 1) {
    const { problem, values } = randomSlice(new Random(seed), 15);
    const said = engineSays(problem, values);
    if (said === undefined) continue;
    counts[await z3.compare(problem, said.cubes, said.domain)] += 1;
    if (counts.wrongSeen < 5 && said.cubes.length > 0) counts.wrongSeen += Number((await z3.compare(problem, [], said.domain)) === 'differs');
  }
  expect(counts.differs).toBe(0);
  expect(counts.same).toBeGreaterThan(25);
  expect(counts.wrongSeen).toBe(5);
}, 60_000);
