import { choiceAt, entriesAt, fieldsAt, fieldsOr, flagAt, noFields, numberAt, own, textAt, textMap, textMapAt, textOr, textsAt, type Fields } from './reading.ts';
import { isFields } from './shape.ts';

/** `{}` where the field is written without a form: the attribute must be there, whatever its value. */
export type StringMatch = { readonly type: 'exact' | 'prefix' | 'regex'; readonly value: string } | { readonly type: 'present' };

export interface RouteDestination {
  readonly host: string;
  readonly subset: string;
  /** `undefined`: the Service has one port. */
  readonly port: number | undefined;
  /** 0 where the manifest gives none: alone it takes everything. */
  readonly weight: number;
}

/** ANDed; the entries of `match` are ORed, an empty list matches everything. */
export interface HttpMatch {
  readonly name: string;
  readonly uri: StringMatch | undefined;
  readonly ignoreUriCase: boolean;
  readonly scheme: StringMatch | undefined;
  readonly method: StringMatch | undefined;
  readonly authority: StringMatch | undefined;
  readonly headers: ReadonlyMap<string, StringMatch>;
  readonly withoutHeaders: ReadonlyMap<string, StringMatch>;
  readonly queryParams: ReadonlyMap<string, StringMatch>;
  readonly port: number | undefined;
  readonly sourceLabels: Readonly<Record<string, string>>;
  readonly sourceNamespace: string | undefined;
  /** Empty = those of the VirtualService. */
  readonly gateways: readonly string[];
}

export interface HttpRoute {
  readonly name: string;
  readonly match: readonly HttpMatch[];
  readonly route: readonly RouteDestination[];
  readonly redirect: HttpRedirect | undefined;
  readonly directResponse: { readonly status: number } | undefined;
  /** Namespace defaults to the VirtualService's own (M118). */
  readonly delegate: { readonly name: string; readonly namespace: string | undefined } | undefined;
  readonly rewrite: { readonly uri: string; readonly authority: string; readonly regex: { readonly match: string; readonly rewrite: string } | undefined } | undefined;
  /** `mirror` and `mirrors`: they receive a copy of the request. */
  readonly mirrors: readonly RouteDestination[];
  /** Request headers that the route sets, adds or removes; a policy behind it sees the result. */
  readonly requestHeaders: HeaderChanges;
  readonly hasFault: boolean;
  /** Of how many requests in a hundred are answered by an injected error; an abort without a percentage hits none. */
  readonly abortPercentage: number;
  readonly corsOrigins: readonly StringMatch[];
}

export interface HttpRedirect {
  readonly uri: string;
  readonly authority: string;
  readonly scheme: string;
  readonly port: number | undefined;
  /** The port of the answer where `port` names none. */
  readonly derivePort: 'FROM_PROTOCOL_DEFAULT' | 'FROM_REQUEST_PORT' | undefined;
  readonly code: number;
}

export interface HeaderChanges {
  readonly set: Readonly<Record<string, string>>;
  readonly add: Readonly<Record<string, string>>;
  readonly remove: readonly string[];
}

export interface TlsMatch {
  readonly sniHosts: readonly string[];
  readonly destinationSubnets: readonly string[];
  readonly port: number | undefined;
  readonly sourceLabels: Readonly<Record<string, string>>;
  readonly sourceNamespace: string | undefined;
  readonly gateways: readonly string[];
}

export interface TlsRoute {
  readonly match: readonly TlsMatch[];
  readonly route: readonly RouteDestination[];
}

export type TcpMatch = Omit<TlsMatch, 'sniHosts'>;

export interface TcpRoute {
  readonly match: readonly TcpMatch[];
  readonly route: readonly RouteDestination[];
}

export interface VirtualServiceSpec {
  readonly hosts: readonly string[];
  /** Omitted = `mesh` only (M116). */
  readonly gateways: readonly string[];
  /** Empty = the mesh's default. */
  readonly exportTo: readonly string[];
  readonly http: readonly HttpRoute[];
  readonly tls: readonly TlsRoute[];
  readonly tcp: readonly TcpRoute[];
}

export function decodeVirtualService(manifest: Fields): VirtualServiceSpec {
  const spec = fieldsOr(manifest, 'spec');
  const gateways = textsAt(spec, 'gateways');
  return {
    hosts: textsAt(spec, 'hosts'),
    gateways: gateways.length === 0 ? ['mesh'] : gateways,
    exportTo: textsAt(spec, 'exportTo'),
    http: entriesAt(spec, 'http').map(decodeHttpRoute),
    tls: entriesAt(spec, 'tls').map((route) => ({
      match: entriesAt(route, 'match').map((match) => ({ ...decodeTcpMatch(match), sniHosts: textsAt(match, 'sniHosts') })),
      route: decodeDestinations(route),
    })),
    tcp: entriesAt(spec, 'tcp').map((route) => ({ match: entriesAt(route, 'match').map(decodeTcpMatch), route: decodeDestinations(route) })),
  };
}

