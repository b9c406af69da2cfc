import { describe, expect, test } from 'vitest';
import type { WorkloadSpec } from '#manifests/workload.ts';
import { decode, resource } from './support/read.ts';

const template =
  '{metadata: {labels: {app: web}, annotations: {"sidecar.istio.io/inject": "false"}}, spec: {serviceAccountName: front, hostNetwork: true, securityContext: {runAsUser: 1337}, volumes: [{name: a, hostPath: {path: /var/run}}], containers: [{name: web, image: shop, ports: [{containerPort: 8080, name: http}], env: [{name: A, value: b}, {name: S, valueFrom: {secretKeyRef: {name: s, key: k}}}], securityContext: {privileged: true, capabilities: {add: [NET_ADMIN]}}, readinessProbe: {httpGet: {port: http, path: /ready}}}], initContainers: [{name: istio-proxy, image: p, restartPolicy: Always}]}}';

function spec(kind: string, apiVersion: string, body: string): WorkloadSpec {
  const decoded = decode(`apiVersion: ${apiVersion}\nkind: ${kind}\nmetadata: {name: web, labels: {app: controller}}\n${body}\n`);
  const only = decoded.type === 'resources' ? decoded.resources[0] : undefined;
  if (only === undefined) throw new Error(decoded.type);
  expect(only.problems).toEqual([]);
  return only.spec as WorkloadSpec; // every kind asked here is a workload
}

describe('workloads', () => {
  test.each([
    ['Deployment', 'apps/v1', `spec: {template: ${template}}`],
    ['StatefulSet', 'apps/v1', `spec: {template: ${template}}`],
    ['DaemonSet', 'apps/v1', `spec: {template: ${template}}`],
    ['ReplicaSet', 'apps/v1', `spec: {template: ${template}}`],
    ['ReplicationController', 'v1', `spec: {template: ${template}}`],
    ['Job', 'batch/v1', `spec: {template: ${template}}`],
    ['CronJob', 'batch/v1', `spec: {schedule: "* * * * *", jobTemplate: {spec: {template: ${template}}}}`],
    ['Rollout', 'argoproj.io/v1alpha1', `spec: {template: ${template}}`],
    ['Service', 'serving.knative.dev/v1', `spec: {template: ${template}}`],
  ])('%s: the pod template counts, not the controller', (kind, apiVersion, body) => {
    const read = spec(kind, apiVersion, body);
    expect(read).toMatchObject({
      podLabels: { app: 'web' },
      podAnnotations: { 'sidecar.istio.io/inject': 'false' },
      serviceAccount: 'front',
      hostNetwork: true,
      hostPid: false,
      runAsUser: 1337,
      hostPaths: ['/var/run'],
      hasTemplate: true,
    });
    expect(read.containers[0]).toMatchObject({
      name: 'web',
      ports: [{ name: 'http', port: 8080, protocol: 'TCP', hostPort: undefined }],
      env: { A: 'b' },
      envFromElsewhere: ['S'],
      privileged: true,
      capabilitiesAdded: ['NET_ADMIN'],
      probes: [{ kind: 'readiness', type: 'http', port: 'http', path: '/ready' }],
    });
    expect(read.initContainers[0]?.restartPolicy).toBe('Always');
  });

  test('a Pod is its own template', () => {
    const pod = resource('Pod', 'apiVersion: v1\nkind: Pod\nmetadata: {name: web, labels: {app: web}}\nspec: {containers: [{name: a, image: b}]}\n');
    expect(pod.spec).toMatchObject({ podLabels: { app: 'web' }, serviceAccount: 'default', hostNetwork: false });
  });

  test('the old name of the account, and an empty one', () => {
    const account = (text: string): string => resource('Pod', `apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: ${text}\n`).spec.serviceAccount;
    expect(account('{serviceAccount: old}')).toBe('old');
    expect(account('{serviceAccountName: "", serviceAccount: ""}')).toBe('default');
  });

  test('without a template nothing is known of the pods', () => {
    expect(resource('Deployment', 'apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\nspec: {replicas: 2}\n').spec).toMatchObject({ hasTemplate: false, replicas: 2, containers: [] });
  });

  test('a wrong type in the template is refused by the API server', () => {
    const deployment = resource('Deployment', 'apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\nspec: {template: {spec: {containers: [{name: a, env: [{name: A, value: 1}], ports: [{containerPort: "80"}]}]}}}\n');
    expect(deployment.problems.map(({ kind, path }) => `${kind} ${path.join('.')}`)).toEqual([
      'schema spec.template.spec.containers.0.env.0.value',
      'schema spec.template.spec.containers.0.ports.0.containerPort',
    ]);
  });
});

