/**
 * Fills the parts of README.md that are made from other files: what the demo and `environments` print, inputs and outputs of `action.yml`.
 * `--check` compares instead and ends with exit code 1 where the README is stale.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parse } from 'yaml';

const root = resolve(import.meta.dirname, '..');

interface ActionFile {
  readonly inputs: Readonly<Record<string, { readonly description: string; readonly default?: string }>>;
  readonly outputs: Readonly<Record<string, { readonly description: string }>>;
}

function table(head: readonly [string, string], rows: readonly (readonly [string, string])[]): string {
  const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ').trim();
  return [`| ${head[0]} | ${head[1]} |`, '|---|---|', ...rows.map(([name, text]) => `| \`${name}\` | ${cell(text)} |`)].join('\n');
}

function inputs(): string {
  const action = parse(readFileSync(join(root, 'action.yml'), 'utf8')) as ActionFile;
  const described = (entries: Readonly<Record<string, { readonly description: string }>>): [string, string][] => Object.entries(entries).map(([name, { description }]) => [name, description]);
  return `${table(['input', 'meaning'], described(action.inputs))}\n\n${table(['output', 'meaning'], described(action.outputs))}`;
}

/** What the bundled command line prints, as a code block. */
function printed(...args: readonly string[]): string {
  const run = spawnSync(process.execPath, [join(root, 'dist/cli.js'), ...args], { cwd: root, encoding: 'utf8', env: { ...process.env, NO_COLOR: '1' } });
  return `\`\`\`\n${run.stdout.trimEnd()}\n\`\`\``;
}

/** The README with its made parts as they must be now. */
export function freshReadme(): string {
  let text = readFileSync(join(root, 'README.md'), 'utf8');
  for (const [name, content] of [['demo', printed('demo')], ['environments', printed('environments', 'fixtures/environments/storefront')], ['inputs', inputs()]] as const) {
    const pattern = new RegExp(`<!-- ${name} -->[\\s\\S]*?<!-- /${name} -->`);
    if (!pattern.test(text)) throw new Error(`README.md has no part \`${name}\``);
    text = text.replace(pattern, () => `<!-- ${name} -->\n${content}\n<!-- /${name} -->`);
  }
  return text;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const fresh = freshReadme();
  const stale = fresh !== readFileSync(join(root, 'README.md'), 'utf8');
  if (!process.argv.includes('--check')) writeFileSync(join(root, 'README.md'), fresh);
  else if (stale) {
    console.error('README.md is stale: run `npm run readme`');
    process.exitCode = 1;
  }
}
