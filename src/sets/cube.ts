import type { Matcher, Value } from './matcher.ts';

/**
 * One attribute of a request. Absence is a value of its own (`null`): a positive list never accepts it, a negative list never
 * refuses it (A3.4, A3.8).
 *
 * - `peer`: identity as the client presents it; `protocol`: `http`, `tcp`, `tls` or `https`, what the client speaks.
 * - `claim:a` or `claim:a/b`: texts of a (nested) claim of the raw token, as a list.
 * - `written:a`: the text that a proxy writes into a header for that claim of the raw token; nothing where it is no text, whole number or boolean.
 * - `peer` may hold more than an identity where a NetworkPolicy looks at the calling pod (`Caller`); `pod-label:k`: a label of that pod;
 *   `transport`: `TCP`, `UDP` or `SCTP`, where a NetworkPolicy tells them apart.
 * - `address`: what a client in ambient addresses, where that makes a difference: `host:port` of a Service, `pod`, or `past` any waypoint; nothing:
 *   the client is no such client.
 * - `opaque:<key>`: a predicate that the manifests do not interpret; equal keys on both sides are one boolean.
 */
export type Dimension =
  | 'peer'
  | 'source.ip'
  | 'remote.ip'
  | 'destination.ip'
  | 'port'
  | 'protocol'
  | 'host'
  | 'method'
  | 'path'
  | 'path.query'
  | 'sni'
  | 'token'
  | 'transport'
  | 'address'
  | `pod-label:${string}`
  | `header:${string}`
  | `claim:${string}`
  | `written:${string}`
  | `opaque:${string}`;

/** `(any is empty or some of any matches) and none of none matches`. */
export interface Predicate {
  readonly dimension: Dimension;
  readonly any: readonly Matcher[];
  readonly none: readonly Matcher[];
}

/** Who wrote a cube: a policy and, where it has one, the rule. Carried from the start, never guessed later. */
export interface CubeOrigin {
  /** `Kind/namespace/name`. */
  readonly policy: string;
  readonly rule?: number;
}

/** A product of predicates; no predicate on a dimension = any value, absence included. Several on one dimension all hold. */
export interface Cube {
  readonly predicates: readonly Predicate[];
  readonly origins: readonly CubeOrigin[];
}

/** Who refuses, in the words of an answer. */
export type AnsweringLayer = 'routing' | 'network-policy' | 'mtls' | 'authentication' | 'authorization' | 'external-authorization';

/** Names a layer within its path. `other-side:` = a layer of the other side that must let pass besides; `upstream:` = one of the pods that a gateway sends to. */
export type LayerId = AnsweringLayer | `upstream:${AnsweringLayer}` | `other-side:${AnsweringLayer}`;

/** `allow: 'all'`: nothing is required here. An empty list: something is required and nothing satisfies it (A1.5). */
export interface Layer {
  readonly id: LayerId;
  readonly allow: 'all' | readonly Cube[];
  readonly deny: readonly Cube[];
}

/** One way from the client to the workload: a request passes when every layer lets it pass. */
export interface Path {
  readonly id: string;
  readonly layers: readonly Layer[];
}

/** A concrete value for each dimension that matters; a missing one may be anything (use the dimension's plainest value). */
export type Point = ReadonlyMap<Dimension, Value>;
