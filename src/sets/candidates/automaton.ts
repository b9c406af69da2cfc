/**
 * Representatives of the classes of patterns that are not prefixes and suffixes alone: templates and globs. A product automaton of
 * all patterns is walked breadth first, so each class is found with one of its shortest texts.
 */
import { distinct } from '#lib/order.ts';
import type { PathNormalization } from '../matcher.ts';
import { normalizePath } from '../normalize-path.ts';
import { compileTemplate, templateAccepts, templateStart, templateStep, type Template, type TemplateState } from '../path-template.ts';
import type { TextPatterns } from './text.ts';

/** Tries over the patterns' characters: one walk answers for all prefixes and exact texts, another for all suffixes. */
interface Trie {
  readonly next: Map<string, Trie>;
  readonly id: number;
  ends: boolean;
}

function trieOf(patterns: readonly string[]): { readonly root: Trie; readonly size: number } {
  let size = 0;
  const node = (): Trie => ({ next: new Map(), id: size++, ends: false });
  const root = node();
  for (const pattern of patterns) {
    let at = root;
    for (const character of pattern) {
      let child = at.next.get(character);
      if (child === undefined) {
        child = node();
        at.next.set(character, child);
      }
      at = child;
    }
    at.ends = true;
  }
  return { root, size };
}

/** States that a walk may visit for each class that it may find. */
const statesPerClass = 16;

interface State {
  readonly text: string;
  /** Node of the prefix-and-exact trie, or `undefined` once the text has left it. */
  readonly prefix: Trie | undefined;
  /** Longest prefix pattern passed. */
  readonly passed: number;
  /** The longest end of the text that is the beginning of a suffix pattern. */
  readonly tail: string;
  readonly templates: readonly TemplateState[];
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

/** Characters of the walk: the patterns' own, a fresh one first, the separator, and one that templates refuse. */
function alphabet(patterns: AutomatonPatterns, path: boolean): string[] {
  const literals = [...patterns.exact, ...patterns.prefixes, ...patterns.suffixes, ...patterns.templates.map((text) => text.replace(/\{\*{1,2}\}/g, '')), ...patterns.globs.map((glob) => glob.replaceAll('*', ''))];
  const used = new Set(literals.flatMap((literal) => Array.from(literal)));
  const fresh = Array.from('xyzqwvkjhgtnmupslroiXYZQWVKJHGTNMUPSLROI0123456789-_~éüñ中').find((character) => !used.has(character)) ?? '文';
  const others = distinct([...used, ...(path ? ['/', ...(patterns.templates.length > 0 ? ['['] : [])] : [])]);
  return [fresh, ...others.filter((character) => path || character !== '/')];
}

/** Whether a path is what the proxy's normalization leaves as it is: only such texts reach a pattern. */
function stable(text: string, mode: PathNormalization): boolean {
  return normalizePath(text, mode) === text;
}

/** What the last characters may still turn into: a dot segment, or an escape. Part of the state, so that no class hides behind it. */
function pending(text: string): string {
  const segment = text.slice(text.lastIndexOf('/') + 1);
  const dotted = segment === '' || segment === '.' || segment === '..' ? segment : 'x';
  const percent = text.lastIndexOf('%');
  return `${text.endsWith('/') ? '/' : ''}${dotted}${percent >= text.length - 2 && percent !== -1 ? text.slice(percent) : ''}`;
}

/**
 * One text of every class, shortest first; `undefined` where there are more than `limit`. With `path` set, texts start
 * with `/` and are normalized.
 */
export function automatonCandidates(patterns: AutomatonPatterns, path: PathNormalization | undefined, limit: number): string[] | undefined {
  const characters = alphabet(patterns, path !== undefined);
  const heads = trieOf(distinct([...patterns.exact, ...patterns.prefixes]));
  const prefixes = new Set(patterns.prefixes);
  const exact = new Set(patterns.exact);
  const tails = new Set(patterns.suffixes.flatMap((suffix) => Array.from({ length: suffix.length + 1 }, (_, length) => suffix.slice(0, length))));
  const templates = [...patterns.templates.map(compileTemplate), ...patterns.globs.map(globTemplate)];
  const step = (state: State, character: string): State => {
    const text = state.text + character;
    const prefix = state.prefix?.next.get(character);
    let tail = state.tail + character;
    while (tail !== '' && !tails.has(tail)) tail = tail.slice(1);
    return {
      text,
      prefix,
      passed: prefix !== undefined && prefixes.has(text) ? text.length : state.passed,
      tail,
      templates: state.templates.map((positions, index) => templateStep(templates[index] ?? [], positions, character)),
    };
  };
  const keyOf = (state: State): string =>
    `${state.prefix === undefined ? `-${String(state.passed)}` : String(state.prefix.id)}|${state.tail}|${state.templates.map((positions) => positions.join(',')).join(';')}|${path === undefined ? '' : pending(state.text)}`;

  // Where slashes are merged, `//` is a path and the beginning of none.
  const merges = path === 'MERGE_SLASHES' || path === 'DECODE_AND_MERGE_SLASHES';
  const lone = (text: string): boolean => merges && text === '//';
  const start: State = { text: '', prefix: heads.root, passed: -1, tail: '', templates: templates.map(templateStart) };
  const seen = new Set<string>();
  const classes = new Set<string>();
  const found: string[] = [];
  const queue: State[] = path === undefined ? [start] : [step(start, '/')];
  for (let at = 0; at < queue.length; at += 1) {
    const state = queue[at] as State;
    if (state.text !== '' && (path === undefined || stable(state.text, path))) {
      const longest = state.passed < 0 ? '' : state.text.slice(0, state.passed);
      const suffix = patterns.suffixes.reduce((best, entry) => (entry.length > best.length && state.text.endsWith(entry) ? entry : best), '');
      const key = `${exact.has(state.text) ? state.text : ''}|${longest}|${suffix}|${state.templates.map((positions, index) => (templateAccepts(templates[index] ?? [], positions) ? '1' : '0')).join('')}`;
      if (!classes.has(key)) {
        classes.add(key);
        if (classes.size > limit) return undefined;
        found.push(state.text);
      }
    }
    if (lone(state.text)) continue;
    for (const character of characters) {
      const next = step(state, character);
      // What normalization would undo leads to no text that a pattern can see.
      if (path !== undefined && character === '/' && !stable(state.text + '/', path)) continue;
      if (path !== undefined && character !== '/' && character !== '.' && /[%\\]/.test(next.text) && !stable(next.text, path)) continue;
      const longest = next.passed < 0 ? '' : next.text.slice(0, next.passed);
      const key = `${keyOf(next)}|${longest}|${lone(next.text) ? '//' : ''}`;
      if (seen.has(key)) continue;
      seen.add(key);
      if (seen.size > limit * statesPerClass) return undefined;
      queue.push(next);
    }
  }
  return found;
}