describe('other kinds', () => {
  test('cluster network policies have one form', () => {
    const old = resource('AdminNetworkPolicy', 'apiVersion: policy.networking.k8s.io/v1alpha1\nkind: AdminNetworkPolicy\nmetadata: {name: a}\nspec: {priority: 5, subject: {namespaces: {}}, ingress: [{action: Allow, from: [{namespaces: {}}], ports: [{portNumber: {port: 80, protocol: TCP}}, {namedPort: http}]}]}\n');
    const next = resource('ClusterNetworkPolicy', 'apiVersion: policy.networking.k8s.io/v1alpha2\nkind: ClusterNetworkPolicy\nmetadata: {name: a}\nspec: {tier: Admin, priority: 5, subject: {namespaces: {}}, ingress: [{action: Accept, from: [{namespaces: {}}], protocols: [{tcp: {destinationPort: {number: 80}}}, {destinationNamedPort: http}]}]}\n');
    expect(old.problems).toEqual([]);
    expect(next.problems).toEqual([]);
    expect(old.spec).toEqual(next.spec);
    expect(next.spec.ingress[0]).toMatchObject({ action: 'Accept', ports: [{ type: 'range', protocol: 'TCP', start: 80, end: 80 }, { type: 'name', name: 'http' }] });
  });

  test('an EnvoyFilter tells what it touches, and equal content is equal text', () => {
    const filter = (value: string): string => `apiVersion: networking.istio.io/v1alpha3\nkind: EnvoyFilter\nmetadata: {name: a}\nspec: {configPatches: [{applyTo: HTTP_FILTER, match: {context: SIDECAR_INBOUND, listener: {filterChain: {filter: {name: hcm, subFilter: {name: envoy.filters.http.rbac}}}}}, patch: ${value}}]}\n`;
    const first = resource('EnvoyFilter', filter('{operation: REMOVE, value: {a: 1, b: 2}}')).spec;
    expect(first.patches).toEqual([{ applyTo: 'HTTP_FILTER', context: 'SIDECAR_INBOUND', operation: 'REMOVE', filters: ['hcm', 'envoy.filters.http.rbac'], listenerPort: undefined }]);
    expect(resource('EnvoyFilter', filter('{value: {b: 2, a: 1}, operation: REMOVE}')).spec.content).toBe(first.content);
  });

  test('roles and bindings', () => {
    expect(resource('Role', 'apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: {name: a}\nrules: [{apiGroups: [""], resources: [pods], verbs: [create]}]\n').spec.rules).toEqual([
      { apiGroups: [''], resources: ['pods'], resourceNames: [], nonResourceUrls: [], verbs: ['create'] },
    ]);
    expect(resource('RoleBinding', 'apiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\nmetadata: {name: a}\nroleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: a}\nsubjects: [{kind: ServiceAccount, name: b, namespace: c}]\n').spec).toEqual({
      role: { kind: 'Role', name: 'a' },
      subjects: [{ kind: 'ServiceAccount', name: 'b', namespace: 'c' }],
    });
  });

  test('an Ingress of a removed version is read with its old field names', () => {
    const ingress = resource('Ingress', 'apiVersion: networking.k8s.io/v1beta1\nkind: Ingress\nmetadata: {name: a}\nspec: {rules: [{host: shop.example, http: {paths: [{path: /, backend: {serviceName: web, servicePort: 80}}]}}]}\n');
    expect(ingress.spec.rules[0]?.paths[0]?.backend).toEqual({ service: 'web', port: 80 });
    expect(ingress.problems.map(({ kind }) => kind)).toEqual(['removed-version']);
  });
});
