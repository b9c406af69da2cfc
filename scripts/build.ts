/**
 * Builds `dist/index.js` (the Action) and `dist/cli.js`, and lists the licences of what they contain.
 * `--check` builds in memory and compares with what is committed: a difference ends with exit code 1.
 */
import { build, type BuildResult } from 'esbuild';
import { chmodSync, existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const check = process.argv.includes('--check');

// CommonJS parts of the bundle call `require` for Node's own modules, which an ES module does not have.
const requireShim = "import{createRequire as __createRequire}from'node:module';const require=__createRequire(import.meta.url);";

const entries = [
  { from: 'src/entry/action.ts', to: 'dist/index.js', banner: requireShim },
  { from: 'src/entry/cli.ts', to: 'dist/cli.js', banner: `#!/usr/bin/env node\n${requireShim}` },
];

type WithMetafile = BuildResult<{ write: false; metafile: true }>;

async function bundle(entry: (typeof entries)[number]): Promise<WithMetafile> {
  return build({
    absWorkingDir: root,
    entryPoints: [entry.from],
    outfile: entry.to,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'esm',
    minify: false,
    legalComments: 'none',
    charset: 'utf8',
    banner: { js: entry.banner },
    logLevel: 'error',
    write: false,
    metafile: true,
  });
}

interface Package {
  readonly name: string;
  readonly version: string;
  readonly license: string;
  readonly text: string;
}

function packageOf(input: string): Package | undefined {
  const at = input.lastIndexOf('node_modules/');
  if (at < 0) return undefined;
  const parts = input.slice(at + 'node_modules/'.length).split('/');
  const name = parts[0]?.startsWith('@') === true ? `${parts[0]}/${parts[1] ?? ''}` : (parts[0] ?? '');
  const folder = join(root, input.slice(0, at), 'node_modules', name);
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { version: string; license?: string };
  const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
  if (file === undefined || manifest.license === undefined) throw new Error(`${name} has no licence file: it cannot be bundled`);
  return { name, version: manifest.version, license: manifest.license, text: readFileSync(join(folder, file), 'utf8').replaceAll('\r\n', '\n').trim() };
}

function licences(results: readonly WithMetafile[]): string {
  const packages = new Map<string, Package>();
  for (const result of results) {
    for (const input of Object.keys(result.metafile.inputs)) {
      const found = packageOf(input);
      if (found !== undefined) packages.set(`${found.name}@${found.version}`, found);
    }
  }
  const sorted = [...packages.entries()].sort(([left], [right]) => (left < right ? -1 : 1)).map(([, value]) => value);
  const head = 'The files in dist/ contain the following packages, each under its own licence.\n';
  return `${head}${sorted.map((entry) => `\n${'-'.repeat(80)}\n${entry.name} ${entry.version} (${entry.license})\n\n${entry.text}\n`).join('')}`;
}

const results = await Promise.all(entries.map((entry) => bundle(entry)));
const files = new Map<string, string>();
for (const result of results) {
  for (const output of result.outputFiles) files.set(relative(root, output.path), output.text);
}
files.set('THIRD_PARTY_LICENSES', licences(results));

let stale = 0;
for (const [name, text] of files) {
  const path = join(root, name);
  if (check) {
    if (!existsSync(path) || readFileSync(path, 'utf8') !== text) {
      stale++;
      console.error(`${name} is not what src/ builds: run \`npm run build\` and commit it`);
    }
  } else {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
    if (name === 'dist/cli.js') chmodSync(path, 0o755);
  }
}
if (check && stale === 0) console.log('dist/ is fresh');
process.exitCode = stale > 0 ? 1 : 0;
