/** Gateways that only a selector names are compared like declared ones with the same labels (R29, M110). */
import { expect, test } from 'vitest';
import { canonical } from '#lib/canonical.ts';
import { buildMesh } from '#mesh/build.ts';
import { enrolmentKnowledge } from '#mesh/enrolment.ts';
import type { Mesh } from '#mesh/model.ts';
import { cubeKey } from '#sets/keys.ts';
import type { Query } from '#posture/query.ts';
import { judgeGateways } from '../support/gateway-judge.ts';
import { compared } from '../support/random-mesh/comparison-laws.ts';
import { gatewayQuery } from '../support/random-mesh/gateway-queries.ts';
import { gatewaysOnly, gatewaysWithBackends, type Document } from '../support/random-mesh/manifests.ts';
import { Random } from '../support/random-mesh/random.ts';
import { keySets, signedByOne } from '../support/random-mesh/signing.ts';
import { decoded, randomWorld, type World } from '../support/random-mesh/world.ts';

function openMeshes({ base, head }: Pick<World, 'base' | 'head'>): readonly [Mesh, Mesh] {
  const [before, after] = [decoded(base), decoded(head)];
  const knowledge = enrolmentKnowledge('istio-system', before, after);
  return [buildMesh(before, { world: 'open', knowledge }), buildMesh(after, { world: 'open', knowledge })];
}

const isPods = ({ kind, metadata }: Document): boolean => kind === 'Deployment' && (metadata as { readonly namespace?: string }).namespace === 'istio-system';

/** What is told behind the gateway, whatever its name. */
function told([base, head]: readonly [Mesh, Mesh]): readonly string[] {
  return compared(base, head).changes.flatMap(({ destination, direction, facet, cubes, witness }) => {
    const [place, port] = destination.id.split(' through ');
    if (port === undefined) return [];
    return [canonical([place, port.slice(port.lastIndexOf(':')), direction, facet, cubes.map(cubeKey), witness?.query.request ?? null, witness?.base.verdict ?? null, witness?.head.verdict ?? null])];
  }).sort();
}

test('the same requests move, with the same proof, whether the pods of a gateway are declared or not', () => {
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

test('what is told of them is what moves, through to pods with policies of their own', () => {
  let moved = 0;
  for (let seed = 1; seed <= 150; seed += 1) {
    const world = randomWorld(seed, gatewaysWithBackends);
    if (!world.base.some(isPods)) continue;
    const [base, head] = openMeshes({ base: world.base.filter((document) => !isPods(document)), head: world.head.filter((document) => !isPods(document)) });
    const random = new Random(seed);
    const keys = keySets(base, head);
    const questions = Array.from({ length: 40 }, (): Query => {
      const query = signedByOne(gatewayQuery(random, [world.base, world.head]), keys, random);
      return { ...query, to: { ...query.to, gateway: 'istio-system/istio=ingressgateway' }, given: { ...query.given, 'service:nowhere.shop.svc.cluster.local': true } };
    });
    const judged = judgeGateways(base, head, questions, compared(base, head));
    expect(judged.wrong, `seed ${String(seed)}: ${world.edits.join(', ')}`).toEqual([]);
    moved += judged.moved;
  }
  expect(moved).toBeGreaterThan(30);
});
