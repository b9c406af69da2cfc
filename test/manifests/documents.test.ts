import { describe, expect, test } from 'vitest';
import { decodeDocument } from '#manifests/decode.ts';
import { accepted, kindName, resourceId, resourceKey, type AnyResource } from '#manifests/resource.ts';
import { registry } from '#manifests/registry.ts';
import { context, decode, resource, yaml } from './support/read.ts';

describe('what a document is', () => {
  test('an object of a known kind is read, whatever its version', () => {
    for (const version of ['v1', 'v1beta1']) expect(resource('AuthorizationPolicy', `apiVersion: security.istio.io/${version}\nkind: AuthorizationPolicy\nmetadata: {name: x}\n`).problems).toEqual([]);
    for (const version of ['v1', 'v1beta1', 'v1alpha3']) {
      expect(resource('DestinationRule', `apiVersion: networking.istio.io/${version}\nkind: DestinationRule\nmetadata: {name: x}\nspec: {host: a}\n`).problems).toEqual([]);
    }
  });

  test('a version that is no longer served is read and named', () => {
    const old = resource('Deployment', 'apiVersion: extensions/v1beta1\nkind: Deployment\nmetadata: {name: web}\nspec: {template: {metadata: {labels: {app: web}}, spec: {containers: []}}}\n');
    expect(old.spec.podLabels).toEqual({ app: 'web' });
    expect(old.problems).toEqual([{ kind: 'removed-version', path: ['apiVersion'], message: '`extensions/v1beta1` of Deployment is no longer served; use `apps/v1`', certain: true }]);
  });

  test('a version that nobody ever served is refused; what other projects serve is not known here', () => {
    const judged = (kind: 'PeerAuthentication' | 'Service' | 'Deployment' | 'HTTPRoute' | 'KnativeService' | 'Rollout' | 'ClusterNetworkPolicy', apiVersion: string): readonly unknown[] => {
      const found = resource(kind, `apiVersion: ${apiVersion}\nkind: ${kindName(kind)}\nmetadata: {name: x}\nspec: {template: {spec: {containers: []}}}\n`);
      return [...found.problems.flatMap((problem) => (problem.path[0] === 'apiVersion' ? [problem.kind, problem.certain] : [])), accepted(found)];
    };
    const refused = ['schema', true, false];
    for (const version of ['v1x', 'v2', 'v1beta2']) expect(judged('PeerAuthentication', `security.istio.io/${version}`).slice(0, 2)).toEqual(['schema', true]);
    expect(judged('Service', 'v2')).toEqual(refused);
    expect(judged('Deployment', 'extensions/v1')).toEqual(refused);
    expect(judged('Deployment', 'apps/v1beta1')).toEqual(['removed-version', true, true]);
    expect(judged('Service', 'v1beta3')).toEqual(['removed-version', true, true]);
    expect(judged('HTTPRoute', 'gateway.networking.k8s.io/v1alpha2').slice(0, 2)).toEqual(['removed-version', true]);
    expect(judged('KnativeService', 'serving.knative.dev/v2')).toEqual(['removed-version', false, true]);
    expect(judged('Rollout', 'argoproj.io/v1')).toEqual(['removed-version', false, true]);
    expect(judged('ClusterNetworkPolicy', 'policy.networking.k8s.io/v1beta1').slice(0, 2)).toEqual(['removed-version', false]);
    expect(resource('PeerAuthentication', 'apiVersion: security.istio.io/v1x\nkind: PeerAuthentication\nmetadata: {name: x}\n').problems[0]?.message).toBe(
      '`security.istio.io/v1x` is no version of PeerAuthentication that was ever served, so no cluster takes the object; use `security.istio.io/v1`',
    );
  });

  test('values files, Chart.yaml, kustomizations, empty documents and other kinds are ignored', () => {
    const because = (text: string): string => {
      const decoded = decode(text);
      return decoded.type === 'ignored' ? decoded.because : decoded.type;
    };
    expect(because('replicas: 2\nimage: shop\n')).toBe('not-a-manifest');
    expect(because('- a\n- b\n')).toBe('not-a-manifest');
    expect(because('just text\n')).toBe('not-a-manifest');
    expect(because('apiVersion: v2\nname: shop\nversion: 1.0.0\n')).toBe('kustomize-or-helm-input');
    expect(because('apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: []\n')).toBe('kustomize-or-helm-input');
    expect(because('apiVersion: example.com/v1\nkind: Shop\nmetadata: {name: x}\n')).toBe('unknown-kind');
    expect(decodeDocument(undefined, context)).toEqual({ type: 'ignored', because: 'not-a-manifest' });
  });

  test('two groups with one kind are told apart', () => {
    const istio = resource('Gateway', 'apiVersion: networking.istio.io/v1\nkind: Gateway\nmetadata: {name: edge}\nspec: {servers: [{port: {number: 80, name: http, protocol: HTTP}, hosts: ["*"]}]}\n');
    const kubernetes = resource('KubernetesGateway', 'apiVersion: gateway.networking.k8s.io/v1\nkind: Gateway\nmetadata: {name: edge}\nspec: {gatewayClassName: istio, listeners: []}\n');
    expect(resourceId(istio)).toBe('Gateway/shop/edge');
    expect(resourceId(kubernetes)).toBe('Gateway/shop/edge');
    expect(resourceKey(kubernetes)).toBe('KubernetesGateway/shop/edge');
    expect(kindName('KubernetesGateway')).toBe('Gateway');
  });

  test('the namespace is the manifest’s, else the unit’s, and none for cluster-scoped kinds', () => {
    const id = (text: string): string => {
      const decoded = decode(text);
      return decoded.type === 'resources' && decoded.resources[0] !== undefined ? resourceId(decoded.resources[0]) : decoded.type;
    };
    expect(id('apiVersion: v1\nkind: Service\nmetadata: {name: a, namespace: web}\n')).toBe('Service/web/a');
    expect(id('apiVersion: v1\nkind: Service\nmetadata: {name: a}\n')).toBe('Service/shop/a');
    expect(id('apiVersion: v1\nkind: Service\nmetadata: {name: a, namespace: ""}\n')).toBe('Service/shop/a');
    expect(id('apiVersion: v1\nkind: Namespace\nmetadata: {name: web, namespace: web}\n')).toBe('Namespace/web');
    expect(id('apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: r}\nrules: []\n')).toBe('ClusterRole/r');
  });

  test('a name that is no text, or none, is unreadable with path and remedy', () => {
    const unreadable = (text: string): unknown => {
      const decoded = decode(text);
      return decoded.type === 'unreadable' ? { path: decoded.path, reason: decoded.reason } : decoded.type;
    };
    expect(unreadable('apiVersion: v1\nkind: Service\nmetadata: {name: true}\n')).toEqual({ path: ['metadata', 'name'], reason: 'the name must be text, not `true`' });
    expect(unreadable('apiVersion: v1\nkind: Service\nmetadata: {}\n')).toEqual({ path: ['metadata', 'name'], reason: 'the object has no name' });
    expect(unreadable('apiVersion: v1\nkind: Service\n')).toEqual({ path: ['metadata'], reason: 'the object has no `metadata`' });
    expect(unreadable('apiVersion: v1\nkind: Service\nmetadata: {name: a, namespace: 7}\n')).toEqual({ path: ['metadata', 'namespace'], reason: 'the namespace must be text, not the number 7' });
    expect(unreadable('apiVersion: v1\nkind: 3\n')).toEqual({ path: ['kind'], reason: '`kind` must be text, not the number 3' });
    expect(unreadable('apiVersion: v1\nkind: Service\nmetadata: {generateName: a-}\n')).toBe('resources');
  });

  test('`istioctl` takes an IstioOperator without metadata', () => {
    expect(resource('IstioOperator', 'apiVersion: install.istio.io/v1alpha1\nkind: IstioOperator\nspec: {profile: ambient}\n')).toMatchObject({ name: 'installed-state', spec: { profile: 'ambient' } });
  });

  test('a label that is no text is a problem of the object, and its other labels stand', () => {
    const service = resource('Service', 'apiVersion: v1\nkind: Service\nmetadata: {name: a, labels: {tier: 1, app: web}}\n');
    expect(service.labels).toEqual({ app: 'web' });
    expect(service.problems).toEqual([{ kind: 'schema', path: ['metadata', 'labels', 'tier'], message: 'the value of `tier` must be text, not the number 1: put it in quotes', certain: true }]);
    expect(accepted(service)).toBe(false);
  });
});

