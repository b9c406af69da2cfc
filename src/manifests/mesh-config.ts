/**
 * The mesh configuration (M91 to M95): what is written, without defaults, as istiod's proto JSON reader takes it: camelCase or snake_case, enums by name or
 * by number, unknown fields ignored.
 * @see https://istio.io/latest/docs/reference/config/istio.mesh.v1alpha1/
 */
import { decodeLabelSelector, type LabelSelector } from './selector.ts';
import type { Fields } from './reading.ts';
import { fieldsOr, noFields, own, textMapAt } from './reading.ts';
import type { ManifestProblem } from './resource.ts';
import { clip, describe, isFields, schemaProblem } from './shape.ts';

/** Every field is `undefined` where nothing is written: the default is the reader's business. */
export interface MeshConfigSpec {
  readonly rootNamespace: string | undefined;
  readonly trustDomain: string | undefined;
  readonly trustDomainAliases: readonly string[];
  /** `caCertificates[].trustDomains`. */
  readonly caTrustDomains: readonly string[];
  readonly enableAutoMtls: boolean | undefined;
  /** `meshMTLS.minProtocolVersion`. */
  readonly minProtocolVersion: 'TLS_AUTO' | 'TLSV1_2' | 'TLSV1_3' | undefined;
  readonly outboundTrafficPolicy: 'REGISTRY_ONLY' | 'ALLOW_ANY' | 'ALLOW_ANY_DYNAMIC_DNS' | undefined;
  readonly inboundTrafficPolicy: 'PASSTHROUGH' | 'LOCALHOST' | undefined;
  readonly accessLogFile: string | undefined;
  readonly defaultAccessLogProviders: readonly string[];
  readonly pathNormalization: 'DEFAULT' | 'NONE' | 'BASE' | 'MERGE_SLASHES' | 'DECODE_AND_MERGE_SLASHES' | undefined;
  /** `undefined`: no list, so all namespaces. */
  readonly discoverySelectors: readonly LabelSelector[] | undefined;
  readonly extensionProviders: readonly MeshExtensionProvider[];
  readonly defaultServiceExportTo: readonly string[];
  readonly defaultVirtualServiceExportTo: readonly string[];
  readonly defaultDestinationRuleExportTo: readonly string[];
  readonly ingressControllerMode: 'UNSPECIFIED' | 'OFF' | 'DEFAULT' | 'STRICT' | undefined;
  readonly ingressClass: string | undefined;
  readonly enablePrometheusMerge: boolean | undefined;
  readonly defaultConfig: DefaultProxyConfig;
}

export interface DefaultProxyConfig {
  readonly proxyMetadata: Readonly<Record<string, string>>;
  readonly interceptionMode: 'REDIRECT' | 'TPROXY' | 'NONE' | undefined;
  readonly holdApplicationUntilProxyStarts: boolean | undefined;
  readonly numTrustedProxies: number | undefined;
  readonly forwardClientCertDetails: string | undefined;
  readonly discoveryAddress: string | undefined;
}

export interface MeshExtensionProvider {
  readonly name: string;
  /** The field beside `name`, in camelCase: `envoyExtAuthzHttp`, `prometheus` …; empty where there is none. */
  readonly type: string;
  readonly failOpen: boolean;
  readonly service: string;
  readonly port: number | undefined;
  readonly statusOnError: string | undefined;
  readonly pathPrefix: string | undefined;
  /** Headers from the client that the authorizer sees. */
  readonly includeRequestHeadersInCheck: readonly string[];
  /** The provider's content, for what is not read here. */
  readonly content: Fields;
}

export type MeshConfigResult =
  | { readonly type: 'mesh-config'; readonly config: MeshConfigSpec; readonly problems: readonly ManifestProblem[] }
  | { readonly type: 'unreadable'; readonly reason: string; readonly remedy: string };

/** `value`: the text of the ConfigMap's key `mesh`, read by `parse`, or `meshConfig` of Helm values as it is. Never throws. */
export function decodeMeshConfig(value: unknown, parse?: (text: string) => unknown): MeshConfigResult {
  let content = value;
  if (typeof value === 'string') {
    try {
      content = parse?.(value);
    } catch (error) {
      return { type: 'unreadable', reason: `the mesh configuration is no YAML: ${clip(error instanceof Error ? error.message : String(error))}`, remedy: 'correct the text; istiod keeps its last configuration' };
    }
  }
  if (content === undefined || content === null) content = noFields;
  if (!isFields(content)) return { type: 'unreadable', reason: `the mesh configuration must be an object, not ${describe(content)}`, remedy: 'write the fields of the mesh configuration' };
  const reader = new ProtoReader();
  const config = readConfig(reader, content);
  return { type: 'mesh-config', config, problems: reader.problems };
}

