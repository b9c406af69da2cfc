/**
 * The changed edges as a Mermaid graph: who may newly reach whom (solid), who no longer may (dashed). A picture beside the table,
 * never instead of it.
 * @see https://mermaid.js.org/syntax/flowchart.html#entity-codes-to-escape-characters
 */
import { assertNever } from '#lib/assert-never.ts';
import type { Change } from '#impact/change.ts';
import { clip, name } from '../plain.ts';

export const edgeLimit = 40;

/** Inside a quoted label; `#` starts an entity code there, and `<br/>` has left renderers hanging. */
export function label(text: string): string {
  return clip(name(text), 60).replace(/[^\p{L}\p{N} ./:_=,()-]/gu, (character) => (character === '"' ? '#quot;' : `#${String(character.codePointAt(0) ?? 0)};`));
}

interface Edge {
  readonly from: string;
  readonly to: string;
  readonly kind: 'added' | 'removed' | 'weaker' | 'undecided';
}

function kindOf(change: Change): Edge['kind'] | null {
  switch (change.direction) {
    case 'widened':
      return 'added';
    case 'narrowed':
      return 'removed';
    case 'weakened':
      return 'weaker';
    case 'undecided-widened':
    case 'undecided-narrowed':
      return 'undecided';
    case 'strengthened':
    case 'latent-widened':
    case 'latent-narrowed':
      return null;
    default:
      return assertNever(change.direction);
  }
}

function callers(change: Change): readonly string[] {
  const { known, open, plaintext, internet } = change.callers;
  const names = [...(internet ? ['the internet'] : []), ...(plaintext ? ['any client without a mesh identity'] : []), ...open, ...known];
  return names.length === 0 ? ['some client'] : names;
}

export function changedEdges(changes: readonly Change[]): readonly Edge[] {
  const edges = new Map<string, Edge>();
  for (const change of changes) {
    const kind = kindOf(change);
    if (kind === null) continue;
    for (const from of callers(change)) {
      for (const destination of change.destinations) {
        const edge: Edge = { from, to: destination.id, kind };
        const key = JSON.stringify([edge.from, edge.to, edge.kind]);
        if (!edges.has(key)) edges.set(key, edge);
      }
    }
  }
  return [...edges.values()];
}

const arrows = { added: '-->|may now|', removed: '-.->|no longer|', weaker: '==>|weaker|', undecided: '-.->|undecided|' } as const satisfies Record<Edge['kind'], string>;
const strokes = { added: 'stroke:#1a7f37', removed: 'stroke:#cf222e,stroke-dasharray:4', weaker: 'stroke:#9a6700', undecided: 'stroke:#6e7781,stroke-dasharray:2' } as const satisfies Record<Edge['kind'], string>;

/** A fenced block, or nothing where no edge changed. `omitted`: edges beyond the limit. */
export function mermaid(changes: readonly Change[]): { readonly block: string; readonly omitted: number } | null {
  const all = changedEdges(changes);
  if (all.length === 0) return null;
  const edges = all.slice(0, edgeLimit);
  const ids = new Map<string, string>();
  const node = (key: string, text: string): string => {
    const known = ids.get(key);
    if (known !== undefined) return known;
    const id = `n${String(ids.size)}`;
    ids.set(key, id);
    return `${id}["${label(text)}"]`;
  };
  const lines = edges.map((edge) => `  ${node(`from ${edge.from}`, edge.from)} ${arrows[edge.kind]} ${node(`to ${edge.to}`, edge.to)}`);
  const styles = (Object.keys(strokes) as (keyof typeof strokes)[]).flatMap((kind) => {
    const indices = edges.flatMap((edge, index) => (edge.kind === kind ? [String(index)] : []));
    return indices.length === 0 ? [] : [`  linkStyle ${indices.join(',')} ${strokes[kind]}`];
  });
  return { block: ['```mermaid', 'flowchart LR', ...lines, ...styles, '```'].join('\n'), omitted: all.length - edges.length };
}
