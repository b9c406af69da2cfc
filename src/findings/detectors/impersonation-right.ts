/**
 * Somebody is newly given the right to act as the accounts of a namespace of the mesh, or to edit what the mesh enforces: create or change
 * pods and workloads, exec, tokens, Secrets, impersonate, policies, webhooks (M150, M151).
 * @see https://kubernetes.io/docs/concepts/security/rbac-good-practices/
 */
import { resourceId, type AnyResource, type Resource } from '#manifests/resource.ts';
import { defineDetector, type FactsPair, type OpeningDraft, type Place } from '../detector.ts';
import { inMesh, type SideFacts } from '../facts.ts';

type Binding = Resource<'RoleBinding'> | Resource<'ClusterRoleBinding'>;
type Rule = Resource<'Role'>['spec']['rules'][number];

export const impersonationRight = defineDetector({
  rule: 'impersonation-right',
  detectOpenings: ({ base, head }: FactsPair): OpeningDraft[] => {
    const before = grantsOf(base);
    const strong = new Set(head.workloads.filter(inMesh).map((workload) => workload.namespace));
    return [...grantsOf(head)].flatMap(([key, grant]): OpeningDraft[] => {
      const fresh = [...grant.rights.keys()].filter((right) => before.get(key)?.rights.has(right) !== true);
      if (fresh.length === 0 || (grant.namespace !== undefined && !strong.has(grant.namespace) && grant.namespace !== head.mesh.config.rootNamespace)) return [];
      if (strong.size === 0) return [];
      const where = grant.namespace === undefined ? 'every namespace' : `\`${grant.namespace}\``;
      return [
        {
          subject: resourceId(grant.binding),
          facet: `${grant.subject} ${fresh.join(' ')}`,
          affected: fresh.map((right) => `${key} ${right}`),
          // A controller that comes with its rights is reviewed as a whole.
          severity: isNew(base, grant) ? 'medium' : 'high',
          place: placeOf(base, grant, fresh[0] ?? ''),
          message: `${grant.subject} may now ${fresh.slice(0, 3).join(', ')}${fresh.length > 3 ? ` and ${String(fresh.length - 3)} more` : ''} in ${where}`,
          impact: grant.namespace === undefined ? 'whoever holds these rights can act as any account of the mesh, or change what is enforced' : 'whoever holds these rights can act as every account of the namespace, or change what is enforced there',
          attack: `whoever takes over ${grant.subject} runs a command or a pod under an account that policies let in`,
          remedy: 'grant the single verbs and names that are needed, in the namespace of the subject only',
          validation: { positive: `${grant.subject} can still do its work`, negative: `\`kubectl auth can-i\` answers no for ${grant.subject} where it has no business` },
        },
      ];
    });
  },
});

interface Grant {
  readonly subject: string;
  /** Name and namespace of a ServiceAccount. */
  readonly account: string | undefined;
  readonly namespace: string | undefined;
  readonly binding: Binding;
  /** Where the role gives it. */
  readonly rights: Map<string, Place>;
}

/** The binding where it is new, else the rule of the role. */
function placeOf(base: SideFacts, grant: Grant, right: string): Place {
  const bound = base.of(grant.binding.kind).some((binding) => resourceId(binding) === resourceId(grant.binding) && binding.spec.subjects.length >= grant.binding.spec.subjects.length);
  return (bound ? grant.rights.get(right) : undefined) ?? { resource: grant.binding, path: [] };
}

/** Whether the account comes with this change. */
function isNew(base: SideFacts, grant: Grant): boolean {
  if (grant.account === undefined) return false;
  return !base.of('ServiceAccount').some((account) => `${account.namespace ?? ''}/${account.name}` === grant.account) && !base.workloads.some((workload) => `${workload.namespace}/${workload.serviceAccount}` === grant.account);
}

