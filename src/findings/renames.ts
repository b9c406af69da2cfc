/** A destination of a change goes by the base's id; the head may know it under another one (R12). */
import type { EnvironmentFacts } from './detector.ts';

export function headId(pair: Pick<EnvironmentFacts, 'renamed'>, destination: string): string {
  for (const [head, base] of pair.renamed) if (base === destination) return head;
  return destination;
}
