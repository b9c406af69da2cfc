/** What a search comes to no end with is told as undecided beside what it found, also where nothing of that moves an answer. */
import { describe, expect, test } from 'vitest';
import { authoritiesMoved } from '#impact/authority-changes.ts';
import { identitiesMoved } from '#impact/identity-changes.ts';
import { latentMoved } from '#impact/latent.ts';
import { movedAccounts } from '#impact/moved-accounts.ts';
import { labelsMoved, movedPods } from '#impact/moved-labels.ts';
import { DifferenceMemo, type PairContext } from '#impact/pair-context.ts';
import type { RawChange } from '#impact/raw-change.ts';
import type { Cube } from '#sets/cube.ts';
import type { Difference } from '#sets/difference.ts';
import { deployment, meshOf, namespace, policy } from '../mesh/support.ts';
import { contextOf } from './support.ts';

const seed: Cube = { predicates: [{ dimension: 'port', any: [{ type: 'number', value: 7000 }], none: [] }], origins: [{ policy: 'AuthorizationPolicy/shop/large' }] };
const unclear: Difference['undecided'][number] = { seed, key: 'port 7000', layer: 'authorization', reason: 'the limit was reached' };

/** Every search finds what it finds, and comes to no end with one seed more. */
class Endless extends DifferenceMemo {
  override get(key: string, compute: () => Difference): Difference {
    const found = super.get(key, compute);
    return { ...found, undecided: [...found.undecided, unclear] };
  }
}

const endless = (context: PairContext): PairContext => ({ ...context, memo: new Endless() });
const told = (changes: readonly RawChange[]): readonly string[] => changes.map(({ direction, facet, reason, complete, witness, callers }) => `${direction} ${facet} by ${callers?.join() ?? 'anybody'}: ${reason ?? 'proved'}${complete ? '' : ', in part'}${witness === undefined ? '' : ', shown'}`);

const shop = namespace('shop', 'istio-injection: enabled');
const shut = '{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: shut, namespace: shop}, spec: {podSelector: {matchLabels: {app: db}}, policyTypes: [Ingress]}}';
const allow = policy('AuthorizationPolicy', 'shop/allow', 'selector: {matchLabels: {app: db}}, rules: [{from: [{source: {principals: ["cluster.local/ns/shop/sa/new"]}}]}]');

describe('of a caller under another account', () => {
  const as = (account: string): string => deployment('shop/web', '', '', `serviceAccountName: ${account}`);
  const context = (former: string, current: string, ...more: readonly string[]): PairContext => {
    const [base, head] = [former, current].map((account) => meshOf({ world: 'closed' }, shop, deployment('shop/db'), as(account), allow, ...more));
    if (base === undefined || head === undefined) throw new Error('two accounts make two meshes');
    return contextOf(base, head, 'shop/db');
  };
  const moved = (of: PairContext): readonly string[] => told(identitiesMoved(of, movedAccounts(of.sides)));
  const open = (way: string): string => `undecided-${way} identity by shop/web[Deployment]: the limit was reached, in part`;

  test('gained, and the rest is open', () => {
    expect(moved(context('old', 'new'))).toEqual(['widened identity by shop/web[Deployment]: proved, shown']);
    expect(moved(endless(context('old', 'new')))).toEqual(['widened identity by shop/web[Deployment]: proved, shown', open('widened'), open('narrowed')]);
    expect(moved(endless(context('new', 'old')))).toEqual([open('widened'), 'narrowed identity by shop/web[Deployment]: proved, shown', open('narrowed')]);
  });

  test('refused elsewhere, and the rest is open', () => {
    expect(moved(context('old', 'new', shut))).toEqual([]);
    expect(moved(endless(context('old', 'new', shut)))).toEqual([open('widened'), open('narrowed')]);
  });

  test('its seeds are asked by the caller', () => {
    const of = endless(context('old', 'other'));
    const peer = (account: string): unknown => ({ dimension: 'peer', any: [{ type: 'principal', pattern: { type: 'exact', text: `cluster.local/ns/shop/sa/${account}` } }], none: [] });
    expect(identitiesMoved(of, movedAccounts(of.sides))).toMatchObject([
      { direction: 'undecided-widened', seed: 'identity ns/shop/sa/old ns/shop/sa/other port 7000', cubes: [{ predicates: [peer('other'), seed.predicates[0]], origins: seed.origins }], seedOrigins: seed.origins },
      { direction: 'undecided-narrowed', seed: 'identity ns/shop/sa/old ns/shop/sa/other port 7000', cubes: [{ predicates: [peer('old'), seed.predicates[0]] }] },
    ]);
  });
});

