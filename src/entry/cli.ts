/** The command line: reads the command's name, hands over, sets the exit code. */
import { InputError } from '#app/input-error.ts';
import { nearestName } from '#manifests/nearest-name.ts';
import { compileLess } from './compiler.ts';
import { endOnSignals } from './interruption.ts';
import { oneLine } from './one-line.ts';
import { commandUsage, usage } from './usage.ts';

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
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    const [about] = rest;
    process.stdout.write(about !== undefined && isCommand(about) ? commandUsage[about] : usage);
    return name === undefined ? 2 : 0;
  }
  if (name === '--version') {
    const { version } = await import('./version.ts');
    process.stdout.write(`mesh-posture ${version}\n`);
    return 0;
  }
  if (!isCommand(name)) {
    const nearest = nearestName(name, Object.keys(commands));
    throw new InputError(`\`${name}\` is not a command`, `${nearest === undefined ? '' : `did you mean \`${nearest}\`? `}use one of ${Object.keys(commands).join(', ')}; \`--help\` explains them`);
  }
  if (rest.includes('--help') || rest.includes('-h')) {
    process.stdout.write(commandUsage[name]);
    return 0;
  }
  return (await commands[name]())(rest);
}

compileLess();
endOnSignals();
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
