/**
 * One script that holds the sources with every mutant in them, switched off, and the suite that is to notice them.
 *
 * Stryker's instrumenter makes the mutants. Its runners load all modules again for each of them, more than a second where a mutant lives;
 * here the modules stay, `__mutation.id` says which mutant is on, and what the modules remember is forgotten between two runs.
 */
import { Instrumenter } from '@stryker-mutator/instrumenter';
import { build, type Plugin } from 'esbuild';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

export const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');

/** The folders whose mutants are counted. */
export const mutatedFolders = ['sets', 'semantics', 'posture', 'impact'];

export interface Mutant {
  readonly id: number;
  /** From the root. */
  readonly file: string;
  readonly mutator: string;
  /** From 1. */
  readonly line: number;
  readonly column: number;
  readonly original: string;
  readonly replacement: string;
}

export interface Instrumented {
  readonly mutants: readonly Mutant[];
  /** File → text. */
  readonly texts: ReadonlyMap<string, string>;
}

const silent = (): undefined => undefined;
const logger = { trace: silent, debug: silent, info: silent, warn: silent, error: silent, fatal: silent, isTraceEnabled: () => false, isDebugEnabled: () => false, isInfoEnabled: () => false, isWarnEnabled: () => false, isErrorEnabled: () => false, isFatalEnabled: () => false };

