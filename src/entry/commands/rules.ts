/** `rules`: the catalogue, or one entry of it. */
import { InputError } from '#app/input-error.ts';
import { describeRules } from '#findings/registry.ts';
import { readArguments } from '../arguments.ts';
import { print } from '../output.ts';

const notYet = 'not computed by this version';

export function rules(args: readonly string[]): Promise<number> {
  const { positionals } = readArguments(args, {}, 'CODE');
  const [name] = positionals;
  const all = describeRules();
  if (name === undefined) {
    print(all.map((entry) => `${entry.code}  ${entry.severity.padEnd(8)}  ${entry.rule.padEnd(34)}  ${entry.title}${entry.implemented ? '' : ` (${notYet})`}`).join('\n'));
    return Promise.resolve(0);
  }
  const entry = all.find((known) => known.code === name.toUpperCase() || known.rule === name);
  if (entry === undefined) throw new InputError(`\`${name}\` is not a rule`, '`mesh-posture rules` lists them');
  const tags = entry.tags.length > 0 ? [`tags: ${entry.tags.join(', ')}`] : [];
  print([`${entry.code} ${entry.rule}`, `${entry.title} (starts at ${entry.severity})`, '', entry.description, ...tags, '', entry.implemented ? `docs/rules/${entry.code}.md` : notYet].join('\n'));
  return Promise.resolve(0);
}
