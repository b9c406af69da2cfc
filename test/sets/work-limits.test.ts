/** What a comparison costs, and what it says where that, the regions, the classes or the alternatives are too many. */
import { describe, expect, test } from 'vitest';
import type { Cube, Dimension, Path } from '#sets/cube.ts';
import { difference, type DifferenceProblem } from '#sets/difference.ts';
import { explore, type Task } from '#sets/explore.ts';
import { cubeKey } from '#sets/keys.ts';
import type { Value } from '#sets/matcher.ts';
import { any, cube, element, exact, layer, none, onePath, plentiful, port, prefix, present, problem } from './worlds.ts';

const nothing = onePath(layer([]));
const get = any('method', exact('GET'));
const eighty = any('port', port(80));
const refused = 'the work limit was reached';

interface Told {
  readonly cubes: readonly string[];
  readonly complete: boolean;
  readonly undecided: readonly string[];
  readonly work: number;
}

function told(world: DifferenceProblem): Told {
  const { regions, undecided, work } = difference(world);
  return { cubes: regions.flatMap((region) => region.cubes.map(cubeKey)), complete: regions.every((region) => region.complete), undecided: undecided.map(({ reason }) => reason), work };
}

describe('work is counted in blockers that are looked at', () => {
  test.each([
    ['nothing opens', problem(nothing, nothing), 0],
    // What was found is a blocker of the next search: once from the plain part of the seed, once from the whole.
    ['one seed without blockers', problem(nothing, onePath(layer([cube(eighty)]))), 2],
    ['two such seeds', problem(nothing, onePath(layer([cube(eighty), cube(any('port', port(81)))]))), 4],
    ['one blocker on two axes', problem(nothing, onePath(layer('all', [cube(get, eighty)]))), 14],
    // The path of the other side that has the same name refuses by what the seed escapes: it is no rival.
    ['a path that is as it was, beside one that is not', problem([{ id: 'a', layers: [layer([])] }, { id: 'direct', layers: [layer([cube(get)])] }], onePath(layer([cube(get)]))), 0],
    ['a path that was not there is compared with the first', problem([{ id: 'a', layers: [layer([cube(get)])] }], onePath(layer([cube(get)]))), 0],
    ['a rival path', problem([{ id: 'direct', layers: [layer([cube(eighty)])] }, { id: 'via', layers: [layer([cube(get)])] }], onePath(layer('all'))), 10],
    ['a rival path that denies', problem([...nothing, { id: 'via', layers: [layer('all', [cube(get), cube(eighty)])] }], onePath(layer('all'))), 17],
    ['a rival path of two layers', problem([...nothing, { id: 'via', layers: [layer([cube(get)]), layer([cube(eighty)], [cube(get)])] }], onePath(layer('all'))), 12],
    ['two demands', problem(nothing, onePath(layer([cube(get), cube(any('method', prefix('P')))]), layer([cube(eighty), cube(any('port', port(81)))]))), 26],
    ['demands of which one part is left', problem(nothing, onePath(layer([cube(get)]), layer([cube(get, eighty), cube(any('method', exact('PUT')))]))), 5],
    ['blockers of three axes', problem(nothing, onePath(layer('all', [cube(get, eighty), cube(eighty, any('header:x', exact('a'))), cube(get, eighty, any('header:x', exact('b')))]))), 25],
    ['what cannot exist', problem(nothing, onePath(layer('all')), { impossible: [cube(get, eighty)] }), 10],
  ])('%s', (_, world, work) => {
    expect(told(world).work).toBe(work);
  });

  const world = problem(nothing, onePath(layer('all', [cube(get, eighty)])));
  const both = ['method: * except exact "GET"', 'port: * except number 80'];
  test.each([
    // Ten times as much is tried once, and what was found before it ran out is told.
    [0, { cubes: [], complete: true, undecided: [refused], work: 2 }],
    [1, { cubes: both, complete: false, undecided: [refused], work: 16 }],
    [2, { cubes: both, complete: true, undecided: [], work: 17 }],
    [13, { cubes: both, complete: true, undecided: [], work: 28 }],
    [14, { cubes: both, complete: true, undecided: [], work: 14 }],
  ] as const)('a seed may take %d', (workPerSeed, expected) => {
    expect(told({ ...world, limits: { ...plentiful, workPerSeed } })).toEqual(expected);
  });

  test.each([
    [1, { cubes: both.slice(0, 1), complete: false, undecided: [], work: 6 }],
    [2, { cubes: both, complete: true, undecided: [], work: 14 }],
  ] as const)('a seed may have %d regions', (regionsPerSeed, expected) => {
    expect(told({ ...world, limits: { ...plentiful, regionsPerSeed } })).toEqual(expected);
  });

  test('what has run out says so, whatever it was asked for', () => {
    const task: Task = { cube: cube(), origins: [], layer: 'authorization', blockers: [cube(get, eighty)], impossible: [], demands: [], rivals: [], preferred: new Map(), regions: 9, atoms: 9 };
    expect(explore(task, { left: 0 })).toEqual({ cubes: [], samples: [], complete: false, exhausted: true, undecided: refused });
    expect(explore({ ...task, atoms: 1 }, { left: 99 })).toEqual({ cubes: [], samples: [], complete: false, exhausted: false, undecided: 'more than 1 classes of `method`' });
    expect(explore({ ...task, blockers: [cube()] }, { left: 99 })).toEqual({ cubes: [], samples: [], complete: true, exhausted: false });
    const budget = { left: 99 };
    expect(explore(task, budget)).toMatchObject({ complete: true, exhausted: false });
    expect(budget.left).toBe(99 - 14);
  });
});

