/** What a chart makes anew at every rendering, and what it asks the cluster for, is never taken for a value. */
import { describe, expect, test } from 'vitest';
import { defaultConfig } from '#app/config.ts';
import { review } from '#app/review.ts';
import { askingFiles, asksCluster, inFullCluster, mayBeRandom, onAnotherDay, withFound } from '#adapters/render/unknowable.ts';
import type { Report } from '#report/report.ts';
import { renderPair, type RenderTest } from '../support/render.ts';
import { bin, hasTools, skipped } from '../support/render-tools.ts';
import { deployment, namespace } from '../support/manifests.ts';
import { stream, type Files } from '../support/tree.ts';

const chart = 'apiVersion: v2\nname: shop\nversion: 1.0.0\n';
const shop = stream(namespace('shop', { 'istio-injection': 'enabled' }), deployment({ name: 'web', namespace: 'shop' }, { app: 'web' }));
const mtls = (mode: string): string => `apiVersion: security.istio.io/v1\nkind: PeerAuthentication\nmetadata: {name: default, namespace: shop}\nspec:\n  mtls:\n    mode: ${mode}\n`;

async function reviewedChart(base: Files, head: Files, options: RenderTest = {}): Promise<Report> {
  const common = { 'c/Chart.yaml': chart, 'a/all.yaml': shop };
  const { prepared } = await renderPair({ ...common, ...base }, { ...common, ...head }, options);
  const comparison: Report['comparison'] = { mode: 'directories', base: { id: 'base', label: 'base' }, head: { id: 'head', label: 'head' } };
  return review({ pair: prepared.pair, prepared, comparison, config: defaultConfig, today: '2026-01-01', version: '0' }).report;
}

const reasons = (report: Report): readonly string[] => report.incompleteReasons.map((each) => each.reason);
const found = '(lookup "v1" "ConfigMap" .Release.Namespace "settings")';
const open = 'apiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nmetadata: {name: web, namespace: shop}\nspec:\n  rules:\n  - {}\n';
const closed = open.replace('  - {}\n', '  - from: [{source: {principals: [cluster.local/ns/shop/sa/a]}}]\n');

describe.skipIf(!hasTools())(`a chart that asks the cluster${hasTools() ? '' : `, ${skipped}`}`, () => {
  test.each([
    ['for a mode', `{{- $s := ${found} }}\n${mtls('{{ dig "data" "mode" "STRICT" $s }}')}`],
    ['for a mode, by its fields', `{{- $s := ${found} }}\n${mtls('{{ if $s }}{{ $s.data.mode }}{{ else }}STRICT{{ end }}')}`],
    ['whether there is a policy at all', `{{- if not ${found} }}\n${mtls('STRICT')}{{- end }}\n`],
    ['whether there is none', `{{- if ${found} }}\n${mtls('STRICT')}{{- end }}\n`],
    ['through a named template', mtls('{{ include "shop.mode" . }}')],
    ['for more than can be made up', `{{- $s := ${found} }}\n${mtls('{{ if $s }}{{ index (first $s.items).spec.containers 0 | trim }}{{ else }}STRICT{{ end }}')}`],
  ])('%s: what changes and depends on it is undecided, never taken for what an empty cluster says', async (_, template) => {
    const files = (policy: string): Files => ({ 'c/templates/m.yaml': template, 'c/templates/_helpers.tpl': `{{- define "shop.mode" -}}{{ with ${found} }}{{ .data.mode }}{{ else }}STRICT{{ end }}{{- end -}}`, 'a/p.yaml': policy });
    const report = await reviewedChart(files(closed), files(open));
    expect(reasons(report)).toEqual([expect.stringMatching(/depends on what the chart finds in the cluster in `PeerAuthentication\/shop\/default`/u)]);
    expect(report.gates.find((gate) => gate.id === 'incomplete')?.failed).toBe(true);
  });

  test.each([['helm'], ['helm3']])('and whose changes do not depend on it is silent, with %s', async (helm) => {
    const secret = `{{- $s := ${found} }}\napiVersion: v1\nkind: Secret\nmetadata: {name: s, namespace: shop}\ndata:\n  password: {{ if $s }}{{ $s.data.password }}{{ else }}{{ randAlphaNum 20 | b64enc }}{{ end }}\n`;
    const files = (policy: string): Files => ({ 'c/templates/m.yaml': mtls('STRICT'), 'c/templates/s.yaml': secret, 'a/p.yaml': policy });
    const report = await reviewedChart(files(closed), files(open), { options: { tools: { searchPath: bin, helm, untrusted: [] } } });
    expect(reasons(report)).toEqual([]);
    expect(report.resources.map((each) => each.resource)).toEqual(['AuthorizationPolicy/shop/web']);
  });

  test('an equal answer on both sides is equal', async () => {
    const files: Files = { 'c/templates/m.yaml': `{{- $s := ${found} }}\n${mtls('{{ dig "data" "mode" "STRICT" $s }}')}` };
    const report = await reviewedChart(files, { ...files, 'b/n.yaml': namespace('other') });
    expect([report.changes, reasons(report)]).toEqual([[], []]);
    expect(report.coverage.assumptions.map((each) => each.id)).toContain('unresolved:known-to-the-cluster-only');
  });
});

