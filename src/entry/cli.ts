/** The command line: reads the command's name, hands over, sets the exit code. */
import { InputError } from '#app/input-error.ts';
import { oneLine } from './one-line.ts';
import { usage } from './usage.ts';

type Command = (args: readonly string[]) => Promise<number>;

/** Loaded when called, so that `rules` does not pay for `review`. */
const commands = {
  review: async () => (await import('./commands/review.ts')).review,
  audit: async () => (await import('./commands/audit.ts')).audit,
  explain: async () => (await import('./commands/explain.ts')).explain,
  test: async () => (await import('./commands/test.ts')).test,
  environments: async () => (await import('./commands/environments.ts')).environments,
  rules: async () => (await import('./commands/rules.ts')).rules,
  demo: async () => (await import('./commands/demo.ts')).demo,
} satisfies Record<string, () => Promise<Command>>;

function isCommand(name: string): name is keyof typeof commands {
  return Object.hasOwn(commands, name);
}

async function main(args: readonly string[]): Promise<number> {
  const [name, ...rest] = args;
  if (name === undefined || name === '--help' || name === '-h' || name === 'help' || rest.includes('--help')) {
    process.stdout.write(usage);
    return name === undefined ? 2 : 0;
  }
  if (name === '--version') {
    const { version } = await import('./version.ts');
    process.stdout.write(`mesh-posture ${version}\n`);
    return 0;
  }
  if (!isCommand(name)) throw new InputError(`\`${name}\` is not a command`, `use one of ${Object.keys(commands).join(', ')}; \`--help\` explains them`);
  return (await commands[name]())(rest);
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (error instanceof InputError) {
    process.stderr.write(`mesh-posture: ${oneLine(error.message)}; ${oneLine(error.remedy)}\n`);
    process.exitCode = 2;
  } else {
    process.stderr.write(`mesh-posture: internal error: ${oneLine(error instanceof Error ? error.message : String(error))}; please report it with the command and, if you can, the manifests\n`);
    if ((process.env.MESH_POSTURE_DEBUG ?? '') !== '' && error instanceof Error) process.stderr.write(`${error.stack ?? ''}\n`);
    process.exitCode = 3;
  }
}
