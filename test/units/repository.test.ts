/** Which repository and revision Flux and Argo CD objects mean (R7, R8). */
import { describe, expect, test } from 'vitest';
import { defaultConfig } from '#app/config.ts';
import { discoverUnits, type Discovered } from '#units/discover.ts';
import { isReviewed, pinnedRevision, repositoryName, type RepositoryFacts } from '#units/repository.ts';
import { mtls } from '../support/manifests.ts';
import { pair, type Files } from '../support/tree.ts';

const here: RepositoryFacts = { addresses: ['https://github.com/Bank/infra.git'], branch: 'main' };
const strict = mtls({ name: 'default', namespace: 'shop' }, 'STRICT');

function discover(files: Files, facts: RepositoryFacts = here): Discovered {
  return discoverUnits(pair(files, files), defaultConfig, facts);
}

function found(files: Files, facts: RepositoryFacts = here): readonly string[] {
  return discover(files, facts).units.map(({ id, head }) => `${id} ${head?.discovery ?? ''}${head?.pinned === undefined ? '' : ` pinned to ${head.pinned}`}`);
}

describe('the name of a repository', () => {
  test.each([
    ['https://github.com/Bank/infra', 'bank/infra'], ['https://github.com/bank/infra.git/', 'bank/infra'], ['git@github.com:bank/infra.git', 'bank/infra'], ['ssh://git@github.com:22/bank/infra.git', 'bank/infra'],
    ['https://token@gitlab.example/group/team/infra', 'group/team/infra'], ['github.com/bank/infra', 'bank/infra'], ['https://dev.azure.com/bank/mesh/_git/infra', 'bank/mesh/infra'], ['git@ssh.dev.azure.com:v3/bank/mesh/infra', 'bank/mesh/infra'],
    ['{{ .repoURL }}', undefined], ['https://github.com/${ORG}/infra', undefined], ['/srv/git/infra', undefined], ['../infra', undefined], ['', undefined],
  ])('%s is %s', (address, name) => {
    expect(repositoryName(address)).toBe(name);
  });

  test.each([
    ['git@git.bank.example:bank/infra', here, true], ['https://github.com/bank/other', here, false], ['https://github.com/other/infra', here, false], [undefined, here, true], ['{{url}}', here, true],
    ['https://github.com/other/infra', { addresses: [] }, true], ['https://github.com/up/infra', { addresses: ['git@github.com:me/infra', 'git@github.com:up/infra'] }, true],
  ] as const)('%s may be the reviewed one: %s %s', (address, facts, expected) => {
    expect(isReviewed(address, facts)).toBe(expected);
  });
});

describe('a revision is pinned (R8)', () => {
  test.each([
    ['release-1', 'main', true], ['main', 'main', false], ['refs/heads/main', 'main', false], ['refs/heads/prod', 'main', true], ['v1.2', 'v1.2', false], ['v1.2', 'main', true], ['1.x', undefined, true], ['HEAD', 'main', false], [undefined, 'main', false],
    ['release-1', undefined, false], ['{{revision}}', 'main', false],
  ])('%s, compared with %s: %s', (revision, branch, pinned) => {
    expect(pinnedRevision(revision, branch === undefined ? { addresses: [] } : { addresses: [], branch }) !== undefined).toBe(pinned);
  });
});

