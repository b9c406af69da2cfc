/**
 * `npm run prove:z3 [worlds] [first seed]`: of each seed one random slice and all slices of one random mesh, their differences compared with
 * what z3 finds. Prints counts; ends with 1 where z3 finds a point at which the engine is wrong.
 */
import { dimensionsIn, slicesOf } from '../test/support/mesh-slices.ts';
import { Random } from '../test/support/random-mesh/random.ts';
import { meshesOf, randomWorld } from '../test/support/random-mesh/world.ts';
import { randomSlice } from '../test/support/random-slices.ts';
import { engineSays } from '../test/support/second-opinion.ts';
import { startZ3 } from '../test/support/z3.ts';

const mostCubes = 100;
const timeout = 20_000;

async function main(): Promise<number> {
  const worlds = Number(process.argv[2] ?? 500);
  const first = Number(process.argv[3] ?? 1);
  if (!Number.isInteger(worlds) || worlds < 1 || !Number.isInteger(first)) {
    process.stderr.write('usage: npm run prove:z3 -- [worlds] [first seed]\n');
    return 2;
  }
  const z3 = await startZ3(timeout);
  const counts = { same: 0, differs: 0, unknown: 0, skipped: 0, nonEmpty: 0 };
  for (let seed = first; seed < first + worlds; seed += 1) {
    const { base, head } = meshesOf(randomWorld(seed));
    const meshSlices = slicesOf(base, head).map((slice) => ({ ...slice, values: new Map() }));
    for (const { problem, values, cubes } of [randomSlice(new Random(seed)), ...meshSlices]) {
      const said = cubes > mostCubes ? undefined : engineSays(problem, values);
      if (said === undefined) {
        counts.skipped += 1;
        continue;
      }
      const answer = await z3.compare(problem, said.cubes, said.domain);
      counts[answer] += 1;
      if (said.cubes.length > 0) counts.nonEmpty += 1;
      if (answer === 'differs') process.stdout.write(`seed ${String(seed)}: the engine is wrong somewhere, over ${dimensionsIn(problem).join(', ')}\n`);
    }
  }
  await z3.close();
  process.stdout.write(`${String(counts.same)} differences are the same (${String(counts.nonEmpty)} of all are not empty), ${String(counts.differs)} differ, ${String(counts.unknown)} undecided by z3 in ${String(timeout / 1000)} s, ${String(counts.skipped)} not asked\n`);
  return counts.differs > 0 ? 1 : 0;
}

process.exitCode = await main();
