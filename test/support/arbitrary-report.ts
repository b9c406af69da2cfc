/** Random reports for the laws of the reporters: any number of changes and findings, any text. */
import fc from 'fast-check';
import type { Report } from '#report/report.ts';
import { hostileTexts, samples, withTexts } from './sample-reports.ts';

/** Hostile pieces in any order, and plain noise. */
export const anyText: fc.Arbitrary<string> = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...hostileTexts.filter((text) => text.length < 1_000)) },
  { weight: 3, arbitrary: fc.string({ unit: 'binary', maxLength: 60 }) },
  { weight: 3, arbitrary: fc.array(fc.constantFrom('`', '|', '@', '#', '1', '-', '>', '<', '!', '\n', '::', '[', ']', '(', ')', 'here', 'error', ' ', '\\', '\u001b', '$', '://', 'a'), { maxLength: 24 }).map((parts) => parts.join('')) },
  { weight: 1, arbitrary: fc.constantFrom(...hostileTexts) },
);

const bases: readonly Report[] = Object.values(samples).filter((report) => report !== samples.huge);

/** One of the samples with random texts, and with its lists repeated. */
export const anyReport: fc.Arbitrary<Report> = fc
  .record({ base: fc.constantFrom(...bases), texts: fc.array(anyText, { minLength: 1, maxLength: 12 }), repeat: fc.integer({ min: 0, max: 12 }) })
  .map(({ base, texts, repeat }) => {
    const many = <T,>(list: readonly T[]): readonly T[] => Array.from({ length: repeat }, () => list).flat();
    const report = withTexts(base, (index) => texts[index % texts.length] ?? '');
    return { ...report, changes: many(report.changes), findings: many(report.findings), resources: many(report.resources), incompleteReasons: many(report.incompleteReasons) };
  });
