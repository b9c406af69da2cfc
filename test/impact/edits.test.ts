import { describe, expect, test } from 'vitest';
import { firstDifference } from '#impact/edits.ts';

describe('where two values first differ', () => {
  test('equal values differ nowhere, whatever the order of keys', () => {
    expect(firstDifference({ a: 1, b: [2] }, { b: [2], a: 1 })).toBeUndefined();
  });

  test('a changed scalar is shown at the head', () => {
    expect(firstDifference({ spec: { mtls: { mode: 'STRICT' } } }, { spec: { mtls: { mode: 'PERMISSIVE' } } })).toEqual({ side: 'RIGHT', path: ['spec', 'mtls', 'mode'] });
  });

  test('an added list entry is shown at its own index, not at the list', () => {
    expect(firstDifference({ rules: [{ a: 1 }] }, { rules: [{ a: 1 }, { b: 2 }] })).toEqual({ side: 'RIGHT', path: ['rules', 1] });
  });

  test('a struck list entry is shown at the base', () => {
    expect(firstDifference({ rules: [{ a: 1 }, { b: 2 }] }, { rules: [{ b: 2 }] })).toEqual({ side: 'LEFT', path: ['rules', 0] });
  });

  test('a struck key is shown at the base even inside an entry that moved', () => {
    const base = { rules: [{ keep: 1 }, { from: 'x', to: 'y' }] };
    const head = { rules: [{ to: 'y' }, { keep: 1 }] };
    expect(firstDifference(base, head)).toEqual({ side: 'LEFT', path: ['rules', 1, 'from'] });
  });

  test('a replaced entry is compared with the one it replaces', () => {
    expect(firstDifference({ paths: ['/a', '/b'] }, { paths: ['/a', '/c'] })).toEqual({ side: 'RIGHT', path: ['paths', 1] });
  });

  test('a key that comes wins over a key that goes: the reader looks at the head', () => {
    expect(firstDifference({ old: 1, same: 2 }, { new: 1, same: 2 })).toEqual({ side: 'RIGHT', path: ['new'] });
  });

  test('one rule split in two: the new rule is shown, not what the old one lost', () => {
    const base = { rules: [{ from: ['checkout'], to: ['GET'] }] };
    const head = { rules: [{ from: ['checkout'] }, { to: ['GET'] }] };
    expect(firstDifference(base, head)).toEqual({ side: 'RIGHT', path: ['rules', 1] });
  });
});