function readConfig(reader: ProtoReader, mesh: Fields): MeshConfigSpec {
  const proxy = reader.fields(mesh, 'defaultConfig');
  const topology = reader.fields(proxy, 'gatewayTopology');
  return {
    rootNamespace: reader.text(mesh, 'rootNamespace'),
    trustDomain: reader.text(mesh, 'trustDomain'),
    trustDomainAliases: reader.texts(mesh, 'trustDomainAliases'),
    caTrustDomains: reader.entries(mesh, 'caCertificates').flatMap((certificate) => reader.texts(certificate, 'trustDomains')),
    enableAutoMtls: reader.flag(mesh, 'enableAutoMtls'),
    minProtocolVersion: reader.choice(reader.fields(mesh, 'meshMTLS'), 'minProtocolVersion', ['TLS_AUTO', 'TLSV1_2', 'TLSV1_3']),
    outboundTrafficPolicy: policyMode(reader, mesh, 'outboundTrafficPolicy', ['REGISTRY_ONLY', 'ALLOW_ANY', 'VIRTUAL_SERVICE_ONLY', 'ALLOW_ANY_DYNAMIC_DNS'] as const, 'REGISTRY_ONLY'),
    inboundTrafficPolicy: policyMode(reader, mesh, 'inboundTrafficPolicy', ['PASSTHROUGH', 'LOCALHOST'] as const, 'PASSTHROUGH'),
    accessLogFile: reader.text(mesh, 'accessLogFile'),
    defaultAccessLogProviders: reader.texts(reader.fields(mesh, 'defaultProviders'), 'accessLogging'),
    pathNormalization: reader.choice(reader.fields(mesh, 'pathNormalization'), 'normalization', ['DEFAULT', 'NONE', 'BASE', 'MERGE_SLASHES', 'DECODE_AND_MERGE_SLASHES']),
    discoverySelectors: reader.has(mesh, 'discoverySelectors') ? reader.entries(mesh, 'discoverySelectors').flatMap((selector) => decodeLabelSelector({ selector }, 'selector') ?? []) : undefined,
    extensionProviders: reader.entries(mesh, 'extensionProviders').map((provider) => readProvider(reader, provider)),
    defaultServiceExportTo: reader.texts(mesh, 'defaultServiceExportTo'),
    defaultVirtualServiceExportTo: reader.texts(mesh, 'defaultVirtualServiceExportTo'),
    defaultDestinationRuleExportTo: reader.texts(mesh, 'defaultDestinationRuleExportTo'),
    ingressControllerMode: reader.choice(mesh, 'ingressControllerMode', ['UNSPECIFIED', 'OFF', 'DEFAULT', 'STRICT']),
    ingressClass: reader.text(mesh, 'ingressClass'),
    enablePrometheusMerge: reader.flag(mesh, 'enablePrometheusMerge'),
    defaultConfig: {
      proxyMetadata: textMapAt({ metadata: reader.fields(proxy, 'proxyMetadata') }, 'metadata') ?? {},
      interceptionMode: reader.choice(proxy, 'interceptionMode', ['REDIRECT', 'TPROXY', 'NONE']),
      holdApplicationUntilProxyStarts: reader.flag(proxy, 'holdApplicationUntilProxyStarts'),
      numTrustedProxies: reader.number(topology, 'numTrustedProxies'),
      forwardClientCertDetails: reader.text(topology, 'forwardClientCertDetails'),
      discoveryAddress: reader.text(proxy, 'discoveryAddress'),
    },
  };
}

/** A policy that is written without a mode has the zero value of its enum, not the mesh's default. `VIRTUAL_SERVICE_ONLY` was never implemented. */
function policyMode<T extends string>(reader: ProtoReader, mesh: Fields, key: string, names: readonly T[], zero: T): Exclude<T, 'VIRTUAL_SERVICE_ONLY'> | undefined {
  if (!reader.has(mesh, key)) return undefined;
  const mode = reader.choice(reader.fields(mesh, key), 'mode', names) ?? zero;
  return mode === 'VIRTUAL_SERVICE_ONLY' ? undefined : (mode as Exclude<T, 'VIRTUAL_SERVICE_ONLY'>); // the one excluded name was just tested
}

