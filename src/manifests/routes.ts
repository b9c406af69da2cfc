/** Routes of the Gateway API. @see https://gateway-api.sigs.k8s.io/reference/spec/#httproute */
import { decodeReference, type ObjectReference } from './gateway-api.ts';
import { entriesAt, entriesAtIfAny, fieldsAt, fieldsOr, numberAt, textAt, textOr, textsAt, type Fields } from './reading.ts';
import { anything, list, object, text, unread, whole, type ObjectShape } from './shape.ts';

export interface ParentRef extends ObjectReference {
  readonly sectionName: string | undefined;
  readonly port: number | undefined;
}

export interface BackendRef extends ObjectReference {
  /** `undefined` where the kind has no ports, or where the author forgot it. */
  readonly port: number | undefined;
  /** Omitted = 1; 0 takes no traffic. */
  readonly weight: number;
}

export interface RouteSpec {
  readonly parents: readonly ParentRef[];
  /** Empty = any (M122). */
  readonly hostnames: readonly string[];
  readonly rules: readonly RouteRule[];
}

/** One type for HTTP, GRPC, TLS and TCP routes: what a kind cannot say is empty. */
export interface RouteRule {
  readonly name: string;
  /** Empty = everything. */
  readonly matches: readonly RouteMatch[];
  readonly filters: readonly RouteFilter[];
  readonly backends: readonly BackendRef[];
}

/** ANDed. A gRPC method is the path `/service/method`. */
export interface RouteMatch {
  readonly path: RoutePath;
  readonly method: string | undefined;
  readonly headers: readonly NamedMatch[];
  readonly queryParams: readonly NamedMatch[];
}

export type RoutePath =
  | { readonly type: 'exact' | 'prefix' | 'regex'; readonly value: string }
  /** GRPCRoute: `undefined` stands for any service or any method. */
  | { readonly type: 'grpc'; readonly regex: boolean; readonly service: string | undefined; readonly method: string | undefined };

export interface NamedMatch {
  readonly name: string;
  readonly type: 'exact' | 'regex';
  readonly value: string;
}

export type RouteFilter =
  | { readonly type: 'request-headers'; readonly set: readonly NamedValue[]; readonly add: readonly NamedValue[]; readonly remove: readonly string[] }
  | { readonly type: 'redirect'; readonly hostname: string | undefined; readonly scheme: string | undefined; readonly port: number | undefined; readonly path: PathChange | undefined; readonly code: number }
  | { readonly type: 'rewrite'; readonly hostname: string | undefined; readonly path: PathChange | undefined }
  | { readonly type: 'mirror'; readonly backend: BackendRef }
  /** Response headers, CORS, extensions: no effect on who may call what, or none that can be read here. */
  | { readonly type: 'other'; readonly name: string };

export interface NamedValue {
  readonly name: string;
  readonly value: string;
}

export type PathChange = { readonly type: 'full' | 'prefix'; readonly value: string };

const parentRef = object({ group: text(), kind: text(), name: text(), namespace: text(), sectionName: text(), port: whole({ min: 0, max: 65535 }) }, { required: ['name'] });
const backendRef = object({ group: text(), kind: text(), name: text(), namespace: text(), port: whole({ min: 0, max: 65535 }), weight: whole({ min: 0, max: 1_000_000 }), filters: anything }, { required: ['name'] });
const named = list(object({ type: text(), name: text(), value: text() }, { required: ['name'] }));
const values = list(object({ name: text(), value: text() }, { required: ['name'] }));
const pathChange = object({ type: text(), replaceFullPath: text(), replacePrefixMatch: text() });
const filters = list(
  object(
    {
      type: text(),
      requestHeaderModifier: object({ set: values, add: values, remove: list(text()) }),
      requestRedirect: object({ scheme: text(), hostname: text(), path: pathChange, port: whole(), statusCode: whole() }),
      urlRewrite: object({ hostname: text(), path: pathChange }),
      requestMirror: object({ backendRef, ...unread('percent', 'fraction') }),
      ...unread('responseHeaderModifier', 'cors', 'extensionRef', 'externalAuth'),
    },
    { required: ['type'] },
  ),
);

function routeShape(match: ObjectShape): ObjectShape {
  return object({
    parentRefs: list(parentRef),
    hostnames: list(text()),
    rules: list(object({ name: text(), matches: list(match), filters, backendRefs: list(backendRef), ...unread('timeouts', 'retry', 'sessionPersistence') })),
    ...unread('useDefaultGateways'),
  });
}

export const httpRouteShape = routeShape(object({ path: object({ type: text(), value: text() }), method: text(), headers: named, queryParams: named }));
export const grpcRouteShape = routeShape(object({ method: object({ type: text(), service: text(), method: text() }), headers: named }));
export const streamRouteShape = routeShape(object({}));

