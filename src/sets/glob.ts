/**
 * Globs: literals with `.*` between them, matched over the whole text. Istio writes some identity fields as such regular
 * expressions (A3.15, A3.19); this gives their answer without a regular expression engine and without backtracking.
 */

/** `parts` = the literals between the stars; one part is an exact text. */
export function globMatches(parts: readonly string[], text: string): boolean {
  const first = parts[0] ?? '';
  const last = parts[parts.length - 1] ?? '';
  if (parts.length === 1) return text === first;
  if (text.length < first.length + last.length || !text.startsWith(first) || !text.endsWith(last)) return false;
  // The leftmost place of each middle literal leaves most room for those that follow.
  let at = first.length;
  const end = text.length - last.length;
  for (let index = 1; index < parts.length - 1; index += 1) {
    const part = parts[index] ?? '';
    const found = text.indexOf(part, at);
    if (found === -1 || found + part.length > end) return false;
    at = found + part.length;
  }
  return true;
}

/** `prefix + value + suffix`, where each `*` of `value` is a star of the glob. */
export function globParts(before: readonly string[], value: string, after: readonly string[]): readonly string[] {
  return joinParts(joinParts(before, value.split('*')), after);
}

function joinParts(left: readonly string[], right: readonly string[]): readonly string[] {
  return [...left.slice(0, -1), `${left[left.length - 1] ?? ''}${right[0] ?? ''}`, ...right.slice(1)];
}
