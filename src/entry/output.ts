/** Where results go: files in the order of formats, the rest to standard output. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { InputError } from '#app/input-error.ts';
import type { Report } from '#report/report.ts';
import { ansiStyles, noStyles, type TextOptions } from '#report/text/styles.ts';

export const formats = ['text', 'markdown', 'json', 'sarif'] as const;
export type Format = (typeof formats)[number];

export function formatOf(text: string): Format {
  const found = formats.find((format) => format === text);
  if (found === undefined) throw new InputError(`\`--format ${text}\` is not a format`, `use one of ${formats.join(', ')}`);
  return found;
}

/** Colour only on a terminal, never where `NO_COLOR` is set. */
export function textOptions(verbose: boolean): TextOptions {
  const colour = process.stdout.isTTY && (process.env.NO_COLOR ?? '') === '';
  return { styles: colour ? ansiStyles : noStyles, width: Math.max(60, Math.min(process.stdout.isTTY ? process.stdout.columns : 100, 140)), verbose };
}

export function writeFile(path: string, text: string): void {
  try {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  } catch (error) {
    throw new InputError(`cannot write \`${path}\`: ${error instanceof Error ? error.message : String(error)}`, 'name a file in a directory that may be written');
  }
}

/** Writes the whole text before the process ends: pipes are asynchronous, and an exit would cut it. */
export function print(text: string): void {
  process.stdout.write(text.endsWith('\n') ? text : `${text}\n`);
}

export interface Rendering {
  readonly render: (format: Format, report: Report) => string;
  readonly formats: readonly string[];
  readonly outputs: readonly string[];
}

export function deliver(report: Report, rendering: Rendering): void {
  const wanted = (rendering.formats.length > 0 ? rendering.formats : ['text']).map(formatOf);
  if (rendering.outputs.length > wanted.length) throw new InputError(`${rendering.outputs.length} files for ${wanted.length} formats`, 'give one `--format` for each `--output`');
  wanted.forEach((format, index) => {
    const text = rendering.render(format, report);
    const file = rendering.outputs[index];
    if (file === undefined) print(text);
    else writeFile(file, text.endsWith('\n') ? text : `${text}\n`);
  });
}
