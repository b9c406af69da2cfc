import { describe, expect, test } from 'vitest';
import { resourceId } from '#manifests/resource.ts';
import { renderOne, renderPair, type RenderTest } from '../support/render.ts';
import { changes, environment, only } from '../support/load.ts';
import { bin, hasTools, skipped } from '../support/render-tools.ts';
import type { Files } from '../support/tree.ts';

const chart = 'apiVersion: v2\nname: shop\nversion: 1.0.0\n';
const template = 'apiVersion: security.istio.io/v1\nkind: PeerAuthentication\nmetadata: {name: default}\nspec: {mtls: {mode: {{ .Values.mode }}}}\n';

function files(more: Files = {}): Files {
  return { 'c/Chart.yaml': chart, 'c/values.yaml': 'mode: STRICT\n', 'c/templates/m.yaml': template, ...more };
}

function modes(loaded: Awaited<ReturnType<typeof renderOne>>['loaded']): readonly string[] {
  return loaded.environments.flatMap((each) => each.head.all.map((resource) => `${each.id} ${resourceId(resource)} ${resource.kind === 'PeerAuthentication' ? resource.spec.mode : ''}`));
}

const helm3: RenderTest = { options: { tools: { searchPath: bin, helm: 'helm3', untrusted: [] } } };

