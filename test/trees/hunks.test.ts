import { createTwoFilesPatch } from 'diff';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { hunks, isCommentable, lineInBase, lineInHead } from '#trees/hunks.ts';
import { patchLines } from '#trees/patch.ts';
import { wantedPath } from '#trees/wanted.ts';

const numbers = (from: number, to: number): string => Array.from({ length: to - from + 1 }, (_, index) => `${from + index}\n`).join('');

describe('hunks map lines between base and head', () => {
  const base = numbers(1, 30);
  const head = `${numbers(1, 9)}ten\n${numbers(11, 20)}new\n${numbers(21, 29)}`;
  const list = hunks(base, head);
  test('equal lines find each other, changed ones nothing', () => {
    expect([1, 9, 11, 20, 21, 29].map((line) => lineInHead(list, line))).toEqual([1, 9, 11, 20, 22, 30]);
    expect([10, 30].map((line) => lineInHead(list, line))).toEqual([undefined, undefined]);
    expect([22, 21, 10, 5].map((line) => lineInBase(list, line))).toEqual([21, undefined, undefined, 5]);
  });
  test('three lines around a change may be commented', () => {
    expect([6, 7, 10, 13, 14].map((line) => isCommentable(list, 'LEFT', line))).toEqual([false, true, true, true, false]);
    expect([17, 18, 21, 24].map((line) => isCommentable(list, 'RIGHT', line))).toEqual([false, true, true, true]);
  });
  test('equal texts have no hunk; an added or removed file is one', () => {
    expect(hunks('a\n', 'a\n')).toEqual([]);
    expect(hunks('', 'a\nb\n')).toMatchObject([{ oldLines: 0, newLines: 2 }]);
    expect(lineInHead(hunks('a\nb\n', ''), 2)).toBeUndefined();
  });
  test('wholly different large files are one hunk, in bounded time', () => {
    const start = performance.now();
    const [only, ...more] = hunks(numbers(1, 20_000), numbers(50_001, 75_000));
    expect([only?.oldLines, only?.newLines, more.length]).toEqual([20_000, 25_000, 0]);
    expect(performance.now() - start).toBeLessThan(10_000);
  });
  test('law: mapped lines have equal text, and the two maps are inverse', () => {
    const text = fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { maxLength: 25 }).map((lines) => lines.map((line) => `${line}\n`).join(''));
    fc.assert(fc.property(text, text, (left, right) => {
      const found = hunks(left, right);
      const [leftLines, rightLines] = [left.split('\n').slice(0, -1), right.split('\n').slice(0, -1)];
      leftLines.forEach((line, index) => {
        const there = lineInHead(found, index + 1);
        if (there === undefined) return;
        expect(rightLines[there - 1]).toBe(line);
        expect(lineInBase(found, there)).toBe(index + 1);
      });
      const shown = patchLines(createTwoFilesPatch('a', 'b', left, right, '', '', { context: 3 }));
      for (let line = 1; line <= rightLines.length; line += 1) expect(shown.right.has(line)).toBe(isCommentable(found, 'RIGHT', line));
      for (let line = 1; line <= leftLines.length; line += 1) expect(shown.left.has(line)).toBe(isCommentable(found, 'LEFT', line));
    }), { numRuns: 300 });
  });
});

describe('lines of a patch', () => {
  const sides = (patch: string) => {
    const { left, right, complete } = patchLines(patch);
    return { left: [...left], right: [...right], complete };
  };
  test('removed, added and context lines', () => {
    expect(sides('@@ -1,3 +1,3 @@ spec:\n a\n-b\n+B\n c')).toEqual({ left: [1, 2, 3], right: [1, 2, 3], complete: true });
  });
  test('lines that look like headers are lines', () => {
    expect(sides('@@ -1,2 +1,2 @@\n--- old\n-@@ -9 +9 @@\n+++ new\n+x')).toEqual({ left: [1, 2], right: [1, 2], complete: true });
  });
  test('no line feed at the end, counts left out, several hunks', () => {
    expect(sides('@@ -1 +1 @@\n-a\n\\ No newline at end of file\n+b\n\\ No newline at end of file\n@@ -10,0 +11,2 @@\n+x\n+y')).toEqual({ left: [1], right: [1, 11, 12], complete: true });
  });
  test('a new and a removed file', () => {
    expect(sides('@@ -0,0 +1,2 @@\n+a\n+b')).toEqual({ left: [], right: [1, 2], complete: true });
    expect(sides('@@ -1,2 +0,0 @@\n-a\n-b')).toEqual({ left: [1, 2], right: [], complete: true });
  });
  test('a patch that was cut off names the lines it has', () => {
    expect(sides('@@ -1,5 +1,5 @@\n a\n-b')).toEqual({ left: [1, 2], right: [1], complete: false });
  });
  test('an empty context line without its blank, and CRLF', () => {
    expect(sides('@@ -1,3 +1,3 @@\n a\r\n\n-b\r\n+c\r')).toEqual({ left: [1, 2, 3], right: [1, 2, 3], complete: true });
  });
  test('file headers, binary and nonsense have no lines', () => {
    expect(sides('diff --git "a/\\303\\274" "b/x"\nsimilarity index 100%\nrename from a\nrename to b')).toEqual({ left: [], right: [], complete: true });
    expect(sides('Binary files differ')).toEqual({ left: [], right: [], complete: true });
    expect(sides('')).toEqual({ left: [], right: [], complete: true });
  });
  test('law: no text throws', () => fc.assert(fc.property(fc.array(fc.constantFrom('@@ -1,2 +3,4 @@', '@@', '-a', '+b', ' c', '', '\\ x', '--- a', 'junk')), (lines) => {
    patchLines(lines.join('\n'));
  })));
});

describe('which paths are read', () => {
  test.each(['a.yaml', 'x/a.yml', 'a.json', 'kustomization', 'x/Kustomization', 'c/Chart.yaml', 'c/Chart.lock', 'c/values-prod.yaml', 'c/templates/_helpers.tpl', 'c/templates/NOTES.txt', '.github/mesh-posture.yml', 'A.YAML'])('%s', (path) => expect(wantedPath(path)).toBe(true));
  test.each(['README.md', 'src/main.go', 'yaml', 'a.yaml.bak', 'x/kustomization/readme.md', 'package-lock.txt'])('not %s', (path) => expect(wantedPath(path)).toBe(false));
});
