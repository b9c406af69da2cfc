/** The model of a side that differs in policies alone is what would be built of its objects, with the other side's workloads. */
import { expect, test } from 'vitest';
import { accepted, type AnyResource } from '#manifests/resource.ts';
import { besideMesh, buildMesh, type MeshSettings } from '#mesh/build.ts';
import { enrolmentKnowledge } from '#mesh/enrolment.ts';
import { decoded, randomWorld } from '../support/random-mesh/world.ts';

const isPolicy = ({ kind }: AnyResource): boolean => kind === 'AuthorizationPolicy' || kind === 'PeerAuthentication' || kind === 'RequestAuthentication';

test('a side with other policies is what would be built of its objects', () => {
  let tried = 0;
  for (let seed = 1; seed <= 80; seed += 1) {
    const world = randomWorld(seed);
    const base = decoded(world.base);
    const head = [...base.filter((resource) => !isPolicy(resource)), ...decoded(world.head).filter(isPolicy)];
    const settings: MeshSettings = { knowledge: enrolmentKnowledge('istio-system', base, head), extensionHosts: () => new Set(), seniors: new Set(['one']), elders: new Set(['another']) };
    const mesh = buildMesh(base, { ...settings, unsettled: new Set(['one']) });
    const beside = besideMesh(mesh, base, head, settings);
    if (beside === undefined) continue;
    expect(beside).toEqual(buildMesh(head, settings));
    expect(beside.workloads).toBe(mesh.workloads);
    if (head.some((resource) => isPolicy(resource) && accepted(resource))) tried += 1;
  }
  expect(tried).toBeGreaterThan(30);
});

const policy = (namespace: string) => ({ apiVersion: 'security.istio.io/v1', kind: 'AuthorizationPolicy', metadata: { name: 'cart', namespace }, spec: {} });
const service = { apiVersion: 'v1', kind: 'Service', metadata: { name: 'cart', namespace: 'shop' }, spec: { selector: { app: 'cart' }, ports: [{ port: 80 }] } };

test('another object, the same anew, or another namespace is more than other policies', () => {
  const base = decoded([service, policy('shop')]);
  const mesh = buildMesh(base);
  const [stray] = decoded([policy('elsewhere')]);
  const [grown] = decoded([{ ...service, metadata: { name: 'till', namespace: 'shop' } }]);
  if (stray === undefined || grown === undefined) throw new Error('unreadable');
  expect(besideMesh(mesh, base, base, {})?.workloads).toBe(mesh.workloads);
  expect(besideMesh(mesh, base, base.slice(0, 1), {})?.resources.has('AuthorizationPolicy')).toBe(false);
  for (const others of [[...base, stray], [...base, grown], base.slice(1), decoded([service, policy('shop')])]) expect(besideMesh(mesh, base, others, {})).toBeUndefined();
  // The namespace is there because of the policy alone.
  const alone = [...base, stray];
  expect(besideMesh(buildMesh(alone), alone, base, {})).toBeUndefined();
});
