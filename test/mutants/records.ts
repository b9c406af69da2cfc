/**
 * What earlier runs found, so that a run asks only what is new: a mutant that survived is asked of files of the suite that were written since, one
 * that was noticed is noticed until its source or the file of the check that noticed it changes.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { root, type Mutant } from './bundle.ts';
import type { Kill, Verdict } from './worker.ts';

interface Found {
  readonly status: Verdict['status'];
  readonly line: number;
  readonly by?: string;
  readonly cut?: true;
  /** Survived: digests of the parts of the suite that it was asked of. Noticed: of the part that noticed it. */
  readonly parts: readonly string[];
}

interface FileRecord {
  /** Digest of the source's text. */
  readonly text: string;
  readonly found: { [mutant: string]: Found };
}

function digest(...texts: readonly string[]): string {
  const hash = createHash('sha256');
  for (const text of texts) hash.update(text).update('\0');
  return hash.digest('hex').slice(0, 12);
}

const read = (file: string): string => readFileSync(join(root, file), 'utf8');

/** Folders that files of the suite read their cases from. */
const cases: Readonly<Record<string, string>> = {
  'test/mutants/checks.ts': 'fixtures/conformance',
  'test/impact/told.test.ts': 'fixtures',
  'test/impact/change-ids.test.ts': 'fixtures/changes',
  'test/impact/gateways-recorded.test.ts': 'fixtures/conformance',
  'test/posture/explained.test.ts': 'fixtures',
  'test/posture/gateway-paths-agree.test.ts': 'fixtures/conformance',
  'test/posture/paths-agree.test.ts': 'fixtures/conformance',
  'test/posture/waypoints.test.ts': 'fixtures/conformance',
  'test/posture/network-paths.test.ts': 'fixtures/posture',
  'test/sets/candidates.test.ts': 'fixtures/sets',
  'test/sets/words.test.ts': 'fixtures/sets',
  'test/semantics/compiled-rules.test.ts': 'fixtures/semantics/rules',
  'test/semantics/network-lowering.test.ts': 'fixtures/semantics/network',
  'test/semantics/served-gateways.test.ts': 'fixtures/semantics/gateways',
};

function under(folder: string | undefined): readonly string[] {
  if (folder === undefined) return [];
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).map((entry) => read(join(entry.parentPath, entry.name).slice(root.length + 1))).sort();
}

/** File of the suite → digest of what it says, and of the cases that it reads. */
export function digests(suite: readonly string[]): ReadonlyMap<string, string> {
  return new Map(suite.map((file) => [file, digest(read(file), ...under(cases[file]))]));
}

const keyOf = ({ mutator, line, column, original, replacement }: Mutant): string => `${mutator} ${String(line)}:${String(column)} ${digest(original, replacement)}`;

/** The file of a check. */
const partOf = (check: string): string => check.split(' ')[0] ?? '';

export class Records {
  readonly #parts: ReadonlyMap<string, string>;
  readonly #records = new Map<string, FileRecord>();
  readonly #kills: Kill[] = [];

  /** @param parts file of the suite → its digest */
  constructor(parts: ReadonlyMap<string, string>, files: readonly string[]) {
    this.#parts = parts;
    for (const file of files) {
      const text = digest(read(file));
      const kept = this.#kept(file);
      for (const { line, by } of Object.values(kept?.found ?? {})) if (by !== undefined) this.#kills.push({ file, line, by });
      this.#records.set(file, kept?.text === text ? kept : { text, found: {} });
    }
  }

  #path(file: string): string {
    return join(root, '.tmp/mutants/found', `${file}.json`);
  }

  #kept(file: string): FileRecord | undefined {
    return existsSync(this.#path(file)) ? (JSON.parse(readFileSync(this.#path(file), 'utf8')) as FileRecord) : undefined;
  }

  #of(mutant: Mutant): Found | undefined {
    return this.#records.get(mutant.file)?.found[keyOf(mutant)];
  }

  /** Checks that have noticed mutants of these files, of older texts too: where to begin. */
  kills(files: ReadonlySet<string>): readonly Kill[] {
    return this.#kills.filter(({ file }) => files.has(file));
  }

  /**
   * Files of the suite that the mutant is still to be asked of.
   * @param deep ask again where the time for a mutant was used up
   */
  open(mutant: Mutant, deep: boolean): readonly string[] {
    const all = [...this.#parts.keys()];
    const found = this.#of(mutant);
    if (found === undefined) return all;
    const asked = new Set(found.parts);
    if (found.status === 'killed' || found.status === 'timeout') {
      const still = found.by === undefined || found.by === 'loading' || asked.has(this.#parts.get(partOf(found.by)) ?? '');
      return still ? [] : all;
    }
    if (deep && found.cut === true) return all;
    return all.filter((part) => !asked.has(this.#parts.get(part) ?? ''));
  }

  status(mutant: Mutant): Verdict['status'] | undefined {
    return this.#of(mutant)?.status;
  }

  /** @param asked files of the suite, those of before included */
  add(mutant: Mutant, { status, by, cut }: Verdict, asked: readonly string[]): void {
    const record = this.#records.get(mutant.file);
    if (record === undefined) return;
    const before = this.#of(mutant);
    const noticed = status === 'killed' || status === 'timeout';
    const reached = status === 'survived' || before?.status === 'survived' ? 'survived' : 'uncovered';
    const parts = (noticed && by !== undefined ? [partOf(by)] : asked).flatMap((part) => this.#parts.get(part) ?? []);
    record.found[keyOf(mutant)] = { status: noticed ? status : reached, line: mutant.line, ...(by === undefined ? {} : { by }), ...(cut === true ? { cut } : {}), parts };
  }

  keep(file: string): void {
    const path = this.#path(file);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, JSON.stringify(this.#records.get(file)));
  }
}
