/** What one environment may take over from another: for each input of a comparison a difference that is far from it, and one that is not. */
import { describe, expect, test } from 'vitest';
import { loaded } from '../support/random-mesh/environments.ts';
import { comparedBothWays } from '../support/kinship.ts';
import { stream } from '../support/tree.ts';

const namespace = (labels = '{istio-injection: enabled}'): string => `apiVersion: v1\nkind: Namespace\nmetadata: {name: shop, labels: ${labels}}`;

const deployment = (name: string, { image = 'x:1', replicas = 1, port = 8080, labels = '', account = name, annotations = '{}', place = 'shop' } = {}): string => `apiVersion: apps/v1
kind: Deployment
metadata: {name: ${name}, namespace: ${place}}
spec:
  replicas: ${String(replicas)}
  selector: {matchLabels: {app: ${name}}}
  template:
    metadata: {labels: {app: ${name}${labels}}, annotations: ${annotations}}
    spec: {serviceAccountName: ${account}, containers: [{name: main, image: "${image}", ports: [{containerPort: ${String(port)}}]}]}`;

const service = (name: string, portName = 'http'): string => `apiVersion: v1\nkind: Service\nmetadata: {name: ${name}, namespace: shop}\nspec: {selector: {app: ${name}}, ports: [{name: ${portName}, port: 80, targetPort: 8080}]}`;

const allow = (name: string, principal: string, { place = 'shop', selector = `selector: {matchLabels: {app: ${name}}}` } = {}): string => `apiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nmetadata: {name: ${name}, namespace: ${place}}\nspec:\n  ${selector}\n  rules: [{from: [{source: {principals: ["cluster.local/ns/shop/sa/${principal}"]}}]}]`;

const deny = (name: string, spec: string, place = 'shop'): string => `apiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nmetadata: {name: ${name}, namespace: ${place}}\nspec: {action: DENY, ${spec}rules: [{to: [{operation: {paths: ["/own"]}}]}]}`;

const object = (apiVersion: string, kind: string, name: string, rest: string): string => `apiVersion: ${apiVersion}\nkind: ${kind}\nmetadata: {name: ${name}, namespace: shop}\n${rest}`;

const networking = 'networking.istio.io/v1';

const cluster = (apiVersion: string, kind: string, rest: string): string => `apiVersion: ${apiVersion}\nkind: ${kind}\nmetadata: {name: own}\n${rest}`;

/** One of each kind that findings and ratings read, and no comparison of two sides. */
const silent: readonly string[] = [
  object('v1', 'ServiceAccount', 'own', 'automountServiceAccountToken: false'),
  object('v1', 'Secret', 'own', 'stringData: {a: b}'),
  object('bitnami.com/v1alpha1', 'SealedSecret', 'own', 'spec: {encryptedData: {a: b}}'),
  object('external-secrets.io/v1', 'ExternalSecret', 'own', 'spec: {target: {name: own}}'),
  object('telemetry.istio.io/v1', 'Telemetry', 'own', 'spec: {accessLogging: [{disabled: true}]}'),
  object('rbac.authorization.k8s.io/v1', 'Role', 'own', 'rules: []'),
  object('rbac.authorization.k8s.io/v1', 'RoleBinding', 'own', 'roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: own}\nsubjects: []'),
  cluster('rbac.authorization.k8s.io/v1', 'ClusterRole', 'rules: []'),
  cluster('rbac.authorization.k8s.io/v1', 'ClusterRoleBinding', 'roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: own}\nsubjects: []'),
  cluster('admissionregistration.k8s.io/v1', 'ValidatingWebhookConfiguration', 'webhooks: []'),
  cluster('admissionregistration.k8s.io/v1', 'ValidatingAdmissionPolicy', 'spec: {failurePolicy: Fail, validations: [{expression: "true"}]}'),
  cluster('admissionregistration.k8s.io/v1', 'ValidatingAdmissionPolicyBinding', 'spec: {policyName: own, validationActions: [Deny]}'),
  cluster('kyverno.io/v1', 'ClusterPolicy', 'spec: {rules: []}'),
  object('kyverno.io/v1', 'Policy', 'own', 'spec: {rules: []}'),
  cluster('templates.gatekeeper.sh/v1', 'ConstraintTemplate', 'spec: {crd: {spec: {names: {kind: Own}}}}'),
  cluster('constraints.gatekeeper.sh/v1beta1', 'Own', 'spec: {}'),
];

