/**
 * A workload that gets another account and may do under it what it might under the old one gains nothing and loses nothing: the change is about its identity
 * (`design.md` section 5, facet `identity`).
 */
import type { Mesh, Workload } from '#mesh/model.ts';
import { decide } from '#posture/answer.ts';
import { principalOf, type KnownIdentities } from './callers.ts';
import type { Callers } from './change.ts';
import type { RawChange, Sides } from './raw-change.ts';

/** More accounts than that are no split of one account. */
const MOST_ACCOUNTS = 64;

export interface IdentityQuestion {
  readonly raw: RawChange;
  readonly sides: Sides;
  /** Who may send the requests of the change, on the passing side. */
  readonly callers: Callers;
  readonly knownOf: (mesh: Mesh) => KnownIdentities;
}

/** Every caller that differs is an account that only the passing side uses, and each of its workloads gets the same answer under its account of the other side. */
export function isAboutIdentity({ raw, sides, callers, knownOf }: IdentityQuestion): boolean {
  const { witness, facet, direction } = raw;
  if (facet !== 'access' || (direction !== 'widened' && direction !== 'narrowed') || witness === undefined) return false;
  if (callers.plaintext || callers.open.length > 0 || callers.known.length === 0 || callers.known.length > MOST_ACCOUNTS) return false;
  const passing = raw.passingSide === 'head' ? sides.head : sides.base;
  const other = raw.passingSide === 'head' ? sides.base : sides.head;
  const expected = raw.passingSide === 'head' ? witness.head : witness.base;
  const elsewhere = knownOf(other).byPrincipal;
  const workloads = workloadsByCaller(passing);
  const own = knownOf(passing).byPrincipal;
  const accounts = new Set(callers.known.flatMap((id) => {
    const workload = workloads.get(id);
    return workload === undefined ? [] : [principalOf(passing, workload)];
  }));
  // Everybody who uses such an account, also where another layer (a NetworkPolicy) keeps the pod away: an account that is struck for good is no rename.
  const users = [...accounts].flatMap((account) => own.get(account) ?? []);
  return users.length > 0 && users.length <= MOST_ACCOUNTS && users.every((id) => {
    const workload = workloads.get(id);
    const before = workload === undefined ? undefined : counterpart(workload, other, sides, raw.passingSide);
    if (workload === undefined || before === undefined) return false;
    const account = principalOf(passing, workload);
    const former = principalOf(other, before);
    if (account === former || elsewhere.has(account)) return false;
    const ask = (mesh: Mesh, principal: string): string => decide(mesh, { ...witness.query, from: { ...witness.query.from, principal } }).verdict;
    return ask(passing, account) === expected.verdict && ask(other, former) === expected.verdict;
  });
}

const byCaller = new WeakMap<Mesh, ReadonlyMap<string, Workload>>();

/** Declared workloads by the name that `Callers.known` gives them: once for each mesh, not for each change. */
function workloadsByCaller(mesh: Mesh): ReadonlyMap<string, Workload> {
  const known = byCaller.get(mesh);
  if (known !== undefined) return known;
  const fresh = new Map([...mesh.workloads.values()].map((workload) => [`${workload.namespace}/${workload.name}[${workload.kind}]`, workload]));
  byCaller.set(mesh, fresh);
  return fresh;
}

/** The same workload on the other side, under its old name where it was renamed (R12). */
function counterpart(workload: Workload, other: Mesh, { renamed }: Sides, passing: 'base' | 'head'): Workload | undefined {
  if (passing === 'head') return other.workloads.get(renamed.get(workload.id) ?? workload.id);
  const head = [...renamed].find(([, base]) => base === workload.id)?.[0];
  return other.workloads.get(head ?? workload.id);
}
