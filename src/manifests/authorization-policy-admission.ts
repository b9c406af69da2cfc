/**
 * AuthorizationPolicy as Istio's webhook judges it, where the schema has no objection (A7.1).
 * @see https://istio.io/latest/docs/reference/config/security/authorization-policy/
 */
import type { FieldPath } from '#source/origin.ts';
import { isAddress, isPortText, isPrefix } from './go-values.ts';
import { annotationRefusals, selectorWarnings, targetRefRefusals, warningProblem, webhookProblem } from './istio-admission.ts';
import { entriesAt, fieldsAt, fieldsOr, own, textOr, textsAt, type Fields } from './reading.ts';
import type { ManifestProblem } from './resource.ts';
import { clip } from './shape.ts';

export function admitAuthorizationPolicy(manifest: Fields): readonly ManifestProblem[] {
  const spec = fieldsOr(manifest, 'spec');
  const action = textOr(spec, 'action', 'ALLOW');
  const problems: ManifestProblem[] = [...annotationRefusals(manifest, 'AuthorizationPolicy'), ...targetRefRefusals(spec), ...actionRefusals(spec, action)];
  entriesAt(spec, 'rules').forEach((rule, index) => {
    entriesAt(rule, 'from').forEach((from, number) => problems.push(...sourceRefusals(from, ['spec', 'rules', index, 'from', number], action)));
    entriesAt(rule, 'to').forEach((to, number) => problems.push(...operationRefusals(to, ['spec', 'rules', index, 'to', number])));
    entriesAt(rule, 'when').forEach((when, number) => problems.push(...conditionRefusals(when, ['spec', 'rules', index, 'when', number], action)));
  });
  // Warnings of a refused object reach nobody.
  return problems.length > 0 ? problems : [...selectorWarnings(spec), ...(action === 'DENY' ? tcpWarnings(spec) : [])];
}

function actionRefusals(spec: Fields, action: string): readonly ManifestProblem[] {
  const problems: ManifestProblem[] = [];
  const hasRules = entriesAt(spec, 'rules').length > 0;
  const provider = fieldsAt(spec, 'provider');
  if ((action === 'DENY' || action === 'CUSTOM') && !hasRules) {
    problems.push(webhookProblem(['spec', 'rules'], `\`${action}\` without rules is never triggered; \`rules: [{}]\` means every request`));
  }
  if (action === 'CUSTOM' && hasRules && (provider === undefined || textOr(provider, 'name') === '')) {
    problems.push(webhookProblem(['spec', 'provider', 'name'], '`CUSTOM` needs the name of a provider'));
  }
  if (action !== 'CUSTOM' && provider !== undefined) problems.push(webhookProblem(['spec', 'provider'], `a provider goes with \`CUSTOM\` only, not with \`${action}\``));
  return problems;
}

/** A6.7: CUSTOM runs before tokens are verified, and istiod takes no peer identity there. */
const notWithCustom = ['namespaces', 'notNamespaces', 'serviceAccounts', 'notServiceAccounts', 'trustDomains', 'notTrustDomains', 'principals', 'notPrincipals', 'requestPrincipals', 'notRequestPrincipals'];

const sourceLists = ['principals', 'notPrincipals', 'requestPrincipals', 'notRequestPrincipals', 'namespaces', 'notNamespaces'];
const addressLists = ['ipBlocks', 'notIpBlocks', 'remoteIpBlocks', 'notRemoteIpBlocks'];
const accountLists = ['serviceAccounts', 'notServiceAccounts'];
const trustDomainLists = ['trustDomains', 'notTrustDomains'];
const allSourceLists = [...sourceLists, ...addressLists, ...accountLists, ...trustDomainLists];

function sourceRefusals(from: Fields, path: FieldPath, action: string): readonly ManifestProblem[] {
  const source = fieldsAt(from, 'source');
  const at = [...path, 'source'];
  if (source === undefined) return [webhookProblem(at, 'an entry of `from` needs a `source`')];
  const problems: ManifestProblem[] = [];
  if (allSourceLists.every((key) => textsAt(source, key).length === 0)) problems.push(webhookProblem(at, 'the source is empty: leave `from` out to mean any caller'));
  if (action === 'CUSTOM') {
    for (const key of notWithCustom) {
      if (textsAt(source, key).length > 0) problems.push(webhookProblem([...at, key], `\`${key}\` is not supported with \`CUSTOM\``));
    }
  }
  eachValue(problems, source, sourceLists, at, emptyRefusal);
  eachValue(problems, source, addressLists, at, addressRefusal);
  eachValue(problems, source, accountLists, at, accountRefusal);
  eachValue(problems, source, trustDomainLists, at, trustDomainRefusal);
  return problems;
}

