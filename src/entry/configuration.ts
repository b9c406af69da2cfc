/** Which configuration holds: the file that the user names, else the base's own, so that no change relaxes its own gate. */
import { InputError } from '#app/input-error.ts';
import { defaultConfig, readConfig, type Config, type NotYet } from '#app/config.ts';
import { configurationPath } from '#app/load/relevance.ts';
import { textAt, type TreePair } from '#trees/tree.ts';
import { defaultMaxFiles, type FileLimit } from '#trees/file-limit.ts';
import { readNamed } from './read-named.ts';

export interface Configuration {
  readonly config: Config;
  readonly notYet: readonly NotYet[];
  readonly file: string;
  /** As written; absent where the defaults hold. */
  readonly text?: string;
  /** What the head's own configuration would be, where it differs from the base's. */
  readonly proposed?: Config;
}

export type Parse = (text: string, file: string) => Pick<Configuration, 'config' | 'notYet'>;

function parsed(text: string, file: string): ReturnType<Parse> {
  const result = readConfig(text, file);
  if (result.type === 'invalid') {
    const [first, ...more] = result.problems;
    const rest = more.length > 0 ? ` (and ${more.length} more: ${more.map((problem) => `line ${problem.line}: ${problem.message}`).join('; ')})` : '';
    throw new InputError(`${file}:${first?.line ?? 1}: ${first?.message ?? 'not a configuration'}${rest}`, first?.remedy ?? 'correct the file');
  }
  return { config: result.config, notYet: result.notYet };
}

/** `limits.files`, which must be known before the trees are read; a configuration that is none fails afterwards, with its line. */
export function configuredFiles(named: string | undefined): FileLimit {
  return named === undefined ? committedFiles(configurationPath) : filesIn(readNamed(named), named);
}

/** The same of a file in the tree. */
export function committedFiles(file: string): FileLimit {
  return { file, of: (text) => (text === undefined ? defaultMaxFiles : filesIn(text, file)) };
}

function filesIn(text: string, file: string): number {
  const result = readConfig(text, file);
  return result.type === 'config' ? result.config.limits.files : defaultMaxFiles;
}

export function configurationFor(pair: TreePair, named: string | undefined): Configuration {
  if (named !== undefined) {
    const text = readNamed(named);
    return { ...parsed(text, named), file: named, text };
  }
  return committedConfiguration(pair, configurationPath, parsed);
}

/** The base's file is in force, the head's is a proposal. @param parse throws where the base's file is not a configuration */
export function committedConfiguration(pair: TreePair, file: string, parse: Parse): Configuration {
  const base = textAt(pair, 'base', file);
  const head = textAt(pair, 'head', file);
  const inForce = base === undefined ? { config: defaultConfig, notYet: [] } : { ...parse(base, file), text: base };
  return { ...inForce, file, ...(head === undefined || head === base ? {} : proposedBy(head, file)) };
}

/** A broken proposal is the author's to mend, and no reason to stop the review by the rules in force. */
function proposedBy(text: string, file: string): Pick<Configuration, 'proposed'> {
  const result = readConfig(text, file);
  return result.type === 'invalid' ? {} : { proposed: result.config };
}
