import { describe, expect, test } from 'vitest';
import { deployment, mtls, policy, service } from '../support/manifests.ts';
import { changes, load, only } from '../support/load.ts';
import { stream, type Files } from '../support/tree.ts';

const strict = mtls({ name: 'default', namespace: 'shop' }, 'STRICT');
const front = policy({ name: 'front', namespace: 'shop' }, 'cluster.local/ns/shop/sa/front');
const web = deployment({ name: 'web', namespace: 'shop' }, { app: 'web' });
const unplaced = [mtls({ name: 'default' }, 'STRICT'), policy({ name: 'front' }, 'cluster.local/ns/shop/sa/front'), deployment({ name: 'web' }, { app: 'web' })];

const cases: readonly (readonly [string, Files, Files])[] = [
  ['a moved file', { 'a/one.yaml': strict }, { 'b/c/two.yaml': strict }],
  ['two files that swap their contents', { 'a/one.yaml': strict, 'a/two.yaml': front }, { 'a/one.yaml': front, 'a/two.yaml': strict }],
  ['two folders that swap their contents', { 'a/one.yaml': strict, 'b/one.yaml': front }, { 'a/one.yaml': front, 'b/one.yaml': strict }],
  ['reordered documents', { 'a.yaml': stream(strict, front, web) }, { 'a.yaml': stream(web, strict, front) }],
  ['a stream split into files', { 'a.yaml': stream(strict, front) }, { 'x/a.yaml': strict, 'y/b.yaml': front }],
  ['CRLF and a byte order mark', { 'a.yaml': stream(strict, front) }, { 'a.yaml': `\ufeff${stream(strict, front).replaceAll('\n', '\r\n')}` }],
  ['other quotes and comments', { 'a.yaml': strict }, { 'a.yaml': `# a note\n${strict.replace('mode: STRICT', "mode: 'STRICT' # why")}` }],
  ['other indentation', { 'a.yaml': front }, { 'a.yaml': front.replace(/^( +)/gmu, '$1$1') }],
  ['reordered keys', { 'a.yaml': web }, { 'a.yaml': `kind: Deployment\n${web.replace('kind: Deployment\n', '')}` }],
  ['a renamed folder whose objects name no namespace', { 'old/all.yaml': stream(...unplaced) }, { 'new/all.yaml': stream(...unplaced) }],
  ['a renamed folder and file', { 'old/all.yaml': stream(...unplaced) }, { 'new/one.yaml': unplaced[0] ?? '', 'new/rest.yaml': stream(...unplaced.slice(1)) }],
  ['two folders of equal names that trade places', { 'a/all.yaml': stream(...unplaced), 'b/all.yaml': mtls({ name: 'other' }, 'DISABLE') }, { 'b/all.yaml': stream(...unplaced), 'a/all.yaml': mtls({ name: 'other' }, 'DISABLE') }],
];

describe('what is only written differently is no changed object', () => {
  test.each(cases)('%s', (_name, base, head) => {
    const loaded = load(base, head);
    expect(changes(loaded)).toEqual([]);
    expect(changes(load(head, base))).toEqual([]);
    expect(loaded.incompleteReasons).toEqual([]);
    expect(only(loaded).base.resources.length).toBeGreaterThan(0);
  });

  test('equal bytes at an equal path are the same object on both sides', () => {
    const loaded = only(load({ 'a.yaml': strict, 'b.yaml': front }, { 'a.yaml': strict, 'b.yaml': front.replace('/front"', '/back"') }));
    const [basePolicy, baseMtls] = loaded.base.resources;
    const [headPolicy, headMtls] = loaded.head.resources;
    expect(headMtls).toBe(baseMtls);
    expect(headPolicy).not.toBe(basePolicy);
    expect(loaded.identical).toBe(false);
    expect(only(load({ 'a.yaml': strict }, { 'a.yaml': strict })).identical).toBe(true);
  });
});

