/** Where results go: files in the order of formats, the rest to standard output. */
import { existsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { InputError } from '#app/input-error.ts';
import { writeWhole } from '#adapters/files/write-whole.ts';
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

/** Whole, or in pieces that end a line: made as they are written. */
export type Text = string | Iterable<string>;

export function writeFile(path: string, text: Text): void {
  assertFolder(path);
  try {
    writeWhole(path, inPieces(text));
  } catch (error) {
    const isFolder = existsSync(path) && statSync(path).isDirectory();
    throw new InputError(`cannot write \`${path}\`: ${isFolder ? 'it is a directory' : error instanceof Error ? error.message : String(error)}`, 'name a file in a directory that may be written');
  }
}

function inPieces(text: Text): Iterable<string> {
  return typeof text === 'string' ? [text.endsWith('\n') ? text : `${text}\n`] : text;
}

/** Writes the whole text before the process ends: pipes are asynchronous, and an exit would cut it. */
export function print(text: Text): void {
  for (const piece of inPieces(text)) process.stdout.write(piece);
}

/** Before the work begins: wrong formats, too many files, folders that are not there. */
export function checkOutputs(flags: { readonly format?: readonly string[] | undefined; readonly output?: readonly string[] | undefined; readonly statistics?: string | undefined }): void {
  const { format = [], output = [], statistics } = flags;
  format.forEach(formatOf);
  assertEnough(output.length, Math.max(1, format.length));
  for (const path of [...output, ...(statistics === undefined ? [] : [statistics])]) assertFolder(path);
}

function assertEnough(files: number, wanted: number): void {
  if (files > wanted) throw new InputError(`${String(files)} files for ${String(wanted)} ${wanted === 1 ? 'format' : 'formats'}`, 'give one `--format` for each `--output`');
}

function assertFolder(path: string): void {
  const folder = dirname(path);
  if (!existsSync(folder)) throw new InputError(`cannot write \`${path}\`: the directory \`${folder}\` does not exist`, 'make it first, or name another file');
}

export interface Rendering {
  readonly render: (format: Format, report: Report) => Text;
  readonly formats: readonly string[];
  readonly outputs: readonly string[];
}

export function deliver(report: Report, rendering: Rendering): void {
  const wanted = (rendering.formats.length > 0 ? rendering.formats : ['text']).map(formatOf);
  assertEnough(rendering.outputs.length, wanted.length);
  wanted.forEach((format, index) => {
    const text = rendering.render(format, report);
    const file = rendering.outputs[index];
    if (file === undefined) print(text);
    else writeFile(file, text);
  });
}
