/** Mutants that no test can notice, each with the reason. An entry that fits no mutant any more, or that says nothing, is an error. */
import { readFileSync } from 'node:fs';
import type { Mutant } from './bundle.ts';

interface Entry {
  /** Absent: in any file. */
  readonly file?: string;
  readonly mutator: string;
  readonly original: string;
  readonly replacement: string;
  /** Text of the line it begins in, where the same text is changed in other places too. */
  readonly within?: string;
  readonly because: string;
}

const list = JSON.parse(readFileSync(new URL('equivalent.json', import.meta.url), 'utf8')) as readonly Entry[];

const plain = (text: string): string => text.replaceAll(/\s+/g, ' ').trim();

/** Behind the last case of a closed union; the compiler fails where a value could come here. */
const nowhere = /^(default: )?return assertNever\(\w+\);$/;

/** Mutant → reason. */
export function ignored(mutants: readonly Mutant[]): ReadonlyMap<number, string> {
  const files = new Set(mutants.map(({ file }) => file));
  const lines = new Map([...files].map((file) => [file, readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8').split('\n')]));
  const found = new Map(mutants.filter(({ original }) => nowhere.test(plain(original))).map(({ id }) => [id, 'no value comes here: the compiler proves that the union is used up']));
  for (const entry of list.filter(({ file }) => file === undefined || files.has(file))) {
    const fitting = mutants.filter((mutant) => (entry.file === undefined || mutant.file === entry.file) && mutant.mutator === entry.mutator && plain(mutant.original) === entry.original && plain(mutant.replacement) === entry.replacement && (entry.within === undefined || (lines.get(mutant.file)?.[mutant.line - 1] ?? '').includes(entry.within)));
    if (fitting.length === 0 && entry.file !== undefined) throw new Error(`equivalent.json: no mutant of ${entry.file} turns \`${entry.original}\` into \`${entry.replacement}\``);
    if (entry.because === '') throw new Error(`equivalent.json: \`${entry.original}\` has no reason`);
    for (const { id } of fitting) found.set(id, entry.because);
  }
  return found;
}
