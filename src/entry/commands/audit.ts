/** `audit`: the findings and the scorecard of one tree. */
import { readArguments, reportOptions } from '../arguments.ts';
import { openTree } from '../open.ts';
import { checkOutputs } from '../output.ts';
import { analyse, finish } from '../run.ts';

export async function audit(args: readonly string[]): Promise<number> {
  const { values, positionals } = readArguments(args, reportOptions, 'REV|DIR');
  checkOutputs(values);
  const opened = await openTree(positionals[0], values.config);
  return finish(await analyse(opened, values.config), opened.pair, values, 'audit');
}
