/** Namespaces whose pods are all isolated by a NetworkPolicy (M136 to M138). */
import type { SideFacts } from './facts.ts';

export function isolatedNamespaces(side: SideFacts, direction: 'Ingress' | 'Egress' = 'Ingress'): ReadonlySet<string> {
  void side;
  void direction;
  return new Set();
}
