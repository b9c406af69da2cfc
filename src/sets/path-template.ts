/**
 * URI templates of AuthorizationPolicy paths (A3.37): `{*}` is one or more characters of one segment, `{**}` zero or more
 * characters, slashes included. Only characters that stand in a path unescaped match either: a raw `[`, `{` or `|` does not (recorded).
 * Normalization escapes all of those but brackets, so only `NONE` shows the others to a template.
 * @see https://www.envoyproxy.io/docs/envoy/latest/api-v3/extensions/path/match/uri_template/v3/uri_template_match.proto
 */

type Element =
  | { readonly kind: 'character'; readonly character: string }
  /** One character of a segment. */
  | { readonly kind: 'one' }
  /** Any number of characters: of a segment, or of the rest. */
  | { readonly kind: 'many'; readonly slashes: boolean };

export type Template = readonly Element[];

/** Positions in a template that are reachable after the text read so far, ascending. */
export type TemplateState = readonly number[];

const compiled = new Map<string, Template>();

export function compileTemplate(text: string): Template {
  const known = compiled.get(text);
  if (known !== undefined) return known;
  const elements: Element[] = [];
  for (let at = 0; at < text.length; ) {
    if (text.startsWith('{**}', at)) {
      elements.push({ kind: 'many', slashes: true });
      at += 4;
    } else if (text.startsWith('{*}', at)) {
      elements.push({ kind: 'one' }, { kind: 'many', slashes: false });
      at += 3;
    } else {
      const character = String.fromCodePoint(text.codePointAt(at) ?? 0);
      elements.push({ kind: 'character', character });
      at += character.length;
    }
  }
  compiled.set(text, elements);
  return elements;
}

const unescaped = /^[A-Za-z0-9\-._~%!$&'()+,;:@=*]$/;

function accepts(element: Element, character: string): boolean {
  switch (element.kind) {
    case 'character':
      return element.character === character;
    case 'one':
      return unescaped.test(character);
    case 'many':
      return unescaped.test(character) || (element.slashes && character === '/');
  }
}

/** Adds a position and those behind it that need no character. */
function close(template: Template, positions: number[], position: number): void {
  let at = position;
  for (;;) {
    if (positions.includes(at)) return;
    positions.push(at);
    const element = template[at];
    if (element === undefined || element.kind !== 'many') return;
    at += 1;
  }
}

export function templateStart(template: Template): TemplateState {
  const positions: number[] = [];
  close(template, positions, 0);
  return positions;
}

export function templateStep(template: Template, state: TemplateState, character: string): TemplateState {
  const positions: number[] = [];
  for (const position of state) {
    const element = template[position];
    if (element === undefined || !accepts(element, character)) continue;
    // INVARIANT: ascending. What a position adds is a run without gaps, and the run of the next one starts inside it or behind it.
    close(template, positions, element.kind === 'many' ? position : position + 1);
  }
  return positions;
}

export function templateAccepts(template: Template, state: TemplateState): boolean {
  return state.includes(template.length);
}

export function templateMatches(text: string, path: string): boolean {
  const template = compileTemplate(text);
  let state = templateStart(template);
  for (const character of path) {
    if (state.length === 0) return false;
    state = templateStep(template, state, character);
  }
  return templateAccepts(template, state);
}
