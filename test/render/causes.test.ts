/** A rendered difference is led back to the lines that a person would edit. */
import { describe, expect, test } from 'vitest';
import { Citations } from '#app/cite.ts';
import { editsBetween } from '#impact/edits.ts';
import { placesOf } from '#app/render/edits.ts';
import { templateLine } from '#source/template-lines.ts';
import { packed } from '../support/archive.ts';
import { renderPair, type RenderTest } from '../support/render.ts';
import { hasTools, skipped } from '../support/render-tools.ts';
import { deployment, mtls } from '../support/manifests.ts';
import { stream, tree, type Files } from '../support/tree.ts';

interface Told {
  readonly resource: string;
  readonly at: string;
  readonly via: readonly string[];
}

async function causes(base: Files, head: Files, options: RenderTest = {}): Promise<readonly Told[]> {
  const { prepared, loaded } = await renderPair(base, head, options);
  const citations = new Citations(prepared.pair, prepared.rendered.blames);
  return loaded.environments.flatMap((environment) =>
    editsBetween(environment.base.all, environment.head.all).map((edit) => {
      const cause = citations.cite(edit);
      return { resource: `${edit.id} ${edit.type}`, at: `${cause.side} ${cause.file}:${String(cause.line)}`, via: cause.via.map((step) => `${step.role} ${step.file}:${String(step.line)}`) };
    }),
  );
}

const strict = mtls({ name: 'default', namespace: 'shop' }, 'STRICT');
const chart = 'apiVersion: v2\nname: shop\nversion: 1.0.0\n';
const template = '{{- if .Values.enabled }}\napiVersion: security.istio.io/v1\nkind: PeerAuthentication\nmetadata:\n  name: {{ .Release.Name }}\nspec:\n  mtls:\n    mode: {{ .Values.mode | upper }}\n{{- end }}\n';

