/**
 * The Action's inputs: one table, from which names, allowed values and defaults are read. Defaults live here and not in
 * `action.yml`, where they would override the configuration file. Nothing is guessed: a value that is not understood is an error.
 */
import { InputError } from '#app/input-error.ts';

type Parse<T> = (text: string, name: string) => T;

interface Input<T> {
  readonly parse: Parse<T>;
  /** What holds where the workflow gives nothing. */
  readonly otherwise: T;
}

const severities = ['critical', 'high', 'medium', 'low'] as const;

export interface MaturityGate {
  readonly minimumScore?: number;
  readonly maximumDrop?: number;
}

function input<T>(parse: Parse<T>, otherwise: T): Input<T> {
  return { parse, otherwise };
}

/** A setting that the configuration file decides unless the workflow does. */
function override<T>(parse: Parse<T>): Input<T | null> {
  return { parse, otherwise: null };
}

function oneOf<const T extends string>(...allowed: readonly T[]): Parse<T> {
  return (text, name) => {
    const found = allowed.find((value) => value === text);
    if (found === undefined) throw new InputError(`the input \`${name}\` is ${quoted(text)}`, `use one of ${allowed.map((value) => `\`${value}\``).join(', ')}`);
    return found;
  };
}

/** YAML 1.2's core schema, as the toolkit reads booleans. */
const flag: Parse<boolean> = (text, name) => {
  if (/^(true|True|TRUE)$/.test(text)) return true;
  if (/^(false|False|FALSE)$/.test(text)) return false;
  throw new InputError(`the input \`${name}\` is ${quoted(text)}`, 'use `true` or `false`');
};

function whole(least: number, most: number): Parse<number> {
  return (text, name) => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < least || value > most) throw new InputError(`the input \`${name}\` is ${quoted(text)}`, `use a whole number from ${String(least)} to ${String(most)}`);
    return value;
  };
}

/** One text on one line. */
const line: Parse<string> = (text, name) => {
  if (/[\u0000-\u001f\u007f]/.test(text)) throw new InputError(`the input \`${name}\` holds a line break or a control character`, 'give one text on one line');
  return text;
};

const list: Parse<readonly string[]> = (text) =>
  text
    .split(/[\n,]/)
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');

const tag: Parse<string> = (text, name) => {
  if (!/^[A-Za-z0-9._-]{1,64}$/.test(text)) throw new InputError(`the input \`${name}\` is ${quoted(text)}`, 'use 1 to 64 letters, digits, dots, hyphens and underscores');
  return text;
};

/** A file that the step writes; `off` = none. */
const outputFile: Parse<string | null> = (text, name) => (text === 'off' ? null : line(text, name));

/** `off`, or `minimumScore: 60, maximumDrop: 5` (either of them), as in the configuration. */
const maturity: Parse<'off' | MaturityGate> = (text, name) => {
  if (text === 'off') return 'off';
  const gate: { minimumScore?: number; maximumDrop?: number } = {};
  for (const entry of list(text, name)) {
    const [, key, value] = /^(minimumScore|maximumDrop)\s*[:=]\s*(\d{1,3})$/.exec(entry) ?? [];
    if ((key !== 'minimumScore' && key !== 'maximumDrop') || value === undefined || Number(value) > 100) {
      throw new InputError(`the input \`${name}\` holds ${quoted(entry)}`, 'use `off`, or `minimumScore: 60, maximumDrop: 5` with numbers from 0 to 100');
    }
    gate[key] = Number(value);
  }
  return gate;
};

export const inputs = {
  'github-token': input(line, ''),
  'base-path': override(line),
  'head-path': override(line),
  'base-ref': override(line),
  'head-ref': override(line),
  compare: input(oneOf('merge-result', 'merge-base'), 'merge-result'),
  'config-file': override(line),
  'fail-on': override(oneOf('new', 'any', 'none')),
  'fail-on-severity': override(oneOf(...severities)),
  incomplete: override(oneOf('new', 'any', 'off')),
  external: override(oneOf('fail', 'warn', 'off')),
  unreferenced: override(oneOf('fail', 'warn', 'off')),
  maturity: override(maturity),
  'warn-only': input(flag, false),
  ignore: input(list, []),
  'comment-summary-in-pr': input(oneOf('always', 'on-findings', 'on-failure', 'never'), 'on-findings'),
  'review-comments': input(flag, true),
  'review-comments-min-severity': input(oneOf(...severities), 'medium'),
  'max-review-comments': input(whole(0, 30), 10),
  'stale-review-comments': input(oneOf('delete', 'keep'), 'delete'),
  annotations: input(oneOf('auto', 'always', 'never'), 'auto'),
  'comment-tag': input(tag, 'default'),
  'job-summary': input(flag, true),
  'sarif-file': input(outputFile, 'mesh-posture.sarif'),
  'sarif-category': override(line),
  'sarif-min-severity': input(oneOf(...severities), 'low'),
  'upload-sarif': input(oneOf('auto', 'never'), 'auto'),
  'report-file': input(outputFile, 'mesh-posture.json'),
} as const satisfies Readonly<Record<string, Input<unknown>>>;

export type InputName = keyof typeof inputs;
export type ActionInputs = { readonly [Name in InputName]: (typeof inputs)[Name] extends Input<infer T> ? T : never };

/**
 * @param read the text of an input, empty where the workflow gives none
 * @throws InputError for the first input that is not understood, naming the values that are
 */
export function readInputs(read: (name: InputName) => string): ActionInputs {
  const entries = Object.entries(inputs).map(([name, { parse, otherwise }]) => {
    const text = read(name as InputName).trim(); // keys of the table above
    return [name, text === '' ? otherwise : parse(text, name)] as const;
  });
  // Every name of the table is there, each with the type of its parser.
  return Object.fromEntries(entries) as unknown as ActionInputs;
}

function quoted(text: string): string {
  const shown = text.replace(/[\u0000-\u001f\u007f`]+/g, ' ').trim();
  return `\`${shown.length > 80 ? `${shown.slice(0, 79)}…` : shown}\``;
}
