/** `review`: what a change opens and closes. */
import { InputError } from '#app/input-error.ts';
import { readArguments, reportOptions } from '../arguments.ts';
import { openPair } from '../open.ts';
import { analyse, finish } from '../run.ts';

export async function review(args: readonly string[]): Promise<number> {
  const { values, positionals } = readArguments(args, { ...reportOptions, base: { type: 'string' }, head: { type: 'string' } });
  if (values.base === undefined || values.head === undefined) throw new InputError('`review` needs `--base` and `--head`', 'name two revisions or two directories');
  if (positionals.length > 0) throw new InputError(`\`${positionals.join(' ')}\` is not understood`, 'name what to compare with `--base` and `--head`');
  const opened = await openPair(values.base, values.head);
  return finish(await analyse(opened, values.config), opened.pair, values, 'review');
}
