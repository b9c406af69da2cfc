/**
 * How an answer is explained, step by step with its rules, for questions that were put to real proxies and for those of `fixtures/questions`:
 * `vitest -u` writes it anew, and the difference is to be read.
 */
import { readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { readManifests } from '#app/scenarios.ts';
import { buildMesh } from '#mesh/build.ts';
import { answer } from '#posture/answer.ts';
import { isCallVerdict, outboundCall } from '#posture/outbound-call.ts';
import type { Query, Step } from '#posture/query.ts';

interface Line {
  readonly id: string;
  readonly manifests?: string;
  readonly queries?: readonly (Query & { readonly expect?: { readonly verdict?: string } })[];
  /** Open: what no manifest tells is unknown. */
  readonly world?: 'open' | 'closed';
}

const root = new URL('../../fixtures/', import.meta.url);
/** Lines of one golden file. */
const together = 15;

function stepText({ rule, text, by, details }: Step): string {
  const behind = (details?.() ?? []).map((detail) => `      ${detail.by} ${detail.path.join('.')}${detail.text === '' ? '' : `: ${detail.text}`}\n`);
  return `    ${rule}: ${text}${by === undefined ? '' : ` [${by}]`}\n${behind.join('')}`;
}

function explained({ id, manifests, queries = [], world = 'closed' }: Line): string {
  if (manifests === undefined) return '';
  const mesh = buildMesh(readManifests(manifests), { world });
  return queries.map(({ from, to, request, given, expect: recorded }) => {
    const query: Query = { from, to, request, ...(given === undefined ? {} : { given }) };
    const { because, ...said } = isCallVerdict(recorded?.verdict) ? outboundCall(mesh, query) : answer(mesh, query);
    return `${id} ${JSON.stringify(query)}\n  ${JSON.stringify(said)}\n${because.map(stepText).join('')}`;
  }).join('');
}

/** With the first two questions: those that follow ask the same mesh about more of the same. */
function lineOf(text: string): Line {
  const { queries = [], ...line } = JSON.parse(text) as Line;
  return { ...line, queries: queries.slice(0, 2) };
}

const written = readdirSync(new URL('questions/', root)).sort().map((file) => {
  const text = readFileSync(new URL(`questions/${file}`, root), 'utf8');
  const documents = text.split('---\n');
  const id = file.replace(/\.yaml$/u, '');
  const { queries } = parse(documents.at(-1) ?? '') as { readonly queries: readonly Query[] };
  return [id, [{ id, manifests: documents.slice(0, -1).join('---\n'), queries, world: text.startsWith('# open\n') ? 'open' : 'closed' } satisfies Line]] as const;
});

const parts = ['sidecar', 'ambient', 'networkpolicy', 'gateway/recorded', 'traffic'].flatMap((name) => {
  const lines = readFileSync(new URL(`conformance/${name}.jsonl`, root), 'utf8').trim().split('\n').map(lineOf);
  return Array.from({ length: Math.ceil(lines.length / together) }, (_, index) => [`${name.replace('/', '-')}-${String(index + 1)}`, lines.slice(index * together, (index + 1) * together)] as const);
});

test.each([...written, ...parts])('%s', (name, lines) => {
  const told = lines.map(explained).join('');
  return expect(told).toMatchFileSnapshot(fileURLToPath(new URL(`explained/${name}.txt`, root)));
});
