/** What is rendered, how often, and what a cache keeps (R16). */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync, chmodSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { directoryCache } from '#adapters/render/cache.ts';
import { run } from '#adapters/render/run.ts';
import { findHelm, findKustomize } from '#adapters/render/tools.ts';
import { isSafePath } from '#adapters/render/workspace.ts';
import { helmDocuments, kustomizeDocuments } from '#adapters/render/output.ts';
import { withoutRandom } from '#adapters/render/unknowable.ts';
import { defaultConfig } from '#app/config.ts';
import { prepareRendering } from '#app/render/prepare.ts';
import type { Renderer } from '#app/ports.ts';
import { renderPair } from '../support/render.ts';
import { changes, only } from '../support/load.ts';
import { bin, hasTools, skipped } from '../support/render-tools.ts';
import { mtls } from '../support/manifests.ts';
import { pair, type Files } from '../support/tree.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mesh-posture-effort-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

const unit = (path: string, mode = 'STRICT'): Files => ({ [`${path}/kustomization.yaml`]: 'resources: [m.yaml]\n', [`${path}/m.yaml`]: mtls({ name: path.replaceAll('/', '-'), namespace: 'shop' }, mode) });

describe.skipIf(!hasTools())(`only what is needed is rendered${hasTools() ? '' : `, ${skipped}`}`, () => {
  test('a unit that both sides have alike is rendered once, a changed one twice', async () => {
    const base = { ...unit('a'), ...unit('b'), ...unit('c') };
    const { requests, loaded } = await renderPair(base, { ...base, ...unit('a', 'DISABLE') });
    expect(requests).toBe(4);
    expect(only(loaded).units.map((each) => each.status)).toEqual(['rendered', 'identical', 'identical']);
  });

  test('units of an environment that nothing touches are not rendered', async () => {
    const base = { ...unit('envs/dev/x'), ...unit('envs/prod/x'), ...unit('envs/prod/y') };
    const { requests, loaded } = await renderPair(base, { ...base, ...unit('envs/dev/x', 'DISABLE') });
    expect(requests).toBe(2);
    expect(loaded.untouched.map((each) => [each.id, each.status])).toEqual([['envs/prod/x', 'untouched'], ['envs/prod/y', 'untouched']]);
    expect(changes(loaded)).toEqual(['modified PeerAuthentication/shop/envs-dev-x']);
    expect(loaded.incompleteReasons).toEqual([]);
  });

  test('where alerts are uploaded, they are: an upload that does not name an alert closes it', async () => {
    const base = { ...unit('envs/dev/x'), ...unit('envs/prod/x') };
    const { requests, loaded } = await renderPair(base, { ...base, ...unit('envs/dev/x', 'DISABLE') }, { everything: true });
    expect(requests).toBe(3);
    expect(loaded.untouched).toEqual([]);
    expect(changes(loaded)).toEqual(['modified PeerAuthentication/shop/envs-dev-x']);
  });

  test('a touched unit that may run anywhere makes all of them count', async () => {
    const base = { ...unit('envs/dev/x'), ...unit('envs/prod/x'), ...unit('shared') };
    expect((await renderPair(base, { ...base, ...unit('shared', 'DISABLE') })).requests).toBe(4);
  });

  test('a shared base touches every environment that takes it', async () => {
    const base: Files = { ...unit('base'), 'envs/dev/kustomization.yaml': 'resources: [../../base]\n', 'envs/prod/kustomization.yaml': 'resources: [../../base]\n' };
    const { requests, loaded } = await renderPair(base, { ...base, ...unit('base', 'DISABLE') });
    expect(requests).toBe(4);
    expect(loaded.untouched).toEqual([]);
  });

  test('for what a container runs and for generated ConfigMaps no cause is sought, for what the mesh reads one is', async () => {
    const app = (image: string, argument: string, label: string): Files => ({
      'k/kustomization.yaml': `resources: [d.yaml]\nimages: [{name: web, newTag: "${image}"}]\nconfigMapGenerator: [{name: settings, literals: [a=${argument}]}]\nlabels: [{pairs: {team: ${label}}, includeTemplates: true}]\n`,
      'k/d.yaml': `apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, namespace: shop}\nspec: {selector: {matchLabels: {app: web}}, template: {metadata: {labels: {app: web}}, spec: {containers: [{name: web, image: web, args: ["${argument}"], envFrom: [{configMapRef: {name: settings}}]}]}}}\n`,
    });
    expect((await renderPair(app('1', 'x', 'a'), app('2', 'y', 'a'))).requests).toBe(2);
    expect((await renderPair(app('1', 'x', 'a'), app('2', 'y', 'b'))).requests).toBeGreaterThan(2);
  });

  test('nothing touched: nothing is rendered', async () => {
    const base = { ...unit('a'), 'README.md': 'a' };
    const { requests, loaded } = await renderPair(base, { ...base, 'README.md': 'b' });
    expect([requests, loaded.applicable]).toEqual([0, false]);
  });

  test('a warm cache starts no tool, gives equal documents, and forgets nothing of the key', async () => {
    const cache = directoryCache(join(folder, 'cache'));
    const options = { options: { cache } };
    const cold = await renderPair({}, unit('a'), options);
    const warm = await renderPair({}, unit('a'), { options: { cache, bytes: () => Promise.reject(new Error('nothing is read')) } });
    expect([...warm.prepared.rendered.blobs]).toEqual([...cold.prepared.rendered.blobs]);
    const other = await renderPair({}, unit('a', 'DISABLE'), options);
    expect([...other.prepared.rendered.blobs]).not.toEqual([...cold.prepared.rendered.blobs]);
  });

  test('what somebody wrote into the cache is not believed', async () => {
    const directory = join(folder, 'cache');
    const cache = directoryCache(directory);
    await renderPair({}, unit('a'), { options: { cache } });
    const [part = ''] = readdirSync(directory);
    const [name = ''] = readdirSync(join(directory, part));
    const file = join(directory, part, name);
    const text = readFileSync(file, 'utf8');
    writeFileSync(file, text.replace('STRICT', 'DISABLE'));
    const { loaded } = await renderPair({}, unit('a'), { options: { cache } });
    expect(only(loaded).head.all.map((resource) => (resource.kind === 'PeerAuthentication' ? resource.spec.mode : ''))).toEqual(['STRICT']);
    expect(readFileSync(file, 'utf8')).toBe(text);
  });

  test('a cache that cannot be written costs no answer', async () => {
    writeFileSync(join(folder, 'file'), '');
    const { loaded } = await renderPair({}, unit('a'), { options: { cache: directoryCache(join(folder, 'file')) } });
    expect(loaded.incompleteReasons).toEqual([]);
  });

  test('no more tools run at once than the renderer wants', async () => {
    let running = 0;
    let most = 0;
    const slow: Renderer = {
      parallel: 2,
      render: async (request) => {
        running += 1;
        most = Math.max(most, running);
        await new Promise((resolve) => setTimeout(resolve, 10));
        running -= 1;
        return { type: 'failed', tool: 'x', reason: request.path, remedy: '' };
      },
    };
    const files = Object.assign({}, ...Array.from({ length: 8 }, (_, index) => unit(`u${String(index)}`))) as Files;
    const { rendered } = await prepareRendering(pair({}, files), defaultConfig, slow);
    expect([most, rendered.units.size]).toEqual([2, 8]);
  });
});