describe('of a caller with other labels', () => {
  const web = (tier: string): string => deployment('shop/web', `tier: ${tier}`);
  const letIn = '{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: in, namespace: shop}, spec: {podSelector: {matchLabels: {app: db}}, ingress: [{from: [{podSelector: {matchLabels: {tier: inner}}}]}]}}';
  const context = (former: string, current: string, ...more: readonly string[]): PairContext => {
    const [base, head] = [former, current].map((tier) => meshOf({ world: 'closed' }, shop, deployment('shop/db'), web(tier), letIn, ...more));
    if (base === undefined || head === undefined) throw new Error('two labels make two meshes');
    return contextOf(base, head, 'shop/db');
  };
  const moved = (of: PairContext): readonly string[] => told(labelsMoved(of, movedPods(of.sides)));
  const open = (way: string): string => `undecided-${way} access by shop/web[Deployment]: the limit was reached, in part`;

  test('gained, and the rest is open', () => {
    expect(moved(context('outer', 'inner'))).toEqual(['widened access by shop/web[Deployment]: proved, shown']);
    expect(moved(endless(context('outer', 'inner')))).toEqual(['widened access by shop/web[Deployment]: proved, shown', open('widened'), open('narrowed')]);
    expect(moved(endless(context('inner', 'outer')))).toEqual([open('widened'), 'narrowed access by shop/web[Deployment]: proved, shown', open('narrowed')]);
  });

  test('its seeds are asked by such pods', () => {
    const of = endless(context('outer', 'inner'));
    const change = labelsMoved(of, movedPods(of.sides)).find(({ direction }) => direction === 'undecided-widened');
    expect(change).toMatchObject({ seed: 'labels shop/web port 7000', seedOrigins: seed.origins, complete: false });
    expect(change?.cubes.map(({ predicates }) => predicates.map(({ dimension }) => dimension))).toEqual([['peer', 'pod-label:tier', 'port']]);
  });
});

test('of what opens behind another layer', () => {
  const network = (port: number): string => `{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: in, namespace: shop}, spec: {podSelector: {matchLabels: {app: db}}, ingress: [{ports: [{port: ${String(port)}}]}]}}`;
  const nobody = policy('AuthorizationPolicy', 'shop/nobody', '');
  const [base, head] = [8080, 9090].map((port) => meshOf({ world: 'closed' }, shop, deployment('shop/db'), network(port), nobody));
  if (base === undefined || head === undefined) throw new Error('two ports make two meshes');
  const context = contextOf(base, head, 'shop/db');
  const moved = { network: true, behind: false };
  expect(told(latentMoved(context, [], moved))).toEqual(['latent-widened access by anybody: proved, shown', 'latent-narrowed access by anybody: proved, shown']);
  const open = ['latent-widened access by anybody: proved, shown', 'undecided-widened access by anybody: the limit was reached, in part', 'latent-narrowed access by anybody: proved, shown', 'undecided-narrowed access by anybody: the limit was reached, in part'];
  expect(told(latentMoved(endless(context), [], moved))).toEqual(open);
  // What the policy of the seed opens loudly is told anyway.
  const loud = { direction: 'widened', seedOrigins: seed.origins } as unknown as RawChange;
  expect(told(latentMoved(endless(context), [loud], moved))).toEqual(open.filter((line) => !line.startsWith('undecided-widened')));
});

test('of requests that another authorizer is asked about', () => {
  const asks = (provider: string): string => policy('AuthorizationPolicy', 'shop/ask', `selector: {matchLabels: {app: db}}, action: CUSTOM, provider: {name: ${provider}}, rules: [{to: [{operation: {paths: ["/a"]}}]}]`);
  const config = '{apiVersion: v1, kind: ConfigMap, metadata: {name: istio, namespace: istio-system}, data: {mesh: "extensionProviders: [{name: one, envoyExtAuthzGrpc: {service: one.shop.svc.cluster.local, port: 9000}}, {name: two, envoyExtAuthzGrpc: {service: two.shop.svc.cluster.local, port: 9000}}]"}}';
  const [base, head] = ['one', 'two'].map((provider) => meshOf({ world: 'closed' }, config, shop, deployment('shop/db'), asks(provider), ...['one', 'two', 'db'].map((name) => `{apiVersion: v1, kind: Service, metadata: {name: ${name}, namespace: shop}, spec: {selector: {app: ${name}}, ports: [{name: http, port: 9000, targetPort: 8080}]}}`)));
  if (base === undefined || head === undefined) throw new Error('two providers make two meshes');
  const context = contextOf(base, head, 'shop/db');
  const lines = (rest: string): readonly string[] => [`undecided-widened external-authorization by anybody: \`one\` is no longer asked${rest}, shown`, `undecided-narrowed external-authorization by anybody: \`two\` is newly asked${rest}, shown`];
  expect(told(authoritiesMoved(context))).toEqual(lines(''));
  expect(told(authoritiesMoved(endless(context)))).toEqual(lines(', in part'));
});
