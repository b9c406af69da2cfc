import { readManifests } from '../../src/app/scenarios.ts';
import { buildMesh, type MeshSettings } from '../../src/mesh/build.ts';
import type { AnyResource } from '../../src/manifests/resource.ts';
import type { Mesh } from '../../src/mesh/model.ts';

/** Objects of several YAML documents. */
export function objects(...documents: readonly string[]): readonly AnyResource[] {
  return readManifests(documents.join('\n---\n'));
}

export function meshOf(settings: MeshSettings, ...documents: readonly string[]): Mesh {
  return buildMesh(objects(...documents), settings);
}

export const namespace = (name: string, labels = ''): string => `{apiVersion: v1, kind: Namespace, metadata: {name: ${name}, labels: {${labels}}}}`;

/** `pod`: more of the pod template's metadata, as flow YAML without braces. */
export const deployment = (place: string, labels = '', annotations = '', spec = ''): string => {
  const [space, name] = place.split('/');
  return `{apiVersion: apps/v1, kind: Deployment, metadata: {name: ${name ?? ''}, namespace: ${space ?? ''}}, spec: {selector: {matchLabels: {app: ${name ?? ''}}}, template: {metadata: {labels: {app: ${name ?? ''}${labels === '' ? '' : `, ${labels}`}}, annotations: {${annotations}}}, spec: {${spec === '' ? '' : `${spec}, `}containers: [{name: main, image: example/app, ports: [{name: web, containerPort: 8080}]}]}}}}`;
};

export const service = (place: string, ports: string, more = ''): string => {
  const [space, name] = place.split('/');
  return `{apiVersion: v1, kind: Service, metadata: {name: ${name ?? ''}, namespace: ${space ?? ''}${more === '' ? '' : `, ${more}`}}, spec: {selector: {app: shop}, ports: [${ports}]}}`;
};

export const policy = (kind: string, place: string, spec: string, metadata = ''): string => {
  const [space, name] = place.split('/');
  return `{apiVersion: security.istio.io/v1, kind: ${kind}, metadata: {name: ${name ?? ''}, namespace: ${space ?? ''}${metadata === '' ? '' : `, ${metadata}`}}, spec: {${spec}}}`;
};
