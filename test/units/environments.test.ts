import { describe, expect, test } from 'vitest';
import { deployment, mtls, namespace, policy } from '../support/manifests.ts';
import { changes, environment, ids, load, only } from '../support/load.ts';
import { stream } from '../support/tree.ts';

const strict = mtls({ name: 'default', namespace: 'shop' }, 'STRICT');
const lax = strict.replace('STRICT', 'PERMISSIVE');
const front = policy({ name: 'front', namespace: 'shop' }, 'cluster.local/ns/shop/sa/front');

function plan(files: Readonly<Record<string, string>>, config: Parameters<typeof load>[2] = {}): Readonly<Record<string, readonly string[]>> {
  return Object.fromEntries(load(files, files, config).environments.map((each) => [each.id, each.units.map((unit) => unit.id)]));
}

describe('which units run together (R19)', () => {
  test('all that define no object differently', () => {
    expect(plan({ 'a/one.yaml': strict, 'b/two.yaml': front, 'c/three.yaml': strict })).toEqual({ default: ['a', 'b', 'c'] });
  });

  test('alternatives are told apart by the words for environments; a unit without counterpart belongs to all', () => {
    expect(plan({ 'apps/shop/dev/m.yaml': lax, 'apps/shop/prod/m.yaml': strict, 'common/p.yaml': front })).toEqual({ dev: ['apps/shop/dev', 'common'], prod: ['apps/shop/prod', 'common'] });
  });

  test('staging, regions and words with a suffix too', () => {
    expect(plan({ 'staging-1/m.yaml': lax, 'production/m.yaml': strict })).toEqual({ production: ['production'], 'staging-1': ['staging-1'] });
    expect(plan({ 'shop/eu-west-1/m.yaml': lax, 'shop/us-east-1/m.yaml': strict })).toEqual({ 'eu-west-1': ['shop/eu-west-1'], 'us-east-1': ['shop/us-east-1'] });
  });

  test('else by the path segment that tells them apart', () => {
    expect(plan({ 'clusters/blue/mesh/m.yaml': lax, 'clusters/green/mesh/m.yaml': strict, 'clusters/blue/apps/p.yaml': front, 'clusters/green/apps/p.yaml': front.replace('sa/front', 'sa/back') })).toEqual({
      blue: ['clusters/blue/apps', 'clusters/blue/mesh'],
      green: ['clusters/green/apps', 'clusters/green/mesh'],
    });
  });

  test('a word that does not keep them apart is no evidence', () => {
    expect(plan({ 'prod/one/m.yaml': lax, 'prod/two/m.yaml': strict })).toEqual({ one: ['prod/one'], two: ['prod/two'] });
  });

  test('Flux roots come before path segments', () => {
    const flux = (name: string, path: string): string => `apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: ${name}, namespace: flux-system}\nspec: {path: ./${path}}\n`;
    const files = { 'clusters/north/apps.yaml': flux('north', 'dev/x'), 'clusters/south/apps.yaml': flux('south', 'prod/y'), 'dev/x/m.yaml': lax, 'prod/y/m.yaml': strict };
    expect(Object.keys(plan(files))).toEqual(['north', 'south']);
  });

  test('differently means in a field that the model reads', () => {
    const annotated = strict.replace('  namespace: shop', '  namespace: shop\n  annotations: {argocd.argoproj.io/sync-wave: "3"}');
    expect(plan({ 'dev/m.yaml': annotated, 'prod/m.yaml': strict })).toEqual({ default: ['dev', 'prod'] });
    const dryRun = front.replace('  namespace: shop', '  namespace: shop\n  annotations: {istio.io/dry-run: "true"}');
    expect(Object.keys(plan({ 'dev/p.yaml': dryRun, 'prod/p.yaml': front }))).toEqual(['dev', 'prod']);
    expect(Object.keys(plan({ 'dev/n.yaml': namespace('shop', { 'istio-injection': 'enabled' }), 'prod/n.yaml': namespace('shop') }))).toEqual(['dev', 'prod']);
  });

  test('objects without a namespace are nobody else’s alternatives', () => {
    expect(plan({ 'dev/m.yaml': mtls({ name: 'default' }, 'STRICT'), 'prod/m.yaml': mtls({ name: 'default' }, 'PERMISSIVE') })).toEqual({ default: ['dev', 'prod'] });
  });
});

