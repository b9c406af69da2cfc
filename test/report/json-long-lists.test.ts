import { expect, test } from 'vitest';
import { jsonPieces, toJson } from '#report/json/to-json.ts';
import { sampleFinding, sampleReport } from '../support/sample-reports.ts';

// Long lists are written in pieces of 256: the text must be the one that a single writing gives.
test.each([0, 1, 255, 256, 257, 512, 513, 700])('a list of %i entries reads as if it had been written in one go', (length) => {
  const findings = Array.from({ length }, (_, index) => sampleFinding({ message: `[${String(index)}],\n  ] "{` }));
  const text = toJson(sampleReport({ findings }));
  const value = JSON.parse(text) as { readonly findings: readonly { readonly message: string }[] };
  expect(value.findings.map(({ message }) => message)).toEqual(findings.map(({ message }) => message));
  expect(text).toBe(`${JSON.stringify(value, null, 2)}\n`);
});

test('no piece holds more than a part of a long list', () => {
  const findings = Array.from({ length: 1_000 }, (_, index) => sampleFinding({ message: `message ${String(index)}` }));
  const pieces = [...jsonPieces(sampleReport({ findings }))];
  expect(pieces.join('')).toBe(toJson(sampleReport({ findings })));
  const holding = pieces.filter((piece) => piece.includes('"message 0"') || piece.includes('"message 999"'));
  expect(holding).toHaveLength(2);
});
