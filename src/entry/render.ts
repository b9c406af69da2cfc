/** One result in the format that was asked for. */
import { assertNever } from '#lib/assert-never.ts';
import { describeRules } from '#findings/registry.ts';
import { jsonPieces } from '#report/json/to-json.ts';
import { summaryMarkdown } from '#report/markdown/summary.ts';
import type { Report } from '#report/report.ts';
import { sarifText } from '#report/sarif/build.ts';
import { auditText } from '#report/text/audit.ts';
import { reviewText } from '#report/text/review.ts';
import type { ReviewOutcome } from '#app/review.ts';
import { textAt, type TreePair } from '#trees/tree.ts';
import { textOptions, type Format, type Text } from './output.ts';

export interface RenderOptions {
  readonly kind: 'review' | 'audit';
  readonly verbose: boolean;
}

export function renderer(pair: TreePair, outcome: ReviewOutcome, options: RenderOptions): (format: Format, report: Report) => Text {
  return (format, report) => {
    switch (format) {
      case 'text':
        return options.kind === 'audit' ? auditText(report, textOptions(options.verbose)) : reviewText(report, textOptions(options.verbose));
      case 'markdown':
        return summaryMarkdown(report);
      case 'json':
        return jsonPieces(report);
      case 'sarif': {
        const fallback = report.changes.flatMap((change) => change.causes).find((cause) => cause.side === 'RIGHT')?.file;
        return sarifText({
          report,
          rules: describeRules(),
          files: { text: (path) => textAt(pair, 'head', path), locate: outcome.locateHead, ...(fallback === undefined ? {} : { fallback }) },
          tag: 'default',
        });
      }
      default:
        return assertNever(format);
    }
  };
}