describe('Flux', () => {
  const kustomization = (more = ''): string => `apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: apps, namespace: flux-system}\nspec: {path: ./apps, sourceRef: {kind: GitRepository, name: source${more}}}\n`;
  const source = (url: string, ref = '', namespace = 'flux-system'): string => `apiVersion: source.toolkit.fluxcd.io/v1\nkind: GitRepository\nmetadata: {name: source, namespace: ${namespace}}\nspec: {url: "${url}"${ref}}\n`;
  const files = (git: string): Files => ({ 'clusters/prod/apps.yaml': kustomization(), 'clusters/prod/source.yaml': git, 'apps/m.yaml': strict });

  test('follows the source object: this repository, whatever its scheme', () => {
    expect(found(files(source('ssh://git@github.com/bank/infra')))).toEqual(['apps flux', 'clusters/prod folder']);
  });

  test('of another repository deploys nothing of this one, and is outside content', () => {
    const all = files(source('https://github.com/bank/apps', ', ref: {tag: v1}'));
    expect(found(all)).toEqual(['apps folder', 'clusters/prod folder']);
    expect(discover(all).outside.head.map((each) => `${each.kind} ${each.name} ${each.detail}`)).toEqual(['base https://github.com/bank/apps ./apps refs/tags/v1']);
    expect(found(all, { addresses: [] })).toContain('apps flux pinned to refs/tags/v1');
  });

  test.each([[', ref: {branch: main}', ''], [', ref: {branch: prod}', ' pinned to refs/heads/prod'], [', ref: {tag: v1.0.0}', ' pinned to refs/tags/v1.0.0'], [', ref: {semver: ">=1.0.0"}', ' pinned to refs/tags/>=1.0.0'], [', ref: {branch: main, commit: 0123456789abcdef0123456789abcdef01234567}', ' pinned to 0123456789abcdef0123456789abcdef01234567'], ['', '']])('with the reference `%s` is%s', (ref, pinned) => {
    expect(found(files(source('https://github.com/bank/infra', ref)))).toContain(`apps flux${pinned}`);
  });

  test('of a source that no file holds: an existing path is accepted', () => {
    expect(found({ 'clusters/prod/apps.yaml': kustomization(', namespace: elsewhere'), 'clusters/prod/source.yaml': source('https://github.com/bank/apps'), 'apps/m.yaml': strict })).toContain('apps flux');
  });

  test('each cluster has its own source of one name', () => {
    const all = { ...files(source('https://github.com/bank/infra')), 'clusters/test/source.yaml': source('https://github.com/bank/apps') };
    expect(found(all)).toContain('apps flux');
  });

  test('a HelmRelease follows its source, too', () => {
    const release = 'apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: shop, namespace: flux-system}\nspec: {chart: {spec: {chart: ./c, sourceRef: {kind: GitRepository, name: source}}}}\n';
    const all = (url: string): Files => ({ 'a/r.yaml': release, 'a/s.yaml': source(url), 'c/Chart.yaml': 'apiVersion: v2\nname: c\nversion: 1.0.0\n' });
    expect(found(all('https://github.com/bank/infra'))).toContain('c flux');
    expect(found(all('https://github.com/bank/apps'))).toContain('c chart');
  });

  test('without a kustomization takes the kustomizations below as they are, and all other YAML (R7)', () => {
    const all: Files = { 'clusters/prod/apps.yaml': kustomization(), 'apps/m.yaml': strict, 'apps/deep/n.yaml': mtls({ name: 'n', namespace: 'shop' }, 'STRICT'), 'apps/k/kustomization.yaml': 'resources: [o.yaml]\n', 'apps/k/o.yaml': mtls({ name: 'o', namespace: 'shop' }, 'STRICT'), 'apps/k/dead.yaml': strict, 'apps/k/inner/kustomization.yaml': 'resources: []\n', 'apps/x.json': '{}' };
    const { units, unreferenced } = discover(all);
    const unit = units.find((each) => each.id === 'apps');
    // What a kustomization below does not take is nobody's.
    expect([units.map((each) => each.id), [...unreferenced]]).toEqual([['apps', 'apps/k/inner', 'clusters/prod'], ['apps/k/inner']]);
    expect([unit?.head?.kind, unit?.head?.overlay?.generated]).toEqual(['kustomize', ['apps/deep/n.yaml', 'apps/m.yaml', 'apps/k']]);
    // With a kustomization of its own the folder is that, and nothing else below is taken.
    expect(found({ ...all, 'apps/kustomization.yaml': 'resources: [m.yaml]\n' })).toEqual(['apps flux', 'apps/deep folder', 'apps/k kustomization', 'apps/k/inner kustomization', 'clusters/prod folder']);
  });
});

