/** Swapping the sides of a whole review mirrors it: what widened one way narrows the other, with the same region and the same proof. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { canonical } from '#lib/canonical.ts';
import type { Report } from '#report/report.ts';
import { fixtures } from '../findings/fixtures.ts';
import { reviewed } from '../support/reviewed.ts';
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

/**
 * Workloads that one side has are population, and what admission refuses leaves the version before it in force: there the sides are not
 * two of a kind. `undefined`: one of the two is there.
 */
function mirrored(base: Files, head: Files): { readonly forth: readonly string[]; readonly back: readonly string[] } | undefined {
  const reports = [reviewed(base, head), reviewed(head, base)] as const;
  const lopsided = reports.some(({ population, findings }) => population.added.length + population.removed.length > 0 || findings.some(({ rule }) => rule === 'invalid-resource' || rule === 'unknown-field'));
  if (lopsided) return undefined;
  const told = (changes: readonly Change[], swap: boolean): string[] => changes.map((change) => seen(change, swap)).sort();
  return { forth: told(reports[0].changes, false), back: told(reports[1].changes, true) };
}

describe('swapping base and head mirrors destinations, facet, direction, region and witness', () => {
  test.each(fixtures().map((fixture) => [fixture.name, fixture] as const))('%s', (_, { base, head }) => {
    const { forth, back } = mirrored(base, head) ?? {};
    expect(back).toEqual(forth);
  });

  test('most fixtures can be told both ways', () => {
    expect(fixtures().filter(({ base, head }) => mirrored(base, head) === undefined).length).toBeLessThan(fixtures().length / 4);
  });
});

const cases = new URL('../../../shared/cases/', import.meta.url);

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

const names = existsSync(cases) ? readdirSync(cases, { withFileTypes: true }).filter((entry) => entry.isDirectory()).map((entry) => entry.name).sort() : [];

describe.skipIf(names.length === 0)('the same for the shared cases (skipped without them)', () => {
  test.each(names)('%s', (name) => {
    const { forth, back } = mirrored(filesIn(new URL(`${name}/base/`, cases)), filesIn(new URL(`${name}/head/`, cases))) ?? {};
    expect(back).toEqual(forth);
  });
});
