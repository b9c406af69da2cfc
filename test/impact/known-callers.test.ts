/** A witness names a pod that the reader knows, where the region admits one. */
import { describe, expect, test } from 'vitest';
import { knownCallers } from '#impact/known-callers.ts';
import type { Mesh } from '#mesh/model.ts';
import type { Cube, Dimension, Point, Predicate } from '#sets/cube.ts';
import type { Caller, Value } from '#sets/matcher.ts';
import { deployment, meshOf, namespace } from '../mesh/support.ts';

const cube = (...predicates: readonly Predicate[]): Cube => ({ predicates, origins: [] });
const label = (key: string, text: string): Predicate => ({ dimension: `pod-label:${key}`, any: [{ type: 'exact', text }], none: [] });
const point = (peer: Value, ...said: readonly (readonly [Dimension, Value])[]): Point => new Map<Dimension, Value>([['peer', peer], ...said]);
const somebody: Caller = { principal: 'cluster.local/ns/x/sa/x', namespace: 'x', namespaceLabels: { team: 'x' } };
const nobody: Caller = { ...somebody, principal: null };

const web = (...more: readonly string[]): Mesh => meshOf({ world: 'closed' }, namespace('web', 'istio-injection: enabled'), namespace('plain'), deployment('web/a', 'tier: front'), deployment('web/b', 'tier: front'), deployment('plain/c', 'tier: back'), ...more);
const found = (meshes: readonly Mesh[], within: Cube, sample: Point, proxied = true): readonly Point[] => [...knownCallers(meshes, within, sample, proxied)];
const peers = (points: readonly Point[]): readonly Value[] => points.map((each) => each.get('peer') ?? null);

describe('the callers of a region', () => {
  test('are declared workloads with their identities and labels', () => {
    const points = found([web()], cube(label('tier', 'front')), point(somebody));
    expect(peers(points)).toEqual([{ principal: 'cluster.local/ns/web/sa/default', namespace: 'web', namespaceLabels: {} }, { principal: 'cluster.local/ns/web/sa/default', namespace: 'web', namespaceLabels: {} }]);
    expect(points.map((each) => [each.get('pod-label:app'), each.get('pod-label:tier')])).toEqual([['a', 'front'], ['b', 'front']]);
  });

  test('present nothing outside the mesh, where the request has no identity, and where nothing takes one', () => {
    expect(peers(found([web()], cube(label('tier', 'back')), point(somebody)))).toEqual([{ principal: null, namespace: 'plain', namespaceLabels: {} }]);
    expect(peers(found([web()], cube(label('app', 'a')), point(nobody)))).toEqual([{ principal: null, namespace: 'web', namespaceLabels: {} }]);
    expect(peers(found([web()], cube(label('app', 'a')), point(somebody), false))).toEqual([{ principal: null, namespace: 'web', namespaceLabels: {} }]);
  });

  test('send the request of the sample, with their own labels, and ask for a name in TLS alone', () => {
    const sample = point(somebody, ['port', 8080], ['sni', 'a.example'], ['pod-label:zone', 'x'], ['pod-label:tier', 'other']);
    const [meshed] = found([web()], cube(label('app', 'a')), sample);
    expect([meshed?.get('port'), meshed?.get('sni'), meshed?.has('pod-label:zone'), meshed?.get('pod-label:tier')]).toEqual([8080, 'a.example', false, 'front']);
    const [plain] = found([web()], cube(label('app', 'c')), sample);
    expect([plain?.get('port'), plain?.has('sni')]).toEqual([8080, false]);
  });

  test('are each told once, and no more than three', () => {
    expect(found([web(), web()], cube(label('tier', 'front')), point(somebody))).toHaveLength(2);
    const many = web(deployment('web/d', 'tier: front'), deployment('web/e', 'tier: front'), deployment('web/f', 'tier: front'));
    expect(found([many], cube(label('tier', 'front')), point(somebody)).map((each) => each.get('pod-label:app'))).toEqual(['a', 'b', 'd']);
    expect(found([web(), many], cube(label('app', 'f')), point(somebody))).toHaveLength(1);
  });

  test('are none where the request comes from outside the cluster, or the region wants others', () => {
    expect(found([web()], cube(), point(null))).toEqual([]);
    expect(found([web()], cube(label('tier', 'none')), point(somebody))).toEqual([]);
    expect(found([], cube(), point(somebody))).toEqual([]);
  });
});