const operationLists = ['hosts', 'notHosts', 'methods', 'notMethods'];
const pathLists = ['paths', 'notPaths'];
const portLists = ['ports', 'notPorts'];
const allOperationLists = [...operationLists, ...pathLists, ...portLists];

function operationRefusals(to: Fields, path: FieldPath): readonly ManifestProblem[] {
  const operation = fieldsAt(to, 'operation');
  const at = [...path, 'operation'];
  if (operation === undefined) return [webhookProblem(at, 'an entry of `to` needs an `operation`')];
  const problems: ManifestProblem[] = [];
  if (allOperationLists.every((key) => textsAt(operation, key).length === 0)) problems.push(webhookProblem(at, 'the operation is empty: leave `to` out to mean any request'));
  eachValue(problems, operation, operationLists, at, emptyRefusal);
  eachValue(problems, operation, pathLists, at, (value) => emptyRefusal(value) ?? pathRefusal(value));
  eachValue(problems, operation, portLists, at, portRefusal);
  return problems;
}

function conditionRefusals(when: Fields, path: FieldPath, action: string): readonly ManifestProblem[] {
  const key = textOr(when, 'key');
  if (key === '') return [webhookProblem([...path, 'key'], 'the key must not be empty')];
  if (action === 'CUSTOM' && (identityKeys.has(key) || key.startsWith('request.auth.'))) return [webhookProblem([...path, 'key'], `\`${clip(key)}\` is not supported with \`CUSTOM\``)];
  if (textsAt(when, 'values').length === 0 && textsAt(when, 'notValues').length === 0) return [webhookProblem(path, `\`${clip(key)}\` needs \`values\` or \`notValues\``)];
  const form = keyForm(key);
  if (typeof form === 'string') return [webhookProblem([...path, 'key'], form)];
  const refusal = (value: string): string | undefined => emptyRefusal(value) ?? form.value(value);
  const problems: ManifestProblem[] = [];
  eachValue(problems, when, ['values', 'notValues'], path, refusal);
  return problems;
}

const identityKeys: ReadonlySet<string> = new Set(['source.namespace', 'source.serviceAccount', 'source.trustDomain', 'source.principal']);

interface KeyForm {
  readonly value: (value: string) => string | undefined;
}

const anyValue: KeyForm = { value: () => undefined };
const mappedKeys = ['request.headers', 'request.experimental.inline.headers', 'request.auth.claims', 'experimental.envoy.filters.'];
const plainKeys: ReadonlyMap<string, KeyForm> = new Map([
  ['source.ip', { value: addressRefusal }],
  ['remote.ip', { value: addressRefusal }],
  ['destination.ip', { value: addressRefusal }],
  ['destination.port', { value: portRefusal }],
  ['source.serviceAccount', { value: accountRefusal }],
  ['source.trustDomain', { value: wildcardRefusal }],
  ...['source.namespace', 'source.principal', 'request.auth.principal', 'request.auth.audiences', 'request.auth.presenter', 'connection.sni'].map((key) => [key, anyValue] as const),
]);

/** What a key takes; a text says why it is refused (A7.1 n). */
function keyForm(key: string): KeyForm | string {
  if (mappedKeys.some((prefix) => key.startsWith(prefix))) {
    const open = key.indexOf('[');
    return key.endsWith(']') && open > 0 && open < key.length - 2 ? anyValue : `\`${clip(key)}\` must have the form \`a[b]\``;
  }
  const form = plainKeys.get(key);
  if (form !== undefined) return form;
  if (key === 'destination.namespace') return 'the namespace of the policy says which namespace it protects, not a condition';
  if (key.startsWith('destination.labels')) return 'the selector says which workloads a policy protects, not a condition';
  if (key === 'destination.name' || key === 'destination.user') return `\`${key}\` is no longer a key`;
  return `there is no key \`${clip(key)}\``;
}