describe.skipIf(!hasTools())(`what is new at every rendering${hasTools() ? '' : `, ${skipped}`}`, () => {
  test('the time is no change, though two renderings of one second show the same', async () => {
    const pod = deployment({ name: 'job', namespace: 'shop' }, { app: 'job', built: '"{{ now | unixEpoch }}"' });
    const files = (policy: string): Files => ({ 'c/templates/d.yaml': pod, 'a/p.yaml': policy });
    const report = await reviewedChart(files(closed), files(closed.replace('sa/a', 'sa/b')));
    expect(report.resources.map((each) => each.resource)).toEqual(['AuthorizationPolicy/shop/web']);
    expect(report.population).toEqual({ added: [], removed: [] });
  });

  test('a random mode is not told', async () => {
    const files = (mode: string): Files => ({ 'c/templates/m.yaml': mtls(mode) });
    const report = await reviewedChart(files('STRICT'), files('{{ shuffle "STRICTX" }}'));
    expect(reasons(report)).toEqual([expect.stringMatching(/depends on a value that the chart makes anew at every rendering/u)]);
  });
});

describe('the chart with another clock or cluster', () => {
  const files = (text: string): ReadonlyMap<string, string> => new Map([['c/templates/a.yaml', text]]);
  const rewritten = (text: string): unknown => onAnotherDay(files(text)).get('c/templates/a.yaml');

  test('functions are replaced, texts, fields, variables and comments are not', () => {
    expect(rewritten('now: {{ now | date "now" }} {{ .now }} {{ $now }} {{/* now */}} {{ `now` }} {{ nowhere }}')).toBe('now: {{ (toDate "2006-01-02" "2001-02-03") | date "now" }} {{ .now }} {{ $now }} {{/* now */}} {{ `now` }} {{ nowhere }}');
    expect(inFullCluster(files('{{ .lookup }}')).get('c/templates/a.yaml')).toBe('{{ .lookup }}');
  });

  test('only what calls them is rendered again', () => {
    expect([asksCluster(files('{{ lookup "v1" }}')), asksCluster(files('lookup'))]).toEqual([true, false]);
    expect([mayBeRandom(files('{{ randAlphaNum 5 }}')), mayBeRandom(files('now')), mayBeRandom(new Map([['c/charts/x-1.0.0.tgz', '']]))]).toEqual([true, false, true]);
  });

  test('templates that ask through others', () => {
    const asking = askingFiles(new Map([['c/templates/_a.tpl', '{{ define "a" }}{{ lookup "v1" }}{{ end }}'], ['c/templates/_b.tpl', '{{ define "b" }}{{ include "a" . }}{{ end }}'], ['c/templates/x.yaml', '{{ include "b" . }}'], ['c/templates/y.yaml', '{{ include "c" . }}']]));
    expect(['shop/templates/x.yaml', 'shop/templates/y.yaml'].map(asking)).toEqual([true, false]);
  });

  test('documents that only one cluster has', () => {
    const document = (name: string): { text: string; source: undefined } => ({ text: `kind: X\nmetadata:\n  name: ${name}\n`, source: undefined });
    expect(withFound([document('a'), document('b')], [document('b')]).map((each) => [each.text.slice(-2, -1), each.otherwise])).toEqual([['a', ''], ['b', undefined]]);
    expect(withFound([document('b')], [document('a'), document('b')]).map((each) => [each.text.slice(-2, -1), each.otherwise])).toEqual([['b', undefined], ['a', '']]);
  });
});
