/** Where a value came from. Values themselves are plain; a span is looked up only when a result cites it. */
export type FieldPath = readonly (string | number)[];

/** 1-based lines and columns; `endColumn` is exclusive. */
export interface Span {
  readonly startLine: number;
  readonly startColumn: number;
  readonly endLine: number;
  readonly endColumn: number;
}

/** One object in one file of one tree. */
export interface Origin {
  /** Path in the repository, `/` separated. */
  readonly file: string;
  /** Content id of the file: equal on both sides where the bytes are equal. */
  readonly blob: string;
  /** Index of the YAML document in the stream, from 0; of a rendered object its place in what the tool wrote. */
  readonly document: number;
  /** Index in `items` where the document is a `List`. */
  readonly item?: number;
  /** Set: a tool rendered the object; `file` is what it was made from. */
  readonly rendered?: RenderedOrigin;
}

/** An object that is written nowhere as it is: a kustomization or a chart made it (R13). */
export interface RenderedOrigin {
  /** Content id of the rendered text, which holds this one document (or `List`). */
  readonly blob: string;
  /**
   * What `file` is to the object: `resource`, the YAML that was patched, labelled and renamed into it; `generator`, the kustomization that generates it;
   * `template`, the chart's template; `archive`, a packed chart or another file in which no line can be named.
   */
  readonly from: 'resource' | 'generator' | 'template' | 'archive';
  /** Content id of what it would be in a cluster that holds what the chart asks for; empty: not there. */
  readonly otherwise?: string;
}
