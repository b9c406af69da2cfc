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
  /** Index of the YAML document in the stream, from 0. */
  readonly document: number;
  /** Index in `items` where the document is a `List`. */
  readonly item?: number;
}
