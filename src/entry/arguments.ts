/** Flags with messages a person can act on: an unknown one names the nearest real one, a second value of a flag for one is no guess. */
import { parseArgs, type ParseArgsConfig } from 'node:util';
import { InputError } from '#app/input-error.ts';
import { nearestName } from '#manifests/nearest-name.ts';

type Options = NonNullable<ParseArgsConfig['options']>;
type Parsed<T extends Options> = ReturnType<typeof parseArgs<{ options: T; allowPositionals: true; strict: true }>>;

/** How many arguments without a flag a command takes. */
export type Positionals = 'none' | 'REV|DIR' | 'CODE' | 'FILE…';

export function readArguments<const T extends Options>(args: readonly string[], options: T, positionals: Positionals): Parsed<T> {
  const parsed = parse(args, options);
  const [first, second] = parsed.positionals;
  if (positionals === 'none' && first !== undefined) throw new InputError(`\`${first}\` is not understood`, takes(options));
  if (positionals !== 'FILE…' && second !== undefined) throw new InputError(`\`${second}\` is not understood`, `name one ${positionals}`);
  return parsed;
}

function parse<const T extends Options>(args: readonly string[], options: T): Parsed<T> {
  const given = new Set<string>();
  for (const token of parseArgs({ args: [...args], options, allowPositionals: true, strict: false, tokens: true }).tokens) {
    if (token.kind !== 'option') continue;
    const option = Object.hasOwn(options, token.name) ? options[token.name] : undefined;
    if (option === undefined) {
      const nearest = nearestName(token.name, Object.keys(options));
      throw new InputError(`unknown option \`${token.rawName}\``, nearest === undefined ? takes(options) : `did you mean \`--${nearest}\`?`);
    }
    if (given.has(token.name) && option.multiple !== true) throw new InputError(`\`--${token.name}\` is given twice`, 'give it once');
    given.add(token.name);
  }
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true, strict: true });
  } catch (error) {
    const message = error instanceof Error ? (error.message.split(/\. |\n/u)[0] ?? '') : String(error);
    throw new InputError(message.charAt(0).toLowerCase() + message.slice(1).replaceAll("'", '`'), takes(options));
  }
}

function takes(options: Options): string {
  const names = Object.keys(options).map((name) => `--${name}`);
  return names.length === 0 ? 'leave it out' : `known here: ${names.join(', ')}`;
}

export const reportOptions = {
  format: { type: 'string', multiple: true },
  output: { type: 'string', multiple: true },
  config: { type: 'string' },
  verbose: { type: 'boolean' },
  statistics: { type: 'string' },
} as const;

/** The embedded example has its own configuration: the defaults. */
export const demoOptions = {
  format: reportOptions.format,
  output: reportOptions.output,
  verbose: reportOptions.verbose,
  statistics: reportOptions.statistics,
} as const;