describe.skipIf(!hasTools())(`in a kustomization${hasTools() ? '' : `, ${skipped}`}`, () => {
  const names = ['a', 'b', 'c'];
  const files = Object.fromEntries(names.map((name) => [`k/${name}.yaml`, mtls({ name, namespace: 'shop' }, 'STRICT')]));
  const list = (lines: readonly string[]): string => `resources:\n${lines.map((line) => `${line}\n`).join('')}`;

  test('the commented line, each object its own', async () => {
    const base = { ...files, 'k/kustomization.yaml': list(['- a.yaml', '- b.yaml', '- c.yaml']) };
    const head = { ...files, 'k/kustomization.yaml': list(['- a.yaml', '# - b.yaml', '# - c.yaml']) };
    expect(await causes(base, head)).toEqual([
      { resource: 'PeerAuthentication/shop/b removed', at: 'RIGHT k/kustomization.yaml:3', via: [] },
      { resource: 'PeerAuthentication/shop/c removed', at: 'RIGHT k/kustomization.yaml:4', via: [] },
    ]);
  });

  test('a deleted line is shown on the left', async () => {
    expect(await causes({ ...files, 'k/kustomization.yaml': list(['- a.yaml', '- b.yaml']) }, { ...files, 'k/kustomization.yaml': list(['- a.yaml']) })).toEqual([{ resource: 'PeerAuthentication/shop/b removed', at: 'LEFT k/kustomization.yaml:3', via: [] }]);
  });

  test('an object that comes or goes with its file is cited in the file', async () => {
    const with_ = { ...files, 'k/new.yaml': `# guards the shop\n---\n${mtls({ name: 'new', namespace: 'shop' }, 'STRICT')}`, 'k/kustomization.yaml': list(['- a.yaml', '- new.yaml']) };
    const without = { ...files, 'k/kustomization.yaml': list(['- a.yaml']) };
    expect(await causes(without, with_)).toEqual([{ resource: 'PeerAuthentication/shop/new added', at: 'RIGHT k/new.yaml:3', via: ['kustomization k/kustomization.yaml:3'] }]);
    expect(await causes(with_, without)).toEqual([{ resource: 'PeerAuthentication/shop/new removed', at: 'LEFT k/new.yaml:3', via: [] }]);
  });

  test('a changed field of a resource is cited in the resource, through prefix and namespace', async () => {
    const at = (mode: string): Files => ({ 'k/kustomization.yaml': 'namePrefix: eu-\nresources: [all.yaml]\n', 'k/all.yaml': stream(strict, mtls({ name: 'other', namespace: 'shop' }, mode)) });
    expect(await causes(at('STRICT'), at('DISABLE'))).toEqual([{ resource: 'PeerAuthentication/shop/eu-other modified', at: 'RIGHT k/all.yaml:17', via: [] }]);
  });

  test('a patch, through the kustomization that names it; of several changes the one that does it', async () => {
    const patch = (mode: string): string => `apiVersion: security.istio.io/v1\nkind: PeerAuthentication\nmetadata: {name: default, namespace: shop}\nspec:\n  mtls: {mode: ${mode}}\n`;
    const at = (mode: string, label: string): Files => ({ 'k/kustomization.yaml': `commonAnnotations: {build: "${label}"}\nresources: [mtls.yaml]\npatches:\n- path: patches/p.yaml\n`, 'k/mtls.yaml': strict, 'k/patches/p.yaml': patch(mode) });
    expect(await causes(at('STRICT', '1'), at('DISABLE', '2'))).toEqual([{ resource: 'PeerAuthentication/shop/default modified', at: 'RIGHT k/patches/p.yaml:5', via: ['kustomization k/kustomization.yaml:4'] }]);
  });

  test('a namespace of the kustomization', async () => {
    const at = (head: string): Files => ({ 'k/kustomization.yaml': `${head}resources: [mtls.yaml]\n`, 'k/mtls.yaml': strict });
    expect((await causes(at(''), at('namespace: bank\n'))).map((each) => [each.resource, each.at])).toEqual([
      ['PeerAuthentication/bank/default added', 'RIGHT k/kustomization.yaml:1'],
      ['PeerAuthentication/shop/default removed', 'RIGHT k/kustomization.yaml:1'],
    ]);
  });
});

describe.skipIf(!hasTools())(`in a chart${hasTools() ? '' : `, ${skipped}`}`, () => {
  const files = (values: string, more: Files = {}): Files => ({ 'c/Chart.yaml': chart, 'c/values.yaml': values, 'c/templates/m.yaml': template, ...more });

  test('the value, through the line of the template that it reaches', async () => {
    expect(await causes(files('enabled: true\nmode: strict\n'), files('enabled: true\nmode: disable\n'))).toEqual([{ resource: 'PeerAuthentication/shop/shop modified', at: 'RIGHT c/values.yaml:2', via: ['template c/templates/m.yaml:8'] }]);
  });

  test('of several changed values the one that does it, whatever else moves', async () => {
    const labelled: Files = { 'c/templates/d.yaml': deployment({ name: 'web' }, { app: 'web' }).replace('image: registry.example/shop:1', 'image: "registry.example/shop:{{ .Chart.Version }}"') };
    const base = files('# one\nother: 1\nenabled: true\n\n\n\n\n\nmode: strict\n', labelled);
    const head = { ...files('# two\nother: 2\nenabled: true\n\n\n\n\n\nmode: disable\n', labelled), 'c/Chart.yaml': chart.replace('1.0.0', '1.1.0') };
    expect((await causes(base, head)).filter((each) => each.resource.startsWith('Peer'))).toEqual([{ resource: 'PeerAuthentication/shop/shop modified', at: 'RIGHT c/values.yaml:9', via: ['template c/templates/m.yaml:8'] }]);
  });

  test('the switch that takes the object away', async () => {
    expect((await causes(files('enabled: true\nmode: strict\n'), files('enabled: false\nmode: strict\n'))).map((each) => [each.resource, each.at])).toEqual([['PeerAuthentication/shop/shop removed', 'RIGHT c/values.yaml:1']]);
  });

  test('the line of the template', async () => {
    const base = files('enabled: true\nmode: strict\n');
    expect(await causes(base, { ...base, 'c/templates/m.yaml': template.replace('{{ .Values.mode | upper }}', 'DISABLE') })).toEqual([{ resource: 'PeerAuthentication/shop/shop modified', at: 'RIGHT c/templates/m.yaml:8', via: [] }]);
  });
});

