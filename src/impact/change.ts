import type { AnswerLayer, EnforcementPoint, Hop, Query } from '#posture/query.ts';

export type Direction =
  | 'widened'
  | 'narrowed'
  | 'weakened'
  | 'strengthened'
  | 'undecided-widened'
  | 'undecided-narrowed'
  | 'latent-widened'
  | 'latent-narrowed';

/** The layer whose answer differs on the witness, first in this order (`docs/report.md`). */
export type Facet = 'mtls' | 'token' | 'external-authorization' | 'ingress' | 'enrolment' | 'identity' | 'egress' | 'access';

export interface Destination {
  readonly id: string;
  readonly namespace?: string;
  readonly kind?: string;
  readonly name?: string;
  /** Egress only. */
  readonly host?: string;
  /** Declared by a manifest; false: a phantom that only a selector names (R29). */
  readonly known: boolean;
  readonly status: 'both' | 'added' | 'removed';
}

/** A list of values with its complement form: exactly one of the two. */
export interface ValueSet {
  readonly only?: readonly string[];
  readonly except?: readonly string[];
}

/** The exact difference as the policies would write it; an absent dimension = any value. `absent` in a list = not carried. */
export interface RegionCube {
  readonly peers?: ValueSet;
  readonly ports?: ValueSet;
  readonly protocol?: ValueSet;
  /** `TCP`, `UDP`, `SCTP`: where NetworkPolicies tell them apart. */
  readonly transport?: ValueSet;
  /** Where waypoints make a difference: `host:port` of a Service, `pod` for its own address, `(none)` straight to it. */
  readonly addressed?: ValueSet;
  readonly methods?: ValueSet;
  readonly paths?: ValueSet;
  readonly hosts?: ValueSet;
  readonly sni?: ValueSet;
  readonly sourceIps?: ValueSet;
  readonly remoteIps?: ValueSet;
  readonly destinationIps?: ValueSet;
  readonly token?: ValueSet;
  /** Namespaces of the calling pod, where NetworkPolicies look at it. */
  readonly pods?: ValueSet;
  /** Labels of the calling pod, where NetworkPolicies look at them. */
  readonly podLabels?: Readonly<Record<string, ValueSet>>;
  readonly headers?: Readonly<Record<string, ValueSet>>;
  readonly claims?: Readonly<Record<string, ValueSet>>;
  readonly opaque?: Readonly<Record<string, boolean>>;
}

export interface Region {
  readonly cubes: readonly RegionCube[];
  /** False: there is more than the cubes shown. */
  readonly complete: boolean;
}

export interface Callers {
  /** Known workloads whose identity lies in the region: `ns/name[Kind]`. */
  readonly known: readonly string[];
  /** Identities that no manifest creates, in words: `any other identity in namespace x`. */
  readonly open: readonly string[];
  /** Callers without a mesh identity. */
  readonly plaintext: boolean;
  readonly internet: boolean;
}

export interface WitnessAnswer {
  readonly verdict: 'allow' | 'asks' | 'deny' | 'unknown';
  readonly layer?: AnswerLayer;
  readonly by?: readonly string[];
  readonly enforcedAt?: EnforcementPoint;
  readonly provider?: string;
  /** The waypoint on the way, `namespace/name`. */
  readonly via?: string;
  /** Where a request passes more than one enforcement point. */
  readonly hops?: readonly Hop[];
}

/** One concrete request, confirmed by `decide` on both sides. */
export interface Witness extends Query {
  readonly base: WitnessAnswer;
  readonly head: WitnessAnswer;
}

export interface Cause {
  readonly file: string;
  /** 1-based line on that side of the comparison. */
  readonly line: number;
  readonly endLine: number;
  readonly side: 'LEFT' | 'RIGHT';
  /** `Kind/namespace/name`. */
  readonly resource: string;
  readonly change: 'added' | 'modified' | 'removed';
  readonly via: readonly { readonly file: string; readonly line: number; readonly role: 'values' | 'template' | 'patch' | 'kustomization' | 'dependency' }[];
}

/** What a client's sidecar sends to the pod that a call comes to; `passthrough`: as to an unknown destination, `nothing`: the call does not come there. */
export type CallSent = 'mtls' | 'tls' | 'plaintext' | 'passthrough' | 'nothing';

/** Sidecars of the callers call the destination otherwise than before. */
export interface CalledDifferently {
  /** Names that are called, `host:port`, in order. */
  readonly to: readonly string[];
  readonly base: CallSent;
  readonly head: CallSent;
}

export interface Change {
  readonly id: string;
  readonly environments: readonly string[];
  readonly direction: Direction;
  readonly facet: Facet;
  readonly destinations: readonly Destination[];
  readonly region: Region;
  readonly callers: Callers;
  /** Plain text, one sentence without a full stop. */
  readonly headline: string;
  readonly before: string;
  readonly after: string;
  /** Where the change is about how calls are made. */
  readonly call?: CalledDifferently;
  /** Absent only where a change is undecided: then no single request could be confirmed. */
  readonly witness?: Witness;
  /** A set of edits that alone, applied to the base, gives the witness its new answer, while no proper subset does (`causeProof`). */
  readonly causes: readonly Cause[];
  /** Other sets of which the same holds; absent: none was found. */
  readonly alternativeCauses?: readonly (readonly Cause[])[] | undefined;
  /** What was proved of `causes`: that they alone make the whole region, that they move the witness, or nothing. */
  readonly causeProof?: 'region' | 'witness' | 'none';
  /** Plain text: why nothing was proved, or which limit was reached. */
  readonly causeNote?: string;
  readonly enforcementPoints: readonly EnforcementPoint[];
  /** Ids of additional assumptions; none = proved. */
  readonly assumptions: readonly string[];
}
