/** Which kinds of objects two meshes may differ in, and which edits only one of two environments has. */
import { describe, expect, test } from 'vitest';
import { withConfigOf } from '#app/counterfactual.ts';
import { editsBetween, type Edit } from '#impact/edits.ts';
import { differingKinds, editsApart, unequal } from '#impact/likeness.ts';
import type { MeshSettings } from '#mesh/build.ts';
import { enrolmentKnowledge } from '#mesh/enrolment.ts';
import { deployment, meshOf, namespace, objects, policy, service } from '../mesh/support.ts';

const shop = [namespace('shop', 'istio-injection: enabled'), deployment('shop/shop'), service('shop/shop', '{name: http, port: 80}')];
const mtls = (mode: string, name = 'wide'): string => policy('PeerAuthentication', `shop/${name}`, `mtls: {mode: ${mode}}`);
const allow = (method: string, name = 'rule'): string => policy('AuthorizationPolicy', `shop/${name}`, `rules: [{to: [{operation: {methods: [${method}]}}]}]`);

function kinds(left: readonly string[], right: readonly string[], settings: MeshSettings = { world: 'closed' }, other: MeshSettings = settings): readonly string[] | undefined {
  const knowledge = enrolmentKnowledge('istio-system', objects(...left), objects(...right));
  const one = meshOf({ knowledge, ...settings }, ...left);
  const found = differingKinds(one, withConfigOf(one, meshOf({ knowledge, ...other }, ...right)));
  return found === undefined ? undefined : [...found].sort();
}

describe('kinds that differ', () => {
  test('are none where the objects are equal, in whatever order', () => {
    expect(kinds(shop, shop)).toEqual([]);
    expect(kinds([...shop, allow('GET', 'a'), allow('PUT', 'b')], [...shop, allow('PUT', 'b'), allow('GET', 'a')])).toEqual([]);
  });

  test('are those of objects that came, went or say something else', () => {
    expect(kinds(shop, [...shop, allow('GET')])).toEqual(['AuthorizationPolicy']);
    expect(kinds([...shop, allow('GET')], shop)).toEqual(['AuthorizationPolicy']);
    expect(kinds([...shop, allow('GET')], [...shop, allow('PUT')])).toEqual(['AuthorizationPolicy']);
    expect(kinds([...shop, allow('GET'), mtls('STRICT')], [...shop, allow('PUT'), mtls('PERMISSIVE')])).toEqual(['AuthorizationPolicy', 'PeerAuthentication']);
  });

  test('are none for another image, and one for another port', () => {
    const with_ = (what: string): readonly string[] => [...shop.slice(0, 1), deployment('shop/shop').replace('image: example/app', what), ...shop.slice(2)];
    expect(kinds(shop, with_('image: example/app:2'))).toEqual([]);
    expect(kinds(shop, with_('image: example/app, args: [x]'))).toEqual(['Deployment']);
    expect(kinds(shop, [shop[0] ?? '', deployment('shop/shop', 'tier: own'), shop[2] ?? ''])).toEqual(['Deployment']);
    expect(kinds(shop, with_('image: auto'))).toEqual(['Deployment']);
    expect(kinds(with_('image: auto'), shop)).toEqual(['Deployment']);
    // An object of another version is not known to be alike.
    expect(kinds(shop, [shop[0] ?? '', deployment('shop/shop').replace('apps/v1', 'apps/v1beta2').replace('example/app', 'example/app:2'), shop[2] ?? ''])).toEqual(['Deployment']);
  });

  test('cannot be told where the configuration, the namespaces or what is known of the world differ', () => {
    expect(kinds(shop, [...shop, namespace('web')])).toBeUndefined();
    expect(kinds(shop, [...shop, '{apiVersion: v1, kind: ConfigMap, metadata: {name: istio, namespace: istio-system}, data: {mesh: "trustDomain: own.example"}}'])).toBeUndefined();
    expect(kinds(shop, shop, { world: 'closed' }, { world: 'open' })).toBeUndefined();
    expect(kinds(shop, shop, { world: 'open' }, { world: 'open', stated: { enrolment: { web: 'sidecar' } } })).toBeUndefined();
  });

  test('are the modes where it is not known alike which policy is older (M15a)', () => {
    const both = [...shop, mtls('STRICT', 'a'), mtls('PERMISSIVE', 'b')];
    const [a, b] = ['PeerAuthentication/shop/a', 'PeerAuthentication/shop/b'];
    const told = (one: MeshSettings, other: MeshSettings): readonly string[] | undefined => kinds(both, both, { world: 'open', ...one }, { world: 'open', ...other });
    for (const what of ['seniors', 'unsettled', 'elders'] as const) {
      expect(told({ [what]: new Set([a]) }, { [what]: new Set([a]) })).toEqual([]);
      expect(told({ [what]: new Set([a]) }, { [what]: new Set([b]) })).toEqual(['PeerAuthentication']);
      expect(told({ [what]: new Set([a, b]) }, { [what]: new Set([b]) })).toEqual(['PeerAuthentication']);
      // Of objects that are not there nothing hangs on their age.
      expect(told({ [what]: new Set([a, 'PeerAuthentication/shop/c']) }, { [what]: new Set([a]) })).toEqual([]);
    }
    expect(told({ seniors: new Set([a]) }, {})).toEqual(['PeerAuthentication']);
    expect(told({}, { seniors: new Set([b]) })).toEqual(['PeerAuthentication']);
  });
});

