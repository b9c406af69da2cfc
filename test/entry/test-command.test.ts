import { rmSync } from 'node:fs';
import { afterAll, describe, expect, test } from 'vitest';
import { deployment, mtls, namespace } from '../support/manifests.ts';
import { stream } from '../support/tree.ts';
import { folderOf, runCli } from './run-cli.ts';

const mesh = stream(namespace('shop', { 'istio-injection': 'enabled' }), deployment({ name: 'orders', namespace: 'shop' }, { app: 'orders' }), mtls({ name: 'default', namespace: 'shop' }, 'STRICT'));
const query = { from: { principal: null }, to: { workload: 'shop/orders', port: 8080 }, request: { protocol: 'http' }, expect: { verdict: 'deny', layer: 'mtls' } };
const entry = (more: Readonly<Record<string, unknown>>): string => `${JSON.stringify({ id: 'x', manifests: mesh, queries: [query], ...more })}\n`;

const yaml = `id: one
tree: mesh
queries:
  - from: {principal: null}
    to: {workload: shop/orders, port: 8080}
    request: {protocol: http}
    expect: {verdict: deny}
  - from: {principal: null}
    to: {workload: shop/orders, port: 8080}
    request: {protocol: http}
    expect: {verdict: allow}
---
- id: two
  tree: mesh
  queries:
    - from:
        principle: x
      to: {workload: shop/orders, port: 8080}
      request: {protocol: http}
      expect: {verdict: deny}
- id: three
  tree: nowhere
  queries:
    - {from: {principal: null}, to: {workload: shop/orders, port: 8080}, request: {protocol: http}, expect: {verdict: deny}}
`;

const folder = folderOf({
  'mesh/shop.yaml': mesh,
  'apart/tests/deep.jsonl': `${JSON.stringify({ tree: 'mesh', queries: [query] })}\n`,
  'right.jsonl': entry({}) + entry({ id: 'y' }),
  'wrong.jsonl':
    entry({ queries: [query, { ...query, request: { protocol: 'http', methods: 'GET' } }] }) +
    entry({ queries: [{ ...query, expect: { verdct: 'deny' } }] }) +
    entry({ queries: [{ ...query, expect: {} }] }) +
    entry({ queries: [{ ...query, from: {} }] }) +
    entry({ queries: [] }) +
    entry({ queries: undefined }) +
    entry({ manifests: `${mesh}---\nkind: [\n` }) +
    entry({ manifests: 'a: 1\n' }) +
    entry({ manifest: 'x' }) +
    '5\nnot json\n',
  'broken.yaml': 'a: [\n---\nb: 1\n',
  'empty.jsonl': '\n',
  'one.json': JSON.stringify({ id: 'z', manifests: mesh, queries: [query] }, null, 2).replace('{\n', '{'),
  'list.json': JSON.stringify([{ id: 'z', manifests: mesh, queries: [query] }, { manifests: mesh }]),
  'tests.yaml': yaml,
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

describe('`test`', () => {
  test.concurrent('counts what agrees', async () => {
    expect(await runCli(['test', 'right.jsonl', 'apart/tests/deep.jsonl'], folder)).toEqual({ code: 0, stdout: '3 passed, 0 failed\n', stderr: '' });
  }, 60_000);

  test.concurrent('one JSON value over several lines, and a list', async () => {
    const run = await runCli(['test', 'one.json', 'list.json'], folder);
    expect(run.stdout).toBe('list.json:1 is not understood: `queries` is missing; it must be a list\n2 passed, 1 failed\n');
  }, 60_000);

  test.concurrent('a typo, an empty question or manifests that cannot be read are failures that name their place', async () => {
    const run = await runCli(['test', 'wrong.jsonl', 'empty.jsonl', 'broken.yaml'], folder);
    expect(run.code).toBe(1);
    expect(run.stdout.split('\n')).toEqual([
      'wrong.jsonl:1 is not understood: query 2: unknown key `methods` in `request`; did you mean `method`?',
      'wrong.jsonl:2 is not understood: query 1: unknown key `verdct` in `expect`; did you mean `verdict`?',
      'wrong.jsonl:3 is not understood: query 1: `expect` must say at least one field, such as `verdict`',
      'wrong.jsonl:4 is not understood: query 1: `from` must say `principal`, `workload`, `outside`, `ip` or `pod`',
      'wrong.jsonl:5 is not understood: `queries` must be at least 1 entries long',
      'wrong.jsonl:6 is not understood: `queries` is missing; it must be a list',
      expect.stringMatching(/^wrong\.jsonl:7 is not understood: `manifests` line \d+: /u),
      'wrong.jsonl:8 is not understood: `manifests` line 1: the document is no object of Kubernetes: it needs `apiVersion` and `kind`',
      'wrong.jsonl:9 is not understood: unknown key `manifest`; did you mean `manifests`?',
      'wrong.jsonl:10 is not understood: an entry is a mapping',
      'wrong.jsonl:11 is not understood: the line is no JSON value',
      'empty.jsonl:1 is not understood: the file holds no entry',
      expect.stringMatching(/^broken\.yaml:\d is not understood: the document is no YAML: /u),
      expect.stringMatching(/^broken\.yaml:3 is not understood: an entry has `manifests` /u),
      '0 passed, 14 failed',
      '',
    ]);
  }, 60_000);

  test.concurrent('YAML entries have the line of what is wrong; queries are numbered from 1; a tree is a folder beside the file', async () => {
    const run = await runCli(['test', 'tests.yaml'], folder);
    const [disagreement, typo, nowhere, total] = run.stdout.split('\n');
    expect(disagreement).toMatch(/^tests\.yaml:8 one query 2 \(\): expected \{"verdict":"allow"\}, answered \{"verdict":"deny","layer":"mtls","by":\["PeerAuthentication\/shop\/default"\]/u);
    expect(typo).toBe('tests.yaml:17 is not understood: query 1: unknown key `principle` in `from`; did you mean `principal`?');
    expect(nowhere).toContain('tests.yaml:22 is not understood: `tree` cannot be read whole: `nowhere` is no directory here');
    expect([total, run.code]).toEqual(['1 passed, 3 failed', 1]);
  }, 60_000);
});

test.concurrent('`explain` shows where each object is written', async () => {
  const run = await runCli(['explain', '--to', 'shop/orders', '--port', '8080', '--tree', 'mesh'], folder);
  expect(run).toMatchObject({ code: 0, stderr: '' });
  expect(run.stdout.replace(/\s+/gu, ' ')).toMatch(/\[PeerAuthentication\/shop\/default at shop\.yaml:\d+\]/u);
}, 60_000);
