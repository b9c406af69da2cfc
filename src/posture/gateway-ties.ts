/** How paths and the expressions of routes on them hang together: requests that say otherwise cannot exist. */
import { regexBeginning } from '#semantics/gateways/simple-regex.ts';
import type { RoutePart } from '#semantics/gateways/route-lowering.ts';
import type { Cube, Dimension, Predicate } from '#sets/cube.ts';
import { matcherKey } from '#sets/keys.ts';
import type { Matcher } from '#sets/matcher.ts';
import type { DestinationPosture } from './paths.ts';

type PathMatcher = Extract<Matcher, { readonly type: 'path' }>;

/** Nothing is said where the two sides normalize paths differently: one raw path is two then. */
export function expressionTies(parts: ReadonlyMap<Dimension, RoutePart>, postures: readonly DestinationPosture[]): readonly Cube[] {
  const about = [...parts].filter(([, { on }]) => on === 'path');
  if (about.length === 0) return [];
  const paths = pathMatchers(postures);
  const normalizations = new Set(paths.map(({ normalization }) => normalization));
  const [normalization = 'BASE'] = normalizations;
  if (normalizations.size > 1) return [];
  return about.flatMap(([dimension, part]): Cube[] => {
    const holding = (yes: boolean): Predicate => ({ dimension, any: yes ? [{ type: 'holds' }] : [], none: yes ? [] : [{ type: 'holds' }] });
    const known = paths.flatMap(({ pattern }) => (pattern.type === 'exact' ? [pattern.text] : []));
    const beginning = part.match.type === 'regex' ? regexBeginning(part.match.value) : '';
    return [
      ...known.map((path): Cube => ({ predicates: [{ dimension: 'path', any: [{ type: 'path', pattern: { type: 'exact', text: path }, normalization }], none: [] }, holding(!holdsOf(part, path))], origins: [] })),
      ...(beginning.length < 2 ? [] : [{ predicates: [holding(true), { dimension: 'path' as const, any: [], none: [{ type: 'path' as const, pattern: { type: 'prefix' as const, text: beginning }, normalization }] }], origins: [] }]),
    ];
  });
}

function holdsOf(part: RoutePart, path: string): boolean {
  return part.holds({ path, query: '', method: 'GET', authority: '', scheme: '', headers: new Map() });
}

function pathMatchers(postures: readonly DestinationPosture[]): readonly PathMatcher[] {
  const found = new Map<string, PathMatcher>();
  for (const { possible } of postures) {
    for (const { layers } of possible) {
      for (const { allow, deny } of layers) {
        for (const { predicates } of [...(allow === 'all' ? [] : allow), ...deny]) {
          for (const { any, none } of predicates) for (const matcher of [...any, ...none]) if (matcher.type === 'path') found.set(matcherKey(matcher), matcher);
        }
      }
    }
  }
  return [...found.values()];
}
