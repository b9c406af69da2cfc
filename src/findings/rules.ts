/** What a rule of an AuthorizationPolicy says, field by field: the questions that several detectors and ratings ask. */
import type { ConditionSpec, OperationSpec, RuleSpec, SourceSpec } from '#manifests/authorization-policy.ts';
import type { FieldPath } from '#source/origin.ts';

const negative = ['notPrincipals', 'notNamespaces', 'notServiceAccounts', 'notTrustDomains'] as const satisfies readonly (keyof SourceSpec)[];

/** A positive value on who the peer is: a caller without identity never matches it (A3.8). */
export function namesPeer(source: SourceSpec): boolean {
  return source.principals.length > 0 || source.namespaces.length > 0 || source.serviceAccounts.length > 0 || source.trustDomains.length > 0;
}

/** The negative identity fields that a source uses: a caller without identity matches each of them (A3.8). */
export function negativePeerFields(source: SourceSpec): readonly (keyof SourceSpec)[] {
  return negative.filter((field) => source[field].length > 0);
}

export function restrictsAddress(source: SourceSpec): boolean {
  return source.ipBlocks.length > 0 || source.remoteIpBlocks.length > 0 || source.notIpBlocks.length > 0 || source.notRemoteIpBlocks.length > 0;
}

/** No field at all: any caller (A1.10). */
export function isAnySource(source: SourceSpec): boolean {
  return Object.values(source).every((list: readonly string[]) => list.length === 0);
}

const everyValue: ReadonlySet<string> = new Set(['*', '/*']);

/** No field, or only values that every HTTP request has: `methods: ["*"]`, `paths: ["/*"]`. */
export function isAnyOperation(operation: OperationSpec): boolean {
  const open = (list: readonly string[]): boolean => list.length === 0 || list.some((value) => everyValue.has(value));
  return (
    open(operation.hosts) &&
    open(operation.methods) &&
    open(operation.paths) &&
    operation.ports.length === 0 &&
    operation.notHosts.length === 0 &&
    operation.notMethods.length === 0 &&
    operation.notPaths.length === 0 &&
    operation.notPorts.length === 0
  );
}

export function anySource(rule: RuleSpec): boolean {
  return rule.from.length === 0 || rule.from.some(isAnySource);
}

export function anyOperation(rule: RuleSpec): boolean {
  return rule.to.length === 0 || rule.to.some(isAnyOperation);
}

/** The rule matches every request of every caller. */
export function matchesEverything(rule: RuleSpec): boolean {
  return anySource(rule) && anyOperation(rule) && rule.when.length === 0;
}

/** Keys of `when` that say of the caller what a field of `source` says (A3.J). */
const callerKeys: Readonly<Record<string, readonly [keyof SourceSpec, keyof SourceSpec]>> = {
  'source.principal': ['principals', 'notPrincipals'],
  'source.namespace': ['namespaces', 'notNamespaces'],
  'source.serviceAccount': ['serviceAccounts', 'notServiceAccounts'],
  'source.trustDomain': ['trustDomains', 'notTrustDomains'],
  'source.ip': ['ipBlocks', 'notIpBlocks'],
  'remote.ip': ['remoteIpBlocks', 'notRemoteIpBlocks'],
  'request.auth.principal': ['requestPrincipals', 'notRequestPrincipals'],
};

const noSource: SourceSpec = {
  principals: [],
  notPrincipals: [],
  requestPrincipals: [],
  notRequestPrincipals: [],
  namespaces: [],
  notNamespaces: [],
  serviceAccounts: [],
  notServiceAccounts: [],
  trustDomains: [],
  notTrustDomains: [],
  ipBlocks: [],
  notIpBlocks: [],
  remoteIpBlocks: [],
  notRemoteIpBlocks: [],
};

/** A way to be let in: one source with what `when` asks of every caller besides. */
export interface CallerRule {
  readonly source: SourceSpec;
  /** Below the rule: where the field is written. */
  readonly at: (field: keyof SourceSpec) => FieldPath;
}

/** The sources of a rule, conditions of `when` on the caller included; empty: any caller. */
export function callerRules(rule: RuleSpec): readonly CallerRule[] {
  const known = callers.get(rule);
  if (known !== undefined) return known;
  const fresh = freshCallerRules(rule);
  callers.set(rule, fresh);
  return fresh;
}

/** Several detectors ask it of every rule. */
const callers = new WeakMap<RuleSpec, readonly CallerRule[]>();

