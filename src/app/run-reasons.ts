/** Reasons of the run as the report lists them: one problem, one line; and what the configuration asks that nobody computes yet. */
import { shortHash } from '#lib/canonical.ts';
import type { IncompleteReason } from '#report/report.ts';
import type { Config, NotYet } from './config.ts';

/** Found through several units or readers, a problem at one place in one file is still one. */
export function onceEach(reasons: readonly IncompleteReason[]): readonly IncompleteReason[] {
  const known = new Map<string, IncompleteReason>();
  for (const reason of reasons) {
    const key = reason.file === undefined ? reason.id : [reason.kind, reason.file, reason.line ?? '', reason.reason].join('\n');
    const other = known.get(key);
    if (other === undefined) known.set(key, reason);
    else if (other.status === 'existing' && reason.status === 'new') known.set(key, { ...other, status: 'new' });
  }
  return [...known.values()];
}

/** Declared invariants that nothing holds against the manifests: the run says less than its configuration asks. */
export function undecidedInvariants(config: Config, notYet: readonly NotYet[], file: string | undefined): readonly IncompleteReason[] {
  const declared = config.invariants.length;
  if (declared === 0) return [];
  const line = notYet.find(({ key }) => key === 'invariants')?.line;
  const inside = file !== undefined && !file.startsWith('/') && !file.startsWith('..') && !/^[A-Za-z]:/.test(file);
  return [
    {
      id: shortHash('limit', 'invariants'),
      kind: 'limit',
      status: 'existing',
      ...(inside ? { file, ...(line === undefined ? {} : { line }) } : {}),
      reason: `${String(declared)} ${declared === 1 ? 'invariant is' : 'invariants are'} declared and not computed by this version`,
      remedy: 'hold them against the manifests with `test` and scenarios until a version computes them',
    },
  ];
}