describe.skipIf(process.platform === 'win32')('a tool', () => {
  const limits = { milliseconds: 5000, outputBytes: 100_000, memoryBytes: 4_000_000_000 };
  const script = (name: string, body: string): string => {
    const path = join(folder, name);
    writeFileSync(path, `#!/bin/sh\n${body}\n`);
    chmodSync(path, 0o755);
    return path;
  };
  const sandbox = (): Parameters<typeof run>[2] => ({ empty: folder, directory: folder, limits });

  test('sees an environment of its own', async () => {
    process.env['GITHUB_TOKEN_OF_TEST'] = 'secret-value';
    const result = await run(script('x', '/usr/bin/env'), [], sandbox());
    delete process.env['GITHUB_TOKEN_OF_TEST'];
    expect(result).toMatchObject({ type: 'ended', code: 0 });
    expect(JSON.stringify(result)).not.toContain('secret-value');
    expect(JSON.stringify(result)).toContain(`HOME=${folder}`);
  });

  test('that does not end is ended, with what it started', async () => {
    const mark = join(folder, 'mark');
    const started = performance.now();
    const result = await run(script('x', `(/bin/sleep 3; echo late > ${mark}) &\n/bin/sleep 60`), [], { ...sandbox(), limits: { ...limits, milliseconds: 300 } });
    expect(result).toEqual({ type: 'stopped', by: 'time' });
    expect(performance.now() - started).toBeLessThan(2500);
    await new Promise((resolve) => setTimeout(resolve, 3500));
    expect(readdirSync(folder)).not.toContain('mark');
  });

  test('gets its arguments as they are', async () => {
    const result = await run(script('x', 'printf "%s|" "$@"'), ['a b', '$(id)', ';', '"'], sandbox());
    expect(result).toMatchObject({ stdout: 'a b|$(id)|;|"|' });
  });

  test.each([
    ['a relative entry of PATH', (): string => 'bin'],
    ['an empty entry of PATH', (): string => ''],
  ])('is not taken from %s', async (_, path) => {
    mkdirSync(join(folder, 'bin'));
    expect((await findHelm({ searchPath: path(), untrusted: [] }, sandbox())).type).toBe('missing');
  });

  test('is not taken from what is reviewed, nor through a link to it', async () => {
    mkdirSync(join(folder, 'repo'));
    mkdirSync(join(folder, 'bin'));
    script('repo/helm', 'echo v3.17.2');
    symlinkSync(join(folder, 'repo', 'helm'), join(folder, 'bin', 'helm'));
    const settings = { untrusted: [join(folder, 'repo')] };
    for (const searchPath of [join(folder, 'repo'), join(folder, 'bin')]) {
      expect(await findHelm({ ...settings, searchPath }, sandbox())).toMatchObject({ type: 'missing', reason: '`helm` lies in the repository, where a pull request could replace it' });
    }
    expect(await findHelm({ ...settings, searchPath: '', helm: join(folder, 'repo', 'helm') }, sandbox())).toMatchObject({ type: 'missing' });
    expect(await findHelm({ untrusted: [], searchPath: join(folder, 'bin') }, sandbox())).toMatchObject({ type: 'tool', tool: { name: 'helm 3.17.2' } });
  });

  test('of an old version is said to be old', async () => {
    script('helm', 'echo v3.9.0');
    expect(await findHelm({ untrusted: [], searchPath: folder }, sandbox())).toMatchObject({ type: 'missing', reason: '`helm` is Helm 3.9.0, which is too old' });
  });

  test('called kustomize is preferred to kubectl', async () => {
    script('kustomize', 'case "$2" in --client*) exit 1;; esac\necho v5.8.1');
    script('kubectl', 'printf "Client Version: v1.35.2\\nKustomize Version: v5.7.1\\n"');
    expect(await findKustomize({ untrusted: [], searchPath: folder }, sandbox())).toMatchObject({ tool: { name: 'kustomize 5.8.1', form: 'kustomize' } });
    expect(await findKustomize({ untrusted: [], searchPath: folder, kustomize: 'kubectl' }, sandbox())).toMatchObject({ tool: { name: 'kustomize 5.7.1 (kubectl)', form: 'kubectl' } });
  });

  test.skipIf(!hasTools())('is found with its version', async () => {
    expect(await findHelm({ untrusted: [], searchPath: bin, helm: 'helm3' }, sandbox())).toMatchObject({ tool: { name: 'helm 3.17.2' } });
    expect(await findKustomize({ untrusted: [], searchPath: bin, kustomize: 'kubectl-1.32' }, sandbox())).toMatchObject({ tool: { name: 'kustomize 5.5.0 (kubectl)' } });
  });
});

