/** R17 to R21 (`docs/repositories.md`): what cannot be read, and which units run together. */
import { rmSync } from 'node:fs';
import { afterAll, describe, expect, test } from 'vitest';
import { edited, judged, running, told, unread } from '../../support/judged.ts';
import { deployment, namespace, policy } from '../../support/manifests.ts';
import { hasTools, skipped } from '../../support/render-tools.ts';
import { folderOf, runCli } from '../../entry/run-cli.ts';
import { stream, type Files } from '../../support/tree.ts';
import { chart, flux, lax, strict, workload } from './shop.ts';

const needed = hasTools() ? '' : `, ${skipped}`;
const elsewhere = policy({ name: 'front', namespace: 'bank' }, 'x');
const front = policy({ name: 'front', namespace: 'shop' }, 'cluster.local/ns/shop/sa/front');
const broken = `${strict}  x: [\n`;

describe('R17', () => {
  const files: Files = { 'a/m.yaml': strict, 'a/w.yaml': workload };

  test.each([
    ['in a unit', 'a/new.yaml', `# kind and apiVersion follow\nx: [\n`],
    ['that was a manifest', 'a/m.yaml', 'x: [\n'],
    ['that has a line `apiVersion:` and a line `kind:` at one indentation', 'b/new.yaml', broken],
  ])('R17: a broken file %s counts', async (_, path, text) => {
    expect(unread(await judged(files, { ...files, [path]: text }))).toEqual([`unreadable ${path}`]);
  });

  test.each([
    ['Jinja', 'b/new.yaml', '{% for kind, apiVersion in hosts %}\n- {{ host }}\n{% endfor %}\n'],
    ['a cookiecutter', 'b/{{cookiecutter.name}}/new.yaml', 'name: {{ cookiecutter.name }}\nkind: {{ cookiecutter.apiVersion }}\n'],
    ['both words at two indentations', 'b/new.yaml', 'apiVersion: v1\nspec:\n    kind: [\n'],
  ])('R17, near miss: %s is counted as ignored', async (_, path, text) => {
    const found = await judged(files, { ...files, [path]: text });
    expect([unread(found), found.report.coverage.ignored]).toEqual([[], 1]);
  });

  test('R17, near miss: an unknown tag is no error, and each document of a stream stands by itself', async () => {
    const tagged = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x, namespace: shop}\ndata: {a: !vault "b", c: !Ref d}\n';
    expect(unread(await judged(files, { ...files, 'a/t.yaml': tagged }))).toEqual([]);
    const found = await judged(files, { ...files, 'a/m.yaml': stream(front.replace('  rules:', ' rules:'), lax) });
    expect([edited(found), unread(found)]).toEqual([['modified PeerAuthentication/shop/default'], ['unreadable a/m.yaml']]);
  });
});

describe('R18', () => {
  test('R18: what the head cannot read is taken from the base, and named', async () => {
    const files: Files = { 'a/m.yaml': stream(strict, front), 'a/w.yaml': workload };
    const found = await judged(files, { ...files, 'a/m.yaml': stream(broken, front) });
    expect([edited(found), told(found), unread(found), found.report.verdict]).toEqual([[], [], ['unreadable a/m.yaml'], 'error']);
  });

  test.skipIf(!hasTools())(`R18: a unit that the head cannot render is what the base says of it${needed}`, async () => {
    const files: Files = { 'k/kustomization.yaml': 'resources: [m.yaml]\n', 'k/m.yaml': strict, 'a/w.yaml': workload };
    const found = await judged(files, { ...files, 'k/kustomization.yaml': 'resources: [m.yaml, gone.yaml]\n', 'k/m.yaml': lax });
    expect([edited(found), told(found), unread(found), found.report.verdict]).toEqual([[], [], ['not-renderable k/kustomization.yaml'], 'error']);
  });

  test('R18, near miss: what the head takes away is gone, and what it mends is compared with nothing lost', async () => {
    const files: Files = { 'a/m.yaml': stream(strict, front), 'a/w.yaml': workload };
    expect(edited(await judged(files, { ...files, 'a/m.yaml': front }))).toEqual(['removed PeerAuthentication/shop/default']);
    const mended = await judged({ ...files, 'a/m.yaml': stream(broken, front) }, files);
    expect([edited(mended), unread(mended)]).toEqual([[], []]);
  });
});

