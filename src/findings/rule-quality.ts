/** How narrow an ALLOW rule is: who may, and what. 0: anyone, anything; 1: named accounts, named operations. */
import type { OperationSpec, RuleSpec, SourceSpec } from '#manifests/authorization-policy.ts';
import { anyOperation, callerRules, isAnySource, isTokenKey } from './rules.ts';

/** The namespaces whose accounts may pass: everything, nothing beyond named accounts, or a list. */
export type Openness = { readonly type: 'all' } | { readonly type: 'named' } | { readonly type: 'namespaces'; readonly namespaces: readonly string[] };

export function sourceQuality(rule: RuleSpec): number {
  const fromWhen = rule.when.some((condition) => isTokenKey(condition.key) && condition.values.length > 0) ? 0.4 : 0;
  const sources = callerRules(rule).map(({ source }) => source);
  if (sources.length === 0 || sources.some(isAnySource)) return fromWhen;
  return Math.max(fromWhen, Math.min(...sources.map(qualityOf)));
}

function qualityOf(source: SourceSpec): number {
  if (source.serviceAccounts.length > 0) return 1;
  if (source.principals.length > 0) return source.principals.every(isAccount) ? 1 : source.principals.every((principal) => /\/ns\/[^*/]+\//.test(`/${principal}`)) ? 0.5 : 0.2;
  if (source.namespaces.length > 0) return source.namespaces.every((namespace) => !namespace.includes('*')) ? 0.5 : 0.2;
  if (source.requestPrincipals.length > 0) return 0.4;
  if (source.ipBlocks.length > 0) return 0.3;
  if (source.trustDomains.length > 0) return 0.2;
  return 0.1;
}

function isAccount(principal: string): boolean {
  return !principal.includes('*') && /\/ns\/[^/]+\/sa\/[^/]+$/.test(principal);
}

export function operationQuality(rule: RuleSpec): number {
  if (anyOperation(rule)) return 0;
  return Math.min(...rule.to.map(qualityOfOperation));
}

function qualityOfOperation(operation: OperationSpec): number {
  const named = [operation.methods, operation.paths, operation.ports, operation.hosts].filter((list) => list.length > 0 && !list.some((value) => value === '*' || value === '/*')).length;
  return named >= 2 ? 1 : named === 1 ? 0.7 : 0.3;
}

/** Accounts of which other namespaces pass. */
export function opennessOf(rule: RuleSpec): Openness {
  const sources = callerRules(rule).map(({ source }) => source);
  if (sources.length === 0 || sources.some(isAnySource)) return { type: 'all' };
  const found: string[] = [];
  for (const source of sources) {
    if (source.serviceAccounts.length > 0 || (source.principals.length > 0 && source.principals.every(isAccount))) continue;
    const namespaces = source.principals.length > 0 ? source.principals.map((principal) => /\/ns\/([^*/]+)\//.exec(`/${principal}`)?.[1]) : source.namespaces.length > 0 ? source.namespaces.map((namespace) => (namespace.includes('*') ? undefined : namespace)) : [undefined];
    for (const namespace of namespaces) {
      if (namespace === undefined) return { type: 'all' };
      found.push(namespace);
    }
  }
  return found.length === 0 ? { type: 'named' } : { type: 'namespaces', namespaces: found };
}
