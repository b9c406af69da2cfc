/** Workloads by labels: an index answers as trying them one by one does, in a namespace of few and of many, and over all. */
import { expect, test } from 'vitest';
import { readManifests } from '#app/scenarios.ts';
import { buildMesh } from '#mesh/build.ts';
import { selects, type Labels } from '#mesh/selection.ts';
import { workloadsWith } from '#mesh/workload-index.ts';

const deployment = (namespace: string, index: number): string => `apiVersion: apps/v1
kind: Deployment
metadata: {name: w${String(index)}, namespace: ${namespace}}
spec:
  template:
    metadata: {labels: {app: a${String(index % 7)}, tier: t${String(index % 3)}}}
    spec: {containers: [{name: c, image: i}]}
`;

const sizes = { few: 5, many: 60 };
const mesh = buildMesh(readManifests(Object.entries(sizes).flatMap(([namespace, size]) => Array.from({ length: size }, (_, index) => deployment(namespace, index))).join('---\n')));

const selectors: readonly Labels[] = [{}, { app: 'a3' }, { app: 'a2', tier: 't2' }, { app: 'a2', tier: 'none' }, { other: 'x' }];

test.each(['few', 'many', 'nowhere', undefined])('in %s', (namespace) => {
  for (const selector of selectors) {
    const expected = [...mesh.workloads.values()].filter((workload) => (namespace === undefined || workload.namespace === namespace) && selects(selector, workload.labels));
    expect(workloadsWith(mesh, namespace, selector)).toEqual(expected);
  }
});

test('some of the questions find something, and not all', () => {
  expect(workloadsWith(mesh, 'few', { app: 'a3' })).toHaveLength(1);
  expect(workloadsWith(mesh, 'many', { app: 'a2', tier: 't2' }).length).toBeGreaterThan(1);
  expect(workloadsWith(mesh, 'many', { app: 'a2', tier: 'none' })).toEqual([]);
});
