/** Every detector by its rule. A rule of the catalogue without one here is listed as not implemented. */
import { catalogue, type RuleEntry, type RuleId } from './catalogue.ts';
import type { Detector } from './detector.ts';
import { accessLogLost } from './detectors/access-log-lost.ts';
import { accessWidened } from './detectors/access-widened.ts';
import { accessWidenedUndecided } from './detectors/access-widened-undecided.ts';
import { allowAnyEgress } from './detectors/allow-any-egress.ts';
import { allowEverything } from './detectors/allow-everything.ts';
import { allowWithoutSource } from './detectors/allow-without-source.ts';
import { ambientDisableUnsupported } from './detectors/ambient-disable-unsupported.ts';
import { captureHole } from './detectors/capture-hole.ts';
import { claimsWithoutAuthentication } from './detectors/claims-without-authentication.ts';
import { clientPlaintext } from './detectors/client-plaintext.ts';
import { customProviderBroken } from './detectors/custom-provider-broken.ts';
import { defaultDenyLost } from './detectors/default-deny-lost.ts';
import { denyMissesPlaintext } from './detectors/deny-misses-plaintext.ts';
import { dryRunLeftOn } from './detectors/dry-run-left-on.ts';
import { egressOpened } from './detectors/egress-opened.ts';
import { enrolmentLost } from './detectors/enrolment-lost.ts';
import { externalAuthorizationLost } from './detectors/external-authorization-lost.ts';
import { flowLost } from './detectors/flow-lost.ts';
import { httpDenyOnTcp } from './detectors/http-deny-on-tcp.ts';
import { httpPolicyWithoutHttp } from './detectors/http-policy-without-http.ts';
import { identityGained } from './detectors/identity-gained.ts';
import { impersonationRight } from './detectors/impersonation-right.ts';
import { ingressPlaintext } from './detectors/ingress-plaintext.ts';
import { ingressTlsWeakened } from './detectors/ingress-tls-weakened.ts';
import { injectionOptOut } from './detectors/injection-opt-out.ts';
import { internetExposure } from './detectors/internet-exposure.ts';
import { invalidResource } from './detectors/invalid-resource.ts';
import { issuerOrKeysWidened } from './detectors/issuer-or-keys-widened.ts';
import { latentWidening } from './detectors/latent-widening.ts';
import { meshBypassCapability } from './detectors/mesh-bypass-capability.ts';
import { mtlsLostBySidecarScope } from './detectors/mtls-lost-by-sidecar-scope.ts';
import { mtlsMismatch } from './detectors/mtls-mismatch.ts';
import { mtlsRequired } from './detectors/mtls-required.ts';
import { namespaceOnlySource } from './detectors/namespace-only-source.ts';
import { negativeSourceAdmitsPlaintext } from './detectors/negative-source-admits-plaintext.ts';
import { networkPolicyWidened } from './detectors/network-policy-widened.ts';
import { noDefaultDeny } from './detectors/no-default-deny.ts';
import { noNetworkPolicy } from './detectors/no-network-policy.ts';
import { peerAuthenticationConflict } from './detectors/peer-authentication-conflict.ts';
import { plaintextAccepted } from './detectors/plaintext-accepted.ts';
import { plaintextOpened } from './detectors/plaintext-opened.ts';
import { podSecurityLowered } from './detectors/pod-security-lowered.ts';
import { policyNotEnforcedHere } from './detectors/policy-not-enforced-here.ts';
import { portPlaintextException } from './detectors/port-plaintext-exception.ts';
import { proxyExtensionChanged } from './detectors/proxy-extension-changed.ts';
import { registryOnlyIsNoFirewall } from './detectors/registry-only-is-no-firewall.ts';
import { removedApiVersion } from './detectors/removed-api-version.ts';
import { selectsNothing } from './detectors/selects-nothing.ts';
import { sharedIdentity } from './detectors/shared-identity.ts';
import { tokenNoLongerRequired } from './detectors/token-no-longer-required.ts';
import { tokenNotRequired } from './detectors/token-not-required.ts';
import { trustDomainWidened } from './detectors/trust-domain-widened.ts';
import { unenrolledWorkload } from './detectors/unenrolled-workload.ts';
import { unknownField } from './detectors/unknown-field.ts';
import { unknownPrincipal } from './detectors/unknown-principal.ts';
import { waypointBypass } from './detectors/waypoint-bypass.ts';
import { waypointMissing } from './detectors/waypoint-missing.ts';
import { wildcardHost } from './detectors/wildcard-host.ts';
import { wildcardServiceEntry } from './detectors/wildcard-service-entry.ts';

