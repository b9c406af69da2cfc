/** What proves that edits are the causes of a change: for each direction the answer that they alone have to bring about (`docs/report.md`, `causes`). */
import { describe, expect, test } from 'vitest';
import { readManifests } from '#app/scenarios.ts';
import type { Edit } from '#impact/edits.ts';
import { CauseProver, type ProvedCauses } from '#impact/prove-causes.ts';
import type { RawChange, Sides } from '#impact/raw-change.ts';
import type { Mesh } from '#mesh/model.ts';
import { decide } from '#posture/answer.ts';
import type { Query } from '#posture/query.ts';
import type { Cube } from '#sets/cube.ts';
import { deployment, meshOf, namespace, policy } from '../mesh/support.ts';

const mesh = (injected: boolean, ...documents: readonly string[]): Mesh => meshOf({ world: 'closed' }, namespace('shop', injected ? 'istio-injection: enabled' : ''), ...documents);
const pods = [deployment('shop/pay'), deployment('shop/web')];
const nobody = policy('AuthorizationPolicy', 'shop/nobody', '');
const network = (...ports: readonly number[]): string => `{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: in, namespace: shop}, spec: {podSelector: {matchLabels: {app: pay}}, policyTypes: [Ingress], ingress: [${ports.length === 0 ? '' : `{ports: [${ports.map((port) => `{port: ${String(port)}}`).join(', ')}]}`}]}}`;

const edit = (name: string): Edit => {
  const [head] = readManifests(policy('AuthorizationPolicy', `shop/${name}`, ''));
  if (head === undefined) throw new Error('one document is one object');
  return { type: 'added', id: name, head };
};
const query: Query = { from: { principal: null, pod: { namespace: 'shop', labels: { app: 'web' } } }, to: { workload: 'shop/pay', port: 8080 }, request: { protocol: 'http', method: 'GET', path: '/' } };

interface Setting {
  readonly base: Mesh;
  readonly head: Mesh;
  /** Edit → what the base is with it alone. */
  readonly made: Readonly<Record<string, Mesh>>;
  readonly renamed?: Sides['renamed'];
  readonly unlike?: readonly Edit[];
}

function proverOf({ base, head, made, renamed = new Map(), unlike = [] }: Setting): CauseProver {
  const asked = (edits: readonly Edit[]): Mesh => (edits.length === 1 ? made[edits[0]?.id ?? ''] : undefined) ?? base;
  return new CauseProver({ environment: 'test', base, head, renamed }, Object.keys(made).map(edit), { near: asked, around: asked }, { workPerSeed: 100_000, regionsPerSeed: 10, atomsPerDimension: 1_000 }, unlike);
}

function change(direction: RawChange['direction'], { base, head }: Pick<Setting, 'base' | 'head'>, asked: Query = query, more: Partial<RawChange> = {}): RawChange {
  return {
    environment: 'test', destination: { id: 'shop/pay', namespace: 'shop', kind: 'Deployment', name: 'pay', known: true, status: 'both' }, direction, facet: 'access', cubes: [{ predicates: [], origins: [] }], complete: true, seed: 's', seedOrigins: [],
    witness: { query: asked, base: decide(base, asked), head: decide(head, asked) }, reason: undefined, assumptions: [], enforcedAt: ['sidecar'], passingSide: 'head', ...more,
  };
}

const told = ({ sets, proof, unproved }: ProvedCauses): unknown => [sets.map((set) => set.map(({ id }) => id)), proof, unproved];
const nothing = 'no set of the changed objects gives the request its new answer';

