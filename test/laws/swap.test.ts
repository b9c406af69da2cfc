/** Swapping the sides of a whole review mirrors it: what widened one way narrows the other, with the same region and the same proof. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { canonical } from '#lib/canonical.ts';
import type { Report } from '#report/report.ts';
import { fixtures } from '../findings/fixtures.ts';
import { hasTools, skipped } from '../support/render-tools.ts';
import { reviewed, reviewedRendered } from '../support/reviewed.ts';
import type { Files } from '../support/tree.ts';

type Change = Report['changes'][number];

const other: Readonly<Record<string, string>> = {
  widened: 'narrowed', narrowed: 'widened', weakened: 'strengthened', strengthened: 'weakened',
  'undecided-widened': 'undecided-narrowed', 'undecided-narrowed': 'undecided-widened', 'latent-widened': 'latent-narrowed', 'latent-narrowed': 'latent-widened',
};

/** A destination that only one side has is added one way and removed the other. */
const status: Readonly<Record<string, string>> = { added: 'removed', removed: 'added', both: 'both' };

function seen({ destinations, facet, direction, region, witness }: Change, swap: boolean): string {
  const places = destinations.map((destination) => ({ ...destination, ...(swap && 'status' in destination ? { status: status[destination.status] } : {}) }));
  const proof = witness === undefined ? null : { from: witness.from, to: witness.to, request: witness.request, given: 'given' in witness ? witness.given : null, answers: swap ? [witness.head.verdict, witness.base.verdict] : [witness.base.verdict, witness.head.verdict] };
  return canonical({ places, facet, direction: swap ? other[direction] : direction, region, proof });
}

interface Mirrored {
  readonly forth: readonly string[];
  readonly back: readonly string[];
}

/**
 * Workloads that one side has are population, and what admission refuses leaves the version before it in force: there the sides are not
 * two of a kind. `undefined`: one of the two is there.
 */
function mirrored(reports: readonly [Report, Report]): Mirrored | undefined {
  const lopsided = reports.some(({ population, findings }) => population.added.length + population.removed.length > 0 || findings.some(({ rule }) => rule === 'invalid-resource' || rule === 'unknown-field'));
  if (lopsided) return undefined;
  const told = (changes: readonly Change[], swap: boolean): string[] => changes.map((change) => seen(change, swap)).sort();
  return { forth: told(reports[0].changes, false), back: told(reports[1].changes, true) };
}

const bothWays = (base: Files, head: Files): Mirrored | undefined => mirrored([reviewed(base, head), reviewed(head, base)]);

describe('swapping base and head mirrors destinations, facet, direction, region and witness', () => {
  let lopsided = 0;

  test.each(fixtures().map((fixture) => [fixture.name, fixture] as const))('%s', (_, { base, head }) => {
    const both = bothWays(base, head);
    lopsided += both === undefined ? 1 : 0;
    expect(both?.back).toEqual(both?.forth);
  });

  test('most fixtures can be told both ways', () => {
    expect(lopsided).toBeLessThan(fixtures().length / 4);
  });
});

const shared = ['cases', 'reports'].flatMap((name) => {
  const folder = new URL(`../../../shared/${name}/`, import.meta.url);
  return existsSync(folder) ? readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory()).map((entry) => ({ name: entry.name, base: new URL(`${entry.name}/base/`, folder), head: new URL(`${entry.name}/head/`, folder) })) : [];
});

function filesIn(folder: URL): Files {
  const found: Record<string, string> = {};
  const walk = (at: URL, path: string): void => {
    for (const name of readdirSync(at).sort()) {
      const here = new URL(name, at);
      if (statSync(here).isDirectory()) walk(new URL(`${name}/`, at), `${path}${name}/`);
      else found[`${path}${name}`] = readFileSync(here, 'utf8');
    }
  };
  if (existsSync(folder)) walk(folder, '');
  return found;
}

describe.skipIf(shared.length === 0 || !hasTools())(`the same for the shared cases and reports, rendered (skipped without ../shared; ${skipped})`, () => {
  test.each(shared.map((each) => [each.name, each] as const))('%s', async (_, each) => {
    const [base, head] = [filesIn(each.base), filesIn(each.head)];
    const { forth, back } = mirrored([await reviewedRendered(base, head), await reviewedRendered(head, base)]) ?? {};
    expect(back).toEqual(forth);
  });
});
