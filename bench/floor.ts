/**
 * The floor: every distinct YAML blob of both trees, read by one `cat-file --batch` and parsed once with the product's schema
 * options, on one thread, and nothing else. A review cannot be much cheaper than reading what it reviews.
 */
import { spawnSync } from 'node:child_process';
import { parseAllDocuments } from 'yaml';
import { yamlOptions } from '#source/schema.ts';

const [directory, base, head] = process.argv.slice(2);
if (directory === undefined || base === undefined || head === undefined) throw new Error('usage: floor.ts DIRECTORY BASE HEAD');

function git(args: readonly string[], input?: string): Buffer {
  const run = spawnSync('git', args, { cwd: directory, maxBuffer: 1 << 30, ...(input === undefined ? {} : { input }) });
  if (run.status !== 0) throw new Error(run.stderr.toString());
  return run.stdout;
}

const blobs = new Set<string>();
for (const revision of [base, head]) {
  for (const line of git(['ls-tree', '-r', '-z', revision]).toString().split('\0')) {
    const [meta, path] = line.split('\t');
    if (path !== undefined && /\.ya?ml$/.test(path)) blobs.add(meta!.split(' ')[2]!);
  }
}

const batch = git(['cat-file', '--batch'], `${[...blobs].join('\n')}\n`);
let at = 0;
let documents = 0;
while (at < batch.length) {
  const end = batch.indexOf(10, at);
  const size = Number(batch.subarray(at, end).toString().split(' ')[2]);
  documents += parseAllDocuments(batch.subarray(end + 1, end + 1 + size).toString('utf8'), yamlOptions).length;
  at = end + 1 + size + 1;
}
console.log(`${blobs.size} blobs, ${documents} documents`);
