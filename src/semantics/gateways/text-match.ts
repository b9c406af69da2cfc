/** Text matches of routes; regular expressions are RE2 and must match the whole text. @see https://github.com/google/re2/wiki/Syntax */
import { RE2JS } from 're2js';
import type { StringMatch } from '#manifests/virtual-service.ts';
import { Recent } from '#lib/recent.ts';

/** So many expressions are kept compiled. */
const compiled = new Recent<string, { readonly pattern: RE2JS | undefined }>(256);

function compile(expression: string): { readonly pattern: RE2JS | undefined } {
  try {
    return { pattern: RE2JS.compile(expression) };
  } catch {
    return { pattern: undefined };
  }
}

/** Time grows with the length of the text only. An expression that RE2 cannot read matches nothing: Envoy refuses it, and so does admission. */
export function wholeMatch(expression: string, text: string): boolean {
  return compiled.get(expression, compile).pattern?.matches(text) ?? false;
}

/** Every part that matches, replaced; `\1` to `\9` in the replacement are groups, `\\` a backslash, and nothing else is special. */
export function replaceMatches(expression: string, replacement: string, text: string): string {
  const { pattern } = compiled.get(expression, compile);
  if (pattern === undefined) return text;
  const found = pattern.matcher(text);
  let [done, end] = ['', 0];
  while (found.find()) {
    done += text.slice(end, found.start()) + replacement.replace(/\\([\d\\])/g, (_, after: string) => (after === '\\' ? after : groupOf(found, Number(after))));
    end = found.end();
  }
  return done + text.slice(end);
}

function groupOf(found: ReturnType<RE2JS['matcher']>, group: number): string {
  return group > found.groupCount() ? '' : (found.group(group) ?? '');
}

/** The value is there; `*` as a regular expression means no more than that. */
export function asksPresence(match: StringMatch): boolean {
  return match.type === 'present' || (match.type === 'regex' && match.value === '*');
}

export function textFits(match: StringMatch, text: string): boolean {
  switch (match.type) {
    case 'exact':
      return text === match.value;
    case 'prefix':
      return text.startsWith(match.value);
    case 'regex':
      return match.value === '*' || wholeMatch(match.value, text);
    case 'present':
      return true;
  }
}
