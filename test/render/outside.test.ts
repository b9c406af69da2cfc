/** Content of other places (R15): named, never computed, answering to its own gate; and what its values still tell (R26). */
import { describe, expect, test } from 'vitest';
import { defaultConfig, type Config } from '#app/config.ts';
import { review, type ReviewOutcome } from '#app/review.ts';
import { pair, stream, type Files } from '../support/tree.ts';
import { deployment, namespace } from '../support/manifests.ts';

function run(base: Files, head: Files, config: Partial<Config> = {}): ReviewOutcome {
  return review({ pair: pair(base, head), comparison: { mode: 'directories', base: { id: 'base', label: 'base' }, head: { id: 'head', label: 'head' } }, config: { ...defaultConfig, ...config }, today: '2026-01-01', version: '0' });
}

function release(chart: string, version: string, values = ''): string {
  return `apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: ${chart}, namespace: istio-system}\nspec:\n  chart: {spec: {chart: ${chart}, version: "${version}", sourceRef: {kind: HelmRepository, name: istio}}}\n${values}`;
}

function found({ report }: ReviewOutcome): readonly string[] {
  return report.findings.filter((finding) => finding.code === 'MP810').map((finding) => `${finding.severity} ${finding.status} ${finding.location?.file ?? ''}:${String(finding.location?.startLine)} ${finding.message}`);
}

describe('a chart of another place', () => {
  test('in another version is named, and warns', () => {
    const outcome = run({ 'a/r.yaml': release('shop', '1.0.0') }, { 'a/r.yaml': release('shop', '2.0.0') });
    expect(found(outcome)).toEqual(['medium new a/r.yaml:1 the chart `istio/shop of HelmRelease istio-system/shop` is deployed in another version or with other values, and its manifests are not in the repository']);
    expect(outcome.report.verdict).toBe('warn');
  });

  test('of another registry is one move, of another name two changes', () => {
    const from = (source: string, chart = 'shop'): Files => ({ 'a/r.yaml': release('shop', '1.0.0').replace('name: istio}', `name: ${source}}`).replace('chart: shop', `chart: ${chart}`) });
    expect(found(run(from('old'), from('new')))).toEqual(['medium new a/r.yaml:1 the chart `new/shop of HelmRelease istio-system/shop` is deployed in place of `old/shop of HelmRelease istio-system/shop`, and its manifests are not in the repository']);
    expect(found(run(from('old'), from('new', 'bank')))).toHaveLength(2);
  });

  test('of the control plane weighs more, and its own gate can fail', () => {
    const files = (version: string): Files => ({ 'a/r.yaml': release('istiod', version) });
    expect(found(run(files('1.30.0'), files('1.31.0')))[0]).toMatch(/^high new/u);
    expect(run(files('1.30.0'), files('1.31.0')).report.verdict).toBe('warn');
    expect(run(files('1.30.0'), files('1.31.0'), { gates: { ...defaultConfig.gates, external: 'fail' } }).report.verdict).toBe('fail');
  });

  test('that stays as it is, is silent', () => {
    expect(found(run({ 'a/r.yaml': release('shop', '1.0.0') }, { 'a/r.yaml': `# a comment\n${release('shop', '1.0.0')}` }))).toEqual([]);
  });
});

describe('values of the control plane are mesh configuration (R26)', () => {
  const shop = stream(namespace('shop', { 'istio-injection': 'enabled' }), deployment({ name: 'web', namespace: 'shop' }, { app: 'web' }));
  const values = '  values:\n    meshConfig:\n      trustDomain: corp.example\n';
  const domains = ({ compared }: ReviewOutcome): readonly string[] => compared.environments.map((each) => each.head.config.trustDomain);

  test('of a Flux HelmRelease', () => {
    const files: Files = { 'a/r.yaml': release('istiod', '1.31.0', values), 'a/shop.yaml': shop };
    expect(domains(run(files, files))).toEqual(['corp.example']);
  });

  test('of an Argo CD Application', () => {
    const files: Files = { 'a/r.yaml': 'apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: istiod, namespace: argocd}\nspec:\n  destination: {namespace: istio-system}\n  source: {repoURL: "https://charts.example", chart: istiod, targetRevision: 1.31.0, helm: {valuesObject: {meshConfig: {trustDomain: corp.example}}}}\n', 'a/shop.yaml': shop };
    expect(domains(run(files, files))).toEqual(['corp.example']);
  });

  test('of any other chart are not', () => {
    const files: Files = { 'a/r.yaml': release('shop', '1.31.0', values), 'a/shop.yaml': shop };
    expect(domains(run(files, files))).toEqual(['cluster.local']);
  });
});
