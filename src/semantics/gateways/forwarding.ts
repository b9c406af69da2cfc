/**
 * What a route makes of path and authority, named so that two routes have one name exactly where they make the same of every request that both
 * take: `/a/x` become `/b/x` is `/a` become `/b`.
 */
import { matchedPrefix } from './http-routes.ts';
import type { Guarded } from './http-routes.ts';
import { authorityIn } from './route-action.ts';

/** Empty: as it was sent. Else in words, `/api as /v2, host internal.example`. */
export function forwardingOf(guarded: Guarded): string {
  const { rewrite, requestHeaders } = guarded.route;
  const host = rewrite !== undefined && rewrite.authority !== '' ? rewrite.authority : (authorityIn(requestHeaders.set) ?? authorityIn(requestHeaders.add));
  return [pathForwarding(guarded), ...(host === undefined ? [] : [`host ${host}`])].filter((part) => part !== '').join(', ');
}

function pathForwarding(guarded: Guarded): string {
  const { rewrite } = guarded.route;
  if (rewrite === undefined) return '';
  const { uri, regex } = rewrite;
  if (regex !== undefined) return `${regex.match} replaced by ${regex.rewrite}`;
  if (uri === '') return '';
  const matched = matchedPrefix(guarded);
  // The Gateway API: `/` takes the prefix away.
  if (guarded.api === 'kubernetes' && uri === '/' && matched !== undefined) return moved(matched === '/' ? '' : matched, '');
  const exact = guarded.match?.uri?.type === 'exact' ? guarded.match.uri.value : undefined;
  const from = matched ?? exact;
  if (from === undefined) return `any as ${uri}`;
  return guarded.match?.ignoreUriCase === true ? `${from} in any case as ${uri}` : moved(from, uri);
}

/** Without the end that both have. */
function moved(from: string, to: string): string {
  let shared = 0;
  while (shared < from.length && shared < to.length && from[from.length - 1 - shared] === to[to.length - 1 - shared]) shared += 1;
  const [before, after] = [from.slice(0, from.length - shared), to.slice(0, to.length - shared)];
  if (before === after) return '';
  if (after === '') return `without ${before}`;
  return before === '' ? `behind ${after}` : `${before} as ${after}`;
}
