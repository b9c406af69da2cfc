/** The bundle of sources and suite, loaded with a mutant on or off, and a check of it run within a time. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { Script } from 'node:vm';

/** What a bundle and its tests see. */
export interface Mutation {
  id: number;
  hits: number;
  limit: number;
  file: string;
  /** The check at hand had fewer runs than it asks for. */
  capped: boolean;
  readonly checks: { readonly id: string; readonly run: () => void }[];
  readonly forget: (() => void)[];
  hit(): true;
  cover(...ids: readonly number[]): void;
  /** Of the original of an expression: it is as good as covered for the mutants whose value differs. */
  saw(...ids: readonly number[]): <Value>(value: Value) => Value;
}

const nodeRequire = createRequire(import.meta.url);

/** A loop that never ends comes by its mutant again and again. */
class TooMany extends Error {}

/** No mutant is on. */
export const off = -1;

export type Bundle = (require: NodeJS.Require, module: object, exports: object, mutation: Mutation) => void;

export function bundle(folder: string, name: string): Bundle {
  const text = readFileSync(join(folder, name), 'utf8');
  return new Script(`(function (require, module, exports, __mutation) {${text}\n})`, { filename: join(folder, name) }).runInThisContext() as Bundle;
}

const unheard = (): undefined => undefined;

/**
 * @param cover hears which mutants are come by
 * @param constants mutants that put a constant in the place of an expression: they are come by where its value is another
 */
export function loaded(made: Bundle, id: number, cover: Mutation['cover'] = unheard, constants: ReadonlyMap<number, unknown> = new Map()): Mutation {
  const mutation: Mutation = {
    id,
    hits: 0,
    limit: 10_000_000,
    file: '',
    capped: false,
    checks: [],
    forget: [],
    hit() {
      mutation.hits += 1;
      if (mutation.hits > mutation.limit) throw new TooMany('the mutant is come by too often');
      return true;
    },
    cover,
    saw: (...ids) => (value) => {
      cover(...ids.filter((each) => !constants.has(each) || constants.get(each) !== value));
      return value;
    },
  };
  within(20_000, () => made(nodeRequire, {}, {}, mutation));
  return mutation;
}

const trampoline = new Script('globalThis.__step()');
const shared = globalThis as unknown as { __step?: () => void };

/** Ends what runs longer. */
export function within(milliseconds: number, run: () => void): void {
  shared.__step = run;
  trampoline.runInThisContext({ timeout: milliseconds });
}

export function outOfTime(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ERR_SCRIPT_EXECUTION_TIMEOUT';
}

export function forget(mutation: Mutation): void {
  for (const each of mutation.forget) each();
  mutation.hits = 0;
}

/** Of this process, in milliseconds: what else the machine does costs a check nothing. */
export function processorTime(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}
