/** An analysis for tests of the Action itself: every added line with `OPEN` and every removed line with `GUARD` is a high finding. */
import { shortHash } from '#lib/canonical.ts';
import { catalogue } from '#findings/catalogue.ts';
import type { Finding } from '#findings/finding.ts';
import { buildSarif } from '#report/sarif/build.ts';
import type { Report } from '#report/report.ts';
import { changedPaths } from '#trees/changes.ts';
import { hunks } from '#trees/hunks.ts';
import { textAt, type TreePair } from '#trees/tree.ts';
import type { Analysis } from '../../src/entry/action-run.ts';
import { maturity, sampleFinding, sampleReport } from './sample-reports.ts';

export function markedLines(shape: (report: Report) => Report = (report) => report): Analysis {
  return ({ pair, comparison, inputs }) => {
    const findings = comparison.base === null ? state(pair) : changes(pair);
    const failed = findings.some((finding) => finding.status === 'new');
    const report = shape(
      sampleReport({
        comparison,
        verdict: failed ? 'fail' : changedPaths(pair).length === 0 && comparison.base !== null ? 'not-applicable' : 'pass',
        gates: [{ id: 'findings', failed, because: failed ? `${String(findings.length)} findings at or above the gate` : 'no new finding of severity high or above' }],
        findings,
        maturity: maturity(61, failed ? 54 : 61),
      }),
    );
    return {
      report,
      sarif: (repository) => `${JSON.stringify(buildSarif({ report, rules: catalogue, files: { text: (path) => textAt(pair, 'head', path) }, minimum: inputs['sarif-min-severity'], tag: inputs['comment-tag'], repository }))}\n`,
    };
  };
}

function changes(pair: TreePair): readonly Finding[] {
  return changedPaths(pair).flatMap(({ path }) => {
    const base = textAt(pair, 'base', path) ?? '';
    const head = textAt(pair, 'head', path) ?? '';
    const baseLines = base.split('\n');
    const headLines = head.split('\n');
    return hunks(base, head)
      .flatMap((hunk) => hunk.lines)
      .flatMap((line): readonly Finding[] => {
        const added = line.type === 'added' && line.right !== undefined ? headLines[line.right - 1] : undefined;
        if (added?.includes('OPEN') === true && line.right !== undefined) return [finding(added, path, line.right, 'RIGHT')];
        const removed = line.type === 'removed' && line.left !== undefined ? baseLines[line.left - 1] : undefined;
        return removed?.includes('GUARD') === true && line.left !== undefined ? [finding(removed, path, line.left, 'LEFT')] : [];
      });
  });
}

/** In a snapshot every `OPEN` is an old one. */
function state(pair: TreePair): readonly Finding[] {
  return [...pair.head.entries.keys()].flatMap((path) =>
    (textAt(pair, 'head', path) ?? '').split('\n').flatMap((line, index): readonly Finding[] => (line.includes('OPEN') ? [{ ...finding(line, path, index + 1, 'RIGHT'), status: 'existing' }] : [])),
  );
}

function finding(line: string, file: string, number: number, side: 'LEFT' | 'RIGHT'): Finding {
  const text = line.trim();
  return sampleFinding({ fingerprint: shortHash(text), resource: `AuthorizationPolicy/shop/${text}`, message: `the line \`${text}\` opens the shop`, location: { file, startLine: number, endLine: number, side } });
}