describe('near misses are changed objects', () => {
  test.each<readonly [string, Files, Files, readonly string[]]>([
    ['another value', { 'a.yaml': strict }, { 'a.yaml': strict.replace('STRICT', 'PERMISSIVE') }, ['modified PeerAuthentication/shop/default']],
    ['a moved file with another value', { 'a/one.yaml': strict }, { 'b/one.yaml': strict.replace('STRICT', 'PERMISSIVE') }, ['modified PeerAuthentication/shop/default']],
    ['another namespace', { 'a.yaml': strict }, { 'a.yaml': strict.replace('namespace: shop', 'namespace: bank') }, ['added PeerAuthentication/bank/default', 'removed PeerAuthentication/shop/default']],
    ['a commented object', { 'a.yaml': stream(strict, front) }, { 'a.yaml': stream(strict, front.replace(/^/gmu, '# ')) }, ['removed AuthorizationPolicy/shop/front']],
    ['a field that the schema lacks', { 'a.yaml': strict }, { 'a.yaml': strict.replace('spec:', 'spec:\n  selectr: {}') }, ['modified PeerAuthentication/shop/default']],
    ['an object without namespace that moves into another folder that stays', { 'a/x.yaml': unplaced[0] ?? '', 'a/y.yaml': unplaced[2] ?? '', 'b/z.yaml': mtls({ name: 'other' }, 'STRICT') }, { 'a/y.yaml': unplaced[2] ?? '', 'b/x.yaml': unplaced[0] ?? '', 'b/z.yaml': mtls({ name: 'other' }, 'STRICT') }, ['removed PeerAuthentication/~a/default', 'added PeerAuthentication/~b/default']],
  ])('%s', (_name, base, head, expected) => {
    expect(changes(load(base, head))).toEqual(expected);
  });
});

describe('renamed workloads are one (R12)', () => {
  test('by equal pod labels', () => {
    const loaded = load({ 'a.yaml': web }, { 'a.yaml': deployment({ name: 'web-v2', namespace: 'shop' }, { app: 'web' }) });
    expect([...only(loaded).renames]).toEqual([['Deployment/shop/web-v2', 'Deployment/shop/web']]);
    expect(changes(loaded)).toEqual([]);
  });

  test('by all shared Services, although a label differs', () => {
    const both = service({ name: 'web', namespace: 'shop' }, { app: 'web' });
    const loaded = load(
      { 'a.yaml': stream(both, deployment({ name: 'web', namespace: 'shop' }, { app: 'web', version: 'one' })) },
      { 'a.yaml': stream(both, deployment({ name: 'web-v2', namespace: 'shop' }, { app: 'web', version: 'two' })) },
    );
    expect([...only(loaded).renames]).toEqual([['Deployment/shop/web-v2', 'Deployment/shop/web']]);
    expect(changes(loaded)).toEqual(['modified Deployment/shop/web']);
  });

  test('not across namespaces, and not with other labels and no Service', () => {
    expect([...only(load({ 'a.yaml': web }, { 'a.yaml': deployment({ name: 'web', namespace: 'bank' }, { app: 'web' }) })).renames]).toEqual([]);
    expect([...only(load({ 'a.yaml': web }, { 'a.yaml': deployment({ name: 'web-v2', namespace: 'shop' }, { app: 'other' }) })).renames]).toEqual([]);
  });

  test('not where the old workload is still there', () => {
    const loaded = load({ 'a.yaml': web }, { 'a.yaml': stream(web, deployment({ name: 'web-v2', namespace: 'shop' }, { app: 'web' })) });
    expect([...only(loaded).renames]).toEqual([]);
    expect(changes(loaded)).toEqual(['added Deployment/shop/web-v2']);
  });

  test('each at most once, the more similar name first', () => {
    const at = (name: string): string => deployment({ name, namespace: 'shop' }, { app: 'web' });
    const loaded = load({ 'a.yaml': stream(at('web-blue'), at('web-green')) }, { 'a.yaml': stream(at('web-blue-2'), at('web-green-2'), at('zebra')) });
    expect([...only(loaded).renames].sort()).toEqual([['Deployment/shop/web-blue-2', 'Deployment/shop/web-blue'], ['Deployment/shop/web-green-2', 'Deployment/shop/web-green']]);
    expect(changes(loaded)).toEqual(['added Deployment/shop/zebra']);
  });
});

describe('renamed folders keep their configuration (R12)', () => {
  test('the namespace that was configured for the old name', () => {
    const loaded = load({ 'old/all.yaml': stream(...unplaced) }, { 'new/all.yaml': stream(...unplaced) }, { units: [{ path: 'old', namespace: 'shop' }] });
    expect(changes(loaded)).toEqual([]);
    expect(only(loaded).head.resources.map((each) => each.namespace)).toEqual(['shop', 'shop', 'shop']);
  });
});
