/** How the remote address hangs on `x-forwarded-for`: without the header it is the address that the connection comes from (A3.25). */
import type { Cube, Predicate } from '#sets/cube.ts';
import { matcherKey } from '#sets/keys.ts';
import type { Matcher } from '#sets/matcher.ts';
import type { DestinationPosture } from './paths.ts';

interface Spoken {
  readonly header: boolean;
  readonly blocks: ReadonlyMap<string, Matcher>;
}

const known = new WeakMap<DestinationPosture, Spoken>();

function spokenOf(posture: DestinationPosture): Spoken {
  const remembered = known.get(posture);
  if (remembered !== undefined) return remembered;
  let header = false;
  const blocks = new Map<string, Matcher>();
  const seen = new Set<Predicate>();
  for (const path of posture.possible) {
    for (const { allow, deny } of path.layers) {
      for (const cube of [...(allow === 'all' ? [] : allow), ...deny]) {
        for (const predicate of cube.predicates) {
          if (seen.has(predicate)) continue;
          seen.add(predicate);
          if (predicate.dimension === 'header:x-forwarded-for') header = true;
          if (predicate.dimension === 'remote.ip') for (const matcher of [...predicate.any, ...predicate.none]) blocks.set(matcherKey(matcher), matcher);
        }
      }
    }
  }
  const fresh = { header, blocks };
  known.set(posture, fresh);
  return fresh;
}

const forwarded: Predicate = { dimension: 'header:x-forwarded-for', any: [], none: [{ type: 'present' }] };

/** Requests that cannot exist, where the policies of some posture speak of both. */
export function forwardedTies(postures: readonly DestinationPosture[]): readonly Cube[] {
  const spoken = postures.map(spokenOf);
  if (!spoken.some(({ header }) => header)) return [];
  const blocks = new Map(spoken.flatMap((each) => [...each.blocks]));
  return [...blocks.keys()].sort().flatMap((key): readonly Cube[] => {
    const block = blocks.get(key) as Matcher;
    const inside = (dimension: 'remote.ip' | 'source.ip', yes: boolean): Predicate => ({ dimension, any: yes ? [block] : [], none: yes ? [] : [block] });
    return [true, false].map((yes) => ({ predicates: [forwarded, inside('remote.ip', yes), inside('source.ip', !yes)], origins: [] }));
  });
}
