/** Ratings of a whole run: every environment on both sides, what moved between them, and the finding that tells it (MP901). */
import type { Change } from '#impact/change.ts';
import type { EnvironmentFacts } from '#findings/detector.ts';
import type { Finding } from '#findings/finding.ts';
import { isIncompleteness } from '#findings/incomplete.ts';
import { maturityFinding } from '#findings/maturity-finding.ts';
import { delta } from './delta.ts';
import type { Maturity, Scorecard } from './scorecard.ts';
import { scorecard } from './scorecard-of.ts';

export interface AssessInput {
  readonly environments: readonly EnvironmentFacts[];
  readonly changes: readonly Change[];
  readonly findings: readonly Finding[];
}

export interface Assessment {
  readonly maturity: Maturity;
  /** MP901, or nothing where the score does not move. */
  readonly findings: readonly Finding[];
}

/** In a snapshot `base` is empty and every delta `null`. */
export function assess(input: AssessInput): Assessment {
  const incomplete = input.findings.some(isIncompleteness);
  const base: Record<string, Scorecard> = {};
  const head: Record<string, Scorecard> = {};
  for (const pair of input.environments) {
    const here = input.findings.filter((finding) => finding.environments.includes(pair.id) && finding.changeIds.length === 0);
    const after = scorecard({ side: pair.head, findings: here.filter((finding) => finding.status !== 'fixed'), incomplete });
    head[pair.id] = after;
    if (pair.base === undefined) continue;
    // What is fixed held on the base; what is new did not.
    const before = here.filter((finding) => finding.status !== 'new').map((finding): Finding => (finding.status === 'fixed' ? { ...finding, status: 'existing' } : finding));
    base[pair.id] = pair.base === pair.head ? after : scorecard({ side: pair.base, findings: before, incomplete });
  }
  const maturity: Maturity = { base, head, delta: delta({ environments: input.environments, base, head, changes: input.changes, findings: input.findings }) };
  const worst = worstEnvironment(maturity);
  const scores = worst === undefined ? undefined : { base: base[worst]?.configured.score ?? null, head: head[worst]?.configured.score ?? null };
  const finding = maturityFinding(maturity.delta, input.changes, input.findings, scores);
  return { maturity, findings: finding === undefined ? [] : [finding] };
}

/** The environment whose delta is the overall one. */
function worstEnvironment({ delta: { overall, environments } }: Maturity): string | undefined {
  return Object.entries(environments).find(([, move]) => move.overall !== null && move.overall === overall)?.[0];
}