describe('the witness', () => {
  const open = mesh(true, ...pods);
  const shut = mesh(true, ...pods, nobody);
  const bare = mesh(false, ...pods);

  test.each([
    ['widened', shut, open],
    ['narrowed', open, shut],
  ] as const)('of what is %s has to be answered as at the head', (direction, base, head) => {
    const setting = { base, head, made: { b: base, h: head } };
    expect(told(proverOf(setting).of(change(direction, setting)))).toEqual([[['h']], 'witness', undefined]);
    expect(told(proverOf({ ...setting, made: { b: base } }).of(change(direction, setting)))).toEqual([[['b']], 'none', nothing]);
  });

  test('of a proxy that goes or comes has to be answered at the same place, and alike', () => {
    for (const [direction, base, head] of [['weakened', open, bare], ['strengthened', bare, open]] as const) {
      const setting = { base, head, made: { b: base, s: shut, h: head } };
      expect(told(proverOf(setting).of(change(direction, setting)))).toEqual([[['h']], 'witness', undefined]);
    }
  });

  test.each([
    ['latent-widened', 'the network opens', mesh(true, ...pods, nobody, network()), mesh(true, ...pods, nobody, network(8080)), mesh(true, ...pods, network())],
    ['latent-narrowed', 'the network closes', mesh(true, ...pods, nobody, network(8080)), mesh(true, ...pods, nobody, network()), mesh(true, ...pods, network(8080))],
    ['latent-widened', 'the proxy opens', mesh(true, ...pods, nobody, network()), mesh(true, ...pods, network()), mesh(true, ...pods, nobody, network(8080))],
    ['latent-narrowed', 'the proxy closes', mesh(true, ...pods, network()), mesh(true, ...pods, nobody, network()), mesh(true, ...pods, network(8080))],
  ] as const)('of what is %s because %s has to be stopped by the layer that stops it at the head', (direction, _, base, head, other) => {
    const setting = { base, head, made: { b: base, o: other, h: head } };
    expect(told(proverOf(setting).of(change(direction, setting)))).toEqual([[['h']], 'witness', undefined]);
  });

  test('of what is undecided proves nothing, and the likely edits are named: five where none is likelier', () => {
    const setting = { base: shut, head: open, made: Object.fromEntries(['a', 'b', 'c', 'd', 'e', 'f'].map((name) => [name, open])) };
    for (const direction of ['undecided-widened', 'undecided-narrowed'] as const) {
      expect(told(proverOf(setting).of(change(direction, setting)))).toEqual([[['a', 'b', 'c', 'd', 'e']], 'none', undefined]);
      expect(told(proverOf(setting).of(change(direction, setting, query, { witness: undefined })))).toEqual([[['a', 'b', 'c', 'd', 'e']], 'none', undefined]);
      expect(told(proverOf(setting).of(change(direction, setting, query, { seedOrigins: [{ policy: 'f' }, { policy: 'b' }] })))).toEqual([[['b', 'f']], 'none', undefined]);
    }
    expect(told(proverOf({ ...setting, made: {} }).of(change('undecided-widened', setting)))).toEqual([[], 'none', undefined]);
  });

  test('is asked under the name that workloads have where it is asked', () => {
    const base = mesh(true, deployment('shop/pay'), deployment('shop/web'), nobody);
    const head = mesh(true, deployment('shop/cash'), deployment('shop/front'));
    const renamed = new Map([['shop/gone', 'shop/other'], ['shop/cash', 'shop/pay'], ['shop/front', 'shop/web']]);
    const half = mesh(true, deployment('shop/cash'), deployment('shop/web'), nobody);
    const from = (workload: string): Query => ({ ...query, from: { workload } });
    const setting = { base, head, made: { h: half, g: head }, renamed };
    for (const [asked, to] of [[from('shop/web'), 'shop/pay'], [from('shop/front'), 'shop/cash'], [{ ...query, from: { principal: null } }, 'shop/pay']] as const) {
      const known: Query = { ...asked, to: { ...asked.to, workload: to } };
      const witness = { query: known, base: decide(base, { ...known, from: known.from.workload === undefined ? known.from : { workload: 'shop/web' }, to: { ...known.to, workload: 'shop/pay' } }), head: decide(head, { ...known, from: known.from.workload === undefined ? known.from : { workload: 'shop/front' }, to: { ...known.to, workload: 'shop/cash' } }) };
      const raw = change('widened', setting, known, { witness });
      expect([witness.base.verdict, witness.head.verdict]).toEqual(['deny', 'allow']);
      expect(told(proverOf(setting).of(raw))).toEqual([[['g']], 'witness', undefined]);
      expect(told(proverOf(setting).inRegion(raw, proverOf(setting).of(raw)))).toEqual([[['g']], 'region', undefined]);
    }
  });
});

