import { shortHash } from '#lib/canonical.ts';
import { distinct } from '#lib/order.ts';

/**
 * 16 hex digits over code, sorted cause resources (a state's subject), facet and direction (`docs/report.md`): no path, line,
 * text, severity, environment or destination, so that a moved file or one more workload posts nothing again.
 */
export function fingerprint(parts: { readonly code: string; readonly causes: readonly string[]; readonly facet: string; readonly direction: string }): string {
  return shortHash(parts.code, JSON.stringify(distinct(parts.causes)), parts.facet, parts.direction);
}
