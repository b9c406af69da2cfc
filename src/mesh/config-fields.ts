/**
 * What the objects that state a mesh configuration hold, field by field: where they cannot be read, and which fields this model does
 * not compute. Fields that only shape logs, metrics, traces and start-up are left out: no request gets another answer by them.
 */
import { parse } from 'yaml';
import { canonical } from '#lib/canonical.ts';
import { compareText } from '#lib/order.ts';
import type { AnyResource } from '#manifests/resource.ts';

export type ConfigFields = Readonly<Record<string, unknown>>;

/** The object may state the mesh configuration (M91, M93). */
export function statesMeshConfig(resource: AnyResource): boolean {
  if (resource.kind === 'ConfigMap') return isMeshConfigMap(resource);
  return (resource.kind === 'IstioOperator' || resource.kind === 'Istio' || resource.kind === 'IstioRevision') && resource.spec.meshConfig !== undefined;
}

export function isMeshConfigMap(resource: Extract<AnyResource, { kind: 'ConfigMap' }>): boolean {
  return /^istio(-.+)?$/.test(resource.name) && Object.hasOwn(resource.spec.data, 'mesh');
}

/** The fields of an object that `statesMeshConfig`; none where its text cannot be read. */
export function meshConfigFields(resource: AnyResource): ConfigFields {
  if (resource.kind === 'ConfigMap') {
    const read = readText(resource.spec.data['mesh'] ?? '');
    return 'fields' in read ? read.fields : {};
  }
  return resource.kind === 'IstioOperator' || resource.kind === 'Istio' || resource.kind === 'IstioRevision' ? (resource.spec.meshConfig ?? {}) : {};
}

/** Why the text of a mesh ConfigMap cannot be read; `undefined`: it can, or the object is none. */
export function unreadableMeshConfig(resource: AnyResource): string | undefined {
  if (resource.kind !== 'ConfigMap' || !isMeshConfigMap(resource)) return undefined;
  const read = readText(resource.spec.data['mesh'] ?? '');
  return 'fields' in read ? undefined : read.problem;
}

/** The mesh configuration is read by a YAML 1.1 reader. */
function readText(text: string): { readonly fields: ConfigFields } | { readonly problem: string } {
  try {
    const value: unknown = parse(text, { version: '1.1', uniqueKeys: false, logLevel: 'error' });
    if (value === null || value === undefined) return { fields: {} };
    if (!isFields(value)) return { problem: 'it is no mapping' };
    return { fields: value };
  } catch (error) {
    return { problem: (error instanceof Error ? error.message : 'it is no YAML').split('\n')[0]?.replace(/:$/, '') ?? 'it is no YAML' };
  }
}

function isFields(value: unknown): value is ConfigFields {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}

/** Parts of these are looked at one by one. */
const opened: ReadonlySet<string> = new Set(['defaultConfig', 'defaultConfig.proxyMetadata', 'meshMTLS', 'outboundTrafficPolicy', 'pathNormalization']);

/** The model reads these: a change shows in the answers themselves. */
const computed: ReadonlySet<string> = new Set([
  'rootNamespace',
  'trustDomain',
  'trustDomainAliases',
  'extensionProviders',
  'pathNormalization.normalization',
  'outboundTrafficPolicy.mode',
  'defaultConfig.interceptionMode',
  'defaultConfig.proxyMetadata.ISTIO_META_ENABLE_HBONE',
]);

const withoutEffect: ReadonlySet<string> = new Set([
  'accessLogEncoding',
  'accessLogFile',
  'accessLogFormat',
  'connectTimeout',
  'defaultConfig.availabilityZone',
  'defaultConfig.binaryPath',
  'defaultConfig.concurrency',
  'defaultConfig.configPath',
  'defaultConfig.drainDuration',
  'defaultConfig.envoyAccessLogService',
  'defaultConfig.envoyMetricsService',
  'defaultConfig.extraStatTags',
  'defaultConfig.fileFlushInterval',
  'defaultConfig.fileFlushMinSizeKb',
  'defaultConfig.holdApplicationUntilProxyStarts',
  'defaultConfig.parentShutdownDuration',
  'defaultConfig.proxyAdminPort',
  'defaultConfig.proxyMetadata.EXIT_ON_ZERO_ACTIVE_CONNECTIONS',
  'defaultConfig.proxyMetadata.MINIMUM_DRAIN_DURATION',
  'defaultConfig.proxyStatsMatcher',
  'defaultConfig.readinessProbe',
  'defaultConfig.runtimeValues',
  'defaultConfig.serviceCluster',
  'defaultConfig.statNameLength',
  'defaultConfig.statsdUdpAddress',
  'defaultConfig.statusPort',
  'defaultConfig.terminationDrainDuration',
  'defaultConfig.tracing',
  'defaultConfig.tracingServiceName',
  'defaultConfig.zipkinAddress',
  'defaultProviders',
  'disableEnvoyListenerLog',
  'dnsRefreshRate',
  'enableEnvoyAccessLogService',
  'enablePrometheusMerge',
  'enableTracing',
  'inboundClusterStatName',
  'localityLbSetting',
  'outboundClusterStatName',
  'statNamePrefix',
  'tcpKeepalive',
]);

/** What an absent field means, where that is not "nothing". */
const usual: Readonly<Record<string, readonly unknown[]>> = {
  enableAutoMtls: [true],
  'meshMTLS.minProtocolVersion': ['TLS_AUTO', 'TLSV1_2'],
  'defaultConfig.gatewayTopology': [{ numTrustedProxies: 0 }],
};

/** By dotted name, in order: canonical content of every field that may act on requests and that the model does not read. */
export function fieldsNotComputed(fields: ConfigFields): ReadonlyMap<string, string> {
  return new Map([...remaining(fields, '', computed)].sort(([left], [right]) => compareText(left, right)));
}

/** The same with the fields that the model reads: of an object that is not the one that it read. */
export function fieldsActing(fields: ConfigFields): ReadonlyMap<string, string> {
  return new Map([...remaining(fields, '', new Set())].sort(([left], [right]) => compareText(left, right)));
}

function* remaining(fields: ConfigFields, prefix: string, known: ReadonlySet<string>): Generator<readonly [string, string]> {
  for (const [key, value] of Object.entries(fields)) {
    const name = `${prefix}${key}`;
    if (known.has(name) || withoutEffect.has(name) || isNothing(value) || usual[name]?.some((each) => canonical(each) === canonical(value)) === true) continue;
    if (opened.has(name) && isFields(value)) {
      yield* remaining(value, `${name}.`, known);
      continue;
    }
    const content = name === 'caCertificates' && known.has('trustDomain') ? withoutTrustDomains(value) : value;
    if (!isNothing(content)) yield [name, canonical(content)];
  }
}

/** Which trust domains a certificate speaks for is read; which certificates there are is not. */
function withoutTrustDomains(value: unknown): unknown {
  if (!Array.isArray(value)) return value;
  return value.map((entry: unknown) => (isFields(entry) ? Object.fromEntries(Object.entries(entry).filter(([key]) => key !== 'trustDomains')) : entry));
}

function isNothing(value: unknown): boolean {
  return value === undefined || value === null || value === '' || (Array.isArray(value) && value.length === 0) || (isFields(value) && Object.keys(value).length === 0);
}
