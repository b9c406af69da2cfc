/** Workloads with an account of their own, known enrolment, and a narrow trust domain (`docs/maturity.md`). */
import type { SideFacts } from '#findings/facts.ts';
import { sharedAccounts } from '#findings/detectors/shared-identity.ts';
import { item, type Measured } from '../parts.ts';
import { declaredIn, type Scope } from '../scope.ts';

export function workloadIdentity(side: SideFacts, scope: Scope): Measured {
  const workloads = declaredIn(side, scope);
  if (workloads.length === 0) return { parts: [], evidence: 'UNKNOWN', without: 'unknown', reason: 'no workload is declared here' };
  const shared = sharedAccounts(side);
  const accounts = new Map(
    workloads.map((workload) => {
      if (workload.serviceAccount === 'default') return [workload.id, item(0, 'runs under the account `default`')];
      return [workload.id, shared.has(`${workload.namespace}/${workload.serviceAccount}`) ? item(0, `shares the account \`${workload.serviceAccount}\` with other applications`) : item(1, '')];
    }),
  );
  const enrolled = new Map(
    workloads.map((workload) => {
      const { mode } = workload.enrolment;
      if (mode === 'none') return [workload.id, item(0, 'is not in the mesh, so it has no identity')];
      return [workload.id, mode === 'unknown' ? item(0, 'is not known to be in the mesh') : item(1, '')];
    }),
  );
  const { trustDomainAliases, extraTrustDomains } = side.mesh.config;
  const others = trustDomainAliases.length + extraTrustDomains.length;
  const own = [...accounts.values()].filter((entry) => entry.score === 1).length;
  return {
    parts: [
      { name: 'account', weight: 0.6, items: accounts, absent: 'ignore' },
      { name: 'enrolment', weight: 0.3, items: enrolled, absent: 'ignore' },
      // One more accepted domain is always worse than one less.
      { name: 'trust', weight: 0.1, items: new Map([['mesh', item(1 / (1 + others), `accepts identities of ${others} more trust domains`)]]), absent: 1 },
    ],
    evidence: [...enrolled.values()].every((entry) => entry.score === 0) ? 'UNKNOWN' : 'INFERRED',
    reason: `${own} of ${workloads.length} workloads have an account of their own`,
  };
}
