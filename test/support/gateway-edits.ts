/** Edits of one object of a recorded gateway's mesh: what a pull request to its routes, servers or policies may do. */
import type { AnyResource, Resource } from '../../src/manifests/resource.ts';
import type { HttpRoute, VirtualServiceSpec } from '../../src/manifests/virtual-service.ts';

export interface GatewayEdit {
  readonly name: string;
  readonly resources: readonly AnyResource[];
}

const edited: ReadonlySet<string> = new Set(['Gateway', 'VirtualService', 'KubernetesGateway', 'HTTPRoute', 'GRPCRoute', 'TLSRoute', 'TCPRoute', 'AuthorizationPolicy', 'RequestAuthentication', 'Service', 'DestinationRule', 'ReferenceGrant']);

/** One edit for every object and every way to edit it, in the order of the objects. */
export function gatewayEdits(resources: readonly AnyResource[]): readonly GatewayEdit[] {
  return resources.flatMap((resource, index): GatewayEdit[] => {
    if (!edited.has(resource.kind)) return [];
    const replaced = (by: readonly AnyResource[]): readonly AnyResource[] => [...resources.slice(0, index), ...by, ...resources.slice(index + 1)];
    const name = `${resource.kind} ${resource.namespace ?? ''}/${resource.name}`;
    return [{ name: `${name} removed`, resources: replaced([]) }, ...versionsOf(resource).map(([how, version]) => ({ name: `${name} ${how}`, resources: replaced([version]) }))];
  });
}

function versionsOf(resource: AnyResource): readonly (readonly [string, AnyResource])[] {
  if (resource.kind === 'VirtualService') return virtualServices(resource);
  if (resource.kind === 'Gateway') {
    return [
      ['first server dropped', { ...resource, spec: { ...resource.spec, servers: resource.spec.servers.slice(1) } }],
      ['any host', { ...resource, spec: { ...resource.spec, servers: resource.spec.servers.map((server) => ({ ...server, hosts: ['*'] })) } }],
      ['no certificate asked', { ...resource, spec: { ...resource.spec, servers: resource.spec.servers.map((server) => (server.tls === undefined ? server : { ...server, tls: { ...server.tls, mode: 'SIMPLE' } })) } }],
    ];
  }
  if (resource.kind === 'HTTPRoute' || resource.kind === 'GRPCRoute') {
    return [
      ['first rule dropped', { ...resource, spec: { ...resource.spec, rules: resource.spec.rules.slice(1) } }],
      ['any hostname', { ...resource, spec: { ...resource.spec, hostnames: [] } }],
      ['no matches', { ...resource, spec: { ...resource.spec, rules: resource.spec.rules.map((rule) => ({ ...rule, matches: [] })) } }],
      ['no filters', { ...resource, spec: { ...resource.spec, rules: resource.spec.rules.map((rule) => ({ ...rule, filters: [] })) } }],
    ];
  }
  if (resource.kind !== 'AuthorizationPolicy') return [];
  return [
    ['first rule dropped', { ...resource, spec: { ...resource.spec, rules: resource.spec.rules.slice(1) } }],
    ['turned round', { ...resource, spec: { ...resource.spec, action: resource.spec.action === 'DENY' ? 'ALLOW' : 'DENY' } }],
  ];
}

function virtualServices(resource: Resource<'VirtualService'>): readonly (readonly [string, AnyResource])[] {
  const { spec } = resource;
  const version = (changed: Partial<VirtualServiceSpec>): AnyResource => ({ ...resource, spec: { ...spec, ...changed } });
  const routes = (change: (route: HttpRoute) => HttpRoute): AnyResource => version({ http: spec.http.map(change) });
  return [
    ['turned round', version({ http: [...spec.http].reverse() })],
    ['first route dropped', version({ http: spec.http.slice(1), tls: spec.tls.slice(1), tcp: spec.tcp.slice(1) })],
    ['any host', version({ hosts: ['*'] })],
    ['no rewrites', routes((route) => ({ ...route, rewrite: undefined }))],
    ['no redirects', routes((route) => ({ ...route, redirect: undefined, directResponse: undefined }))],
    ['longer paths', routes((route) => ({ ...route, match: route.match.map((match) => (match.uri?.type === 'prefix' ? { ...match, uri: { type: 'prefix', value: `${match.uri.value}more` } } : match)) }))],
    ['no headers asked', routes((route) => ({ ...route, match: route.match.map((match) => ({ ...match, headers: new Map(), withoutHeaders: new Map() })) }))],
    ['destinations turned round', version({ http: spec.http.map((route, index) => ({ ...route, route: spec.http[spec.http.length - 1 - index]?.route ?? [] })) })],
  ];
}
