/** Which clients take which way to a pod: those in ambient that address what has a waypoint, those in ambient otherwise, and all others. */
import { expect, test } from 'vitest';
import { notFromAmbient, notThrough, onlyFromAmbient, onlyThrough } from '#posture/tunnel-paths.ts';
import { onlyPorts, portPredicates } from '#posture/port-set.ts';
import type { Layer } from '#sets/cube.ts';
import { layerPasses } from '#sets/evaluate.ts';

const front = 'cluster.local/ns/web/sa/front';
const service = 'cart.shop.svc.cluster.local:80';
const takes = (layer: Layer, address: string | null, peer: string | null = front, port = 8080): boolean => layerPasses(layer, new Map<'address' | 'peer' | 'port', string | number | null>([['address', address], ['peer', peer], ['port', port]]));

test('who is in ambient has an address of what it asks for, and an identity', () => {
  expect([takes(notFromAmbient, 'pod'), takes(notFromAmbient, null), takes(notFromAmbient, 'pod', null)]).toEqual([false, true, true]);
  const layer = onlyFromAmbient([]);
  expect([takes(layer, 'pod'), takes(layer, null), takes(layer, 'pod', null), takes(layer, service)]).toEqual([true, false, false, true]);
  expect(layer.deny).toEqual([]);
});

test('what leads through a waypoint is none of the straight ways (M75)', () => {
  const layer = onlyFromAmbient([service], portPredicates(onlyPorts(8080)));
  expect([takes(layer, 'pod'), takes(layer, service), takes(layer, 'pod', front, 9090)]).toEqual([true, false, false]);
  const straight = notThrough([service]);
  expect([takes(straight, service), takes(straight, 'pod'), takes(straight, null), takes(straight, service, null)]).toEqual([false, true, true, true]);
  expect(notThrough([])).toEqual({ id: 'routing', allow: 'all', deny: [] });
});

test('the way through a waypoint is for those who address it', () => {
  const layer = onlyThrough(service);
  expect([takes(layer, service), takes(layer, 'pod'), takes(layer, null), takes(layer, service, null)]).toEqual([true, false, false, false]);
});