describe('objects that the other list has not or not so', () => {
  const named = (pairs: ReturnType<typeof unequal>): readonly (readonly [string | undefined, string | undefined])[] => pairs.map(([one, other]) => [one?.name, other?.name]);

  test('stand together where they are of one id', () => {
    expect(named(unequal(objects(allow('GET')), objects(allow('PUT'))))).toEqual([['rule', 'rule']]);
    expect(named(unequal(objects(allow('GET', 'a')), objects(allow('GET', 'b'))))).toEqual([['a', undefined], [undefined, 'b']]);
  });

  test('are none where the lists are the same or equal, in another order too', () => {
    const list = objects(allow('GET', 'a'), allow('PUT', 'b'));
    expect(unequal(list, list)).toEqual([]);
    expect(unequal(list, objects(allow('GET', 'a'), allow('PUT', 'b')))).toEqual([]);
    expect(unequal(list, objects(allow('PUT', 'b'), allow('GET', 'a')))).toEqual([]);
  });

  test('are told by kind and namespace as well as by name', () => {
    expect(named(unequal(objects(mtls('STRICT', 'a')), objects(allow('GET', 'a'))))).toEqual([['a', undefined], [undefined, 'a']]);
    expect(named(unequal(objects(mtls('STRICT', 'a')), objects(mtls('STRICT', 'a').replace('namespace: shop', 'namespace: web'))))).toEqual([['a', undefined], [undefined, 'a']]);
  });

  test('are never equal where something in them could not be read', () => {
    const broken = policy('AuthorizationPolicy', 'shop/rule', 'action: ALLOWED');
    expect(named(unequal(objects(broken), objects(broken)))).toEqual([['rule', 'rule']]);
  });
});

describe('edits of one environment alone', () => {
  const edits = (base: readonly string[], head: readonly string[]): readonly Edit[] => editsBetween(objects(...base), objects(...head));
  const told = (left: readonly Edit[], right: readonly Edit[]): readonly string[] => editsApart(left, right).map(({ type, id }) => `${type} ${id}`).sort();

  test('are none where both make the same ones', () => {
    expect(told(edits([], [allow('GET')]), edits([], [allow('GET')]))).toEqual([]);
    expect(told(edits([allow('GET')], []), edits([allow('GET')], []))).toEqual([]);
    expect(told(edits([allow('GET')], [allow('PUT')]), edits([allow('GET')], [allow('PUT')]))).toEqual([]);
    expect(told([], [])).toEqual([]);
  });

  test('are those that the other has not', () => {
    expect(told(edits([], [allow('GET')]), [])).toHaveLength(1);
    expect(told([], edits([], [allow('GET')]))).toHaveLength(1);
    expect(told(edits([], [allow('GET', 'a')]), edits([], [allow('GET', 'b')]))).toHaveLength(2);
  });

  test('are both where one object is edited in two ways', () => {
    const added = edits([], [allow('GET')]);
    expect(told(added, edits([], [allow('PUT')]))).toHaveLength(2);
    expect(told(added, edits([allow('GET')], []))).toHaveLength(2);
    expect(told(added, edits([allow('PUT')], [allow('GET')]))).toHaveLength(2);
    expect(told(edits([allow('GET')], []), edits([allow('PUT')], []))).toHaveLength(2);
    expect(told(edits([allow('GET')], []), edits([allow('GET')], [allow('PUT')]))).toHaveLength(2);
    expect(told(edits([allow('GET')], [allow('PUT')]), edits([allow('POST')], [allow('PUT')]))).toHaveLength(2);
    expect(told(edits([allow('GET')], [allow('PUT')]), edits([allow('GET')], [allow('POST')]))).toHaveLength(2);
    expect(told(edits([allow('GET')], [allow('PUT')]), edits([], [allow('PUT')]))).toHaveLength(2);
    expect(told(edits([allow('GET')], [allow('PUT')]), edits([allow('GET')], []))).toHaveLength(2);
  });
});
