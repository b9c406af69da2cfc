/** Short manifests of one small shop, as text. */
export interface Names {
  readonly name: string;
  readonly namespace?: string;
}

function metadata({ name, namespace }: Names, more: readonly string[] = []): string {
  return ['metadata:', `  name: ${name}`, ...(namespace === undefined ? [] : [`  namespace: ${namespace}`]), ...more].join('\n');
}

export function policy(names: Names, principal: string): string {
  return `apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
${metadata(names)}
spec:
  action: ALLOW
  rules:
    - from:
        - source:
            principals: ["${principal}"]
`;
}

export function mtls(names: Names, mode: string): string {
  return `apiVersion: security.istio.io/v1
kind: PeerAuthentication
${metadata(names)}
spec:
  mtls:
    mode: ${mode}
`;
}

export function deployment(names: Names, labels: Readonly<Record<string, string>>): string {
  const written = Object.entries(labels).map(([key, value]) => `${key}: ${value}`);
  return `apiVersion: apps/v1
kind: Deployment
${metadata(names)}
spec:
  selector:
    matchLabels: {${written.join(', ')}}
  template:
    metadata:
      labels: {${written.join(', ')}}
    spec:
      containers:
        - name: main
          image: registry.example/shop:1
`;
}

export function service(names: Names, selector: Readonly<Record<string, string>>): string {
  return `apiVersion: v1
kind: Service
${metadata(names)}
spec:
  selector: {${Object.entries(selector).map(([key, value]) => `${key}: ${value}`).join(', ')}}
  ports:
    - {name: http, port: 80}
`;
}

export function namespace(name: string, labels: Readonly<Record<string, string>> = {}): string {
  return `apiVersion: v1
kind: Namespace
metadata:
  name: ${name}
  labels: {${Object.entries(labels).map(([key, value]) => `${key}: ${value}`).join(', ')}}
`;
}
