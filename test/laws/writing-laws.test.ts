/** How a mesh is written leaves no trace: names, order, copies, files and namespaces under other names give the same comparison, byte for byte. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { canonical } from '#lib/canonical.ts';
import type { RawChange } from '#impact/raw-change.ts';
import type { Report } from '#report/report.ts';
import { cubeKey } from '#sets/keys.ts';
import { worlds } from '../support/random-mesh/arbitrary.ts';
import { rewritten } from '../support/random-mesh/edits.ts';
import { objectOf, type Document } from '../support/random-mesh/manifests.ts';
import { compared } from '../support/random-mesh/comparison-laws.ts';
import { Random } from '../support/random-mesh/random.ts';
import { asText, meshesOf, type World } from '../support/random-mesh/world.ts';
import { reviewed } from '../support/reviewed.ts';
import type { Files } from '../support/tree.ts';

/** Everything that is told of a change, but for the numbers of rules. */
function told(change: RawChange): string {
  const { witness } = change;
  return canonical([change.destination.id, change.direction, change.facet, change.cubes.map(cubeKey), change.complete, change.seed, witness === undefined ? null : [witness.query, witness.base.verdict, witness.head.verdict], change.reason ?? null, change.assumptions, change.enforcedAt]);
}

function comparedText(world: Pick<World, 'base' | 'head'>): readonly string[] {
  const { base, head } = meshesOf(world);
  return compared(base, head).changes.map(told);
}

/** @param differing how many worlds must have a change at least: silence is equal to silence */
function sameComparison(name: string, rewrite: (world: World, random: Random) => Pick<World, 'base' | 'head'>, back: (text: string) => string, { runs, differing }: { readonly runs: number; readonly differing: number }): void {
  test(name, () => {
    let found = 0;
    fc.assert(
      fc.property(worlds(), (world) => {
        const before = comparedText(world).map(back);
        if (before.length > 0) found += 1;
        expect(comparedText(rewrite(world, new Random(world.seed))).map(back)).toEqual(before);
      }),
      { numRuns: runs, seed: 41 },
    );
    expect(found).toBeGreaterThan(differing);
  }, 120_000);
}

describe('of two meshes in other words', () => {
  sameComparison('objects, rules, entries and values shuffled and written twice, policies renamed: the same bytes but for their names', ({ base, head }, random) => ({ base: rewritten(random, base), head: rewritten(random, head) }), (text) => text.replaceAll('/team-', '/'), { runs: 60, differing: 25 });

  // It begins and ends as the patterns do, and has the same place in the alphabet; conditions that are not interpreted are named by their content.
  const elsewhere = (text: string): string => text.replaceAll('web', 'wezeb');
  const moved = (documents: readonly Document[]): readonly Document[] => JSON.parse(elsewhere(JSON.stringify(documents))) as Document[];
  sameComparison('a namespace renamed everywhere: the same bytes under its new name', ({ base, head }) => ({ base: moved(base), head: moved(head) }), (text) => text.replaceAll('wezeb', 'web').replaceAll(/opaque:[0-9a-f]{16}/g, 'opaque:condition'), { runs: 60, differing: 25 });
});

/** What a reader is told, but for files, lines and what they are called. */
function toldInReport({ changes, findings, verdict, maturity, population }: Report): readonly string[] {
  return [
    verdict,
    canonical([maturity, population]),
    ...changes.map(({ id, direction, facet, destinations, region, callers, headline, before, after, witness, causes, alternativeCauses = [] }) => {
      const edits = (list: typeof causes): readonly string[] => list.map(({ resource, change }) => `${change} ${resource}`);
      return canonical([id, direction, facet, destinations, region, callers, headline, before, after, witness ?? null, edits(causes), alternativeCauses.map(edits)]);
    }),
    // What was not read, rendered or computed is told of its file.
    ...findings.map(({ code, severity, certainty, status, fingerprint, resource, message }) => canonical([code, severity, certainty, status, fingerprint, code === 'MP905' ? null : resource, message])),
  ];
}

type Layout = (documents: readonly Document[]) => Files;

const inOneFile: Layout = (documents) => ({ 'manifests/all.yaml': asText(documents) });
const fileEach = (name: (document: Document, index: number) => string): Layout => (documents) => Object.fromEntries(documents.map((document, index) => [name(document, index), asText([document])]));
const nameOf = (document: Document): string => canonical(document).replaceAll(/[^a-z]/g, '').slice(0, 40);
const kept = fileEach((document, index) => `manifests/${document.kind.toLowerCase()}-${String(index)}.yaml`);
const renamed = fileEach((document, index) => `manifests/${String(97 - index).padStart(3, '0')}-${nameOf(document).slice(0, 8)}.yml`);

function sameReport(name: string, layout: Layout, numRuns: number): void {
  test(name, () => {
    let found = 0;
    fc.assert(
      fc.property(worlds(), ({ base, head }) => {
        const before = reviewed(kept(base), kept(head));
        if (before.changes.length > 0) found += 1;
        expect(toldInReport(reviewed(layout(base), layout(head)))).toEqual(toldInReport(before));
      }),
      { numRuns, seed: 43 },
    );
    expect(found).toBeGreaterThan(numRuns / 3);
  }, 120_000);
}

describe('of two trees in other files', () => {
  sameReport('every file under another name and in another order: the same report', renamed, 40);
  sameReport('all objects in one file: the same report', inOneFile, 40);

  test('an object moved to another file by the pull request is no change', () => {
    fc.assert(
      fc.property(worlds(), ({ base }) => {
        const { changes, findings } = reviewed(kept(base), inOneFile(base));
        expect(changes).toEqual([]);
        expect(findings.filter(({ status }) => status !== 'existing').map(({ code, message }) => `${code} ${message}`)).toEqual([]);
      }),
      { numRuns: 40, seed: 47 },
    );
  }, 120_000);

  test('of two causes in two files, what was edited says which heads the finding, not where it stands', () => {
    const tokens = (name: string, issuer: string): string => asText([objectOf('security.istio.io/v1', 'RequestAuthentication', 'shop', name, { spec: { jwtRules: [{ issuer }] } })]);
    const one = tokens('j', 'https://one.example');
    const other = tokens('k', 'https://other.example');
    const heads = (base: Files): readonly unknown[] => reviewed(base, {}).findings.filter(({ code }) => code === 'MP301').map(({ resource, location }) => [resource, location?.file]);
    expect(heads({ 'manifests/a.yaml': one, 'manifests/b.yaml': other })).toEqual([['RequestAuthentication/shop/j', 'manifests/a.yaml']]);
    expect(heads({ 'manifests/a.yaml': other, 'manifests/b.yaml': one })).toEqual([['RequestAuthentication/shop/j', 'manifests/b.yaml']]);
  });
});
