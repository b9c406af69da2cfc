import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseStream } from '#source/documents.ts';

/** Written by hand from go-yaml v2's `resolve`, which Kubernetes reads with; confirmed by kubectl below. */
const scalars: readonly (readonly [written: string, read: unknown])[] = [
  ['on', true], ['off', false], ['yes', true], ['no', false], ['y', true], ['n', false], ['Y', true], ['N', false],
  ['NO', false], ['Yes', true], ['On', true], ['OFF', false], ['true', true], ['True', true], ['TRUE', true], ['false', false],
  ['tRUE', 'tRUE'], ['yEs', 'yEs'], ['null', null], ['Null', null], ['~', null], ['', null], ['nULL', 'nULL'],
  ['017', 15], ['0o17', 15], ['0O17', 15], ['-017', -15], ['-0o17', -15], ['08', 8], ['0', 0], ['-0', 0], ['00', 0], ['+12', 12],
  ['1_000', 1000], ['1_', 1], ['_1', '_1'], ['0b101', 5], ['-0b101', -5], ['+0b11', 3], ['0b12', '0b12'], ['0b-11', -3],
  ['0x1F', 31], ['-0x1F', -31], ['0X1F', 31], ['0_x1F', 31], ['0x', '0x'],
  ['1.5', 1.5], ['1.', 1], ['.5', 0.5], ['+.5', 0.5], ['-.5', -0.5], ['.e1', '.e1'], ['.1_0', 0.1], ['.1_', '.1_'], ['1e3', 1000], ['1e3_0', 1e30], ['1.e2', 100], ['1e', '1e'], ['.', '.'],
  ['1:30', '1:30'], ['190:20:30', '190:20:30'], ['2020-01-01', '2020-01-01'], ['2020-01-01T10:00:00Z', '2020-01-01T10:00:00Z'], ['1.2.3', '1.2.3'], ['1.2.3.4/8', '1.2.3.4/8'], ['8080/tcp', '8080/tcp'],
  ['!!float 1', 1], ['!!int "3"', 3], ['!!str 12', '12'], ['!!bool "yes"', true], ['!!binary aGk=', 'hi'], ['!!null ""', null], ['! 12', '12'], ['!custom 12', '12'], ['!!timestamp 2020-01-01', '2020-01-01'],
  ['"on"', 'on'], ["'017'", '017'], ['18446744073709551615', 18446744073709552000], ['0xFFFFFFFFFFFFFFFFFF', '0xFFFFFFFFFFFFFFFFFF'], ['<<', '<<'],
];

const keys: readonly (readonly [written: string, read: string])[] = [
  ['y', 'true'], ['on', 'true'], ['no', 'false'], ['12', '12'], ['0x1F', '31'], ['017', '15'], ['1.5', '1.5'], ['1000000.0', '1e+06'], ['1e-5', '1e-05'], ['0.1', '0.1'], ['123456.7', '123456.7'], ['2020-01-01', '2020-01-01'], ['"y"', 'y'], ['1_0', '10'],
];

const header = 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: scalars\n';
const scalarManifest = `${header}${scalars.map(([written], index) => `k${index}: ${written}\n`).join('')}`;
const keyManifests = keys.map(([written]) => `${header}values:\n  ${written}: found\n`);

describe('plain scalars are what Kubernetes makes of them', () => {
  const [document] = parseStream(scalarManifest);

  test('the table has at least the 63 scalars that were measured', () => expect(scalars.length).toBeGreaterThanOrEqual(63));
  test('no scalar is a problem', () => expect(document?.problems).toEqual([]));
  test.each(scalars.map(([written, read], index) => ({ written, read, index })))('`$written` is $read', ({ read, index }) => {
    expect(document?.value).toHaveProperty([`k${index}`], read);
  });
  test.each(keys.map(([written, read], index) => ({ written, read, index })))('the key `$written` is "$read"', ({ read, index }) => {
    expect(parseStream(keyManifests[index] ?? '')[0]?.value).toHaveProperty(['values'], { [read]: 'found' });
  });
  test.each(['!!int foo', '!!float x', '!!bool 3', '!!int 1.5', '!!binary "*"', '.inf', '.nan', '-.INF'])('`%s` is refused, as Kubernetes does', (written) => {
    expect(parseStream(`a: ${written}\n`)[0]?.problems.map((problem) => problem.kind)).toEqual(['yaml-error']);
  });
});

function kubectl(manifest: string): unknown {
  const folder = mkdtempSync(join(tmpdir(), 'scalars-'));
  try {
    writeFileSync(join(folder, 'x.yaml'), manifest);
    return JSON.parse(execFileSync('kubectl', ['label', '--local', '-f', join(folder, 'x.yaml'), 'a=b', '-o', 'json'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, KUBECONFIG: join(folder, 'none') } }));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function hasKubectl(): boolean {
  try {
    execFileSync('kubectl', ['version', '--client'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

describe.skipIf(!hasKubectl())('differential against kubectl (skipped where it is not on PATH)', () => {
  const withoutLabels = (value: unknown): unknown => ({ ...(value as Record<string, unknown>), metadata: undefined });
  test('all scalars of the table', () => {
    expect(withoutLabels(parseStream(scalarManifest)[0]?.value)).toEqual(withoutLabels(kubectl(scalarManifest)));
  });
  test('all keys of the table', () => {
    const together = `${header}values:\n${keys.map(([written]) => `- {${written}: found}\n`).join('')}`;
    expect(withoutLabels(parseStream(together)[0]?.value)).toEqual(withoutLabels(kubectl(together)));
  });
  test('merge keys, aliases, folded and literal blocks, tags on collections', () => {
    const manifest = `${header}base: &b {a: 1, c: 3}
later: {<<: *b, a: 9}
several:
  <<: [{a: 1}, {a: 2, d: 4}]
quoted: {'<<': 3}
set: !!set {a: , b: }
folded: >-
  one
  two

  three
literal: |+
  x
    y

again: &x 1
twice: &x 2
last: *x
plain: multi
  line  value
text: "a\\tb\\x41\\
  c"
`;
    expect(withoutLabels(parseStream(manifest)[0]?.value)).toEqual(withoutLabels(kubectl(manifest)));
  });
  test.each([
    ['a line separator', '# hidden\u2028spec: 1\n'],
    ['a next-line character', '# hidden\u0085spec: 1\n'],
    ['a lone carriage return', '# hidden\rspec: 1\n'],
  ])('%s ends a comment there, so it is never read over here', (_name, line) => {
    expect(kubectl(header + line)).toHaveProperty('spec', 1);
    expect(parseStream(header + line)[0]?.problems).toMatchObject([{ kind: 'yaml-error', line: 5 }]);
  });
});
