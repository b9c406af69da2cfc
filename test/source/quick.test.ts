import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { readFully } from '#source/documents.ts';
import { quickRead } from '#source/quick.ts';
import { spanReader } from '#source/span.ts';
import { splitDocuments } from '#source/split.ts';

/** Longer runs than in CI: `QUICK_RUNS=200000`. */
const numRuns = Number(process.env['QUICK_RUNS'] ?? '3000');

/** Both readers over every document of a text; returns how many the quick one took. */
function agree(text: string): number {
  let taken = 0;
  for (const part of splitDocuments(text)) {
    if (part.empty || part.problem !== undefined) continue;
    const quick = quickRead(text, part.start, part.end);
    if (quick === undefined) continue;
    taken += 1;
    const full = readFully(text, part, true);
    // Line breaks and control characters are looked for before the quick reader is asked.
    if (full.problems.some((problem) => problem.reason.startsWith('the character U+'))) continue;
    expect(full.problems, JSON.stringify(text)).toEqual([]);
    expect(JSON.stringify(quick.value), JSON.stringify(text)).toBe(JSON.stringify(full.value));
    if (text.length <= 350) agreeOnSpans(text, part.index, quick.value);
  }
  return taken;
}

/** Each written value, and one that is not, is cited at the same place by both. */
function agreeOnSpans(text: string, document: number, value: unknown): void {
  const quick = spanReader(text);
  const full = spanReader(text, true);
  const visit = (part: unknown, path: readonly (string | number)[]): void => {
    for (const end of [[], ['not written'], [0]]) {
      const at = [...path, ...end];
      expect(quick.field({ document }, at), `${JSON.stringify(text)} field ${JSON.stringify(at)}`).toEqual(full.field({ document }, at));
      expect(quick.value({ document }, at), `${JSON.stringify(text)} value ${JSON.stringify(at)}`).toEqual(full.value({ document }, at));
    }
    if (part !== null && typeof part === 'object') for (const [key, inner] of Object.entries(part)) visit(inner, [...path, Array.isArray(part) ? Number(key) : key]);
  };
  visit(value, []);
}

const manifest = `# Source: shop/templates/api.yaml
apiVersion: apps/v1
kind: Deployment
metadata:
  name: api   # trailing
  labels: {app: api, "tier": 'back''end', n: -1, on: off, u: http://x:80/y}
  annotations:
    sidecar.istio.io/inject: "true"
    note: "a \\"b\\" \\\\ c\\n"
spec:
  template:
    spec:
      containers:
      - name: app
        args: ["--port=8080", --verbose, -x, 017, ~]
        env:
          - name: A
            value: "x: y # z"
          -   name: B
              value: 1_000
        ports:
        - containerPort: 8080

        # a comment
        - - nested
          - list: [[], {}]
      empty:
      "quoted key": yes
      at: a:b c#d
  script: |
    one
      two

    three
  kept: |-

    first
  folded: >-
    a b
    c


    d
  tail: .5
  several: words that
    go on "here"

    and 'there' [x]
  double: "one \\" two  
      three

    four"
  $patch: 'one
    it''s two'
`;