describe('where the classes are too many, what is certain without them is not undecided', () => {
  const ports = Array.from({ length: 9 }, (_, index) => cube(any('port', port(80 + index)), any('method', exact('GET'))));
  const few = { ...plentiful, atomsPerDimension: 4 };
  const decided: readonly (readonly [name: string, world: DifferenceProblem])[] = [
    ['a refusal of everything', problem(nothing, onePath(layer('all', [...ports, cube()])))],
    ['a refusal of everything, where the seed is less', problem(nothing, onePath(layer([cube(get)], [...ports, cube()])))],
    ['a refusal of the very seed', problem(nothing, onePath(layer([cube(get)], [...ports, cube(get)])))],
    ['nothing is possible', problem(nothing, onePath(layer('all', ports)), { impossible: [cube()] })],
    ['the seed is not asked about', problem(nothing, onePath(layer([cube(get)], ports)), { within: [cube(any('method', exact('PUT')))] })],
  ];
  test.each(decided)('%s', (_, world) => {
    expect(told({ ...world, limits: few })).toEqual({ cubes: [], complete: true, undecided: [], work: 0 });
  });
  test.each([
    ['a refusal of much', problem(nothing, onePath(layer('all', [...ports, cube(get)])))],
    ['a refusal of some of the seed', problem(nothing, onePath(layer([cube(get)], [...ports, cube(get, any('header:x', exact('a')))])))],
    ['something is possible', problem(nothing, onePath(layer('all', ports)), { impossible: [cube(none('method', exact('GET')))] })],
    ['the seed is asked about', problem(nothing, onePath(layer([cube(get)], ports)), { within: [cube(any('method', prefix('G')))] })],
  ] satisfies typeof decided)('near miss: %s', (_, world) => {
    expect(told({ ...world, limits: few }).undecided).toEqual(['more than 4 classes of `port`']);
  });
});

describe('rules that multiply claims beyond reason are undecided wherever they stand', () => {
  const values = (name: 'claim:a' | 'claim:b', count: number): ReturnType<typeof any> => any(name, ...Array.from({ length: count }, (_, index) => element(exact(String(index)))));
  const wide = (count: number): Cube => cube(values('claim:a', 8), values('claim:b', count));
  const via = (...layers: Path['layers']): Path => ({ id: 'via', layers });
  const all = onePath(layer('all'));
  const places: readonly (readonly [name: string, world: (wide: Cube) => DifferenceProblem])[] = [
    ['what opens', (claims) => problem(nothing, onePath(layer([claims])))],
    ['what is refused', (claims) => problem(nothing, onePath(layer('all', [claims])))],
    ['what cannot exist', (claims) => problem(nothing, all, { impossible: [claims] })],
    ['what is asked about', (claims) => problem(nothing, all, { within: [claims] })],
    ['what another path lets pass', (claims) => problem([...nothing, via(layer([claims]))], all)],
    ['what another path refuses', (claims) => problem([...nothing, via(layer('all', [claims]))], all)],
  ];
  test.each(places)('%s', (_, world) => {
    expect(told(world(wide(9))).undecided).toEqual(['more than 64 alternatives of claims in one rule']);
    expect(told(world(wide(8))).undecided).toEqual([]);
  });
});

test('among many refusals those that share a condition are looked at once, and each counts', () => {
  const shared = any('header:x', exact('a'));
  const other = any('header:x', exact('b'));
  const many = Array.from({ length: 40 }, (_, index) => [cube(shared, any('port', port(1000 + index))), cube(other, any('port', port(2000 + index)))]).flat();
  const [found] = told(problem(nothing, onePath(layer([cube(shared)], many)))).cubes;
  expect(found).toBe(`header:x: exact "a" & port: * except ${Array.from({ length: 40 }, (_, index) => `number ${String(1000 + index)}`).join(' | ')}`);
});