function decodeHttpRoute(route: Fields): HttpRoute {
  const redirect = fieldsAt(route, 'redirect');
  const response = fieldsAt(route, 'directResponse');
  const delegate = fieldsAt(route, 'delegate');
  const rewrite = fieldsAt(route, 'rewrite');
  const regex = fieldsAt(rewrite ?? noFields, 'uriRegexRewrite');
  const mirror = fieldsAt(route, 'mirror');
  return {
    name: textOr(route, 'name'),
    match: entriesAt(route, 'match').map(decodeHttpMatch),
    route: decodeDestinations(route),
    redirect:
      redirect === undefined
        ? undefined
        : {
            uri: textOr(redirect, 'uri'),
            authority: textOr(redirect, 'authority'),
            scheme: textOr(redirect, 'scheme'),
            port: numberAt(redirect, 'port'),
            derivePort: textAt(redirect, 'derivePort') === undefined ? undefined : choiceAt(redirect, 'derivePort', ['FROM_PROTOCOL_DEFAULT', 'FROM_REQUEST_PORT'] as const, 'FROM_PROTOCOL_DEFAULT'),
            code: numberAt(redirect, 'redirectCode') ?? 301,
          },
    directResponse: response === undefined ? undefined : { status: numberAt(response, 'status') ?? 0 },
    delegate: delegate === undefined ? undefined : { name: textOr(delegate, 'name'), namespace: nonEmpty(textAt(delegate, 'namespace')) },
    rewrite:
      rewrite === undefined
        ? undefined
        : { uri: textOr(rewrite, 'uri'), authority: textOr(rewrite, 'authority'), regex: regex === undefined ? undefined : { match: textOr(regex, 'match'), rewrite: textOr(regex, 'rewrite') } },
    mirrors: [...(mirror === undefined ? [] : [decodeDestination(mirror, 0)]), ...entriesAt(route, 'mirrors').map((entry) => decodeDestination(fieldsOr(entry, 'destination'), 0))],
    requestHeaders: decodeHeaderChanges(fieldsOr(fieldsOr(route, 'headers'), 'request')),
    hasFault: fieldsAt(route, 'fault') !== undefined,
    abortPercentage: numberAt(fieldsOr(fieldsOr(fieldsOr(route, 'fault'), 'abort'), 'percentage'), 'value') ?? 0,
    corsOrigins: entriesAt(fieldsOr(route, 'corsPolicy'), 'allowOrigins').map(decodeStringMatch),
  };
}

function decodeHttpMatch(match: Fields): HttpMatch {
  return {
    name: textOr(match, 'name'),
    uri: stringMatchAt(match, 'uri'),
    ignoreUriCase: flagAt(match, 'ignoreUriCase') ?? false,
    scheme: stringMatchAt(match, 'scheme'),
    method: stringMatchAt(match, 'method'),
    authority: stringMatchAt(match, 'authority'),
    headers: stringMatchesAt(match, 'headers'),
    withoutHeaders: stringMatchesAt(match, 'withoutHeaders'),
    queryParams: stringMatchesAt(match, 'queryParams'),
    port: portOrNone(numberAt(match, 'port')),
    sourceLabels: textMapAt(match, 'sourceLabels') ?? textMap({}),
    sourceNamespace: nonEmpty(textAt(match, 'sourceNamespace')),
    gateways: textsAt(match, 'gateways'),
  };
}

function decodeTcpMatch(match: Fields): TcpMatch {
  return {
    destinationSubnets: textsAt(match, 'destinationSubnets'),
    port: portOrNone(numberAt(match, 'port')),
    sourceLabels: textMapAt(match, 'sourceLabels') ?? textMap({}),
    sourceNamespace: nonEmpty(textAt(match, 'sourceNamespace')),
    gateways: textsAt(match, 'gateways'),
  };
}

function decodeDestinations(route: Fields): readonly RouteDestination[] {
  return entriesAt(route, 'route').map((entry) => decodeDestination(fieldsOr(entry, 'destination'), numberAt(entry, 'weight') ?? 0));
}

function decodeDestination(destination: Fields, weight: number): RouteDestination {
  return { host: textOr(destination, 'host'), subset: textOr(destination, 'subset'), port: portOrNone(numberAt(fieldsOr(destination, 'port'), 'number')), weight };
}

function decodeHeaderChanges(changes: Fields): HeaderChanges {
  return { set: textMapAt(changes, 'set') ?? textMap({}), add: textMapAt(changes, 'add') ?? textMap({}), remove: textsAt(changes, 'remove') };
}

/** An omitted number is 0 in the proto: no port. */
function portOrNone(port: number | undefined): number | undefined {
  return port === 0 ? undefined : port;
}

function nonEmpty(value: string | undefined): string | undefined {
  return value === '' ? undefined : value;
}

function stringMatchAt(from: Fields, key: string): StringMatch | undefined {
  const match = fieldsAt(from, key);
  return match === undefined ? undefined : decodeStringMatch(match);
}

function stringMatchesAt(from: Fields, key: string): ReadonlyMap<string, StringMatch> {
  const matches = fieldsAt(from, key);
  const found = new Map<string, StringMatch>();
  if (matches === undefined) return found;
  for (const name of Object.keys(matches)) {
    const match = own(matches, name);
    if (isFields(match)) found.set(name, decodeStringMatch(match));
  }
  return found;
}

function decodeStringMatch(match: Fields): StringMatch {
  for (const type of ['exact', 'prefix', 'regex'] as const) {
    const value = textAt(match, type);
    if (value !== undefined) return { type, value };
  }
  return { type: 'present' };
}