describe.skipIf(!hasTools())(`in a dependency of a chart${hasTools() ? '' : `, ${skipped}`}`, () => {
  const sub = (version: string, mode: string): string => packed([
    { path: 'sub/Chart.yaml', text: `apiVersion: v2\nname: sub\nversion: ${version}\n` },
    { path: 'sub/values.yaml', text: `mode: ${mode}\n` },
    { path: 'sub/templates/m.yaml', text: 'apiVersion: security.istio.io/v1\nkind: PeerAuthentication\nmetadata: {name: sub}\nspec: {mtls: {mode: "{{ .Values.mode }}"}}\n' },
  ]);
  const files = (version: string, mode: string, values = 'other: 1\n'): Files => ({
    'c/Chart.yaml': `${chart}dependencies:\n- name: other\n  version: 1.0.0\n  repository: https://charts.example\n- name: sub\n  version: ${version}\n  repository: https://charts.example\n`,
    'c/Chart.lock': `dependencies:\n- name: other\n  repository: https://charts.example\n  version: 1.0.0\n- name: sub\n  repository: https://charts.example\n  version: ${version}\ndigest: sha256:${version}\ngenerated: "2026-01-1${version.slice(2, 3)}T00:00:00Z"\n`,
    'c/values.yaml': values,
    [`c/charts/sub-${version}.tgz`]: sub(version, mode),
  });

  test('the version in Chart.yaml, through the packed chart', async () => {
    expect(await causes(files('1.0.0', 'STRICT'), files('1.1.0', 'DISABLE'))).toEqual([{ resource: 'PeerAuthentication/shop/sub modified', at: 'RIGHT c/Chart.yaml:9', via: ['dependency c/charts/sub-1.1.0.tgz:1'] }]);
  });

  test('the version in the lock file, where that alone moved', async () => {
    const base = files('1.0.0', 'STRICT');
    const head = { ...files('1.1.0', 'DISABLE'), 'c/Chart.yaml': String(base['c/Chart.yaml']).replace('- name: sub\n  version: 1.0.0', '- name: sub\n  version: 1.x') };
    expect((await causes({ ...base, 'c/Chart.yaml': head['c/Chart.yaml'] }, head)).map((each) => each.at)).toEqual(['RIGHT c/Chart.lock:7']);
  });

  test('the packed chart, where only its content changed', async () => {
    const base = files('1.0.0', 'STRICT');
    expect(await causes(base, { ...base, 'c/charts/sub-1.0.0.tgz': sub('1.0.0', 'DISABLE') })).toEqual([{ resource: 'PeerAuthentication/shop/sub modified', at: 'RIGHT c/charts/sub-1.0.0.tgz:1', via: [] }]);
  });

  test('the value that is handed down, whatever version came with it', async () => {
    expect((await causes(files('1.0.0', 'STRICT'), files('1.1.0', 'STRICT', 'other: 1\nsub:\n  mode: DISABLE\n'))).map((each) => each.at)).toEqual(['RIGHT c/values.yaml:2']);
  });
});

