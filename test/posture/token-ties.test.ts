/** A token is what its header holds: requests that say otherwise cannot exist, and all others can (A5.7). */
import { describe, expect, test } from 'vitest';
import { bearerTies, claimTies, tokenTies } from '#posture/token-ties.ts';
import type { TokenRule } from '#semantics/request-authentication.ts';
import type { Cube, Dimension } from '#sets/cube.ts';
import { pointIn } from '#sets/evaluate.ts';
import type { Value } from '#sets/matcher.ts';
import { any, cube, element, exact, layer, none } from '../sets/worlds.ts';

function refused(cubes: readonly Cube[], ...point: readonly (readonly [Dimension, Value])[]): boolean {
  return cubes.some((one) => pointIn(one, new Map(point)));
}

const at = (location: string): Value => ({ location, signedBy: [], issuer: null, subject: null });
const rule = (...locations: TokenRule['locations']): TokenRule => ({ locations }) as unknown as TokenRule;
const header = (name: string, prefix: string): TokenRule['locations'][number] => ({ in: 'header', name, prefix });

test('a bearer token and its header', () => {
  const pairs: readonly (readonly [token: string | null, text: string | null, refused: boolean])[] = [
    ['authorization:Bearer ', 'Bearer x', false],
    ['authorization:Bearer ', 'Basic x', true],
    ['authorization:Bearer ', null, true],
    [null, 'Bearer x', true],
    [null, 'Basic x', false],
    [null, null, false],
    // Beside a token elsewhere the header says what it likes, but no second token.
    ['cookie:session', 'Basic x', false],
    ['cookie:session', 'Bearer x', true],
  ];
  for (const [token, text, expected] of pairs) expect(refused(bearerTies, ['token', token === null ? null : at(token)], ['header:authorization', text]), `${String(token)} ${String(text)}`).toBe(expected);
});

describe('tokens that rules read elsewhere', () => {
  const judged = (ties: readonly Cube[], name: string, token: string | null, text: string | null): boolean => refused(ties, ['token', token === null ? null : at(token)], [`header:${name}`, text]);
  test('behind a prefix', () => {
    const ties = tokenTies([rule(header('x-token', 'Token '))]);
    expect([judged(ties, 'x-token', 'header:x-token:Token ', 'Token x'), judged(ties, 'x-token', 'header:x-token:Token ', 'New x'), judged(ties, 'x-token', 'header:x-token:Token ', null)]).toEqual([false, true, true]);
    expect([judged(ties, 'x-token', null, 'Token x'), judged(ties, 'x-token', null, 'New x'), judged(ties, 'x-token', null, null)]).toEqual([true, false, false]);
    // Found behind other text: then the header does not begin with the prefix, but it is there.
    expect([judged(ties, 'x-token', 'header:x-token:New Token ', 'New Token x'), judged(ties, 'x-token', 'header:x-token:New Token ', 'Token x'), judged(ties, 'x-token', 'header:x-token:New Token ', null)]).toEqual([false, true, true]);
  });
  test('without a prefix', () => {
    const ties = tokenTies([rule(header('x-token', ''))]);
    expect([judged(ties, 'x-token', 'header:x-token:', 'x'), judged(ties, 'x-token', 'header:x-token:', null), judged(ties, 'x-token', null, 'x'), judged(ties, 'x-token', null, null)]).toEqual([false, true, true, false]);
  });
  test('in the header of bearer tokens, with another prefix beside the usual one', () => {
    const ties = tokenTies([rule(header('authorization', 'JWT '))]);
    expect([judged(ties, 'authorization', 'authorization:JWT ', 'JWT x'), judged(ties, 'authorization', 'authorization:JWT ', 'Bearer x'), judged(ties, 'authorization', 'authorization:Bearer ', 'Bearer x'), judged(ties, 'authorization', null, 'JWT x'), judged(ties, 'authorization', null, 'Bearer x')]).toEqual([false, true, false, true, true]);
  });
  test('in a cookie, of which the header holds others too', () => {
    const ties = tokenTies([rule({ in: 'cookie', name: 'session' }), rule(header('x-token', ''))]);
    expect([judged(ties, 'cookie', 'cookie:session', null), judged(ties, 'cookie', 'cookie:session', 'a=b'), judged(ties, 'cookie', 'cookie:other', null), judged(ties, 'cookie', null, 'session=x')]).toEqual([true, false, false, false]);
  });
  test('nowhere but where bearer tokens stand: nothing more is tied', () => {
    expect(tokenTies([rule(header('authorization', 'Bearer '))])).toEqual([]);
    expect(tokenTies([rule({ in: 'parameter', name: 't' })])).toEqual([]);
    expect(tokenTies([])).toEqual([]);
  });
  test('read by several rules are tied once', () => {
    const twice = [rule(header('x-token', 'Token ')), rule(header('x-token', 'Token '), header('a-token', ''))];
    expect(tokenTies(twice)).toEqual(tokenTies([...twice].reverse()));
    expect(tokenTies(twice).length).toBe(tokenTies([rule(header('x-token', 'Token '))]).length + tokenTies([rule(header('a-token', ''))]).length);
  });
});

test('without a token there are no claims, of those that some layer speaks of', () => {
  const ties = claimTies([layer([cube(any('claim:b', element(exact('x'))), any('method', exact('GET')))], [cube(none('written:a', exact('x')))]), layer('all', [cube(any('claim:b', element(exact('y'))))])]);
  expect(ties.length).toBe(2);
  const token = at('cookie:session');
  expect([refused(ties, ['token', null], ['claim:b', ['x']], ['written:a', null]), refused(ties, ['token', null], ['claim:b', null], ['written:a', 'x']), refused(ties, ['token', null], ['claim:b', null], ['written:a', null])]).toEqual([true, true, false]);
  expect(refused(ties, ['token', token], ['claim:b', ['x']], ['written:a', 'x'])).toBe(false);
  expect(ties.map(({ predicates }) => predicates[1]?.dimension)).toEqual(['claim:b', 'written:a']);
});
