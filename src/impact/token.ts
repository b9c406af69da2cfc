/** Whether the refusing side would let the same request pass with another token: then the change is about tokens. */
import type { Cube, Dimension, Path, Point, Predicate } from '#sets/cube.ts';
import { difference, type Limits } from '#sets/difference.ts';
import { cubeKey } from '#sets/keys.ts';
import { identityOf } from '#sets/matches.ts';
import type { Matcher, Value } from '#sets/matcher.ts';
import { impossible, type DestinationPosture } from '#posture/paths.ts';

function exactly(value: Value): Matcher | undefined {
  if (value === null) return { type: 'absent' };
  if (typeof value === 'number') return { type: 'number', value };
  if (typeof value === 'bigint' || typeof value === 'object') return undefined;
  if (typeof value === 'boolean') return value ? { type: 'holds' } : { type: 'absent' };
  return { type: 'exact', text: value };
}

/** The matcher type that its dimension understands. */
function pointMatcher(dimension: Dimension, matcher: Matcher): Matcher {
  if (matcher.type !== 'exact') return matcher;
  if (dimension === 'peer') return { type: 'principal', pattern: matcher };
  if (dimension === 'host') return { type: 'host', pattern: { type: 'exact', text: matcher.text.toLowerCase() } };
  if (dimension === 'path') return { type: 'path', pattern: matcher, normalization: 'NONE' };
  if (dimension === 'protocol') return { type: 'one-of', text: matcher.text };
  return matcher;
}

/** Headers that a token of this side may be sent in: with another token they hold something else. */
function tokenHeaders(paths: readonly Path[]): ReadonlySet<string> {
  const names = new Set(['authorization', 'cookie']);
  const note = (cube: Cube): void => {
    for (const predicate of cube.predicates) {
      for (const matcher of [...predicate.any, ...predicate.none]) {
        if (matcher.type !== 'token') continue;
        for (const location of matcher.locations ?? []) {
          const [kind, name] = location.split(':');
          if (kind === 'header' && name !== undefined) names.add(name.toLowerCase());
        }
      }
    }
  };
  for (const { layers } of paths) {
    for (const layer of layers) {
      if (layer.allow !== 'all') layer.allow.forEach(note);
      layer.deny.forEach(note);
    }
  }
  return names;
}

/** Dimensions that say what token the request carries, or that a token moves. */
function isOfToken(dimension: Dimension, headers: ReadonlySet<string>): boolean {
  if (dimension === 'token' || dimension === 'path.query' || dimension.startsWith('claim:') || dimension.startsWith('written:') || dimension.startsWith('opaque:')) return true;
  return dimension.startsWith('header:') && headers.has(dimension.slice('header:'.length));
}

const addresses: ReadonlySet<string> = new Set(['source.ip', 'remote.ip', 'destination.ip']);

/** The point as a cube, but for its token; addresses have no exact matcher and stay open, which a token does not change. */
function withoutToken(point: Point, headers: ReadonlySet<string>): Cube {
  const predicates: Predicate[] = [];
  for (const [dimension, value] of point) {
    if (isOfToken(dimension, headers) || addresses.has(dimension)) continue;
    const matcher = exactly(identityOf(value));
    if (matcher !== undefined) predicates.push({ dimension, any: [pointMatcher(dimension, matcher)], none: [] });
  }
  return { predicates, origins: [] };
}

export function someTokenPasses(refusing: DestinationPosture, point: Point, limits: Limits): boolean {
  if (!refusing.readsTokens) return false;
  const cube = withoutToken(point, tokenHeaders(refusing.possible));
  const answers = known.get(refusing) ?? new Map<string, boolean>();
  known.set(refusing, answers);
  const answer = answers.get(cubeKey(cube));
  if (answer !== undefined) return answer;
  const within = [cube];
  const result = difference({ from: [], to: refusing.possible, impossible: [...impossible, ...refusing.ties], within, preferred: new Map(), limits: { ...limits, regionsPerSeed: 1 } });
  answers.set(cubeKey(cube), result.regions.length > 0);
  return result.regions.length > 0;
}

/** Many regions of one destination have a witness that differs in its token alone. */
const known = new WeakMap<DestinationPosture, Map<string, boolean>>();