describe('lists', () => {
  const items = '{apiVersion: v1, kind: Service, metadata: {name: a}}, {apiVersion: example.com/v1, kind: Shop, metadata: {name: b}}, {apiVersion: v1, kind: Service, metadata: {name: 1}}';
  const names = (resources: readonly AnyResource[]): readonly unknown[] => resources.map(({ name, origin }) => [name, origin.item]);

  test('each item is an object with its index; a broken one does not spoil the others', () => {
    const decoded = decode(`apiVersion: v1\nkind: List\nitems: [${items}, {apiVersion: v1, kind: Service, metadata: {name: d}}]\n`);
    if (decoded.type !== 'resources') throw new Error(decoded.type);
    expect(names(decoded.resources)).toEqual([['a', 0], ['d', 3]]);
    expect(decoded.ignored).toBe(1);
    expect(decoded.unreadable.map(({ path }) => path)).toEqual([['items', 2, 'metadata', 'name']]);
  });

  test('typed lists and lists in lists', () => {
    const decoded = decode('apiVersion: v1\nkind: List\nitems: [{apiVersion: v1, kind: List, items: [{apiVersion: v1, kind: Service, metadata: {name: a}}]}, {apiVersion: v1, kind: Service, metadata: {name: b}}]\n');
    if (decoded.type !== 'resources') throw new Error(decoded.type);
    expect(names(decoded.resources)).toEqual([['a', 0], ['b', 1]]);
    const typed = decode('apiVersion: security.istio.io/v1\nkind: AuthorizationPolicyList\nitems: [{apiVersion: security.istio.io/v1, kind: AuthorizationPolicy, metadata: {name: a}}]\n');
    expect(typed.type === 'resources' ? names(typed.resources) : typed.type).toEqual([['a', 0]]);
  });

  test('no items, wrong items, endless nesting', () => {
    expect(decode('apiVersion: v1\nkind: List\n')).toEqual({ type: 'resources', resources: [], ignored: 0, unreadable: [] });
    expect(decode('apiVersion: v1\nkind: List\nitems: a\n').type).toBe('unreadable');
    let nested: unknown = { apiVersion: 'v1', kind: 'List', items: [] };
    for (let depth = 0; depth < 5000; depth += 1) nested = { apiVersion: 'v1', kind: 'List', items: [nested] };
    const decoded = decodeDocument(nested, context);
    expect(decoded.type === 'resources' ? decoded.unreadable.map(({ reason }) => reason) : decoded.type).toEqual(['lists are nested too deeply']);
  });
});

