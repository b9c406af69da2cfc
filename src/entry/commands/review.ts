/** `review`: what a change opens and closes. */
import { InputError } from '#app/input-error.ts';
import { readArguments, reportOptions } from '../arguments.ts';
import { openPair } from '../open.ts';
import { checkOutputs } from '../output.ts';
import { analyse, finish } from '../run.ts';

export async function review(args: readonly string[]): Promise<number> {
  const { values } = readArguments(args, { base: { type: 'string' }, head: { type: 'string' }, ...reportOptions }, 'none');
  checkOutputs(values);
  if (values.base === undefined || values.head === undefined) throw new InputError('`review` needs `--base` and `--head`', 'name two revisions or two directories');
  const opened = await openPair(values.base, values.head, values.config);
  return finish(await analyse(opened, values.config), opened.pair, values, 'review');
}