describe('a unit whose path carries another environment’s word', () => {
  const p = (name: string): string => policy({ name, namespace: 'shop' }, 'x');
  const apart = { 'dev/apps/m.yaml': lax, 'prod/apps/m.yaml': strict };

  test('never joins; one without such a word belongs to all', () => {
    expect(plan({ ...apart, 'dev/mesh/p.yaml': front, 'prod/mesh/p.yaml': front, 'base/p.yaml': p('base'), 'development-tools/p.yaml': p('tools') })).toEqual({
      dev: ['base', 'dev/apps', 'dev/mesh', 'development-tools'],
      prod: ['base', 'prod/apps', 'prod/mesh'],
    });
  });

  test('so its copy of a policy stands in for nothing', () => {
    const base = { ...apart, 'dev/mesh/p.yaml': front, 'prod/mesh/p.yaml': front };
    const { 'prod/mesh/p.yaml': gone, ...head } = base;
    expect(gone).toBe(front);
    expect(load(base, head).changedResources.map((each) => [each.change, each.resource, each.environments])).toEqual([['removed', 'AuthorizationPolicy/shop/front', ['prod']]]);
  });

  test('the word may be written in another form, or say more', () => {
    expect(plan({ ...apart, 'mesh/production/p.yaml': front, 'mesh/prod-eu/p.yaml': p('eu'), 'products/p.yaml': p('products') })).toEqual({
      dev: ['dev/apps', 'products'],
      prod: ['mesh/prod-eu', 'mesh/production', 'prod/apps', 'products'],
    });
    expect(plan({ 'staging-1/m.yaml': lax, 'staging-2/m.yaml': strict, 'mesh/staging-1/p.yaml': front, 'mesh/staging/p.yaml': p('both') })).toEqual({
      'staging-1': ['mesh/staging', 'mesh/staging-1', 'staging-1'],
      'staging-2': ['mesh/staging', 'staging-2'],
    });
  });

  test('regions too; a word that tells nothing apart keeps nobody out', () => {
    expect(plan({ 'eu-west-1/m.yaml': lax, 'us-east-1/m.yaml': strict, 'mesh/us-east-1/p.yaml': front, 'prod/p.yaml': p('prod') })).toEqual({
      'eu-west-1': ['eu-west-1', 'prod'],
      'us-east-1': ['mesh/us-east-1', 'prod', 'us-east-1'],
    });
    expect(plan({ 'prod/eu-west-1/m.yaml': lax, 'prod/us-east-1/m.yaml': strict, 'prod/mesh/p.yaml': front, 'dev/mesh/p.yaml': front })).toEqual({
      dev: ['dev/mesh'],
      'prod-eu-west-1': ['prod/eu-west-1', 'prod/mesh'],
      'prod-us-east-1': ['prod/mesh', 'prod/us-east-1'],
    });
  });

  test('a word of no environment makes one', () => {
    expect(plan({ ...apart, 'qa/p.yaml': front })).toEqual({ dev: ['dev/apps'], prod: ['prod/apps'], qa: ['qa'] });
    expect(plan({ 'a/m.yaml': strict, 'dev/p.yaml': front, 'qa/p.yaml': front }, { environments: { live: { units: ['a'], context: [] } } })).toEqual({ live: ['a', 'dev', 'qa'] });
    expect(plan({ 'a/m.yaml': strict, 'dev/p.yaml': front }, { environments: { prod: { units: ['a'], context: [] } } })).toEqual({ dev: ['dev'], prod: ['a'] });
  });

  test('the configuration overrides it', () => {
    expect(plan({ 'dev/m.yaml': lax, 'prod/m.yaml': strict, 'dev/shared/p.yaml': front }, { environments: { prod: { units: ['prod', 'dev/shared'], context: [] } } })).toEqual({ dev: ['dev'], prod: ['dev/shared', 'prod'] });
  });
});

