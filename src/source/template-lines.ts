/** Which line of a chart's template made a line of its output: the lines that both have in common are aligned, the rest lies between them. */

/** A template's line as a pattern of its output; `undefined` for one that writes nothing of its own. */
function patternOf(line: string): { readonly matches: (text: string) => boolean; readonly exact: boolean } | undefined {
  const trimmed = line.trim();
  if (trimmed === '' || trimmed.startsWith('#')) return undefined;
  const parts = trimmed.split(/\{\{.*?\}\}/u);
  const literal = parts.join('').trim();
  if (literal === '') return undefined;
  if (parts.length === 1) return { matches: (text) => text === trimmed, exact: true };
  return {
    exact: false,
    matches: (text) => {
      let at = 0;
      for (const [index, part] of parts.entries()) {
        const found = index === 0 ? (text.startsWith(part) ? 0 : -1) : text.indexOf(part, at);
        if (found < 0) return false;
        at = found + part.length;
      }
      return true;
    },
  };
}

/** More is not worth the square of it: the first matching line is taken. */
const mostCells = 4_000_000;

/**
 * @param line 1-based line of `rendered`
 * @returns 1-based line of `template`
 */
export function templateLine(template: string, rendered: string, line: number): number {
  const left = template.split('\n').map(patternOf);
  const right = rendered.split('\n').map((text) => text.trim());
  const matches = (row: number, column: number): number => {
    const pattern = left[row];
    const text = right[column] ?? '';
    return pattern === undefined || text === '' || !pattern.matches(text) ? 0 : pattern.exact ? 3 : 2;
  };
  const target = Math.min(Math.max(line, 1), right.length) - 1;
  if (left.length * right.length > mostCells) {
    const first = left.findIndex((_, row) => matches(row, target) > 0);
    return first < 0 ? 1 : first + 1;
  }
  const pairs = aligned(left.length, right.length, matches);
  const own = pairs.get(target);
  if (own !== undefined) return own + 1;
  // Written by an expression: behind the nearest line above that is the template's own.
  for (let above = target - 1; above >= 0; above -= 1) {
    const row = pairs.get(above);
    if (row !== undefined) return Math.min(nextWritten(template.split('\n'), row), left.length - 1) + 1;
  }
  return 1;
}

/** The line behind `row` that holds an expression, where there is one before the next literal line. */
function nextWritten(lines: readonly string[], row: number): number {
  for (let at = row + 1; at < lines.length; at += 1) {
    const text = (lines[at] ?? '').trim();
    if (text === '' || text.startsWith('#') || /^\{\{-?\s*(?:if|else|end|with|range|define|\/\*|\$)/u.test(text)) continue;
    return text.includes('{{') ? at : row;
  }
  return row;
}

/** Longest common subsequence by weight: column → row. */
function aligned(rows: number, columns: number, weight: (row: number, column: number) => number): ReadonlyMap<number, number> {
  const width = columns + 1;
  const table = new Float64Array((rows + 1) * width);
  for (let row = rows - 1; row >= 0; row -= 1) {
    for (let column = columns - 1; column >= 0; column -= 1) {
      const here = weight(row, column);
      const take = here === 0 ? 0 : here + (table[(row + 1) * width + column + 1] ?? 0);
      table[row * width + column] = Math.max(take, table[(row + 1) * width + column] ?? 0, table[row * width + column + 1] ?? 0);
    }
  }
  const pairs = new Map<number, number>();
  for (let row = 0, column = 0; row < rows && column < columns; ) {
    const best = table[row * width + column] ?? 0;
    const here = weight(row, column);
    if (here > 0 && best === here + (table[(row + 1) * width + column + 1] ?? 0)) {
      pairs.set(column, row);
      row += 1;
      column += 1;
    } else if (best === (table[(row + 1) * width + column] ?? 0)) row += 1;
    else column += 1;
  }
  return pairs;
}