describe('the quick reader is the full reader where it answers', () => {
  test('it takes what manifests are made of', () => {
    expect(agree(manifest)).toBe(1);
    expect(agree('{"a":1,"b":{"c":["x",true,null,-1.5,{}],\n  "d" : "e"},\n "f": [\n 1,\n 2\n ]\n}\n')).toBe(0);
    expect(agree('{"a":1,"b":{"c":["x",true,null,-1.5,{}],\n  "d": "e"},\n "f": [\n 1,\n 2\n ]\n}\n')).toBe(1);
    expect(agree('- a\n- b: 1\n  c: 2\n-\n  d: 3\n-\n')).toBe(1);
  });
  test.each(['a: &x 1', 'a: *x', 'a: !t 1', 'a: b\n  # c\n  d', 'a: "x\ny"', 'a: b\n  - c', 'a: [1,\n 2]', 'a:\tb', 'a: 1\na: 2', '<<: {a: 1}', '? a', 'a: {{ x }}', 'a: .inf', '~: 1', 'a: |2\n  x', 'a: b: c', '__proto__: 1', 'text', '"text"', 'a: |+\n  x', 'a: |+\n  x\n\n', '[a: b]', '{a, b}', 'a: %x', 'a: `x`', 'a: @x', 'a: "\\x41"'])('it leaves %j to the full reader', (text) => {
    expect(splitDocuments(text).map((part) => quickRead(text, part.start, part.end))).toEqual([undefined]);
  });

  test('law: on written values, in any style', () => {
    const leaf = fc.oneof(fc.integer(), fc.double({ noNaN: true, noDefaultInfinity: true }), fc.boolean(), fc.constant(null), fc.string({ maxLength: 12 }), fc.constantFrom('on', '017', 'a: b', '# no', 'é😀', 'x\ny\n', 'x\n\n  y', ' lead', 'trail ', '-', '- a', '1:30', '', "it's", '"q"', '{{ x }}', '\ta'));
    const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
      tree: fc.oneof({ maxDepth: 4 }, leaf, fc.array(tie('tree'), { maxLength: 3 }), fc.dictionary(fc.oneof(fc.constantFrom('a', 'b', 'c d', 'on', '1', 'x.y/z', 'k-1'), fc.string({ maxLength: 5 })), tie('tree'), { maxKeys: 3 })),
    }));
    fc.assert(fc.property(fc.dictionary(fc.constantFrom('a', 'b', 'c'), tree, { minKeys: 1 }), fc.constantFrom('block', 'flow', 'any'), fc.constantFrom(2, 4), fc.boolean(), fc.constantFrom(0, 20, 80), (value, style, indent, indentSeq, lineWidth) => {
      agree(stringify(value, { version: '1.1', collectionStyle: style, indent, indentSeq, lineWidth }));
      agree(JSON.stringify(value, null, indent));
    }), { numRuns: Math.ceil(numRuns / 5) });
  });
  test('law: on mutilated manifests', () => {
    const piece = fc.constantFrom('', ' ', '  ', '\n', '\n\n', '\n  ', '\n    ', '\n- ', '- ', ':', ': ', ' #', '#', '"', "'", '|', '>', '|+', '>-', '[', ']', '{', '}', ',', ', ', '&a ', '*a', '!x ', '%', '@', '?', '? ', '\\', '\t', '\r\n', 'a', 'k: v', '\n  k: v', '0', '-1', '.', '~', 'on', '<<: ', 'é', '…', '\u00a0', '---', '=', '^', '`');
    const edit = fc.record({ at: fc.nat(manifest.length), cut: fc.oneof(fc.constant(0), fc.constant(1), fc.nat(12)), put: piece });
    let taken = 0;
    fc.assert(fc.property(fc.array(edit, { minLength: 1, maxLength: 4 }), fc.nat(manifest.length), fc.nat(300), (edits, from, length) => {
      let text = manifest;
      for (const { at, cut, put } of edits) text = text.slice(0, at) + put + text.slice(at + cut);
      taken += agree(text) + agree(text.slice(from, from + length)) + agree(text.slice(manifest.lastIndexOf('\n', from) + 1, from + length));
    }), { numRuns });
    expect(taken).toBeGreaterThan(numRuns / 10);
  });
  test('law: on small pieces put together', () => {
    const piece = fc.constantFrom('a', 'b', 'a:', 'b: ', 'a: 1', '\n', '\n', '\n ', '\n  ', '\n   ', '-', '- ', ' ', '"', "'", '"x"', "'y'", '|', '>', '|-', '>+', '|\n', '[', ']', '{', '}', ',', ': ', ':', '#', ' # c', 'x', '0', '~', '..', '/', '\\n', '\\', '=', '<<', '*', '+', '%', ';', '$', '(');
    fc.assert(fc.property(fc.array(piece, { minLength: 1, maxLength: 14 }), (pieces) => {
      const text = pieces.join('');
      agree(text);
      agree(`k:\n  ${text}`);
      agree(`k: ${text}\nl: 1\n`);
      agree(`- ${text}\n- [${text}]\n`);
      agree(`{"a":${text}}`);
      agree(`k: |\n  ${text}\nl: >\n  ${text}\n`);
    }), { numRuns });
  });
});
