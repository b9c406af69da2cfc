/** A mesh with other policies is what would be built of the same objects anew; both sides share a configuration of equal content. */
import { expect, test } from 'vitest';
import { compareEnvironments } from '#app/compare-environments.ts';
import { Citations } from '#app/cite.ts';
import { defaultConfig } from '#app/config.ts';
import { limitsOf } from '#app/review.ts';
import { accepted, resourceId } from '#manifests/resource.ts';
import { buildMesh, withPolicies, type MeshSettings } from '#mesh/build.ts';
import { enrolmentKnowledge } from '#mesh/enrolment.ts';
import { load } from '../support/load.ts';
import { policy } from '../support/manifests.ts';
import { decoded, randomWorld } from '../support/random-mesh/world.ts';
import { pair } from '../support/tree.ts';

test('policies put into a model are policies that it was built with', () => {
  let tried = 0;
  for (let seed = 1; seed <= 60; seed += 1) {
    const world = randomWorld(seed);
    const base = decoded(world.base);
    const ids = new Set(base.map(resourceId));
    for (const head of decoded(world.head)) {
      if (!['AuthorizationPolicy', 'PeerAuthentication', 'RequestAuthentication'].includes(head.kind) || !accepted(head)) continue;
      const settings: MeshSettings = { world: 'closed', knowledge: enrolmentKnowledge('istio-system', base, [head]) };
      const mesh = withPolicies(buildMesh(base, settings), [head]);
      if (mesh === undefined) continue;
      const others = base.filter((resource) => resourceId(resource) !== resourceId(head));
      expect(mesh).toEqual(buildMesh([...others, head], settings));
      if (ids.has(resourceId(head))) tried += 1;
    }
  }
  expect(tried).toBeGreaterThan(50);
});

test('a policy of a namespace that the model does not know is not put in', () => {
  const [stray] = decoded([{ apiVersion: 'security.istio.io/v1', kind: 'AuthorizationPolicy', metadata: { name: 'stray', namespace: 'elsewhere' }, spec: {} }]);
  expect(stray === undefined ? 'nothing' : withPolicies(buildMesh([]), [stray])).toBeUndefined();
});

test('both sides have one configuration where nothing about it differs', () => {
  const names = { name: 'cart', namespace: 'shop' };
  const [base, head] = [{ 'policy.yaml': policy(names, 'cluster.local/ns/shop/sa/web') }, { 'policy.yaml': policy(names, 'cluster.local/ns/shop/sa/till') }];
  const { environments } = compareEnvironments(load(base, head).environments, undefined, limitsOf(defaultConfig), new Citations(pair(base, head)));
  expect(environments.length).toBe(1);
  for (const { base: before, head: after } of environments) expect(after.config).toBe(before.config);
});
