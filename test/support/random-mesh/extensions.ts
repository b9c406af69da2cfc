/** Parts of a proxy that are not interpreted: what they touch is undecided where they change. */
import { objectOf, selectorOf, type Document } from './manifests.ts';
import type { Random } from './random.ts';

export function extension(random: Random, namespace: string, name: string): Document {
  if (random.chance(0.5)) {
    return objectOf('extensions.istio.io/v1alpha1', 'WasmPlugin', namespace, name, { spec: { ...selectorOf(random), url: random.pick(['oci://registry.example/one:1', 'oci://registry.example/two:1']), phase: random.pick(['AUTHN', 'AUTHZ', 'STATS']) } });
  }
  const workloadSelector = random.chance(0.5) ? { workloadSelector: { labels: { app: random.pick(['cart', 'front']) } } } : {};
  return objectOf('networking.istio.io/v1alpha3', 'EnvoyFilter', namespace, name, {
    spec: { ...workloadSelector, configPatches: [{ applyTo: 'HTTP_FILTER', match: { context: 'SIDECAR_INBOUND' }, patch: { operation: random.pick(['INSERT_BEFORE', 'INSERT_FIRST']), value: { name: random.pick(['lua-one', 'lua-two']) } } }] },
  });
}
