/** One thing is told once, and two things never in the same words (`docs/report.md`, `changes`). */
import { describe, expect, test } from 'vitest';
import type { Cause, Change } from '#impact/change.ts';
import type { DescribedChange } from '#impact/describe.ts';
import type { Edit } from '#impact/edits.ts';
import { causesOfAll, editsOfAll, toldApart, withoutRepeats } from '#impact/told-apart.ts';
import type { AnyResource } from '#manifests/resource.ts';
import type { Cube } from '#sets/cube.ts';

const edit = (id: string): Edit => ({ type: 'added', id, head: { kind: 'Namespace', name: id } as AnyResource });
const cause = (line: number): Cause => ({ file: 'a.yaml', line, endLine: line, side: 'RIGHT', resource: 'AuthorizationPolicy/shop/x', change: 'added', via: [] });
const cube = (text: string): Cube => ({ predicates: [{ dimension: 'method', any: [{ type: 'exact', text }], none: [] }], origins: [] });

const plain: Change = {
  id: 'a', environments: ['default'], direction: 'widened', facet: 'access', destinations: [{ id: 'shop/web', known: true, status: 'both' }], region: { cubes: [{}], complete: true },
  callers: { known: [], open: [], plaintext: true, internet: false }, headline: 'any client may now reach `shop/web`', before: 'denied', after: 'allowed', causes: [], enforcementPoints: ['sidecar'], assumptions: [],
};
const described = (over: Partial<Change> = {}, more: Partial<DescribedChange> = {}): DescribedChange => ({ change: { ...plain, ...over }, edits: [], cubes: [], taken: [], ...more });

describe('changes that a reader cannot tell apart', () => {
  test('are one, with the edits, causes and cubes of all', () => {
    const [one, ...others] = withoutRepeats([
      described({ causes: [cause(1)] }, { edits: [edit('a')], cubes: [cube('GET')] }),
      described({ id: 'b', causes: [cause(2), cause(1)] }, { edits: [edit('a'), edit('b')], cubes: [cube('PUT')] }),
    ]);
    expect(others).toEqual([]);
    expect(one?.change.id).toBe('a');
    expect(one?.change.causes.map(({ line }) => line)).toEqual([1, 2]);
    expect(one?.edits.map(({ id }) => id)).toEqual(['a', 'b']);
    expect(one?.cubes).toEqual([cube('GET'), cube('PUT')]);
  });

  test('a change that stands alone stays as it is', () => {
    const alone = described({ alternativeCauses: [[cause(3)]], causeProof: 'region' });
    expect(withoutRepeats([alone])).toEqual([alone]);
    expect(withoutRepeats([])).toEqual([]);
  });

  test.each([
    ['direction', { direction: 'narrowed' }],
    ['facet', { facet: 'mtls' }],
    ['answer before', { before: 'asked' }],
    ['answer after', { after: 'asked' }],
    ['destination', { destinations: [{ id: 'shop/pay', known: true, status: 'both' }] }],
    ['environment', { environments: ['production'] }],
    ['region', { region: { cubes: [{}], complete: false } }],
    ['callers', { callers: { known: [], open: ['x'], plaintext: true, internet: false } }],
    ['assumptions', { assumptions: ['mesh-config'] }],
  ] as const satisfies readonly (readonly [string, Partial<Change>])[])('another %s is another change', (_, over) => {
    expect(withoutRepeats([described(), described({ id: 'b', ...over })])).toHaveLength(2);
  });
});

describe('what is said of the causes of several', () => {
  test('alternatives stay where all agree', () => {
    const same = { causes: [cause(1)], alternativeCauses: [[cause(2)]] };
    expect(causesOfAll([described(same), described(same)])).toEqual({ causes: [cause(1)], alternativeCauses: [[cause(2)]] });
    expect(causesOfAll([described(same), described({ causes: [cause(1)] })])).toEqual({ causes: [cause(1)], alternativeCauses: undefined });
    expect(causesOfAll([described({ causes: [cause(1)] }), described({ causes: [cause(1)], alternativeCauses: [] })])).toEqual({ causes: [cause(1)], alternativeCauses: undefined });
    expect(causesOfAll([described(same), described({ ...same, causes: [cause(3)] })]).alternativeCauses).toBeUndefined();
    expect(causesOfAll([])).toEqual({ causes: [], alternativeCauses: undefined });
  });

  test('the weakest proof is that of all', () => {
    const proved = (...proofs: readonly (Change['causeProof'])[]): Change['causeProof'] => causesOfAll(proofs.map((proof) => described(proof === undefined ? {} : { causeProof: proof }))).causeProof;
    expect(proved('region', 'region')).toBe('region');
    expect(proved('region', 'witness')).toBe('witness');
    expect(proved('witness', 'none', 'region')).toBe('none');
    expect(proved(undefined)).toBeUndefined();
  });

  test('each edit is named once', () => {
    expect(editsOfAll([described({}, { edits: [edit('b'), edit('a')] }), described({}, { edits: [edit('a')] })]).map(({ id }) => id)).toEqual(['b', 'a']);
  });
});