/** Most lists of a rule are absent and most values fit: nothing is made for them. */
function eachValue(problems: ManifestProblem[], from: Fields, keys: readonly string[], path: FieldPath, refusal: (value: string) => string | undefined): void {
  for (const key of keys) {
    const values = own(from, key);
    if (!Array.isArray(values)) continue;
    values.forEach((value: unknown, index) => {
      const message = typeof value === 'string' ? refusal(value) : undefined;
      if (message !== undefined) problems.push(webhookProblem([...path, key, index], message));
    });
  }
}

function emptyRefusal(value: string): string | undefined {
  return value === '' ? 'an empty value is not allowed' : undefined;
}

function addressRefusal(value: string): string | undefined {
  if (value.includes('/')) return isPrefix(value) ? undefined : `\`${clip(value)}\` is no address range`;
  return isAddress(value) ? undefined : `\`${clip(value)}\` is no address`;
}

function portRefusal(value: string): string | undefined {
  return isPortText(value) ? undefined : `\`${clip(value)}\` is no port: one number from 0 to 65535, no name and no range`;
}

/** A7.1 i. */
function accountRefusal(value: string): string | undefined {
  if (value === '') return 'an empty value is not allowed';
  if (value.includes('*')) return `\`${clip(value)}\` holds a wildcard, which a service account cannot`;
  const parts = value.split('/');
  if (parts.length > 2 || parts.includes('')) return `\`${clip(value)}\` must be \`account\` or \`namespace/account\``;
  return value.length > 320 ? 'is longer than 320 characters' : undefined;
}

/** A7.1 j. */
function trustDomainRefusal(value: string): string | undefined {
  if (value.includes('/')) return `\`${clip(value)}\` is no trust domain: it holds a \`/\``;
  return wildcardRefusal(value);
}

function wildcardRefusal(value: string): string | undefined {
  if (value === '') return 'an empty value is not allowed';
  const stars = value.split('*').length - 1;
  if (stars > 1) return `\`${clip(value)}\` holds more than one wildcard`;
  return stars === 1 && !value.startsWith('*') && !value.endsWith('*') ? `\`${clip(value)}\` has its wildcard inside; it can only stand at the start or the end` : undefined;
}

const literalSegment = /^[a-zA-Z0-9\-._~%!$&'()+,;:@=]+$/;

/** A7.1 m: `{*}` one segment, `{**}` the rest; everything else in a template is plain text. */
export function pathRefusal(path: string): string | undefined {
  const template = path.includes('{*}') || path.includes('{**}');
  let rest = false;
  for (const segment of path.replace(/^\/+|\/+$/g, '').split('/')) {
    if (segment === '{*}' || segment === '{**}') {
      if (rest) return `nothing that matches may follow \`{**}\` in \`${clip(path)}\``;
      rest = segment === '{**}';
      continue;
    }
    if (segment.includes('{') || segment.includes('}')) return `\`${clip(path)}\` is no path template: only \`{*}\` and \`{**}\` can stand, each as a whole segment`;
    if (template && !literalSegment.test(segment)) return `\`${clip(path)}\` mixes a template with \`${clip(segment)}\`, which is no plain segment`;
  }
  return undefined;
}

const tcpSourceLists = ['principals', 'notPrincipals', 'namespaces', 'notNamespaces', 'serviceAccounts', 'notServiceAccounts', 'trustDomains', 'notTrustDomains', ...addressLists];

/** A4.9, per rule: on TCP ports the HTTP fields of a DENY rule are dropped, so it denies everything there. */
function tcpWarnings(spec: Fields): readonly ManifestProblem[] {
  return entriesAt(spec, 'rules').flatMap((rule, index) => {
    const sources = entriesAt(rule, 'from').flatMap<Fields>((from) => fieldsAt(from, 'source') ?? []);
    const operations = entriesAt(rule, 'to').flatMap<Fields>((to) => fieldsAt(to, 'operation') ?? []);
    const tcpSource = sources.some((source) => tcpSourceLists.some((key) => textsAt(source, key).length > 0));
    const tcpOperation = operations.some((operation) => portLists.some((key) => textsAt(operation, key).length > 0));
    const httpOnly = operations.length > 0 ? !tcpOperation : sources.length > 0 && !tcpSource;
    return httpOnly ? [warningProblem(['spec', 'rules', index], 'this DENY rule has HTTP fields only, so it denies all traffic to TCP ports; name the port')] : [];
  });
}
