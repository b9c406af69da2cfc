/**
 * A rule of an AuthorizationPolicy, compiled for one kind of chain (A1.8 to A1.14, A section 3, A section 4).
 *
 * What a chain cannot see is dropped here, and differently: Envoy drops the whole rule of an ALLOW and only the field of a DENY
 * (A4.2, A4.3); ztunnel drops the rule of an ALLOW, strips a DENY, and what is left empty never matches (A4.12, A4.13).
 */
import { compact } from '#lib/compact.ts';
import type { ConditionSpec, OperationSpec, RuleSpec, SourceSpec } from '#mesh/policies.ts';
import type { MeshConfig } from '#mesh/model.ts';
import { atLeast } from '#mesh/versions.ts';
import type { Matcher } from '#sets/matcher.ts';
import type { Condition } from './condition.ts';
import {
  addressMatcher,
  claimPath,
  hostMatcher,
  methodMatcher,
  namespaceMatcher,
  pathMatcher,
  portMatcher,
  principalMatchers,
  serviceAccountMatcher,
  subjectPattern,
  textPattern,
  trustDomainMatchers,
} from './values.ts';
import type { Plane } from './values.ts';

export type Chain = 'http' | 'tcp' | 'ztunnel';

/** `(no source or some source holds) and (no operation or some holds) and every condition holds` (A1.9). */
export interface CompiledRule {
  /** Index in the policy's `rules`. */
  readonly index: number;
  readonly sources: readonly (readonly Condition[])[];
  readonly operations: readonly (readonly Condition[])[];
  readonly conditions: readonly Condition[];
}

export interface RuleContext {
  readonly chain: Chain;
  /** CUSTOM is compiled as DENY is (A4.2). */
  readonly action: 'ALLOW' | 'DENY';
  readonly policyNamespace: string;
  readonly config: MeshConfig;
}

/** A field before the chain's rules for fields are applied. */
interface Field {
  readonly condition: Condition | 'ignored';
  /** Not visible without HTTP, at Envoy and at ztunnel (A4.1, A4.11). */
  readonly envoyHttp: boolean;
  readonly ztunnelHttp: boolean;
  /** A value that Envoy cannot build: its ALLOW drops the rule (A3.28, A3.41). */
  readonly unbuildable: boolean;
}

/** `undefined`: the rule never matches on this chain. */
export function compileRule(rule: RuleSpec, index: number, context: RuleContext): CompiledRule | undefined {
  const sources = entriesOf(rule.from.map((source) => remembered(source, context, sourceFields)), context);
  const operations = entriesOf(rule.to.map((operation) => remembered(operation, context, operationFields)), context);
  const conditions: Condition[] = [];
  for (const when of rule.when) {
    const field = conditionField(when, context);
    // A1.14: an unknown key makes Envoy skip the rule, whatever the action.
    if (field === undefined) return undefined;
    const kept = keep([field], context);
    if (kept === 'rule-dropped' || kept === 'never') return undefined;
    conditions.push(...kept);
  }
  if (sources === 'rule-dropped' || operations === 'rule-dropped') return undefined;
  return { index, sources, operations, conditions };
}

interface Known extends Pick<RuleContext, 'config' | 'policyNamespace'> {
  readonly plane: Plane;
  readonly fields: readonly Field[];
}

const knownFields = new WeakMap<object, Known>();

function planeOf({ chain }: RuleContext): Plane {
  return chain === 'ztunnel' ? 'ztunnel' : 'envoy';
}

/** Both chains of an Envoy read the same fields of an entry; which of them they see is decided in `keep`. */
function remembered<S extends object>(entry: S, context: RuleContext, read: (entry: S, context: RuleContext) => readonly Field[]): readonly Field[] {
  const { config, policyNamespace } = context;
  const plane = planeOf(context);
  const known = knownFields.get(entry);
  if (known?.config === config && known.plane === plane && known.policyNamespace === policyNamespace) return known.fields;
  const fields = read(entry, context);
  knownFields.set(entry, { config, plane, policyNamespace, fields });
  return fields;
}

function entriesOf(entries: readonly (readonly Field[])[], context: RuleContext): readonly (readonly Condition[])[] | 'rule-dropped' {
  const kept: (readonly Condition[])[] = [];
  for (const fields of entries) {
    const entry = keep(fields, context);
    if (entry === 'rule-dropped') return 'rule-dropped';
    if (entry !== 'never') kept.push(entry);
  }
  // Entries that never match leave a list that nothing satisfies, which is not the same as no list.
  return entries.length > 0 && kept.length === 0 ? 'rule-dropped' : compact(kept);
}