export const detectors = {
  'access-log-lost': accessLogLost,
  'access-widened': accessWidened,
  'access-widened-undecided': accessWidenedUndecided,
  'allow-any-egress': allowAnyEgress,
  'allow-everything': allowEverything,
  'allow-without-source': allowWithoutSource,
  'ambient-disable-unsupported': ambientDisableUnsupported,
  'capture-hole': captureHole,
  'claims-without-authentication': claimsWithoutAuthentication,
  'client-plaintext': clientPlaintext,
  'custom-provider-broken': customProviderBroken,
  'default-deny-lost': defaultDenyLost,
  'deny-misses-plaintext': denyMissesPlaintext,
  'dry-run-left-on': dryRunLeftOn,
  'egress-opened': egressOpened,
  'enrolment-lost': enrolmentLost,
  'external-authorization-lost': externalAuthorizationLost,
  'flow-lost': flowLost,
  'http-deny-on-tcp': httpDenyOnTcp,
  'http-policy-without-http': httpPolicyWithoutHttp,
  'identity-gained': identityGained,
  'impersonation-right': impersonationRight,
  'ingress-plaintext': ingressPlaintext,
  'ingress-tls-weakened': ingressTlsWeakened,
  'injection-opt-out': injectionOptOut,
  'internet-exposure': internetExposure,
  'invalid-resource': invalidResource,
  'issuer-or-keys-widened': issuerOrKeysWidened,
  'latent-widening': latentWidening,
  'mesh-bypass-capability': meshBypassCapability,
  'mtls-lost-by-sidecar-scope': mtlsLostBySidecarScope,
  'mtls-mismatch': mtlsMismatch,
  'mtls-required': mtlsRequired,
  'namespace-only-source': namespaceOnlySource,
  'negative-source-admits-plaintext': negativeSourceAdmitsPlaintext,
  'network-policy-widened': networkPolicyWidened,
  'no-default-deny': noDefaultDeny,
  'no-network-policy': noNetworkPolicy,
  'peer-authentication-conflict': peerAuthenticationConflict,
  'plaintext-accepted': plaintextAccepted,
  'plaintext-opened': plaintextOpened,
  'pod-security-lowered': podSecurityLowered,
  'policy-not-enforced-here': policyNotEnforcedHere,
  'port-plaintext-exception': portPlaintextException,
  'proxy-extension-changed': proxyExtensionChanged,
  'registry-only-is-no-firewall': registryOnlyIsNoFirewall,
  'removed-api-version': removedApiVersion,
  'selects-nothing': selectsNothing,
  'shared-identity': sharedIdentity,
  'token-no-longer-required': tokenNoLongerRequired,
  'token-not-required': tokenNotRequired,
  'trust-domain-widened': trustDomainWidened,
  'unenrolled-workload': unenrolledWorkload,
  'unknown-field': unknownField,
  'unknown-principal': unknownPrincipal,
  'waypoint-bypass': waypointBypass,
  'waypoint-missing': waypointMissing,
  'wildcard-host': wildcardHost,
  'wildcard-service-entry': wildcardServiceEntry,
} as const satisfies { readonly [R in RuleId]?: Detector & { readonly rule: R } };

/** Rules about the run itself: made by `incompleteFindings` and `maturityFinding`, not by a detector. */
const runRules = ['unreadable-manifest', 'not-renderable', 'analysis-incomplete', 'maturity-changed'] as const satisfies readonly RuleId[];

export interface RuleDescription extends RuleEntry {
  /** False: listed, so that its code stays taken, and not looked for yet. */
  readonly implemented: boolean;
}

export function isImplemented(rule: string): boolean {
  return Object.hasOwn(detectors, rule) || runRules.some((known) => known === rule);
}

/** The whole catalogue as `rules` prints it, in order of the codes. */
export function describeRules(): readonly RuleDescription[] {
  return catalogue.map((entry) => ({ ...entry, implemented: isImplemented(entry.rule) }));
}
