/** Which workloads a rating is about: those of one side, or only those that both sides have. */
import type { Workload } from '#mesh/model.ts';
import type { SideFacts } from '#findings/facts.ts';

export interface Scope {
  /** Base ids of the workloads to rate; absent: all. */
  readonly only?: ReadonlySet<string>;
  /** Head workload id → base workload id (R12). */
  readonly renamed: ReadonlyMap<string, string>;
}

export const everything: Scope = { renamed: new Map() };

/** Declared workloads except gateways, under their base ids. */
export function scopeOf(side: SideFacts, scope: Scope): readonly Workload[] {
  return inScope(side, scope).filter((workload) => workload.enrolment.mode !== 'gateway');
}

/** Under their base ids, so that both sides name one workload alike. */
export function inScope(side: SideFacts, scope: Scope): readonly Workload[] {
  return side.workloads.flatMap((workload) => {
    const id = scope.renamed.get(workload.id);
    if (scope.only !== undefined && !scope.only.has(id ?? workload.id)) return [];
    return [id === undefined ? workload : { ...workload, id }];
  });
}

/** Base ids of what both sides declare. */
export function common(base: SideFacts, head: SideFacts, renamed: ReadonlyMap<string, string>): ReadonlySet<string> {
  const old = new Set(base.workloads.map((workload) => workload.id));
  return new Set(head.workloads.map((workload) => renamed.get(workload.id) ?? workload.id).filter((id) => old.has(id)));
}
