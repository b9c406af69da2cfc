/**
 * A Flux HelmRelease or Argo CD Application of Istio's own control plane says how the mesh is configured, even where the chart is not in the repository (R26):
 * it is read like Sail's `Istio`, which holds the same values.
 */
import { valuesOf } from './build.ts';
import { isRecord, records } from './kustomization.ts';

const controlPlane = new Set(['istiod', 'istio-discovery']);

/** @returns a manifest of kind `Istio`; `undefined` for everything else */
export function istioOfRelease(value: unknown): unknown {
  if (!isRecord(value) || !isRecord(value['spec']) || !isRecord(value['metadata'])) return undefined;
  const version = String(value['apiVersion']);
  const { spec, metadata } = value;
  if (value['kind'] === 'HelmRelease' && version.startsWith('helm.toolkit.fluxcd.io/')) {
    const chart = isRecord(spec['chart']) && isRecord(spec['chart']['spec']) ? spec['chart']['spec'] : {};
    return controlPlane.has(String(chart['chart'])) ? istio({ metadata, namespace: spec['targetNamespace'] ?? metadata['namespace'], version: chart['version'], values: spec['values'] }) : undefined;
  }
  if (value['kind'] === 'Application' && version.startsWith('argoproj.io/')) {
    const source = [spec['source'], ...records(spec['sources'])].filter(isRecord).find((each) => controlPlane.has(String(each['chart'])));
    if (source === undefined) return undefined;
    const helm = isRecord(source['helm']) ? source['helm'] : {};
    const values = isRecord(helm['valuesObject']) ? helm['valuesObject'] : typeof helm['values'] === 'string' ? valuesOf(helm['values'])?.[0] : undefined;
    return istio({ metadata, namespace: isRecord(spec['destination']) ? spec['destination']['namespace'] : undefined, version: source['targetRevision'], values });
  }
  return undefined;
}

interface Release {
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly namespace: unknown;
  readonly version: unknown;
  readonly values: unknown;
}

function istio({ metadata, namespace, version, values }: Release): unknown {
  // A range (`1.x`, `>=1.20`) tells no version.
  const exact = typeof version === 'string' && /^v?\d+\.\d+\.\d+/u.test(version) ? version : undefined;
  return {
    apiVersion: 'sailoperator.io/v1',
    kind: 'Istio',
    metadata: { name: metadata['name'], labels: metadata['labels'], annotations: metadata['annotations'] },
    spec: { ...(typeof namespace === 'string' ? { namespace } : {}), ...(exact === undefined ? {} : { version: exact }), values: isRecord(values) ? values : {} },
  };
}
