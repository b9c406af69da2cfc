/** A workload under another account: renamed identity, or access won and lost. */
import { describe, expect, test } from 'vitest';
import { defaultConfig } from '#app/config.ts';
import { review } from '#app/review.ts';
import { pair, stream, type Files } from '../support/tree.ts';
import { deployment, namespace, policy, service } from '../support/manifests.ts';

const account = (name: string): string => `cluster.local/ns/shop/sa/${name}`;
const as = (name: string, user: string): string => deployment({ name, namespace: 'shop' }, { app: name }).replace('      containers:', `      serviceAccountName: ${user}\n      containers:`);
const guarded = (...users: readonly string[]): string => policy({ name: 'pay', namespace: 'shop' }, users.map(account).join('", "')).replace('spec:\n', 'spec:\n  selector: {matchLabels: {app: pay}}\n');

function shop(front: string, other: string, ...allowed: readonly string[]): Files {
  return { 'a.yaml': stream(namespace('shop', { 'istio-injection': 'enabled' }), as('pay', 'pay'), service({ name: 'pay', namespace: 'shop' }, { app: 'pay' }), as('front', front), as('other', other), guarded(...allowed)) };
}

function facets(base: Files, head: Files): readonly string[] {
  const { report } = review({ pair: pair(base, head), comparison: { mode: 'directories', base: { id: 'base', label: 'base' }, head: { id: 'head', label: 'head' } }, config: defaultConfig, today: '2026-01-01', version: '0' });
  return report.changes.map((change) => `${change.direction} ${change.facet}`).sort();
}

function codes(base: Files, head: Files): readonly string[] {
  const { report } = review({ pair: pair(base, head), comparison: { mode: 'directories', base: { id: 'base', label: 'base' }, head: { id: 'head', label: 'head' } }, config: defaultConfig, today: '2026-01-01', version: '0' });
  return report.findings.filter((finding) => finding.status === 'new' && finding.code !== 'MP901').map((finding) => `${finding.code} ${finding.severity}`).sort();
}

describe('facet identity', () => {
  test('an account that is renamed together with the policy gives and takes nothing', () => {
    const [base, head] = [shop('front', 'other', 'front'), shop('front-eu', 'other', 'front-eu')];
    expect(facets(base, head)).toEqual(['narrowed identity', 'widened identity']);
    expect(codes(base, head).filter((code) => code.startsWith('MP201'))).toEqual([]);
  });

  test('one account that becomes two: who keeps access changed its name, who lost it lost access', () => {
    expect(facets(shop('default', 'default', 'default'), shop('front', 'other', 'front'))).toEqual(['narrowed access', 'widened identity']);
  });

  test('an account that is allowed for the first time is access', () => {
    expect(facets(shop('front', 'other', 'front'), shop('front', 'other', 'front', 'other'))).toEqual(['widened access']);
    // The workload had no access under its old account.
    expect(facets(shop('front', 'other', 'front'), shop('front', 'other-eu', 'front', 'other-eu'))).toEqual(['widened access']);
  });

  test('an account that somebody used before is access', () => {
    expect(facets(shop('front', 'other', 'front'), shop('other', 'other', 'other'))).toContain('widened access');
  });
});
