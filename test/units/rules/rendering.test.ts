/** R13 to R16 (`docs/repositories.md`): what is rendered, by whom, and what lies outside. */
import { describe, expect, test } from 'vitest';
import { defaultConfig } from '#app/config.ts';
import { brought, edited, judged, told, unread, type Judged } from '../../support/judged.ts';
import { mtls, policy } from '../../support/manifests.ts';
import { hasTools, skipped } from '../../support/render-tools.ts';
import type { Files } from '../../support/tree.ts';
import { chart, lax, strict, template, workload } from './shop.ts';

function objects({ loaded }: Judged): readonly string[] {
  return loaded.environments.flatMap((each) => each.head.resources.flatMap((resource) => (resource.kind === 'PeerAuthentication' ? [resource.name] : []))).sort();
}

describe.skipIf(!hasTools())(`R13${hasTools() ? '' : `, ${skipped}`}`, () => {
  const guarded = (version: string, name: string): string => `{{- if .Capabilities.APIVersions.Has "${version}" }}\n${mtls({ name, namespace: 'shop' }, 'STRICT')}{{- end }}\n`;
  const served = ['security.istio.io/v1', 'security.istio.io/v1beta1', 'security.istio.io/v1/AuthorizationPolicy', 'networking.istio.io/v1beta1/VirtualService', 'gateway.networking.k8s.io/v1', 'monitoring.coreos.com/v1', 'cert-manager.io/v1', 'networking.k8s.io/v1/NetworkPolicy', 'policy.networking.k8s.io/v1alpha1/AdminNetworkPolicy', 'gateway.networking.k8s.io/v1/TLSRoute', 'sailoperator.io/v1'];

  test('R13: templates that ask for Istio, the Gateway API and common extensions are not lost', async () => {
    const files = Object.fromEntries(served.map((version, index) => [`c/templates/t${String(index)}.yaml`, guarded(version, `t${String(index)}`)]));
    const found = await judged({}, { 'c/Chart.yaml': `${chart}kubeVersion: ">=1.28.0-0"\n`, ...files });
    expect([objects(found), unread(found)]).toEqual([served.map((_, index) => `t${String(index)}`).sort(), []]);
  });

  test('R13, near miss: a version that no mesh serves is not there', async () => {
    expect(objects(await judged({}, { 'c/Chart.yaml': chart, 'c/templates/a.yaml': guarded('security.istio.io/v9', 'a'), 'c/templates/b.yaml': guarded('security.istio.io/v1/Nothing', 'b') }))).toEqual([]);
  });

  test('R13: what is rendered leads back to file and line, of a kustomization and of a chart', async () => {
    const kustomized: Files = { 'k/kustomization.yaml': 'resources: [base]\n', 'k/base/kustomization.yaml': 'resources: [m.yaml]\n', 'k/base/m.yaml': strict, 'app/w.yaml': workload };
    const places = ({ report }: Judged): readonly string[] => report.findings.flatMap(({ code, location }) => (code === 'MP101' ? [`${location?.file ?? ''}:${String(location?.startLine)}`] : []));
    expect(places(await judged(kustomized, { ...kustomized, 'k/base/m.yaml': lax }))).toEqual(['k/base/m.yaml:8']);
    const charted: Files = { 'c/Chart.yaml': chart, 'c/values.yaml': '# the mode\nmode: STRICT\n', 'c/templates/m.yaml': template, 'app/w.yaml': workload };
    expect(places(await judged(charted, { ...charted, 'c/values.yaml': '# the mode\nmode: PERMISSIVE\n' }))).toEqual(['c/values.yaml:2']);
  });

  test('R13: a failed unit is named with its reason and the version of its tool', async () => {
    const found = await judged({ 'c/Chart.yaml': chart, 'c/templates/m.yaml': strict }, { 'c/Chart.yaml': chart, 'c/templates/m.yaml': '{{ fail "no host" }}\n' });
    expect(unread(found)).toEqual(['not-renderable c/templates/m.yaml']);
    expect(found.report.incompleteReasons[0]?.reason).toContain('no host');
    expect(found.report.environments[0]?.units.map(({ status, tool }) => [status, /^helm v?\d+\.\d+\.\d+$/u.test(tool ?? '')])).toEqual([['not-renderable', true]]);
  });
});

describe.skipIf(!hasTools())(`R14${hasTools() ? '' : `, ${skipped}`}`, () => {
  const kustomization = (more: string): Files => ({ 'k/kustomization.yaml': `resources: [m.yaml]\n${more}`, 'k/m.yaml': strict, 'secret.yaml': mtls({ name: 'secret', namespace: 'shop' }, 'STRICT') });

  test.each([
    ['a plugin', 'transformers:\n- |-\n  apiVersion: example.com/v1\n  kind: Anything\n  metadata: {name: x}\n', 'refused'],
    ['a function that is executed', 'transformers:\n- |-\n  apiVersion: builtin\n  kind: Any\n  metadata: {name: x, annotations: {config.kubernetes.io/function: "exec: {path: ./run.sh}"}}\n', 'refused'],
    ['a function in a container', 'generators:\n- |-\n  apiVersion: builtin\n  kind: Any\n  metadata: {name: x, annotations: {config.k8s.io/function: "container: {image: x}"}}\n', 'refused'],
    ['a patch of the network', 'patches: [{path: "https://example.com/p.yaml"}]\n', 'refused'],
    ['a file of the machine', 'patches: [{path: /etc/passwd}]\n', 'refused'],
    ['a way out of the tree', 'patches: [{path: ../../../etc/passwd}]\n', 'refused'],
    ['a file that the load restrictor keeps away', 'patches: [{path: ../secret.yaml}]\n', 'not-renderable'],
  ])('R14: %s is not followed', async (_, more, kind) => {
    expect(unread(await judged(kustomization(''), kustomization(more)))).toEqual([`${kind} k/kustomization.yaml`]);
  });

  test('R14: limits bound what a unit may cost', async () => {
    const bomb: Files = { 'c/Chart.yaml': chart, 'c/templates/m.yaml': '{{- range untilStep 0 400 1 }}\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: "x{{ . }}"}\ndata: {a: "{{ repeat 200000 "x" }}"}\n{{- end }}\n' };
    expect(unread(await judged({}, bomb))).toEqual(['limit c/Chart.yaml']);
  });

  test('R14, near miss: a transformer that is built in, and files of the unit, are followed', async () => {
    const more = 'patches: [{path: p.yaml}]\ntransformers:\n- |-\n  apiVersion: builtin\n  kind: PrefixTransformer\n  metadata: {name: x}\n  prefix: eu-\n  fieldSpecs: [{path: metadata/name}]\n';
    const found = await judged({}, { ...kustomization(more), 'k/p.yaml': lax });
    expect([unread(found), objects(found)]).toEqual([[], ['eu-default', 'secret']]);
  });
});

