/**
 * An identity that cannot match: written with `spiffe://` (A3.10), of another shape than Istio's, with a `*` where it is literal (A3.1),
 * or an account that no manifest creates in a namespace whose workloads are declared here. In a DENY it leaves open what it means to close.
 */
import { distinct } from '#lib/order.ts';
import { resourceId, type Resource } from '#manifests/resource.ts';
import { isNobody } from '#posture/nobody.ts';
import { trustDomainsOf } from '#semantics/values.ts';
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
  /** In which an identity of another shape than Istio's is nobody's. */
  readonly domains: readonly string[];
  readonly used: ReadonlySet<string>;
  readonly namespaces: ReadonlySet<string>;
}

/** `namespace/account` that workloads use or ServiceAccount objects create; namespaces in which workloads are declared. */
function knownAccounts(side: SideFacts): Accounts {
  const used = new Set(side.workloads.map((workload) => `${workload.namespace}/${workload.serviceAccount}`));
  for (const account of side.of('ServiceAccount')) used.add(`${account.namespace ?? ''}/${account.name}`);
  for (const gateway of side.of('KubernetesGateway')) for (const name of gatewayAccounts(gateway)) used.add(`${gateway.namespace ?? ''}/${name}`);
  return { domains: [...trustDomainsOf(side.mesh.config), 'cluster.local'], used, namespaces: new Set(side.workloads.map((workload) => workload.namespace)) };
}

/** istiod creates the account of a Gateway that it deploys: its name, with the class behind it but for waypoints (M87, M120). */
function gatewayAccounts(gateway: Resource<'KubernetesGateway'>): readonly string[] {
  const own = gateway.annotations['gateway.istio.io/service-account'];
  return own === undefined ? [gateway.name, `${gateway.name}-${gateway.spec.gatewayClassName}`] : [own];
}

function mentions(policy: Policy): Mention[] {
  return policy.spec.rules.flatMap((rule, ruleIndex) => [
    ...rule.from.flatMap((source, index) =>
      (['principals', 'notPrincipals', 'serviceAccounts', 'notServiceAccounts'] as const).flatMap((field) => source[field].map((value, at): Mention => ({ value, path: ['spec', 'rules', ruleIndex, 'from', index, 'source', field, at] }))),
    ),
    ...rule.when.flatMap((condition, index) => (condition.key === 'source.principal' ? condition.values.map((value, at): Mention => ({ value, path: ['spec', 'rules', ruleIndex, 'when', index, 'values', at] })) : [])),
  ]);
}

function draftsOf(side: SideFacts, policy: Policy, { value, path }: Mention, accounts: Accounts): StateDraft[] {
  const scheme = value.includes('spiffe://');
  const meant = scheme ? undefined : accountOf(side, policy, { value, path }, accounts);
  if (!scheme && meant !== 'malformed' && !isMissing(meant, accounts)) return [];
  const denies = policy.spec.action === 'DENY' && !path.some((part) => typeof part === 'string' && part.startsWith('not'));
  const reach = side.reachOf(policy);
  const common = { subject: resourceId(policy), facet: value, affected: distinct(reach.ids.map((id) => `${id} ${value}`)), certainty: certaintyOf(reach.workloads), place: { resource: policy, path } };
  const validation = { positive: 'a caller with the identity that is meant is answered where the policy allows it', negative: 'a caller with the identity that is meant is refused where the policy denies it' };
  if (scheme) {
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
  if (meant === 'malformed') {
    return [
      {
        ...common,
        severity: denies ? 'medium' : 'low',
        message: `\`${value}\` in ${named(policy)} matches nobody: a \`*\` stands for any text only at the beginning or the end, and an identity is \`trust-domain/ns/NAMESPACE/sa/ACCOUNT\``,
        impact: denies ? 'the caller that the policy means to deny is not denied' : 'the caller that the policy means is not matched',
        remedy: 'write whole identities, a prefix such as `cluster.local/ns/NAMESPACE/sa/*`, or `namespaces`',
        validation,
      },
    ];
  }
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

/** In a namespace whose workloads are declared, and nothing there creates or uses it. */
function isMissing(meant: { readonly namespace: string; readonly account: string } | undefined, { namespaces, used }: Accounts): boolean {
  return meant !== undefined && namespaces.has(meant.namespace) && !used.has(`${meant.namespace}/${meant.account}`);
}

/** The one account that a mention names; `undefined`: a pattern, or an identity of another trust domain. */
function accountOf(side: SideFacts, policy: Policy, { value, path }: Mention, { domains }: Accounts): { readonly namespace: string; readonly account: string } | 'malformed' | undefined {
  if (path.includes('serviceAccounts') || path.includes('notServiceAccounts')) {
    const slash = value.indexOf('/');
    // A3.18: a bare name is an account of the policy's own namespace.
    return { namespace: slash < 0 ? (policy.namespace ?? '') : value.slice(0, slash), account: value.slice(slash + 1) };
  }
  if (value.startsWith('*') || value.endsWith('*')) return undefined;
  const segments = value.split('/');
  const [domain = '', , namespace = '', , account = ''] = segments;
  if (isNobody(value, domains)) return 'malformed';
  // A gateway may take certificates of another authority, whose identities have any shape (A3.9).
  const atGateway = (): boolean => policy.spec.targetRefs.length > 0 || side.reachOf(policy).workloads.some((workload) => workload.enrolment.mode === 'gateway');
  if (!/\/ns\/.*\/sa\//.test(value) && !atGateway()) return 'malformed';
  return segments.length === 5 && !domain.includes('*') ? { namespace, account } : undefined;
}
