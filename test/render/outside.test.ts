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

describe('what the values of a chart of another place say otherwise', () => {
  const severities = (base: Files, head: Files): readonly string[] => run(base, head).report.findings.filter(({ code }) => code === 'MP810').map(({ severity }) => severity);
  const flux = (values: string, version = '1.0.0', chart = 'shop'): Files => ({ 'a/r.yaml': release(chart, version, `  values: ${values}\n`) });
  const argo = (helm: string): Files => ({ 'a/a.yaml': `apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: shop, namespace: argocd}\nspec:\n  source: {repoURL: "https://charts.example", chart: shop, targetRevision: 1.0.0, helm: ${helm}}\n  destination: {namespace: shop}\n` });
  const held = (text: string): Files => ({ 'a/r.yaml': release('shop', '1.0.0', '  valuesFrom: [{kind: ConfigMap, name: shop}]\n'), 'a/map.yaml': `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: shop, namespace: istio-system}\ndata: {values.yaml: ${JSON.stringify(text)}}\n` });

  test.each<readonly [string, Files, Files]>([
    ['the tag of a HelmRelease', flux('{image: {repository: x, tag: "1"}}'), flux('{image: {repository: x, tag: "2"}}')],
    ['several, in lists and by other names', flux('{jobs: [{name: a, image: "x:1"}], api: {imageTag: "1"}}'), flux('{jobs: [{name: a, image: "x:2"}], api: {imageTag: "2"}}')],
    ['a parameter of an Application', argo('{parameters: [{name: image.tag, value: "1"}]}'), argo('{parameters: [{name: image.tag, value: "2"}]}')],
    ['a text of values', argo('{values: "image:\\n  tag: a\\n"}'), argo('{values: "image:\\n  tag: b\\n"}')],
    ['values of a ConfigMap', held('image: {tag: "1"}\n'), held('image: {tag: "2"}\n')],
  ])('only an image: %s', (_, base, head) => {
    expect([severities(base, head), run(base, head).report.verdict]).toEqual([['info'], 'pass']);
  });

  test.each<readonly [string, Files, Files]>([
    ['replicas and an image', flux('{replicaCount: 1, image: {tag: "1"}}'), flux('{replicaCount: 2, image: {tag: "2"}}')],
    ['resources in a ConfigMap', held('resources: {limits: {memory: 1Gi}}\n'), held('resources: {limits: {memory: 2Gi}}\n')],
  ])('only sizes: %s', (_, base, head) => {
    expect([severities(base, head), run(base, head).report.verdict]).toEqual([['low'], 'warn']);
  });

  test.each<readonly [string, Files, Files, string]>([
    ['the version with the image', flux('{image: {tag: "1"}}'), flux('{image: {tag: "2"}}', '1.1.0'), 'medium'],
    ['a policy with the image', flux('{image: {tag: "1"}, policy: {open: false}}'), flux('{image: {tag: "2"}, policy: {open: true}}'), 'medium'],
    ['a tag that is no image’s', flux('{git: {tag: "1"}}'), flux('{git: {tag: "2"}}'), 'medium'],
    ['where pods listen', flux('{service: {port: 1}}'), flux('{service: {port: 2}}'), 'medium'],
    ['values that cannot be read', held('image: {tag: "1"}\n'), held('image: {tag: [\n'), 'medium'],
    ['an image of the control plane', flux('{global: {hub: x, tag: "1"}}', '1.0.0', 'istiod'), flux('{global: {hub: x, tag: "2"}}', '1.0.0', 'istiod'), 'high'],
  ])('near miss: %s', (_, base, head, severity) => {
    expect(severities(base, head)).toEqual([severity]);
  });
});

