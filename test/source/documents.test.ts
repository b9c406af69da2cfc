import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { parseStream, splitDocuments } from '#source/documents.ts';
import { documentLimits } from '#source/convert.ts';
import { yamlOptions } from '#source/schema.ts';

const kinds = (text: string): readonly string[] => parseStream(text).flatMap((document) => document.problems.map((problem) => `${problem.kind}:${problem.line ?? '?'}`));
const values = (text: string): readonly unknown[] => parseStream(text).map((document) => document.value);

describe('a stream is cut where kubectl cuts it', () => {
  test('empty documents are left out and keep their number', () => {
    const found = parseStream('# head\n---\na: 1\n---\n---\n# only a comment\n---\nb: 2\n---\n');
    expect(found.map(({ index, startLine, value }) => ({ index, startLine, value }))).toEqual([
      { index: 0, startLine: 3, value: { a: 1 } },
      { index: 3, startLine: 8, value: { b: 2 } },
    ]);
  });
  test('a comment may stand behind a separator, with or without a blank', () => {
    expect(parseStream('a: 1\n--- # one\nb: 2\n---# two\nc: 3\n').map(({ value, problems }) => [value, problems])).toEqual([[{ a: 1 }, []], [{ b: 2 }, []], [{ c: 3 }, []]]);
  });
  test('CRLF, byte order mark, directives and document ends', () => {
    expect(parseStream('\uFEFF%YAML 1.2\r\n---\r\na: on\r\nb: "x\\\r\n  y"\r\n...\r\n---\r\nc: |\r\n  t\r\n')).toEqual([
      { index: 0, startLine: 3, value: { a: true, b: 'xy' }, problems: [] },
      { index: 1, startLine: 8, value: { c: 't\n' }, problems: [] },
    ]);
  });
  test('a separator inside a block scalar is text', () => {
    expect(values('a: |\n  x\n  ---\n  y\nb: 1\n')).toEqual([{ a: 'x\n---\ny\n', b: 1 }]);
  });
  test('text without any document has none', () => {
    for (const text of ['', '\n', '---', '---\n---\n', '# c', '\uFEFF']) expect(parseStream(text)).toEqual([]);
  });
  test('JSON is YAML', () => {
    expect(parseStream('{"a": {"b": [1, "on", null, 1.5e3, "\\u00e9\\/"]},\n\t"c": true}\n')).toEqual([{ index: 0, startLine: 1, value: { a: { b: [1, 'on', null, 1500, 'é/'] }, c: true }, problems: [] }]);
  });
});

describe('what is read into something else than was meant is a problem with its line', () => {
  test.each([
    ['a separator glued to the line before', 'apiVersion: v1\nkind: A\nfoo: bar---\napiVersion: v1\nkind: B\n', ['glued-separator:3']],
    ['a separator glued to the line after', 'a: 1\n---apiVersion: v1\nkind: B\n', ['glued-separator:2']],
    ['content behind a separator', 'a: 1\n--- {b: 2}\n', ['glued-separator:2']],
    ['more than three dashes', 'a: 1\n-----\nb: 2\n', ['glued-separator:3']],
    ['a missing separator', 'apiVersion: v1\nkind: A\napiVersion: v1\nkind: B\nspec: {}\n', ['glued-separator:3']],
    ['content after a document end', 'a: 1\n...\nb: 2\n', ['glued-separator:3']],
    ['a key twice', 'a: 1\nb:\n  c: 1\n  d: 1\n  c: 2\n', ['duplicate-key:5']],
    ['keys that become equal', 'm: {y: 1, "true": 2}\n', ['duplicate-key:1']],
    ['a key without text', '~: 1\n', ['yaml-error:1']],
    ['a template expression', 'a: {{ .Values.x }}\n', ['yaml-error:1']],
    ['a list as key', '? [a]\n: 1\n', ['yaml-error:1']],
    ['an alias without anchor', 'a: 1\nb: *x\n', ['yaml-error:2']],
    ['an alias of another document', 'a: &x 1\n---\nb: *x\n', ['yaml-error:3']],
    ['an anchor that contains itself', 'a: &x [*x]\n', ['yaml-error:1']],
    ['a key before the merge that sets it', 'b: &b {p: 1}\nm:\n  p: 2\n  <<: *b\n', ['yaml-error:4']],
    ['a merge of a text', 'm: {<<: x}\n', ['yaml-error:1']],
    ['a byte order mark inside', 'a: 1\n---\n\uFEFFb: 1\n', ['yaml-error:3']],
    ['an unclosed quote', 'a: "x\nb: 1\n', ['yaml-error:3']],
    ['a tab as indentation', 'a:\n\tb: 1\n', ['yaml-error:2']],
  ])('%s', (_name, text, expected) => {
    expect(kinds(text).slice(0, 1)).toEqual(expected);
  });
  test('duplicate keys keep the last value, as Kubernetes does', () => expect(values('a: 1\na: 2\n')).toEqual([{ a: 2 }]));
  test('near misses are silent', () => {
    for (const text of ['foo: bar---\n', 'm: {<<: {p: 1}, p: 2}\n', 'a: "{{ x }}"\n', 'a: &x 1\nb: &x 2\nc: *x\n', 'spec: {apiVersion: v1}\napiVersion: v1\n', 'x: !Ref y\n']) expect([text, kinds(text)]).toEqual([text, []]);
  });
  test('a broken document leaves its neighbours alone', () => {
    const found = parseStream('a: 1\n---\nb: [\n---\nc: 3\n');
    expect(found.map((document) => document.problems.length === 0)).toEqual([true, false, true]);
    expect(found[2]?.value).toEqual({ c: 3 });
  });
  test('`__proto__` is a key like any other', () => {
    const [document] = parseStream('__proto__: {polluted: 1}\nconstructor: 2\n');
    expect(Object.keys(document?.value as object)).toEqual(['__proto__', 'constructor']);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });
});

