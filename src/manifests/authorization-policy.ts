import { choiceAt, entriesAt, fieldsAt, fieldsOr, isSet, textAt, textOr, textsAt, type Fields } from './reading.ts';
import { decodeTargetRefs, decodeWorkloadSelector, targetRefShape, workloadSelectorShape, type TargetRef, type WorkloadSelector } from './selector.ts';
import { list, object, oneOf, text } from './shape.ts';

/** Empty lists and absent lists are the same (A1.13): both are `[]` here. */
export interface SourceSpec {
  readonly principals: readonly string[];
  readonly notPrincipals: readonly string[];
  readonly requestPrincipals: readonly string[];
  readonly notRequestPrincipals: readonly string[];
  readonly namespaces: readonly string[];
  readonly notNamespaces: readonly string[];
  readonly serviceAccounts: readonly string[];
  readonly notServiceAccounts: readonly string[];
  readonly trustDomains: readonly string[];
  readonly notTrustDomains: readonly string[];
  readonly ipBlocks: readonly string[];
  readonly notIpBlocks: readonly string[];
  readonly remoteIpBlocks: readonly string[];
  readonly notRemoteIpBlocks: readonly string[];
}

export interface OperationSpec {
  readonly hosts: readonly string[];
  readonly notHosts: readonly string[];
  readonly ports: readonly string[];
  readonly notPorts: readonly string[];
  readonly methods: readonly string[];
  readonly notMethods: readonly string[];
  readonly paths: readonly string[];
  readonly notPaths: readonly string[];
}

export interface ConditionSpec {
  readonly key: string;
  readonly values: readonly string[];
  readonly notValues: readonly string[];
}

/** `from`, `to`, `when`: empty = no constraint (A1.10, A1.12). */
export interface RuleSpec {
  readonly from: readonly SourceSpec[];
  readonly to: readonly OperationSpec[];
  readonly when: readonly ConditionSpec[];
}

export interface AuthorizationPolicySpec {
  readonly selector: WorkloadSelector | undefined;
  readonly targetRefs: readonly TargetRef[];
  /** Omitted = ALLOW (A1.7). */
  readonly action: 'ALLOW' | 'DENY' | 'AUDIT' | 'CUSTOM';
  readonly provider: string | undefined;
  readonly rules: readonly RuleSpec[];
}

const sourceFields = [
  'principals',
  'notPrincipals',
  'requestPrincipals',
  'notRequestPrincipals',
  'namespaces',
  'notNamespaces',
  'serviceAccounts',
  'notServiceAccounts',
  'trustDomains',
  'notTrustDomains',
  'ipBlocks',
  'notIpBlocks',
  'remoteIpBlocks',
  'notRemoteIpBlocks',
] as const satisfies readonly (keyof SourceSpec)[];

const operationFields = ['hosts', 'notHosts', 'ports', 'notPorts', 'methods', 'notMethods', 'paths', 'notPaths'] as const satisfies readonly (keyof OperationSpec)[];

const texts = list(text());
const accounts = list(text({ maxLength: 320 }), { max: 16 });

const source = object(
  { ...Object.fromEntries(sourceFields.map((field) => [field, texts])), serviceAccounts: accounts, notServiceAccounts: accounts },
  {
    // A7.1 g: whatever the sign, and even if the lists are empty.
    rule: (value) => {
      if (!isSet(value, 'serviceAccounts') && !isSet(value, 'notServiceAccounts')) return undefined;
      const other = ['principals', 'notPrincipals', 'namespaces', 'notNamespaces'].find((key) => isSet(value, key));
      return other === undefined ? undefined : `\`${other}\` cannot be combined with service accounts`;
    },
  },
);

/** @see https://istio.io/latest/docs/reference/config/security/authorization-policy/ */
export const authorizationPolicyShape = object(
  {
    selector: workloadSelectorShape,
    targetRef: targetRefShape,
    targetRefs: list(targetRefShape, { max: 16 }),
    action: oneOf('ALLOW', 'DENY', 'AUDIT', 'CUSTOM'),
    provider: object({ name: text() }),
    rules: list(
      object({
        from: list(object({ source }), { max: 512 }),
        to: list(object({ operation: object(Object.fromEntries(operationFields.map((field) => [field, texts]))) })),
        when: list(object({ key: text(), values: texts, notValues: texts }, { required: ['key'] })),
      }),
      { max: 512 },
    ),
  },
  { exclusive: [['selector', 'targetRef', 'targetRefs']] },
);

export function decodeAuthorizationPolicy(spec: Fields): AuthorizationPolicySpec {
  const provider = fieldsAt(spec, 'provider');
  return {
    selector: decodeWorkloadSelector(spec),
    targetRefs: decodeTargetRefs(spec),
    action: choiceAt(spec, 'action', ['ALLOW', 'DENY', 'AUDIT', 'CUSTOM'], 'ALLOW'),
    provider: provider === undefined ? undefined : textAt(provider, 'name'),
    rules: entriesAt(spec, 'rules').map(decodeRule),
  };
}

function decodeRule(rule: Fields): RuleSpec {
  return {
    from: entriesAt(rule, 'from').map((from) => decodeSource(fieldsOr(from, 'source'))),
    to: entriesAt(rule, 'to').map((to) => decodeOperation(fieldsOr(to, 'operation'))),
    when: entriesAt(rule, 'when').map((when) => ({ key: textOr(when, 'key'), values: textsAt(when, 'values'), notValues: textsAt(when, 'notValues') })),
  };
}

function decodeSource(source: Fields): SourceSpec {
  return {
    principals: textsAt(source, 'principals'),
    notPrincipals: textsAt(source, 'notPrincipals'),
    requestPrincipals: textsAt(source, 'requestPrincipals'),
    notRequestPrincipals: textsAt(source, 'notRequestPrincipals'),
    namespaces: textsAt(source, 'namespaces'),
    notNamespaces: textsAt(source, 'notNamespaces'),
    serviceAccounts: textsAt(source, 'serviceAccounts'),
    notServiceAccounts: textsAt(source, 'notServiceAccounts'),
    trustDomains: textsAt(source, 'trustDomains'),
    notTrustDomains: textsAt(source, 'notTrustDomains'),
    ipBlocks: textsAt(source, 'ipBlocks'),
    notIpBlocks: textsAt(source, 'notIpBlocks'),
    remoteIpBlocks: textsAt(source, 'remoteIpBlocks'),
    notRemoteIpBlocks: textsAt(source, 'notRemoteIpBlocks'),
  };
}

function decodeOperation(operation: Fields): OperationSpec {
  return {
    hosts: textsAt(operation, 'hosts'),
    notHosts: textsAt(operation, 'notHosts'),
    ports: textsAt(operation, 'ports'),
    notPorts: textsAt(operation, 'notPorts'),
    methods: textsAt(operation, 'methods'),
    notMethods: textsAt(operation, 'notMethods'),
    paths: textsAt(operation, 'paths'),
    notPaths: textsAt(operation, 'notPaths'),
  };
}