/** Files of the mutated folders that start with one of `wanted`; all of them without any. */
export function mutatedFiles(wanted: readonly string[]): readonly string[] {
  return mutatedFolders
    .flatMap((folder) => readdirSync(join(root, 'src', folder), { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts')).sort().map((name) => `src/${folder}/${name}`))
    .filter((file) => wanted.length === 0 || wanted.some((start) => file === start || file.startsWith(start.endsWith('/') ? start : `${start}/`)));
}

/** The text between two places that count lines and columns from 0. */
function textAt(lines: readonly string[], { start, end }: { readonly start: Place; readonly end: Place }): string {
  if (start.line === end.line) return (lines[start.line] ?? '').slice(start.column, end.column);
  return [(lines[start.line] ?? '').slice(start.column), ...lines.slice(start.line + 1, end.line), (lines[end.line] ?? '').slice(0, end.column)].join('\n');
}

interface Place {
  readonly line: number;
  readonly column: number;
}

export async function instrumented(files: readonly string[]): Promise<Instrumented> {
  const texts = new Map(files.map((file) => [file, readFileSync(join(root, file), 'utf8')]));
  const result = await new Instrumenter(logger).instrument(
    files.map((file) => ({ name: file, mutate: true, content: texts.get(file) ?? '' })),
    { plugins: null, excludedMutations: [], ignorers: [], noHeader: true },
  );
  const mutants = result.mutants.map((mutant): Mutant => {
    const lines = (texts.get(mutant.fileName) ?? '').split('\n');
    const { location } = mutant;
    return { id: Number(mutant.id), file: mutant.fileName, mutator: mutant.mutatorName, line: location.start.line + 1, column: location.start.column + 1, original: textAt(lines, location), replacement: mutant.replacement };
  });
  return { mutants, texts: new Map(result.files.map((file) => [file.name, file.content])) };
}

/**
 * Stryker's switch is a call with a text; a comparison of two numbers costs nothing. Counting sees the value, too, that mutants of an
 * expression replace.
 */
function switches(text: string, counting: boolean): string {
  const numbers = (ids: string): string => ids.replaceAll('"', '');
  return text
    .replaceAll(/stryMutAct_9fa48\("(\d+)"\)/g, '(__mutation.id === $1 && __mutation.hit())')
    .replaceAll(/\(stryCov_9fa48\(([^)]*)\), /g, (whole, ids: string) => (counting ? `__mutation.saw(${numbers(ids)})(` : whole))
    .replaceAll(/stryCov_9fa48\(([^)]*)\)/g, (_, ids: string) => (counting ? `__mutation.cover(${numbers(ids)})` : '0'));
}

/** Type arguments, three deep. */
const types = String.raw`(?:<(?:[^<>()]|<(?:[^<>()]|<[^<>()]*>)*>)*>)?`;
const remembering = new RegExp(String.raw`^(export )?const (\w+)(: [^=]*)? = (new (?:Weak)?(?:Map|Set)${types}\(\)|new Recent${types}\([\w$]+\));$`, 'gm');

/** What a module remembers is made again between two mutants: nothing computed by one is seen by the next. */
function forgetful(text: string): string {
  return text.replaceAll(remembering, (_, exported: string | undefined, name: string, type: string | undefined, made: string) => `${exported ?? ''}let ${name}${type ?? ''} = ${made}; __mutation.forget.push(() => { ${name} = ${made}; });`);
}

function plugin(sources: ReadonlyMap<string, string>, suite: readonly string[], counting: boolean): Plugin {
  const here = (name: string): string => join(root, 'test/mutants', name);
  return {
    name: 'mutants',
    setup(bundler) {
      bundler.onResolve({ filter: /^vitest$/ }, () => ({ path: here('vitest.ts') }));
      bundler.onResolve({ filter: /^fast-check$/ }, ({ importer }) => (importer === here('fast-check.ts') ? { path: 'fast-check', external: true } : { path: here('fast-check.ts') }));
      bundler.onResolve({ filter: /^suite$/ }, () => ({ path: 'suite', namespace: 'suite' }));
      bundler.onResolve({ filter: /^mark:/ }, ({ path }) => ({ path, namespace: 'mark', sideEffects: true }));
      bundler.onLoad({ filter: /.*/, namespace: 'suite' }, () => ({ contents: suite.map((file) => `import 'mark:${file}'; import '${join(root, file)}';`).join('\n'), resolveDir: root }));
      bundler.onLoad({ filter: /.*/, namespace: 'mark' }, ({ path }) => ({ contents: `__mutation.file = ${JSON.stringify(path.slice('mark:'.length))};` }));
      bundler.onLoad({ filter: /\.ts$/ }, ({ path }) => {
        const file = relative(root, path);
        if (file.startsWith('node_modules')) return undefined;
        const text = switches(sources.get(file) ?? readFileSync(path, 'utf8'), counting).replaceAll('import.meta.url', JSON.stringify(pathToFileURL(path).href)).replaceAll('import.meta.dirname', JSON.stringify(dirname(path)));
        return { contents: file.startsWith('src/') ? forgetful(text) : text, loader: 'ts' };
      });
    },
  };
}

/** @param counting with counts of what each test runs through; without them it is faster */
export async function bundled(sources: ReadonlyMap<string, string>, suite: readonly string[], counting: boolean): Promise<string> {
  const result = await build({
    absWorkingDir: root,
    entryPoints: ['suite'],
    bundle: true,
    write: false,
    platform: 'node',
    target: 'node24',
    format: 'cjs',
    external: ['yaml', 'zod', 're2js', 'diff', '@actions/*', '@octokit/*'],
    plugins: [plugin(sources, suite, counting)],
    logLevel: 'error',
  });
  return result.outputFiles[0]?.text ?? '';
}

/** The suite: fast, with fixed seeds. Tests that need files, processes or minutes are elsewhere. */
export function suiteFiles(): readonly string[] {
  const units = mutatedFolders.flatMap((folder) => {
    const under = join(root, 'test', folder);
    return existsSync(under) ? readdirSync(under).filter((name) => name.endsWith('.test.ts')).sort().map((name) => `test/${folder}/${name}`) : [];
  });
  const whole = ['causes', 'changed-effect', 'client-tls-effect', 'not-computed', 'unresolved'].map((name) => `test/app/${name}.test.ts`);
  return [...units, ...whole, 'test/findings/mtls.test.ts', 'test/findings/states.test.ts', 'test/laws/sets-difference-laws.test.ts', 'test/mutants/checks.ts'];
}