function keep(fields: readonly Field[], context: RuleContext): readonly Condition[] | 'rule-dropped' | 'never' {
  const kept: Condition[] = [];
  for (const field of fields) {
    const hidden = context.chain === 'http' ? false : context.chain === 'tcp' ? field.envoyHttp : field.ztunnelHttp;
    if (hidden && context.action === 'ALLOW') return 'rule-dropped';
    if (field.unbuildable && context.action === 'ALLOW' && context.chain !== 'ztunnel') return 'rule-dropped';
    if (!hidden && field.condition !== 'ignored') kept.push(field.condition);
  }
  // A1.12, A4.13: an empty match is everything to Envoy and nothing to ztunnel.
  return kept.length === 0 && context.chain === 'ztunnel' ? 'never' : compact(kept);
}

type List = readonly string[];

function sourceFields(source: SourceSpec, context: RuleContext): Field[] {
  const { config, policyNamespace } = context;
  const plane = planeOf(context);
  const accounts = (values: List): Matcher[] => values.map((value) => serviceAccountMatcher(value, policyNamespace, plane));
  return [
    ...peerField(source.principals, source.notPrincipals, (values) => principalMatchers(values, config, plane)),
    ...subjectField(source.requestPrincipals, source.notRequestPrincipals),
    ...peerField(source.namespaces, source.notNamespaces, (values) => values.map((value) => namespaceMatcher(value, plane))),
    ...peerField(source.serviceAccounts, source.notServiceAccounts, accounts),
    ...trustDomainField(source.trustDomains, source.notTrustDomains, context),
    ...addressField('source.ip', source.ipBlocks, source.notIpBlocks),
    ...remoteAddressField(source.remoteIpBlocks, source.notRemoteIpBlocks),
  ];
}

function operationFields(operation: OperationSpec, { config }: RuleContext): Field[] {
  const http = { envoyHttp: true, ztunnelHttp: true };
  return [
    ...valueField('host', operation.hosts, operation.notHosts, hostMatcher, http),
    ...valueField('method', operation.methods, operation.notMethods, methodMatcher, http),
    ...valueField('path', operation.paths, operation.notPaths, (value) => pathMatcher(value, config), http),
    ...portField(operation.ports, operation.notPorts),
  ];
}

/** `undefined`: a key that Istio does not know. */
function conditionField(when: ConditionSpec, context: RuleContext): Field | undefined {
  const { config, policyNamespace } = context;
  const plane = planeOf(context);
  const { key, values, notValues } = when;
  const first = (fields: Field[]): Field => fields[0] ?? { condition: 'ignored', envoyHttp: false, ztunnelHttp: false, unbuildable: false };
  const asHttpAtZtunnel = (field: Field): Field => ({ ...field, ztunnelHttp: true });
  switch (key) {
    case 'source.ip':
      return first(addressField('source.ip', values, notValues));
    case 'remote.ip':
      return first(remoteAddressField(values, notValues));
    case 'destination.ip':
      return first(addressField('destination.ip', values, notValues));
    case 'destination.port':
      return first(portField(values, notValues));
    case 'source.principal':
      return first(peerField(values, notValues, (list) => principalMatchers(list, config, plane)));
    case 'source.namespace':
      return first(peerField(values, notValues, (list) => list.map((value) => namespaceMatcher(value, plane))));
    case 'source.serviceAccount':
      return asHttpAtZtunnel(first(peerField(values, notValues, (list) => list.map((value) => serviceAccountMatcher(value, policyNamespace, plane)))));
    case 'source.trustDomain':
      return atLeast(config.istioVersion, '1.30.2') ? asHttpAtZtunnel(first(peerField(values, notValues, (list) => trustDomainMatchers(list, config)))) : undefined;
    case 'request.auth.principal':
      return first(subjectField(values, notValues));
    case 'request.auth.audiences':
      return claimField(['aud'], values, notValues);
    case 'request.auth.presenter':
      return claimField(['azp'], values, notValues);
    case 'connection.sni':
      return { ...first(valueField('sni', values, notValues, (value) => textPattern(value), { envoyHttp: false, ztunnelHttp: true })) };
  }
  if (key.startsWith('request.headers[') && key.endsWith(']')) return headerField(key.slice('request.headers['.length, -1), values, notValues);
  if (key.startsWith('request.auth.claims[')) return claimField(claimPath(key.slice('request.auth.claims'.length)), values, notValues);
  if (key.startsWith('experimental.envoy.filters.') && key.endsWith(']')) {
    return { condition: { on: 'filter-metadata', any: values.length > 0 }, envoyHttp: false, ztunnelHttp: true, unbuildable: false };
  }
  return undefined;
}

