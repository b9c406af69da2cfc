/** 1-based line of an offset, by counting line feeds as git and GitHub do; a file without any is one line. */
export function lineAt(text: string, offset: number, from: { readonly offset: number; readonly line: number } = { offset: 0, line: 1 }): number {
  let line = from.line;
  let at = text.indexOf('\n', from.offset);
  while (at !== -1 && at < offset) {
    line += 1;
    at = text.indexOf('\n', at + 1);
  }
  return line;
}

/** Offset at which the line of `offset` starts. */
export function lineStart(text: string, offset: number): number {
  return offset <= 0 ? 0 : text.lastIndexOf('\n', offset - 1) + 1;
}

/** 1-based line and column (UTF-16 units) of an offset. */
export function positionAt(text: string, offset: number): { readonly line: number; readonly column: number } {
  const start = lineStart(text, offset);
  return { line: lineAt(text, offset), column: offset - start + 1 };
}

/** Offset of the end of the line that holds `offset`, before its line feed. */
export function lineEnd(text: string, offset: number): number {
  const end = text.indexOf('\n', offset);
  return end === -1 ? text.length : end;
}
