/**
 * What a reader is told of the pairs of trees in `fixtures`, whole: `vitest -u` writes it anew, and the difference is to be read.
 * A document of `fixtures/changes` that begins with `# base` or `# head` stands on that side alone, one that begins with `# of staging` or
 * `# head of staging` in that environment.
 */
import { readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { defaultConfig } from '#app/config.ts';
import { expect, test } from 'vitest';
import type { Change, Cause } from '#impact/change.ts';
import { fixtures, reviewed } from '../findings/fixtures.ts';
import type { Files } from '../support/tree.ts';

interface Pair {
  readonly name: string;
  readonly base: Files;
  readonly head: Files;
  /** Folders `clusters/…`, each an environment of its own; without any the files are one. */
  readonly environments: readonly string[];
  /** From the folder of fixtures. */
  readonly told: string;
}

const root = new URL('../../fixtures/', import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, root), 'utf8');

interface Written {
  readonly text: string;
  readonly side: string | undefined;
  readonly environment: string | undefined;
}

function documentsOf(file: string): readonly Written[] {
  return read(`changes/${file}`).split('---\n').map((text) => {
    const [, side, environment] = /^# (base|head)?(?: ?of (\w+))?\n/u.exec(text) ?? [];
    return { text, side, environment };
  });
}

function written(file: string): Pair {
  const name = file.replace(/\.yaml$/u, '');
  const documents = documentsOf(file);
  const environments = [...new Set(documents.flatMap(({ environment }) => environment ?? []))];
  const joined = (kept: readonly Written[]): string => kept.map(({ text }) => text).join('---\n');
  const side = (own: string): Files => {
    const on = documents.filter((document) => document.side === undefined || document.side === own);
    if (environments.length === 0) return { 'change.yaml': joined(on) };
    return Object.fromEntries(environments.map((each) => [`clusters/${each}/change.yaml`, joined(on.filter(({ environment }) => environment === undefined || environment === each))]));
  };
  return { name, base: side('base'), head: side('head'), environments, told: `changes/${name}.txt` };
}

function recorded(line: string): Pair {
  const { id, base, head } = JSON.parse(line) as Readonly<Record<'id' | 'base' | 'head', string>>;
  return { name: id, base: { 'change.yaml': base }, head: { 'change.yaml': head }, environments: [], told: `conformance/changes/${id.replaceAll('/', '-')}.txt` };
}

const pairs: readonly Pair[] = [
  ...fixtures().map(({ name, base, head }): Pair => ({ name, base, head, environments: [], told: `findings/${name}/changes.txt` })),
  ...readdirSync(new URL('changes/', root)).filter((file) => file.endsWith('.yaml')).sort().map(written),
  ...read('conformance/changes.jsonl').trim().split('\n').map(recorded),
];

function causeText({ side, file, line, endLine, resource, change, via }: Cause): string {
  return `${resource} ${change} at ${side} ${file}:${String(line)}-${String(endLine)}${via.length === 0 ? '' : ` by way of ${JSON.stringify(via)}`}`;
}

function changeText({ direction, facet, environments, destinations, region, callers, headline, before, after, witness, causes, alternativeCauses = [], causeProof, causeNote, enforcementPoints, assumptions }: Change): string {
  const parts: readonly (readonly [string, readonly string[]])[] = [
    ['before', [before]],
    ['after', [after]],
    ['environments', environments.length === 1 && environments[0] === 'default' ? [] : [environments.join(', ')]],
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

test.each(pairs.map((pair) => [pair.name, pair] as const))('%s', (_, { base, head, environments, told }) => {
  const folders = Object.fromEntries(environments.map((each) => [each, { units: [`clusters/${each}`], context: [] }]));
  const { changes } = reviewed(base, head, environments.length === 0 ? defaultConfig : { ...defaultConfig, environments: folders });
  const text = changes.length === 0 ? 'nothing changes\n' : changes.map(changeText).join('\n');
  return expect(text).toMatchFileSnapshot(fileURLToPath(new URL(told, root)));
});
