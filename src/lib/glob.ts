/**
 * Path patterns: `*` any run of characters but `/`, `?` one character but `/`, `**` as a whole segment any number of segments
 * (at the end: at least one). Everything else is itself; no braces, no classes. Matching is linear in pattern × path: no backtracking that input could blow up.
 */
export type PathMatcher = (path: string) => boolean;

/** The pattern as a test over whole paths. A leading `./` or `/` and a trailing `/` say nothing: `vendor/` means `vendor/**`. */
export function compileGlob(pattern: string): PathMatcher {
  const matches = compileSegments(pattern);
  return (path) => matches(path.split('/'));
}

/** True where any of the patterns matches; no pattern matches nothing. */
export function compileGlobs(patterns: readonly string[]): PathMatcher {
  const matchers = patterns.map(compileSegments);
  return (path) => {
    const segments = path.split('/');
    return matchers.some((matches) => matches(segments));
  };
}

function compileSegments(pattern: string): (path: readonly string[]) => boolean {
  const folder = pattern.endsWith('/');
  const segments = pattern.split('/').filter((segment, index) => segment !== '' && !(segment === '.' && index === 0));
  if (folder) segments.push('**');
  const wanted = segments.filter((segment, index) => !(segment === '**' && segments[index - 1] === '**'));
  // At the end `**` is everything below, never the folder's own name: at least one more segment must be left.
  if (wanted.at(-1) === '**') wanted.splice(-1, 1, '**', '*');
  return (path) => matchSegments(wanted, path);
}

/** Greedy with one remembered `**`: a later `**` makes every earlier choice irrelevant, so one level is enough. */
function matchSegments(pattern: readonly string[], path: readonly string[]): boolean {
  let at = 0;
  let want = 0;
  let star = -1;
  let resume = 0;
  while (at < path.length) {
    const segment = pattern[want];
    if (segment === '**') {
      star = want;
      resume = at;
      want += 1;
    } else if (segment !== undefined && matchText(segment, path[at] ?? '')) {
      want += 1;
      at += 1;
    } else if (star >= 0) {
      resume += 1;
      at = resume;
      want = star + 1;
    } else return false;
  }
  while (pattern[want] === '**') want += 1;
  return want === pattern.length;
}

function matchText(pattern: string, text: string): boolean {
  let at = 0;
  let want = 0;
  let star = -1;
  let resume = 0;
  while (at < text.length) {
    const letter = pattern[want];
    if (letter === '*') {
      star = want;
      resume = at;
      want += 1;
    } else if (letter !== undefined && (letter === '?' || letter === text[at])) {
      want += 1;
      at += 1;
    } else if (star >= 0) {
      resume += 1;
      at = resume;
      want = star + 1;
    } else return false;
  }
  while (pattern[want] === '*') want += 1;
  return want === pattern.length;
}

/** A whole text with `*` (any run, `/` too), `?` and alternatives in braces; too many alternatives match everything. */
export function compileWildcard(pattern: string): PathMatcher {
  const alternatives = expanded(pattern);
  return alternatives === undefined ? () => true : (path) => alternatives.some((each) => matchText(each.replace(/\*+/gu, '*'), path));
}

const mostAlternatives = 256;

/** Innermost braces first. */
function expanded(pattern: string): readonly string[] | undefined {
  let open: readonly string[] = [pattern];
  for (;;) {
    const next = open.flatMap((each) => {
      const found = /\{([^{}]*)\}/u.exec(each);
      return found === null ? [each] : (found[1] ?? '').split(',').map((word) => `${each.slice(0, found.index)}${word}${each.slice(found.index + found[0].length)}`);
    });
    if (next.length > mostAlternatives) return undefined;
    if (next.length === open.length && next.every((each, index) => each === open[index])) return next;
    open = next;
  }
}