const shared = [namespace(), deployment('web'), deployment('db'), service('web'), service('db'), allow('web', 'db'), allow('db', 'old')];

/** The other environment has the given objects, by name instead of the shared ones, on both sides; the pull request lets `web` reach `db` in both. */
function compared(own: readonly string[], base: readonly string[] = shared): ReturnType<typeof comparedBothWays> {
  const name = (text: string): string => /^kind: .*\nmetadata: \{name: [^,]*, namespace: [^},]*|^kind: Namespace/mu.exec(text)?.[0] ?? text;
  const names = own.map(name);
  const objects = [...base.filter((text) => !names.includes(name(text))), ...own];
  const changed = (texts: readonly string[]): string => stream(...texts.map((text) => text.replace('sa/old', 'sa/web')));
  return comparedBothWays(loaded({ 'clusters/e0/all.yaml': stream(...base), 'clusters/e1/all.yaml': stream(...objects) }, { 'clusters/e0/all.yaml': changed(base), 'clusters/e1/all.yaml': changed(objects) }, 2));
}

function takes(what: string, own: readonly string[], expected: readonly string[] | undefined, base: readonly string[] = shared): void {
  test(what, () => {
    const { together, apart, taken } = compared(own, base);
    expect(apart.length).toBeGreaterThan(0);
    expect(together).toEqual(apart);
    expect(taken.get('e1')).toEqual(expected);
  });
}

const everywhere = ['shop/db', 'shop/web'];

describe('everything is taken over where', () => {
  takes('nothing differs but the file', [`${namespace()}\n# of its own`], everywhere);
  takes('the order in which the objects are written differs', [deployment('web'), namespace()], everywhere);
  takes('an image and the number of pods differ', [deployment('db', { image: 'x:2', replicas: 3 })], everywhere);
  takes('an account, a Secret, a role and a ConfigMap that says nothing of the mesh differ', [object('v1', 'ServiceAccount', 'db', 'automountServiceAccountToken: false'), object('v1', 'Secret', 's', 'stringData: {a: b}'), object('rbac.authorization.k8s.io/v1', 'Role', 'r', 'rules: []'), object('v1', 'ConfigMap', 'c', 'data: {a: b}')], everywhere);
  takes('there are objects that no comparison asks about', silent, everywhere);
  takes('clients are in ambient and no policy differs', [deployment('db', { image: 'x:2' })], everywhere, [namespace('{istio.io/dataplane-mode: ambient}'), ...shared.slice(1)]);
  takes('a policy differs in a namespace of its own', [deny('own', '', 'other')], everywhere, [...shared, namespace().replace('shop', 'other'), deny('own', 'selector: {matchLabels: {app: x}}, ', 'other')]);
});

describe('a destination is compared anew where', () => {
  takes('a policy of its own differs', [deny('own', 'selector: {matchLabels: {app: db}}, ')], ['shop/web']);
  takes('a policy of another workload differs: not there', [allow('web', 'own')], ['shop/db']);
  takes('the mode of its port differs', [object('security.istio.io/v1', 'PeerAuthentication', 'db', 'spec: {selector: {matchLabels: {app: db}}, mtls: {mode: STRICT}}')], ['shop/web']);
  takes('its token rules differ', [object('security.istio.io/v1', 'RequestAuthentication', 'db', 'spec: {selector: {matchLabels: {app: db}}, jwtRules: [{issuer: own, jwksUri: "https://own.example/keys"}]}')], ['shop/web']);
  takes('a policy of the whole namespace differs', [deny('own', '')], []);
  takes('a policy of the root namespace differs', [deny('own', '', 'istio-system')], [], [...shared, deny('own', 'selector: {matchLabels: {app: x}}, ', 'istio-system')]);
  takes('routes of a gateway differ', [object(networking, 'VirtualService', 'own', 'spec: {hosts: ["own.example"], gateways: [front], http: [{route: [{destination: {host: web}}]}]}')], ['shop/db', 'shop/web'], [...shared, deployment('istio-ingressgateway', { labels: ', istio: ingressgateway', annotations: '{inject.istio.io/templates: gateway}', place: 'edge' }), namespace().replace('shop', 'edge')]);
  takes('routes differ and it is a gateway', [object(networking, 'Gateway', 'front', 'spec: {selector: {istio: ingressgateway}, servers: [{hosts: ["own.example"], port: {number: 80, name: http, protocol: HTTP}}]}')], ['shop/db', 'shop/web'], [...shared, deployment('istio-ingressgateway', { labels: ', istio: ingressgateway', annotations: '{inject.istio.io/templates: gateway}', place: 'edge' }), namespace().replace('shop', 'edge')]);
});

