/** The shapes of a comparison before it is put into words. */
import type { Mesh, Workload } from '#mesh/model.ts';
import type { Decision, Query } from '#posture/query.ts';
import type { Cube, CubeOrigin } from '#sets/cube.ts';
import type { ComparedCalls, MovedCall } from './calls.ts';
import type { Destination, Direction, Facet } from './change.ts';

/** One side of one environment, and what pairs it with the other. */
export interface Sides {
  readonly environment: string;
  readonly base: Mesh;
  readonly head: Mesh;
  /** Head workload id → base workload id, where a rename was recognised (R12). */
  readonly renamed: ReadonlyMap<string, string>;
}

/** A change before it is put into words and led back to lines. */
export interface RawChange {
  readonly environment: string;
  readonly destination: Destination;
  readonly direction: Direction;
  readonly facet: Facet;
  readonly cubes: readonly Cube[];
  readonly complete: boolean;
  /** Canonical text of the first seed: the change's lasting name. */
  readonly seed: string;
  readonly seedOrigins: readonly CubeOrigin[];
  readonly witness: { readonly query: Query; readonly base: Decision; readonly head: Decision } | undefined;
  /** Why it is undecided, or what else stops a latent one. */
  readonly reason: string | undefined;
  readonly assumptions: readonly string[];
  readonly enforcedAt: readonly string[];
  /** Who the callers are, `ns/name[Kind]`, where the change is about them and not about the region. */
  readonly callers?: readonly string[];
  /** What stands behind a gateway; `outside`: clients outside the cluster come to it. */
  readonly gateway?: { readonly outside: boolean };
  /** Known identities and mesh of the side that lets more pass, for the words about callers. */
  readonly passingSide: 'base' | 'head';
  /** How calls of the callers are made, where the change is about that. */
  readonly call?: MovedCall;
  /** The same change of another environment, from which it was taken over. */
  readonly like?: RawChange;
}

export interface RawComparison {
  readonly changes: readonly RawChange[];
  /** Changes of each destination that was compared without an internal error: what another environment may take over. */
  readonly byDestination: ReadonlyMap<string, readonly RawChange[]>;
  /** A witness that did not reproduce is our bug, never a finding. */
  readonly internalErrors: readonly string[];
  /** Destinations that were compared, phantoms included. */
  readonly compared: number;
  readonly calls: ComparedCalls;
}

export interface Pair {
  readonly destination: Destination;
  readonly base: Workload;
  readonly head: Workload;
}

export type Way = 'up' | 'down';
