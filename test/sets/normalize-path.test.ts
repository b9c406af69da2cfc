/** A3.36, A3.39: what the proxy makes of a raw path, as recorded. */
import { describe, expect, test } from 'vitest';
import type { PathNormalization } from '#sets/matcher.ts';
import { normalizePath, rejectedPath } from '#sets/normalize-path.ts';

const table: readonly (readonly [string, string, string, string, string])[] = [
  // raw, NONE, BASE, MERGE_SLASHES, DECODE_AND_MERGE_SLASHES
  ['/admin', '/admin', '/admin', '/admin', '/admin'],
  ['/admin?x=/y', '/admin', '/admin', '/admin', '/admin'],
  ['/%61dmin', '/%61dmin', '/admin', '/admin', '/admin'],
  ['/%2e%2D%5f%7E%30%39%5A', '/%2e%2D%5f%7E%30%39%5A', '/.-_~09Z', '/.-_~09Z', '/.-_~09Z'],
  ['/a%20b', '/a%20b', '/a%20b', '/a%20b', '/a%20b'],
  ['/%252fadmin', '/%252fadmin', '/%252fadmin', '/%252fadmin', '/%252fadmin'],
  ['/\\admin', '/\\admin', '//admin', '/admin', '/admin'],
  ['/a\\b', '/a\\b', '/a/b', '/a/b', '/a/b'],
  ['/x/../admin', '/x/../admin', '/admin', '/admin', '/admin'],
  ['/../admin', '/../admin', '/admin', '/admin', '/admin'],
  ['/a/..', '/a/..', '/', '/', '/'],
  ['/a/.', '/a/.', '/a/', '/a/', '/a/'],
  ['/a/b/..', '/a/b/..', '/a/', '/a/', '/a/'],
  ['/./admin', '/./admin', '/admin', '/admin', '/admin'],
  ['/%2e%2e/admin', '/%2e%2e/admin', '/admin', '/admin', '/admin'],
  ['/x/..;/admin', '/x/..;/admin', '/admin', '/admin', '/admin'],
  ['/.;/admin', '/.;/admin', '/admin', '/admin', '/admin'],
  ['/%2e%2e;/admin', '/%2e%2e;/admin', '/..;/admin', '/..;/admin', '/..;/admin'],
  ['/;/admin', '/;/admin', '/;/admin', '/;/admin', '/;/admin'],
  ['//admin', '//admin', '//admin', '/admin', '/admin'],
  // Of nothing but slashes the first and the last stay.
  ['//', '//', '//', '//', '//'],
  ['///', '///', '///', '//', '//'],
  ['/x/..//', '/x/..//', '//', '//', '//'],
  ['//a//', '//a//', '//a//', '/a/', '/a/'],
  ['/x//../admin', '/x//../admin', '/x/admin', '/x/admin', '/x/admin'],
  ['/%2fadmin', '/%2fadmin', '/%2fadmin', '/%2fadmin', '/admin'],
  ['/a%2Fb', '/a%2Fb', '/a%2Fb', '/a%2Fb', '/a/b'],
  ['/%5cadmin', '/%5cadmin', '/%5cadmin', '/%5cadmin', '/admin'],
  ['/x%2f..%2fadmin', '/x%2f..%2fadmin', '/x%2f..%2fadmin', '/x%2f..%2fadmin', '/admin'],
  ['/admin/', '/admin/', '/admin/', '/admin/', '/admin/'],
  ['*', '*', '*', '*', '*'],
  ['?', '', '', '', ''],
  ['/x/..;a/admin', '/x/..;a/admin', '/admin', '/admin', '/admin'],
  ['/a%5cb', '/a%5cb', '/a%5cb', '/a%5cb', '/a/b'],
  ['/\u00e9', '/\u00e9', '/%C3%A9', '/%C3%A9', '/%C3%A9'],
  // What does not start with a slash stays as it is.
  ['*/%41//b', '*/%41//b', '*/%41//b', '*/%41//b', '*/%41//b'],
  // Characters that stand in a path only escaped, byte by byte; brackets stay.
  ['/a b"<>^`{|}', '/a b"<>^`{|}', '/a%20b%22%3C%3E%5E%60%7B%7C%7D', '/a%20b%22%3C%3E%5E%60%7B%7C%7D', '/a%20b%22%3C%3E%5E%60%7B%7C%7D'],
  ['/\u0001\u007f', '/\u0001\u007f', '/%01%7F', '/%01%7F', '/%01%7F'],
  ['/[]', '/[]', '/[]', '/[]', '/[]'],
  ['/a///b', '/a///b', '/a///b', '/a/b', '/a/b'],
  ['/a/./b/../c', '/a/./b/../c', '/a/c', '/a/c', '/a/c'],
  ['/a/.b/..c', '/a/.b/..c', '/a/.b/..c', '/a/.b/..c', '/a/.b/..c'],
  ['/a/x.;/b..;', '/a/x.;/b..;', '/a/x.;/b..;', '/a/x.;/b..;', '/a/x.;/b..;'],
  ['/%41%5A%61%7a%2d%5F%60', '/%41%5A%61%7a%2d%5F%60', '/AZaz-_%60', '/AZaz-_%60', '/AZaz-_%60'],
];

describe('normalization', () => {
  const modes: readonly PathNormalization[] = ['NONE', 'BASE', 'MERGE_SLASHES', 'DECODE_AND_MERGE_SLASHES'];
  for (const [raw, ...expected] of table) {
    test(raw, () => {
      expect(modes.map((mode) => normalizePath(raw, mode))).toEqual(expected);
    });
  }
  test('what a mode made is left as it is by that mode, save for escapes that decoding uncovers', () => {
    for (const [raw] of table) {
      if (raw.includes('%25') || raw.includes(';')) continue;
      for (const mode of modes) expect(normalizePath(normalizePath(raw, mode), mode)).toBe(normalizePath(raw, mode));
    }
  });
  test('a fragment or an encoded zero byte is refused before any policy', () => {
    expect(['/a#b', '/a%00', '/a', '/a%23', '/\u00e9', '/\u007f'].map(rejectedPath)).toEqual([true, true, false, false, true, false]);
  });
});
