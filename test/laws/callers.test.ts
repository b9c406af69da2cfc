/** What is said of callers whom the repository declares is the open report, restricted to them: each is asked of the engine alone. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { callersOf, knownIdentities, principalOf, ANY_IDENTITY } from '#impact/callers.ts';
import type { RawChange } from '#impact/raw-change.ts';
import type { Mesh } from '#mesh/model.ts';
import { forwardedTies } from '#posture/forwarded-ties.ts';
import { impossible, pathsTo } from '#posture/paths.ts';
import type { Cube } from '#sets/cube.ts';
import { difference } from '#sets/difference.ts';
import type { Matcher } from '#sets/matcher.ts';
import { worlds } from '../support/random-mesh/arbitrary.ts';
import { sidecarsOnly } from '../support/random-mesh/manifests.ts';
import { compared, limits } from '../support/random-mesh/comparison-laws.ts';
import { meshesOf } from '../support/random-mesh/world.ts';
import { actionOf } from '../support/mesh-rewrites.ts';

const only = (matcher: Matcher): Cube => ({ predicates: [{ dimension: 'peer', any: [matcher], none: [] }], origins: [] });
const account = (principal: string): Cube => only({ type: 'principal', pattern: { type: 'exact', text: principal } });
const nobody = only({ type: 'absent' });

const ways = [['widened', 'head'], ['narrowed', 'base']] as const;

test('a declared caller is named exactly where the change, restricted to it, is not empty; so are callers without an identity, and unknown ones', () => {
  const counts = { asked: 0, named: 0, plaintext: 0, anybody: 0 };
  fc.assert(
    fc.property(worlds(sidecarsOnly), ({ base: before, head: after, ...rest }) => {
      const bare = (documents: typeof before): typeof before => documents.filter((document) => actionOf(document) !== 'CUSTOM');
      const sides = meshesOf({ ...rest, base: bare(before), head: bare(after) });
      const { changes } = compared(sides.base, sides.head);
      for (const [direction, passing] of ways) {
        const mesh = sides[passing];
        const other = passing === 'head' ? sides.base : sides.head;
        for (const workload of mesh.workloads.values()) {
          const there = other.workloads.get(workload.id);
          if (there === undefined) continue;
          const here = changes.filter((change) => change.direction === direction && change.destination.id === workload.id);
          const [from, to] = [pathsTo(other, there), pathsTo(mesh, workload)];
          const opens = (within: Cube): boolean => difference({ from: from.possible, to: to.possible, impossible: [...impossible, ...from.ties, ...to.ties, ...forwardedTies([from, to])], within: [within], preferred: new Map(), limits }).regions.length > 0;
          judge(here, mesh, opens, counts);
        }
      }
    }),
    { numRuns: 250, seed: 31 },
  );
  expect(counts.named).toBeGreaterThan(30);
  expect(counts.named).toBeLessThan(counts.asked);
  expect(counts.plaintext).toBeGreaterThan(10);
  expect(counts.anybody).toBeGreaterThan(10);
}, 120_000);

function judge(changes: readonly RawChange[], mesh: Mesh, opens: (within: Cube) => boolean, counts: { asked: number; named: number; plaintext: number; anybody: number }): void {
  const said = changes.map((change) => callersOf(change.cubes, knownIdentities(mesh), mesh));
  for (const caller of mesh.workloads.values()) {
    if (caller.enrolment.mode === 'none') continue;
    const id = `${caller.namespace}/${caller.name}[${caller.kind}]`;
    const named = said.some(({ known }) => known.includes(id));
    counts.asked += 1;
    counts.named += Number(named);
    expect({ id, named }).toEqual({ id, named: opens(account(principalOf(mesh, caller))) });
  }
  const plaintext = said.some((callers) => callers.plaintext);
  counts.plaintext += Number(plaintext);
  expect({ plaintext }).toEqual({ plaintext: opens(nobody) });
  // Of whoever comes with an identity of the mesh that nobody names.
  const anybody = said.some(({ open }) => open.includes(ANY_IDENTITY));
  counts.anybody += Number(anybody);
  if (anybody) expect({ anybody }).toEqual({ anybody: opens(account(`${mesh.config.trustDomain}/ns/nobody-names-it/sa/nobody-names-it`)) });
}
