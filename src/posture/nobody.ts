/**
 * Identities that a policy names and that nobody can have: the mesh's own authority signs `namespace` and `account` as Kubernetes names
 * them, so that a `*` between the slashes, which is literal there (A3.1), or an underscore names no caller. A request of theirs cannot exist.
 */
import { mayHoldUnresolved } from '#lib/unresolved.ts';
import { ofKind } from '#mesh/attachment.ts';
import type { Mesh } from '#mesh/model.ts';
import type { Cube } from '#sets/cube.ts';
import type { Matcher } from '#sets/matcher.ts';
import { principalMatchers, trustDomainsOf } from '#semantics/values.ts';

const namespaceName = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/;
const accountName = /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/;

const known = new WeakMap<Mesh, readonly Cube[]>();

/** Blockers of every difference at a destination of this mesh. */
export function nobodysRequests(mesh: Mesh): readonly Cube[] {
  const cached = known.get(mesh);
  if (cached !== undefined) return cached;
  const names = new Set(ofKind(mesh, 'AuthorizationPolicy').flatMap((policy) => policy.spec.rules.flatMap((rule) => [
    ...rule.from.flatMap((source) => [...source.principals, ...source.notPrincipals]),
    ...rule.when.flatMap((condition) => (condition.key === 'source.principal' ? [...condition.values, ...condition.notValues] : [])),
  ])));
  const own = trustDomainsOf(mesh.config);
  const matchers = principalMatchers([...names], mesh.config, 'envoy');
  const exact = matchers.filter((matcher) => matcher.type === 'principal' && matcher.pattern.type === 'exact' && isNobody(matcher.pattern.text, own));
  // Of a value with a star at both ends the last one is literal, too.
  const starred = matchers.filter((matcher) => matcher.type === 'principal' && (matcher.pattern.type === 'prefix' || matcher.pattern.type === 'suffix') && matcher.pattern.text.includes('*') && !mayHoldUnresolved(matcher.pattern.text));
  const fresh: readonly Cube[] = [
    ...(exact.length === 0 ? [] : [{ predicates: [{ dimension: 'peer' as const, any: exact, none: [] }], origins: [] }]),
    ...(starred.length === 0 ? [] : [{ predicates: [{ dimension: 'peer' as const, any: starred, none: [] }, { dimension: 'peer' as const, any: own.map((domain): Matcher => ({ type: 'trust-domain', pattern: { type: 'exact', text: domain } })), none: [] }], origins: [] }]),
  ];
  known.set(mesh, fresh);
  return fresh;
}

/** Exact text of a principal; identities of another trust domain may have any shape, and who is meant by a variable is not told. */
export function isNobody(principal: string, own: readonly string[]): boolean {
  if (mayHoldUnresolved(principal)) return false;
  const [domain = '', ns, namespace = '', sa, account = '', ...rest] = principal.split('/');
  return own.includes(domain) && (ns !== 'ns' || sa !== 'sa' || rest.length > 0 || !namespaceName.test(namespace) || !accountName.test(account));
}
