import { isHttpUrl } from './go-values.ts';
import { entriesAt, flagAt, textAt, textOr, textsAt, type Fields } from './reading.ts';
import { decodeTargetRefs, decodeWorkloadSelector, targetRefShape, workloadSelectorShape, type TargetRef, type WorkloadSelector } from './selector.ts';
import { durationRule } from './shape-rules.ts';
import { clip, flag, list, object, oneOf, text } from './shape.ts';

export interface JwtRuleSpec {
  /** Empty = any issuer that the keys sign (A5.8). */
  readonly issuer: string;
  readonly audiences: readonly string[];
  readonly jwksUri: string;
  readonly jwks: string;
  readonly fromHeaders: readonly { readonly name: string; readonly prefix: string }[];
  readonly fromParams: readonly string[];
  readonly fromCookies: readonly string[];
  readonly forwardOriginalToken: boolean;
  readonly outputPayloadToHeader: string;
  readonly outputClaimToHeaders: readonly { readonly header: string; readonly claim: string }[];
  readonly spaceDelimitedClaims: readonly string[];
  /** Of the fetch of `jwksUri`, as written. */
  readonly timeout: string | undefined;
  /** In the API of 1.32; the control plane that the rules describe does not act on it. Omitted = OPTIONAL. */
  readonly presence: 'OPTIONAL' | 'REQUIRED';
}

export interface RequestAuthenticationSpec {
  readonly selector: WorkloadSelector | undefined;
  readonly targetRefs: readonly TargetRef[];
  readonly jwtRules: readonly JwtRuleSpec[];
}

const nonEmpty = text({ minLength: 1 });
const keysUrl = text({ minLength: 1, maxLength: 2048, rule: (value) => (isHttpUrl(value) ? undefined : `\`${clip(value)}\` is no URL with scheme http or https`) });

const jwtRule = object(
  {
    issuer: nonEmpty,
    audiences: list(nonEmpty),
    jwksUri: keysUrl,
    /** The former spelling, still in the schema. */
    jwks_uri: keysUrl,
    jwks: text(),
    fromHeaders: list(object({ name: nonEmpty, prefix: text() }, { required: ['name'] })),
    fromParams: list(nonEmpty),
    fromCookies: list(nonEmpty),
    forwardOriginalToken: flag,
    outputPayloadToHeader: text(),
    outputClaimToHeaders: list(object({ header: text({ minLength: 1, pattern: /^[-_A-Za-z0-9]+$/ }), claim: nonEmpty }, { required: ['header', 'claim'] })),
    spaceDelimitedClaims: list(nonEmpty, { max: 64 }),
    timeout: text({ rule: durationRule }),
    presence: oneOf('OPTIONAL', 'REQUIRED'),
  },
  { exclusive: [['jwks', 'jwksUri', 'jwks_uri']] },
);

/** @see https://istio.io/latest/docs/reference/config/security/request_authentication/ */
export const requestAuthenticationShape = object(
  { selector: workloadSelectorShape, targetRef: targetRefShape, targetRefs: list(targetRefShape, { max: 16 }), jwtRules: list(jwtRule, { max: 4096 }) },
  { exclusive: [['selector', 'targetRef', 'targetRefs']] },
);

export function decodeRequestAuthentication(spec: Fields): RequestAuthenticationSpec {
  return { selector: decodeWorkloadSelector(spec), targetRefs: decodeTargetRefs(spec), jwtRules: entriesAt(spec, 'jwtRules').map(decodeJwtRule) };
}

function decodeJwtRule(rule: Fields): JwtRuleSpec {
  return {
    issuer: textOr(rule, 'issuer'),
    audiences: textsAt(rule, 'audiences'),
    jwksUri: textOr(rule, 'jwksUri', textOr(rule, 'jwks_uri')),
    jwks: textOr(rule, 'jwks'),
    fromHeaders: entriesAt(rule, 'fromHeaders').map((header) => ({ name: textOr(header, 'name'), prefix: textOr(header, 'prefix') })),
    fromParams: textsAt(rule, 'fromParams'),
    fromCookies: textsAt(rule, 'fromCookies'),
    forwardOriginalToken: flagAt(rule, 'forwardOriginalToken') ?? false,
    outputPayloadToHeader: textOr(rule, 'outputPayloadToHeader'),
    outputClaimToHeaders: entriesAt(rule, 'outputClaimToHeaders').map((output) => ({ header: textOr(output, 'header'), claim: textOr(output, 'claim') })),
    spaceDelimitedClaims: textsAt(rule, 'spaceDelimitedClaims'),
    timeout: textAt(rule, 'timeout'),
    presence: textAt(rule, 'presence') === 'REQUIRED' ? 'REQUIRED' : 'OPTIONAL',
  };
}
