/** Edits of a gateway's servers, routes and policies, and the same routes in other words. */
import { deleted, editing, inList, withSpec, type NamedEdit } from './editing.ts';
import { fieldsAt, isFields, listAt } from './fields.ts';
import { actionOf, gatewayId, gatewayNamespace, httpRoute, httpRule, kubernetesGateway, listenerOf, matchOf, policyAtGateway, routeHosts, routeRule, serverOf, tlsOf, tokensAtGateway, virtualService } from './gateways.ts';
import type { Document } from './manifests.ts';
import type { Random } from './random.ts';

const isKubernetes = (documents: readonly Document[]): boolean => gatewayId(documents).startsWith('shop/');
const ofIstio = (document: Document): boolean => String(document['apiVersion']).startsWith('networking.istio.io');

export const gatewayEdits: readonly NamedEdit[] = [
  [6, 'route-added', inList('VirtualService', 'http', (random, routes) => insert(random, routes, httpRule(random)))],
  [4, 'route-removed', inList('VirtualService', 'http', dropped)],
  [4, 'routes-turned', inList('VirtualService', 'http', (_, routes) => [...routes].reverse())],
  [8, 'match-changed', inList('VirtualService', 'http', (random, routes) => one(random, routes, (route) => ({ ...route, match: listAt(route, 'match').length > 1 && random.chance(0.4) ? listAt(route, 'match').slice(1) : [...listAt(route, 'match').slice(1), matchOf(random)] })))],
  [6, 'action-of-route-changed', inList('VirtualService', 'http', (random, routes) => one(random, routes, (route) => ({ ...(Array.isArray(route['match']) ? { match: route['match'] } : {}), ...actionOf(random) })))],
  [4, 'route-hosts', editing(['VirtualService'], (random, document) => withSpec(document, (spec) => ({ ...spec, hosts: random.some(routeHosts, 1, 2) })))],
  [3, 'route-gateways', editing(['VirtualService'], (random, document) => withSpec(document, (spec) => ({ ...spec, gateways: random.pick([['public'], ['second'], ['public', 'second']]) })))],
  [2, 'routes-added', (random, documents) => [...documents, isKubernetes(documents) ? httpRoute(random, 'three') : virtualService(random, 'three')]],
  [2, 'routes-deleted', deleted(['VirtualService', 'HTTPRoute'])],
  [4, 'server-added', editing(['Gateway'], (random, document) => (ofIstio(document) ? withSpec(document, (spec) => ({ ...spec, servers: [...listAt(spec, 'servers'), serverOf(random, listAt(spec, 'servers').length)] })) : withSpec(document, (spec) => ({ ...spec, listeners: [...listAt(spec, 'listeners'), listenerOf(random, listAt(spec, 'listeners').length)] }))))],
  [5, 'server-changed', editing(['Gateway'], (random, document) => (ofIstio(document) ? withSpec(document, (spec) => ({ ...spec, servers: [...listAt(spec, 'servers').slice(1), serverOf(random, 7)] })) : kubernetesGateway(random)))],
  [5, 'server-tls', editing(['Gateway'], (random, document) => (ofIstio(document) ? withSpec(document, (spec) => ({ ...spec, servers: listAt(spec, 'servers').map((server) => (fieldsAt(server, 'port')['protocol'] === 'HTTPS' && isFields(server) ? { ...server, tls: tlsOf(random) } : server)) })) : undefined))],
  [1, 'gateway-deleted', deleted(['Gateway'])],
  [5, 'rule-of-route-added', inList('HTTPRoute', 'rules', (random, rules) => [...rules, routeRule(random)])],
  [5, 'rule-of-route-changed', inList('HTTPRoute', 'rules', (random, rules) => one(random, rules, () => routeRule(random)))],
  [3, 'rule-of-route-removed', inList('HTTPRoute', 'rules', dropped)],
  [3, 'route-hostnames', editing(['HTTPRoute'], (random, document) => withSpec(document, (spec) => ({ ...spec, hostnames: random.some(routeHosts.filter((host) => host !== '*'), 1, 2) })))],
  [5, 'gateway-policy-added', (random, documents) => [...documents, policyAtGateway(random, random.pick(['a', 'new']), isKubernetes(documents))]],
  [2, 'gateway-tokens-added', (random, documents) => [...documents, tokensAtGateway(random, random.pick(['j', 'new']), isKubernetes(documents))]],
  [1, 'gateway-pods-deleted', (random, documents, features) => (isKubernetes(documents) ? undefined : deleted(['Deployment'])(random, documents, features))],
  [2, 'gateway-service', editing(['Service'], (random, document) => (fieldsAt(document, 'metadata')['namespace'] === gatewayNamespace ? withSpec(document, (spec) => ({ ...spec, ports: random.some(listAt(spec, 'ports'), 1, 3) })) : undefined))],
];

type Fields = Readonly<Record<string, unknown>>;

function insert(random: Random, list: readonly Fields[], entry: Fields): readonly Fields[] {
  const at = random.between(0, list.length);
  return [...list.slice(0, at), entry, ...list.slice(at)];
}

function dropped(random: Random, list: readonly Fields[]): readonly Fields[] | undefined {
  if (list.length < 2) return undefined;
  const gone = random.between(0, list.length - 1);
  return list.filter((_, index) => index !== gone);
}

function one(random: Random, list: readonly Fields[], change: (entry: Fields) => Fields): readonly Fields[] | undefined {
  if (list.length === 0) return undefined;
  const at = random.between(0, list.length - 1);
  return list.map((entry, index) => (index === at ? change(entry) : entry));
}

/** The same routes: matches in routes of their own, and a route that nothing is left for. */
export function routesRewritten(random: Random, document: Document): Document {
  if (document.kind !== 'VirtualService') return document;
  return withSpec(document, (spec) => ({
    ...spec,
    http: listAt(spec, 'http').filter(isFields).flatMap((route) => {
      const matches = listAt(route, 'match');
      const apart = matches.length > 1 && random.chance(0.6) ? matches.map((match) => ({ ...route, match: [match] })) : [route];
      return random.chance(0.3) ? [...apart, route] : apart;
    }),
  }));
}
