/**
 * Regular expressions of routes (RE2, the whole text must match) that are no more than texts, beginnings or endings, and what every text that
 * matches another one begins with. @see https://github.com/google/re2/wiki/Syntax
 */
import type { TextMatcher } from '#sets/matcher.ts';

const special = /[.*+?()[\]{}|^$\\]/;

/** Without the anchors that a whole match makes superfluous. */
function bare(expression: string): string {
  const start = expression.startsWith('^') ? expression.slice(1) : expression;
  return start.endsWith('$') && !start.endsWith('\\$') ? start.slice(0, -1) : start;
}

/** The text that the expression is, where it is one; an escaped sign of punctuation is that sign. */
function literal(expression: string): string | undefined {
  const plain = expression.replace(/\\[^A-Za-z0-9]/g, '');
  return special.test(plain) ? undefined : expression.replace(/\\([^A-Za-z0-9])/g, '$1');
}

/** The same set as texts, beginnings and endings; `undefined`: it is more than those. Empty text matches are kept as they are. */
export function simpleRegex(expression: string): readonly TextMatcher[] | undefined {
  const text = bare(expression);
  if (text === '.*' || text === '*') return [{ type: 'present' }];
  if (text === '.+') return [{ type: 'non-empty' }];
  const whole = literal(text);
  if (whole !== undefined) return [{ type: 'exact', text: whole }];
  const part = (from: number, to: number): string | undefined => literal(text.slice(from, to));
  // `/a(/.*)?` and its unnamed form.
  const optional = /^(.*)\((?:\?:)?\/\.\*\)\?$/.exec(text)?.[1];
  const head = optional === undefined ? undefined : literal(optional);
  if (head !== undefined) return [{ type: 'exact', text: head }, { type: 'prefix', text: `${head}/` }];
  const begins = text.endsWith('.*') ? part(0, text.length - 2) : undefined;
  if (begins !== undefined) return [{ type: 'prefix', text: begins }];
  const ends = text.startsWith('.*') ? part(2, text.length) : undefined;
  return ends === undefined ? undefined : [{ type: 'suffix', text: ends }];
}

/** What every text that matches begins with: possibly nothing. */
export function regexBeginning(expression: string): string {
  const text = bare(expression);
  if (hasAlternatives(text)) return '';
  let found = '';
  for (let at = 0; at < text.length; at += 1) {
    const escaped = text[at] === '\\';
    const sign = text[escaped ? at + 1 : at] ?? '';
    if (escaped ? /[A-Za-z0-9]/.test(sign) || sign === '' : special.test(sign)) return found;
    const after = text[escaped ? at + 2 : at + 1] ?? '';
    // The sign before such a quantifier may be left out.
    if (after === '*' || after === '?' || after === '{') return found;
    found += sign;
    if (escaped) at += 1;
    if (after === '+') return found;
  }
  return found;
}

/** Outside of every group; a class of signs that holds one counts, too. */
function hasAlternatives(text: string): boolean {
  let depth = 0;
  for (let at = 0; at < text.length; at += 1) {
    const sign = text[at];
    if (sign === '\\') at += 1;
    else if (sign === '(') depth += 1;
    else if (sign === ')') depth -= 1;
    else if (sign === '|' && depth <= 0) return true;
  }
  return false;
}
