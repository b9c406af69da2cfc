/**
 * The same entries without spare room. A list that grew by `push` has room for seventeen entries from the first one on; where thousands
 * of lists of one or two are kept to the end of a run, that is most of their memory.
 */
export function compact<T>(list: readonly T[]): readonly T[] {
  return list.length < 17 ? list.slice() : list;
}
