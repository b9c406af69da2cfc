/**
 * Every rule there is, implemented or planned. Codes are stable for ever; the rule id is also the name of the detector's file, of its
 * page in `docs/rules/` and of the expectation in fixtures.
 *
 * Standards tags stand only where the rule's page explains the mapping (`docs/rules/`): pillars of CISA's Zero Trust Maturity Model 2.0
 * and entries of the OWASP Kubernetes Top Ten 2025.
 * @see https://www.cisa.gov/zero-trust-maturity-model
 */
import type { Severity } from './finding.ts';

/** `change`: always with a witness of the change; `state`: evaluated on both sides and compared; `both`; `run`: about the review itself. */
export type RuleKind = 'change' | 'state' | 'both' | 'run';

export interface RuleEntry {
  readonly code: `MP${number}`;
  readonly rule: string;
  readonly kind: RuleKind;
  /** Where the severity starts. */
  readonly severity: Severity;
  /** True: the caller decides (`breadthSeverity`), and code scanning has one rule per level. */
  readonly byBreadth: boolean;
  /** A noun phrase without names of resources. */
  readonly title: string;
  /** One sentence. */
  readonly description: string;
  readonly tags: readonly string[];
}

const networks = 'cisa-ztmm-2.0:networks';
const workloads = 'cisa-ztmm-2.0:applications-and-workloads';
const identity = 'cisa-ztmm-2.0:identity';
const visibility = 'cisa-ztmm-2.0:visibility-and-analytics';
const segmentation = 'owasp-k8s-2025:K05';

function entry<R extends string>(number: number, rule: R, kind: RuleKind, severity: Severity, title: string, description: string, tags: readonly string[] = []): RuleEntry & { readonly rule: R } {
  return { code: `MP${number}`, rule, kind, severity, byBreadth: false, title, description, tags };
}

function byBreadth<R extends string>(number: number, rule: R, title: string, description: string, tags: readonly string[] = []): RuleEntry & { readonly rule: R } {
  return { ...entry(number, rule, 'change', 'high', title, description, tags), byBreadth: true };
}

