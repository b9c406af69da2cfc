/** Where a change comes from, as it is told: which edits are named, in which order, how far that is proved, and what environments take over (`docs/report.md`, `causes`). */
import { describe, expect, test } from 'vitest';
import { readManifests } from '#app/scenarios.ts';
import type { Cause } from '#impact/change.ts';
import { describeChanges, type DescribedChange, type Provenance } from '#impact/describe.ts';
import type { Edit } from '#impact/edits.ts';
import type { RawChange } from '#impact/raw-change.ts';
import type { Mesh } from '#mesh/model.ts';
import { decide } from '#posture/answer.ts';
import type { Predicate } from '#sets/cube.ts';
import { deployment, meshOf, namespace, policy } from '../mesh/support.ts';

const cluster = [namespace('shop', 'istio-injection: enabled'), deployment('shop/pay')];
const deny = (...paths: readonly string[]): Mesh => meshOf({ world: 'closed' }, ...cluster, ...(paths.length === 0 ? [] : [policy('AuthorizationPolicy', 'shop/deny', `action: DENY, rules: [{to: [{operation: {paths: [${paths.map((path) => `"${path}"`).join(', ')}]}}]}]`)]));
const shut = deny('/*');
const open = deny();

const edit = (id: string): Edit => {
  const [head] = readManifests(policy('AuthorizationPolicy', `shop/${id}`, ''));
  if (head === undefined) throw new Error('one document is one object');
  return { type: 'added', id: `AuthorizationPolicy/shop/${id}`, head };
};
const query = { from: { principal: null }, to: { workload: 'shop/pay', port: 8080 }, request: { protocol: 'http' as const, method: 'GET', path: '/a' } };
const destination: RawChange['destination'] = { id: 'shop/pay', namespace: 'shop', kind: 'Deployment', name: 'pay', known: true, status: 'both' };
const path = (text: string): Predicate => ({ dimension: 'path', any: [{ type: 'path', pattern: { type: 'exact', text }, normalization: 'BASE' }], none: [] });
const raw = (more: Partial<RawChange> = {}): RawChange => ({
  environment: 'one', destination, direction: 'widened', facet: 'access', cubes: [{ predicates: [path('/a')], origins: [] }], complete: true, seed: 's', seedOrigins: [],
  witness: { query, base: decide(shut, query), head: decide(open, query) }, reason: undefined, assumptions: [], enforcedAt: ['sidecar'], passingSide: 'head', ...more,
});

const places: Readonly<Record<string, Pick<Cause, 'file' | 'line'>>> = { 'a': { file: 'z.yaml', line: 9 }, 'b-1': { file: 'b.yaml', line: 7 }, 'b-2': { file: 'b.yaml', line: 3 }, 'b-3': { file: 'a.yaml', line: 8 } };
const cite = (of: Edit): Cause => {
  const name = of.id.split('/')[2] ?? '';
  return { file: 'x.yaml', line: 1, endLine: 1, side: 'RIGHT', resource: of.id.replace(/-\d$/u, ''), change: 'added', via: [], ...places[name] };
};

/** @param mesh what the base is with only these edits made */
function told(edits: readonly Edit[], mesh: (names: readonly string[]) => Mesh, changes: readonly RawChange[], unlike: readonly Edit[] = []): readonly DescribedChange[] {
  const asked = (made: readonly Edit[]): Mesh => mesh(made.map(({ id }) => id.split('/')[2] ?? ''));
  const from = (environment: string): Provenance => ({ sides: { environment, base: shut, head: open, renamed: new Map() }, edits, unlike, counterfactual: { near: asked, around: asked }, limits: { workPerSeed: 100_000, regionsPerSeed: 10, atomsPerDimension: 1_000 }, cite });
  return describeChanges(changes, new Map(['one', 'two'].map((environment) => [environment, from(environment)])));
}
const when = (moves: (names: readonly string[]) => boolean) => (names: readonly string[]): Mesh => (moves(names) ? open : shut);
const lines = ({ change }: DescribedChange): unknown => [change.causes.map(({ resource, file, line }) => `${resource} ${file}:${String(line)}`), change.alternativeCauses?.map((set) => set.map(({ resource }) => resource)), change.causeProof, change.causeNote];

