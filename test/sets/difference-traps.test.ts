/** Cases that search over atoms is known to get wrong, and the wording of small differences. */
import { describe, expect, test } from 'vitest';
import { candidatesOf } from '#sets/candidates/candidates.ts';
import { difference, type DifferenceProblem } from '#sets/difference.ts';
import { passes } from '#sets/evaluate.ts';
import { cubeKey } from '#sets/keys.ts';
import type { PathNormalization, Value } from '#sets/matcher.ts';
import { any, cidr, cube, element, exact, glob, layer, none, nonEmpty, onePath, path, plentiful, port, prefix, present, principal, problem, suffix, template } from './worlds.ts';

/** Regions of a difference in words. */
function words(world: DifferenceProblem): string[] {
  const found = difference(world);
  expect(found.undecided).toEqual([]);
  for (const region of found.regions) {
    expect(region.complete).toBe(true);
    for (const sample of region.samples) expect(passes(world.to, sample) && !passes(world.from, sample)).toBe(true);
  }
  return found.regions.flatMap((region) => region.cubes.map(cubeKey));
}

function samples(world: DifferenceProblem): ReadonlyMap<string, Value>[] {
  return difference(world).regions.flatMap((region) => [...region.samples]);
}

const account = (name: string): ReturnType<typeof principal> => principal(exact(`cluster.local/ns/${name}`));

