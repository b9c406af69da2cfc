import { describe, expect, test } from 'vitest';
import { resource } from './support/read.ts';

/** An empty message is not "unset": what an omitted field means is what the proto's zero value means (M section 0). */
describe('zero values', () => {
  const networking = (kind: string, spec: string): string => `apiVersion: networking.istio.io/v1\nkind: ${kind}\nmetadata: {name: x}\nspec: ${spec}\n`;
  const security = (kind: string, spec: string): string => `apiVersion: security.istio.io/v1\nkind: ${kind}\nmetadata: {name: x}\nspec: ${spec}\n`;

  test('AuthorizationPolicy without action allows, and without rules has none', () => {
    expect(resource('AuthorizationPolicy', security('AuthorizationPolicy', '{}')).spec).toEqual({ selector: undefined, targetRefs: [], action: 'ALLOW', provider: undefined, rules: [] });
    expect(resource('AuthorizationPolicy', security('AuthorizationPolicy', '{rules: [{}]}')).spec.rules).toEqual([{ from: [], to: [], when: [] }]);
  });

  test('a singular targetRef counts where the list is empty', () => {
    const { targetRefs } = resource('AuthorizationPolicy', security('AuthorizationPolicy', '{targetRef: {kind: Service, name: a}}')).spec;
    expect(targetRefs).toEqual([{ group: '', kind: 'Service', name: 'a', namespace: undefined }]);
  });

  test('PeerAuthentication: an empty mtls inherits', () => {
    expect(resource('PeerAuthentication', security('PeerAuthentication', '{mtls: {}}')).spec.mode).toBe('UNSET');
    const { portLevelMtls } = resource('PeerAuthentication', security('PeerAuthentication', '{selector: {matchLabels: {a: b}}, portLevelMtls: {"8080": {mode: STRICT}, "9090": {}}}')).spec;
    expect([...portLevelMtls]).toEqual([[8080, 'STRICT'], [9090, 'UNSET']]);
  });

  test('an empty selector is there, an absent one is not', () => {
    expect(resource('PeerAuthentication', security('PeerAuthentication', '{selector: {}}')).spec.selector).toEqual({ matchLabels: {} });
    expect(resource('PeerAuthentication', security('PeerAuthentication', '{selector: {matchLabels: {}}}')).spec.selector).toEqual({ matchLabels: {} });
    expect(resource('PeerAuthentication', security('PeerAuthentication', '{}')).spec.selector).toBeUndefined();
  });

  test('DestinationRule: tls without mode is DISABLE, no tls is automatic', () => {
    expect(resource('DestinationRule', networking('DestinationRule', '{host: a, trafficPolicy: {tls: {sni: x}}}')).spec.trafficPolicy?.tls?.mode).toBe('DISABLE');
    expect(resource('DestinationRule', networking('DestinationRule', '{host: a, trafficPolicy: {loadBalancer: {simple: RANDOM}}}')).spec.trafficPolicy?.tls).toBeUndefined();
  });

  test('DestinationRule: a port entry without tls is there and has none', () => {
    const { trafficPolicy } = resource('DestinationRule', networking('DestinationRule', '{host: a, trafficPolicy: {tls: {mode: ISTIO_MUTUAL}, portLevelSettings: [{port: {number: 80}, connectionPool: {tcp: {maxConnections: 1}}}]}}')).spec;
    expect(trafficPolicy?.portLevelSettings).toEqual([{ port: 80, tls: undefined, loadBalancer: undefined, hasConnectionPool: true, hasOutlierDetection: false }]);
  });

  test('Gateway: tls without mode is PASSTHROUGH; no selector is every gateway', () => {
    const { spec } = resource('Gateway', networking('Gateway', '{servers: [{port: {number: 443, name: a, protocol: HTTPS}, hosts: [x], tls: {credentialName: c}}, {port: {number: 80, name: b, protocol: HTTP}, hosts: [x]}]}'));
    expect(spec.servers.map(({ tls }) => tls?.mode)).toEqual(['PASSTHROUGH', undefined]);
    expect(spec.servers[0]?.tls?.minProtocolVersion).toBe('TLS_AUTO');
    expect(spec.selector).toBeUndefined();
  });

  test('Sidecar: an empty outbound policy is REGISTRY_ONLY, an absent one the mesh’s', () => {
    expect(resource('Sidecar', networking('Sidecar', '{outboundTrafficPolicy: {}}')).spec.outboundTrafficPolicy?.mode).toBe('REGISTRY_ONLY');
    expect(resource('Sidecar', networking('Sidecar', '{egress: [{hosts: ["./*"]}]}')).spec.outboundTrafficPolicy).toBeUndefined();
    expect(resource('Sidecar', networking('Sidecar', '{ingress: [{port: {number: 80, protocol: HTTP}}]}')).spec.egress).toBeUndefined();
  });

  test('ServiceEntry: external, without resolution', () => {
    const { spec } = resource('ServiceEntry', networking('ServiceEntry', '{hosts: [a.example]}'));
    expect([spec.location, spec.resolution]).toEqual(['MESH_EXTERNAL', 'NONE']);
  });

  test('VirtualService: no gateways is the mesh', () => {
    const { spec } = resource('VirtualService', networking('VirtualService', '{hosts: [a], http: [{route: [{destination: {host: a}}]}]}'));
    expect(spec.gateways).toEqual(['mesh']);
    expect(spec.http[0]?.route).toEqual([{ host: 'a', subset: '', port: undefined, weight: 0 }]);
    expect(spec.http[0]?.match).toEqual([]);
  });

  test('WasmPlugin fails closed', () => {
    expect(resource('WasmPlugin', 'apiVersion: extensions.istio.io/v1alpha1\nkind: WasmPlugin\nmetadata: {name: x}\nspec: {url: oci://a}\n').spec.failStrategy).toBe('FAIL_CLOSE');
  });

  test('NetworkPolicy: Egress applies only where it has a rule (M137)', () => {
    const types = (spec: string): readonly string[] => resource('NetworkPolicy', `apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: x}\nspec: ${spec}\n`).spec.policyTypes;
    expect(types('{podSelector: {}}')).toEqual(['Ingress']);
    expect(types('{podSelector: {}, egress: []}')).toEqual(['Ingress']);
    expect(types('{podSelector: {}, egress: [{}]}')).toEqual(['Ingress', 'Egress']);
    expect(types('{podSelector: {}, policyTypes: [Egress]}')).toEqual(['Egress']);
  });

  test('Gateway API: routes of the same namespace, Terminate, weight 1, one rule where there is no list', () => {
    const gateway = resource('KubernetesGateway', 'apiVersion: gateway.networking.k8s.io/v1\nkind: Gateway\nmetadata: {name: x}\nspec: {gatewayClassName: istio, listeners: [{name: a, port: 443, protocol: HTTPS, tls: {certificateRefs: [{name: c}]}}]}\n');
    expect(gateway.spec.listeners[0]).toMatchObject({ allowedNamespaces: { from: 'Same' }, tls: { mode: 'Terminate', certificates: [{ kind: 'Secret', name: 'c', group: '', namespace: undefined }] } });
    expect(gateway.spec.allowedListeners).toEqual({ from: 'None' });
    const route = resource('HTTPRoute', 'apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {name: x}\nspec: {parentRefs: [{name: a}], rules: [{backendRefs: [{name: b, port: 80}], matches: [{}]}]}\n');
    expect(route.spec.rules[0]?.backends).toEqual([{ group: '', kind: 'Service', name: 'b', namespace: undefined, port: 80, weight: 1 }]);
    expect(route.spec.rules[0]?.matches[0]?.path).toEqual({ type: 'prefix', value: '/' });
    expect(route.spec.parents[0]).toMatchObject({ group: 'gateway.networking.k8s.io', kind: 'Gateway', name: 'a', sectionName: undefined });
    expect(resource('HTTPRoute', 'apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {name: x}\nspec: {parentRefs: [{name: a}]}\n').spec.rules).toHaveLength(1);
  });

  test('Service: ClusterIP, TCP, targetPort as port; an empty selector is none', () => {
    const { spec } = resource('Service', 'apiVersion: v1\nkind: Service\nmetadata: {name: x}\nspec: {selector: {}, ports: [{port: 80}]}\n');
    expect(spec).toMatchObject({ type: 'ClusterIP', selector: undefined, ports: [{ port: 80, targetPort: 80, protocol: 'TCP', name: '' }] });
  });
});
