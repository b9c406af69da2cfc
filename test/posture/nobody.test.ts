/** Identities that the mesh's own authority signs for nobody, as Kubernetes names namespaces and accounts. */
import { describe, expect, test } from 'vitest';
import { isNobody, nobodysRequests } from '#posture/nobody.ts';
import { pointIn } from '#sets/evaluate.ts';
import type { Cube } from '#sets/cube.ts';
import { meshOf, namespace, policy } from '../mesh/support.ts';

const own = ['cluster.local', 'old.example'];
const has = (namespaceName: string, account = 'front'): boolean => !isNobody(`cluster.local/ns/${namespaceName}/sa/${account}`, own);

describe('somebody may have the identity', () => {
  test.each(['a', '7', 'web', 'web-2', 'a-b-c', '0a', 'a--b'])('of the namespace %s', (name) => expect(has(name)).toBe(true));
  test.each(['a', '7', 'front', 'front.v2', 'a-b.c-d', 'a..b'])('of the account %s', (name) => expect(has('web', name)).toBe(true));
  test.each(['cluster.local/ns/web/sa/front', 'old.example/ns/web/sa/front'])('%s', (identity) => expect(isNobody(identity, own)).toBe(false));
  // Another authority names as it likes.
  test.each(['elsewhere.example/x', 'elsewhere.example/ns/We_b/sa/*', 'elsewhere.example', '*'])('%s of another trust domain', (identity) => expect(isNobody(identity, own)).toBe(false));
  test('where a variable stands in it', () => expect(isNobody('cluster.local/ns/${TEAM}/sa/front', own)).toBe(false));
});

describe('nobody has the identity', () => {
  test.each(['', 'Web', 'web_2', '-web', 'web-', '*', 'we*', 'web.team', 'web team', 'é'])('of the namespace %s', (name) => expect(has(name)).toBe(false));
  test.each(['', 'Front', 'front_2', '-front', 'front-', '.front', 'front.', '*', 'fr*nt', 'front team'])('of the account %s', (name) => expect(has('web', name)).toBe(false));
  test.each(['cluster.local', 'cluster.local/ns/web', 'cluster.local/ns/web/sa', 'cluster.local/namespace/web/sa/front', 'cluster.local/ns/web/account/front', 'cluster.local/ns/web/sa/front/more', 'cluster.local/ns/web/sa/front/'])('%s', (identity) => expect(isNobody(identity, own)).toBe(true));
});

describe('requests that cannot exist', () => {
  const blocked = (cubes: readonly Cube[], peer: string | null): boolean => cubes.some((cube) => pointIn(cube, new Map([['peer', peer] as const])));
  const mesh = (rules: string): ReturnType<typeof meshOf> => meshOf({ world: 'closed' }, namespace('shop'), policy('AuthorizationPolicy', 'shop/rule', `rules: [${rules}]`));

  test('are those of nobody that some rule names, wherever it names them', () => {
    const bad = 'cluster.local/ns/web/sa/fr*nt';
    for (const rule of [`{from: [{source: {principals: ["${bad}"]}}]}`, `{from: [{source: {notPrincipals: ["${bad}"]}}]}`, `{when: [{key: source.principal, values: ["${bad}"]}]}`, `{when: [{key: source.principal, notValues: ["${bad}"]}]}`]) {
      const cubes = nobodysRequests(mesh(rule));
      expect(blocked(cubes, bad)).toBe(true);
      expect(blocked(cubes, 'cluster.local/ns/web/sa/front')).toBe(false);
      expect(blocked(cubes, null)).toBe(false);
    }
  });

  test('are none where every name can be had, or something else is asked', () => {
    expect(nobodysRequests(mesh('{from: [{source: {principals: [cluster.local/ns/web/sa/front, "elsewhere.example/x", "cluster.local/ns/web/*"]}}]}'))).toEqual([]);
    expect(nobodysRequests(mesh('{when: [{key: source.namespace, values: ["a*b*"]}]}'))).toEqual([]);
  });

  test('of a beginning with a star in it are those of the mesh’s own trust domain', () => {
    const cubes = nobodysRequests(mesh('{from: [{source: {principals: ["cluster.local/ns/*/sa/*"]}}]}'));
    expect(blocked(cubes, 'cluster.local/ns/*/sa/front')).toBe(true);
    expect(blocked(cubes, 'cluster.local/ns/web/sa/front')).toBe(false);
    const ending = nobodysRequests(mesh('{from: [{source: {principals: ["*/ns/*/sa/front"]}}]}'));
    expect(blocked(ending, 'cluster.local/ns/*/sa/front')).toBe(true);
    expect(blocked(ending, 'elsewhere.example/ns/*/sa/front')).toBe(false);
  });
});
