/**
 * The mesh configuration: where its text lives (M91 to M93), what a missing field means (M94), and which external authorization
 * providers istiod could use (A6.2, A6.3).
 */
import { canonical, shortHash } from '#lib/canonical.ts';
import { compareBy } from '#lib/order.ts';
import { resourceId } from '#manifests/resource.ts';
import type { AnyResource } from '#manifests/resource.ts';
import { fieldsNotComputed, isMeshConfigMap, meshConfigFields } from './config-fields.ts';
import type { ExtensionProvider, GatewayDefaults, MeshConfig } from './model.ts';
import { goTrue } from './redirection.ts';
import { atLeast } from './versions.ts';

type Fields = Readonly<Record<string, unknown>>;

/** What the tool's configuration states about the mesh (`mesh:`); it wins over the manifests' silence, not over what they say. */
export interface StatedMesh {
  readonly istioVersion?: string;
  readonly rootNamespace?: string;
  readonly trustDomain?: string;
  readonly defaultMtls?: 'permissive' | 'strict' | 'disable';
}

/** The version that the rules describe where nothing states one (A section 8). */
export const assumedIstioVersion = '1.31';

export function meshConfigOf(resources: readonly AnyResource[], stated: StatedMesh, world: 'closed' | 'open'): MeshConfig {
  const source = configSource(resources, stated.rootNamespace);
  const fields = source?.fields ?? {};
  const istioVersion = stated.istioVersion ?? source?.version ?? assumedIstioVersion;
  const providers = source === undefined && world === 'open' ? undefined : providersOf(fields, istioVersion);
  return {
    istioVersion,
    rootNamespace: textOf(fields['rootNamespace']) ?? stated.rootNamespace ?? source?.namespace ?? 'istio-system',
    trustDomain: textOf(fields['trustDomain']) ?? stated.trustDomain ?? 'cluster.local',
    trustDomainAliases: textsOf(fields['trustDomainAliases']),
    extraTrustDomains: listOf(fields['caCertificates']).flatMap((entry) => textsOf(entry['trustDomains'])),
    enableAutoMtls: fields['enableAutoMtls'] !== false,
    defaultMtls: stated.defaultMtls === 'strict' ? 'STRICT' : stated.defaultMtls === 'disable' ? 'DISABLE' : 'PERMISSIVE',
    // A6.5: the flag exists since 1.30.
    multipleProviders: atLeast(istioVersion, '1.30.0') && goTrue(source?.environment['PILOT_ENABLE_MULTIPLE_CUSTOM_AUTHZ_PROVIDERS']),
    anyTrustDomain: goTrue(source?.environment['PILOT_SKIP_VALIDATE_TRUST_DOMAIN']),
    pathNormalization: normalizationOf(fieldsOf(fields['pathNormalization'])['normalization']),
    outboundTrafficPolicy: outboundOf(fieldsOf(fields['outboundTrafficPolicy'])['mode']),
    accessLogFile: textOf(fields['accessLogFile']) ?? '',
    sidecarHbone: hboneOf(fieldsOf(fieldsOf(fields['defaultConfig'])['proxyMetadata'])['ISTIO_META_ENABLE_HBONE']),
    interceptionMode: textOf(fieldsOf(fields['defaultConfig'])['interceptionMode']) ?? 'REDIRECT',
    extensionProviders: providers,
    statedBy: source?.statedBy,
    gateways: gatewayDefaults(fields),
    notComputed: fieldsNotComputed(fields),
  };
}

function gatewayDefaults(fields: Fields): GatewayDefaults {
  const proxies = fieldsOf(fieldsOf(fields['defaultConfig'])['gatewayTopology'])['numTrustedProxies'];
  return {
    serviceExportTo: textsOf(fields['defaultServiceExportTo']),
    virtualServiceExportTo: textsOf(fields['defaultVirtualServiceExportTo']),
    destinationRuleExportTo: textsOf(fields['defaultDestinationRuleExportTo']),
    trustedProxies: typeof proxies === 'number' ? proxies : 0,
  };
}

interface ConfigSource {
  readonly statedBy: string;
  readonly fields: Fields;
  readonly namespace: string | undefined;
  readonly version: string | undefined;
  readonly environment: Readonly<Record<string, string>>;
}

/** ConfigMap before installation objects (M91); the unrevisioned one before revisions; then by name. */
function configSource(resources: readonly AnyResource[], rootNamespace: string | undefined): ConfigSource | undefined {
  const maps = resources
    .filter((resource): resource is Extract<AnyResource, { kind: 'ConfigMap' }> => resource.kind === 'ConfigMap')
    .filter(isMeshConfigMap)
    .sort(compareBy((map) => (map.namespace === (rootNamespace ?? 'istio-system') ? 0 : 1), (map) => (map.name === 'istio' ? 0 : 1), (map) => resourceId(map)));
  const chosen = maps[0];
  const installation = installationSource(resources);
  if (chosen === undefined) return installation;
  return {
    statedBy: resourceId(chosen),
    fields: meshConfigFields(chosen),
    namespace: chosen.namespace,
    version: installation?.version,
    environment: installation?.environment ?? {},
  };
}

