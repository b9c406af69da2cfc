/** A workload that may do under its new account what it might under the old one gains nothing: the change is about its identity. Every condition of that has a near miss. */
import { describe, expect, test } from 'vitest';
import { knownIdentities } from '#impact/callers.ts';
import type { Callers } from '#impact/change.ts';
import { isAboutIdentity } from '#impact/identity-facet.ts';
import type { RawChange, Sides } from '#impact/raw-change.ts';
import type { Mesh } from '#mesh/model.ts';
import { decide } from '#posture/answer.ts';
import { deployment, meshOf, namespace, policy } from '../mesh/support.ts';

const as = (name: string, account: string): string => deployment(`shop/${name}`, '', '', `serviceAccountName: ${account}`);
const allow = (...accounts: readonly string[]): string => policy('AuthorizationPolicy', 'shop/allow', `selector: {matchLabels: {app: db}}, rules: [{from: [{source: {principals: [${accounts.map((account) => `"cluster.local/ns/shop/sa/${account}"`).join(', ')}]}}]}]`);
const mesh = (...documents: readonly string[]): Mesh => meshOf({ world: 'closed' }, namespace('shop', 'istio-injection: enabled'), as('db', 'db'), ...documents);

const former = mesh(as('web', 'old'), allow('old'));
const current = mesh(as('web', 'new'), allow('new'));
const callers = (...known: readonly string[]): Callers => ({ known: known.map((name) => `shop/${name}[Deployment]`), open: [], plaintext: false, internet: false });

/** What `account` may do on the passing side. */
function about(base: Mesh, head: Mesh, account: string, passingSide: 'base' | 'head', { known = callers('web'), renamed = new Map<string, string>(), ...more }: Partial<RawChange> & { readonly known?: Callers; readonly renamed?: Sides['renamed'] } = {}): boolean {
  const query = { from: { principal: `cluster.local/ns/shop/sa/${account}` }, to: { workload: 'shop/db', port: 8080 }, request: { protocol: 'http' as const } };
  const raw = { direction: passingSide === 'head' ? 'widened' : 'narrowed', facet: 'access', passingSide, witness: { query, base: decide(base, query), head: decide(head, query) }, ...more } as RawChange;
  return isAboutIdentity({ raw, sides: { environment: 'test', base, head, renamed }, callers: known, knownOf: knownIdentities });
}
const gained = (more: Parameters<typeof about>[4] = {}): boolean => about(former, current, 'new', 'head', more);
const lost = (more: Parameters<typeof about>[4] = {}): boolean => about(former, current, 'old', 'base', more);

test('an account that is renamed together with the policy', () => {
  expect([gained(), lost()]).toEqual([true, true]);
});

describe('not where', () => {
  test.each([
    ['the change is about something else', { facet: 'mtls' }],
    ['it is not proved', { direction: 'undecided-widened' }],
    ['it is latent', { direction: 'latent-narrowed' }],
    ['it has no witness', { witness: undefined }],
    ['callers without an identity may come', { known: { ...callers('web'), plaintext: true } }],
    ['callers that nothing declares may come', { known: { ...callers('web'), open: ['any other mesh identity'] } }],
    ['nobody who is declared may come', { known: callers() }],
    ['more may come than one account is split into', { known: callers(...Array.from({ length: 65 }, () => 'web')) }],
    ['the caller is nobody who is declared', { known: callers('gone') }],
  ] satisfies readonly (readonly [string, Parameters<typeof about>[4]])[])('%s', (_, more) => {
    expect([gained(more), lost(more)]).toEqual([false, false]);
  });

  test('somebody used the account before, or goes on using it', () => {
    expect(about(mesh(as('web', 'old'), as('cron', 'new'), allow('old')), mesh(as('web', 'new'), allow('new')), 'new', 'head')).toBe(false);
    expect(about(mesh(as('web', 'old'), allow('old')), mesh(as('web', 'new'), as('cron', 'old'), allow('new')), 'old', 'base')).toBe(false);
  });

  test('the workload keeps its account', () => {
    expect(about(mesh(as('web', 'new')), current, 'new', 'head')).toBe(false);
  });

  test('the workload is new, or gone', () => {
    expect(about(mesh(allow('old')), current, 'new', 'head')).toBe(false);
    expect(about(former, mesh(allow('new')), 'old', 'base')).toBe(false);
  });

  test('it could do less under the account of the other side', () => {
    expect(about(mesh(as('web', 'old'), allow('other')), current, 'new', 'head')).toBe(false);
    expect(about(former, mesh(as('web', 'new'), allow('other')), 'old', 'base')).toBe(false);
  });

  test('the account may do it for some of its workloads only since', () => {
    const both = mesh(as('web', 'new'), as('cron', 'new'), allow('new'));
    expect(about(mesh(as('web', 'old'), as('cron', 'other'), allow('old')), both, 'new', 'head', { known: callers('web', 'cron') })).toBe(false);
    // Another layer keeps `cron` away: its account counts all the same.
    expect(about(mesh(as('web', 'old'), as('cron', 'other'), allow('old')), both, 'new', 'head')).toBe(false);
    expect(about(mesh(as('web', 'old'), as('cron', 'old'), allow('old')), both, 'new', 'head')).toBe(true);
  });
});

describe('up to 64 workloads of one account', () => {
  const many = (count: number): readonly string[] => Array.from({ length: count }, (_, index) => `w${String(index)}`);
  const use = (account: string, count: number): Mesh => mesh(...many(count).map((name) => as(name, account)), allow(account));

  test.each([[64, true], [65, false]])('%i', (count, expected) => {
    expect(about(use('old', count), use('new', count), 'new', 'head', { known: callers(...many(count)) })).toBe(expected);
    expect(about(use('old', count), use('new', count), 'new', 'head', { known: callers('w0') })).toBe(expected);
  });
});

test('of a workload that is renamed, too', () => {
  const base = mesh(as('web', 'old'), allow('old'));
  const head = mesh(as('front', 'new'), allow('new'));
  const renamed = new Map([['shop/other', 'shop/gone'], ['shop/front', 'shop/web']]);
  expect(about(base, head, 'new', 'head', { known: callers('front'), renamed })).toBe(true);
  expect(about(base, head, 'old', 'base', { known: callers('web'), renamed })).toBe(true);
  expect(about(base, head, 'new', 'head', { known: callers('front') })).toBe(false);
  expect(about(base, head, 'old', 'base', { known: callers('web') })).toBe(false);
});
