/** Whether the refusing side would let the same request pass with another token: then the change is about tokens. */
import type { Cube, Point, Predicate } from '#sets/cube.ts';
import { difference, type Limits } from '#sets/difference.ts';
import type { Matcher, Value } from '#sets/matcher.ts';
import { impossible, type DestinationPosture } from '#posture/paths.ts';

function exactly(value: Value): Matcher | undefined {
  if (value === null) return { type: 'absent' };
  if (typeof value === 'number') return { type: 'number', value };
  if (typeof value === 'bigint' || typeof value === 'object') return undefined;
  if (typeof value === 'boolean') return value ? { type: 'holds' } : { type: 'absent' };
  return { type: 'exact', text: value };
}

/** The point as a cube, but for its token and claims; a value without an exact matcher leaves its dimension open. */
function withoutToken(point: Point): Cube {
  const predicates: Predicate[] = [];
  for (const [dimension, value] of point) {
    if (dimension === 'token' || dimension.startsWith('claim:') || dimension === 'source.ip' || dimension === 'remote.ip' || dimension === 'destination.ip') continue;
    const matcher = exactly(value);
    if (matcher !== undefined) predicates.push({ dimension, any: [pointMatcher(dimension, matcher)], none: [] });
  }
  return { predicates, origins: [] };
}

/** The matcher type that its dimension understands. */
function pointMatcher(dimension: string, matcher: Matcher): Matcher {
  if (matcher.type !== 'exact') return matcher;
  if (dimension === 'peer') return { type: 'principal', pattern: matcher };
  if (dimension === 'host') return { type: 'host', pattern: { type: 'exact', text: matcher.text.toLowerCase() } };
  if (dimension === 'path') return { type: 'path', pattern: matcher, normalization: 'NONE' };
  if (dimension === 'protocol') return { type: 'one-of', text: matcher.text };
  return matcher;
}

export function someTokenPasses(refusing: DestinationPosture, point: Point, limits: Limits): boolean {
  if (!refusing.readsTokens) return false;
  const result = difference({ from: [], to: refusing.possible, impossible, within: [withoutToken(point)], preferred: new Map(), limits: { ...limits, regionsPerSeed: 1 } });
  return result.regions.length > 0;
}
