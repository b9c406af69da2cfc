/**
 * How an answer is explained, step by step with its rules, for the questions that were put to real proxies: `vitest -u` writes it anew, and
 * the difference is to be read.
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { closedMesh, readManifests } from '#app/scenarios.ts';
import { answer } from '#posture/answer.ts';
import type { Query, Step } from '#posture/query.ts';

interface Line {
  readonly id: string;
  readonly manifests?: string;
  readonly queries?: readonly Query[];
}

const root = new URL('../../fixtures/', import.meta.url);
/** Lines of one golden file. */
const together = 15;

function stepText({ rule, text, by, details }: Step): string {
  const behind = (details?.() ?? []).map((detail) => `      ${detail.by} ${detail.path.join('.')}${detail.text === '' ? '' : `: ${detail.text}`}\n`);
  return `    ${rule}: ${text}${by === undefined ? '' : ` [${by}]`}\n${behind.join('')}`;
}

/** The first two questions of a line: those that follow ask the same mesh about more of the same. */
function explained({ id, manifests, queries = [] }: Line): string {
  if (manifests === undefined) return '';
  const mesh = closedMesh(readManifests(manifests));
  return queries.slice(0, 2).map(({ from, to, request, given }) => {
    const query: Query = { from, to, request, ...(given === undefined ? {} : { given }) };
    const { because, ...said } = answer(mesh, query);
    return `${id} ${JSON.stringify(query)}\n  ${JSON.stringify(said)}\n${because.map(stepText).join('')}`;
  }).join('');
}

const parts = ['sidecar', 'ambient', 'networkpolicy', 'gateway/recorded'].flatMap((name) => {
  const lines = readFileSync(new URL(`conformance/${name}.jsonl`, root), 'utf8').trim().split('\n').map((line) => JSON.parse(line) as Line);
  return Array.from({ length: Math.ceil(lines.length / together) }, (_, index) => [`${name.replace('/', '-')}-${String(index + 1)}`, lines.slice(index * together, (index + 1) * together)] as const);
});

test.each(parts)('%s', (name, lines) => {
  const told = lines.map(explained).join('');
  return expect(told).toMatchFileSnapshot(fileURLToPath(new URL(`explained/${name}.txt`, root)));
});