function freshCallerRules(rule: RuleSpec): readonly CallerRule[] {
  const conditions = rule.when.flatMap((condition, index) => {
    const fields = callerKeys[condition.key];
    return fields === undefined ? [] : [{ condition, index, fields }];
  });
  const sources = rule.from.length > 0 ? rule.from.map((source, index) => ({ source, base: ['from', index, 'source'] as FieldPath })) : conditions.length > 0 ? [{ source: noSource, base: undefined }] : [];
  return sources.map(({ source, base }) => {
    if (conditions.length === 0) return { source, at: (field) => [...(base ?? []), field] };
    const added: Partial<Record<keyof SourceSpec, readonly string[]>> = {};
    const places = new Map<keyof SourceSpec, FieldPath>();
    for (const { condition, index, fields: [positive, negated] } of conditions) {
      for (const [field, values, name] of [[positive, condition.values, 'values'], [negated, condition.notValues, 'notValues']] as const) {
        // What the source itself says of it is the narrower of the two, or nobody passes.
        if (values.length === 0 || source[field].length > 0) continue;
        added[field] = values;
        places.set(field, ['when', index, name]);
      }
    }
    return { source: { ...source, ...added }, at: (field) => places.get(field) ?? [...(base ?? []), field] };
  });
}

const peerKeys: ReadonlySet<string> = new Set(['source.principal', 'source.namespace', 'source.serviceAccount', 'source.trustDomain']);
const addressKeys: ReadonlySet<string> = new Set(['source.ip', 'remote.ip']);

/** Somebody in particular is meant: an identity, a token or an address, in `from` or in `when`. */
export function restrictsCaller(rule: RuleSpec): boolean {
  return !anySource(rule) || rule.when.some((condition) => peerKeys.has(condition.key) || addressKeys.has(condition.key) || isTokenKey(condition.key));
}

export function isTokenKey(key: string): boolean {
  return key.startsWith('request.auth.');
}

/** Every way through the rule needs a validated token (A5.1, A3.29). */
export function requiresToken(rule: RuleSpec): boolean {
  const bySource = rule.from.length > 0 && rule.from.every((source) => source.requestPrincipals.length > 0);
  return bySource || rule.when.some((condition) => isTokenKey(condition.key) && condition.values.length > 0);
}

/** Where the rule speaks of tokens at all: paths below the rule. */
export function tokenFields(rule: RuleSpec): readonly FieldPath[] {
  return [
    ...rule.from.flatMap((source, index): FieldPath[] => [
      ...(source.requestPrincipals.length > 0 ? [['from', index, 'source', 'requestPrincipals']] : []),
      ...(source.notRequestPrincipals.length > 0 ? [['from', index, 'source', 'notRequestPrincipals']] : []),
    ]),
    ...rule.when.flatMap((condition, index): FieldPath[] => (isTokenKey(condition.key) ? [['when', index, 'key']] : [])),
  ];
}

/** A DENY that refuses whoever has no valid token. */
export function refusesMissingToken(rule: RuleSpec): boolean {
  return rule.from.some((source) => source.notRequestPrincipals.includes('*')) || rule.when.some((condition) => condition.key === 'request.auth.principal' && condition.notValues.includes('*'));
}

const httpOperation = ['hosts', 'notHosts', 'methods', 'notMethods', 'paths', 'notPaths'] as const satisfies readonly (keyof OperationSpec)[];
const httpSource = ['requestPrincipals', 'notRequestPrincipals'] as const satisfies readonly (keyof SourceSpec)[];
/** ztunnel counts the client address behind proxies as HTTP too (A4.11). */
const ztunnelSource = ['remoteIpBlocks', 'notRemoteIpBlocks'] as const satisfies readonly (keyof SourceSpec)[];
const ztunnelKeys: ReadonlySet<string> = new Set(['source.ip', 'source.namespace', 'source.principal', 'destination.ip', 'destination.port']);

/** Fields that only an HTTP proxy can evaluate (A4.1; for ztunnel A4.11): paths below the rule. */
export function httpFields(rule: RuleSpec, plane: 'envoy' | 'ztunnel'): readonly FieldPath[] {
  const sourceFields = plane === 'ztunnel' ? [...httpSource, ...ztunnelSource] : httpSource;
  return [
    ...rule.from.flatMap((source, index) => sourceFields.filter((field) => source[field].length > 0).map((field): FieldPath => ['from', index, 'source', field])),
    ...rule.to.flatMap((operation, index) => httpOperation.filter((field) => operation[field].length > 0).map((field): FieldPath => ['to', index, 'operation', field])),
    ...rule.when.flatMap((condition, index): FieldPath[] => (isHttpCondition(condition, plane) ? [['when', index, 'key']] : [])),
  ];
}

function isHttpCondition(condition: ConditionSpec, plane: 'envoy' | 'ztunnel'): boolean {
  if (plane === 'ztunnel') return !ztunnelKeys.has(condition.key);
  return isTokenKey(condition.key) || condition.key.startsWith('request.headers');
}

/** Peer identities written out in full, without a wildcard; `serviceAccounts` are completed with the policy's namespace (A3.18). */
export function exactPrincipals(rule: RuleSpec): readonly string[] {
  return rule.from.flatMap((source) => source.principals.filter((principal) => !principal.includes('*') && /^[^/]+\/ns\/[^/]+\/sa\/[^/]+$/.test(principal)));
}

/** The last name of a path that is a field: `notPrincipals`. */
export function fieldName(path: FieldPath): string {
  return path.findLast((step) => typeof step === 'string') ?? '';
}
