/** Checks who imports whom in `src/`. Each rule says why it stands; a breach names the file, the import, the rule and the reason. */
import { readFileSync, readdirSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

interface Rule {
  /** Folders of ours that this one may import besides itself and `lib`. */
  readonly may: readonly string[];
  readonly because: string;
}

const pure = ['source', 'trees', 'units', 'sets', 'manifests', 'mesh', 'semantics', 'posture', 'impact', 'findings', 'maturity', 'report'];

export const rules: Readonly<Record<string, Rule>> = {
  lib: { may: [], because: 'helpers know nothing of the subject' },
  source: { may: [], because: 'text becomes documents before anybody asks what they mean' },
  trees: { may: ['source'], because: 'a tree is files; what they mean comes later' },
  units: { may: ['trees', 'source', 'manifests'], because: 'units are found in trees by what their documents are' },
  sets: { may: [], because: 'the algebra must be testable without YAML, Istio or files' },
  manifests: { may: ['source'], because: 'a decoder sees one document, never the mesh' },
  mesh: { may: ['manifests', 'sets', 'source'], because: 'the model is built from typed manifests only' },
  semantics: { may: ['mesh', 'sets', 'manifests'], because: 'a rule of Istio is about the model, not about a comparison' },
  posture: { may: ['semantics', 'mesh', 'sets', 'manifests'], because: 'one side at a time: a posture knows no base and head' },
  impact: { may: ['posture', 'semantics', 'mesh', 'sets', 'manifests', 'source'], because: 'a comparison reads two postures and never the other way round' },
  findings: { may: ['impact', 'posture', 'semantics', 'mesh', 'manifests', 'source', 'sets'], because: 'a detector never parses, formats or asks GitHub' },
  maturity: { may: ['findings', 'posture', 'semantics', 'mesh', 'manifests', 'impact', 'sets'], because: 'a score is computed from the posture and its findings' },
  report: { may: ['impact', 'findings', 'maturity', 'posture'], because: 'a reporter renders a finished result and decides nothing' },
  app: { may: [...pure], because: 'the pipeline wires pure stages; the world comes in through its ports' },
  adapters: { may: ['app', 'trees', 'source', 'report'], because: 'an adapter implements a port and knows no semantics' },
  entry: { may: [...pure, 'app', 'adapters'], because: 'reads inputs, wires, sets the exit code' },
};

const rim = new Set(['adapters', 'entry']);
const rimModules = /^(node:(fs|child_process|http|https|net|os|process|readline|worker_threads|tty)(\/.*)?|@actions\/.*|@octokit\/.*)$/;
const pureNode = new Set(['node:crypto']);
const rimGlobals = /\b(process\.(env|argv|cwd|exit|stdout|stderr)|console\.|Date\.now\(|new Date\(\)|Math\.random\()/;

export interface Breach {
  readonly file: string;
  readonly line: number;
  readonly what: string;
  readonly why: string;
}

function* sources(folder: string): Generator<string> {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* sources(path);
    else if (entry.name.endsWith('.ts')) yield path;
  }
}

function checkImport(folder: string, target: string): { what: string; why: string } | undefined {
  if (target.startsWith('#')) {
    const other = target.slice(1).split('/')[0] ?? '';
    const rule = rules[folder];
    if (other === folder || other === 'lib') return undefined;
    if (rule === undefined || !rule.may.includes(other)) return { what: `${folder}/ imports ${target}`, why: `${folder}/ may import ${(rule?.may ?? []).join(', ') || 'nothing'}: ${rule?.because ?? 'no such folder'}` };
    if (folder === 'adapters' && other === 'app' && !/^#app\/(ports|input-error)/.test(target)) return { what: `adapters/ imports ${target}`, why: 'of app/ an adapter sees only the ports' };
    return undefined;
  }
  if (target.startsWith('.')) return undefined;
  if (rimModules.test(target) && !rim.has(folder)) return { what: `${folder}/ imports ${target}`, why: 'only adapters/ and entry/ touch files, processes and the network' };
  if (target.startsWith('node:') && !rim.has(folder) && !pureNode.has(target)) return { what: `${folder}/ imports ${target}`, why: 'a pure stage needs nothing of the machine' };
  return undefined;
}

/** Every breach in `src/`, in file order. */
export function breaches(root: string): Breach[] {
  const src = join(root, 'src');
  const found: Breach[] = [];
  for (const path of [...sources(src)].sort()) {
    const file = relative(root, path);
    const folder = relative(src, path).split('/')[0] ?? '';
    const lines = readFileSync(path, 'utf8').split('\n');
    lines.forEach((line, index) => {
      const target = /^\s*(?:import|export)\b.*?from\s+'([^']+)'/.exec(line)?.[1] ?? /^\s*\}\s*from\s+'([^']+)'/.exec(line)?.[1] ?? /^import\s+'([^']+)'/.exec(line)?.[1] ?? /\bimport\('([^']+)'\)/.exec(line)?.[1];
      if (target !== undefined) {
        const breach = checkImport(folder, target);
        if (breach !== undefined) found.push({ file, line: index + 1, ...breach });
        if (target.startsWith('..') && !target.endsWith('/package.json')) {
          const other = relative(src, resolve(dirname(path), target)).split('/')[0] ?? '';
          if (other !== folder) found.push({ file, line: index + 1, what: `imports ${target}`, why: 'folders are crossed by `#folder/…`, so that a cross-stage import is visible at a glance' });
        }
      }
      if (!rim.has(folder) && !/^\s*(\*|\/\/|\/\*)/.test(line) && rimGlobals.test(line)) found.push({ file, line: index + 1, what: line.trim(), why: 'only adapters/ and entry/ read the clock, the environment or write to the console' });
    });
  }
  return found;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const found = breaches(resolve(dirname(fileURLToPath(import.meta.url)), '..'));
  for (const breach of found) console.error(`${breach.file}:${String(breach.line)}: ${breach.what}\n  ${breach.why}`);
  if (found.length === 0) console.log('imports keep their rights');
  process.exitCode = found.length > 0 ? 1 : 0;
}