describe.skipIf(!hasTools())(`R15${hasTools() ? '' : `, ${skipped}`}`, () => {
  const files = (ref: string, image = '1', patch = 'a'): Files => ({
    'k/kustomization.yaml': `resources: [m.yaml, "https://github.com/example/base//deploy?ref=${ref}"]\npatches:\n- patch: |\n    apiVersion: apps/v1\n    kind: Deployment\n    metadata: {name: theirs, annotations: {note: ${patch}}}\nimages: [{name: registry.example/shop, newTag: "${image}"}]\n`,
    'k/m.yaml': strict, 'app/w.yaml': workload,
  });

  test('R15: outside content goes with the patches that aim at it, is one assumption, and its new version answers to its own gate', async () => {
    const found = await judged(files('v1'), files('v2'));
    expect([unread(found), brought(found), found.report.verdict]).toEqual([[], ['MP810 https://github.com/example/base//deploy'], 'warn']);
    expect(found.report.coverage.assumptions.map((each) => each.id)).toContain('outside:https://github.com/example/base//deploy');
    const gates = async (external: 'fail' | 'off'): Promise<string> => (await judged(files('v1'), files('v2'), { config: { gates: { ...defaultConfig.gates, external } } })).report.verdict;
    expect([await gates('fail'), await gates('off')]).toEqual(['fail', 'pass']);
  });

  test('R15: values of a remote chart too, wherever in the repository they are held', async () => {
    const release = (port: number): Files => ({ 'a/r.yaml': 'apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: db, namespace: shop}\nspec:\n  chart: {spec: {chart: db, version: "1.0", sourceRef: {kind: HelmRepository, name: charts}}}\n  valuesFrom: [{kind: ConfigMap, name: db}]\n', 'b/map.yaml': `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: db, namespace: shop}\ndata: {values.yaml: "port: ${String(port)}"}\n` });
    expect(brought(await judged(release(1), release(2)))).toEqual(['MP810 charts/db of HelmRelease shop/db']);
    expect(brought(await judged(release(1), { ...release(1), 'b/map.yaml': `# a note\n${release(1)['b/map.yaml'] ?? ''}` }))).toEqual([]);
  });

  test('R15, near miss: an image is no outside content; a change beside it is computed', async () => {
    expect(brought(await judged(files('v1'), files('v1', '2')))).toEqual([]);
    const found = await judged(files('v1'), { ...files('v1'), 'k/m.yaml': lax });
    expect([told(found), brought(found).filter((each) => each.startsWith('MP202') || each.startsWith('MP810'))]).toEqual([['widened mtls shop/web'], []]);
  });
});

describe.skipIf(!hasTools())(`R16${hasTools() ? '' : `, ${skipped}`}`, () => {
  const overlay = (name: string, mode = 'STRICT'): Files => ({ [`overlays/${name}/kustomization.yaml`]: 'resources: [m.yaml]\n', [`overlays/${name}/m.yaml`]: strict.replace('STRICT', mode), [`tools/${name}/kustomization.yaml`]: 'resources: [p.yaml]\n', [`tools/${name}/p.yaml`]: policy({ name: 'p', namespace: 'shop' }, name) });
  const files: Files = { ...overlay('dev'), ...overlay('prod', 'PERMISSIVE') };

  test('R16: units of an environment that nothing touches are not rendered', async () => {
    const found = await judged(files, { ...files, ...overlay('dev', 'DISABLE') });
    // Both sides of the changed unit, and its unchanged neighbour once.
    expect([found.requests, edited(found)]).toEqual([3, ['modified PeerAuthentication/shop/default']]);
    expect(found.report.environments.find((each) => each.id === 'untouched')?.units.map((unit) => unit.id)).toEqual(['overlays/prod', 'tools/prod']);
  });

  test('R16, near miss: what may run in a touched environment is rendered', async () => {
    const found = await judged({ ...files, 'common/kustomization.yaml': 'resources: [m.yaml]\n', 'common/m.yaml': mtls({ name: 'c', namespace: 'c' }, 'STRICT') }, { ...files, 'common/kustomization.yaml': 'resources: [m.yaml]\n', 'common/m.yaml': mtls({ name: 'c', namespace: 'c' }, 'DISABLE') });
    expect(found.report.environments.some((each) => each.id === 'untouched')).toBe(false);
    expect(found.requests).toBe(6);
  });
});
