import { describe, expect, test } from 'vitest';
import { mtls } from '../support/manifests.ts';
import { load } from '../support/load.ts';
import { loadSnapshot } from '#app/load.ts';
import { usesOf, type Uses } from '#units/uses.ts';
import { defaultConfig } from '#app/config.ts';
import { pair } from '../support/tree.ts';

const strict = mtls({ name: 'default', namespace: 'shop' }, 'STRICT');
const base = {
  'README.md': 'one', 'a/mtls.yaml': strict, 'a/notes.txt': 'x', 'src/main.go': 'x', 'ci/values.yaml': 'a: 1\n', 'ctx/ns.yaml': mtls({ name: 'c', namespace: 'c' }, 'STRICT'),
  'k/kustomization.yaml': 'resources: [../shared/r.yaml]\nconfigMapGenerator:\n  - {name: x, files: [key=conf/app.ini]}\n', 'shared/r.yaml': strict, 'k/conf/app.ini': 'a',
  'c/Chart.yaml': 'apiVersion: v2\nname: shop\nversion: 1.0.0\n', 'c/templates/_helpers.tpl': 'x', 'c/Chart.lock': 'x', 'testdata/x.yaml': 'a: 1\n',
};

function applicable(path: string, text = 'changed: true\n'): boolean {
  return load(base, { ...base, [path]: text }, { context: ['ctx'] }).applicable;
}

describe('what a pull request must touch to be judged (R2)', () => {
  test.each(['a/mtls.yaml', 'c/templates/_helpers.tpl', 'c/Chart.lock', 'k/conf/app.ini', 'shared/r.yaml', 'k/kustomization.yaml', 'ctx/ns.yaml', '.github/mesh-posture.yml'])('%s is touched', (path) => {
    expect(applicable(path)).toBe(true);
  });

  test.each(['README.md', 'a/notes.txt', 'src/main.go', 'ci/values.yaml', 'testdata/x.yaml', 'new/file.yaml'])('%s is not', (path) => {
    expect(applicable(path)).toBe(false);
  });

  test('a new manifest in a new folder, a deleted one', () => {
    expect(applicable('new/mtls.yaml', strict)).toBe(true);
    expect(load({ 'a/mtls.yaml': strict, 'x.md': 'x' }, { 'x.md': 'x' }).applicable).toBe(true);
  });

  test('nothing changed', () => {
    expect(load(base, base).applicable).toBe(false);
  });

  const uses = (files: Readonly<Record<string, string>>, path: string): Uses => usesOf(load(files, files, { context: ['ctx'], environments: { live: { units: ['a'], context: ['live'] } } }).discovered, path, (each) => files[each] !== undefined);

  test.each([['shared/r.yaml', 'k'], ['k/kustomization.yaml', 'k'], ['k/conf/app.ini', 'k'], ['a/mtls.yaml', 'a'], ['./a/mtls.yaml', 'a'], ['c/templates/_helpers.tpl', 'c']])('`%s` is used by `%s` (R21)', (path, unit) => {
    expect(uses(base, path).units).toEqual([unit]);
  });

  test.each(['README.md', 'k/dead.yaml', 'shared/dead.yaml', 'a/notes.txt'])('near miss: `%s` is used by nothing, though it lies in a folder that is (R4)', (path) => {
    expect(uses({ ...base, [path]: strict.replace('default', 'dead') }, path)).toEqual({ path, units: [], context: [] });
  });

  test('context is no unit, and what is not there is no file', () => {
    expect([uses(base, 'ctx/ns.yaml').context, uses({ ...base, 'live/ns.yaml': strict }, 'live/ns.yaml').context, uses(base, 'ctx/nothing.yaml').path]).toEqual(['all', ['live'], undefined]);
  });
});

test('a snapshot is judged whatever changed, and nothing in it is new', () => {
  const { head, blobs } = pair({}, { 'a/mtls.yaml': strict, 'k/kustomization.yaml': 'resources: []\n', 'a/broken.yaml': `${strict}  x: [\n` });
  const loaded = loadSnapshot(head, blobs, defaultConfig);
  expect(loaded.applicable).toBe(true);
  expect(loaded.changedResources).toEqual([]);
  expect(loaded.incompleteReasons.map((reason) => reason.status)).toEqual(['existing', 'existing']);
  expect(loaded.environments.map((each) => each.identical)).toEqual([true]);
});
