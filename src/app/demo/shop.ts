/**
 * The embedded example: one small shop on a mesh, and a pull request that looks like housekeeping. It relaxes mutual TLS for one
 * namespace, splits one rule in two by a stray dash, reorders a policy, and denies a path that the storefront needs.
 */

const namespaces = `apiVersion: v1
kind: Namespace
metadata:
  name: istio-system
---
apiVersion: v1
kind: Namespace
metadata:
  name: web
  labels:
    istio-injection: enabled
---
apiVersion: v1
kind: Namespace
metadata:
  name: shop
  labels:
    istio-injection: enabled
---
apiVersion: v1
kind: Namespace
metadata:
  name: payments
  labels:
    istio-injection: enabled
`;

function workload(namespace: string, name: string, port: number): string {
  return `apiVersion: v1
kind: ServiceAccount
metadata:
  name: ${name}
  namespace: ${namespace}
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: ${name}
  namespace: ${namespace}
spec:
  selector:
    matchLabels:
      app: ${name}
  template:
    metadata:
      labels:
        app: ${name}
    spec:
      serviceAccountName: ${name}
      containers:
        - name: ${name}
          image: registry.example/${namespace}/${name}:1.4.2
          ports:
            - name: http
              containerPort: ${String(port)}
---
apiVersion: v1
kind: Service
metadata:
  name: ${name}
  namespace: ${namespace}
spec:
  selector:
    app: ${name}
  ports:
    - name: http
      port: 80
      targetPort: ${String(port)}
`;
}

const meshPolicies = `apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata:
  name: default
  namespace: istio-system
spec:
  mtls:
    mode: STRICT
`;

const paymentsTls = (mode: string): string => `apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata:
  name: default
  namespace: payments
spec:
  mtls:
    mode: ${mode}
`;

const paymentsPolicy = `apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata:
  name: ledger-callers
  namespace: payments
spec:
  selector:
    matchLabels:
      app: ledger
  action: DENY
  rules:
    - from:
        - source:
            notNamespaces: ["payments", "shop"]
      to:
        - operation:
            paths: ["/admin*"]
`;

const ordersBase = `apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata:
  name: orders-callers
  namespace: shop
spec:
  selector:
    matchLabels:
      app: orders
  rules:
    - from:
        - source:
            principals: ["cluster.local/ns/shop/sa/checkout"]
      to:
        - operation:
            methods: ["GET", "POST"]
            paths: ["/orders*"]
`;

// One dash more: two rules, either of which is enough.
const ordersHead = ordersBase.replace('      to:\n', '    - to:\n');

const catalogueBase = `apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata:
  name: catalogue-callers
  namespace: shop
spec:
  selector:
    matchLabels:
      app: catalogue
  rules:
    - from:
        - source:
            principals: ["cluster.local/ns/web/sa/storefront"]
    - from:
        - source:
            namespaces: ["shop"]
      to:
        - operation:
            methods: ["GET"]
`;

const catalogueHead = `apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata:
  namespace: shop
  name: catalogue-callers
spec:
  selector: {matchLabels: {app: catalogue}}
  action: ALLOW
  rules:
    - to:
        - operation: {methods: [GET]}
      from:
        - source: {namespaces: [shop]}
    - from:
        - source: {principals: [cluster.local/ns/web/sa/storefront]}
`;

const checkoutBase = `apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata:
  name: checkout-callers
  namespace: shop
spec:
  selector:
    matchLabels:
      app: checkout
  rules:
    - from:
        - source:
            principals: ["cluster.local/ns/web/sa/storefront"]
      to:
        - operation:
            methods: ["POST"]
            paths: ["/checkout"]
`;

const checkoutHead = `${checkoutBase}---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata:
  name: checkout-deny-web
  namespace: shop
spec:
  selector:
    matchLabels:
      app: checkout
  action: DENY
  rules:
    - from:
        - source:
            namespaces: ["web"]
`;

const common = {
  'mesh/namespaces.yaml': namespaces,
  'mesh/peer-authentication.yaml': meshPolicies,
  'web/storefront.yaml': workload('web', 'storefront', 8080),
  'shop/catalogue.yaml': workload('shop', 'catalogue', 8080),
  'shop/checkout.yaml': workload('shop', 'checkout', 8080),
  'shop/orders.yaml': workload('shop', 'orders', 8080),
  'payments/ledger.yaml': workload('payments', 'ledger', 9080),
  'payments/ledger-policy.yaml': paymentsPolicy,
};

export const shopBase: Readonly<Record<string, string>> = {
  ...common,
  'payments/peer-authentication.yaml': paymentsTls('STRICT'),
  'shop/orders-policy.yaml': ordersBase,
  'shop/catalogue-policy.yaml': catalogueBase,
  'shop/checkout-policy.yaml': checkoutBase,
};

export const shopHead: Readonly<Record<string, string>> = {
  ...common,
  'payments/peer-authentication.yaml': paymentsTls('PERMISSIVE'),
  'shop/orders-policy.yaml': ordersHead,
  'shop/catalogue-policy.yaml': catalogueHead,
  'shop/checkout-policy.yaml': checkoutHead,
};