describe('a hostile document costs little', () => {
  const within = (milliseconds: number, text: string): readonly string[] => {
    const start = performance.now();
    const found = kinds(text);
    expect(performance.now() - start).toBeLessThan(milliseconds);
    return found.map((kind) => kind.split(':')[0] ?? '');
  };
  test('an alias bomb', () => {
    const bomb = ['a0: &a0 [x,x,x,x,x,x,x,x,x,x]', ...Array.from({ length: 9 }, (_, level) => `a${level + 1}: &a${level + 1} [${Array.from({ length: 10 }, () => `*a${level}`).join(',')}]`)].join('\n');
    expect(within(2000, bomb)).toEqual(['alias-limit']);
  });
  test('many aliases of one anchor are no bomb, and nothing is shared', () => {
    const [document] = parseStream(`d: &d {p: 1}\nl: [${Array.from({ length: 1000 }, () => '*d').join(', ')}]\n`);
    expect(document?.problems).toEqual([]);
    const list = (document?.value as { l: object[] }).l;
    expect(new Set(list).size).toBe(1000);
  });
  test('deep nesting', () => {
    expect(within(5000, '['.repeat(20_000))).toContain('limit');
    expect(within(5000, `a: ${'['.repeat(documentLimits.depth + 5)}${']'.repeat(documentLimits.depth + 5)}`)).toEqual(['limit']);
    expect(within(5000, `a: ${'['.repeat(100)}${']'.repeat(100)}`)).toEqual([]);
  });
  test('20 000 keys in one map', () => expect(within(5000, Array.from({ length: 20_000 }, (_, key) => `k${key}: 1`).join('\n'))).toEqual([]));
});

describe('laws', () => {
  const fragment = fc.constantFrom('---', '---\n', '\n', '\r\n', 'a: 1', 'a:', '  b: x', '- ', '  - c', '# c', '"', "'", '|', '>', '{', '}', '[', ']', ',', ': ', '&x ', '*x', '<<: ', '!!int ', '%YAML', '...', '\t', 'on', '017', '\u2028', '{{ x }}', '? ', 'apiVersion: v1\n', 'kind: A\n', '---x', '\\', '\uFEFF', 'é', '😀');
  test('no text throws, and every problem has a line of the file', () => {
    fc.assert(fc.property(fc.oneof(fc.array(fragment, { maxLength: 40 }).map((parts) => parts.join('')), fc.string({ maxLength: 60 }), fc.string({ unit: 'binary', maxLength: 30 })), (text) => {
      const lines = text.split('\n').length;
      for (const document of parseStream(text)) {
        expect(document.startLine).toBeLessThanOrEqual(lines);
        for (const problem of document.problems) {
          expect(problem.line).toBeGreaterThanOrEqual(1);
          expect(problem.line).toBeLessThanOrEqual(lines);
          expect(`${problem.reason}${problem.remedy}`).not.toMatch(/\n/u);
        }
      }
    }), { numRuns: 1500 });
  });
  test('documents without problems are those of the package `yaml` on the whole stream', () => {
    fc.assert(fc.property(fc.array(fc.array(fc.constantFrom('a: 1', 'b: [x, y]', 'c:\n  d: on', 'e: |\n  t\n  u', 'f: "q\\n"', '# c', 'g:\n- 1\n- h: 2'), { maxLength: 4 }), { minLength: 1, maxLength: 5 }), (documents) => {
      const text = documents.map((lines) => `---\n${[...new Set(lines)].map((line) => `${line}\n`).join('')}`).join('');
      const whole = parseAllDocuments(text, yamlOptions).map((document) => document.toJS() as unknown);
      for (const document of parseStream(text)) expect(document.value).toEqual(whole[document.index]);
      expect(splitDocuments(text)).toHaveLength(whole.length);
    }), { numRuns: 200 });
  });
});