export const catalogue = [
  // 1xx peer authentication and identity
  entry(101, 'plaintext-opened', 'change', 'high', 'plaintext callers newly accepted', 'callers without a mesh identity can newly reach a workload port', [networks, segmentation]),
  entry(102, 'mtls-required', 'change', 'info', 'plaintext newly refused', 'a workload port newly refuses plaintext; known callers that will be cut off are MP203'),
  entry(103, 'plaintext-accepted', 'state', 'medium', 'plaintext accepted', 'the effective mutual TLS mode of a workload port is PERMISSIVE or DISABLE', [networks, segmentation]),
  entry(104, 'port-plaintext-exception', 'state', 'medium', 'port weaker than its scope', 'a `portLevelMtls` entry is weaker than the mode around it', [networks]),
  entry(105, 'client-plaintext', 'both', 'high', 'clients told to send plaintext', 'a DestinationRule, or the zero value of its `tls.mode`, makes clients send plaintext or plain TLS to a mesh workload', [networks]),
  entry(106, 'mtls-mismatch', 'both', 'high', 'client and server cannot talk', 'the TLS that clients send is refused by the mode that the server requires: an outage', [networks]),
  entry(107, 'peer-authentication-conflict', 'state', 'medium', 'several policies in one scope', 'which of several PeerAuthentications of one scope wins depends on their creation time; the weakest is judged', [networks]),
  entry(108, 'shared-identity', 'state', 'medium', 'identity shared by unrelated workloads', 'unrelated workloads share a ServiceAccount and so each other\'s access', [identity]),
  entry(109, 'identity-gained', 'change', 'high', 'workload gains another identity\'s access', 'the account of a workload, or who may run as it, changes so that it gains the access of others', [identity]),
  entry(110, 'trust-domain-widened', 'change', 'high', 'identities of another trust domain accepted', 'the trust domain, its aliases or a principal\'s trust domain newly accept identities from elsewhere', [identity]),
  entry(111, 'unknown-principal', 'state', 'low', 'principal that cannot match', 'a policy names an identity that is malformed or that no manifest creates', [identity]),
  // 2xx authorization
  byBreadth(201, 'access-widened', 'requests newly allowed', 'requests that were denied before can reach a workload', [workloads, segmentation]),
  entry(202, 'access-widened-undecided', 'change', 'high', 'not proved safe', 'the work limit ran out, or an opaque resource that changed is involved: new access could not be ruled out', [workloads]),
  entry(203, 'flow-lost', 'change', 'high', 'requests no longer possible', 'callers lose requests that they could make; high where a declared caller surely does'),
  entry(204, 'default-deny-lost', 'change', 'high', 'default deny lost', 'the last enforced ALLOW policy of a destination is gone: everything that is not denied is allowed', [workloads, segmentation]),
  entry(205, 'no-default-deny', 'state', 'medium', 'no default deny', 'no enforced ALLOW policy stands at a destination: every request that is not denied is allowed', [workloads, segmentation]),
  entry(206, 'allow-everything', 'state', 'high', 'rule that allows every request', 'an ALLOW rule without any effective restriction', [workloads, segmentation]),
  entry(207, 'allow-without-source', 'state', 'medium', 'operation allowed to any caller', 'an ALLOW rule restricts the operation only, not the caller', [workloads]),
  entry(208, 'namespace-only-source', 'state', 'low', 'caller restricted by namespace only', 'whoever may create a pod in the namespace passes', [workloads]),
  entry(209, 'negative-source-admits-plaintext', 'state', 'high', 'negative source admits callers without identity', '`notPrincipals`, `notNamespaces` and the like match callers without identity where plaintext is accepted', [workloads, segmentation]),
  entry(210, 'deny-misses-plaintext', 'state', 'medium', 'DENY misses callers without identity', 'a DENY by identity does not match callers without one, and plaintext is accepted', [workloads]),
  entry(211, 'http-deny-on-tcp', 'state', 'medium', 'DENY wider than written on a TCP port', 'HTTP fields of a DENY rule are dropped on a TCP port, so that it denies more', [workloads]),
  entry(212, 'http-policy-without-http', 'state', 'high', 'HTTP rule that nothing evaluates', 'HTTP fields stand where no HTTP proxy evaluates them: an ALLOW denies everything, a DENY denies nothing', [workloads, segmentation]),
  entry(213, 'deny-broader-than-intended', 'state', 'low', 'DENY covers flows that are allowed elsewhere', 'a DENY covers flows that an ALLOW of the same author names'),
  entry(214, 'dry-run-left-on', 'both', 'low', 'policy not enforced', 'the dry-run annotation keeps a policy from being enforced', [workloads]),
  entry(215, 'path-normalization-bypass', 'state', 'medium', 'path rule can be passed by', 'a path rule can be passed by `//`, `%2f`, `;` or case under the normalization of the mesh', [workloads]),
  entry(216, 'host-without-port', 'state', 'low', 'host without port', 'an exact host never matches requests that carry `host:port`'),
  entry(217, 'latent-widening', 'change', 'low', 'one layer opened, another still closed', 'requests pass a layer that refused them before and are still stopped by another one', [workloads]),
  entry(218, 'redundant-policy', 'state', 'info', 'policy without effect of its own', 'removing the policy would change nothing'),
  // 3xx tokens and external authorization
  entry(301, 'token-no-longer-required', 'change', 'high', 'valid token no longer required', 'requests without a valid token are newly allowed', [identity]),
  entry(302, 'token-not-required', 'state', 'medium', 'tokens validated, not required', 'a RequestAuthentication without an AuthorizationPolicy that requires a token lets requests without one pass', [identity]),
  entry(303, 'claims-without-authentication', 'state', 'high', 'token fields that never match', 'request principals or claims are used where no RequestAuthentication validates tokens', [identity]),
  entry(304, 'issuer-or-keys-widened', 'change', 'high', 'more tokens accepted', 'issuer, audience, keys or location of tokens accept more than before', [identity]),
  entry(305, 'token-exempt-path-too-wide', 'state', 'medium', 'token exemption too wide', 'the paths exempt from tokens match more than the health paths they were meant for', [identity]),
  entry(306, 'external-authorization-lost', 'change', 'high', 'external authorizer no longer asked', 'requests that needed the consent of an external authorizer no longer do', [identity]),
  entry(307, 'custom-provider-broken', 'state', 'high', 'external authorizer that does not exist', 'a CUSTOM policy names a provider that the mesh configuration lacks or cannot use, or two providers meet on one workload', [identity]),
  entry(308, 'token-spoofable-header', 'state', 'medium', 'header that callers can set trusted', 'a rule trusts a plain header that callers can set themselves', [identity]),
  // 4xx enrolment and enforcement points
  entry(401, 'enrolment-lost', 'change', 'high', 'workload leaves the mesh', 'the policies of a workload stop applying because it is no longer in the mesh', [networks, segmentation]),
  entry(402, 'unenrolled-workload', 'state', 'medium', 'workload without proxy', 'policies name a workload that no proxy enforces them for', [networks]),
  entry(403, 'injection-opt-out', 'state', 'medium', 'workload opts out of the mesh', 'a label or annotation opts a workload out in a namespace of the mesh', [networks]),
  entry(404, 'capture-hole', 'both', 'high', 'traffic around the proxy', 'ports, addresses, users or interfaces that the proxy does not capture', [networks, segmentation]),
  entry(405, 'opt-out-not-prevented', 'state', 'low', 'nothing prevents opting out', 'no admission policy forbids opting out of the mesh'),
  entry(406, 'waypoint-bypass', 'both', 'high', 'waypoint can be bypassed', 'a policy stands at a waypoint while the destination accepts traffic that skips it', [networks]),
  entry(407, 'waypoint-missing', 'state', 'high', 'waypoint that is not there', '`istio.io/use-waypoint` names no waypoint, or one that does not serve the destination', [networks]),
  entry(408, 'policy-not-enforced-here', 'state', 'medium', 'policy bound where nothing enforces it', 'a selector policy on a waypoint, target references on a sidecar, a wrong class or namespace'),
  entry(409, 'ambient-disable-unsupported', 'state', 'medium', 'DISABLE in ambient', 'ambient workloads read DISABLE as PERMISSIVE, and other differences to sidecars'),
  entry(410, 'revision-unserved', 'state', 'medium', 'revision that nothing serves', 'a control-plane revision or tag that nothing serves'),
  // 5xx ingress
  byBreadth(501, 'internet-exposure', 'workload newly reachable from outside', 'a workload becomes reachable from outside the cluster', [networks]),
  entry(502, 'ingress-plaintext', 'both', 'medium', 'plain HTTP from outside', 'a gateway serves plain HTTP without redirecting to HTTPS', [networks]),
  entry(503, 'ingress-tls-weakened', 'both', 'high', 'TLS of a gateway weakened', 'a gateway asks less of its clients: mutual to simple, passthrough, a lower minimum version, no mode', [networks]),
  entry(504, 'wildcard-host', 'state', 'medium', 'wildcard host', 'a gateway or an attached route serves every host', [networks]),
  entry(505, 'gateway-without-authorization', 'state', 'medium', 'gateway without authorization', 'no policy stands at a public gateway', [networks]),
  entry(506, 'route-attachment-widened', 'change', 'medium', 'more may attach routes', 'others may newly attach routes to a gateway', [networks]),
  entry(507, 'gateway-credential-missing', 'state', 'medium', 'gateway certificate not found', 'a credential is not where it is looked up'),
  // 6xx egress
  entry(601, 'egress-opened', 'change', 'medium', 'external destinations newly reachable', 'workloads can newly reach destinations outside the mesh', [networks]),
  entry(602, 'allow-any-egress', 'state', 'medium', 'any external destination allowed', 'the outbound traffic policy of the mesh or of a Sidecar is ALLOW_ANY', [networks]),
  entry(603, 'registry-only-is-no-firewall', 'state', 'medium', 'REGISTRY_ONLY without network control', 'REGISTRY_ONLY is enforced by the caller\'s own proxy only, and no NetworkPolicy stands beside it', [networks]),
  entry(604, 'wildcard-service-entry', 'state', 'medium', 'wildcard external host', 'a ServiceEntry registers more hosts than one service has', [networks]),
  entry(605, 'egress-not-through-gateway', 'state', 'medium', 'external host beside the egress gateway', 'an external host is not routed through the egress gateway that others use'),
  entry(606, 'mtls-lost-by-sidecar-scope', 'change', 'medium', 'mesh traffic becomes passthrough', 'a narrower Sidecar scope turns mesh traffic into passthrough without mutual TLS', [networks]),
  // 7xx Kubernetes around the mesh
  byBreadth(701, 'network-policy-widened', 'packets newly allowed', 'a NetworkPolicy lets pods reach others that it kept apart', [networks]),
  entry(702, 'no-network-policy', 'state', 'low', 'no isolation under the mesh', 'no NetworkPolicy isolates the pods'),
  entry(703, 'mesh-bypass-capability', 'both', 'medium', 'pod may remove its own redirection', 'capabilities, host namespaces or privileges that defeat the capture of traffic'),
  entry(704, 'impersonation-right', 'both', 'high', 'right to act as others', 'RBAC lets someone create pods, exec, or edit mesh policy where strong identities live'),
  entry(705, 'control-plane-open', 'state', 'medium', 'control plane reachable', 'ports of istiod are reachable by more than proxies and the API server'),
  entry(706, 'pod-security-lowered', 'change', 'medium', 'Pod Security lowered', 'the Pod Security level of a namespace is lowered'),
  entry(707, 'service-exposed', 'both', 'medium', 'Service beside the gateway', 'the type or the external addresses of a Service bypass the gateway', [networks]),
  entry(708, 'access-log-lost', 'both', 'low', 'access log lost', 'access logging is turned off', [visibility]),
  entry(709, 'proxy-extension-changed', 'change', 'medium', 'proxy extension changed', 'an EnvoyFilter or WasmPlugin on a security path is added, removed or changed, or a pod replaces its own proxy'),
  // 8xx dead, invalid, unknown
  entry(801, 'selects-nothing', 'state', 'medium', 'policy that selects nothing', 'a selector or target reference matches nothing known'),
  entry(802, 'policy-became-live', 'change', 'medium', 'policy starts or stops to apply', 'a selector, namespace or reference that is repaired or broken starts or stops a policy'),
  entry(803, 'invalid-resource', 'state', 'high', 'object that the cluster refuses', 'the API server or Istio\'s validation refuses the object: what is there stays, or nothing'),
  entry(804, 'unknown-field', 'state', 'high', 'field that does not exist', 'a field that the API drops or refuses'),
  entry(805, 'unreadable-manifest', 'run', 'high', 'manifest that cannot be read', 'YAML that does not parse, or parses into something else'),
  entry(806, 'rendered-elsewhere', 'state', 'medium', 'name or namespace overridden', 'a declared namespace or name is overridden by the overlay'),
  entry(807, 'not-renderable', 'run', 'high', 'unit that cannot be rendered', 'a unit could not be rendered on one side'),
  entry(808, 'removed-api-version', 'state', 'low', 'API version no longer served', 'an API version that current Istio or Kubernetes no longer serves'),
  entry(809, 'version-changes-meaning', 'change', 'medium', 'version changes the meaning of policies', 'a control-plane version crosses a change of semantics that touches these policies'),
  entry(810, 'outside-content-changed', 'change', 'medium', 'outside content changed', 'manifests outside the repository change version or values'),
  // 9xx the review itself
  entry(901, 'maturity-changed', 'run', 'info', 'zero-trust maturity changed', 'the maturity score differs between base and head'),
  entry(902, 'invariant-broken', 'both', 'high', 'declared invariant does not hold', 'an invariant of the configuration does not hold'),
  entry(903, 'attack-path-opened', 'change', 'high', 'attack path opened', 'a path from outside to a declared asset exists only after the change'),
  entry(904, 'suppression-invalid', 'run', 'medium', 'waiver that does not hold', 'a suppression is invalid, expired or unused'),
  entry(905, 'analysis-incomplete', 'run', 'high', 'analysis incomplete', 'something that the verdict needs could not be read, rendered or decided'),
  entry(906, 'review-workflow-changed', 'change', 'medium', 'review in its own hands', 'the pull request changes the workflow that runs this tool, or its configuration'),
] as const satisfies readonly RuleEntry[];

export type RuleId = (typeof catalogue)[number]['rule'];

const byRule = new Map<string, RuleEntry>(catalogue.map((known) => [known.rule, known]));
const byCode = new Map<string, RuleEntry>(catalogue.map((known) => [known.code, known]));

export function ruleEntry(rule: RuleId): RuleEntry {
  const found = byRule.get(rule);
  if (found === undefined) throw new Error(`no rule ${rule}`);
  return found;
}

/** By code (`MP101`) or rule id; `undefined` where there is none. */
export function findRule(name: string): RuleEntry | undefined {
  return byCode.get(name.toUpperCase()) ?? byRule.get(name);
}
