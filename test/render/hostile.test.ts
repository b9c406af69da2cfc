/** Trees that try to reach out of their private copy (R14): none gets anything, and each is named by what it tried. */
import { createServer, type Server } from 'node:http';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { resolveLinks } from '#trees/links.ts';
import type { BlobContent, TreeEntry } from '#trees/tree.ts';
import { prepareRendering } from '#app/render/prepare.ts';
import { defaultConfig } from '#app/config.ts';
import { loadComparison } from '#app/load.ts';
import { cleanEnvironment } from '#adapters/render/run.ts';
import { packed, type ArchiveEntry } from '../support/archive.ts';
import { bin, hasTools, skipped } from '../support/render-tools.ts';
import { realRenderer, renderOne, type RenderTest } from '../support/render.ts';
import type { Files } from '../support/tree.ts';

const service = 'apiVersion: v1\nkind: Service\nmetadata: {name: a, namespace: shop}\n';
const chart = 'apiVersion: v2\nname: shop\nversion: 1.0.0\n';

let server: Server;
let asked: string[] = [];
let address = '';
let secrets = '';
/** Where this file's private copies are made. */
let copies = '';
const outer = process.env['TMPDIR'];

beforeAll(async () => {
  server = createServer((request, response) => {
    asked.push(request.url ?? '');
    response.end(service);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const at = server.address();
  address = `http://127.0.0.1:${String(typeof at === 'object' && at !== null ? at.port : 0)}`;
  secrets = mkdtempSync(join(tmpdir(), 'mesh-posture-secret-'));
  writeFileSync(join(secrets, 'secret.yaml'), 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: stolen}\ndata: {key: STOLEN-VALUE}\n');
  writeFileSync(join(secrets, 'kustomization.yaml'), 'resources: [secret.yaml]\n');
  process.env['MESH_POSTURE_TEST_SECRET'] = 'STOLEN-VALUE';
  copies = mkdtempSync(join(tmpdir(), 'mesh-posture-copies-'));
  process.env['TMPDIR'] = copies;
});

afterAll(() => {
  server.close();
  rmSync(secrets, { recursive: true, force: true });
  delete process.env['MESH_POSTURE_TEST_SECRET'];
  if (outer === undefined) delete process.env['TMPDIR'];
  else process.env['TMPDIR'] = outer;
  rmSync(copies, { recursive: true, force: true });
});

interface Outcome {
  readonly reasons: readonly { readonly kind: string; readonly reason: string }[];
  readonly output: string;
  readonly assumptions: readonly string[];
}

async function outcome(files: Files, options: RenderTest = {}): Promise<Outcome> {
  asked = [];
  const { prepared, loaded } = await renderOne(files, options);
  const texts = [...prepared.rendered.blobs].flatMap(([blob, content]) => (blob.startsWith('rendered:') && content.type === 'text' ? [content.text] : []));
  return { reasons: loaded.incompleteReasons.map(({ kind, reason }) => ({ kind, reason })), output: texts.join('\n---\n'), assumptions: loaded.assumptions.map((each) => each.text) };
}

/** Nothing was asked for over the network and nothing of this machine is in the output. */
function nothingEscaped({ output }: Outcome): void {
  expect(asked).toEqual([]);
  expect(output).not.toContain('STOLEN-VALUE');
  expect(output).not.toContain('root:x:0');
}

describe.skipIf(!hasTools())(`a hostile kustomization${hasTools() ? '' : `, ${skipped}`}`, () => {
  const inFile = (name: string): string => `{{ADDRESS}}/${name}`;
  const cases: readonly (readonly [string, Files, RegExp])[] = [
    ['takes a patch from the network', { 'k/kustomization.yaml': `resources: [a.yaml]\npatches: [{path: "${inFile('p.yaml')}"}]\n` }, /takes a patch from `http:/u],
    ['takes a strategic merge patch from the network', { 'k/kustomization.yaml': `resources: [a.yaml]\npatchesStrategicMerge: ["${inFile('p.yaml')}"]\n` }, /takes a patch from/u],
    ['takes a generator file from the network', { 'k/kustomization.yaml': `configMapGenerator: [{name: x, files: ["${inFile('p')}"]}]\n` }, /takes a file from `http:/u],
    ['takes a generator file with a key from the network', { 'k/kustomization.yaml': `configMapGenerator: [{name: x, files: ["k=${inFile('p')}"]}]\n` }, /takes a file from `http:/u],
    ['takes an env file from the network', { 'k/kustomization.yaml': `secretGenerator: [{name: x, envs: ["${inFile('p')}"]}]\n` }, /takes a file from `http:/u],
    ['takes a schema from the network', { 'k/kustomization.yaml': `resources: [a.yaml]\nopenapi: {path: "${inFile('p')}"}\n` }, /takes a schema from `http:/u],
    ['takes a configuration from the network', { 'k/kustomization.yaml': `resources: [a.yaml]\nconfigurations: ["${inFile('p')}"]\n` }, /takes a file from `http:/u],
    ['takes a CRD from the network', { 'k/kustomization.yaml': `resources: [a.yaml]\ncrds: ["${inFile('p')}"]\n` }, /takes a file from `http:/u],
    ['takes a replacement from the network', { 'k/kustomization.yaml': `resources: [a.yaml]\nreplacements: [{path: "${inFile('p')}"}]\n` }, /takes a replacement from `http:/u],
    ['takes a transformer from the network', { 'k/kustomization.yaml': `resources: [a.yaml]\ntransformers: ["${inFile('p')}"]\n` }, /takes transformers from `http:/u],
    ['takes a component of another place', { 'k/kustomization.yaml': 'resources: [a.yaml]\ncomponents: [/etc]\n' }, /absolute path/u],
    ['names an absolute file', { 'k/kustomization.yaml': 'resources: [a.yaml, /etc/passwd]\n' }, /`\/etc\/passwd` is an absolute path/u],
    ['names an absolute file in a generator', { 'k/kustomization.yaml': 'configMapGenerator: [{name: x, files: ["p=/etc/passwd"]}]\n' }, /`\/etc\/passwd` is an absolute path/u],
    ['climbs out of the tree', { 'k/kustomization.yaml': 'resources: [a.yaml, ../../../../../../etc]\n' }, /leads out of the repository/u],
    ['climbs out of the tree in a generator', { 'k/kustomization.yaml': 'configMapGenerator: [{name: x, files: ["../../../../../../etc/passwd"]}]\n' }, /leads out of the repository/u],
    ['climbs out of the tree for a schema', { 'k/kustomization.yaml': 'resources: [a.yaml]\nopenapi: {path: ../../../../../../etc/passwd}\n' }, /leads out of the repository/u],
    ['climbs out of the tree for a configuration', { 'k/kustomization.yaml': 'resources: [a.yaml]\nconfigurations: [../../../etc/passwd]\n' }, /leads out of the repository/u],
    ['writes a field in another case', { 'k/kustomization.yaml': 'Resources: [/etc/passwd]\n' }, /another spelling of `resources`/u],
    ['writes a nested field in another case', { 'k/kustomization.yaml': 'resources: [a.yaml]\npatches: [{Path: /etc/passwd}]\n' }, /another spelling of `path`/u],
    ['runs a program as a generator', { 'k/kustomization.yaml': 'generators: [g.yaml]\n', 'k/g.yaml': 'apiVersion: v1\nkind: G\nmetadata:\n  name: g\n  annotations:\n    config.kubernetes.io/function: |\n      exec: {path: ./run.sh}\n', 'k/run.sh': '#!/bin/sh\ntouch {{SECRETS}}/ran\n' }, /runs a function/u],
    ['runs a container as a transformer', { 'k/kustomization.yaml': 'resources: [a.yaml]\ntransformers: [g.yaml]\n', 'k/g.yaml': 'apiVersion: v1\nkind: G\nmetadata:\n  name: g\n  annotations:\n    config.kubernetes.io/function: |\n      container: {image: evil}\n' }, /runs a function/u],
    ['runs a function that is written inline', { 'k/kustomization.yaml': 'resources: [a.yaml]\ntransformers:\n- |-\n  apiVersion: v1\n  kind: G\n  metadata:\n    name: g\n    annotations:\n      config.k8s.io/function: |\n        exec: {path: /bin/sh}\n' }, /runs a function/u],
    ['loads a plugin', { 'k/kustomization.yaml': 'generators: [g.yaml]\n', 'k/g.yaml': 'apiVersion: someteam.example/v1\nkind: Evil\nmetadata: {name: g}\n' }, /is a plugin, and plugins are never run/u],
    ['reads a file of the machine through a built-in transformer', { 'k/kustomization.yaml': 'resources: [a.yaml]\ntransformers: [g.yaml]\n', 'k/g.yaml': 'apiVersion: builtin\nkind: PatchTransformer\nmetadata: {name: g}\npath: /etc/passwd\n' }, /takes `\/etc\/passwd` from outside/u],
    ['inflates a chart in a folder of generators', { 'k/kustomization.yaml': 'generators: [g]\n', 'k/g/kustomization.yaml': 'resources: [g.yaml]\n', 'k/g/g.yaml': 'apiVersion: builtin\nkind: HelmChartInflationGenerator\nmetadata: {name: g}\nname: x\nrepo: https://charts.example\n' }, /is not followed/u],
    ['runs a program from a folder of generators, two folders down', { 'k/kustomization.yaml': 'generators: [g]\n', 'k/g/kustomization.yaml': 'resources: [deep]\n', 'k/g/deep/kustomization.yaml': 'resources: [g.yaml]\n', 'k/g/deep/g.yaml': 'apiVersion: v1\nkind: G\nmetadata:\n  name: g\n  annotations:\n    config.kubernetes.io/function: |\n      exec: {path: ./run.sh}\n' }, /runs a function/u],
    ['hides a program behind a chart in one generator file', { 'k/kustomization.yaml': 'generators: [g.yaml]\n', 'k/charts/c/Chart.yaml': chart, 'k/g.yaml': 'apiVersion: builtin\nkind: HelmChartInflationGenerator\nmetadata: {name: g}\nname: c\n---\napiVersion: someteam.example/v1\nkind: Evil\nmetadata: {name: g}\n' }, /is a plugin/u],
    ['names an absolute patch', { 'k/kustomization.yaml': 'resources: [a.yaml]\npatches: [{path: /etc/passwd}]\n' }, /`\/etc\/passwd` is an absolute path/u],
    ['names an absolute env file', { 'k/kustomization.yaml': 'configMapGenerator: [{name: x, envs: [/proc/self/environ]}]\n' }, /absolute path/u],
    ['climbs out of the tree for an env file, the old way', { 'k/kustomization.yaml': 'configMapGenerator: [{name: x, env: ../../../../../../proc/self/environ}]\n' }, /leads out of the repository/u],
    ['climbs out of the tree for a replacement', { 'k/kustomization.yaml': 'resources: [a.yaml]\nreplacements: [{path: ../../../../etc/passwd}]\n' }, /leads out of the repository/u],
    ['lists two values files in the name of one', { 'k/kustomization.yaml': 'helmCharts: [{name: c, additionalValuesFiles: ["v,{{SECRETS}}/secret.yaml"]}]\n', 'k/charts/c/Chart.yaml': chart, 'k/charts/c/templates/x.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\ndata: {k: "{{ .Values.data }}"}\n', 'k/v': 'a: 1\n', 'k/v,{{SECRETS}}/secret.yaml': 'a: 1\n' }, /would be a list of values files/u],
    ['keeps its charts above the tree, in a generator file', { 'k/kustomization.yaml': 'generators: [g.yaml]\n', 'k/g.yaml': 'apiVersion: builtin\nkind: HelmChartInflationGenerator\nmetadata: {name: g}\nname: etc\nchartHome: ../../../../..\n' }, /leads out of the repository/u],
    ['keeps its charts above the tree, in the older field', { 'k/kustomization.yaml': 'helmChartInflationGenerator: [{chartName: etc, chartHome: /}]\n' }, /absolute path/u],
    ['gives Helm an option instead of a release', { 'k/kustomization.yaml': 'helmCharts: [{name: c, releaseName: "--post-renderer=/bin/sh"}]\n', 'k/charts/c/Chart.yaml': chart }, /would be an option of Helm/u],
    ['gives Helm an option instead of an API version', { 'k/kustomization.yaml': 'helmCharts: [{name: c, apiVersions: ["--debug"]}]\n', 'k/charts/c/Chart.yaml': chart }, /would be an option of Helm/u],
    ['takes values of a chart from the machine', { 'k/kustomization.yaml': 'helmCharts: [{name: c, additionalValuesFiles: [../../../../etc/passwd]}]\n', 'k/charts/c/Chart.yaml': chart }, /leads out of the repository/u],
    ['takes values of a chart from the network', { 'k/kustomization.yaml': `helmCharts: [{name: c, valuesFile: "${inFile('v')}"}]\n`, 'k/charts/c/Chart.yaml': chart }, /takes values from `http/u],
    ['keeps its charts elsewhere', { 'k/kustomization.yaml': 'helmGlobals: {chartHome: /}\nhelmCharts: [{name: etc}]\n' }, /absolute path/u],
    ['names a chart by a path', { 'k/kustomization.yaml': 'helmCharts: [{name: ../../../x}]\n' }, /is no name of a chart/u],
  ];
  const filled = (files: Files): Files => Object.fromEntries(Object.entries({ 'k/a.yaml': service, ...files }).map(([path, text]) => [path.replaceAll('{{SECRETS}}', secrets), text.replaceAll('{{ADDRESS}}', address).replaceAll('{{SECRETS}}', secrets)]));

  test.each(cases)('%s', async (_, files, words) => {
    const found = await outcome(filled(files));
    nothingEscaped(found);
    expect(found.reasons.map((each) => each.kind)).toEqual(['refused']);
    expect(found.reasons[0]?.reason).toMatch(words);
    expect(readdirSync(secrets).sort()).toEqual(['kustomization.yaml', 'secret.yaml']);
  });

  test.each([
    ['over HTTP', '{{ADDRESS}}/base.yaml'],
    ['by git', 'https://github.com/evil/repo//base?ref=main'],
    ['by git without a scheme', 'github.com/evil/repo//base?ref=main'],
    ['by SSH', 'git@github.com:evil/repo.git//base'],
    ['from a file address', 'file:///etc'],
    ['from a git address', 'git::{{ADDRESS}}/repo.git'],
  ])('a base %s is taken out and named as an assumption (R15)', async (_, written) => {
    const found = await outcome(filled({ 'k/kustomization.yaml': `resources: [a.yaml, "${written}"]\n` }));
    nothingEscaped(found);
    expect(found.reasons).toEqual([]);
    expect(found.output).toContain('kind: Service');
    expect(found.assumptions.filter((text) => text.includes('lies outside the repository'))).toHaveLength(1);
  });

  test('a folder that only looks like an address is taken from the tree', async () => {
    const found = await outcome(filled({ 'k/kustomization.yaml': 'resources: [github.com/base]\n', 'k/github.com/base/kustomization.yaml': 'resources: [b.yaml]\n', 'k/github.com/base/b.yaml': service }));
    expect(found.reasons).toEqual([]);
    expect(found.output).toContain('kind: Service');
  });

  test('a file beside the kustomization is not read through the load restrictor', async () => {
    const found = await outcome(filled({ 'k/kustomization.yaml': 'resources: [a.yaml]\npatches: [{path: ../other/p.yaml}]\n', 'other/p.yaml': service }));
    expect(found.reasons.map((each) => each.kind)).toEqual(['not-renderable']);
    expect(found.reasons[0]?.reason).toBe('it takes the file `../other/p.yaml` from outside its folder, which kustomize refuses');
    expect(found.reasons[0]?.reason).not.toContain(tmpdir());
  });

  test('a circle of kustomizations ends', async () => {
    const found = await outcome({ 'k/kustomization.yaml': 'resources: [a]\n', 'k/a/kustomization.yaml': 'resources: [b]\n', 'k/a/b/kustomization.yaml': 'resources: [../../a]\n' });
    expect(found.reasons.map((each) => each.kind)).toEqual(['not-renderable']);
  });

  test('a remote chart of a generator file is taken out and named', async () => {
    const found = await outcome(filled({ 'k/kustomization.yaml': 'resources: [a.yaml]\ngenerators: [g.yaml]\n', 'k/g.yaml': 'apiVersion: builtin\nkind: HelmChartInflationGenerator\nmetadata: {name: g}\nname: x\nrepo: "{{ADDRESS}}"\n' }));
    nothingEscaped(found);
    expect(found.reasons).toEqual([]);
    expect(found.assumptions.some((text) => text.includes('/x` lies outside the repository'))).toBe(true);
  });

  test('two files for one kustomization are told apart from none', async () => {
    const found = await outcome({ 'k/kustomization.yaml': 'resources: []\n', 'k/kustomization.yml': 'resources: [/etc/passwd]\n', 'k/Kustomization': '' });
    nothingEscaped(found);
    expect(found.reasons.map((each) => each.reason)).toEqual(['`k` has more than one kustomization file']);
  });

  test('hundreds of kustomizations below each other are not followed', async () => {
    const deep = Object.fromEntries(Array.from({ length: 520 }, (_, index) => [`k/${'d/'.repeat(index)}kustomization.yaml`, 'resources: [d]\n']));
    const found = await outcome(deep);
    expect(found.reasons.map((each) => [each.kind, each.reason])).toEqual([['refused', 'the kustomization takes more than 500 others']]);
  });

  test('huge inline values are bounded like files', async () => {
    const found = await outcome({ 'k/kustomization.yaml': `helmCharts: [{name: c, valuesInline: {a: "${'x'.repeat(2_000_000)}"}}]\n`, 'k/charts/c/Chart.yaml': chart }, { options: { tools: { searchPath: bin, helm: 'helm3', untrusted: [] }, limits: { inputBytes: 1_000_000 } } });
    expect(found.reasons.map((each) => each.kind)).toEqual(['limit']);
  });

  test('anchors that multiply end in time and memory', async () => {
    const levels = Array.from({ length: 9 }, (_, index) => `${String.fromCharCode(97 + index)}: &${String.fromCharCode(97 + index)} [${Array.from({ length: 9 }, () => (index === 0 ? 'x' : `*${String.fromCharCode(96 + index)}`)).join(', ')}]`).join('\n');
    const found = await outcome({ 'k/kustomization.yaml': 'resources: [a.yaml]\n', 'k/a.yaml': `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: bomb}\n${levels}\n` });
    expect(found.reasons.map((each) => each.reason)).toEqual([expect.stringMatching(/anchors|aliases/u)]);
    expect(found.output).toBe('');
  });
});

describe.skipIf(!hasTools())(`a hostile chart${hasTools() ? '' : `, ${skipped}`}`, () => {
  const files = (template: string, more: Files = {}): Files => ({ 'c/Chart.yaml': chart, 'c/values.yaml': 'a: 1\n', 'c/templates/x.yaml': template, ...more });

  test.each([
    ['reads a file of the machine', `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\ndata: {k: {{ .Files.Get "/etc/passwd" | quote }} }\n`],
    ['climbs out of its folder', `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\ndata: {k: {{ .Files.Get "../../../../../etc/passwd" | quote }} }\n`],
    ['takes files by a pattern', `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\ndata: {k: {{ (.Files.Glob "../**").AsConfig | quote }} }\n`],
    ['asks a name server', `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\ndata: {k: {{ getHostByName "evil.example" | quote }} }\n`],
    ['looks something up in a cluster', `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\ndata: {k: {{ (lookup "v1" "Secret" "" "").items | toString | quote }} }\n`],
  ])('%s and gets nothing', async (_, template) => {
    const found = await outcome(files(template));
    nothingEscaped(found);
    expect(found.reasons).toEqual([]);
    expect(found.output).toMatch(/k: "(?:|<nil>|\[\]|\{\})"/u);
  });

  test('the environment is no function of templates, and holds no secret', async () => {
    const found = await outcome(files('apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\ndata: {k: {{ env "MESH_POSTURE_TEST_SECRET" | quote }} }\n'));
    nothingEscaped(found);
    expect(found.reasons[0]?.reason).toMatch(/function "env" not defined/u);
    expect(Object.values(cleanEnvironment('/nowhere')).join(' ')).not.toContain('STOLEN-VALUE');
    expect(Object.keys(cleanEnvironment('/nowhere')).filter((name) => /TOKEN|SECRET|GITHUB|AWS|KEY/u.test(name))).toEqual([]);
  });

  test('an endless template is stopped', async () => {
    const found = await outcome(files('{{ define "loop" }}{{ range until 2000000000 }}x{{ end }}{{ end }}{{ include "loop" . }}'), { options: { limits: { milliseconds: 3000 } } });
    expect(found.reasons.map((each) => each.kind)).toEqual(['limit']);
  });

  test('huge output is stopped', async () => {
    const found = await outcome(files('apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\ndata: {k: {{ repeat 3000000 "x" | quote }} }\n'), { options: { limits: { outputBytes: 1_000_000 } } });
    expect(found.reasons.map((each) => each.kind)).toEqual(['limit']);
    expect(found.reasons[0]?.reason).toMatch(/wrote more than 1000000 bytes/u);
  });

  test('huge memory is stopped', async () => {
    const found = await outcome(files('{{ $x := repeat 100000000 "x" }}{{ range until 100 }}{{ $x = cat $x $x }}{{ end }}'), { options: { limits: { memoryBytes: 1_500_000_000 } } });
    expect(found.reasons.map((each) => each.kind)).toEqual(['limit']);
  });

  test('too many files are not copied', async () => {
    const found = await outcome(files('', Object.fromEntries(Array.from({ length: 60 }, (_, index) => [`c/files/${String(index)}.txt`, 'x']))), { options: { limits: { files: 50 } } });
    expect(found.reasons.map((each) => [each.kind, /reads 63 files/u.test(each.reason)])).toEqual([['limit', true]]);
  });

  test.each([
    ['a dependency on the machine', 'file:///etc', /leads out of the repository/u],
    ['a dependency outside the tree', 'file://../../../x', /leads out of the repository/u],
  ])('%s is refused', async (_, repository, words) => {
    const found = await outcome({ 'c/Chart.yaml': `${chart}dependencies: [{name: d, version: 1.0.0, repository: "${repository}"}]\n`, 'c/templates/x.yaml': service });
    expect(found.reasons.map((each) => each.kind)).toEqual(['refused']);
    expect(found.reasons[0]?.reason).toMatch(words);
  });

  test('a dependency of a registry is taken out and named; nothing is fetched', async () => {
    const found = await outcome({ 'c/Chart.yaml': `${chart}dependencies: [{name: d, version: 1.0.0, repository: "${address}"}]\n`, 'c/templates/x.yaml': service });
    nothingEscaped(found);
    expect(found.reasons).toEqual([]);
    expect(found.assumptions.some((text) => text.includes('/d` lies outside the repository'))).toBe(true);
  });

  const asks = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\ndata: {k: {{ .Values.data | toString | quote }} }\n';
  const application = (values: string): string => `apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: c, namespace: argocd}\nspec: {source: {path: c, helm: {valueFiles: ["${values}"]}}, destination: {namespace: shop}}\n`;
  const release = (values: string): string => `apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: c, namespace: shop}\nspec: {chart: {spec: {chart: ./c, sourceRef: {kind: GitRepository, name: x}, valuesFiles: ["${values}"]}}}\n`;

  test.each([['Argo CD', application], ['Flux', release]])('values that climb out of the tree by %s are refused', async (_, root) => {
    const found = await outcome(files(asks, { 'argo/a.yaml': root('../../../../../../../../etc/hosts') }));
    nothingEscaped(found);
    expect(found.reasons).toEqual([{ kind: 'refused', reason: 'the values file `../../../../../../../../etc/hosts` leads out of the repository' }]);
  });

  test('two values files in the name of one are refused', async () => {
    const listed = `values-x,${secrets}/secret.yaml`;
    const found = await outcome(files(asks, { 'argo/a.yaml': application(listed), 'c/values-x': 'a: 1\n', [`c/values-x,${secrets}/secret.yaml`]: 'a: 1\n' }));
    nothingEscaped(found);
    expect(found.reasons.map((each) => [each.kind, each.reason.includes('would be a list of values files')])).toEqual([['refused', true]]);
  });

  test('values from the network are named, not fetched', async () => {
    const found = await outcome(files(asks, { 'argo/a.yaml': application(`${address}/values.yaml`) }));
    nothingEscaped(found);
    expect(found.reasons).toEqual([]);
  });

  test('a dependency whose name climbs is refused', async () => {
    const found = await outcome({ 'c/Chart.yaml': `${chart}dependencies: [{name: "../../../../x", version: 1.0.0, repository: "file://../d"}]\n`, 'c/templates/x.yaml': service, 'd/Chart.yaml': chart.replace('shop', 'd'), 'd/templates/y.yaml': service });
    nothingEscaped(found);
    expect(found.reasons.map((each) => each.kind)).toEqual(['refused']);
  });

  test('anchors that multiply in values end in time and memory', async () => {
    const levels = Array.from({ length: 9 }, (_, index) => `${String.fromCharCode(97 + index)}: &${String.fromCharCode(97 + index)} [${Array.from({ length: 9 }, () => (index === 0 ? 'x' : `*${String.fromCharCode(96 + index)}`)).join(', ')}]`).join('\n');
    const found = await outcome(files(asks, { 'c/values.yaml': `data: 1\n${levels}\n` }), { options: { limits: { memoryBytes: 2_000_000_000 } } });
    expect(found.reasons.map((each) => each.kind === 'not-renderable' || each.kind === 'limit')).toEqual([true]);
  });

  const packedChart = (more: readonly ArchiveEntry[]): string => packed([{ path: 'd/Chart.yaml', text: chart.replace('shop', 'd') }, { path: 'd/templates/y.yaml', text: 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: inner}\ndata: {k: {{ .Files.Get "stolen" | quote }} }\n' }, ...more]);

  test.each([
    ['a file above it', [{ path: 'd/../../../../../../tmp/mesh-posture-escaped', text: 'x' }]],
    ['an absolute file', [{ path: '/tmp/mesh-posture-escaped', text: 'x' }]],
    ['a link to the machine', [{ path: 'd/stolen', leadsTo: '/etc/passwd' }]],
    ['a link that climbs', [{ path: 'd/stolen', leadsTo: '../../../../../../../../etc/passwd' }]],
  ])('a packed chart with %s writes and reads nothing outside', async (_, more) => {
    const found = await outcome({ 'c/Chart.yaml': `${chart}dependencies: [{name: d, version: 1.0.0, repository: "https://charts.example"}]\n`, 'c/templates/x.yaml': service, 'c/charts/d-1.0.0.tgz': packedChart(more) });
    nothingEscaped(found);
    expect(existsSync('/tmp/mesh-posture-escaped')).toBe(false);
    if (found.reasons.length > 0) expect(found.reasons.map((each) => each.kind)).toEqual(['not-renderable']);
    else expect(found.output).toContain('k: ""');
  });

  test('what the environment says to Helm and kustomize is not handed on', () => {
    const names = ['HELM_PLUGINS', 'HELM_NAMESPACE', 'HELM_KUBEAPISERVER', 'HELM_DEBUG', 'KUSTOMIZE_PLUGIN_HOME', 'KUBECONFIG', 'HELM_REGISTRY_CONFIG'];
    const before = names.map((name) => process.env[name]);
    for (const name of names) process.env[name] = '/evil';
    expect(Object.values(cleanEnvironment('/nowhere')).filter((value) => value.includes('evil'))).toEqual([]);
    for (const [index, name] of names.entries()) {
      if (before[index] === undefined) Reflect.deleteProperty(process.env, name);
      else process.env[name] = before[index];
    }
  });

  test('the name of a chart is no option', async () => {
    const found = await outcome({ 'c/Chart.yaml': 'apiVersion: v2\nname: "--post-renderer=/bin/sh"\nversion: 1.0.0\n', 'c/templates/x.yaml': service });
    nothingEscaped(found);
    expect(found.reasons.length).toBe(1);
  });
});

describe.skipIf(!hasTools())(`hostile links${hasTools() ? '' : `, ${skipped}`}`, () => {
  const linked = async (files: Files, links: Readonly<Record<string, string>>): Promise<readonly string[]> => {
    const entries = new Map<string, TreeEntry>();
    const blobs = new Map<string, BlobContent>();
    const all = [...Object.keys(files), ...Object.keys(links)].sort();
    for (const path of all) {
      const text = files[path];
      if (text === undefined) entries.set(path, { type: 'symlink', path, blob: `link ${path}` });
      else {
        blobs.set(`blob ${path}`, { type: 'text', text });
        entries.set(path, { type: 'file', path, blob: `blob ${path}`, size: text.length });
      }
    }
    const tree = resolveLinks('tree', entries, new Map(Object.entries(links)));
    const both = { base: tree, head: tree, blobs };
    const texts = new Map([...blobs].flatMap(([blob, content]) => (content.type === 'text' ? [[blob, content.text] as const] : [])));
    const prepared = await prepareRendering(both, defaultConfig, realRenderer(texts));
    const loaded = loadComparison(prepared.pair, defaultConfig, { prepared });
    const output = [...prepared.rendered.blobs.values()].map((content) => (content.type === 'text' ? content.text : '')).join('\n');
    expect(output).not.toContain('STOLEN-VALUE');
    return loaded.incompleteReasons.filter((each) => each.unit !== undefined).map((each) => `${each.kind}: ${each.reason}`);
  };

  test('a resource that is a link out of the tree', async () => {
    expect(await linked({ 'k/kustomization.yaml': 'resources: [s.yaml]\n' }, { 'k/s.yaml': join(secrets, 'secret.yaml') })).toEqual([expect.stringMatching(/^refused: `s.yaml` is a symbolic link out/u)]);
  });

  test('a base that is a link out of the tree', async () => {
    expect(await linked({ 'k/kustomization.yaml': 'resources: [s]\n' }, { 'k/s': secrets })).toEqual([expect.stringMatching(/^refused: `s` is a symbolic link out/u)]);
  });

  test('a base behind a relative link that climbs', async () => {
    expect(await linked({ 'k/kustomization.yaml': 'resources: [s]\n' }, { 'k/s': `../../../../../..${secrets}` })).toEqual([expect.stringMatching(/^refused/u)]);
  });

  test('a template that is a link out of the tree', async () => {
    expect(await linked({ 'c/Chart.yaml': chart, 'c/templates/a.yaml': service }, { 'c/templates/s.yaml': join(secrets, 'secret.yaml') })).toEqual([expect.stringMatching(/^refused: the symbolic link `c\/templates\/s.yaml` leads out/u)]);
  });

  test('links in a circle', async () => {
    expect(await linked({ 'k/kustomization.yaml': 'resources: [s]\n' }, { 'k/s': '../k/t', 'k/t': '../k/s' })).toEqual([expect.stringMatching(/^not-renderable: it takes `s`, which is not there/u)]);
  });

  test('values that are a link out of the tree', async () => {
    expect(await linked({ 'c/Chart.yaml': chart, 'c/templates/a.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\ndata: {k: {{ .Values.data | toString | quote }} }\n' }, { 'c/values-prod.yaml': join(secrets, 'secret.yaml') })).toEqual([expect.stringMatching(/^refused: .*`c\/values-prod.yaml`/u)]);
  });

  test('a link inside the tree is followed', async () => {
    expect(await linked({ 'k/kustomization.yaml': 'resources: [s]\n', 'base/kustomization.yaml': 'resources: [a.yaml]\n', 'base/a.yaml': service }, { 'k/s': '../base' })).toEqual([]);
  });
});

test('private copies leave nothing behind', () => {
  expect(readdirSync(copies)).toEqual([]);
});