describe('one map from both sides (R20)', () => {
  test('units that differ at the head only are alternatives on both', () => {
    const loaded = load({ 'dev/m.yaml': strict, 'prod/m.yaml': strict }, { 'dev/m.yaml': lax, 'prod/m.yaml': strict });
    expect(loaded.environments.map((each) => each.id)).toEqual(['dev', 'prod']);
    expect(environment(loaded, 'prod').identical).toBe(true);
    expect(loaded.changedResources.map((each) => [each.change, each.resource, each.environments])).toEqual([['modified', 'PeerAuthentication/shop/default', ['dev']]]);
  });

  test('a renamed environment keeps the name of the base', () => {
    const loaded = load({ 'dev/m.yaml': lax, 'prod/m.yaml': strict }, { 'development/m.yaml': lax, 'production/m.yaml': strict });
    expect(loaded.environments.map((each) => each.id)).toEqual(['dev', 'prod']);
    expect(changes(loaded)).toEqual([]);
  });

  test('the pairing goes by content, not by the order of names', () => {
    const loaded = load({ 'a/m.yaml': stream(lax, front), 'b/m.yaml': stream(strict, front) }, { 'x/m.yaml': stream(strict, front), 'y/m.yaml': stream(lax, front) });
    expect(loaded.environments.map((each) => [each.id, each.units.map((unit) => unit.path)])).toEqual([['a', ['y']], ['b', ['x']]]);
    expect(changes(loaded)).toEqual([]);
  });
});

describe('units for different places that share objects', () => {
  const shared = deployment({ name: 'cart', namespace: 'shop' }, { app: 'cart' });
  const config = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: NAME, namespace: shop}\ndata: {}\n';

  test('are alternatives where one has what the other lacks', () => {
    expect(plan({ 'dev/a.yaml': shared, 'prod/a.yaml': stream(shared, front), 'common/m.yaml': strict })).toEqual({ dev: ['common', 'dev'], prod: ['common', 'prod'] });
    expect(plan({ 'dev/a.yaml': stream(shared, strict), 'prod/a.yaml': stream(shared, front) })).toEqual({ dev: ['dev'], prod: ['prod'] });
    expect(plan({ 'dev/a.yaml': strict, 'prod/a.yaml': stream(strict, front) })).toEqual({ dev: ['dev'], prod: ['prod'] });
  });

  test('so what one of them loses is missed there', () => {
    const both = { 'dev/a.yaml': stream(shared, front), 'prod/a.yaml': stream(shared, front) };
    const report = load(both, { ...both, 'dev/a.yaml': shared });
    expect(report.environments.map((each) => each.id)).toEqual(['dev', 'prod']);
    expect(report.changedResources.map((each) => [each.change, each.resource, each.environments])).toEqual([['removed', 'AuthorizationPolicy/shop/front', ['dev']]]);
  });

  test('run together where they have the same, share nothing, or differ in what no request depends on', () => {
    expect(Object.keys(plan({ 'dev/a.yaml': stream(shared, front), 'prod/a.yaml': stream(front, shared) }))).toEqual(['default']);
    expect(Object.keys(plan({ 'dev/a.yaml': shared, 'prod/a.yaml': front }))).toEqual(['default']);
    expect(Object.keys(plan({ 'dev-portal/a.yaml': stream(namespace('shop'), shared), 'test-runner/a.yaml': stream(namespace('shop'), front) }))).toEqual(['default']);
    expect(Object.keys(plan({ 'dev/a.yaml': shared, 'prod/a.yaml': stream(shared, config.replace('NAME', 'colours')) }))).toEqual(['default']);
    expect(Object.keys(plan({ 'dev/a.yaml': shared, 'prod/a.yaml': stream(shared, config.replace('NAME', 'istio')) }))).toEqual(['dev', 'prod']);
  });

  test('run together where no path says that they are for different places', () => {
    expect(Object.keys(plan({ 'one/a.yaml': shared, 'two/a.yaml': stream(shared, front) }))).toEqual(['default']);
  });
});

