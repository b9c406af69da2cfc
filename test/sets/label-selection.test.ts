import { describe, expect, test } from 'vitest';
import { selectionHolds, selectionText, selectionTold, type LabelSelection } from '#sets/label-selection.ts';

const pairs = (matchLabels: Readonly<Record<string, string>>): LabelSelection => ({ matchLabels, matchExpressions: [] });
const requirement = (key: string, operator: LabelSelection['matchExpressions'][number]['operator'], ...values: readonly string[]): LabelSelection => ({ matchLabels: {}, matchExpressions: [{ key, operator, values }] });

describe('a label selector', () => {
  test.each([
    [pairs({}), '*', true, true, true],
    [pairs({ app: 'web' }), 'app=web', true, false, false],
    [requirement('app', 'In', 'web', 'shop'), 'app in (shop|web)', true, false, false],
    [requirement('app', 'In', 'shop'), 'app=shop', false, false, false],
    [requirement('app', 'NotIn', 'web', 'bank'), 'app notin (bank|web)', false, true, true],
    [requirement('app', 'Exists'), 'app', true, true, false],
    [requirement('app', 'DoesNotExist'), '!app', false, false, true],
    [requirement('app', 'unknown'), 'app (unknown operator)', false, false, false],
    [{ matchLabels: { app: 'web' }, matchExpressions: [{ key: 'app', operator: 'Exists', values: [] }] }, 'app,app=web', true, false, false],
    // Written twice is written once.
    [{ matchLabels: { app: 'web' }, matchExpressions: [{ key: 'app', operator: 'In', values: ['web', 'web'] }] }, 'app=web', true, false, false],
  ] as const)('%j is %s', (selection, text, web, other, without) => {
    expect(selectionText(selection)).toBe(text);
    expect([{ app: 'web' }, { app: 'other' }, { tier: 'web' }].map((labels) => selectionHolds(selection, labels))).toEqual([web, other, without]);
  });

  test('a label that nobody tells leaves open what only it decides', () => {
    const read = (key: string): string | undefined => (key === 'app' ? 'web' : undefined);
    expect(selectionTold(pairs({ app: 'web', tier: 'front' }), read)).toBeUndefined();
    expect(selectionTold(pairs({ app: 'shop', tier: 'front' }), read)).toBe(false);
    expect(selectionTold(requirement('tier', 'unknown'), read)).toBeUndefined();
    expect(selectionTold(requirement('app', 'unknown'), read)).toBe(false);
  });

  test('a key that every object has by nature is no label', () => {
    expect(selectionHolds(requirement('constructor', 'Exists'), {})).toBe(false);
  });
});
