/**
 * A principal that cannot match: written with `spiffe://` (A3.10), or an account that no manifest creates in a namespace whose
 * workloads are declared here. In a DENY it leaves open what it means to close.
 */
import { distinct } from '#lib/order.ts';
import { resourceId } from '#manifests/resource.ts';
import { defineDetector, type StateDraft } from '../detector.ts';
import { certaintyOf, type Policy, type SideFacts } from '../facts.ts';
import { named } from '../text.ts';
import type { FieldPath } from '#source/origin.ts';

interface Mention {
  readonly value: string;
  readonly path: FieldPath;
}

export const unknownPrincipal = defineDetector({
  rule: 'unknown-principal',
  detectState: (side) => {
    const accounts = knownAccounts(side);
    return side.of('AuthorizationPolicy').flatMap((policy) => mentions(policy).flatMap((mention) => draftsOf(side, policy, mention, accounts)));
  },
});

interface Accounts {
  readonly used: ReadonlySet<string>;
  readonly namespaces: ReadonlySet<string>;
}

/** `namespace/account` that workloads use or ServiceAccount objects create; namespaces in which workloads are declared. */
function knownAccounts(side: SideFacts): Accounts {
  const used = new Set(side.workloads.map((workload) => `${workload.namespace}/${workload.serviceAccount}`));
  for (const account of side.of('ServiceAccount')) used.add(`${account.namespace ?? ''}/${account.name}`);
  return { used, namespaces: new Set(side.workloads.map((workload) => workload.namespace)) };
}

function mentions(policy: Policy): Mention[] {
  return policy.spec.rules.flatMap((rule, ruleIndex) => [
    ...rule.from.flatMap((source, index) =>
      (['principals', 'notPrincipals'] as const).flatMap((field) => source[field].map((value, at): Mention => ({ value, path: ['spec', 'rules', ruleIndex, 'from', index, 'source', field, at] }))),
    ),
    ...rule.when.flatMap((condition, index) => (condition.key === 'source.principal' ? condition.values.map((value, at): Mention => ({ value, path: ['spec', 'rules', ruleIndex, 'when', index, 'values', at] })) : [])),
  ]);
}

function draftsOf(side: SideFacts, policy: Policy, { value, path }: Mention, accounts: Accounts): StateDraft[] {
  const denies = policy.spec.action === 'DENY' && !path.includes('notPrincipals');
  const reach = side.reachOf(policy);
  const common = { subject: resourceId(policy), facet: value, affected: distinct(reach.ids.map((id) => `${id} ${value}`)), certainty: certaintyOf(reach.workloads), place: { resource: policy, path } };
  const validation = { positive: 'a caller with the identity that is meant is answered where the policy allows it', negative: 'a caller with the identity that is meant is refused where the policy denies it' };
  if (value.includes('spiffe://')) {
    return [
      {
        ...common,
        severity: denies ? 'medium' : 'low',
        message: `\`${value}\` in ${named(policy)} matches nobody: identities are written without \`spiffe://\``,
        impact: denies ? 'the caller that the policy means to deny is not denied' : 'the caller that the policy means is not matched',
        remedy: `write \`${value.replace('spiffe://', '')}\``,
        validation,
      },
    ];
  }
  const match = /^[^/*]+\/ns\/([^/*]+)\/sa\/([^/*]+)$/.exec(value);
  if (match === null) return [];
  const [, namespace = '', account = ''] = match;
  if (!accounts.namespaces.has(namespace) || accounts.used.has(`${namespace}/${account}`)) return [];
  return [
    {
      ...common,
      evidence: 'UNKNOWN',
      message: `${named(policy)} names \`${value}\`, and no workload or ServiceAccount here has that identity`,
      impact: denies ? 'the caller that is meant may run under another account and is then not denied' : 'whoever creates that account later has the access',
      remedy: 'correct the name, or drop it where the workload is gone',
      validation,
    },
  ];
}