describe('a definition that comes beside an old one', () => {
  const ingress = policy({ name: 'ingress', namespace: 'edge' }, 'x');

  test('is compared with the one that was in force, and touches nothing else', () => {
    const loaded = load({ 'mesh/m.yaml': stream(strict, front), 'edge/p.yaml': ingress }, { 'mesh/m.yaml': stream(strict, front), 'edge/p.yaml': ingress, 'zzz/m.yaml': mtls({ name: 'default', namespace: 'shop' }, 'DISABLE') });
    expect(loaded.changedResources.map((each) => [each.change, each.resource, each.environments])).toEqual([['modified', 'PeerAuthentication/shop/default', ['zzz']]]);
    expect(environment(loaded, 'mesh').identical).toBe(true);
    expect(ids(environment(loaded, 'zzz').head.resources)).toEqual(['AuthorizationPolicy/edge/ingress', 'AuthorizationPolicy/shop/front', 'PeerAuthentication/shop/default']);
    expect(loaded.incompleteReasons).toEqual([]);
  });

  test('likewise in a folder that was there already, and when it is taken away again', () => {
    const apart = { 'mesh/m.yaml': stream(strict, front), 'zzz/p.yaml': ingress };
    const overridden = { ...apart, 'zzz/p.yaml': stream(ingress, mtls({ name: 'default', namespace: 'shop' }, 'DISABLE')) };
    for (const loaded of [load(apart, overridden), load(overridden, apart)]) {
      expect(loaded.changedResources.map((each) => [each.change, each.resource, each.environments])).toEqual([['modified', 'PeerAuthentication/shop/default', ['zzz']]]);
    }
  });

  test('a new environment that its name tells is no override', () => {
    const loaded = load({ 'apps/prod/m.yaml': strict, 'apps/dev/m.yaml': lax }, { 'apps/prod/m.yaml': strict, 'apps/dev/m.yaml': lax, 'apps/staging/m.yaml': mtls({ name: 'default', namespace: 'shop' }, 'DISABLE') });
    expect(loaded.changedResources.map((each) => [each.change, each.resource, each.environments])).toEqual([['added', 'PeerAuthentication/shop/default', ['staging']]]);
  });
});

describe('the configuration overrides', () => {
  test('units[].environment and environments', () => {
    const files = { 'a/m.yaml': lax, 'b/m.yaml': strict, 'c/p.yaml': front };
    expect(plan(files, { units: [{ path: 'a', environment: 'test' }, { path: 'b', environment: 'live' }] })).toEqual({ live: ['b', 'c'], test: ['a', 'c'] });
    expect(plan(files, { environments: { test: { units: ['a'], context: [] }, live: { units: ['b', 'c'], context: [] } } })).toEqual({ live: ['b', 'c'], test: ['a'] });
  });

  test('a unit may run in several environments', () => {
    const files = { 'a/m.yaml': lax, 'b/m.yaml': strict, 'c/p.yaml': front, 'd/w.yaml': deployment({ name: 'web', namespace: 'shop' }, { app: 'web' }) };
    expect(plan(files, { environments: { test: { units: ['a', 'c'], context: [] }, live: { units: ['b', 'c'], context: [] } } })).toEqual({ live: ['b', 'c', 'd'], test: ['a', 'c', 'd'] });
  });

  test('context of one environment only', () => {
    const files = { 'a/m.yaml': lax, 'b/m.yaml': strict, 'context/prod.yaml': namespace('shop', { 'istio-injection': 'enabled' }) };
    const loaded = load(files, files, { environments: { test: { units: ['a'], context: [] }, live: { units: ['b'], context: ['context/prod.yaml'] } } });
    expect(ids(environment(loaded, 'live').head.resources)).toEqual(['Namespace/shop', 'PeerAuthentication/shop/default']);
    expect(ids(environment(loaded, 'test').head.resources)).toEqual(['PeerAuthentication/shop/default']);
  });
});

test('an empty tree has one environment without units', () => {
  expect(only(load({}, {})).units).toEqual([]);
});

test('twenty thousand files take linear time', () => {
  const files = (count: number): Record<string, string> => Object.fromEntries(Array.from({ length: count }, (_, index) => [`apps/a${String(index % (count / 4))}/f${String(index)}.yaml`, policy({ name: `p${String(index)}`, namespace: `n${String(index % 50)}` }, 'x')]));
  const time = (count: number): number => {
    const base = files(count);
    const started = performance.now();
    load(base, { ...base, 'apps/a0/f0.yaml': policy({ name: 'p0', namespace: 'n0' }, 'y') });
    return performance.now() - started;
  };
  time(500);
  const small = time(1000);
  // Eight times the files: a quadratic step would take 64 times as long.
  expect(time(8000)).toBeLessThan(small * 30 + 500);
}, 60_000);