describe('what other objects and files say about a chart of another place', () => {
  const app = (folder: string, more: string): Files => ({ [`${folder}/r.yaml`]: `apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: shop}\nspec:\n  chartRef: {kind: OCIRepository, name: shop}\n${more}` });
  const artifact = (tag: string, interval = '1h'): string => `# the chart\n---\napiVersion: source.toolkit.fluxcd.io/v1\nkind: OCIRepository\nmetadata: {name: shop}\nspec: {interval: ${interval}, url: oci://registry.example/shop, ref: {tag: ${tag}}}\n`;
  const places = (outcome: ReviewOutcome): readonly string[] => found(outcome).map((each) => each.split(' the chart')[0] ?? '');

  test('the tag of its artifact; how often that is asked for is nothing', () => {
    const files = (tag: string, interval?: string): Files => ({ ...app('a', ''), 'a/oci.yaml': artifact(tag, interval) });
    expect(places(run(files('1.0.0'), files('2.0.0')))).toEqual(['medium new a/oci.yaml:3']);
    expect(places(run(files('1.0.0'), files('1.0.0', '2h')))).toEqual([]);
  });

  test('an artifact of that name in another folder is that of another release', () => {
    const files = (tag: string): Files => ({ ...app('a', ''), 'a/oci.yaml': artifact('1.0.0'), ...app('b', ''), 'b/r.yaml': app('b', '')['b/r.yaml']?.replace('metadata: {name: shop}', 'metadata: {name: other}'), 'b/oci.yaml': artifact(tag) } as Files);
    expect(found(run(files('1.0.0'), files('2.0.0')))).toEqual(['medium new b/oci.yaml:3 the chart `shop/shop of HelmRelease /other` is deployed in another version or with other values, and its manifests are not in the repository']);
  });

  test('values that a generated ConfigMap holds, with or without the hash of its name', () => {
    const files = (port: number, name = 'shop-values', folder = 'a'): Files => ({
      ...app('a', `  valuesFrom: [{kind: ConfigMap, name: ${name}}]\n`),
      [`${folder}/kustomization.yaml`]: 'resources: []\nconfigMapGenerator:\n- name: shop-values\n  files: [values.yaml=./v.yaml, other.yaml]\n',
      [`${folder}/v.yaml`]: `port: ${String(port)}\n`,
      [`${folder}/other.yaml`]: `port: ${String(port)}\n`,
    });
    expect(places(run(files(1), files(2)))).toEqual(['medium new a/v.yaml:1']);
    expect(places(run(files(1, 'shop-values-2m5h7k9f4t'), files(2, 'shop-values-2m5h7k9f4t')))).toEqual(['medium new a/v.yaml:1']);
    expect(places(run(files(1), { ...files(1), 'a/other.yaml': 'port: 2\n' }))).toEqual([]);
    expect(places(run(files(1, 'bank-values'), files(2, 'bank-values')))).toEqual([]);
    expect(places(run(files(1), { ...files(1), 'a/v.yaml': '# no other port\nport: 1\n' }))).toEqual([]);
  });

  test('values of a ConfigMap that is written, and of an overlay that adds to it', () => {
    const map = (port: number): string => `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: values, namespace: shop}\ndata: {values.yaml: "port: ${String(port)}", notes: "${String(port)}"}\n`;
    const files = (port: number, key: string): Files => ({ ...app('a', `  valuesFrom: [{kind: ConfigMap, name: values, valuesKey: ${key}}]\n`), 'a/map.yaml': map(port) });
    expect(places(run(files(1, 'values.yaml'), files(2, 'values.yaml')))).toEqual(['medium new a/map.yaml:1']);
    expect(places(run(files(1, 'values.yaml'), { ...files(1, 'values.yaml'), 'a/map.yaml': map(1).replace('notes: "1"', 'notes: "2"') }))).toEqual([]);
    const overlay = (port: number, takes = '../base'): Files => ({
      ...app('base', '  valuesFrom: [{kind: ConfigMap, name: values}]\n'),
      'base/kustomization.yaml': 'resources: [r.yaml]\nconfigMapGenerator: [{name: values, literals: ["values.yaml=port: 1"]}]\n',
      'prod/kustomization.yaml': `resources: [${takes}]\nconfigMapGenerator: [{name: values, behavior: merge, files: [values.yaml]}]\n`,
      'prod/values.yaml': `port: ${String(port)}\n`,
      'none/kustomization.yaml': 'resources: []\n',
    });
    expect(places(run(overlay(1), overlay(2)))).toEqual(['medium new prod/values.yaml:1']);
    expect(places(run(overlay(1, '../none'), overlay(2, '../none')))).toEqual([]);
  });

  test('a release that changes with its artifact is one change', () => {
    const files = (tag: string, port: number): Files => ({ ...app('a', `  values: {port: ${String(port)}}\n`), 'a/oci.yaml': artifact(tag) });
    expect(places(run(files('1.0.0', 1), files('2.0.0', 2)))).toEqual(['medium new a/r.yaml:1']);
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