function readProvider(reader: ProtoReader, provider: Fields): MeshExtensionProvider {
  const written = Object.keys(provider).find((key) => key !== 'name' && isFields(own(provider, key)));
  const content = written === undefined ? noFields : fieldsOr(provider, written);
  return {
    name: reader.text(provider, 'name') ?? '',
    type: written === undefined ? '' : camelCase(written),
    failOpen: reader.flag(content, 'failOpen') ?? false,
    service: reader.text(content, 'service') ?? '',
    port: reader.number(content, 'port'),
    statusOnError: reader.text(content, 'statusOnError'),
    pathPrefix: reader.text(content, 'pathPrefix'),
    includeRequestHeadersInCheck: [...reader.texts(content, 'includeRequestHeadersInCheck'), ...reader.texts(content, 'includeHeadersInCheck')],
    content,
  };
}

const snakeCase = new Map<string, string>();

function snake(key: string): string {
  let name = snakeCase.get(key);
  if (name === undefined) {
    name = key.replace(/[A-Z]+(?![a-z])|[A-Z]/g, (letters, at: number) => `${at === 0 ? '' : '_'}${letters.toLowerCase()}`);
    snakeCase.set(key, name);
  }
  return name;
}

function camelCase(key: string): string {
  return key.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

/** One wrong type makes istiod refuse the whole text, so each is a problem; the field reads as absent. */
class ProtoReader {
  readonly problems: ManifestProblem[] = [];

  has(from: Fields, key: string): boolean {
    return this.#value(from, key) !== undefined;
  }

  text(from: Fields, key: string): string | undefined {
    const value = this.#value(from, key);
    if (value === undefined || typeof value === 'string') return value;
    this.#refuse(key, 'text', value);
    return undefined;
  }

  flag(from: Fields, key: string): boolean | undefined {
    const value = this.#value(from, key);
    if (value === undefined || typeof value === 'boolean') return value;
    this.#refuse(key, 'true or false', value);
    return undefined;
  }

  /** A number may be written as text. */
  number(from: Fields, key: string): number | undefined {
    const value = this.#value(from, key);
    if (value === undefined || (typeof value === 'number' && Number.isFinite(value))) return value;
    if (typeof value === 'string' && /^-?[0-9]+$/.test(value)) return Number(value);
    this.#refuse(key, 'a number', value);
    return undefined;
  }

  /** An enum by name, or by its number in the order of the proto. */
  choice<T extends string>(from: Fields, key: string, names: readonly T[]): T | undefined {
    const value = this.#value(from, key);
    if (value === undefined) return undefined;
    const name = typeof value === 'number' ? names[value] : names.find((candidate) => candidate === value);
    if (name === undefined) this.problems.push(schemaProblem([key], `${describe(value)} is not one of ${names.map((candidate) => `\`${candidate}\``).join(', ')}`));
    return name;
  }

  fields(from: Fields, key: string): Fields {
    const value = this.#value(from, key);
    if (value === undefined) return noFields;
    if (isFields(value)) return value;
    this.#refuse(key, 'an object', value);
    return noFields;
  }

  texts(from: Fields, key: string): readonly string[] {
    return this.#list(from, key).flatMap((entry) => {
      if (typeof entry === 'string') return [entry];
      this.#refuse(key, 'a list of texts', entry);
      return [];
    });
  }

  entries(from: Fields, key: string): readonly Fields[] {
    return this.#list(from, key).flatMap((entry) => {
      if (isFields(entry)) return [entry];
      this.#refuse(key, 'a list of objects', entry);
      return [];
    });
  }

  #list(from: Fields, key: string): readonly unknown[] {
    const value = this.#value(from, key);
    if (value === undefined) return [];
    if (Array.isArray(value)) return value;
    this.#refuse(key, 'a list', value);
    return [];
  }

  #value(from: Fields, key: string): unknown {
    return own(from, key) ?? own(from, snake(key)) ?? undefined;
  }

  #refuse(key: string, wanted: string, value: unknown): void {
    this.problems.push(schemaProblem([key], `\`${key}\` must be ${wanted}, not ${describe(value)}`));
  }
}