describe('the region', () => {
  const base = mesh(true, ...pods, nobody);
  const head = mesh(true, ...pods);
  const setting = { base, head, made: { h: head } };
  const proved = (raw: RawChange, over: Partial<ProvedCauses> = {}): unknown => {
    const prover = proverOf(setting);
    return told(prover.inRegion(raw, { ...prover.of(raw), ...over }));
  };

  test('is asked of what opens or closes', () => {
    expect(proved(change('widened', setting))).toEqual([[['h']], 'region', undefined]);
    const closing = { base: head, head: base, made: { h: base } };
    const prover = proverOf(closing);
    expect(told(prover.inRegion(change('narrowed', closing), prover.of(change('narrowed', closing))))).toEqual([[['h']], 'region', undefined]);
  });

  test('is not asked of what is proved otherwise, or where the callers, a gateway or addresses outside are what it is about', () => {
    const raw = change('widened', setting);
    expect(proved(raw, { proof: 'none' })).toEqual([[['h']], 'none', undefined]);
    expect(proved(raw, { sets: [] })).toEqual([[], 'witness', undefined]);
    expect(proved({ ...raw, callers: ['shop/web[Deployment]'] })).toEqual([[['h']], 'witness', undefined]);
    expect(proved({ ...raw, gateway: { outside: true } })).toEqual([[['h']], 'witness', undefined]);
    expect(proved({ ...raw, destination: { ...raw.destination, host: '*' } })).toEqual([[['h']], 'witness', undefined]);
    const weaker = { base: head, head: mesh(false, ...pods), made: { h: mesh(false, ...pods) } };
    const prover = proverOf(weaker);
    expect(told(prover.inRegion(change('weakened', weaker), prover.of(change('weakened', weaker))))).toEqual([[['h']], 'witness', undefined]);
  });

  test('of a destination behind NetworkPolicies is looked at with them', () => {
    const [closed, one, both] = [mesh(true, ...pods, network()), mesh(true, ...pods, network(8080)), mesh(true, ...pods, network(8080, 9090))];
    const ports: readonly Cube[] = [8080, 9090].map((value) => ({ predicates: [{ dimension: 'port', any: [{ type: 'number', value }], none: [] }, { dimension: 'transport', any: [{ type: 'one-of', text: 'TCP' }], none: [] }], origins: [] }));
    const whole = { base: closed, head: both, made: { o: one, w: both } };
    const prover = proverOf(whole);
    const raw = change('widened', whole, query, { cubes: ports });
    expect(told(prover.of(raw))).toEqual([[['o'], ['w']], 'witness', undefined]);
    expect(told(prover.inRegion(raw, prover.of(raw)))).toEqual([[['w']], 'region', undefined]);
  });

  test('of pods that nothing declares is asked by their labels', () => {
    const only = policy('AuthorizationPolicy', 'shop/pending', 'selector: {matchLabels: {app: pending}}');
    const phantom = { base: mesh(true, ...pods, only), head: mesh(true, ...pods, only.replace('{selector', '{rules: [{}], selector')), made: { h: mesh(true, ...pods, only.replace('{selector', '{rules: [{}], selector')) } };
    const asked: Query = { ...query, to: { selector: { namespace: 'shop', labels: { app: 'pending' } }, port: 8080 } };
    const raw = change('widened', phantom, asked, { destination: { id: 'shop/app=pending', namespace: 'shop', known: false, status: 'both' } });
    const prover = proverOf(phantom);
    expect(raw.witness?.base.verdict).toBe('deny');
    expect(told(prover.inRegion(raw, prover.of(raw)))).toEqual([[['h']], 'region', undefined]);
    const unnamed = { ...raw, witness: change('widened', setting).witness };
    expect(told(prover.inRegion(unnamed, { sets: [[edit('h')]], proof: 'witness', trials: 1, ample: true }))).toEqual([[['h']], 'witness', 'this explains the witness; other requests of the change need more edits']);
  });
});

describe('what another environment found', () => {
  const setting = { base: mesh(true, ...pods, nobody), head: mesh(true, ...pods), made: { h: mesh(true, ...pods) } };
  const raw = change('widened', setting);
  const found: ProvedCauses = { sets: [[edit('h')]], proof: 'witness', trials: 1, ample: true };

  test('holds with this one’s edits', () => {
    const prover = proverOf(setting);
    const like = prover.like(raw, found);
    expect(like === undefined ? undefined : told(like)).toEqual([[['h']], 'witness', undefined]);
    expect(like?.sets[0]?.[0] === found.sets[0]?.[0]).toBe(false);
    expect([like?.trials, like?.ample]).toEqual([1, true]);
  });

  test('is asked anew where an edit is missing, or one that only one of them has may matter', () => {
    expect(proverOf(setting).like(raw, { ...found, sets: [[edit('h')], [edit('h'), edit('other')]] })).toBeUndefined();
    expect(proverOf({ ...setting, unlike: [edit('x')] }).like(raw, found)).toBeUndefined();
  });

  test('is asked anew where the trials are used up in one of them alone, and costs what it cost there', () => {
    expect(proverOf(setting).like(raw, { ...found, ample: false })).toBeUndefined();
    const prover = proverOf(setting);
    expect(prover.like(raw, { ...found, trials: 19_999 })?.trials).toBe(19_999);
    expect(prover.like(raw, found)?.trials).toBe(1);
    expect(prover.like(raw, found)).toBeUndefined();
    expect(prover.like(raw, { ...found, ample: false })?.ample).toBe(false);
  });

  test('leaves few trials to a change that comes after very many', () => {
    const many = { ...setting, made: Object.fromEntries(Array.from({ length: 40 }, (_, index) => [`e${String(index)}`, setting.base])) };
    const prover = proverOf({ ...many, made: { ...many.made, h: setting.head } });
    const before = prover.of(raw);
    expect([told(before), before.trials >= 41, before.ample]).toEqual([[[['h']], 'witness', undefined], true, true]);
    expect(prover.like(raw, { ...found, sets: [], trials: 20_000 })).toBeDefined();
    const after = prover.of(raw);
    expect([after.proof, after.trials, after.ample, after.unproved]).toEqual(['none', 20, false, 'the limit of 20 trials was reached']);
  });
});
