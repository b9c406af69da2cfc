/** What differs between two sides, and where: edits by object, places by content. */
import { describe, expect, test } from 'vitest';
import { editNamespace, editsBetween, firstDifference } from '#impact/edits.ts';
import { readManifests } from '#app/scenarios.ts';
import type { AnyResource } from '#manifests/resource.ts';

const policy = (name: string, more = '', spec = '{}'): AnyResource => {
  const [found] = readManifests(`{apiVersion: security.istio.io/v1, kind: AuthorizationPolicy, metadata: {name: ${name}, namespace: shop${more}}, spec: ${spec}}`);
  if (found === undefined) throw new Error('one object');
  return found;
};
const kinds = (base: readonly AnyResource[], head: readonly AnyResource[]): readonly string[] => editsBetween(base, head).map(({ type, id }) => `${type} ${id}`);

describe('edits', () => {
  test('objects that come, go and change, in the order of their names', () => {
    expect(kinds([policy('c'), policy('b')], [policy('b', '', '{action: DENY}'), policy('a')])).toEqual(['added AuthorizationPolicy/shop/a', 'modified AuthorizationPolicy/shop/b', 'removed AuthorizationPolicy/shop/c']);
    expect(kinds([], [policy('b'), policy('a')])).toEqual(['added AuthorizationPolicy/shop/a', 'added AuthorizationPolicy/shop/b']);
  });

  test('the same object written again is none', () => {
    const one = policy('a', ', labels: {x: "1"}', '{rules: [{}]}');
    expect(kinds([one], [one])).toEqual([]);
    expect(kinds([one], [policy('a', ', labels: {x: "1"}', '{rules: [{}]}')])).toEqual([]);
  });

  test.each([
    ['version', policy('a'), readManifests('{apiVersion: security.istio.io/v1beta1, kind: AuthorizationPolicy, metadata: {name: a, namespace: shop}, spec: {}}')[0]],
    ['time of creation', policy('a'), policy('a', ', creationTimestamp: "2024-01-01T00:00:00Z"')],
    ['label', policy('a'), policy('a', ', labels: {x: "1"}')],
    ['annotation', policy('a'), policy('a', ', annotations: {x: "1"}')],
    ['specification', policy('a'), policy('a', '', '{rules: [{}]}')],
  ] as const)('another %s is an edit', (_, base, head) => {
    expect(kinds([base], head === undefined ? [] : [head])).toEqual(['modified AuthorizationPolicy/shop/a']);
    expect(kinds(head === undefined ? [] : [head], [base])).toEqual(['modified AuthorizationPolicy/shop/a']);
  });

  test('maps in a specification are compared by what they hold, whatever their order', () => {
    const mode = (...ports: readonly (readonly [number, string])[]): AnyResource => {
      const [found] = readManifests(`{apiVersion: security.istio.io/v1, kind: PeerAuthentication, metadata: {name: a, namespace: shop}, spec: {selector: {matchLabels: {app: x}}, portLevelMtls: {${ports.map(([port, name]) => `${String(port)}: {mode: ${name}}`).join(', ')}}}}`);
      if (found === undefined) throw new Error('one object');
      return found;
    };
    expect(kinds([mode([80, 'STRICT'], [90, 'DISABLE'])], [mode([90, 'DISABLE'], [80, 'STRICT'])])).toEqual([]);
    expect(kinds([mode([80, 'STRICT'], [90, 'DISABLE'])], [mode([80, 'DISABLE'], [90, 'STRICT'])])).toEqual(['modified PeerAuthentication/shop/a']);
    expect(kinds([mode([80, 'STRICT'])], [mode([81, 'STRICT'])])).toEqual(['modified PeerAuthentication/shop/a']);
  });

  test('matter in their namespace; a Namespace in its own', () => {
    const [space] = readManifests('{apiVersion: v1, kind: Namespace, metadata: {name: shop}}');
    const places = editsBetween([policy('gone')], [policy('new'), ...(space === undefined ? [] : [space])]).map((edit) => [edit.type, editNamespace(edit)]);
    expect(places).toEqual([['removed', 'shop'], ['added', 'shop'], ['added', 'shop']]);
  });
});

describe('the first place of a difference', () => {
  test('values of two kinds differ where they stand', () => {
    expect(firstDifference({ a: [1] }, { a: { b: 1 } })).toEqual({ side: 'RIGHT', path: ['a'] });
    expect(firstDifference({ a: { b: 1 } }, { a: [1] })).toEqual({ side: 'RIGHT', path: ['a'] });
    expect(firstDifference({ a: 1 }, { a: null })).toEqual({ side: 'RIGHT', path: ['a'] });
    expect(firstDifference({ a: null }, { a: { b: 1 } })).toEqual({ side: 'RIGHT', path: ['a'] });
    expect(firstDifference(1, 2)).toEqual({ side: 'RIGHT', path: [] });
  });

  test('a shared key comes before those that one side has', () => {
    expect(firstDifference({ gone: 1, same: 1 }, { fresh: 1, same: 2 })).toEqual({ side: 'RIGHT', path: ['same'] });
    expect(firstDifference({ a: 1 }, {})).toEqual({ side: 'LEFT', path: ['a'] });
  });

  test('an entry that is written once more is news of the list', () => {
    expect(firstDifference({ a: [1] }, { a: [1, 1] })).toEqual({ side: 'RIGHT', path: ['a'] });
    expect(firstDifference({ a: [1, 2] }, { a: [2, 1] })).toEqual({ side: 'RIGHT', path: ['a'] });
  });

  test('of two new entries for one old the second is the news', () => {
    expect(firstDifference([{ a: 1 }], [{ a: 2 }, { a: 3 }])).toEqual({ side: 'RIGHT', path: [1] });
    expect(firstDifference([{ a: 1 }, { a: 2 }], [{ a: 3 }])).toEqual({ side: 'RIGHT', path: [0, 'a'] });
  });

  test('long lists are compared as short ones are', () => {
    const long = Array.from({ length: 20 }, (_, index) => ({ rule: index }));
    expect(firstDifference(long, [...long.slice(0, 7), { rule: 99 }, ...long.slice(8)])).toEqual({ side: 'RIGHT', path: [7, 'rule'] });
    expect(firstDifference(long, [...long, { rule: 99 }])).toEqual({ side: 'RIGHT', path: [20] });
    expect(firstDifference(long, [...long.slice(0, 7), ...long.slice(8)])).toEqual({ side: 'LEFT', path: [7] });
    expect(firstDifference(long, [...long].reverse())).toEqual({ side: 'RIGHT', path: [] });
  });
});
