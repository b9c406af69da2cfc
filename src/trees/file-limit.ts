/** How many files of a tree are read at most. */

export const defaultMaxFiles = 20_000;

/** A number, or what the tree's own file says: of two trees the base's, so that no change raises its own limit. */
export type FileLimit = number | { readonly file: string; readonly of: (text: string | undefined) => number };

/** @param textOf the text of a file of the tree that is in force */
export async function fileLimit(limit: FileLimit | undefined, textOf: (file: string) => Promise<string | undefined>): Promise<number> {
  if (limit === undefined) return defaultMaxFiles;
  return typeof limit === 'number' ? limit : limit.of(await textOf(limit.file));
}
