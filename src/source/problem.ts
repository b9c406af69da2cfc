/** Something in a file that cannot be read as it stands. Line 1-based; `remedy` is one sentence to the author. */
export interface SourceProblem {
  readonly kind:
    | 'yaml-error'
    | 'duplicate-key'
    | 'glued-separator'
    | 'not-utf8'
    | 'lfs-pointer'
    | 'too-large'
    | 'missing-object'
    | 'not-readable'
    | 'symlink-outside'
    | 'submodule'
    | 'alias-limit'
    | 'limit';
  readonly line?: number;
  readonly column?: number;
  readonly reason: string;
  readonly remedy: string;
}
