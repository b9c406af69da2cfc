import type { TargetRef, WorkloadSelector } from './selector.ts';

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
}

export interface RequestAuthenticationSpec {
  readonly selector: WorkloadSelector | undefined;
  readonly targetRefs: readonly TargetRef[];
  readonly jwtRules: readonly JwtRuleSpec[];
}
