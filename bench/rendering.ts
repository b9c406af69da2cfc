/**
 * `npm run bench`, its part about repositories: how many renderings a change costs, what twelve environments cost beside one, what discovery costs beside reading.
 * Counts and ratios say something on any machine. Needs `tools/bin` (`npm ci --prefix tools && node tools/unpack.ts`) for the first.
 */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { shortHash } from '#lib/canonical.ts';
import { defaultConfig } from '#app/config.ts';
import { prepareRendering } from '#app/render/prepare.ts';
import { review } from '#app/review.ts';
import { directoryCache } from '#adapters/render/cache.ts';
import { createRenderer } from '#adapters/render/renderer.ts';
import type { BlobContent, BlobId, Tree, TreePair } from '#trees/tree.ts';
import { discoverUnits } from '#units/discover.ts';
import { documentsOf } from '#units/documents.ts';

type Files = ReadonlyMap<string, string>;

function tree(files: Files, blobs: Map<BlobId, BlobContent>): Tree {
  return {
    label: '',
    entries: new Map([...files].map(([path, text]) => {
      const blob = shortHash(text);
      blobs.set(blob, { type: 'text', text });
      return [path, { type: 'file', path, blob, size: text.length }] as const;
    })),
  };
}

function pairOf(base: Files, head: Files): TreePair {
  const blobs = new Map<BlobId, BlobContent>();
  return { base: tree(base, blobs), head: tree(head, blobs), blobs };
}

function mtls(name: string, namespace: string, mode = 'STRICT'): string {
  return `apiVersion: security.istio.io/v1\nkind: PeerAuthentication\nmetadata: {name: ${name}, namespace: ${namespace}}\nspec: {mtls: {mode: ${mode}}}\n`;
}

/** How many times a tool ran: what the cache did not have. */
async function renderings(base: Files, head: Files, folder: string): Promise<number> {
  const pair = pairOf(base, head);
  const inner = directoryCache(folder);
  let missed = 0;
  const renderer = createRenderer({
    tools: { searchPath: resolve(import.meta.dirname, '../tools/bin'), untrusted: [] },
    bytes: (wanted) => Promise.resolve(new Map(wanted.flatMap((blob) => { const content = pair.blobs.get(blob); return content?.type === 'text' ? [[blob, Buffer.from(content.text)] as const] : []; }))),
    cache: { read: async (key) => { const found = await inner.read(key); if (found === undefined) missed += 1; return found; }, write: (key, documents) => inner.write(key, documents) },
  });
  await prepareRendering(pair, defaultConfig, renderer);
  return missed;
}

/** Units in two environments, half of them in each. */
function kustomizations(count: number, changed?: string): Files {
  return new Map(Array.from({ length: count }, (_, index) => `clusters/${index % 2 === 0 ? 'prod' : 'test'}/u${String(index)}`).flatMap((path, index): [string, string][] => [
    [`${path}/kustomization.yaml`, 'resources: [m.yaml]\n'],
    [`${path}/m.yaml`, mtls(`u${String(index)}`, 'shop', path === changed ? 'PERMISSIVE' : 'STRICT')],
  ]));
}

/** What is each environment's own, and what the pull request changes. */
interface Form {
  readonly name: string;
  /** Of workload `index`, in this environment: what stands behind its policy's caller and behind its image. */
  readonly own: (index: number, environment: number) => { readonly caller?: string; readonly image?: string };
  readonly changes: (index: number) => boolean;
}

const isOwn = (index: number): boolean => index % 20 === 0;

const forms: readonly Form[] = [
  { name: 'own policies, every policy changed', own: (index, environment) => (isOwn(index) ? { caller: `-${String(environment)}` } : {}), changes: () => true },
  { name: 'own policies, those that are shared changed', own: (index, environment) => (isOwn(index) ? { caller: `-${String(environment)}` } : {}), changes: (index) => !isOwn(index) },
  { name: 'own images, every policy changed', own: (index, environment) => (index % 7 === 0 ? { image: `-${String(environment)}` } : {}), changes: () => true },
  { name: 'own images, one policy changed', own: (index, environment) => (index % 7 === 0 ? { image: `-${String(environment)}` } : {}), changes: (index) => index === 3 },
];

