/** A part of a mesh is what would be built of the objects that lie there; only what the whole mesh knows of elsewhere is more. */
import { expect, test } from 'vitest';
import type { AnyResource } from '#manifests/resource.ts';
import { buildMesh, partOf, type MeshSettings } from '#mesh/build.ts';
import { enrolmentKnowledge } from '#mesh/enrolment.ts';
import type { Mesh } from '#mesh/model.ts';
import { decoded, randomWorld } from '../support/random-mesh/world.ts';

const placeOf = (resource: AnyResource): string => (resource.kind === 'Namespace' ? resource.name : (resource.namespace ?? ''));
const model = ({ namespaces, workloads, resources, assumptions, config }: Mesh): unknown => ({ namespaces: [...namespaces], workloads: [...workloads], resources, assumptions, config });

test('a part of a model is what would be built of its objects alone', () => {
  let smaller = 0;
  for (let seed = 1; seed <= 80; seed += 1) {
    const base = decoded(randomWorld(seed).base);
    const settings: MeshSettings = { knowledge: enrolmentKnowledge('istio-system', base) };
    const whole = buildMesh(base, settings);
    const used = [...new Set([...whole.workloads.values()].map((workload) => workload.namespace))].sort();
    for (const places of [used.slice(0, 1), used.slice(-1), used.slice(0, 2)]) {
      const namespaces = ['', 'istio-system', ...places];
      for (const spaces of [false, true]) {
        const part = partOf(whole, namespaces, spaces);
        const alone = buildMesh(base.filter((resource) => namespaces.includes(placeOf(resource)) || (spaces && resource.kind === 'Namespace')), settings);
        // R26: whether a provider's Service is declared is known of the whole mesh.
        const { extensionProviders } = whole.config;
        expect(model(part)).toEqual(model({ ...alone, config: { ...alone.config, ...(extensionProviders === undefined ? {} : { extensionProviders }) } }));
        for (const [id, workload] of part.workloads) expect(workload).toBe(whole.workloads.get(id));
        if (part.workloads.size > 0 && part.workloads.size < whole.workloads.size) smaller += 1;
      }
    }
  }
  expect(smaller).toBeGreaterThan(30);
});
