import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { documentSpan, keySpan, parseStream, spanOf } from '#source/documents.ts';
import type { Span } from '#source/origin.ts';

function cut(text: string, span: Span): string {
  const lines = text.split('\n').slice(span.startLine - 1, span.endLine);
  const last = lines.length - 1;
  lines[last] = (lines[last] ?? '').slice(0, span.endColumn - 1);
  lines[0] = (lines[0] ?? '').slice(span.startColumn - 1);
  return lines.join('\n');
}

const stream = `# licence
---
# the policy
apiVersion: v1 # here
kind: Policy
spec:
  rules:
  - from: [a, "b c"]
    to: &t
      x: 1
  - to: *t
  empty:
  merged:
    <<: *t
    z: 3
# end
---
apiVersion: v1
kind: List
items:
- kind: A
  metadata: {name: one}
- kind: B
  metadata: {name: two}
`;

describe('a path leads to its place in the file', () => {
  test.each([
    [['apiVersion'], 'v1'],
    [['spec', 'rules', 0, 'from', 1], '"b c"'],
    [['spec', 'rules', 0, 'from'], '[a, "b c"]'],
    [['spec', 'rules', 1, 'to', 'x'], '1'],
    [['spec', 'merged', 'x'], '1'],
    [['spec', 'merged', 'z'], '3'],
    [['spec', 'empty'], 'empty'],
    [['spec', 'rules', 0, 'from', 7], '[a, "b c"]'],
    [['spec', 'rules', 0, 'to', 'nothing', 'deeper'], 'x: 1'],
  ])('%j', (path, expected) => expect(cut(stream, spanOf(stream, { document: 0 }, path))).toBe(expected));
  test('with its key', () => expect(cut(stream, keySpan(stream, { document: 0 }, ['spec', 'rules', 0, 'to']))).toBe('to: &t\n      x: 1'));
  test('in an item of a list', () => {
    expect(cut(stream, spanOf(stream, { document: 1, item: 1 }, ['metadata', 'name']))).toBe('two');
    expect(cut(stream, documentSpan(stream, 1, 0))).toBe('kind: A\n  metadata: {name: one}');
  });
  test('a whole document without the comments around it', () => {
    const span = documentSpan(stream, 0);
    expect([span.startLine, span.endLine]).toEqual([4, 15]);
  });
  test('a document or path that is not there is cited as a whole', () => {
    expect(spanOf(stream, { document: 9 }, ['x'])).toMatchObject({ startLine: 1 });
    expect(spanOf(stream, { document: 0 }, ['nothing'])).toEqual(documentSpan(stream, 0));
    expect(spanOf('', { document: 0 }, [])).toEqual({ startLine: 1, startColumn: 1, endLine: 1, endColumn: 1 });
  });
  test('the last of duplicate keys is the one in force', () => expect(spanOf('a: 1\na: 2\n', { document: 0 }, ['a']).startLine).toBe(2));
  test('lines are those of the file with CRLF and a byte order mark', () => expect(spanOf('\uFEFF---\r\na: 1\r\nb: 2\r\n', { document: 0 }, ['b'])).toEqual({ startLine: 3, startColumn: 4, endLine: 3, endColumn: 5 }));
});

test('law: the cited text of every written value reads as that value', () => {
  const leaf = fc.oneof(fc.integer(), fc.boolean(), fc.constantFrom('plain', 'two words', 'on', '017', 'a: b', '# no', 'é😀'));
  const { tree } = fc.letrec<{ tree: unknown; map: Record<string, unknown> }>((tie) => ({
    tree: fc.oneof({ maxDepth: 3 }, leaf, fc.array(tie('tree'), { minLength: 1, maxLength: 3 }), tie('map')),
    map: fc.dictionary(fc.constantFrom('a', 'b', 'c d', 'on', '1'), tie('tree'), { minKeys: 1, maxKeys: 3 }),
  }));
  fc.assert(fc.property(fc.array(fc.record({ a: tree, b: tree }), { minLength: 1, maxLength: 3 }), fc.boolean(), (documents, flow) => {
    const text = documents.map((document) => `---\n${stringify(document, { version: '1.1', collectionStyle: flow ? 'flow' : 'block', lineWidth: 0 })}`).join('');
    for (const { index, value, problems } of parseStream(text)) {
      expect(problems).toEqual([]);
      expect(value).toEqual(documents[index]);
      const visit = (part: unknown, path: readonly (string | number)[]): void => {
        if (typeof part === 'object' && part !== null) {
          for (const [key, inner] of Object.entries(part)) visit(inner, [...path, Array.isArray(part) ? Number(key) : key]);
          return;
        }
        const written = cut(text, spanOf(text, { document: index }, path));
        expect(parseStream(`v: ${written}`)[0]?.value).toEqual({ v: part });
      };
      visit(value, []);
    }
  }), { numRuns: 60 });
});
