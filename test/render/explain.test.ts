/** A rendering that fails names the file, the line where the tool tells it, and what helps (R13). */
import { describe, expect, test } from 'vitest';
import { toolWords } from '#adapters/render/renderer.ts';
import { renderOne, renderPair } from '../support/render.ts';
import { hasTools, skipped } from '../support/render-tools.ts';
import type { Files } from '../support/tree.ts';

async function reasons(files: Files): Promise<readonly string[]> {
  const { loaded } = await renderOne(files);
  return loaded.incompleteReasons.map(({ file, line, remedy }) => `${file ?? ''}:${String(line ?? '')} ${remedy}`);
}

const chart = 'apiVersion: v2\nname: shop\nversion: 1.0.0\n';
const map = (name: string, value: string): string => `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: ${name}\ndata:\n  a: ${value}\n`;
const needs = 'name the values files that it is deployed with in `units[].helm.values`, or give the value a default';

describe.skipIf(!hasTools())(`what failed, and what helps${hasTools() ? '' : `, ${skipped}`}`, () => {
  test('a chart: the line of the template, and values that are missing', async () => {
    expect(await reasons({ 'c/Chart.yaml': chart, 'c/templates/a.yaml': map('a', '{{ .Values.deep.value }}') })).toEqual([`c/templates/a.yaml:6 ${needs}`]);
    expect(await reasons({ 'c/Chart.yaml': chart, 'c/templates/a.yaml': map('a', '{{ required "host is needed" .Values.host }}') })).toEqual([`c/templates/a.yaml:6 ${needs}`]);
    expect(await reasons({ 'c/Chart.yaml': chart, 'c/values.yaml': 'deep: {value: x}\n', 'c/templates/a.yaml': map('a', '{{ .Values.deep.value }}') })).toEqual([]);
  });

  test('a chart: a template of a chart within, what is rendered to no YAML, the chart itself', async () => {
    expect(await reasons({ 'c/Chart.yaml': chart, 'c/charts/sub/Chart.yaml': chart.replace('shop', 'sub'), 'c/charts/sub/templates/a.yaml': map('a', '{{ .Values.deep.value }}') })).toEqual([`c/charts/sub/templates/a.yaml:6 ${needs}`]);
    expect(await reasons({ 'c/Chart.yaml': chart, 'c/templates/a.yaml': map('a', '{{ "x: y: z" }}') })).toEqual(['c/templates/a.yaml: correct what this template renders to, or name the values files that it is deployed with in `units[].helm.values`; `helm template --debug` shows the text']);
    expect(await reasons({ 'c/Chart.yaml': 'apiVersion: v1\nname: shop\n', 'c/templates/a.yaml': map('a', 'b') })).toEqual(['c/Chart.yaml: complete `Chart.yaml`: Helm 3 and later ask for this field']);
  });

  test('a chart: values that a chart outside the repository would bring, and its notes', async () => {
    const dependent = `${chart}dependencies:\n- {name: db, version: 1.x, repository: "https://charts.example"}\n`;
    expect(await reasons({ 'c/Chart.yaml': dependent, 'c/templates/a.yaml': map('a', '{{ .Values.db.port.number }}') })).toEqual([`c/templates/a.yaml:6 the value may be one of \`db\`, which is not in the repository: put it into \`charts/\` with \`helm dependency build\`, or ${needs}`]);
    expect(await reasons({ 'c/Chart.yaml': dependent, 'c/templates/a.yaml': map('a', 'b'), 'c/templates/NOTES.txt': 'Ask {{ .Values.db.port.number }}\n' })).toEqual([]);
    expect(await reasons({ 'c/Chart.yaml': chart, 'c/templates/a.yaml': map('a', 'b'), 'c/templates/NOTES.txt': 'Ask {{ .Values.db.port.number }}\n' })).toEqual([`c/templates/NOTES.txt:1 ${needs}`]);
  });

  test('content of other places that a failing unit takes is compared all the same (R15)', async () => {
    const files = (ref: string): Files => ({ 'k/kustomization.yaml': `resources: [a.yaml, "https://github.com/example/base//deploy?ref=${ref}"]\npatches:\n- {target: {kind: ConfigMap}, patch: '[{op: replace, path: /none/x, value: y}]'}\n`, 'k/a.yaml': map('a', 'b') });
    const { loaded } = await renderPair(files('v1'), files('v2'));
    expect(loaded.incompleteReasons.map((each) => each.unit)).toEqual(['k']);
    expect(loaded.outsideChanges.map((each) => `${each.change} ${each.content.name}`)).toEqual(['modified https://github.com/example/base//deploy']);
    expect((await renderPair(files('v1'), files('v1'))).loaded.outsideChanges).toEqual([]);
  });

  test('a failing unit that the head takes away asks for a look at what it deployed', async () => {
    const { loaded } = await renderPair({ 'c/Chart.yaml': chart, 'c/templates/a.yaml': map('a', '{{ .Values.deep.value }}') }, {});
    expect(loaded.incompleteReasons.map((each) => `${each.status} ${each.remedy}`)).toEqual(['new review by hand what it deployed, as far as it did; `gates.incomplete: off` lets its removal pass with this notice']);
  });

  test('a kustomization: an empty one within, a key written twice, an object taken twice, a patch that meets nothing', async () => {
    const list = (...resources: readonly string[]): string => `resources:\n${resources.map((each) => `- ${each}\n`).join('')}`;
    expect(await reasons({ 'k/kustomization.yaml': list('base'), 'k/base/kustomization.yaml': '# nothing yet\n' })).toEqual(['k/base/kustomization.yaml: write `resources` into it, or take the folder out where it is named']);
    expect(await reasons({ 'k/kustomization.yaml': list('a.yaml', 'b.yaml'), 'k/a.yaml': map('a', 'b'), 'k/b.yaml': `${map('b', 'c')}  a: d\n` })).toEqual([expect.stringMatching(/^k\/b\.yaml:7 keep one/u)]);
    // The line between two objects forgotten.
    expect(await reasons({ 'k/kustomization.yaml': list('a.yaml', 'b.yaml'), 'k/a.yaml': map('a', 'b'), 'k/b.yaml': `${map('b', 'c')}${map('d', 'e')}` })).toEqual([expect.stringMatching(/^k\/b\.yaml:7 write `---`/u)]);
    expect(await reasons({ 'k/kustomization.yaml': list('a.yaml', 'b.yaml'), 'k/a.yaml': map('a', 'b'), 'k/b.yaml': map('a', 'c') })).toEqual([expect.stringMatching(/the object is taken twice: take one of the two out$/u)]);
    expect(await reasons({ 'k/kustomization.yaml': `${list('a.yaml')}patches:\n- path: p.yaml\n`, 'k/a.yaml': map('a', 'b'), 'k/p.yaml': map('other', 'c') })).toEqual(['k/p.yaml:4 correct kind, name and namespace that the patch aims at, or remove the patch']);
  });

  test('a kustomization behind others: the folder in which it fails, and why', async () => {
    const { loaded } = await renderOne({
      'a/kustomization.yaml': 'resources: [../b]\n',
      'b/kustomization.yaml': 'resources: [../c]\n',
      'c/kustomization.yaml': 'resources: [x.yaml]\npatches:\n- target: {kind: ConfigMap}\n  patch: |\n    - {op: replace, path: /none/a, value: 1}\n',
      'c/x.yaml': map('x', 'b'),
    });
    expect(loaded.incompleteReasons.map(({ file, reason }) => `${file ?? ''} ${reason.replace(/^kustomize [^:]*: /u, '')}`)).toEqual(["c/kustomization.yaml in 'c': replace operation does not apply: doc is missing path: /none/a: missing value"]);
  });
});

test('words of a tool name no time, process or path of this machine', () => {
  const workspace = { root: '/tmp/x/tree', empty: '/tmp/x/home' };
  expect(toolWords('I1126 11:19:43.132085    6784 log.go:244] well-defined vars that were never replaced: a\nerror: /tmp/x/tree/k/v.yaml: no\n', workspace)).toBe('k/v.yaml: no');
  expect(toolWords('Error: I1126 of 11:19\n', workspace)).toBe('I1126 of 11:19');
  expect(toolWords('level=INFO msg="warning: cannot overwrite table with non table"\nlevel=WARN msg="y"\nError: level=INFO is no value\n', workspace)).toBe('level=INFO is no value');
});
