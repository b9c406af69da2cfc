/**
 * Delegates (M118): a route of the root stands for the routes of a VirtualService without hosts; conditions of both must hold.
 * @see https://istio.io/latest/docs/reference/config/networking/virtual-service/#Delegate
 */
import type { HttpMatch, HttpRoute, StringMatch } from '#manifests/virtual-service.ts';

/** The delegate's routes under the conditions of the root's route; those that contradict it are left out. */
export function mergeDelegate<T extends HttpRoute>(root: HttpRoute, routes: readonly T[]): readonly T[] {
  return routes.flatMap((route): T[] => {
    const match = mergeMatches(root.match, route.match);
    if (match === undefined) return [];
    const noHeaders = Object.keys(route.requestHeaders.set).length + Object.keys(route.requestHeaders.add).length + route.requestHeaders.remove.length === 0;
    return [
      {
        ...route,
        match,
        name: route.name === '' ? root.name : root.name === '' ? route.name : `${root.name}-${route.name}`,
        rewrite: route.rewrite ?? root.rewrite,
        directResponse: route.directResponse ?? root.directResponse,
        requestHeaders: noHeaders ? root.requestHeaders : route.requestHeaders,
        mirrors: route.mirrors.length === 0 ? root.mirrors : route.mirrors,
        corsOrigins: route.corsOrigins.length === 0 ? root.corsOrigins : route.corsOrigins,
        ...(route.hasFault ? {} : { hasFault: root.hasFault, abortPercentage: root.abortPercentage }),
      },
    ];
  });
}

/** `undefined`: some match of the delegate lies outside every match of the root. */
function mergeMatches(root: readonly HttpMatch[], delegate: readonly HttpMatch[]): readonly HttpMatch[] | undefined {
  if (root.length === 0) return delegate;
  if (delegate.length === 0) return root;
  const merged: HttpMatch[] = [];
  for (const leaf of delegate) {
    const fitting = root.filter((match) => !contradicts(match, leaf));
    if (fitting.length === 0) return undefined;
    merged.push(...fitting.map((match) => mergeMatch(match, leaf)));
  }
  return merged;
}

function mergeMatch(root: HttpMatch, leaf: HttpMatch): HttpMatch {
  return {
    ...leaf,
    name: leaf.name === '' ? root.name : root.name === '' ? leaf.name : `${root.name}-${leaf.name}`,
    uri: leaf.uri ?? root.uri,
    scheme: leaf.scheme ?? root.scheme,
    method: leaf.method ?? root.method,
    authority: leaf.authority ?? root.authority,
    headers: new Map([...root.headers, ...leaf.headers]),
    withoutHeaders: new Map([...root.withoutHeaders, ...leaf.withoutHeaders]),
    queryParams: new Map([...root.queryParams, ...leaf.queryParams]),
    port: leaf.port ?? root.port,
    sourceLabels: { ...root.sourceLabels, ...leaf.sourceLabels },
    sourceNamespace: leaf.sourceNamespace ?? root.sourceNamespace,
    gateways: leaf.gateways.length === 0 ? root.gateways : leaf.gateways,
  };
}

function contradicts(root: HttpMatch, leaf: HttpMatch): boolean {
  const fields = ['uri', 'scheme', 'method', 'authority'] as const;
  if (fields.some((field) => textContradicts(root[field], leaf[field]))) return true;
  for (const field of ['headers', 'withoutHeaders', 'queryParams'] as const) {
    for (const [name, match] of leaf[field]) if (textContradicts(root[field].get(name), match)) return true;
  }
  if (root.ignoreUriCase !== leaf.ignoreUriCase) return true;
  if (root.port !== undefined && leaf.port !== undefined && root.port !== leaf.port) return true;
  if (root.sourceNamespace !== undefined && leaf.sourceNamespace !== root.sourceNamespace) return true;
  if (Object.entries(leaf.sourceLabels).some(([key, value]) => Object.hasOwn(root.sourceLabels, key) && root.sourceLabels[key] !== value)) return true;
  return root.gateways.length > 0 && leaf.gateways.length > 0 && (root.gateways.length < leaf.gateways.length || leaf.gateways.some((gateway) => !root.gateways.includes(gateway)));
}

/** The leaf must lie inside the root; a regular expression lies inside nothing and holds nothing, and nor does an empty text hold anything. */
function textContradicts(root: StringMatch | undefined, leaf: StringMatch | undefined): boolean {
  if (root === undefined || leaf === undefined) return false;
  if (root.type === 'exact') return root.value === '' || !(leaf.type === 'exact' && leaf.value === root.value);
  if (root.type === 'prefix') return root.value === '' || !((leaf.type === 'exact' || leaf.type === 'prefix') && leaf.value.startsWith(root.value));
  return true;
}
