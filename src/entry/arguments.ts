/** Flags with messages a person can act on: an unknown one names the nearest real one. */
import { parseArgs, type ParseArgsConfig } from 'node:util';
import { InputError } from '#app/input-error.ts';

type Options = NonNullable<ParseArgsConfig['options']>;

export function readArguments<const T extends Options>(args: readonly string[], options: T): ReturnType<typeof parseArgs<{ options: T; allowPositionals: true; strict: true }>> {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true, strict: true });
  } catch (error) {
    const message = error instanceof Error ? (error.message.split('. ')[0] ?? '') : String(error);
    throw new InputError(message.charAt(0).toLowerCase() + message.slice(1), `known here: ${Object.keys(options).map((name) => `--${name}`).join(', ')}`);
  }
}

export const reportOptions = {
  format: { type: 'string', multiple: true },
  output: { type: 'string', multiple: true },
  config: { type: 'string' },
  verbose: { type: 'boolean' },
  statistics: { type: 'string' },
} as const;
