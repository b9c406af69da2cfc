import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

/** How far the numbers of each section of the references go. */
const sections: readonly (readonly [string, number])[] = [
  ['A1.', 20],
  ['A2.', 25],
  ['A3.', 41],
  ['A4.', 16],
  ['A5.', 16],
  ['A6.', 9],
  ['A7.', 4],
  ['M', 155],
];
const numbers = sections.flatMap(([prefix, last]) => Array.from({ length: last }, (_, index) => `${prefix}${String(index + 1)}`));

interface Row {
  readonly rule: string;
  readonly state: string;
  readonly text: string;
}

const rows: readonly Row[] = readFileSync(new URL('../../docs/coverage.md', import.meta.url), 'utf8')
  .split('\n')
  .flatMap((line) => {
    const cells = /^\| ([AM][\d.]+) \| ([a-z ]+) \| (.*) \|$/.exec(line);
    return cells === null ? [] : [{ rule: cells[1] ?? '', state: cells[2] ?? '', text: cells[3] ?? '' }];
  });

test('every numbered rule of the references has one row, in their order', () => {
  expect(rows.map((row) => row.rule)).toEqual(numbers);
});

test('every row has a known state and says where or what', () => {
  expect(rows.filter((row) => !['implemented', 'decide only', 'assumption', 'unknown', 'no decision'].includes(row.state) || row.text === '')).toEqual([]);
});

test('at most 30 rules are answered with unknown', () => {
  expect(rows.filter((row) => row.state === 'unknown').length).toBeLessThanOrEqual(30);
});

test('the files that rows name are there', () => {
  const named = rows.flatMap((row) => [...row.text.matchAll(/`((?:[a-z]+\/)+[a-z0-9-]+\.ts)`/g)].map((match) => match[1] ?? ''));
  expect(named.length).toBeGreaterThan(150);
  expect([...new Set(named)].filter((file) => !existsSync(new URL(`../../src/${file}`, import.meta.url)))).toEqual([]);
});

test('what answers `unknown` under a number is a row of that state', () => {
  const source = ['answer', 'pod', 'arrival', 'addressed', 'waypoint', 'gateway', 'gateway-routing', 'outbound-call', 'called-address', 'call-unread'].map((name) => readFileSync(new URL(`../../src/posture/${name}.ts`, import.meta.url), 'utf8')).join('\n');
  const said = [...source.matchAll(/(?:unknown\('|rule: ')([AM][\d.]+)'(?:, missing|, `)/g)].map((match) => match[1] ?? '');
  expect(said.length).toBeGreaterThan(5);
  const states = new Map(rows.map((row) => [row.rule, row.state]));
  // A2.2: a destination that the question does not name, which is no rule of Istio's. At gateways the rest of the rule is followed, and the row says what is not.
  const partly = (rule: string): boolean => ['decide only', 'implemented', 'assumption', 'no decision'].includes(states.get(rule) ?? '') && rows.some((row) => row.rule === rule && (row.text.includes('`unknown`') || rule === 'M120'));
  expect([...new Set(said)].filter((rule) => rule !== 'A2.2' && rule !== 'A5.4' && states.get(rule) !== 'unknown' && !partly(rule))).toEqual([]);
});
