import type { AnyResource, Resource } from '#manifests/resource.ts';
import type { EnrolmentWorld } from './enrolment.ts';

/** What the manifests or the configuration say about the mesh; every value that nothing states is a default and an assumption (R26). */
export interface MeshConfig {
  readonly istioVersion: string;
  readonly rootNamespace: string;
  readonly trustDomain: string;
  readonly trustDomainAliases: readonly string[];
  /** Trust domains of `caCertificates[].trustDomains`: accepted at TLS, not in policies (A3.14). */
  readonly extraTrustDomains: readonly string[];
  readonly enableAutoMtls: boolean;
  /** The mode where no PeerAuthentication says anything: PERMISSIVE (M6), unless the tool's configuration states otherwise. */
  readonly defaultMtls: 'DISABLE' | 'PERMISSIVE' | 'STRICT';
  /** `PILOT_ENABLE_MULTIPLE_CUSTOM_AUTHZ_PROVIDERS` (A6.5). */
  readonly multipleProviders: boolean;
  /** `PILOT_SKIP_VALIDATE_TRUST_DOMAIN` (A3.14): TLS takes every peer whose certificate chains to the mesh root. */
  readonly anyTrustDomain: boolean;
  readonly pathNormalization: 'NONE' | 'BASE' | 'MERGE_SLASHES' | 'DECODE_AND_MERGE_SLASHES';
  readonly outboundTrafficPolicy: 'ALLOW_ANY' | 'REGISTRY_ONLY' | 'ALLOW_ANY_DYNAMIC_DNS';
  readonly accessLogFile: string;
  /** Sidecars send and take HBONE (`ISTIO_META_ENABLE_HBONE`, M51, M52); `undefined`: not known. */
  readonly sidecarHbone: boolean | undefined;
  /** The same, where the mesh configuration itself says it. */
  readonly sidecarHboneStated?: boolean | undefined;
  /** `defaultConfig.interceptionMode` (M94). */
  readonly interceptionMode: string;
  /** `undefined`: the mesh configuration is not in what was read; named providers are assumed to exist (R26). */
  readonly extensionProviders: readonly ExtensionProvider[] | undefined;
  /** `Kind/namespace/name` of the object that states it; `undefined`: nothing does. */
  readonly statedBy: string | undefined;
  /** What gateways, and sidecars that call, read of the mesh configuration; absent: Istio's defaults. */
  readonly gateways?: GatewayDefaults;
  /** Fields that may act on requests and that the comparison of two sides does not read: canonical content by dotted name. */
  readonly notComputed: ReadonlyMap<string, string>;
}

/** @see https://istio.io/latest/docs/reference/config/istio.mesh.v1alpha1/#MeshConfig */
export interface GatewayDefaults {
  /** Who sees an object that has no `exportTo` (M94): `*` by default. */
  readonly serviceExportTo: readonly string[];
  readonly virtualServiceExportTo: readonly string[];
  readonly destinationRuleExportTo?: readonly string[];
  /** `gatewayTopology.numTrustedProxies` (A3.25). */
  readonly trustedProxies: number;
}

export interface ExtensionProvider {
  readonly name: string;
  readonly type: 'ext-authz-http' | 'ext-authz-grpc' | 'other';
  readonly failOpen: boolean;
  readonly service: string;
  readonly port: number;
  /** Of everything that bears on its answers but `failOpen`: equal keys, the same authority under whatever name. */
  readonly key: string;
  /** Why Istio could not use it (A6.2), where the manifests tell. */
  readonly broken: string | undefined;
  /** No manifest declares its service; it is assumed to exist (R26). */
  readonly undeclared?: true;
}

/** How a workload takes part in the mesh (M55 to M68). */
export type Enrolment =
  | { readonly mode: 'sidecar'; readonly revision: string | undefined }
  | { readonly mode: 'ambient' }
  | { readonly mode: 'gateway' }
  | { readonly mode: 'none'; readonly because: string }
  /** R23, R24: one shared boolean `enrolment:<namespace>`; changes are computed in the world `inWorld`. */
  | { readonly mode: 'unknown'; readonly assumption: string; readonly inWorld: 'sidecar' | 'ambient' };

export type PortProtocol = 'http' | 'tcp' | 'auto' | 'udp';

export interface WorkloadPort {
  readonly port: number;
  /** From the Services that select the pod (A4.4); `auto`: undeclared, sniffed. */
  readonly protocol: PortProtocol;
  /** Behind the proxy; `false`: excluded from capture (M69). */
  readonly captured: boolean;
}

export interface Workload {
  /** `namespace/name`, `namespace/name[Kind]` where two kinds share the name. */
  readonly id: string;
  readonly namespace: string;
  readonly name: string;
  readonly kind: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  /** Account name in `namespace`. */
  readonly serviceAccount: string;
  readonly enrolment: Enrolment;
  /** Declared ports, ascending. Other ports exist too: sniffed, captured as `otherPortsCaptured` says. */
  readonly ports: readonly WorkloadPort[];
  readonly otherPortsCaptured: boolean;
  /** The manifest; `undefined` for a phantom. */
  readonly resource: AnyResource | undefined;
}

export interface Namespace {
  readonly name: string;
  /** With `kubernetes.io/metadata.name` (R22). */
  readonly labels: Readonly<Record<string, string>>;
  readonly resource: Resource<'Namespace'> | undefined;
}

/** One side of one environment. Built once, never changed. */
export interface Mesh {
  readonly config: MeshConfig;
  readonly namespaces: ReadonlyMap<string, Namespace>;
  readonly workloads: ReadonlyMap<string, Workload>;
  /** Objects in force (admitted), by kind, in code-unit order of their ids. */
  readonly resources: ReadonlyMap<string, readonly AnyResource[]>;
  /** `closed`: the manifests are the whole cluster (R27). `open`: they are what a repository holds of it. */
  readonly world: 'closed' | 'open';
  /** Ids of objects that are surely older than every object not in it (M15b); `undefined`: nothing is known about ages. */
  readonly seniors: ReadonlySet<string> | undefined;
  /**
   * Base of a comparison: ids of PeerAuthentications that the head holds no longer, or not as they are. An open creation order among
   * candidates with one of them is judged by the strictest, so that what the head settles is no widening passed by (A2.18, M15a).
   */
  readonly unsettled: ReadonlySet<string>;
  /**
   * Both sides of a comparison: ids of PeerAuthentications that the head changes and leaves in their place. Where the order among several is open, only the
   * world in which such a one is the oldest knows the change, so both sides are judged in it (A2.18, M15a).
   */
  readonly elders: ReadonlySet<string>;
  /** What decides enrolment, for pods that no manifest declares too (R23, M55 to M63). */
  readonly enrolmentWorld: EnrolmentWorld;
  /** Assumptions that the whole model stands on. */
  readonly assumptions: readonly Assumption[];
}

/** Something the manifests cannot tell. `id` is stable: `enrolment:shop`, `mesh-config`, `provider:oauth2`, `root-namespace`. */
export interface Assumption {
  readonly id: string;
  readonly text: string;
}
