/**
 * Representatives of the classes of patterns that are not prefixes and suffixes alone: templates and globs. A product automaton of
 * all patterns is walked breadth first, so each class is found with one of its shortest texts.
 */
import { distinct } from '#lib/order.ts';
import type { PathNormalization } from '../matcher.ts';
import { normalizePath } from '../normalize-path.ts';
import { compileTemplate, templateAccepts, templateStart, templateStep, type Template, type TemplateState } from '../path-template.ts';
import type { TextPatterns } from './text.ts';

/** States that a walk may visit for each class that it may find. */
const statesPerClass = 16;

interface State {
  readonly text: string;
  /** Some prefix or exact text begins with all of it. */
  readonly begins: boolean;
  /** Longest prefix pattern passed. */
  readonly passed: string;
  /** The longest end of the text that is the beginning of a suffix pattern. */
  readonly tail: string;
  readonly templates: readonly { readonly template: Template; readonly positions: TemplateState }[];
}

export interface AutomatonPatterns extends TextPatterns {
  readonly templates: readonly string[];
  /** Texts with stars that stand for any characters, slashes included. */
  readonly globs: readonly string[];
}

/** A glob as a template: each star is `{**}`. */
function globTemplate(glob: string): Template {
  return glob.split('*').flatMap((literal, index) => [
    ...(index === 0 ? [] : [{ kind: 'many' as const, slashes: true }]),
    ...Array.from(literal).map((character) => ({ kind: 'character' as const, character })),
  ]);
}

/** Characters of the walk: the patterns' own, a fresh one first, the separator of paths, and one that templates refuse. */
function alphabet(patterns: AutomatonPatterns, templates: readonly Template[], path: boolean): string[] {
  const used = new Set([
    ...[...patterns.exact, ...patterns.prefixes, ...patterns.suffixes].flatMap((literal) => Array.from(literal)),
    ...templates.flat().flatMap((element) => (element.kind === 'character' ? [element.character] : [])),
  ]);
  const fresh = Array.from('xyzqwvkjhgtnmupslroiXYZQWVKJHGTNMUPSLROI0123456789-_~éüñ中').find((character) => !used.has(character)) ?? '文';
  if (path) return [fresh, ...distinct([...used, '/', '['])];
  return [fresh, ...distinct(used).filter((character) => character !== '/')];
}

/** Whether a path is what the proxy's normalization leaves as it is: only such texts reach a pattern. */
function stable(text: string, mode: PathNormalization | undefined): boolean {
  return mode === undefined || normalizePath(text, mode) === text;
}

/** What a slash would make of the last segment: a dot segment is resolved. Part of the state, so that no class hides behind it. */
function pending(text: string): string {
  const segment = text.slice(text.lastIndexOf('/') + 1);
  return segment === '' || segment === '.' || segment === '..' ? segment : 'x';
}

function beginnings(patterns: readonly string[]): ReadonlySet<string> {
  return new Set(patterns.flatMap((pattern) => Array.from({ length: pattern.length + 1 }, (_, length) => pattern.slice(0, length))));
}

/**
 * One text of every class, shortest first; `undefined` where there are more than `limit`. With `path` set, texts start
 * with `/` and are normalized.
 */
export function automatonCandidates(patterns: AutomatonPatterns, path: PathNormalization | undefined, limit: number): string[] | undefined {
  const templates = [...patterns.templates.map(compileTemplate), ...patterns.globs.map(globTemplate)];
  const characters = alphabet(patterns, templates, path !== undefined);
  const heads = beginnings([...patterns.exact, ...patterns.prefixes]);
  const prefixes = new Set(patterns.prefixes);
  const exact = new Set(patterns.exact);
  const tails = beginnings(patterns.suffixes);
  const step = (state: State, character: string): State => {
    const text = state.text + character;
    const begins = state.begins && heads.has(text);
    let tail = state.tail + character;
    while (tail !== '' && !tails.has(tail)) tail = tail.slice(1);
    return {
      text,
      begins,
      passed: begins && prefixes.has(text) ? text : state.passed,
      tail,
      templates: state.templates.map(({ template, positions }) => ({ template, positions: templateStep(template, positions, character) })),
    };
  };

  // Where slashes are merged, `//` is a path and the beginning of none.
  const merges = path === 'MERGE_SLASHES' || path === 'DECODE_AND_MERGE_SLASHES';
  const lone = (text: string): boolean => merges && text === '//';
  const keyOf = ({ text, begins, passed, tail, templates: read }: State): string =>
    begins || lone(text) ? text : `${passed}|${tail}|${read.map(({ positions }) => positions.join(',')).join(';')}|${pending(text)}`;
  const classOf = ({ text, passed, templates: read }: State): string =>
    exact.has(text) ? text : `${passed}|${patterns.suffixes.map((suffix) => String(text.endsWith(suffix))).join(',')}|${read.map(({ template, positions }) => String(templateAccepts(template, positions))).join(',')}`;

  const start: State = { text: '', begins: true, passed: '', tail: '', templates: templates.map((template) => ({ template, positions: templateStart(template) })) };
  const seen = new Set<string>();
  const classes = new Set<string>();
  const found: string[] = [];
  const queue: State[] = path === undefined ? [start] : [step(start, '/')];
  for (let at = 0; at < queue.length; at += 1) {
    const state = queue[at] as State;
    const key = classOf(state);
    if (state.text !== '' && !classes.has(key) && stable(state.text, path)) {
      classes.add(key);
      if (classes.size > limit) return undefined;
      found.push(state.text);
    }
    if (lone(state.text)) continue;
    for (const character of characters) {
      const next = step(state, character);
      // A slash behind what normalization undoes leads to no text that a pattern can see.
      if (character === '/' && !stable(next.text, path)) continue;
      const key = keyOf(next);
      if (seen.has(key)) continue;
      seen.add(key);
      if (seen.size > limit * statesPerClass) return undefined;
      queue.push(next);
    }
  }
  return found;
}