/** `IstioOperator`, Sail's `Istio` and `IstioRevision` (M93); the unrevisioned one first. */
function installationSource(resources: readonly AnyResource[]): ConfigSource | undefined {
  const found = resources
    .filter((resource): resource is Extract<AnyResource, { kind: 'IstioOperator' | 'Istio' | 'IstioRevision' }> => resource.kind === 'IstioOperator' || resource.kind === 'Istio' || resource.kind === 'IstioRevision')
    .sort(
      compareBy(
        (resource) => (resource.spec.revision === undefined || resource.spec.revision === '' || resource.spec.revision === 'default' ? 0 : 1),
        (resource) => resourceId(resource),
      ),
    )[0];
  if (found === undefined) return undefined;
  const { spec } = found;
  const version = spec.version ?? spec.tag;
  return {
    statedBy: resourceId(found),
    fields: spec.meshConfig ?? {},
    namespace: textOf(fieldsOf(spec.values['global'])['istioNamespace']) ?? spec.namespace,
    version: version !== undefined && /^v?\d+\.\d+/.test(version) ? version.replace(/^v/, '') : undefined,
    environment: spec.environment,
  };
}

function providersOf(fields: Fields, istioVersion: string): readonly ExtensionProvider[] {
  const byName = new Map<string, ExtensionProvider>();
  for (const entry of listOf(fields['extensionProviders'])) {
    const name = textOf(entry['name']) ?? '';
    const http = entry['envoyExtAuthzHttp'];
    const grpc = entry['envoyExtAuthzGrpc'];
    const type = http !== undefined ? 'ext-authz-http' : grpc !== undefined ? 'ext-authz-grpc' : 'other';
    const content = fieldsOf(http ?? grpc);
    const port = typeof content['port'] === 'number' ? content['port'] : 0;
    byName.set(name, {
      name,
      type,
      failOpen: content['failOpen'] === true,
      service: textOf(content['service']) ?? '',
      port,
      key: authorityKey(type, content),
      broken: brokenBecause(name, type, content, port, istioVersion),
    });
  }
  return [...byName.values()].sort(compareBy((provider) => provider.name));
}

/** What only shapes a refusal that is sent back, and how long an answer may take where none is a refusal. */
const besideTheAnswer: ReadonlySet<string> = new Set(['failOpen', 'statusOnError', 'headersToDownstreamOnAllow', 'headersToDownstreamOnDeny']);

function authorityKey(type: ExtensionProvider['type'], content: Fields): string {
  const counts = (field: string): boolean => !besideTheAnswer.has(field) && (field !== 'timeout' || content['failOpen'] === true);
  return shortHash(type, canonical(Object.fromEntries(Object.entries(content).filter(([field]) => counts(field)))));
}

/** The reasons of A6.2 and A6.3 that the configuration alone shows; the missing Service is found once Services are known. */
function brokenBecause(name: string, type: ExtensionProvider['type'], content: Fields, port: number, istioVersion: string): string | undefined {
  if (type === 'other') return 'it is no external authorizer';
  if (atLeast(istioVersion, '1.30.0') && !/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(name)) return 'its name is no lower-case DNS label';
  if (port < 1 || port > 65535) return 'its port is outside 1..65535';
  const status = content['statusOnError'];
  if (status !== undefined && !(typeof status === 'string' || typeof status === 'number' ? /^[1-5]\d\d$/.test(String(status)) : false)) return 'its `statusOnError` is no HTTP status';
  const prefix = textOf(content['pathPrefix']);
  if (prefix !== undefined && prefix !== '' && !prefix.startsWith('/')) return 'its `pathPrefix` does not begin with `/`';
  for (const list of ['includeRequestHeadersInCheck', 'includeHeadersInCheck', 'headersToUpstreamOnAllow', 'headersToDownstreamOnDeny', 'headersToDownstreamOnAllow']) {
    if (textsOf(content[list]).includes('*')) return `a lone \`*\` in its \`${list}\``;
  }
  return undefined;
}

function hboneOf(value: unknown): boolean | undefined {
  return value === undefined ? undefined : value === true || value === 'true';
}

function normalizationOf(value: unknown): MeshConfig['pathNormalization'] {
  return value === 'NONE' || value === 'MERGE_SLASHES' || value === 'DECODE_AND_MERGE_SLASHES' ? value : 'BASE';
}

function outboundOf(value: unknown): MeshConfig['outboundTrafficPolicy'] {
  return value === 'REGISTRY_ONLY' || value === 'ALLOW_ANY_DYNAMIC_DNS' ? value : 'ALLOW_ANY';
}

function fieldsOf(value: unknown): Fields {
  // A mapping of YAML has text keys here; what it holds stays unknown.
  return value !== null && typeof value === 'object' && !Array.isArray(value) ? (value as Fields) : {};
}

function listOf(value: unknown): readonly Fields[] {
  return Array.isArray(value) ? value.map((entry) => fieldsOf(entry)) : [];
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function textsOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((entry): entry is string => typeof entry === 'string') : [];
}
