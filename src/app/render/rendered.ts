/** What came of rendering, as the pure pipeline reads it. */
import type { Cause } from '#impact/change.ts';
import type { Origin } from '#source/origin.ts';
import type { BlobContent, BlobId, Side } from '#trees/tree.ts';
import type { OutsideContent } from '#units/build.ts';

/** One unit on one side. */
export type SideRendering =
  | {
      readonly type: 'rendered';
      readonly tool: string;
      /** One per document, in the order in which the tool wrote them. */
      readonly documents: readonly Origin[];
      readonly outside: readonly OutsideContent[];
    }
  | { readonly type: 'failed' | 'refused' | 'limit' | 'missing-tool'; readonly tool: string; readonly reason: string; readonly remedy: string; readonly file?: string; readonly line?: number; /** What was taken out before the tool failed. */ readonly outside?: readonly OutsideContent[] };

/** Where a rendered difference comes from: the changed lines whose revert takes it away. */
export type Blame = Pick<Cause, 'file' | 'line' | 'endLine' | 'side' | 'via'>;

export interface Rendered {
  readonly units: ReadonlyMap<string, Readonly<Partial<Record<Side, SideRendering>>>>;
  /** Units that no change touches and that run only where nothing is touched (R16). */
  readonly untouched: ReadonlySet<string>;
  /** By `blameKey`. */
  readonly blames: ReadonlyMap<string, Blame>;
  /** Texts of the rendered documents, beside those of the trees. */
  readonly blobs: ReadonlyMap<BlobId, BlobContent>;
}

export const nothingRendered: Rendered = { units: new Map(), untouched: new Set(), blames: new Map(), blobs: new Map() };

/** A document that differs between the sides; empty: that side has none. */
export function blameKey(unit: string, base: BlobId | undefined, head: BlobId | undefined): string {
  return `${unit}\n${base ?? ''}\n${head ?? ''}`;
}