describe('paths of a private copy', () => {
  test.each(['a/b.yaml', 'a b/c', '.hidden/x', 'a..b/c'])('%s is safe', (path) => {
    expect(isSafePath(path)).toBe(true);
  });

  test.each(['', '/a', '../a', 'a/../../b', 'a//b', 'a/./b', 'C:/x', 'a\\..\\b', 'a\0b', '..'])('%j is not', (path) => {
    expect(isSafePath(path)).toBe(false);
  });
});

describe('what tools write', () => {
  test('origin annotations are taken out where the tool writes them, and nowhere else', () => {
    const text = 'apiVersion: v1\ndata:\n  x: |\n    config.kubernetes.io/origin: |\n      path: stolen.yaml\nkind: ConfigMap\nmetadata:\n  annotations:\n    config.kubernetes.io/origin: |\n      path: a.yaml\n    z: "1"\n  name: x\n';
    expect(kustomizeDocuments(text)).toEqual([{ text: text.replace('    config.kubernetes.io/origin: |\n      path: a.yaml\n', ''), source: { from: 'resource', path: 'a.yaml' } }]);
  });

  test('annotations of which nothing is left go', () => {
    expect(kustomizeDocuments('kind: X\nmetadata:\n  annotations:\n    config.kubernetes.io/origin: |\n      configuredIn: k.yaml\n      configuredBy:\n        kind: G\n  name: x\n')).toEqual([{ text: 'kind: X\nmetadata:\n  name: x\n', source: { from: 'generator', path: 'k.yaml' } }]);
  });

  test('hooks that leave nothing are dropped, one that also installs is kept', () => {
    const hook = (when: string): string => `---\n# Source: c/templates/x.yaml\nkind: Job\nmetadata:\n  annotations:\n    "helm.sh/hook": ${when}\n`;
    expect(['test', 'pre-delete', 'test-success,post-delete', 'pre-install', 'pre-install,post-delete'].map((when) => helmDocuments(hook(when)).length)).toEqual([0, 0, 0, 1, 1]);
  });

  test('random lines are equal afterwards, others stay', () => {
    const document = (value: string): { text: string; source: undefined }[] => [{ text: `a: 1\nkey: ${value}\n- ${value}\n`, source: undefined }];
    expect(withoutRandom(document('x'), document('y'))).toEqual(withoutRandom(document('p'), document('q')));
    expect(withoutRandom(document('x'), document('y'))[0]?.text).toContain('a: 1\n');
    expect(withoutRandom(document('x'), document('x'))).toEqual(document('x'));
  });
});
