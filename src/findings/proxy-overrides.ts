/** What a pod's own metadata puts in the place of the proxy that the injector would give it (M61): another image, bootstrap or template. */
import type { Workload } from '#mesh/model.ts';
import type { FieldPath } from '#source/origin.ts';

export interface ProxyOverride {
  readonly key: string;
  readonly value: string;
  readonly path: FieldPath;
}

/** Fields of `proxy.istio.io/config` that replace what the proxy runs or captures; the others tune it. */
const replacing = /^\s*["']?(?:image|binaryPath|customConfigFile|proxyBootstrapTemplatePath|interceptionMode)["']?\s*:/m;

export function proxyOverrides(workload: Workload): readonly ProxyOverride[] {
  const pod: FieldPath = workload.kind === 'Pod' ? [] : workload.kind === 'CronJob' ? ['spec', 'jobTemplate', 'spec', 'template'] : ['spec', 'template'];
  const annotated = (key: string, replaces: (text: string) => boolean): ProxyOverride[] => {
    const value = workload.annotations[key]?.trim();
    return value === undefined || value === '' || !replaces(value) ? [] : [{ key, value, path: [...pod, 'metadata', 'annotations', key] }];
  };
  const found = [
    // With a slash the whole image is replaced, without one its name under the mesh's own registry.
    ...annotated('sidecar.istio.io/proxyImage', () => true),
    ...annotated('sidecar.istio.io/bootstrapOverride', () => true),
    ...annotated('inject.istio.io/templates', (text) => text !== 'sidecar'),
    ...annotated('proxy.istio.io/config', (text) => replacing.test(text)),
  ];
  const tlsMode = 'security.istio.io/tlsMode';
  const stated = workload.labels[tlsMode];
  if (stated !== undefined && stated !== 'istio') found.push({ key: tlsMode, value: stated, path: [...pod, 'metadata', 'labels', tlsMode] });
  return found;
}
