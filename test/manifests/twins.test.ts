import { expect, test } from 'vitest';
import { twinOf } from '#manifests/twins.ts';
import { reviewed } from '../support/reviewed.ts';
import { environment, load } from '../support/load.ts';
import { deployment, mtls, policy } from '../support/manifests.ts';
import { stream } from '../support/tree.ts';

const shop = (caller: string, extra: string): string => stream(mtls({ name: 'default', namespace: 'shop' }, 'STRICT'), policy({ name: 'shared', namespace: 'shop' }, `cluster.local/ns/shop/sa/${caller}`), deployment({ name: 'cart', namespace: 'shop' }, { app: 'cart' }), policy({ name: 'own', namespace: 'shop' }, extra));

test('documents that environments share are one content with a place each', () => {
  const files = { 'dev/all.yaml': shop('a', 'cluster.local/ns/shop/sa/dev'), 'prod/all.yaml': shop('a', 'cluster.local/ns/shop/sa/prod') };
  const loaded = load(files, files);
  const [dev, prod] = ['dev', 'prod'].map((id) => environment(loaded, id).head.resources);
  const of = (resources: typeof dev, kind: string) => resources?.find((resource) => resource.kind === kind);
  const named = (resources: typeof dev, name: string) => resources?.find((resource) => resource.name === name);
  const [one, other] = [of(dev, 'Deployment'), of(prod, 'Deployment')];
  if (one === undefined || other === undefined) throw new Error('no Deployment');
  expect(twinOf(one)).toBe(twinOf(other));
  expect([one.origin.file, other.origin.file, one.unit, other.unit]).toEqual(['dev/all.yaml', 'prod/all.yaml', 'dev', 'prod']);
  const [ownOne, ownOther] = [named(dev, 'own'), named(prod, 'own')];
  if (ownOne === undefined || ownOther === undefined) throw new Error('no policy');
  expect(twinOf(ownOne)).not.toBe(twinOf(ownOther));
});

test('an object whose namespace its unit tells is one of each unit', () => {
  const file = (extra: string): string => stream(mtls({ name: 'default' }, 'STRICT'), policy({ name: 'own', namespace: 'shop' }, extra));
  const files = { 'dev/all.yaml': file('x'), 'prod/all.yaml': file('y') };
  const found = load(files, files).environments.flatMap((each) => each.head.all.filter((resource) => resource.kind === 'PeerAuthentication'));
  expect(found.map((resource) => resource.namespace).sort()).toEqual(['~dev', '~prod']);
  expect(new Set(found.map(twinOf)).size).toBe(2);
});

test('items of lists keep their place in the list', () => {
  const list = (name: string): string => stream(`apiVersion: v1\nkind: List\nitems:\n- ${mtls({ name: 'a', namespace: 'shop' }, 'STRICT').trim().replaceAll('\n', '\n  ')}\n- ${mtls({ name: 'b', namespace: 'shop' }, 'STRICT').trim().replaceAll('\n', '\n  ')}\n`, policy({ name, namespace: 'shop' }, 'x'));
  const files = { 'a/all.yaml': list('one'), 'b/all.yaml': list('two') };
  expect(load(files, files).environments.flatMap((each) => each.head.all.map(({ name, origin }) => `${name} ${origin.file} ${String(origin.item)}`)).sort()).toEqual([
    'a a/all.yaml 0', 'b a/all.yaml 1', 'one a/all.yaml undefined', 'two b/all.yaml undefined',
  ]);
});

test('environments that are reviewed together are what each is alone, with causes in its own file', () => {
  const places = ['dev', 'prod'];
  const files = (caller: string, of: readonly string[]) => Object.fromEntries(of.map((place) => [`${place}/all.yaml`, shop(caller, `cluster.local/ns/shop/sa/${place}`)]));
  const together = reviewed(files('a', places), files('b', places));
  for (const place of places) {
    const alone = reviewed(files('a', [place]), files('b', [place]));
    const told = (report: typeof alone) => report.changes.flatMap((change) => change.causes.filter((cause) => cause.file === `${place}/all.yaml`).map((cause) => [change.direction, change.facet, change.destinations.map((each) => each.id), change.region, cause]));
    expect(told(alone).length).toBeGreaterThan(0);
    expect(told(together)).toEqual(told(alone));
  }
});
