import { expect, test } from 'vitest';
import { decodeDocument } from '#manifests/decode.ts';
import type { AnyResource } from '#manifests/resource.ts';
import { policiesFor } from '#mesh/attachment.ts';
import { buildMesh } from '#mesh/build.ts';
import { parseStream } from '#source/documents.ts';

function resources(text: string): AnyResource[] {
  return parseStream(text).flatMap((document) => {
    const decoded = decodeDocument(document.value, { origin: { file: 'shop.yaml', blob: 'b', document: document.index }, unit: 'shop', defaultNamespace: 'shop' });
    return decoded.type === 'resources' ? [...decoded.resources] : [];
  });
}

const deployment = 'apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, namespace: shop}\nspec: {selector: {matchLabels: {app: web}}, template: {metadata: {labels: {app: web}}, spec: {containers: [{name: app, image: a}]}}}\n';
const policy = (name: string): string => `---\napiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nmetadata: {name: ${name}, namespace: shop}\nspec: {selector: {matchLabels: {app: web}}}\n`;

// What stands at a workload is remembered by the workload *and* the mesh: one workload object is asked about on both sides.
test('one workload has the policies of the mesh that is asked', () => {
  const one = buildMesh(resources(`${deployment}${policy('first')}`));
  const two = buildMesh(resources(`${deployment}${policy('second')}${policy('first')}`));
  const workload = one.workloads.get('shop/web');
  if (workload === undefined) throw new Error('the workload is declared');
  const names = (mesh: typeof one): readonly string[] => policiesFor(mesh, workload).authorization.map(({ name }) => name);
  expect(names(one)).toEqual(['first']);
  expect(names(two)).toEqual(['first', 'second']);
  expect(names(one)).toEqual(['first']);
});