export function decodeHttpRoute(manifest: Fields): RouteSpec {
  return decodeRoute(manifest, (match) => {
    const path = fieldsOr(match, 'path');
    const type = textOr(path, 'type', 'PathPrefix');
    return {
      path: { type: type === 'Exact' ? 'exact' : type === 'RegularExpression' ? 'regex' : 'prefix', value: textOr(path, 'value', '/') },
      method: textAt(match, 'method'),
      headers: decodeNamed(match, 'headers'),
      queryParams: decodeNamed(match, 'queryParams'),
    };
  });
}

export function decodeGrpcRoute(manifest: Fields): RouteSpec {
  return decodeRoute(manifest, (match) => {
    const method = fieldsOr(match, 'method');
    return {
      path: { type: 'grpc', regex: textAt(method, 'type') === 'RegularExpression', service: nonEmpty(textAt(method, 'service')), method: nonEmpty(textAt(method, 'method')) },
      method: undefined,
      headers: decodeNamed(match, 'headers'),
      queryParams: [],
    };
  });
}

/** TLSRoute and TCPRoute: no matches. */
export function decodeStreamRoute(manifest: Fields): RouteSpec {
  return decodeRoute(manifest, () => ({ path: { type: 'prefix', value: '/' }, method: undefined, headers: [], queryParams: [] }));
}

function decodeRoute(manifest: Fields, decodeMatch: (match: Fields) => RouteMatch): RouteSpec {
  const spec = fieldsOr(manifest, 'spec');
  return {
    parents: entriesAt(spec, 'parentRefs').map((ref) => ({
      ...decodeReference(ref, 'Gateway', 'gateway.networking.k8s.io'),
      sectionName: nonEmpty(textAt(ref, 'sectionName')),
      port: numberAt(ref, 'port'),
    })),
    hostnames: textsAt(spec, 'hostnames'),
    // The schema fills in one rule that matches everything where there is no list.
    rules: (entriesAtIfAny(spec, 'rules') ?? [{}]).map((rule) => ({
      name: textOr(rule, 'name'),
      matches: entriesAt(rule, 'matches').map(decodeMatch),
      filters: entriesAt(rule, 'filters').map(decodeFilter),
      backends: entriesAt(rule, 'backendRefs').map(decodeBackend),
    })),
  };
}

function decodeBackend(ref: Fields): BackendRef {
  return { ...decodeReference(ref, 'Service'), port: numberAt(ref, 'port'), weight: numberAt(ref, 'weight') ?? 1 };
}

function decodeNamed(match: Fields, key: string): readonly NamedMatch[] {
  return entriesAt(match, key).map((entry) => ({ name: textOr(entry, 'name'), type: textAt(entry, 'type') === 'RegularExpression' ? 'regex' : 'exact', value: textOr(entry, 'value') }));
}

function decodeFilter(filter: Fields): RouteFilter {
  const name = textOr(filter, 'type');
  switch (name) {
    case 'RequestHeaderModifier': {
      const changes = fieldsOr(filter, 'requestHeaderModifier');
      return { type: 'request-headers', set: decodeValues(changes, 'set'), add: decodeValues(changes, 'add'), remove: textsAt(changes, 'remove') };
    }
    case 'RequestRedirect': {
      const redirect = fieldsOr(filter, 'requestRedirect');
      return {
        type: 'redirect',
        hostname: textAt(redirect, 'hostname'),
        scheme: textAt(redirect, 'scheme'),
        port: numberAt(redirect, 'port'),
        path: decodePathChange(fieldsAt(redirect, 'path')),
        code: numberAt(redirect, 'statusCode') ?? 302,
      };
    }
    case 'URLRewrite': {
      const rewrite = fieldsOr(filter, 'urlRewrite');
      return { type: 'rewrite', hostname: textAt(rewrite, 'hostname'), path: decodePathChange(fieldsAt(rewrite, 'path')) };
    }
    case 'RequestMirror':
      return { type: 'mirror', backend: decodeBackend(fieldsOr(fieldsOr(filter, 'requestMirror'), 'backendRef')) };
    default:
      return { type: 'other', name };
  }
}

function decodeValues(from: Fields, key: string): readonly NamedValue[] {
  return entriesAt(from, key).map((entry) => ({ name: textOr(entry, 'name'), value: textOr(entry, 'value') }));
}

function decodePathChange(change: Fields | undefined): PathChange | undefined {
  if (change === undefined) return undefined;
  return textAt(change, 'type') === 'ReplaceFullPath' ? { type: 'full', value: textOr(change, 'replaceFullPath') } : { type: 'prefix', value: textOr(change, 'replacePrefixMatch') };
}

function nonEmpty(value: string | undefined): string | undefined {
  return value === '' ? undefined : value;
}
