/**
 * Rules made to be hard to tell apart: three to six attributes each, half of them negated, one to three overlapping prefixes and suffixes
 * over three letters, nested address blocks, a third of the rules refusals (`docs/engine.md`, budgets).
 */
import { parseCidr } from '#sets/ip.ts';
import type { Cube, Dimension, Path, Predicate } from '#sets/cube.ts';
import type { Matcher, TextMatcher } from '#sets/matcher.ts';
import { picker, type Pick } from './random.ts';

const letters = ['a', 'b', 'c'];
const dimensions: readonly Dimension[] = ['peer', 'host', 'path', 'header:x-team', 'header:x-tier', 'source.ip'];

function pattern(pick: Pick, root = ''): Extract<TextMatcher, { readonly text: string }> {
  const type = pick.of(['prefix', 'suffix', 'prefix', 'suffix', 'exact'] as const);
  const text = Array.from({ length: 1 + pick.below(3) }, () => pick.of(letters)).join('');
  return { type, text: type === 'suffix' ? text : `${root}${text}` };
}

function matcher(pick: Pick, dimension: Dimension): Matcher {
  if (dimension === 'source.ip') return parseCidr(`10.${pick.below(4)}.${pick.below(4)}.0/${8 + 4 * pick.below(5)}`) ?? { type: 'absent' };
  if (dimension === 'peer') return { type: 'principal', pattern: pattern(pick) };
  if (dimension === 'host') return { type: 'host', pattern: pattern(pick) };
  return dimension === 'path' ? { type: 'path', pattern: pattern(pick, '/'), normalization: 'NONE' } : pattern(pick);
}

function rule(pick: Pick, index: number): Cube {
  const open = [...dimensions];
  const predicates = Array.from({ length: 3 + pick.below(4) }, (): Predicate => {
    const dimension = open.splice(pick.below(open.length), 1)[0] ?? 'peer';
    const matchers = Array.from({ length: 1 + pick.below(3) }, () => matcher(pick, dimension));
    return pick.below(2) === 0 ? { dimension, any: matchers, none: [] } : { dimension, any: [], none: matchers };
  });
  return { predicates, origins: [{ policy: 'AuthorizationPolicy/bench/hard', rule: index }] };
}

export interface Hard {
  readonly name: string;
  readonly from: readonly Path[];
  readonly to: readonly Path[];
}

function paths(allow: readonly Cube[], deny: readonly Cube[]): readonly Path[] {
  return [{ id: 'sidecar', layers: [{ id: 'authorization', allow, deny }] }];
}

/** One rule more, one refusal less, every tenth permission another one. */
export function hardDifferences(rules: number): readonly Hard[] {
  const pick = picker(rules);
  const all = Array.from({ length: rules }, (_, index) => rule(pick, index));
  const deny = all.filter((_, index) => index % 10 < 3);
  const allow = all.filter((_, index) => index % 10 >= 3);
  return [
    { name: 'one rule more', from: paths(allow, deny), to: paths([...allow, rule(pick, rules)], deny) },
    { name: 'one refusal less', from: paths(allow, deny), to: paths(allow, deny.slice(1)) },
    { name: 'a tenth differs', from: paths(allow, deny), to: paths(allow.map((cube, index) => (index % 10 === 0 ? rule(pick, index) : cube)), deny) },
  ];
}