describe('traps', () => {
  test('a path is never empty: `paths: ["*"]` and no condition at all are the same', () => {
    const all = onePath(layer([cube(any('path', path(nonEmpty)))]));
    expect(words(problem(all, onePath(layer([cube()]))))).toEqual([]);
    expect(words(problem(onePath(layer([cube(any('path', path(prefix('/'))))])), onePath(layer('all'))))).toEqual([]);
    expect(words(problem(onePath(layer([cube(any('path', path(template('/{**}'))))])), onePath(layer([cube(none('path', path(template('/{**}'))))])))).length).toBe(1);
  });

  test('the path `/` is not a path that has not begun', () => {
    const world = problem(onePath(layer([cube(any('path', path(template('/{*}'))))])), onePath(layer([cube(any('path', path(prefix('/'))))])));
    expect(samples(world).length).toBeGreaterThan(0);
    expect(words(problem(onePath(layer([cube(any('path', path(template('/{*}'))))])), onePath(layer([cube(any('path', path(template('/{*}')), path(exact('/'))))]))))).toEqual(['path: path exact "/" BASE']);
  });

  test('a principal prefix that is cut behind the namespace still splits namespaces', () => {
    const world = problem(onePath(layer([cube(any('peer', principal(prefix('td/ns/a/'))))])), onePath(layer([cube(any('peer', principal(prefix('td/'))))])));
    expect(words(world)).toEqual(['peer: principal prefix "td/" except principal prefix "td/ns/a/"']);
    expect(words({ ...world, from: world.to, to: world.from })).toEqual([]);
  });

  test('`td/ns/a/*` and `td/ns/a/sa/*` admit the same callers', () => {
    const short = onePath(layer([cube(any('peer', principal(prefix('td/ns/a/'))))]));
    const long = onePath(layer([cube(any('peer', principal(prefix('td/ns/a/sa/'))))]));
    expect([...words(problem(short, long)), ...words(problem(long, short))]).toEqual([]);
  });

  test('namespace `*a` admits every namespace at Envoy', () => {
    const every = onePath(layer([cube(any('peer', glob('*')))]));
    expect(words(problem(onePath(layer([cube(any('peer', glob('*a')))])), every))).toEqual([]);
    expect(words(problem(onePath(layer([cube(any('peer', { type: 'namespace', pattern: suffix('a') }))])), every)).length).toBeGreaterThan(0);
  });

  test('plaintext satisfies a negative list (A3.8), and the sample shows it where it is all that is left', () => {
    const world = problem(onePath(layer([cube(any('peer', principal(nonEmpty)))])), onePath(layer([cube(none('peer', glob('evil')))])));
    expect(words(world)).toEqual(['peer: absent']);
    expect(samples(world)[0]?.get('peer')).toBe(null);
  });

  test('a token that holds two values at once is found', () => {
    const admin = cube(any('claim:groups', element(exact('admin'))));
    const blocked = cube(any('claim:groups', element(exact('blocked'))));
    const world = problem(onePath(layer([admin], [blocked])), onePath(layer([admin])));
    expect(samples(world)[0]?.get('claim:groups')).toEqual(['admin', 'blocked']);
  });

  test('suffix and prefix that overlap in one word are two patterns all the same', () => {
    const both = cube(any('header:x', prefix('aab')), any('header:x', suffix('ab')));
    expect(words(problem(onePath(layer([both])), onePath(layer([both, cube(any('header:x', exact('aab')))]))))).toEqual([]);
    expect(words(problem(onePath(layer([cube(any('header:x', exact('aab')))])), onePath(layer([both])))).length).toBe(1);
  });

  test('`{**}` matches nothing at all, `{*}` at least one character', () => {
    const world = problem(onePath(layer([cube(any('path', path(template('/a/{*}'))))])), onePath(layer([cube(any('path', path(template('/a/{**}'))))])));
    expect(words(world)).toEqual(['path: path template "/a/{**}" BASE except path template "/a/{*}" BASE']);
  });

  test('a bracket is in the prefix and not in the template', () => {
    const world = problem(onePath(layer([cube(any('path', path(template('/a/{**}'))))])), onePath(layer([cube(any('path', path(prefix('/a/'))))])));
    expect(samples(world)[0]?.get('path')).toMatch(/^\/a\/.*\[/);
  });

  test('an empty allow list is not an absent one', () => {
    expect(words(problem(onePath(layer([])), onePath(layer('all'))))).toEqual(['*']);
    expect(words(problem(onePath(layer('all')), onePath(layer([]))))).toEqual([]);
    expect(words(problem(onePath(layer([])), onePath(layer([cube()]))))).toEqual(['*']);
    expect(words(problem(onePath(layer([cube()])), onePath(layer('all'))))).toEqual([]);
  });

  test('a header that is present and empty counts as present, not as some text', () => {
    expect(words(problem(onePath(layer([cube(any('header:x', nonEmpty))])), onePath(layer([cube(any('header:x', present))]))))).toEqual(['header:x: present except non-empty']);
  });

  test('both families of addresses', () => {
    const world = problem(onePath(layer([cube(any('source.ip', cidr('0.0.0.0/0')))])), onePath(layer('all')));
    expect(words(world)).toEqual(['source.ip: * except cidr 0.0.0.0/0']);
    expect(words(problem(onePath(layer([cube(any('source.ip', cidr('0.0.0.0/0'), cidr('::/0')))])), onePath(layer('all'))))).toEqual([]);
  });

  test('a normalization that is taken back opens the spellings it folded', () => {
    const merged = onePath(layer('all', [cube(any('path', path(prefix('/admin'), 'MERGE_SLASHES')))]));
    const plain = onePath(layer('all', [cube(any('path', path(prefix('/admin'), 'BASE')))]));
    expect(words(problem(merged, plain))).toEqual(['path: path prefix "/admin" MERGE_SLASHES except path prefix "/admin" BASE']);
    expect(words(problem(plain, merged))).toEqual([]);
  });

  test('a template takes escaped slashes that another normalization reads as the way out', () => {
    const reading = (mode: PathNormalization, ...texts: string[]): ReturnType<typeof onePath> => onePath(layer([cube(any('path', ...texts.map((text) => path(template(text), mode))))]));
    // `/api/x%2f..%2f..%2fy` is below `/api` with BASE, and `/y` where slashes are decoded.
    expect(words(problem(reading('DECODE_AND_MERGE_SLASHES', '/api/{*}', '/api/{*}/{*}'), reading('BASE', '/api/{*}')))).toEqual([
      'path: path template "/api/{*}" BASE except path template "/api/{*}" DECODE_AND_MERGE_SLASHES | path template "/api/{*}/{*}" DECODE_AND_MERGE_SLASHES',
    ]);
    // The same before what both see at the end.
    const below = onePath(layer([cube(any('path', path(prefix('/open/'), 'DECODE_AND_MERGE_SLASHES')), any('path', path(template('/api/{*}/users'), 'BASE')))]));
    expect(samples(problem(onePath(layer([])), below)).map((sample) => sample.get('path'))).toEqual([expect.stringMatching(/^\/api\/[^/]*%2f[^/]*\/users$/)]);
    // Where no escaped slash is decoded, the template hides nothing.
    expect(words(problem(reading('MERGE_SLASHES', '/api/{*}'), reading('BASE', '/api/{*}')))).toEqual([]);
  });

  test('a path that every proxy refuses is no sample of what it begins with', () => {
    const below = (text: string): DifferenceProblem => problem(onePath(layer([])), onePath(layer([cube(any('path', path(prefix('/a'))))], [cube(any('path', path(exact(text))))])));
    expect(samples(below('/a#b')).map((sample) => sample.get('path'))).toEqual(['/ax']);
    expect(words(below('/a#b'))).toEqual(['path: path prefix "/a" BASE']);
    expect(words(below('/a'))).toEqual(['path: path prefix "/a" BASE except path exact "/a" BASE']);
  });

  test('several hops: layers of one kind are compared in their order', () => {
    const first = layer([cube(any('peer', account('a/sa/x')))]);
    const second = layer([cube(any('port', port(80)))]);
    expect(words(problem(onePath(first, second), onePath(first, layer('all'))))).toEqual(['peer: principal exact "cluster.local/ns/a/sa/x" & port: * except number 80']);
  });

  test('a second way in that refuses as much changes nothing', () => {
    const direct = { id: 'direct', layers: [layer([cube(any('port', port(80)))])] };
    const via = { id: 'via', layers: [layer([cube(any('port', port(80)), any('method', exact('GET')))])] };
    expect(words(problem([direct], [direct, via]))).toEqual([]);
    expect(words(problem([via], [direct, via]))).toEqual(['method: * except exact "GET" & port: number 80']);
    expect(words(problem([direct, via], [via]))).toEqual([]);
  });

  test('what cannot exist is not reported', () => {
    const world = problem(onePath(layer([])), onePath(layer('all')), { impossible: [cube(any('peer', { type: 'absent' }))] });
    expect(samples(world).map((sample) => sample.get('peer')).every((peer) => typeof peer === 'string')).toBe(true);
    expect(words({ ...world, impossible: [cube()] })).toEqual([]);
    expect(words({ ...world, to: onePath(layer([cube(any('peer', { type: 'absent' }))])) })).toEqual([]);
  });

  test('only what lies within is reported', () => {
    expect(words(problem(onePath(layer([])), onePath(layer('all')), { within: [cube(any('port', port(80)))] }))).toEqual(['port: number 80']);
  });

  test('what was found in a narrower part is not said beside what holds it', () => {
    const method = (...matchers: Parameters<typeof any>[1][]): ReturnType<typeof cube> => cube(any('method', ...matchers));
    expect(words(problem([], onePath(layer('all')), { within: [method(suffix('T')), method(exact('POST'))] }))).toEqual(['method: suffix "T"']);
    expect(words(problem([], onePath(layer('all')), { within: [method(suffix('T')), method(exact('PUSH'))] }))).toEqual(['method: exact "PUSH"', 'method: suffix "T"']);
  });

  test('a preferred value does not make a sample that cannot exist', () => {
    const token = { type: 'token' as const };
    const world = problem(onePath(layer([])), onePath(layer([cube(any('claim:g', element(exact('a'))))])), {
      impossible: [cube(any('token', { type: 'absent' }), any('claim:g', element(exact('a'))))],
      preferred: new Map([['token', [null]]]),
    });
    expect(samples({ ...world, impossible: [...world.impossible, cube(none('token', token), any('claim:g', element(nonEmpty)))] }).every((sample) => sample.get('token') !== null)).toBe(true);
  });
});

describe('samples', () => {
  const world = problem(onePath(layer([])), onePath(layer([cube(none('peer', glob('evil')), none('port', port(80)))])));
  test('preferred values first, in their order', () => {
    const preferred = new Map<'peer' | 'port' | 'method', readonly Value[]>([
      ['peer', ['cluster.local/ns/evil/sa/x', 'cluster.local/ns/shop/sa/cart', null]],
      ['port', [80, 9080]],
      ['method', ['GET']],
    ]);
    expect(difference({ ...world, preferred }).regions[0]?.samples[0]).toEqual(new Map<string, Value>([['peer', 'cluster.local/ns/shop/sa/cart'], ['method', 'GET'], ['port', 9080]]));
  });
  test('absent headers and claims before present ones', () => {
    const open = problem(onePath(layer([])), onePath(layer([cube(none('header:x', exact('v')), none('claim:g', element(exact('a'))))])));
    expect(samples(open)[0]).toEqual(new Map<string, Value>([['header:x', null], ['claim:g', null]]));
  });
});

describe('limits', () => {
  test('more classes than allowed: undecided, with the seed and the reason', () => {
    const many = Array.from({ length: 50 }, (_, index) => port(1000 + index));
    const found = difference(problem(onePath(layer(many.map((each) => cube(any('port', each), any('method', exact('GET')))))), onePath(layer('all')), { limits: { ...plentiful, atomsPerDimension: 20 } }));
    expect(found.regions).toEqual([]);
    expect(found.undecided).toEqual([{ seed: { predicates: [], origins: [] }, key: 'allow *', layer: 'authorization', reason: 'more than 20 classes of `port`' }]);
  });

  test('rules that multiply list claims beyond reason: undecided', () => {
    const values = (letter: string): ReturnType<typeof element>[] => Array.from({ length: 9 }, (_, index) => element(exact(`${letter}${String(index)}`)));
    const wide = cube(any('claim:a', ...values('a')), any('claim:b', ...values('b')));
    expect(difference(problem(onePath(layer([])), onePath(layer([wide])))).undecided[0]?.reason).toBe('more than 64 alternatives of claims in one rule');
  });

  test('templates that differ in every segment grow into classes only as far as allowed', () => {
    const matchers = Array.from({ length: 14 }, (_, index) => path(template(`/${Array.from({ length: 14 }, (_unused, at) => (at === index ? 'a' : '{*}')).join('/')}`)));
    expect(candidatesOf('path', matchers, 256)).toBeUndefined();
  });
});
