import { describe, expect, test } from 'vitest';
import { compileGlob, compileGlobs } from '#lib/glob.ts';

describe('path patterns', () => {
  test.each([
    ['**/testdata/**', 'testdata/a.yaml', true],
    ['**/testdata/**', 'x/y/testdata/z/a.yaml', true],
    ['**/testdata/**', 'testdata', false],
    ['**/testdata/**', 'x/testdata2/a.yaml', false],
    ['vendor/**', 'vendor/a/b.yaml', true],
    ['vendor/**', 'x/vendor/a.yaml', false],
    ['vendor/', 'vendor/a/b.yaml', true],
    ['*.yaml', 'a.yaml', true],
    ['*.yaml', 'x/a.yaml', false],
    ['**/*.yaml', 'a.yaml', true],
    ['**/*.yaml', 'x/y/a.yaml', true],
    ['a/**/b', 'a/b', true],
    ['a/**/b', 'a/x/y/b', true],
    ['a/**/b', 'a/x/y/c', false],
    ['a/**/b/**/c', 'a/b/b/x/c', true],
    ['a?c', 'abc', true],
    ['a?c', 'a/c', false],
    ['./a/b', 'a/b', true],
    ['AuthorizationPolicy/shop/*', 'AuthorizationPolicy/shop/legacy', true],
    ['AuthorizationPolicy/shop/*', 'AuthorizationPolicy/shop-2/legacy', false],
    ['a.yaml', 'abyaml', false],
    ['[ab]', 'a', false],
    ['{a,b}', 'a', false],
    ['**', 'a/b/c', true],
  ])('%s on %s is %s', (pattern, path, expected) => {
    expect(compileGlob(pattern)(path)).toBe(expected);
  });

  test('no pattern matches nothing', () => {
    expect(compileGlobs([])('a')).toBe(false);
  });

  test('a hostile pattern takes no exponential time', () => {
    const pattern = `${'**/a*a*a*a*a*/'.repeat(12)}b`;
    const path = `${`${'a'.repeat(40)}/`.repeat(40)}c`;
    const started = performance.now();
    expect(compileGlob(pattern)(path)).toBe(false);
    expect(performance.now() - started).toBeLessThan(500);
  });
});
