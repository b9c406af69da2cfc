/** A pattern behind a rewrite and the paths before it: what one says of the path that is seen, the other says of the path that was sent. */
import { describe, expect, test } from 'vitest';
import { pathsNormalizedAgain, pathsSeenAs } from '#semantics/gateways/forwarded-paths.ts';
import { seenPath, type PathForwarding } from '#semantics/gateways/forwarding.ts';
import type { PathNormalization, TemplatePattern, TextMatcher } from '#sets/matcher.ts';
import { pathMatches, textMatches } from '#sets/matches.ts';
import { normalizePath } from '#sets/normalize-path.ts';

const moved = (from: string, to: string, more: { readonly slash?: boolean; readonly anyCase?: boolean } = {}): PathForwarding => ({ type: 'moved', from, to, slash: more.slash ?? false, anyCase: more.anyCase ?? false });
const ways: readonly PathForwarding[] = [
  { type: 'same' }, { type: 'any', to: '/v2' }, { type: 'any', to: '/a//b?x=1' }, { type: 'regex', match: '^/api/(.*)', rewrite: '/\\1' },
  moved('/api', '/v2'), moved('/api/', '/v2/'), moved('/api', '/'), moved('/api', ''), moved('', '/v2'), moved('/api', '/.x'), moved('/api/v1', '/api'), moved('/api', '', { slash: true }), moved('/api', '/v2', { anyCase: true }),
];
const texts = ['/', '/v2', '/v2/', '/v2/x', '/x', 'x', '/api', '/api/x', '2', '/v', 'i/x', '//x', '.html', '/index.html'];
const patterns: readonly (TextMatcher | TemplatePattern)[] = [...texts.flatMap((text): TextMatcher[] => [{ type: 'exact', text }, { type: 'prefix', text }, { type: 'suffix', text }]), { type: 'non-empty' }, { type: 'present' }, { type: 'template', text: '/v2/{*}' }];
const rests = ['', '/', '/x', 'x', '//x', '.', '..', './x', '../x', '..;y/x', '.x', '/x/index.html', '2', '/v2', '-1'];
const modes: readonly PathNormalization[] = ['NONE', 'BASE', 'MERGE_SLASHES', 'DECODE_AND_MERGE_SLASHES'];

/** Paths as the router has them, which the way takes. */
function sentTo(way: PathForwarding, mode: PathNormalization): readonly string[] {
  const from = way.type === 'moved' ? way.from : '/api';
  const all = rests.map((rest) => `${from}${rest}`).filter((path) => path.startsWith('/') && normalizePath(path, mode) === path);
  // A way that leaves nothing of the beginning is one of a match that ended at a slash.
  return way.type === 'moved' && (way.to === '' || way.slash) ? all.filter((path) => path === from ? way.slash : path.slice(from.length).startsWith('/')) : all;
}

describe('a pattern behind a route', () => {
  test.each(modes)('holds of what is seen exactly where its words hold of what was sent (%s)', (mode) => {
    const counts = { told: 0, asked: 0, again: 0 };
    for (const way of ways) {
      const again = pathsNormalizedAgain(way, mode);
      for (const pattern of patterns) {
        const seen = pathsSeenAs(way, pattern, mode);
        for (const path of sentTo(way, mode)) {
          if (seen.type === 'asked') {
            counts.asked += 1;
            continue;
          }
          if (again.some((each) => textMatches(each, path))) {
            counts.again += 1;
            continue;
          }
          counts.told += 1;
          const says = seen.type === 'all' || (seen.type === 'paths' && seen.patterns.some((each) => textMatches(each, path)));
          expect([way, pattern, path, says]).toEqual([way, pattern, path, pathMatches(pattern, normalizePath(seenPath(way, path), mode))]);
        }
      }
    }
    expect(counts.told).toBeGreaterThan(2_000);
    expect(counts.asked).toBeGreaterThan(100);
    if (mode !== 'NONE') expect(counts.again).toBeGreaterThan(0);
  });

  test('is asked of the request where the way has no words', () => {
    const exact: TextMatcher = { type: 'exact', text: '/v2' };
    expect(pathsSeenAs({ type: 'regex', match: '/a', rewrite: '/b' }, exact, 'BASE').type).toBe('asked');
    expect(pathsSeenAs(moved('/api', '/v2', { anyCase: true }), exact, 'BASE').type).toBe('asked');
    expect(pathsSeenAs(moved('/api', '/v2'), { type: 'template', text: '/v2/{*}' }, 'BASE').type).toBe('asked');
    // The ending may begin in what the route takes away.
    expect(pathsSeenAs(moved('/api', '/v2'), { type: 'suffix', text: 'i/x' }, 'BASE').type).toBe('asked');
  });
});