test('what two paths let pass by one rule is told once, and is whole where both are', () => {
  const from = (policy: string, ...denied: readonly Cube[]): Path => ({ id: policy, layers: [{ id: 'authorization', allow: [{ ...cube(get), origins: [{ policy }] }], deny: denied }] });
  const both = [from('a'), from('b', cube(eighty, any('header:x', exact('a'))))];
  const whole = difference(problem([], both));
  expect(whole.regions.map(({ seedOrigins, complete, cubes }) => [seedOrigins, complete, cubes.map(cubeKey)])).toEqual([
    [[{ policy: 'a' }, { policy: 'b' }], true, ['method: exact "GET"', 'header:x: * except exact "a" & method: exact "GET"', 'method: exact "GET" & port: * except number 80']],
  ]);
  expect(difference(problem([], both, { limits: { ...plentiful, regionsPerSeed: 1 } })).regions.map(({ complete }) => complete)).toEqual([false]);
  // What is undecided in both is so once.
  const wide = Array.from({ length: 9 }, (_, index) => cube(any('port', port(index))));
  expect(told(problem([], [from('a', ...wide), from('b', ...wide)], { limits: { ...plentiful, atomsPerDimension: 4 } })).undecided).toEqual(['more than 4 classes of `port`']);
});

test('regions stand in the order of layers and seeds, whichever path has them', () => {
  const world = problem([], [{ id: 'a', layers: [layer([cube(eighty)], [], 'network-policy')] }, { id: 'b', layers: [layer([cube(get)], [], 'authorization')] }]);
  expect(difference(world).regions.map((region) => region.layer)).toEqual(['authorization', 'network-policy']);
});

describe('the request that is shown', () => {
  const shown = (world: DifferenceProblem): readonly unknown[] => difference(world).regions.flatMap(({ samples }) => samples.map((sample) => [...sample]));
  test('sends no token where that can be', () => {
    const token = { type: 'absent' } as const;
    const impossible = [cube(any('token', token), get), cube(any('token', token), eighty)];
    expect(shown(problem(nothing, onePath(layer('all')), { impossible }))).toEqual([[['method', 'POST'], ['port', 8080], ['token', null]]]);
  });
  test('prefers what is known, if the region has it', () => {
    const preferred = new Map([['port', [9080, 80]], ['method', ['GET']], ['host', ['shop.example']]] as const);
    expect(shown(problem(nothing, onePath(layer([cube(eighty, any('header:x', exact('a')))])), { preferred }))).toEqual([[['method', 'GET'], ['port', 80], ['host', 'shop.example'], ['header:x', 'a']]]);
  });
  test('what is preferred gives way, the last first, where it makes a request that cannot exist', () => {
    const preferred = new Map<Dimension, readonly Value[]>([['port', [80]], ['method', ['GET']]]);
    expect(shown(problem(nothing, onePath(layer('all')), { preferred, impossible: [cube(eighty, get)] }))).toEqual([[['method', 'POST'], ['port', 80]]]);
    expect(shown(problem(nothing, onePath(layer([cube(none('header:x', exact('a')))])), { preferred: new Map([...preferred, ['header:x', ['b']]]), impossible: [cube(any('header:x', present), get)] }))).toEqual([[['method', 'GET'], ['port', 80], ['header:x', null]]]);
  });
});

test('the order of layers and paths leaves no trace, however they are listed', () => {
  const one = layer([cube(get), cube(any('method', prefix('P')), eighty)], [], 'authorization');
  const two = layer([cube(eighty), cube(any('port', port(81)), any('header:x', exact('a')))], [], 'network-policy');
  const path = (id: string, ...layers: Path['layers']): Path => ({ id, layers });
  const turned = ({ id, allow, deny }: typeof one): typeof one => ({ id, allow: allow === 'all' ? allow : [...allow].reverse(), deny });
  const first = difference(problem([], [path('a', one, two), path('b', two)]));
  expect(first.regions.length).toBeGreaterThan(1);
  expect(difference(problem([], [path('b', turned(two)), path('a', turned(two), turned(one))]))).toEqual(first);
  const rivals = [path('b', two), path('a', one)];
  expect(difference(problem(rivals, [path('c', layer('all'))]))).toEqual(difference(problem([...rivals].reverse(), [path('c', layer('all'))])));
});
