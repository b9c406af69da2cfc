/** Which mesh workloads clients are told to reach with something else than mutual TLS (M33 to M45). */
import type { SideFacts } from './facts.ts';

/** Workload ids. */
export function plaintextDestinations(side: SideFacts): ReadonlySet<string> {
  void side;
  return new Set();
}