describe('R19', () => {
  test('R19: units in conflict are alternatives, told apart by configuration, cluster, word, segment', async () => {
    const two = (left: string, right: string): Files => ({ [`${left}/m.yaml`]: strict, [`${right}/m.yaml`]: lax, 'common/w.yaml': workload });
    const names = async (files: Files, config = {}): Promise<readonly string[]> => Object.keys(running(await judged({}, files, { config }))).filter((name) => name !== 'unreferenced');
    expect(await names(two('x/dev', 'x/prod'), { units: [{ path: 'x/dev', environment: 'one' }, { path: 'x/prod', environment: 'two' }] })).toEqual(['one', 'two']);
    expect(await names({ ...two('x/dev', 'x/prod'), 'clusters/north/a.yaml': flux('x/dev', 'a'), 'clusters/south/a.yaml': flux('x/prod', 'b') })).toEqual(['north', 'south']);
    expect(await names(two('x/staging', 'x/production'))).toEqual(['production', 'staging']);
    expect(await names(two('x/eu-west-1', 'x/us-east-1'))).toEqual(['eu-west-1', 'us-east-1']);
    expect(await names(two('one/mesh', 'two/mesh'))).toEqual(['one', 'two']);
    expect(running(await judged({}, two('x/dev', 'x/prod')))).toEqual({ dev: ['common', 'x/dev'], prod: ['common', 'x/prod'] });
  });

  test('R19: a change in one alternative is told of it alone', async () => {
    const files: Files = { 'dev/m.yaml': lax, 'prod/m.yaml': strict, 'common/w.yaml': workload };
    const found = await judged(files, { ...files, 'prod/m.yaml': lax });
    expect(found.report.changes.map((change) => change.environments)).toEqual([['prod']]);
  });

  test('R19, near miss: equal definitions unify, and so do those that differ where the model does not look', async () => {
    const noted = strict.replace('  namespace: shop', '  namespace: shop\n  annotations: {owner: team-a}');
    expect(Object.keys(running(await judged({}, { 'dev/m.yaml': strict, 'prod/m.yaml': noted })))).toEqual(['default']);
    expect(Object.keys(running(await judged({}, { 'dev/m.yaml': strict, 'prod/m.yaml': front })))).toEqual(['default']);
  });

  test('R19: of what stands twice in one unit the last in file order is in force, and both are named', async () => {
    const found = await judged({ 'a/m.yaml': strict, 'a/w.yaml': workload }, { 'a/m.yaml': strict, 'a/n.yaml': lax, 'a/w.yaml': workload });
    expect([told(found), unread(found)]).toEqual([['widened mtls shop/web'], ['unreadable a/n.yaml']]);
    expect(found.report.incompleteReasons[0]?.reason).toMatch(/defined twice with different content, first in `a\/m\.yaml` line 1/u);
    expect(unread(await judged({ 'a/m.yaml': strict }, { 'a/m.yaml': strict, 'a/n.yaml': strict }))).toEqual([]);
  });
});

describe('R20', () => {
  test('R20: an environment that the pull request renames is the one it was', async () => {
    const found = await judged({ 'dev/m.yaml': lax, 'prod/m.yaml': strict, 'common/w.yaml': workload }, { 'development/m.yaml': lax, 'production/m.yaml': strict, 'common/w.yaml': workload });
    expect([Object.keys(running(found)), edited(found), told(found)]).toEqual([['dev', 'prod'], [], []]);
  });

  test('R20, near miss: environments that swap what they hold are two changes', async () => {
    const files = (dev: string, prod: string): Files => ({ 'dev/m.yaml': stream(dev, elsewhere), 'prod/m.yaml': stream(prod, elsewhere), 'common/w.yaml': workload });
    const found = await judged(files(lax, strict), files(strict, lax));
    expect(found.report.changes.map(({ direction, facet, environments }) => `${direction} ${facet} ${environments.join(' ')}`).sort()).toEqual(['narrowed mtls dev', 'widened mtls prod']);
  });
});

describe('R21', () => {
  const folder = folderOf({ 'dev/m.yaml': lax, 'prod/m.yaml': strict, 'common/w.yaml': stream(namespace('shop'), deployment({ name: 'web', namespace: 'shop' }, { app: 'web' })), 'notes.txt': 'x', 'k/kustomization.yaml': 'resources: []\n', 'k/dead.yaml': strict, 'c/Chart.yaml': chart, 'c/values.yaml': 'a: 1\n', '.github/mesh-posture.yml': 'ignore: []\n' });
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  test('R21: `environments` prints what was found and why, and which units use a file', async () => {
    const { stdout } = await runCli(['environments', '.'], folder);
    expect(stdout.split('\n')).toEqual(expect.arrayContaining(['dev: units that define an object differently, or one that another of them lacks, are alternatives', '  plain     dev', 'prod: units that define an object differently, or one that another of them lacks, are alternatives', '  plain     prod']));
    expect((await runCli(['environments', '.', '--explain', 'c/values.yaml'], folder)).stdout).toBe('`c/values.yaml` is used by `c`\n');
  });

  test('R21: the configuration overrides what was found', async () => {
    const files: Files = { 'dev/m.yaml': lax, 'prod/m.yaml': strict };
    expect(running(await judged({}, files, { config: { environments: { one: { units: ['dev'], context: [] }, two: { units: ['prod'], context: [] } } } }))).toEqual({ one: ['dev'], two: ['prod'] });
  });

  test('R21, near miss: a file that nothing uses changes nothing, and that is said', async () => {
    for (const file of ['notes.txt', 'k/dead.yaml']) expect((await runCli(['environments', '.', '--explain', file], folder)).stdout).toBe(`\`${file}\` is used by no unit: a change in it changes nothing\n`);
    expect((await runCli(['environments', '.', '--explain', 'nowhere.yaml'], folder)).stdout).toBe('`nowhere.yaml` is no file of this tree\n');
  });
});
