/** MP901: the delta of the maturity score, for readers that only see findings. Only where it is not zero. */
import type { Change } from '#impact/change.ts';
import { ruleEntry } from './catalogue.ts';
import { fingerprint } from './fingerprint.ts';
import type { Finding } from './finding.ts';

/** The part of the maturity delta that the finding tells. */
export interface MaturityMove {
  readonly overall: number | null;
  readonly environments: Readonly<Record<string, { readonly overall: number | null; readonly dimensions: Readonly<Record<string, { readonly delta: number | null; readonly movedBy: readonly string[] }>> }>>;
}

export function maturityFinding(delta: MaturityMove, changes: readonly Change[], findings: readonly Finding[], scores?: { readonly base: number | null; readonly head: number | null }): Finding | undefined {
  if (delta.overall === null || delta.overall === 0) return undefined;
  const entry = ruleEntry('maturity-changed');
  const moved = Object.entries(delta.environments).filter(([, move]) => move.overall !== null && move.overall !== 0);
  const ids = new Set(moved.flatMap(([, move]) => Object.values(move.dimensions).flatMap((dimension) => dimension.movedBy)));
  const moving = changes.filter((change) => ids.has(change.id));
  const cause = [...moving, ...changes].flatMap((change) => change.causes)[0];
  const location = cause === undefined ? findings.find((finding) => ids.has(finding.fingerprint) && finding.location !== undefined)?.location : { file: cause.file, startLine: cause.line, endLine: cause.endLine, side: cause.side };
  const dimensions = dimensionsOf(moved.map(([, move]) => move));
  const falls = delta.overall < 0;
  // The scores count every workload, the delta those of both sides: where they seem to contradict each other, the delta alone is told.
  const agree = scores?.base !== undefined && scores.base !== null && scores.head !== null && Math.sign(scores.head - scores.base) === Math.sign(delta.overall);
  const from = agree ? ` (from ${String(scores.base)} to ${String(scores.head)} of 100)` : '';
  return {
    code: entry.code,
    rule: entry.rule,
    title: entry.title,
    severity: 'info',
    certainty: 'proved',
    evidence: 'INFERRED',
    status: 'new',
    environments: moved.map(([id]) => id).sort(),
    resource: 'mesh',
    ...(location === undefined ? {} : { location }),
    related: [],
    message: `the configured zero-trust maturity moves by ${signed(delta.overall)}${from}${dimensions.length === 0 ? '' : `: ${dimensions.slice(0, 4).join(', ')}`}`,
    impact: falls ? 'the mesh enforces less than before' : 'the mesh enforces more than before',
    remedy: falls ? 'the findings of this review name what moved it' : 'nothing to do',
    validation: { positive: 'the requests that the mesh is for are still answered', negative: 'the requests that the findings name are refused' },
    fingerprint: fingerprint({ code: entry.code, causes: ['mesh'], facet: '', direction: falls ? 'down' : 'up' }),
    changeIds: moving.map((change) => change.id).sort(),
    tags: entry.tags,
  };
}

/** Each dimension once, with what moved most over the environments. */
function dimensionsOf(moves: readonly MaturityMove['environments'][string][]): readonly string[] {
  const most = new Map<string, number>();
  for (const { dimensions } of moves) {
    for (const [name, { delta }] of Object.entries(dimensions)) if (delta !== null && Math.abs(delta) > Math.abs(most.get(name) ?? 0)) most.set(name, delta);
  }
  return [...most].map(([name, delta]) => `${name} ${signed(delta)}`);
}

function signed(value: number): string {
  const text = Number.isInteger(value) ? String(value) : value.toFixed(1);
  return value > 0 ? `+${text}` : text;
}
