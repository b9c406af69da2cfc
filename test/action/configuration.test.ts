import { describe, expect, test } from 'vitest';
import { InputError } from '#app/input-error.ts';
import { actionConfiguration, analysis } from '../../src/entry/action-analysis.ts';
import { readInputs, type InputName } from '../../src/entry/action-inputs.ts';
import { pair } from '../support/tree.ts';

const file = '.github/mesh-posture.yml';
const comparison = { mode: 'merge-result', base: { id: 'a', label: 'base' }, head: { id: 'b', label: 'head' } } as const;
const read = (base: Readonly<Record<string, string>>, head: Readonly<Record<string, string>>, given: Partial<Record<InputName, string>> = {}) =>
  actionConfiguration(pair(base, head), readInputs((name) => given[name] ?? ''), { comparison });

describe('the configuration in force', () => {
  test('is the default without a file', () => {
    expect(read({}, {}).config.gates).toMatchObject({ failOn: 'new', severity: 'high', incomplete: 'new', maturity: 'off' });
    expect(read({}, {}).proposed).toBeUndefined();
  });

  test('is that of the base; what the head brings is a proposal', () => {
    const { config, proposed } = read({ [file]: 'gates: {severity: medium}' }, { [file]: 'gates: {failOn: none}' });
    expect(config.gates).toMatchObject({ failOn: 'new', severity: 'medium' });
    expect(proposed?.gates).toMatchObject({ failOn: 'none', severity: 'high' });
  });

  test('is the default where the head brings the first one', () => {
    const { config, proposed } = read({}, { [file]: 'gates: {failOn: none}' });
    expect(config.gates.failOn).toBe('new');
    expect(proposed?.gates.failOn).toBe('none');
  });

  test('is not stopped by a broken proposal', () => {
    expect(read({}, { [file]: 'gates: [' }).proposed).toBeUndefined();
  });

  test('is overridden by inputs, key by key; `ignore` adds', () => {
    const { config, proposed } = read({ [file]: 'gates: {severity: medium, incomplete: any}\nignore: [old/**]' }, { [file]: 'gates: {failOn: any}' }, { 'fail-on-severity': 'low', incomplete: 'off', maturity: 'minimumScore: 60', ignore: 'new/**' });
    expect(config.gates).toMatchObject({ failOn: 'new', severity: 'low', incomplete: 'off', maturity: { minimumScore: 60 } });
    expect(config.ignore).toEqual(expect.arrayContaining(['old/**', 'new/**']));
    expect(proposed?.gates).toMatchObject({ failOn: 'any', severity: 'low' });
  });

  test('is read from the file that the input names', () => {
    expect(read({ 'policy/mesh.yaml': 'gates: {severity: low}', [file]: 'gates: {severity: medium}' }, {}, { 'config-file': 'policy/mesh.yaml' }).config.gates.severity).toBe('low');
  });

  test('that is named and on neither side is wrong use', () => {
    expect(() => read({}, {}, { 'config-file': 'policy/mesh.yaml' })).toThrow(InputError);
    expect(() => read({}, {}, { 'config-file': 'policy/mesh.yaml' })).toThrow(/the configuration `policy\/mesh\.yaml` is not in `head`/);
  });

  test('with a wrong key names file, line and the nearest real key', () => {
    expect(() => read({ [file]: 'gates:\n  failon: new\n' }, {})).toThrow(/`\.github\/mesh-posture\.yml` line 2: unknown key `failon` in `gates`; did you mean `failOn`\?/);
  });
});

describe('the SARIF log', () => {
  const categoryOf = async (given: Partial<Record<InputName, string>>): Promise<unknown> => {
    const inputs = readInputs((name) => given[name] ?? '');
    const { sarif } = await analysis('1.2.3')({ pair: pair({}, {}), comparison, inputs, today: '2026-01-02' });
    const log = JSON.parse(sarif({ uri: 'https://github.com/bank/mesh', revision: 'b'.repeat(40) })) as { runs: readonly { automationDetails: { id: string }; results: readonly unknown[] }[] };
    expect(log.runs[0]?.results).toEqual([]);
    return log.runs[0]?.automationDetails.id;
  };

  test('has a category by tag', async () => {
    expect(await categoryOf({})).toBe('mesh-posture/default/');
    expect(await categoryOf({ 'comment-tag': 'staging' })).toBe('mesh-posture/staging/');
  });

  test('has the category that the workflow names', async () => {
    expect(await categoryOf({ 'sarif-category': 'mesh/prod' })).toBe('mesh/prod/');
    expect(await categoryOf({ 'sarif-category': 'mesh/prod/' })).toBe('mesh/prod/');
  });
});
