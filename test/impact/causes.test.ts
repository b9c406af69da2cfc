import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { minimalCauses, type Causes } from '#impact/causes.ts';
import type { Edit } from '#impact/edits.ts';
import type { AnyResource } from '#manifests/resource.ts';

const edit = (id: string): Edit => ({ type: 'added', id, head: { kind: 'AuthorizationPolicy', name: id, namespace: 'shop' } as AnyResource });

type Opens = (applied: ReadonlySet<string>) => boolean;

function search(ids: readonly string[], opens: Opens, trials?: number): Causes {
  return minimalCauses({ candidates: ids.map(edit), moves: (edits) => opens(new Set(edits.map((each) => each.id))), ...(trials === undefined ? {} : { trials }) });
}

function sets(ids: readonly string[], opens: Opens): readonly (readonly string[])[] {
  return search(ids, opens).sets.map((set) => set.map((each) => each.id));
}

describe('the edits behind a change', () => {
  test('one edit that is enough is named alone', () => {
    expect(sets(['a', 'b', 'c'], (applied) => applied.has('b'))).toEqual([['b']]);
  });

  test('two edits that only together open the way are both named, and nothing else', () => {
    expect(sets(['a', 'b', 'c', 'd'], (applied) => applied.has('b') && applied.has('d'))).toEqual([['b', 'd']]);
  });

  test('three edits that are needed together', () => {
    expect(sets(['a', 'b', 'c', 'd', 'e'], (applied) => ['a', 'c', 'e'].every((id) => applied.has(id)))).toEqual([['a', 'c', 'e']]);
  });

  test('either of two edits alone: both are named, as alternatives', () => {
    expect(sets(['a', 'b', 'c'], (applied) => applied.has('a') || applied.has('c'))).toEqual([['a'], ['c']]);
  });

  test('one edit alone or two others together', () => {
    expect(sets(['a', 'b', 'c', 'd'], (applied) => applied.has('d') || (applied.has('a') && applied.has('b')))).toEqual([['d'], ['a', 'b']]);
  });

  test('alternatives that share an edit', () => {
    expect(sets(['a', 'b', 'c'], (applied) => applied.has('a') && (applied.has('b') || applied.has('c')))).toEqual([['a', 'b'], ['a', 'c']]);
  });

  test('of four alternatives three are named', () => {
    expect(sets(['a', 'b', 'c', 'd'], (applied) => applied.size > 0)).toEqual([['a'], ['b'], ['c']]);
  });

  test('an edit that another one undoes is found, though both together do nothing', () => {
    // `b` opens, `c` closes again, and `a` opens for another reason only with `d`.
    expect(sets(['a', 'b', 'c', 'd'], (applied) => (applied.has('b') && !applied.has('c')) || (applied.has('a') && applied.has('d')))).toEqual([['b'], ['a', 'd']]);
  });

  test('a pair that a third edit undoes is found', () => {
    expect(sets(['a', 'b', 'c'], (applied) => applied.has('a') && applied.has('b') && !applied.has('c'))).toEqual([['a', 'b']]);
  });

  test('a smaller set inside a sufficient one is found where leaving out any single edit breaks it', () => {
    // All four open the way, three of them never do, and still `a` and `b` do alone: `c` undoes them, `d` undoes `c`.
    const opens: Opens = (applied) => applied.has('a') && applied.has('b') && applied.has('c') === applied.has('d');
    expect(sets(['a', 'b', 'c', 'd'], opens)).toEqual([['a', 'b']]);
  });

  test('two needed edits among very many are found', () => {
    const ids = Array.from({ length: 300 }, (_, index) => `edit-${String(index)}`);
    expect(sets(ids, (applied) => applied.has('edit-7') && applied.has('edit-290'))).toEqual([['edit-7', 'edit-290']]);
  });

  test('one needed edit far down a long list is named alone', () => {
    const ids = Array.from({ length: 300 }, (_, index) => `edit-${String(index)}`);
    expect(sets(ids, (applied) => applied.has('edit-299'))).toEqual([['edit-299']]);
  });

  test('where nothing moves the answer, no set is named and it is said', () => {
    expect(search(['a', 'b'], () => false)).toEqual({ sets: [], unproved: 'no set of the changed objects gives the request its new answer' });
  });

  test('where the limit is hit, the smallest set that is known to suffice is named and the limit is said', () => {
    const ids = Array.from({ length: 40 }, (_, index) => `edit-${String(index)}`);
    const found = search(ids, (applied) => ['edit-1', 'edit-20', 'edit-39'].every((id) => applied.has(id)), 45);
    expect(found.sets).toHaveLength(1);
    expect(found.sets[0]?.length).toBeGreaterThan(3);
    expect(found.unproved).toBe('these changes together do it; the limit of 45 trials was reached before every smaller set was tried');
  });

  test('a limit that is hit before anything is found is said, too', () => {
    expect(search(['a', 'b', 'c'], (applied) => applied.size === 3, 2)).toEqual({ sets: [], unproved: 'the limit of 2 trials was reached' });
  });

  test('whatever the edits do to each other: each named set moves the answer and no proper subset does', () => {
    const ids = ['a', 'b', 'c', 'd', 'e'];
    let several = 0;
    fc.assert(
      fc.property(fc.array(fc.boolean(), { minLength: 31, maxLength: 31 }), (answers) => {
        const bits = (applied: Iterable<string>): number => [...applied].reduce((sum, id) => sum | (1 << ids.indexOf(id)), 0);
        const opens: Opens = (applied) => applied.size > 0 && answers[bits(applied) - 1] === true;
        const found = sets(ids, opens);
        if (found.length > 1) several += 1;
        for (const set of found) {
          expect(opens(new Set(set))).toBe(true);
          for (let part = 1; part < 32; part += 1) {
            const whole = bits(set);
            if (part !== whole && (part & whole) === part) expect(answers[part - 1]).toBe(false);
          }
        }
        // All together are the head: where they move the answer, some set is named.
        if (answers[30] === true) expect(found.length).toBeGreaterThan(0);
      }),
      { numRuns: 300, seed: 7 },
    );
    expect(several).toBeGreaterThan(50);
  });
});