test('the content of secrets is never kept', () => {
  const secrets = [
    'apiVersion: v1\nkind: Secret\nmetadata: {name: a}\nstringData: {password: hunter2}\ndata: {token: aHVudGVyMg==}\n',
    'apiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\nmetadata: {name: a}\nspec: {encryptedData: {password: hunter2}}\n',
    'apiVersion: external-secrets.io/v1\nkind: ExternalSecret\nmetadata: {name: a}\nspec: {data: [{secretKey: hunter2}]}\n',
  ].map(decode);
  for (const decoded of secrets) {
    expect(decoded.type).toBe('resources');
    expect(JSON.stringify(decoded)).not.toMatch(/hunter2|aHVudGVyMg/);
  }
  expect(resource('Secret', 'apiVersion: v1\nkind: Secret\nmetadata: {name: a}\nstringData: {password: hunter2}\ndata: {token: aHVudGVyMg==}\n').spec.keys).toEqual(['token', 'password']);
});

test('a wrong value in a secret is described without the value', () => {
  const decoded = decode('apiVersion: v1\nkind: Secret\nmetadata: {name: a}\nstringData: {pin: 4711}\n');
  expect(decoded.type).toBe('resources');
  expect(JSON.stringify(decoded)).not.toContain('4711');
});

test('each kind of the registry is found under its group and name', () => {
  for (const entry of Object.values(registry)) {
    const decoded = decodeDocument({ apiVersion: entry.group === '' ? entry.served[0] : `${entry.group}/${entry.served[0] ?? ''}`, kind: entry.name, metadata: { name: 'x' } }, context);
    expect(decoded.type === 'resources' ? decoded.resources.map(({ kind }) => kind) : decoded).toEqual([entry.kind]);
  }
});

test('a constraint of Gatekeeper is of any kind', () => {
  const constraint = resource('GatekeeperConstraint', 'apiVersion: constraints.gatekeeper.sh/v1beta1\nkind: K8sRequiredLabels\nmetadata: {name: x}\nspec: {match: {}}\n');
  expect(constraint.spec.kind).toBe('K8sRequiredLabels');
  expect(yaml('a: 1')).toEqual({ a: 1 });
});
