/** A shop behind one ingress gateway, as the tests about gateways write it. */
import { stream, type Files } from './tree.ts';

/** Services that routes lead to. */
export const shop = `apiVersion: v1
kind: Namespace
metadata: {name: shop}
---
apiVersion: v1
kind: Service
metadata: {name: orders, namespace: shop}
spec: {selector: {app: orders}, ports: [{name: http, port: 80}]}
---
apiVersion: v1
kind: Service
metadata: {name: admin, namespace: shop}
spec: {selector: {app: admin}, ports: [{name: http, port: 80}]}
`;

/** The gateway's pods and Service, and the Services behind it. */
export const edge = `apiVersion: v1
kind: Namespace
metadata: {name: istio-system}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: ingress, namespace: istio-system}
spec:
  selector: {matchLabels: {istio: ingressgateway}}
  template:
    metadata: {labels: {istio: ingressgateway}}
    spec: {serviceAccountName: ingress, containers: [{name: istio-proxy, image: auto}]}
---
apiVersion: v1
kind: Service
metadata: {name: ingress, namespace: istio-system}
spec: {type: LoadBalancer, selector: {istio: ingressgateway}, ports: [{name: http, port: 80, targetPort: 8080}, {name: https, port: 443, targetPort: 8443}]}
---
${shop}`;

export const gateway = (tls = 'mode: SIMPLE, credentialName: shop'): string => `apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {name: public, namespace: shop}
spec:
  selector: {istio: ingressgateway}
  servers: [{port: {number: 443, name: https, protocol: HTTPS}, hosts: ["*.example.com"], tls: {${tls}}}]
`;

export const routes = (http: string, hosts = 'shop.example.com', gateways = 'public'): string => `apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: web, namespace: shop}
spec: {hosts: [${hosts}], gateways: [${gateways}], http: [${http}]}
`;

/** One route, to a Service of the VirtualService's namespace or to a host. */
export const to = (name: string, match = '', more = ''): string => `{${match === '' ? '' : `match: [{${match}}], `}${more}route: [{destination: {host: ${name}}}]}`;

export const atEdge = (rules: string, action = 'DENY'): string => `apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: edge, namespace: istio-system}
spec: {selector: {matchLabels: {istio: ingressgateway}}, action: ${action}, rules: [${rules}]}
`;

export const files = (...objects: readonly string[]): Files => ({ 'edge.yaml': edge, 'shop.yaml': stream(...objects) });
