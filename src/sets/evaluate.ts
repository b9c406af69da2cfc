/** Plain evaluators: one point against a cube, a layer, a union of paths. They follow the definitions and are not optimised. */
import type { Cube, Dimension, Layer, Path, Point } from './cube.ts';
import { parseIp } from './ip.ts';
import { holds } from './matches.ts';
import type { Value } from './matcher.ts';

const plainClient = parseIp('127.9.9.9') ?? 0n;
const plainPod = parseIp('192.0.2.1') ?? 0n;

const plainest: ReadonlyMap<Dimension, Value> = new Map<Dimension, Value>([
  ['source.ip', plainClient],
  ['remote.ip', plainClient],
  ['destination.ip', plainPod],
  ['port', 80],
  ['protocol', 'http'],
  ['transport', 'TCP'],
  ['host', 'host.example'],
  ['method', 'GET'],
  ['path', '/'],
  ['path.query', '/'],
]);

/** The value of a dimension that a point leaves open: the plainest request, absent where absence is possible. */
export function plainestValue(dimension: Dimension): Value {
  const plain = plainest.get(dimension);
  if (plain !== undefined) return plain;
  return dimension.startsWith('opaque:') ? false : null;
}

export function valueAt(point: Point, dimension: Dimension): Value {
  const value = point.get(dimension);
  if (value !== undefined) return value;
  return (dimension === 'path.query' ? point.get('path') : undefined) ?? plainestValue(dimension);
}

export function pointIn(cube: Cube, point: Point): boolean {
  return cube.predicates.every((predicate) => holds(predicate, valueAt(point, predicate.dimension)));
}

/** Allowed by some cube (or nothing is required) and refused by none. */
export function layerPasses(layer: Layer, point: Point): boolean {
  return (layer.allow === 'all' || layer.allow.some((cube) => pointIn(cube, point))) && !layer.deny.some((cube) => pointIn(cube, point));
}

/** Some path lets the point pass through all its layers. */
export function passes(paths: readonly Path[], point: Point): boolean {
  return paths.some((path) => path.layers.every((layer) => layerPasses(layer, point)));
}
