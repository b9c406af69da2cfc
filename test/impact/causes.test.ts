import { describe, expect, test } from 'vitest';
import { minimalCauses } from '#impact/causes.ts';
import type { Edit } from '#impact/edits.ts';
import type { AnyResource } from '#manifests/resource.ts';
import type { Decision, Query } from '#posture/query.ts';

const query: Query = { from: { principal: null }, to: { workload: 'shop/orders', port: 8080 }, request: { protocol: 'http' } };
const answer = (verdict: 'allow' | 'deny'): Decision => ({ verdict, layer: 'authorization', by: [], enforcedAt: 'sidecar', because: [] });
const edit = (id: string): Edit => ({ type: 'added', id, head: { kind: 'AuthorizationPolicy', name: id, namespace: 'shop' } as AnyResource });

function search(ids: readonly string[], opens: (applied: ReadonlySet<string>) => boolean): readonly string[] {
  return minimalCauses({
    query,
    base: answer('deny'),
    way: 'up',
    candidates: ids.map(edit),
    counterfactual: (edits) => answer(opens(new Set(edits.map((each) => each.id))) ? 'allow' : 'deny'),
  }).map((each) => each.id);
}

describe('the edits behind a change', () => {
  test('one edit that is enough is named alone', () => {
    expect(search(['a', 'b', 'c'], (applied) => applied.has('b'))).toEqual(['b']);
  });

  test('two edits that only together open the way are both named, and nothing else', () => {
    expect(search(['a', 'b', 'c', 'd'], (applied) => applied.has('b') && applied.has('d'))).toEqual(['b', 'd']);
  });

  test('two needed edits among very many are found', () => {
    const ids = Array.from({ length: 300 }, (_, index) => `edit-${String(index)}`);
    expect(search(ids, (applied) => applied.has('edit-7') && applied.has('edit-290'))).toEqual(['edit-7', 'edit-290']);
  });

  test('where the candidates do not flip the witness even together, all are named', () => {
    expect(search(['a', 'b'], () => false)).toEqual(['a', 'b']);
  });
});