describe('the edits that are named', () => {
  test('stand in the order of what was edited, then of the file and the line', () => {
    const edits = ['b-1', 'b-2', 'b-3', 'a'].map(edit);
    expect(told(edits, when((names) => names.length === 4), [raw()]).map(lines)).toEqual([[['AuthorizationPolicy/shop/a z.yaml:9', 'AuthorizationPolicy/shop/b a.yaml:8', 'AuthorizationPolicy/shop/b b.yaml:3', 'AuthorizationPolicy/shop/b b.yaml:7'], undefined, 'region', undefined]]);
  });

  test('are alternatives where each does it alone', () => {
    expect(told(['c', 'd'].map(edit), when((names) => names.length > 0), [raw()]).map(lines)).toEqual([[['AuthorizationPolicy/shop/c x.yaml:1'], [['AuthorizationPolicy/shop/d']], 'region', undefined]]);
  });

  test('are the likely ones where none is proved, and the change says why', () => {
    expect(told(['c', 'd'].map(edit), when(() => false), [raw()]).map(lines)).toEqual([[['AuthorizationPolicy/shop/c x.yaml:1', 'AuthorizationPolicy/shop/d x.yaml:1'], undefined, 'none', 'no set of the changed objects gives the request its new answer']]);
    expect(told(['c', 'd'].map(edit), when(() => false), [raw({ seedOrigins: [{ policy: 'AuthorizationPolicy/shop/d' }] })]).map(lines)).toEqual([[['AuthorizationPolicy/shop/d x.yaml:1'], undefined, 'none', 'no set of the changed objects gives the request its new answer']]);
    expect(told([], when(() => false), [raw()]).map(lines)).toEqual([[[], undefined, 'none', 'no set of the changed objects gives the request its new answer']]);
  });

  test('of what is undecided are likely at best', () => {
    expect(told(['c'].map(edit), when(() => true), [raw({ direction: 'undecided-widened', witness: undefined, reason: 'the limit was reached' })]).map(lines)).toEqual([[['AuthorizationPolicy/shop/c x.yaml:1'], undefined, 'none', undefined]]);
  });
});

describe('the whole region', () => {
  const two = raw({ cubes: [{ predicates: [path('/a')], origins: [] }, { predicates: [path('/b')], origins: [] }] });
  /** `c` opens the path of the witness, `d` the other one, `e` both. */
  const opened = (names: readonly string[]): Mesh => {
    const left = ['/a', '/b', '/c'].filter((text) => !names.includes('e') && !(text === '/a' && names.includes('c')) && !(text === '/b' && names.includes('d')));
    return left.length === 3 ? shut : deny(...left.filter((text) => text !== '/c'));
  };

  test('is what the edits make that the witness and the rest need', () => {
    expect(told(['c', 'd'].map(edit), opened, [two]).map(lines)).toEqual([[['AuthorizationPolicy/shop/c x.yaml:1', 'AuthorizationPolicy/shop/d x.yaml:1'], undefined, 'region', undefined]]);
  });

  test('is made by one of two that move the witness: the other is no alternative', () => {
    expect(told(['c', 'e'].map(edit), opened, [two]).map(lines)).toEqual([[['AuthorizationPolicy/shop/e x.yaml:1'], undefined, 'region', undefined]]);
  });

  test('needs more where nothing makes the rest', () => {
    expect(told(['c'].map(edit), opened, [two]).map(lines)).toEqual([[['AuthorizationPolicy/shop/c x.yaml:1'], undefined, 'witness', 'this explains the witness; other requests of the change need more edits']]);
  });

  test('is asked of the first fifty changes, the others are proved by their witness', () => {
    const many = Array.from({ length: 52 }, (_, index) => raw({ seed: String(index), cubes: [{ predicates: [path(`/a${String(index)}`)], origins: [] }] }));
    const proofs = told(['c'].map(edit), when((names) => names.length > 0), many).map(({ change, edits, cubes, taken }) => `${change.causeProof ?? ''} ${String(edits.length)} ${String(cubes.length)} ${String(taken.length)}`);
    expect(proofs).toEqual([...Array.from({ length: 50 }, () => 'region 1 1 0'), 'witness 1 1 0', 'witness 1 1 0']);
  });

  test('is not asked where a change stands in several environments', () => {
    expect(told(['c'].map(edit), when((names) => names.length > 0), [raw(), raw({ environment: 'two' })]).map(lines)).toEqual([[['AuthorizationPolicy/shop/c x.yaml:1'], undefined, 'witness', undefined]]);
  });
});

describe('a change that another environment has, too', () => {
  const first = raw();
  const taken = (second: RawChange): readonly (readonly string[])[] => told(['c'].map(edit), when((names) => names.length > 0), [first, second]).map((described) => described.taken);

  test('is taken with its witness where it was found in the other one', () => {
    expect(taken({ ...first, environment: 'two', like: first })).toEqual([['two']]);
  });

  test('not where it was found anew, or another request shows it', () => {
    expect(taken(raw({ environment: 'two' }))).toEqual([[]]);
    expect(taken({ ...first, environment: 'two', witness: raw().witness, like: first })).toEqual([[]]);
    expect(taken({ ...first, environment: 'two' })).toEqual([[]]);
    expect(told(['c'].map(edit), when(() => true), [first]).map((described) => described.taken)).toEqual([[]]);
  });

  test('has its own causes where an edit that only one of them has may matter', () => {
    const second: RawChange = { ...first, environment: 'two', like: first };
    const causes = (unlike: readonly Edit[]): unknown => told(['c', 'd'].map(edit), when((names) => names.length > 0), [first, second], unlike).map(lines);
    const expected = [[['AuthorizationPolicy/shop/c x.yaml:1'], [['AuthorizationPolicy/shop/d']], 'witness', undefined]];
    expect([causes([]), causes([edit('d')])]).toEqual([expected, expected]);
  });
});
