/** The id of a change is what comments and waivers find it by: it stays for the same change, and hangs on no place (`docs/report.md`). */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { reviewed } from '../support/reviewed.ts';
import type { Files } from '../support/tree.ts';

function sides(name: string, place = 'change.yaml', before = ''): readonly [Files, Files] {
  const documents = readFileSync(new URL(`../../fixtures/changes/${name}.yaml`, import.meta.url), 'utf8').split('---\n');
  const side = (other: string): Files => ({ [place]: before + documents.filter((document) => !document.startsWith(`# ${other}\n`)).join('---\n') });
  return [side('head'), side('base')];
}

const ids = ([base, head]: readonly [Files, Files]): readonly string[] => reviewed(base, head).changes.map(({ id, direction, facet }) => `${direction} ${facet} ${id}`);

const kept: readonly (readonly [string, readonly string[]])[] = [
  ['accounts-swapped', ['widened identity 411e6627ecfbb065', 'narrowed identity 55a6b1694a425c18']],
  ['accounts-swapped-in-ambient', ['widened identity c999be577b953ba4', 'narrowed identity ebaa4a52e61952a2']],
  ['proxy-that-refused-nothing-taken-away', ['weakened enrolment 4c523786ed8c7d2e']],
  ['proxy-that-refuses-nothing-put-in', ['strengthened enrolment b3d4311f3551cc36']],
  ['extension-changed', ['undecided-widened access 58a66c9b0149eaa1', 'undecided-narrowed access 51afa3df13aa1982']],
  ['network-out-to-nodes', ['undecided-widened egress c0d42e06c4c23019', 'undecided-narrowed egress 87f10d943d1e42a3']],
  ['network-out-to-fewer-addresses', ['widened egress 5c5c16e4fb3e65e2', 'widened access 0ef7fc9ea13db29b', 'narrowed egress a0e231447722534c', 'narrowed access aa39a1b33d1a9d14']],
  ['network-on-the-way-out', ['widened egress 3068492b909f4583', 'widened access d97f653edd90611d', 'widened access bb4f5408eaf127ce', 'narrowed access bb8c1aee53d35b70']],
  ['authorizer-exchanged', ['widened external-authorization 541a2fc618fd8c29', 'undecided-widened external-authorization 9d42b7bf205f6366', 'undecided-narrowed external-authorization b1b331680910bf70']],
  ['authorizer-lets-pass-when-away', ['undecided-widened external-authorization 9d42b7bf205f6366']],
  ['network-before-proxies', ['widened access 614b47b9cfa60602']],
  ['token-claims-loosened', ['widened token 458d90d9f8876139', 'narrowed token f71eaeb1f9030c9c']],
  ['tie-settled', ['narrowed mtls 9eaa89bba01eefe7']],
];

test.each(kept)('of %s', (name, expected) => {
  expect(ids(sides(name))).toEqual(expected);
});

test.each(kept.slice(0, 4))('of %s in another file and some lines further down', (name, expected) => {
  expect(ids(sides(name, 'elsewhere/other.yaml', '# a comment\n\n'))).toEqual(expected);
});
