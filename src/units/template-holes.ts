/**
 * What a cluster decides of an ApplicationSet's template stays a hole in it (R7). A path with holes stands for every existing one that fits, and what a hole holds in
 * one place it holds in all of them.
 */

/** Names of parameters → their texts. */
export type Parameters = Readonly<Record<string, string>>;

const hole = /\{\{-?\s*(.*?)\s*-?\}\}/gu;

export function hasHoles(text: string): boolean {
  return text.includes('{{');
}

/** `name`, Go's `.name`, `index .path.segments 1` and `.name | lower`. */
function parameterOf(expression: string): string {
  const index = /^index\s+\.?(\S+)\s+(\d+)$/u.exec(expression);
  if (index !== null) return `${index[1] ?? ''}[${index[2] ?? ''}]`;
  const name = expression.replace(/^\./u, '').split(/\s*\|\s*/u)[0] ?? '';
  return name === 'path' && expression.startsWith('.') ? 'path.path' : name;
}

/** Every known parameter put in; what is not known stays as it is written. */
export function filled(text: string, parameters: Parameters): string {
  return text.replace(hole, (whole: string, expression: string) => parameters[parameterOf(expression)] ?? whole);
}

/** What the holes of a template hold where it leads to a path; `undefined`: it cannot lead there. A hole is one step or a part of it. */
export function fitting(template: string): (path: string) => Parameters | undefined {
  const names: string[] = [];
  const parts = template.replace(/^\.?\//u, '').replace(/\/$/u, '').split(/\{\{-?\s*(.*?)\s*-?\}\}/u);
  const source = parts.map((part, index) => {
    if (index % 2 === 0) return part.replace(/[.*+?^${}()|[\]\\]/gu, String.raw`\$&`);
    names.push(parameterOf(part));
    return '([^/]+)';
  });
  const pattern = new RegExp(`^${source.join('')}$`, 'u');
  return (path) => {
    const found = pattern.exec(path);
    if (found === null) return undefined;
    const held = new Map<string, string>();
    for (const [index, name] of names.entries()) {
      const text = found[index + 1] ?? '';
      if ((held.get(name) ?? text) !== text) return undefined;
      held.set(name, text);
    }
    return Object.fromEntries(held);
  };
}