function valueField(
  dimension: 'host' | 'method' | 'path' | 'sni',
  any: List,
  none: List,
  matcher: (value: string) => Matcher,
  visibility: { readonly envoyHttp: boolean; readonly ztunnelHttp: boolean },
): Field[] {
  if (any.length === 0 && none.length === 0) return [];
  return [{ condition: { on: 'value', dimension, any: any.map(matcher), none: none.map(matcher) }, ...visibility, unbuildable: false }];
}

function peerField(any: List, none: List, matchers: (values: List) => Matcher[]): Field[] {
  if (any.length === 0 && none.length === 0) return [];
  return [{ condition: { on: 'value', dimension: 'peer', any: matchers(any), none: matchers(none) }, envoyHttp: false, ztunnelHttp: false, unbuildable: false }];
}

/** A3.22, A3.23: read since 1.30.2; ztunnel ignores the field without a word. */
function trustDomainField(any: List, none: List, { config, chain }: RuleContext): Field[] {
  if (any.length === 0 && none.length === 0) return [];
  if (chain === 'ztunnel' || !atLeast(config.istioVersion, '1.30.2')) return [{ condition: 'ignored', envoyHttp: false, ztunnelHttp: false, unbuildable: false }];
  return peerField(any, none, (values) => trustDomainMatchers(values, config));
}

function subjectField(any: List, none: List): Field[] {
  if (any.length === 0 && none.length === 0) return [];
  return [{ condition: { on: 'subject', any: any.map(subjectPattern), none: none.map(subjectPattern) }, envoyHttp: true, ztunnelHttp: true, unbuildable: false }];
}

/** Issuer and subject are part of the token itself; every other claim is a list of texts. */
function claimField(path: readonly string[], any: List, none: List): Field {
  const patterns = (values: List) => values.map((value) => textPattern(value));
  const only = path.length === 1 ? path[0] : undefined;
  if (only === 'iss' || only === 'sub') {
    const part = only === 'iss' ? 'issuer' : 'subject';
    const subjects = (values: List) => patterns(values).map((pattern) => ({ [part]: pattern }));
    return { condition: { on: 'subject', any: subjects(any), none: subjects(none) }, envoyHttp: true, ztunnelHttp: true, unbuildable: false };
  }
  return { condition: { on: 'claim', path, any: patterns(any), none: patterns(none) }, envoyHttp: true, ztunnelHttp: true, unbuildable: false };
}

/** A3.J: `:authority`, `host`, `:method` are the request's own parts, compared with case; `:path` has its query. */
function headerField(written: string, any: List, none: List): Field {
  const name = written.toLowerCase();
  const matchers = (values: List): Matcher[] => values.map((value) => textPattern(value, 'present'));
  const http = { envoyHttp: true, ztunnelHttp: true, unbuildable: false };
  const dimension = name === ':authority' || name === 'host' ? 'host' : name === ':method' ? 'method' : undefined;
  if (dimension !== undefined) return { condition: { on: 'value', dimension, any: matchers(any), none: matchers(none) }, ...http };
  return { condition: { on: 'header', name, any: matchers(any), none: matchers(none) }, ...http };
}

function addressField(dimension: 'source.ip' | 'remote.ip' | 'destination.ip', any: List, none: List): Field[] {
  if (any.length === 0 && none.length === 0) return [];
  return [checkedField(dimension, any, none, addressMatcher, false)];
}

/** A3.25: works on TCP chains too; ztunnel counts it as HTTP. */
function remoteAddressField(any: List, none: List): Field[] {
  return addressField('remote.ip', any, none).map((field) => ({ ...field, ztunnelHttp: true }));
}

function portField(any: List, none: List): Field[] {
  if (any.length === 0 && none.length === 0) return [];
  return [checkedField('port', any, none, portMatcher, false)];
}

function checkedField(dimension: 'source.ip' | 'remote.ip' | 'destination.ip' | 'port', any: List, none: List, read: (value: string) => Matcher | undefined, ztunnelHttp: boolean): Field {
  const build = (values: List): Matcher[] => values.flatMap((value) => read(value) ?? []);
  const built = { any: build(any), none: build(none) };
  const unbuildable = built.any.length < any.length || built.none.length < none.length;
  // A field that is left without values disappears; one that never had positive values stays negative.
  const vanished = built.any.length === 0 && built.none.length === 0;
  return { condition: vanished ? 'ignored' : { on: 'value', dimension, ...built }, envoyHttp: false, ztunnelHttp, unbuildable };
}