/** The same shop in each environment: 300 objects, with every twentieth its own. */
function environments(count: number, changed: boolean, form: Form): Files {
  const files = new Map<string, string>();
  for (let environment = 0; environment < count; environment += 1) {
    const documents: string[] = [];
    for (let index = 0; index < 100; index += 1) {
      const name = `w${String(index)}`;
      const { caller = '', image = '' } = form.own(index, environment);
      const from = changed && form.changes(index) ? 'b' : 'a';
      documents.push(
        `apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: ${name}, namespace: shop}\n`,
        `apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: ${name}, namespace: shop}\nspec:\n  selector: {matchLabels: {app: ${name}}}\n  template:\n    metadata: {labels: {app: ${name}}}\n    spec: {serviceAccountName: ${name}, containers: [{name: main, image: "x:1${image}", ports: [{containerPort: 8080}]}]}\n`,
        `apiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nmetadata: {name: ${name}, namespace: shop}\nspec:\n  selector: {matchLabels: {app: ${name}}}\n  rules:\n  - from: [{source: {principals: ["cluster.local/ns/shop/sa/${from}${caller}"]}}]\n    to: [{operation: {methods: [GET], paths: ["/${name}/*"]}}]\n`,
      );
    }
    files.set(`envs/e${String(environment)}-prod${String(environment)}/all.yaml`, documents.join('---\n'));
  }
  return files;
}

function cpuSeconds(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}

function median(values: readonly number[]): number {
  return [...values].sort((left, right) => left - right)[Math.floor(values.length / 2)] ?? 0;
}

if (existsSync(resolve(import.meta.dirname, '../tools/bin/kubectl'))) {
  const folder = mkdtempSync(join(tmpdir(), 'mesh-posture-bench-'));
  try {
    const [base, head] = [kustomizations(200), kustomizations(200, 'clusters/prod/u0')];
    const cold = await renderings(base, head, join(folder, 'cold'));
    await renderings(new Map(), base, join(folder, 'warm'));
    const warm = await renderings(base, head, join(folder, 'warm'));
    console.log(`one unit of 200 touched, 100 of them in its environment: ${String(cold)} renderings cold, ${String(warm)} with a warm cache`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
} else console.log('renderings: skipped, tools/bin is not there');

function reviewed(count: number, form: Form): { readonly seconds: number; readonly changes: number } {
  const pair = pairOf(environments(count, false, form), environments(count, true, form));
  let changes = 0;
  const seconds = cpuSeconds(() => {
    changes = review({ pair, comparison: { mode: 'directories', base: { id: 'a', label: 'a' }, head: { id: 'b', label: 'b' } }, config: defaultConfig, today: '2026-01-01', version: '0' }).report.changes.length;
  });
  return { seconds, changes };
}

for (const form of forms) {
  reviewed(1, form);
  const pairs = Array.from({ length: 5 }, () => [reviewed(1, form), reviewed(12, form)] as const);
  const [one, twelve] = [median(pairs.map(([each]) => each.seconds)), median(pairs.map(([, each]) => each.seconds))];
  console.log(`twelve environments that share 95 % of their objects, ${form.name}: ${(twelve / one).toFixed(2)} × the processor time of one (${String(pairs[0]?.[0].changes)} changes in one, ${String(pairs[0]?.[1].changes)} in twelve)`);
}

const many = new Map(Array.from({ length: 10_000 }, (_, index): [string, string] => {
  const folder = `apps/g${String(index % 100)}/u${String(Math.floor(index / 4))}`;
  return index % 4 === 0 ? [`${folder}/kustomization.yaml`, 'resources: [a.yaml, b.yaml]\n'] : [`${folder}/${'xabc'[index % 4] ?? ''}.yaml`, mtls(`p${String(index)}`, 'shop')];
}));
const found = Array.from({ length: 5 }, () => {
  const pair = pairOf(many, many);
  const reading = cpuSeconds(() => {
    const documents = documentsOf(pair.blobs);
    for (const blob of pair.blobs.keys()) documents.read(blob);
  });
  return { reading, discovery: cpuSeconds(() => discoverUnits(pair, defaultConfig)) };
});
console.log(`10 000 files: discovery ${median(found.map((each) => each.discovery)).toFixed(2)} s, reading each once ${median(found.map((each) => each.reading)).toFixed(2)} s`);
