import { describe, expect, test } from 'vitest';
import { decodeText, isTemplated, manifestLike, mightHoldManifest } from '#source/documents.ts';

describe('a text is left unparsed only where it can hold no manifest', () => {
  test.each([
    ['apiVersion: v1\nkind: A\n', true],
    ['{"apiVersion":"v1","kind":"A"}', true],
    ['"\\u0061piVersion": v1\n"k\\x69nd": A\n', true],
    ['services:\n  web: {image: x}\n', false],
    ['', false],
  ])('%j: %s', (text, expected) => expect(mightHoldManifest(text)).toBe(expected));
});

describe('R17: a line `apiVersion:` and a line `kind:` at one indentation', () => {
  test.each([
    ['kind: A\napiVersion: v1\n', true],
    ['items:\n- apiVersion: v1\n  kind: A\n', true],
    ["  'apiVersion': v1\n  kind: A\n", true],
    ['{"apiVersion": "v1", "kind": "A"}', true],
    ['apiVersion: v1\nspec:\n  kind: A\n', false],
    ['text about apiVersion and kind\n', false],
    ['# apiVersion: v1\n# kind: A\n', false],
  ])('%j: %s', (text, expected) => expect(manifestLike(text)).toBe(expected));
});

test('a template is recognised by both braces', () => {
  expect(isTemplated('a: {{ .Values.x }}')).toBe(true);
  expect(isTemplated('a: {b: {c: d}}')).toBe(false);
});

describe('bytes become text, or a problem with its line', () => {
  const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
  test('the byte order mark goes, line ends stay', () => expect(decodeText(bytes('\uFEFFa: é\r\n'), 100)).toEqual({ type: 'text', text: 'a: é\r\n' }));
  test('bytes that are not UTF-8', () => expect(decodeText(Uint8Array.from([0x61, 0x0a, 0x62, 0xe9, 0x0a]), 100)).toMatchObject({ problem: { kind: 'not-utf8', line: 2 } }));
  test('UTF-16 without a byte order mark; what looks like a manifest was not read', () => {
    const manifest = Buffer.from('apiVersion: v1\nkind: Service\n', 'utf16le');
    expect(decodeText(manifest, 100)).toMatchObject({ problem: { kind: 'not-readable', reason: 'the file is UTF-16 without a byte order mark', line: 1 } });
    expect(decodeText(Buffer.from(manifest).swap16(), 100)).toMatchObject({ problem: { kind: 'not-readable' } });
    expect(decodeText(Buffer.concat([Buffer.from([0xff, 0xfe]), manifest]), 100)).toMatchObject({ problem: { kind: 'not-readable', reason: 'the file is UTF-16' } });
    expect(decodeText(Buffer.from('a: b\n', 'utf16le'), 100)).toMatchObject({ problem: { kind: 'not-utf8' } });
    // Zero bytes alone are other bad input.
    expect(decodeText(Buffer.from('a\u0000b: c\n'), 100)).toMatchObject({ type: 'text' });
  });
  test('UTF-16', () => expect(decodeText(Uint8Array.from([0xff, 0xfe, 0x61, 0]), 100)).toMatchObject({ problem: { kind: 'not-utf8', reason: 'the file is UTF-16' } }));
  test('a Git LFS pointer', () => expect(decodeText(bytes('version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n'), 1000)).toMatchObject({ problem: { kind: 'lfs-pointer' } }));
  test('the limit is inclusive', () => {
    expect(decodeText(bytes('abc'), 3)).toMatchObject({ type: 'text' });
    expect(decodeText(bytes('abcd'), 3)).toMatchObject({ problem: { kind: 'too-large' } });
  });
});
