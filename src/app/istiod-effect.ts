/** Environment variables of istiod that decide about requests and that the model does not read: what a change of one does is not computed (M95). */
import { goFalse, goTrue } from '#mesh/redirection.ts';
import type { NotComputed } from './config-effect.ts';
import type { ChangedResource } from './load/changed-resources.ts';

/** By name, with the value that an absent one has. */
const deciding: Readonly<Record<string, string>> = {
  AMBIENT_ENABLE_DRY_RUN_AUTHORIZATION_POLICY: 'false',
  BLOCKED_CIDRS_IN_JWKS_URIS: '',
  CA_TRUSTED_NODE_ACCOUNTS: '',
  ENABLE_INGRESS_WAYPOINT_ROUTING: 'true',
  ENABLE_LAYERED_WAYPOINT_AUTHORIZATION_POLICIES: 'false',
  ENABLE_SELECTOR_BASED_K8S_GATEWAY_POLICY: 'true',
  ENABLE_TLS_ON_SIDECAR_INGRESS: 'false',
  ENABLE_WILDCARD_HOST_SERVICE_ENTRIES_FOR_TLS: 'false',
  ISTIO_MULTIROOT_MESH: 'false',
  ISTIO_WORKLOAD_ENTRY_VALIDATE_IDENTITY: 'true',
  JWKS_RESOLVER_INSECURE_SKIP_VERIFY: 'false',
  PILOT_AUTO_ALLOW_WAYPOINT_POLICY: 'false',
  PILOT_ENABLE_STRICT_GATEWAY_MERGING: 'true',
  PILOT_ENABLE_WORKLOAD_ENTRY_AUTOREGISTRATION: 'true',
  PILOT_ENABLE_XDS_IDENTITY_CHECK: 'true',
  PILOT_IGNORE_RESOURCES: '',
  PILOT_JWT_ENABLE_REMOTE_JWKS: 'false',
  PILOT_PREFER_SENDING_HBONE: 'false',
  PILOT_SCOPE_GATEWAY_TO_NAMESPACE: 'false',
  TRUSTED_GATEWAY_CIDR: '',
  XDS_AUTH: 'true',
};

/** Variables that an installation object sets to another value on either side. */
export function variablesNotComputed({ base, head }: Pick<ChangedResource, 'base' | 'head'>): readonly NotComputed[] {
  const [before, after] = [base, head].map((resource) => (resource?.kind === 'IstioOperator' || resource?.kind === 'Istio' || resource?.kind === 'IstioRevision' ? resource.spec.environment : {}));
  const value = (environment: Readonly<Record<string, string>> | undefined, name: string): string => plain(environment?.[name] ?? deciding[name] ?? '');
  return Object.keys(deciding)
    .filter((name) => value(before, name) !== value(after, name))
    .map((name) => ({ about: `variable ${name}`, because: `what the variable \`${name}\` of istiod does to requests is not computed by this version`, path: [] }));
}

/** Booleans in one form. */
function plain(text: string): string {
  return goTrue(text) ? 'true' : goFalse(text) ? 'false' : text;
}
