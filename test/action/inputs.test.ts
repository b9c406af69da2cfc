import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { InputError } from '#app/input-error.ts';
import { inputs, readInputs, type InputName } from '../../src/entry/action-inputs.ts';
import { outputNames } from '../../src/entry/action-outputs.ts';

interface Metadata {
  readonly inputs: Readonly<Record<string, { readonly description: string; readonly default?: string }>>;
  readonly outputs: Readonly<Record<string, { readonly description: string }>>;
  readonly runs: { readonly using: string; readonly main: string };
}
const metadata = parse(readFileSync(new URL('../../action.yml', import.meta.url), 'utf8')) as Metadata;
const read = (given: Partial<Record<InputName, string>>) => readInputs((name) => given[name] ?? '');

describe('action.yml and the code agree', () => {
  test('on every input', () => {
    expect(Object.keys(metadata.inputs).sort()).toEqual(Object.keys(inputs).sort());
  });

  test('on every output', () => {
    expect(Object.keys(metadata.outputs).sort()).toEqual([...outputNames].sort());
  });

  test('that only the token has a default there, so that no default overrides the configuration', () => {
    const withDefault = Object.entries(metadata.inputs).filter(([, input]) => input.default !== undefined);
    expect(withDefault.map(([name, input]) => [name, input.default])).toEqual([['github-token', '${{ github.token }}']]);
  });

  test('that every description says something', () => {
    for (const [name, { description }] of [...Object.entries(metadata.inputs), ...Object.entries(metadata.outputs)]) expect(description.length, name).toBeGreaterThan(10);
  });

  test('that names are kebab-case, as the runner hands them on', () => {
    for (const name of [...Object.keys(metadata.inputs), ...Object.keys(metadata.outputs)]) expect(name).toMatch(/^[a-z]+(-[a-z]+)*$/);
  });

  test('on the runtime', () => {
    expect(metadata.runs).toEqual({ using: 'node24', main: 'dist/index.js' });
  });

  test('on every value that a description offers', () => {
    // The first words in code of an enumerating description are values that the parser takes.
    for (const name of ['compare', 'fail-on', 'fail-on-severity', 'incomplete', 'external', 'unreferenced', 'comment-summary-in-pr', 'review-comments-min-severity', 'stale-review-comments', 'annotations', 'sarif-min-severity', 'upload-sarif'] as const) {
      const refused = (() => {
        try {
          read({ [name]: 'no such value' });
          return '';
        } catch (error) {
          return error instanceof InputError ? error.remedy : '';
        }
      })();
      const allowed = [...refused.matchAll(/`([^`]+)`/g)].map((match) => match[1] ?? '');
      expect(allowed.length, name).toBeGreaterThan(1);
      for (const value of allowed) {
        expect(metadata.inputs[name]?.description, name).toContain(`\`${value}\``);
        expect(read({ [name]: value })[name]).toBe(value);
      }
    }
  });
});

describe('inputs are read strictly', () => {
  test('without any, the defaults hold and the configuration decides the gates', () => {
    expect(read({})).toMatchObject({ compare: 'merge-result', 'fail-on': null, 'fail-on-severity': null, incomplete: null, maturity: null, 'warn-only': false, 'max-review-comments': 10, 'sarif-file': 'mesh-posture.sarif', 'config-file': null });
  });

  test.each<[InputName, string, string]>([
    ['fail-on-severity', 'moderate', 'use one of `critical`, `high`, `medium`, `low`'],
    ['fail-on-severity', 'High', 'use one of `critical`, `high`, `medium`, `low`'],
    ['warn-only', 'yes', 'use `true` or `false`'],
    ['warn-only', '1', 'use `true` or `false`'],
    ['max-review-comments', '31', 'use a whole number from 0 to 30'],
    ['max-review-comments', '-1', 'use a whole number from 0 to 30'],
    ['max-review-comments', '1e1', 'use a whole number from 0 to 30'],
    ['max-review-comments', 'many', 'use a whole number from 0 to 30'],
    ['comment-tag', 'a b', 'use 1 to 64 letters, digits, dots, hyphens and underscores'],
    ['comment-tag', '--><script>', 'use 1 to 64 letters, digits, dots, hyphens and underscores'],
    ['maturity', 'minimumScore: 101', 'use `off`, or `minimumScore: 60, maximumDrop: 5` with numbers from 0 to 100'],
    ['maturity', 'on', 'use `off`, or `minimumScore: 60, maximumDrop: 5` with numbers from 0 to 100'],
    ['base-ref', 'main\n::error::x', 'give one text on one line'],
  ])('%s=%j is refused with what is allowed', (name, text, remedy) => {
    const attempt = (): unknown => read({ [name]: text });
    expect(attempt).toThrow(InputError);
    try {
      attempt();
    } catch (error) {
      expect(error).toMatchObject({ remedy });
      expect(String(error)).toContain(`\`${name}\``);
      expect(String(error)).not.toContain('\n');
    }
  });

  test('lists are separated by lines or commas', () => {
    expect(read({ ignore: 'vendor/**\n  old/**,new/**\n' }).ignore).toEqual(['vendor/**', 'old/**', 'new/**']);
  });

  test('the maturity gate has the keys of the configuration', () => {
    expect(read({ maturity: 'minimumScore: 60, maximumDrop: 5' }).maturity).toEqual({ minimumScore: 60, maximumDrop: 5 });
    expect(read({ maturity: 'maximumDrop=5' }).maturity).toEqual({ maximumDrop: 5 });
    expect(read({ maturity: 'off' }).maturity).toBe('off');
  });

  test('`off` switches a file off', () => {
    expect(read({ 'sarif-file': 'off', 'report-file': 'off' })).toMatchObject({ 'sarif-file': null, 'report-file': null });
  });
});
