/** A seed whose work limit runs out is treated as an opening, described in words, and gates as one: in every output. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { defaultConfig } from '#app/config.ts';
import { shopBase, shopHead } from '#app/demo/shop.ts';
import { review } from '#app/review.ts';
import { exitCode } from '#app/verdict.ts';
import { describeRules } from '#findings/registry.ts';
import { toJson } from '#report/json/to-json.ts';
import { summaryMarkdown } from '#report/markdown/summary.ts';
import type { Report } from '#report/report.ts';
import { sarifText } from '#report/sarif/build.ts';
import { reviewText } from '#report/text/review.ts';
import { decide } from '#posture/answer.ts';
import { compareSides } from '#impact/compare.ts';
import { DifferenceMemo } from '#impact/pair-context.ts';
import { worlds } from '../support/random-mesh/arbitrary.ts';
import { randomQuery } from '../support/random-mesh/queries.ts';
import { Random } from '../support/random-mesh/random.ts';
import { meshesOf } from '../support/random-mesh/world.ts';
import { pair } from '../support/tree.ts';

function reviewWith(workPerSeed: number, head = shopHead): Report {
  const comparison: Report['comparison'] = { mode: 'directories', base: { id: 'base', label: 'base' }, head: { id: 'head', label: 'head' } };
  return review({ pair: pair(shopBase, head), comparison, config: { ...defaultConfig, limits: { ...defaultConfig.limits, workPerSeed } }, today: '2026-01-01', version: '0' }).report;
}

/** Joined again where a page or a table wraps. */
const flat = (text: string): string => text.replace(/\s+/gu, ' ');

describe('with one work unit for each seed', () => {
  const report = reviewWith(1);

  test('nothing is passed by: every opening of the full run is an undecided one of the same destination', () => {
    const openings = (of: Report, direction: string): readonly string[] => [...new Set(of.changes.filter((change) => change.direction === direction).flatMap((change) => change.destinations.map(({ id }) => id)))].sort();
    const full = reviewWith(200_000);
    expect(openings(full, 'widened')).toEqual(['payments/ledger', 'shop/orders']);
    expect(openings(report, 'undecided-widened')).toEqual(openings(full, 'widened'));
    const undecided = report.changes.filter((change) => change.direction.startsWith('undecided'));
    expect(undecided.every((change) => change.witness === undefined && change.causeProof === 'none')).toBe(true);
    // What was found before the limit is told beside it, and proved.
    expect(report.changes.filter((change) => !undecided.includes(change)).every((change) => change.witness !== undefined)).toBe(true);
  });

  test('the verdict is a failure and the exit code 1', () => {
    expect(report.verdict).toBe('fail');
    expect(exitCode(report.verdict)).toBe(1);
    expect(report.findings.filter(({ code }) => code === 'MP202').map(({ severity, certainty, status }) => `${severity} ${certainty} ${status}`)).toEqual(['high undecided new', 'high undecided new']);
  });

  test('near miss: the same limit on a change without effect passes', () => {
    const quiet = reviewWith(1, { ...shopBase, 'notes.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: notes, namespace: shop}\n' });
    expect(quiet.changes).toEqual([]);
    expect(exitCode(quiet.verdict)).toBe(0);
  });

  const seed = 'any client, with or without a mesh identity';
  const asked = 'methods `GET`, `POST`, path `/orders*`';

  test('text describes the seed', () => {
    const text = flat(reviewText(report));
    expect(text).toContain(`? ${seed} may now reach (could not be proved, treated as widened) \`shop/orders\` with ${asked} [could not be proved safe, treated as newly allowed]`);
    expect(text).toContain(`it could not be proved that no request is newly allowed to \`shop/orders\` from ${seed} with ${asked}: the work limit was reached`);
    expect(text).toContain('gate `findings` failed');
  });

  test('Markdown', () => {
    const text = flat(summaryMarkdown(report));
    expect(text).toContain('**Blocked**');
    expect(text).toContain('could not be proved safe, treated as newly allowed | any client without a mesh identity');
  });

  test('JSON', () => {
    const { verdict, changes } = JSON.parse(toJson(report)) as { readonly verdict: string; readonly changes: readonly { readonly direction: string }[] };
    expect(verdict).toBe('fail');
    expect([...new Set(changes.map(({ direction }) => direction))]).toEqual(expect.arrayContaining(['undecided-widened', 'undecided-narrowed']));
  });

  test('SARIF', () => {
    const sarif = sarifText({ report, rules: describeRules(), files: { text: () => 'x\n'.repeat(40) }, tag: 'test' });
    expect(sarif).toContain(`it could not be proved that no request is newly allowed to \`shop/orders\` from ${seed} with ${asked}: the work limit was reached`);
  });
});

test('in random meshes with few work units, whatever moves is in a change or at a destination with an undecided one', () => {
  let exhausted = 0;
  let moved = 0;
  fc.assert(
    fc.property(worlds(), fc.constantFrom(1, 3, 10, 50, 200), (world, workPerSeed) => {
      const { base, head } = meshesOf(world);
      const { changes, internalErrors } = compareSides({ environment: 'default', base, head, renamed: new Map() }, { workPerSeed, regionsPerSeed: 500, atomsPerDimension: 4_096 }, new DifferenceMemo());
      expect(internalErrors).toEqual([]);
      if (changes.some((change) => change.reason === 'the work limit was reached')) exhausted += 1;
      const destinations = [...base.workloads.keys()].filter((id) => head.workloads.has(id));
      if (destinations.length === 0) return;
      const random = new Random(world.seed);
      const rank: Readonly<Record<string, number>> = { deny: 0, asks: 1, allow: 2 };
      for (let asked = 0; asked < 20; asked += 1) {
        const query = randomQuery(random, destinations, [world.base, world.head]);
        const [before, after] = [rank[decide(base, query).verdict], rank[decide(head, query).verdict]];
        if (before === undefined || after === undefined || before === after) continue;
        moved += 1;
        const direction = after > before ? 'widened' : 'narrowed';
        expect(changes.filter((change) => change.destination.id === query.to.workload && change.direction.endsWith(direction)), JSON.stringify(query)).not.toEqual([]);
      }
    }),
    { numRuns: 500, seed: 11 },
  );
  expect(exhausted).toBeGreaterThan(20);
  expect(moved).toBeGreaterThan(50);
}, 240_000);