describe('Argo CD', () => {
  const application = (source: string): string => `apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: apps, namespace: argocd}\nspec:\n  source: ${source}\n  destination: {namespace: shop}\n`;

  test('compares the repository and the branch', () => {
    const files = (source: string): Files => ({ 'argo/a.yaml': application(source), 'apps/m.yaml': strict });
    expect(found(files('{repoURL: "git@github.com:bank/infra.git", path: apps, targetRevision: main}'))).toContain('apps argo');
    expect(found(files('{repoURL: "git@github.com:bank/infra.git", path: apps, targetRevision: prod}'))).toContain('apps argo pinned to prod');
    const elsewhere = files('{repoURL: "https://github.com/bank/apps", path: apps, targetRevision: v2}');
    expect(found(elsewhere)).toContain('apps folder');
    expect(discover(elsewhere).outside.head.map((each) => each.name)).toEqual(['https://github.com/bank/apps apps of Application argocd/apps']);
  });

  test.each([
    ['{recurse: true}', ['apps/deep/b.yaml', 'apps/m.yaml', 'apps/skip.yaml']],
    ['{recurse: true, exclude: "{skip,deep/*}*"}', ['apps/m.yaml']],
    ['{recurse: true, include: "*b.yaml"}', ['apps/deep/b.yaml']],
    ['{include: "[x", exclude: nothing}', []],
    ['{}', ['apps/m.yaml', 'apps/skip.yaml']],
  ])('a folder with `%s`', (directory, expected) => {
    const files: Files = { 'argo/a.yaml': application(`{path: apps, directory: ${directory}}`), 'apps/m.yaml': strict, 'apps/skip.yaml': mtls({ name: 's', namespace: 'shop' }, 'STRICT'), 'apps/deep/b.yaml': mtls({ name: 'b', namespace: 'deep' }, 'STRICT') };
    expect(discover(files).units.find((unit) => unit.id === 'apps')?.head?.files).toEqual(expected);
  });

  test('values that another repository lends are not read, those of this one are', () => {
    const files = (url: string): Files => ({
      'argo/a.yaml': `apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: apps, namespace: argocd}\nspec:\n  sources:\n  - {repoURL: "https://github.com/bank/infra", path: c, helm: {valueFiles: [$own/values/prod.yaml, values-dev.yaml]}}\n  - {repoURL: "${url}", ref: own}\n  destination: {namespace: shop}\n`,
      'c/Chart.yaml': 'apiVersion: v2\nname: c\nversion: 1.0.0\n',
      'c/values-dev.yaml': 'a: 1\n',
      'values/prod.yaml': 'a: 2\n',
    });
    const values = (url: string): readonly string[] | undefined => discover(files(url)).units.find((unit) => unit.id === 'c')?.head?.helm?.values;
    expect(values('https://github.com/bank/infra.git')).toEqual(['values/prod.yaml', 'c/values-dev.yaml']);
    expect(values('https://github.com/bank/values')).toEqual(['c/values-dev.yaml']);
  });

  test('a generator that reads another repository, or cannot be determined, fits every folder (R7)', () => {
    const set = (generator: string): string => `apiVersion: argoproj.io/v1alpha1\nkind: ApplicationSet\nmetadata: {name: all, namespace: argocd}\nspec:\n  generators: [${generator}]\n  template: {metadata: {name: x}, spec: {source: {path: "apps/{{path.basename}}"}, destination: {namespace: shop}}}\n`;
    const reached = (generator: string): readonly string[] => found({ 'argo/a.yaml': set(generator), 'apps/a/m.yaml': strict, 'apps/b/n.yaml': mtls({ name: 'b', namespace: 'shop' }, 'STRICT') }).filter((each) => each.endsWith('argo'));
    expect(reached('{git: {repoURL: "https://github.com/bank/infra", directories: [{path: apps/a}]}}')).toEqual(['apps/a argo']);
    expect(reached('{git: {repoURL: "https://github.com/bank/other", directories: [{path: apps/a}]}}')).toEqual(['apps/a argo', 'apps/b argo']);
    expect(reached('{list: {elements: [{path.basename: a}, {path.basename: b, tier: x}]}, selector: {matchLabels: {tier: x}}}')).toEqual(['apps/a argo', 'apps/b argo']);
    expect(reached('{list: {elements: [{path.basename: a, tier: y}, {path.basename: b, tier: x}]}, selector: {matchLabels: {tier: x}}}')).toEqual(['apps/b argo']);
    expect(reached('{list: {elementsYaml: "[{path.basename: b}]"}}')).toEqual(['apps/b argo']);
  });
});
