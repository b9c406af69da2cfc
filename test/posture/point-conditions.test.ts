/** A condition on what a proxy takes out of a request is one boolean to the layers; a question says itself what it is, at each proxy on its way. */
import { test } from 'vitest';
import { closedMesh, readManifests } from '#app/scenarios.ts';
import type { Mesh } from '#mesh/model.ts';
import type { Query } from '#posture/query.ts';
import { bothAnswer } from '../support/both-answer.ts';

// The waypoint and the sidecar both take the token out of the query before `:path` is looked at (A5.12).
const shop = (place: string, values: string): Mesh =>
  closedMesh(readManifests(`apiVersion: v1
kind: Namespace
metadata: {name: shop, labels: {istio-injection: enabled, istio.io/use-waypoint: door}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: cart, namespace: shop}
spec: {selector: {matchLabels: {app: cart}}, template: {metadata: {labels: {app: cart}}, spec: {containers: [{name: main, image: example/cart}]}}}
---
apiVersion: v1
kind: Service
metadata: {name: cart, namespace: shop}
spec: {selector: {app: cart}, ports: [{name: http-web, port: 80}]}
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: door, namespace: shop}
spec: {gatewayClassName: istio-waypoint}
---
apiVersion: security.istio.io/v1
kind: RequestAuthentication
metadata: {name: tokens, namespace: shop}
spec: {${place}, jwtRules: [{issuer: 'https://issuer.example', fromParams: [token]}]}
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: paths, namespace: shop}
spec: {${place}, rules: [{when: [{key: 'request.headers[:path]', notValues: ${values}}]}]}
`));
const atWaypoint = 'targetRefs: [{kind: Gateway, group: gateway.networking.k8s.io, name: door}]';
const behind = 'selector: {matchLabels: {app: cart}}';
const query: Query = { from: { principal: 'cluster.local/ns/shop/sa/till', client: 'ambient' }, to: { host: 'cart.shop.svc.cluster.local', port: 80 }, request: { protocol: 'http', path: '/', token: { valid: true, claims: { iss: 'https://issuer.example' }, in: 'parameter:token' } } };

test.each([
  ['at the waypoint', '["*"]', 'deny', atWaypoint],
  ['at the waypoint', '["/admin*"]', 'allow', atWaypoint],
  ['at the waypoint', '["*token=*"]', 'allow', atWaypoint],
  ['at the sidecar behind it', '["*"]', 'deny', behind],
  ['at the sidecar behind it', '["/admin*"]', 'allow', behind],
] as const)('%s, refusing %s: %s', (_, values, verdict, place) => {
  bothAnswer(shop(place, values), 'shop/cart', query, verdict);
});
