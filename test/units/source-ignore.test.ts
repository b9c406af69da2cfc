/** What Flux leaves out of a source (R7). */
import { describe, expect, test } from 'vitest';
import { wantedPath } from '#trees/wanted.ts';
import { ignoredBy } from '#units/source-ignore.ts';
import { edited, judged, unitsOn } from '../support/judged.ts';
import { mtls } from '../support/manifests.ts';
import type { Files } from '../support/tree.ts';
import { flux, lax, strict, workload } from './rules/shop.ts';

describe('lines of `.sourceignore`', () => {
  test.each<readonly [string, string, boolean]>([
    ['drafts', 'apps/drafts/m.yaml', true], ['drafts/', 'apps/drafts/m.yaml', true], ['drafts/', 'apps/drafts', false], ['/drafts', 'apps/drafts/m.yaml', false], ['/apps/drafts', 'apps/drafts/m.yaml', true],
    ['*.yaml', 'apps/m.yaml', true], ['apps/*.yaml', 'apps/deep/m.yaml', false], ['apps/**', 'apps/deep/m.yaml', true], ['**/deep', 'apps/deep/m.yaml', true],
    ['/*\n!/apps', 'apps/m.yaml', false], ['/*\n!/apps', 'other/m.yaml', true], ['apps\n!apps/m.yaml', 'apps/m.yaml', true], ['# apps', 'apps/m.yaml', false], ['\\#a', '#a', true], ['', 'apps/m.yaml', false], ['m.yaml  ', 'apps/m.yaml', true],
  ])('%j and `%s`: %s', (text, path, expected) => {
    expect(ignoredBy([{ folder: '.', text }])(path)).toBe(expected);
  });

  test('of a folder speak of that folder, and later ones win', () => {
    const isIgnored = ignoredBy([{ folder: '.', text: '*.md' }, { folder: 'apps', text: '/drafts\n!keep.md' }]);
    expect(['apps/drafts/m.yaml', 'drafts/m.yaml', 'apps/keep.md', 'keep.md'].map(isIgnored)).toEqual([true, false, false, true]);
  });
});

describe('a Flux Kustomization', () => {
  const files: Files = { 'clusters/a.yaml': flux('apps'), 'clusters/w.yaml': workload, 'apps/m.yaml': strict, 'apps/drafts/n.yaml': mtls({ name: 'draft', namespace: 'shop' }, 'DISABLE'), '.sourceignore': 'drafts/\n' };
  const source = (ignore: string): string => `apiVersion: source.toolkit.fluxcd.io/v1\nkind: GitRepository\nmetadata: {name: flux-system, namespace: flux-system}\nspec: {url: "https://git.example/bank/infra", ignore: ${JSON.stringify(ignore)}}\n`;

  test('deploys nothing that `.sourceignore` leaves out: a change of it is no change', async () => {
    const found = await judged(files, { ...files, 'apps/drafts/n.yaml': mtls({ name: 'draft', namespace: 'shop' }, 'STRICT') });
    expect([edited(found), unitsOn(found, 'head')]).toEqual([[], ['apps', 'clusters']]);
  });

  test('deploys nothing that its GitRepository leaves out', async () => {
    const { '.sourceignore': none, ...rest } = files;
    const base: Files = { ...rest, 'clusters/s.yaml': source('/apps/drafts') };
    expect([edited(await judged(base, { ...base, 'apps/drafts/n.yaml': strict })), none]).toEqual([[], 'drafts/\n']);
  });

  test('near miss: what is not left out is compared, and a line that goes brings what it left out', async () => {
    expect(edited(await judged(files, { ...files, 'apps/m.yaml': lax }))).toEqual(['modified PeerAuthentication/shop/default']);
    const found = await judged(files, { ...files, '.sourceignore': '# nothing\n' });
    expect([edited(found), found.report.verdict === 'not-applicable']).toEqual([['added PeerAuthentication/shop/draft'], false]);
  });

  test('near miss: Argo CD leaves out nothing of it', async () => {
    const argo: Files = { ...files, 'clusters/a.yaml': 'apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: a, namespace: argocd}\nspec: {source: {repoURL: "https://git.example/bank/infra", path: apps, directory: {recurse: true}}, destination: {namespace: shop}}\n' };
    expect(edited(await judged(argo, { ...argo, 'apps/drafts/n.yaml': mtls({ name: 'draft', namespace: 'shop' }, 'STRICT') }))).toEqual(['modified PeerAuthentication/shop/draft']);
  });

  test('the files that say so are read', () => {
    expect(['.sourceignore', 'apps/.sourceignore', 'apps/shop.env', 'apps/shop.properties', 'apps/environment'].map(wantedPath)).toEqual([true, true, true, true, false]);
  });
});