describe('nothing is taken over where', () => {
  takes('a port differs', [deployment('web', { port: 9090 })], undefined);
  takes('labels of pods differ', [deployment('web', { labels: ', tier: own' })], undefined);
  takes('an account that workloads use differs', [deployment('web', { account: 'own' })], undefined);
  takes('an annotation of pods differs', [deployment('web', { annotations: '{traffic.sidecar.istio.io/excludeInboundPorts: "9090"}' })], undefined);
  takes('an image is the proxy that the injector sets', [deployment('web', { image: 'auto' })], undefined);
  takes('a workload is its own', [deployment('own')], undefined);
  takes('a Service differs', [service('web', 'tcp')], undefined);
  takes('labels of the namespace differ', [namespace('{}')], undefined);
  takes('the mesh configuration differs', [`apiVersion: v1\nkind: ConfigMap\nmetadata: {name: istio, namespace: istio-system}\ndata: {mesh: "trustDomain: own.example"}`], undefined);
  takes('a NetworkPolicy is its own', [object('networking.k8s.io/v1', 'NetworkPolicy', 'own', 'spec: {podSelector: {matchLabels: {app: web}}, policyTypes: [Ingress]}')], undefined);
  takes('a DestinationRule is its own', [object(networking, 'DestinationRule', 'own', 'spec: {host: db, trafficPolicy: {tls: {mode: DISABLE}}}')], undefined);
  takes('a ServiceEntry is its own', [object(networking, 'ServiceEntry', 'own', 'spec: {hosts: [own.example], ports: [{number: 80, name: http, protocol: HTTP}], resolution: DNS}')], undefined);
  takes('a Sidecar is its own', [object(networking, 'Sidecar', 'own', 'spec: {egress: [{hosts: ["./*"]}]}')], undefined);
  takes('an EnvoyFilter is its own', [object('networking.istio.io/v1alpha3', 'EnvoyFilter', 'own', 'spec: {configPatches: [{applyTo: HTTP_FILTER, match: {context: SIDECAR_INBOUND}, patch: {operation: MERGE, value: {name: x}}}]}')], undefined);
  takes('a policy stands at a Service, of which several pods may be behind one waypoint', [deny('own', 'targetRefs: [{kind: Service, group: "", name: web}], ')], undefined);
  takes('one of several policies stands at a Service', [deny('own', 'targetRefs: [{kind: Service, group: "", name: web}], '), deny('more', 'selector: {matchLabels: {app: db}}, ')], undefined);
  takes('a policy is the first of a namespace that nothing declares', [deny('own', '', 'other')], undefined);
  takes('policies stand in other namespaces that nothing declares', [deny('own', '', 'other')], undefined, [...shared, deny('theirs', '', 'third')]);
  takes('a policy is the first of a declared namespace without labels of a mesh', [deny('own', '', 'other')], undefined, [...shared, 'apiVersion: v1\nkind: Namespace\nmetadata: {name: other}']);
  takes('a policy stands at something other than workloads', [deny('own', 'targetRefs: [{kind: Service, group: "", name: web}], ')], undefined, [namespace('{istio.io/dataplane-mode: ambient}'), ...shared.slice(1)]);
  takes('a policy differs where clients are in ambient', [allow('web', 'own')], undefined, [namespace('{istio.io/dataplane-mode: ambient}'), ...shared.slice(1)]);
});
