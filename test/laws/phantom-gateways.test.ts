/** Gateways that only a selector names are compared like declared ones with the same labels (R29, M110). */
import { expect, test } from 'vitest';
import { canonical } from '#lib/canonical.ts';
import { buildMesh } from '#mesh/build.ts';
import { enrolmentKnowledge } from '#mesh/enrolment.ts';
import type { Mesh } from '#mesh/model.ts';
import { cubeKey } from '#sets/keys.ts';
import { compared } from '../support/random-mesh/comparison-laws.ts';
import { gatewaysOnly, type Document } from '../support/random-mesh/manifests.ts';
import { decoded, randomWorld, type World } from '../support/random-mesh/world.ts';

function openMeshes({ base, head }: Pick<World, 'base' | 'head'>): readonly [Mesh, Mesh] {
  const [before, after] = [decoded(base), decoded(head)];
  const knowledge = enrolmentKnowledge('istio-system', before, after);
  return [buildMesh(before, { world: 'open', knowledge }), buildMesh(after, { world: 'open', knowledge })];
}

/** What is told behind the gateway, whatever its name. */
function told([base, head]: readonly [Mesh, Mesh]): readonly string[] {
  return compared(base, head).changes.flatMap(({ destination, direction, facet, cubes, witness }) => {
    const [place, port] = destination.id.split(' through ');
    if (port === undefined) return [];
    return [canonical([place, port.slice(port.lastIndexOf(':')), direction, facet, cubes.map(cubeKey), witness?.query.request ?? null, witness?.base.verdict ?? null, witness?.head.verdict ?? null])];
  }).sort();
}

test('the same requests move, with the same proof, whether the pods of a gateway are declared or not', () => {
  const isPods = ({ kind }: Document): boolean => kind === 'Deployment';
  let moved = 0;
  for (let seed = 1; seed <= 160; seed += 1) {
    const world = randomWorld(seed, gatewaysOnly);
    if (!world.base.some(isPods) || !world.head.some(isPods)) continue;
    const phantom = { base: world.base.filter((document) => !isPods(document)), head: world.head.filter((document) => !isPods(document)) };
    const declared = told(openMeshes(world));
    expect(told(openMeshes(phantom)), `seed ${String(seed)}: ${world.edits.join(', ')}`).toEqual(declared);
    moved += declared.length;
  }
  expect(moved).toBeGreaterThan(60);
});