/** By subject and namespace. */
function grantsOf(side: SideFacts): ReadonlyMap<string, Grant> {
  const roles = new Map([...side.of('Role'), ...side.of('ClusterRole')].map((role) => [role.kind === 'Role' ? `Role/${role.namespace ?? ''}/${role.name}` : `ClusterRole/${role.name}`, role]));
  const grants = new Map<string, Grant>();
  for (const binding of [...side.of('RoleBinding'), ...side.of('ClusterRoleBinding')]) {
    const namespace = binding.kind === 'RoleBinding' ? (binding.namespace ?? '') : undefined;
    const { role } = binding.spec;
    const granted = roles.get(role.kind === 'Role' ? `Role/${namespace ?? ''}/${role.name}` : `ClusterRole/${role.name}`);
    const rights = (granted?.spec.rules ?? []).flatMap((rule, index) => rightsOf(rule).map((right): readonly [string, AnyResource, number] => [right, granted ?? binding, index]));
    if (rights.length === 0) continue;
    for (const { kind, name, namespace: home } of binding.spec.subjects) {
      const account = kind === 'ServiceAccount' ? `${home ?? namespace ?? ''}/${name}` : undefined;
      const subject = account === undefined ? `${kind.toLowerCase()} \`${name}\`` : `service account \`${account}\``;
      const key = `${subject} ${namespace ?? '*'}`;
      const known = grants.get(key) ?? { subject, account, namespace, binding, rights: new Map<string, Place>() };
      for (const [right, resource, index] of rights) known.rights.set(right, { resource, path: ['rules', index] });
      grants.set(key, known);
    }
  }
  return grants;
}

interface Right {
  readonly words: string;
  readonly groups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
}

const write = ['create', 'update', 'patch'];
const dangerous: readonly Right[] = [
  { words: 'create or change pods', groups: [''], resources: ['pods'], verbs: write },
  { words: 'create or change workloads', groups: ['apps', 'batch'], resources: ['deployments', 'statefulsets', 'daemonsets', 'replicasets', 'jobs', 'cronjobs'], verbs: write },
  { words: 'run commands in pods', groups: [''], resources: ['pods/exec', 'pods/attach', 'pods/ephemeralcontainers'], verbs: [...write, 'get'] },
  { words: 'make tokens of accounts', groups: [''], resources: ['serviceaccounts/token'], verbs: ['create'] },
  { words: 'read Secrets', groups: [''], resources: ['secrets'], verbs: ['get', 'list', 'watch'] },
  { words: 'impersonate', groups: ['', 'authentication.k8s.io'], resources: ['users', 'groups', 'serviceaccounts'], verbs: ['impersonate'] },
  { words: 'give itself rights', groups: ['rbac.authorization.k8s.io'], resources: ['roles', 'clusterroles', 'rolebindings', 'clusterrolebindings'], verbs: [...write, 'bind', 'escalate'] },
  { words: 'edit security policies of the mesh', groups: ['security.istio.io'], resources: ['authorizationpolicies', 'peerauthentications', 'requestauthentications'], verbs: [...write, 'delete', 'deletecollection'] },
  { words: 'rewrite proxies', groups: ['networking.istio.io', 'extensions.istio.io'], resources: ['envoyfilters', 'wasmplugins', 'sidecars'], verbs: write },
  { words: 'edit NetworkPolicies', groups: ['networking.k8s.io'], resources: ['networkpolicies'], verbs: [...write, 'delete', 'deletecollection'] },
  { words: 'edit labels of namespaces', groups: [''], resources: ['namespaces'], verbs: ['update', 'patch'] },
  { words: 'edit admission webhooks', groups: ['admissionregistration.k8s.io'], resources: ['mutatingwebhookconfigurations', 'validatingwebhookconfigurations'], verbs: [...write, 'delete'] },
];

function rightsOf(rule: Rule): readonly string[] {
  // A rule for single names gives a right over these alone, but `create`, which knows no name yet.
  const meets = (granted: readonly string[], wanted: readonly string[]): boolean => granted.includes('*') || wanted.some((word) => granted.includes(word));
  return dangerous.filter((right) => meets(rule.apiGroups, right.groups) && meets(rule.resources, right.resources) && meets(rule.verbs, right.verbs) && rule.resourceNames.length === 0).map((right) => right.words);
}