describe.skipIf(!hasTools())(`of many changes${hasTools() ? '' : `, ${skipped}`}`, () => {
  test('neighbouring keys of one change are told apart by undoing each', async () => {
    const files = (mode: string, other: string): Files => ({ 'c/Chart.yaml': chart, 'c/values.yaml': `before: ${other}\nmode: ${mode}\nafter: ${other}\nenabled: true\n`, 'c/templates/m.yaml': template });
    expect((await causes(files('strict', 'a'), files('disable', 'b'))).map((each) => each.at)).toEqual(['RIGHT c/values.yaml:2']);
    const added = (more: string): Files => ({ ...files('strict', 'a'), 'c/values-prod.yaml': `a: 1\n${more}` });
    expect((await causes(added(''), added('b: {c: 1}\nmode: disable\nd:\n  e: 1\n'))).map((each) => each.at)).toEqual(['RIGHT c/values-prod.yaml:3']);
  });

  test('a hundred are halved: the one that does it is found with at most 32 renderings', async () => {
    const lines = (mode: string, other: string): string => Array.from({ length: 100 }, (_, index) => (index === 62 ? `mode: ${mode}\nenabled: true\n` : `k${String(index)}: ${other}\n`)).join('');
    const files = (mode: string, other: string): Files => ({ 'c/Chart.yaml': chart, 'c/values.yaml': lines(mode, other), 'c/templates/m.yaml': template });
    const [base, head] = [files('strict', 'a'), files('disable', 'b')];
    expect((await causes(base, head)).map((each) => each.at)).toEqual(['RIGHT c/values.yaml:63']);
    expect((await renderPair(base, head)).requests).toBeLessThanOrEqual(34);
  });
});

describe('lines of a template', () => {
  const rendered = 'apiVersion: v1\nkind: Service\nmetadata:\n  name: web\nspec:\n  ports:\n    - port: 80\n    - port: 81\n  selector:\n    app: web\n';
  const written = '{{- $x := 1 }}\napiVersion: v1\nkind: Service\nmetadata:\n  name: {{ .Values.name }}\nspec:\n  ports:\n    {{- range .Values.ports }}\n    - port: {{ . }}\n    {{- end }}\n  selector:\n    {{- include "labels" . | nindent 4 }}\n';

  test.each([[2, 3], [4, 5], [7, 9], [9, 11], [10, 12]])('line %i of the output is made by line %i', (line, expected) => {
    expect(templateLine(written, rendered, line)).toBe(expected);
  });
});

describe('changed places', () => {
  const text = (entry: Parameters<Parameters<typeof placesOf>[3]>[0]): string | undefined => (entry?.type === 'file' ? bodies.get(entry.blob) : undefined);
  const bodies = new Map<string, string>();
  const at = (files: Files): ReturnType<typeof tree> => {
    const made = tree(files);
    for (const [path, body] of Object.entries(files)) {
      const entry = made.entries.get(path);
      if (entry?.type === 'file') bodies.set(entry.blob, body);
    }
    return made;
  };

  test('each can be undone by itself, and all of them give the base', () => {
    const base = 'a\nb\nc\nd\ne\nf\ng\n';
    const head = 'new\na\nB\nc\nd\nf\ng\nend\n';
    const places = placesOf('f', at({ f: base }), at({ f: head }), text);
    expect(places.map((place) => [place.added.map((line) => `${String(line.line)} ${line.text}`), place.removed.map((line) => `${String(line.line)} ${line.text}`)])).toEqual([[['1 new'], []], [['3 B'], ['2 b']], [[], ['5 e']], [['8 end'], []]]);
    expect(places.map((place) => place.undone)).toEqual(['a\nB\nc\nd\nf\ng\nend\n', 'new\na\nb\nc\nd\nf\ng\nend\n', 'new\na\nB\nc\nd\ne\nf\ng\nend\n', 'new\na\nB\nc\nd\nf\ng\n']);
  });

  test('a file that came is one place, undone it is not there', () => {
    expect(placesOf('f', at({}), at({ f: 'a\n' }), text).map((place) => place.undone)).toEqual([undefined]);
  });
});
