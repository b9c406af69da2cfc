/**
 * What a reader is told of the pairs of trees in `fixtures`, whole: `vitest -u` writes it anew, and the difference is to be read.
 * A document of `fixtures/changes` that begins with `# base` or `# head` stands on that side alone.
 */
import { readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import type { Change, Cause } from '#impact/change.ts';
import { fixtures, reviewed } from '../findings/fixtures.ts';
import type { Files } from '../support/tree.ts';

interface Pair {
  readonly name: string;
  readonly base: Files;
  readonly head: Files;
  /** From the folder of fixtures. */
  readonly told: string;
}

const root = new URL('../../fixtures/', import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, root), 'utf8');

function written(file: string): Pair {
  const name = file.replace(/\.yaml$/u, '');
  const documents = read(`changes/${file}`).split('---\n');
  const side = (other: string): Files => ({ 'change.yaml': documents.filter((document) => !document.startsWith(`# ${other}\n`)).join('---\n') });
  return { name, base: side('head'), head: side('base'), told: `changes/${name}.txt` };
}

function recorded(line: string): Pair {
  const { id, base, head } = JSON.parse(line) as Readonly<Record<'id' | 'base' | 'head', string>>;
  return { name: id, base: { 'change.yaml': base }, head: { 'change.yaml': head }, told: `conformance/changes/${id.replaceAll('/', '-')}.txt` };
}

const pairs: readonly Pair[] = [
  ...fixtures().map(({ name, base, head }): Pair => ({ name, base, head, told: `findings/${name}/changes.txt` })),
  ...readdirSync(new URL('changes/', root)).filter((file) => file.endsWith('.yaml')).sort().map(written),
  ...read('conformance/changes.jsonl').trim().split('\n').map(recorded),
];

function causeText({ side, file, line, endLine, resource, change, via }: Cause): string {
  return `${resource} ${change} at ${side} ${file}:${String(line)}-${String(endLine)}${via.length === 0 ? '' : ` by way of ${JSON.stringify(via)}`}`;
}

function changeText({ direction, facet, destinations, region, callers, headline, before, after, witness, causes, alternativeCauses = [], causeProof, causeNote, enforcementPoints, assumptions }: Change): string {
  const parts: readonly (readonly [string, readonly string[]])[] = [
    ['before', [before]],
    ['after', [after]],
    ['destinations', destinations.map((each) => JSON.stringify(each))],
    ['callers', [JSON.stringify(callers)]],
    [region.complete ? 'region' : 'region, in part', region.cubes.map((each) => JSON.stringify(each))],
    ['witness', witness === undefined ? [] : [JSON.stringify(witness)]],
    [`causes, proved by ${causeProof ?? 'nothing'}`, causes.map(causeText)],
    ...alternativeCauses.map((each) => ['or', each.map(causeText)] as const),
    ['note', causeNote === undefined ? [] : [causeNote]],
    ['stands at', [enforcementPoints.join(', ')]],
    ['assuming', assumptions],
  ];
  return [`${direction} ${facet}: ${headline}\n`, ...parts.flatMap(([name, lines]) => lines.map((line) => `  ${name}: ${line}\n`))].join('');
}

test.each(pairs.map((pair) => [pair.name, pair] as const))('%s', (_, { base, head, told }) => {
  const { changes } = reviewed(base, head);
  const text = changes.length === 0 ? 'nothing changes\n' : changes.map(changeText).join('\n');
  return expect(text).toMatchFileSnapshot(fileURLToPath(new URL(told, root)));
});
