/** R15: a patch goes with the remote base that it aims at; a change in it is told as one of the base's values, at the patch. */
import { describe, expect, test } from 'vitest';
import { changes } from '../support/load.ts';
import { renderPair } from '../support/render.ts';
import type { Files } from '../support/tree.ts';

const base = 'https://github.com/org/repo//base?ref=v1';
const guard = (account: string, name = 'far'): string => `apiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nmetadata: {name: ${name}}\nspec:\n  rules: [{from: [{source: {principals: [cluster.local/ns/web/sa/${account}]}}]}]\n`;
const own = guard('front', 'near');

async function told(before: Files, after: Files): Promise<readonly string[]> {
  const { loaded } = await renderPair(before, after);
  return loaded.outsideChanges.map(({ change, content }) => `${change} ${content.name} ${content.file}:${String(content.line)}`);
}

const kustomization = (more: string): string => `resources: [own.yaml, "${base}"]\n${more}`;
const patched = (more: string, files: Files = {}): Files => ({ 'k/own.yaml': own, 'k/kustomization.yaml': kustomization(more), ...files });

describe('a patch that meets only what a remote base holds', () => {
  test('is a value of the base: changed, added, taken away', async () => {
    const files = (account: string): Files => patched('patches: [{path: far.yaml}]\n', { 'k/far.yaml': guard(account) });
    expect(await told(files('front'), files('anyone'))).toEqual(['modified https://github.com/org/repo//base k/far.yaml:2']);
    expect(await told(patched(''), files('front'))).toEqual(['modified https://github.com/org/repo//base k/far.yaml:2']);
    expect(await told(files('front'), patched(''))).toEqual(['modified https://github.com/org/repo//base k/kustomization.yaml:1']);
  });

  test('as a strategic merge, inline, and as JSON operations', async () => {
    const merge = (account: string): Files => patched('patchesStrategicMerge: [far.yaml]\n', { 'k/far.yaml': guard(account) });
    expect(await told(merge('front'), merge('anyone'))).toHaveLength(1);
    const operations = (path: string): Files => patched(`patches:\n- target: {kind: AuthorizationPolicy, name: far}\n  patch: '[{op: remove, path: ${path}}]'\n`);
    expect(await told(operations('/spec/rules'), operations('/spec/rules/0'))).toEqual(['modified https://github.com/org/repo//base k/kustomization.yaml:3']);
  });

  test('the namespace that the kustomization gives to all', async () => {
    expect(await told(patched('namespace: shop\n'), patched('namespace: bank\n'))).toEqual(['modified https://github.com/org/repo//base k/kustomization.yaml:2']);
  });

  test('through a kustomization above', async () => {
    const files = (account: string): Files => ({ 'k/own.yaml': own, 'k/kustomization.yaml': kustomization(''), 'top/kustomization.yaml': 'resources: [../k]\npatches: [{path: far.yaml}]\n', 'top/far.yaml': guard(account) });
    expect(await told(files('front'), files('anyone'))).toEqual(['modified https://github.com/org/repo//base top/far.yaml:2']);
  });
});

describe('no value of the base', () => {
  test('a patch of an object of the repository: that is rendered', async () => {
    const files = (account: string): Files => patched('patches: [{path: near.yaml}]\n', { 'k/near.yaml': guard(account, 'near') });
    const { loaded } = await renderPair(files('front'), files('anyone'));
    expect(loaded.outsideChanges).toEqual([]);
    expect(changes(loaded).join()).toContain('AuthorizationPolicy/~k/near');
  });

  test('a comment, an order of keys, an image, a file that moves', async () => {
    const files = (text: string, name = 'far'): Files => patched(`patches: [{path: ${name}.yaml}]\n`, { [`k/${name}.yaml`]: text });
    expect(await told(files(guard('front')), files(`# the front\n${guard('front')}`, 'front'))).toEqual([]);
    const image = (tag: string): string => `kind: Deployment\napiVersion: apps/v1\nmetadata: {name: far}\nspec: {template: {spec: {containers: [{name: app, image: "app:${tag}", resources: {limits: {cpu: ${tag}}}}]}}}\n`;
    expect(await told(files(image('1')), files(image('2')))).toEqual([]);
  });

  test('a patch of a kind that decides nothing about requests', async () => {
    const files = (value: string): Files => patched('patches: [{path: far.yaml}]\n', { 'k/far.yaml': `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: far}\ndata: {links: ${value}}\n` });
    expect(await told(files('a'), files('b'))).toEqual([]);
  });

  test('where everything is in the repository', async () => {
    const files = (account: string): Files => ({ 'k/own.yaml': own, 'k/kustomization.yaml': 'resources: [own.yaml]\npatches: [{path: near.yaml}]\n', 'k/near.yaml': guard(account, 'near') });
    expect(await told(files('front'), files('anyone'))).toEqual([]);
  });
});
