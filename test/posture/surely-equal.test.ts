/** Where both sides of a workload are known to be equal before anything is made of them, what is made of them is equal. */
import { afterAll, expect, test } from 'vitest';
import { compareSides, destinationPairs } from '#impact/compare.ts';
import { DifferenceMemo } from '#impact/pair-context.ts';
import type { Sides } from '#impact/raw-change.ts';
import { limitsOf } from '#app/review.ts';
import { defaultConfig } from '#app/config.ts';
import { withConfigOf } from '#app/counterfactual.ts';
import { buildMesh, type MeshSettings } from '#mesh/build.ts';
import { enrolmentKnowledge } from '#mesh/enrolment.ts';
import { pathsTo, surelyEqual } from '#posture/paths.ts';
import { resourceId, type AnyResource } from '#manifests/resource.ts';
import { canonical } from '#lib/canonical.ts';
import { decoded, randomWorld } from '../support/random-mesh/world.ts';

/** What both sides hold is one object, as a review reads it. */
function sidesOf(seed: number): Sides {
  const world = randomWorld(seed);
  const base = decoded(world.base);
  const content = (resource: AnyResource): string => canonical(JSON.parse(JSON.stringify({ ...resource, origin: undefined }, (_key, value: unknown) => (value instanceof Map ? [...value] : typeof value === 'bigint' ? String(value) : value))));
  const known = new Map(base.map((resource) => [`${resourceId(resource)} ${content(resource)}`, resource]));
  const head = decoded(world.head).map((resource) => known.get(`${resourceId(resource)} ${content(resource)}`) ?? resource);
  const settings: MeshSettings = { world: 'closed', knowledge: enrolmentKnowledge('istio-system', base, head) };
  const before = buildMesh(base, settings);
  return { environment: 'all', base: before, head: withConfigOf(before, buildMesh(head, settings)), renamed: new Map() };
}

const found = { equal: 0, moved: 0 };

test.each(Array.from({ length: 250 }, (_, index) => [index + 1]))('postures that are known to be equal are equal, and others are looked at', (seed) => {
  const sides = sidesOf(seed);
  for (const pair of destinationPairs(sides)) {
    const keys = [pathsTo(sides.base, pair.base).key, pathsTo(sides.head, pair.head).key];
    if (keys[0] !== keys[1]) found.moved += 1;
    if (!surelyEqual(sides.base, pair.base, sides.head, pair.head)) continue;
    expect(keys[0]).toBe(keys[1]);
    found.equal += 1;
  }
});

afterAll(() => {
  expect(found.equal).toBeGreaterThan(200);
  expect(found.moved).toBeGreaterThan(100);
});

test('a workload of which one policy differs is not taken for equal', () => {
  const sides = Array.from({ length: 60 }, (_, index) => sidesOf(index + 1)).find((each) => compareSides(each, limitsOf(defaultConfig), new DifferenceMemo()).changes.some((change) => change.destination.known && change.facet === 'access'));
  const changed = sides === undefined ? [] : compareSides(sides, limitsOf(defaultConfig), new DifferenceMemo()).changes.map((change) => change.destination.id);
  expect(changed.length).toBeGreaterThan(0);
  for (const pair of sides === undefined ? [] : destinationPairs(sides)) if (changed.includes(pair.destination.id)) expect(sides !== undefined && surelyEqual(sides.base, pair.base, sides.head, pair.head)).toBe(false);
});