describe('equal headlines', () => {
  const headlines = (...changes: readonly DescribedChange[]): readonly string[] => toldApart(changes).map(({ change }) => change.headline);
  const witness = (port: number, more: Partial<NonNullable<Change['witness']>['request']> = {}): NonNullable<Change['witness']> => ({ from: {}, to: { port }, request: { protocol: 'http', method: 'GET', path: '/a', ...more }, base: { verdict: 'deny' }, head: { verdict: 'allow' } });

  test('are continued by the answer that changed: before a widening, after a narrowing', () => {
    expect(headlines(described({ before: 'x' }), described({ before: 'y' }))).toEqual([`${plain.headline}, before x`, `${plain.headline}, before y`]);
    for (const direction of ['narrowed', 'latent-narrowed', 'undecided-narrowed'] as const) expect(headlines(described({ direction, after: 'x' }), described({ direction, after: 'y' }))).toEqual([`${plain.headline}, now x`, `${plain.headline}, now y`]);
  });

  test('then by their callers, those without a name first', () => {
    const callers = (open: readonly string[], known: readonly string[] = []): Partial<Change> => ({ callers: { known, open, plaintext: false, internet: false } });
    expect(headlines(described(callers(['x'], ['k'])), described(callers([], ['k'])))).toEqual([`${plain.headline}, by callers such as \`x\``, `${plain.headline}, by callers such as \`k\``]);
    expect(headlines(described(callers([])), described(callers(['x'])))).toEqual([plain.headline, `${plain.headline}, by callers such as \`x\``]);
  });

  test('then by their witness', () => {
    expect(headlines(described({ witness: witness(80) }), described({ witness: witness(81) }))).toEqual([`${plain.headline}, such as http \`GET /a\` to port \`80\``, `${plain.headline}, such as http \`GET /a\` to port \`81\``]);
    const bytes = { ...witness(80), request: { protocol: 'tcp' } as const };
    expect(headlines(described({ witness: bytes }), described())).toEqual([`${plain.headline}, such as tcp \`\` to port \`80\``, plain.headline]);
    expect(headlines(described({ witness: { ...witness(80), request: { protocol: 'http', method: 'GET' } } }), described())[0]).toBe(`${plain.headline}, such as http \`GET\` to port \`80\``);
  });

  test('of three, what two of them share is told further', () => {
    const known = (id: string): Change['callers'] => ({ known: [id], open: [], plaintext: false, internet: false });
    expect(headlines(described({ before: 'x' }), described({ before: 'y', callers: known('a') }), described({ before: 'y', callers: known('b') }))).toEqual([`${plain.headline}, before x`, `${plain.headline}, before y, by callers such as \`a\``, `${plain.headline}, before y, by callers such as \`b\``]);
  });

  test('of other destinations or environments stay: what stands beside them tells them apart', () => {
    expect(headlines(described({ before: 'x' }), described({ before: 'y', environments: ['production'] }))).toEqual([plain.headline, plain.headline]);
    expect(headlines(described({ before: 'x' }), described({ before: 'y', destinations: [{ id: 'shop/pay', known: true, status: 'both' }] }))).toEqual([plain.headline, plain.headline]);
    expect(headlines(described({ before: 'x', headline: 'other' }), described({ before: 'y' }))).toEqual(['other', plain.headline]);
  });

  test('where nothing else differs they stay', () => {
    expect(headlines(described(), described({ id: 'b' }), described({ headline: 'other' }))).toEqual([plain.headline, plain.headline, 'other']);
  });
});
