/**
 * What a route makes of path and authority, named so that two routes have one name exactly where they make the same of every request that both
 * take: `/a/x` become `/b/x` is `/a` become `/b`. Two of different names may still make the same of some requests (`sameSight`).
 */
import type { StringMatch } from '#manifests/virtual-service.ts';
import { matchedPrefix } from './http-routes.ts';
import type { Guarded } from './http-routes.ts';
import { authorityIn } from './route-action.ts';
import { replaceMatches } from './text-match.ts';

export type PathForwarding =
  | { readonly type: 'same' }
  /** The whole path becomes `to`. */
  | { readonly type: 'any'; readonly to: string }
  /** The beginning `from` becomes `to`; `slash`: of the Gateway API, where one slash is left. */
  | { readonly type: 'moved'; readonly from: string; readonly to: string; readonly slash: boolean; readonly anyCase: boolean }
  | { readonly type: 'regex'; readonly match: string; readonly rewrite: string };

export interface Forwarding {
  /** Empty: as it was sent. Else in words, `/api as /v2, host internal.example`. */
  readonly name: string;
  readonly path: PathForwarding;
  readonly host: string | undefined;
}

export const asSent: Forwarding = { name: '', path: { type: 'same' }, host: undefined };

export function forwardingOf(guarded: Guarded): Forwarding {
  const { rewrite, requestHeaders } = guarded.route;
  const host = rewrite !== undefined && rewrite.authority !== '' ? rewrite.authority : (authorityIn(requestHeaders.set) ?? authorityIn(requestHeaders.add));
  const path = pathForwarding(guarded);
  return { name: [nameOf(path), ...(host === undefined ? [] : [`host ${host}`])].filter((part) => part !== '').join(', '), path, host };
}

function pathForwarding(guarded: Guarded): PathForwarding {
  const { rewrite } = guarded.route;
  if (rewrite === undefined) return { type: 'same' };
  const { uri, regex } = rewrite;
  if (regex !== undefined) return replacing(regex, guarded);
  if (uri === '') return { type: 'same' };
  const matched = matchedPrefix(guarded);
  const anyCase = guarded.match?.ignoreUriCase === true;
  if (guarded.api === 'kubernetes' && uri === '/' && matched !== undefined) return moved(matched === '/' ? '' : matched, '', true, anyCase);
  const exact = guarded.match?.uri?.type === 'exact' ? guarded.match.uri.value : undefined;
  const from = matched ?? exact;
  return from === undefined ? { type: 'any', to: uri } : moved(from, uri, false, anyCase);
}

/** An expression that takes every path whole, or a beginning that the route asks for, says no more than a plain rewrite does. */
function replacing({ match, rewrite }: { readonly match: string; readonly rewrite: string }, guarded: Guarded): PathForwarding {
  if (/^\^?\/\.\*\$?$/.test(match) && !rewrite.includes('\\')) return { type: 'any', to: rewrite };
  const [, from] = /^\^?(\/[\w/-]*)\(\.\*\)\$?$/.exec(match) ?? [];
  const [, to] = /^([\w/-]*)\\1$/.exec(rewrite) ?? [];
  const uri = guarded.match?.uri;
  const begins = from !== undefined && guarded.match?.ignoreUriCase !== true && (uri?.type === 'prefix' || uri?.type === 'exact') && uri.value.startsWith(from);
  return begins && to !== undefined ? moved(from, to, false, false) : { type: 'regex', match, rewrite };
}

/** Without the end that both have. */
function moved(from: string, to: string, slash: boolean, anyCase: boolean): PathForwarding {
  if (anyCase) return { type: 'moved', from, to, slash, anyCase };
  let shared = 0;
  while (shared < from.length && shared < to.length && from[from.length - 1 - shared] === to[to.length - 1 - shared]) shared += 1;
  const [before, after] = [from.slice(0, from.length - shared), to.slice(0, to.length - shared)];
  return before === after ? { type: 'same' } : { type: 'moved', from: before, to: after, slash, anyCase };
}

function nameOf(path: PathForwarding): string {
  switch (path.type) {
    case 'same':
      return '';
    case 'any':
      return `any as ${path.to}`;
    case 'regex':
      return `${path.match} replaced by ${path.rewrite}`;
    case 'moved':
      if (path.anyCase) return `${path.from} in any case as ${path.to}`;
      if (path.to === '') return `without ${path.from}`;
      return path.from === '' ? `behind ${path.to}` : `${path.from} as ${path.to}`;
  }
}

/** A path that the route has matched, as the backend sees it. */
export function seenPath(how: PathForwarding, path: string): string {
  switch (how.type) {
    case 'same':
      return path;
    case 'any':
      return how.to;
    case 'regex':
      return replaceMatches(how.match, how.rewrite, path);
    case 'moved': {
      const rest = path.slice(how.from.length);
      return how.slash ? `/${rest.replace(/^\//, '')}` : `${how.to}${rest}`;
    }
  }
}

/** Of which requests two ways make the same; both are taken to have matched. `paths`, `host`: `undefined` of any. */
export type Sight =
  | { readonly type: 'never' }
  | { readonly type: 'requests'; readonly paths: readonly string[] | undefined; readonly host: string | undefined }
  /** Told of one request at a time. */
  | { readonly type: 'asked'; readonly differs: (path: string) => boolean; readonly example: StringMatch; readonly host: string | undefined };

export function sameSight(left: Forwarding, right: Forwarding): Sight {
  if (left.host !== undefined && right.host !== undefined && left.host !== right.host) return { type: 'never' };
  const host = left.host === right.host ? undefined : (left.host ?? right.host);
  const [one, other] = [left.path, right.path];
  if (nameOf(one) === nameOf(other)) return { type: 'requests', paths: undefined, host };
  const patterned = [one, other].find((path) => path.type === 'regex' || (path.type === 'moved' && path.anyCase));
  if (patterned !== undefined) {
    const example: StringMatch = patterned.type === 'regex' ? { type: 'regex', value: patterned.match } : { type: 'prefix', value: patterned.type === 'moved' ? patterned.from : '/' };
    return { type: 'asked', differs: (path) => seenPath(one, path) !== seenPath(other, path), example, host };
  }
  const paths = [...candidates(one, other), ...candidates(other, one)].filter((path) => path.startsWith('/') && seenPath(one, path) === seenPath(other, path));
  return paths.length === 0 ? { type: 'never' } : { type: 'requests', paths: [...new Set(paths)].sort(), host };
}

/**
 * Paths of which two ways without patterns may make the same. Two that put something in place of a beginning make the same of everything that both
 * take, or of nothing, but for the one slash of the Gateway API where nothing else is left.
 */
function candidates(one: PathForwarding, other: PathForwarding): readonly string[] {
  if (one.type === 'any') {
    if (other.type === 'same') return [one.to];
    if (other.type === 'moved') return other.slash ? [`${other.from}${one.to}`, `${other.from}${one.to.slice(1)}`] : one.to.startsWith(other.to) ? [`${other.from}${one.to.slice(other.to.length)}`] : [];
    return [];
  }
  return one.type === 'moved' && one.slash ? [one.from, `${one.from}/`] : [];
}