describe.skipIf(!hasTools())(`charts are rendered by the real Helm${hasTools() ? '' : `, ${skipped}`}`, () => {
  test.each([['4', {}], ['3', helm3]] as const)('with Helm %s, release and namespace are the name of the chart (R22)', async (version, options) => {
    const { loaded } = await renderOne(files(), options);
    expect(modes(loaded)).toEqual(['default PeerAuthentication/shop/default STRICT']);
    expect(only(loaded).units[0]?.tool).toMatch(new RegExp(`^helm ${version}\\.`, 'u'));
    expect(loaded.assumptions.map((each) => each.id)).toContain('release:c');
  });

  test('a chart whose name is no name of a namespace is released under the nearest one (R22)', async () => {
    const { loaded } = await renderOne(files({ 'c/Chart.yaml': chart.replace('name: shop', 'name: shopFront') }));
    expect(modes(loaded)).toEqual(['default PeerAuthentication/shopfront/default STRICT']);
    expect(loaded.assumptions.find(({ id }) => id === 'release:c')?.text).toContain('`shopfront`');
  });

  test('a schema that leads to other addresses is not asked (R14), one that does not is', async () => {
    const schema = (mode: string): string => `{"$schema": "http://json-schema.org/draft-07/schema#", "type": "object", "properties": {"mode": ${mode}}}`;
    const remote = await renderOne(files({ 'c/values.schema.json': schema('{"$ref": "https://charts.example/schema.json#/mode"}') }));
    expect(remote.loaded.incompleteReasons).toEqual([]);
    expect(modes(remote.loaded)).toEqual(['default PeerAuthentication/shop/default STRICT']);
    expect((await renderOne(files({ 'c/values.schema.json': schema('{"type": "string"}') }))).loaded.incompleteReasons).toEqual([]);
    expect((await renderOne(files({ 'c/values.schema.json': schema('{"type": "number"}') }))).loaded.incompleteReasons.map(({ kind }) => kind)).toEqual(['not-renderable']);
  });

  test('each values file is a unit, and alternatives are environments (R3d, R19)', async () => {
    const { loaded } = await renderOne(files({ 'c/values-dev.yaml': 'mode: DISABLE\n', 'c/values-prod.yaml': 'mode: STRICT\n' }));
    expect(modes(loaded)).toEqual(['dev PeerAuthentication/shop/default DISABLE', 'prod PeerAuthentication/shop/default STRICT']);
  });

  test('a side without the values file is rendered with `values.yaml` (R6)', async () => {
    const { loaded } = await renderPair(files(), files({ 'c/values-prod.yaml': 'mode: DISABLE\n' }));
    expect(loaded.incompleteReasons).toEqual([]);
    expect(changes(loaded)).toEqual(['modified PeerAuthentication/shop/default']);
  });

  test('the configuration states release, namespace, values and single values', async () => {
    const config = { units: [{ path: 'c', helm: { release: 'r', namespace: 'bank', values: ['prod.yaml'], set: { 'deep.name': 'x,y', on: true }, apiVersions: [], kubeVersion: '1.31' } }] };
    const { loaded } = await renderOne(
      files({ 'c/prod.yaml': 'mode: DISABLE\n', 'c/templates/n.yaml': '{{ if eq .Values.on true }}\napiVersion: v1\nkind: Namespace\nmetadata: {name: "{{ .Release.Name }}-{{ .Values.deep.name | replace "," "-" }}-{{ .Capabilities.KubeVersion.Minor }}"}\n{{ end }}\n' }),
      { config },
    );
    expect(loaded.incompleteReasons).toEqual([]);
    expect(modes(loaded)).toEqual(['default Namespace/r-x-y-31 ', 'default PeerAuthentication/bank/default DISABLE']);
    expect(loaded.assumptions.map((each) => each.id)).not.toContain('release:c');
  });

  test('a template that asks for an API version of Istio is not lost (R13)', async () => {
    const guarded = `{{ if .Capabilities.APIVersions.Has "security.istio.io/v1beta1/PeerAuthentication" }}\n${template}{{ end }}\n`;
    expect(modes((await renderOne(files({ 'c/templates/m.yaml': guarded }))).loaded)).toHaveLength(1);
    expect(modes((await renderOne(files({ 'c/templates/m.yaml': guarded.replace('security.istio.io/v1beta1', 'nobody.example/v1') }))).loaded)).toHaveLength(0);
  });

  test('a dependency of another place counts where its condition or a tag deploys it (R15)', async () => {
    const depending = (version: string, more = ''): Files => files({ 'c/Chart.yaml': `${chart}dependencies:\n- {name: db, version: ${version}, repository: "https://charts.example", condition: "db.enabled, other.db", tags: [back]}\n`, 'c/values.yaml': `mode: STRICT\n${more}` });
    const moved = async (base: Files, head: Files, config: RenderTest['config'] = {}): Promise<readonly string[]> => (await renderPair(base, head, { config })).loaded.outsideChanges.map((each) => `${each.change} ${each.content.name}`);
    const changed = (more: string): Promise<readonly string[]> => moved(depending('1.0.0', more), depending('2.0.0', more));
    expect(await changed('')).toEqual(['modified https://charts.example/db']);
    expect(await changed('db: {enabled: false}\n')).toEqual([]);
    expect(await changed('db: {enabled: maybe}\nother: {db: false}\n')).toEqual([]);
    expect(await changed('tags: {back: false}\n')).toEqual([]);
    expect(await changed('db: {enabled: true}\ntags: {back: false}\n')).toEqual(['modified https://charts.example/db']);
    // What the values of a release say goes before the chart's own.
    const on = { units: [{ path: 'c', helm: { values: ['prod.yaml'], set: {}, apiVersions: [] } }] };
    const prod = (text: string): Files => ({ ...depending('1.0.0', 'db: {enabled: false, port: 1}\n'), 'c/prod.yaml': text });
    expect(await moved(prod('a: 1\n'), prod('db: {enabled: true}\n'), on)).toEqual(['added https://charts.example/db']);
    expect(await moved(prod('db: {enabled: true}\n'), prod('db: {enabled: true, port: 2}\n'), on)).toEqual(['modified https://charts.example/db']);
    expect(await moved(prod('db: {enabled: true}\n'), prod('db: {enabled: true, port: 1}\n'), on)).toEqual([]);
  });

  test('hooks that only test or clean up are not there, others are', async () => {
    const hook = (name: string, when: string): string => `apiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: ${name}\n  annotations:\n    "helm.sh/hook": ${when}\n`;
    const { loaded } = await renderOne(files({ 'c/templates/a.yaml': hook('tested', 'test'), 'c/templates/b.yaml': hook('before', 'pre-install,pre-upgrade'), 'c/templates/d.yaml': hook('after', 'post-delete') }));
    expect(modes(loaded)).toEqual(['default PeerAuthentication/shop/default STRICT', 'default ServiceAccount/shop/before ']);
  });

  test('a dependency of the repository is built in, as `helm dependency build` does', async () => {
    const { loaded } = await renderOne({
      'charts/app/Chart.yaml': `${chart}dependencies: [{name: lib, version: 1.0.0, repository: "file://../lib"}]\n`,
      'charts/app/values.yaml': 'lib: {mode: DISABLE}\n',
      'charts/app/templates/.keep': '',
      'charts/lib/Chart.yaml': chart.replace('shop', 'lib'),
      'charts/lib/values.yaml': 'mode: STRICT\n',
      'charts/lib/templates/m.yaml': template,
    });
    expect(loaded.incompleteReasons).toEqual([]);
    expect(modes(loaded)).toEqual(['default PeerAuthentication/shop/default DISABLE']);
    expect(only(loaded).head.all[0]?.origin).toMatchObject({ file: 'charts/lib/templates/m.yaml', rendered: { from: 'template' } });
  });

  test('a random value is equal on both sides', async () => {
    const secret = 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: istio\ndata:\n  mesh: {{ randAlphaNum 20 | quote }}\n';
    const { loaded, prepared } = await renderPair(files({ 'c/templates/s.yaml': secret }), files({ 'c/templates/s.yaml': secret, 'c/values.yaml': 'mode: DISABLE\n' }));
    expect(changes(loaded)).toEqual(['modified PeerAuthentication/shop/default']);
    expect([...prepared.rendered.blobs.values()].some((content) => content.type === 'text' && content.text.includes('random-at-every-rendering'))).toBe(true);
  });

  test('a template that fails is named with its place, without paths of this machine', async () => {
    const { loaded } = await renderOne(files({ 'c/templates/m.yaml': '{{ .Values.a.b.c }}\n' }));
    expect(loaded.incompleteReasons.map((each) => each.kind)).toEqual(['not-renderable']);
    expect(loaded.incompleteReasons[0]?.reason).toMatch(/shop\/templates\/m\.yaml:1:\d+/u);
    expect(loaded.incompleteReasons[0]?.reason).not.toMatch(/mesh-posture-[A-Za-z0-9]{6}/u);
  });

  test('the environment of one values file fails alone', async () => {
    const guarded = `{{ required "mode" .Values.needed }}\n${template}`.replace('{{ required', '# {{ required');
    const { loaded } = await renderPair(
      files({ 'c/templates/m.yaml': guarded, 'c/values-dev.yaml': 'needed: a\nmode: DISABLE\n', 'c/values-prod.yaml': 'needed: a\n' }),
      files({ 'c/templates/m.yaml': guarded, 'c/values-dev.yaml': 'mode: DISABLE\n', 'c/values-prod.yaml': 'needed: b\n' }),
    );
    expect(loaded.incompleteReasons.map((each) => each.unit)).toEqual(['c@values-dev.yaml']);
    expect(changes(loaded)).toEqual([]);
    expect(environment(loaded, 'prod').units.map((unit) => unit.status)).not.toContain('not-renderable');
  });
});
