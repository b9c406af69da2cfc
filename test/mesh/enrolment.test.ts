import { describe, expect, test } from 'vitest';
import { buildMesh } from '../../src/mesh/build.ts';
import { enrolmentKnowledge } from '../../src/mesh/enrolment.ts';
import type { Enrolment } from '../../src/mesh/model.ts';
import { deployment, meshOf, namespace, objects, policy } from './support.ts';

const modeIn = (world: 'closed' | 'open', ...documents: readonly string[]): Enrolment['mode'] | undefined => meshOf({ world }, ...documents).workloads.get('shop/shop')?.enrolment.mode;

describe('in a whole cluster (M55 to M65)', () => {
  const cases: readonly (readonly [string, string, string, string, Enrolment['mode']])[] = [
    ['a labelled namespace', 'istio-injection: enabled', '', '', 'sidecar'],
    ['a pod that opts out by label', 'istio-injection: enabled', 'sidecar.istio.io/inject: "false"', '', 'none'],
    ['a pod that opts out by annotation', 'istio-injection: enabled', '', 'sidecar.istio.io/inject: "false"', 'none'],
    ['a pod that asks in an unlabelled namespace', '', 'sidecar.istio.io/inject: "true"', '', 'sidecar'],
    ['an annotation cannot ask', '', '', 'sidecar.istio.io/inject: "true"', 'none'],
    ['istio-injection with another value blocks every hook', 'istio-injection: "true"', 'sidecar.istio.io/inject: "true"', '', 'none'],
    ['a revision that exists', 'istio.io/rev: default', '', '', 'sidecar'],
    ['a revision that does not', 'istio.io/rev: canary', '', '', 'none'],
    ['an ambient namespace', 'istio.io/dataplane-mode: ambient', '', '', 'ambient'],
    ['a pod that opts out of ambient', 'istio.io/dataplane-mode: ambient', 'istio.io/dataplane-mode: none', '', 'none'],
    ['another value on the pod does not opt out', 'istio.io/dataplane-mode: ambient', 'istio.io/dataplane-mode: sidecar', '', 'ambient'],
    ['a pod that opts into ambient', '', 'istio.io/dataplane-mode: ambient', '', 'ambient'],
    ['sidecar wins over ambient', 'istio-injection: enabled, istio.io/dataplane-mode: ambient', '', '', 'sidecar'],
    ['a gateway template', 'istio-injection: enabled', '', 'inject.istio.io/templates: gateway', 'gateway'],
    ['no label at all', '', '', '', 'none'],
  ];
  test.each(cases)('%s', (_, namespaceLabels, podLabels, annotations, mode) => {
    expect(modeIn('closed', namespace('shop', namespaceLabels), deployment('shop/shop', podLabels, annotations))).toBe(mode);
  });

  test('a pod on the host network is never in the mesh', () => {
    expect(modeIn('closed', namespace('shop', 'istio-injection: enabled'), deployment('shop/shop', '', '', 'hostNetwork: true'))).toBe('none');
  });

  test('an installation with a revision answers its name and its tags only (M57, M60)', () => {
    const install = '{apiVersion: install.istio.io/v1alpha1, kind: IstioOperator, metadata: {name: i, namespace: istio-system}, spec: {revision: v2, values: {revisionTags: [stable]}}}';
    expect(modeIn('closed', install, namespace('shop', 'istio-injection: enabled'), deployment('shop/shop'))).toBe('none');
    expect(modeIn('closed', install, namespace('shop', 'istio.io/rev: stable'), deployment('shop/shop'))).toBe('sidecar');
    expect(modeIn('closed', install, namespace('shop', 'istio.io/rev: default'), deployment('shop/shop'))).toBe('none');
  });
});

describe('in a repository that does not tell (R23, R24)', () => {
  const strict = policy('PeerAuthentication', 'shop/x', 'mtls: {mode: STRICT}');

  test('no Namespace object: unknown', () => {
    const mesh = meshOf({}, deployment('shop/shop'));
    expect(mesh.workloads.get('shop/shop')?.enrolment).toEqual({ mode: 'unknown', assumption: 'enrolment:shop', inWorld: 'sidecar' });
    expect(mesh.assumptions.map((assumption) => assumption.id)).toEqual(['enrolment:shop', 'mesh-config']);
  });

  test('an unlabelled Namespace object: known to be outside, unless policies live there', () => {
    expect(modeIn('open', namespace('shop'), deployment('shop/shop'))).toBe('none');
    expect(modeIn('open', namespace('shop'), deployment('shop/shop'), strict)).toBe('unknown');
  });

  test('a proxy that its own arguments make a router is a gateway by any name, though nothing is injected (M61)', () => {
    const own = (args: string, image = 'istio/proxyv2'): string => deployment('shop/shop', 'istio: cluster-local-gateway, sidecar.istio.io/inject: "false"').replace('{name: main, image: example/app', `{name: istio-proxy, image: ${image}, args: [${args}]`);
    expect(modeIn('open', own('proxy, router'))).toBe('gateway');
    expect(modeIn('open', own('proxy, sidecar'))).toBe('none');
    expect(modeIn('open', own('proxy, router', 'auto'))).toBe('none');
  });

  test('a pod that asks for the template of gateways is one; another template tells nothing, and an opt-out still decides (M61)', () => {
    expect(modeIn('open', deployment('shop/shop', '', 'inject.istio.io/templates: gateway'))).toBe('gateway');
    expect(modeIn('open', deployment('shop/shop', '', 'inject.istio.io/templates: grpc-agent'))).toBe('unknown');
    expect(modeIn('open', deployment('shop/shop', 'sidecar.istio.io/inject: "false"', 'inject.istio.io/templates: gateway'))).toBe('none');
  });

  test('a pod label decides', () => {
    expect(modeIn('open', deployment('shop/shop', 'sidecar.istio.io/inject: "false"'))).toBe('none');
    expect(modeIn('open', deployment('shop/shop', 'sidecar.istio.io/inject: "true"'))).toBe('sidecar');
  });

  test('any revision may exist where no installation is in sight', () => {
    expect(modeIn('open', namespace('shop', 'istio.io/rev: canary'), deployment('shop/shop'))).toBe('sidecar');
  });

  test('a label removed on one side is known there: not in the mesh', () => {
    const base = objects(namespace('shop', 'istio-injection: enabled'), deployment('shop/shop'), strict);
    const head = objects(namespace('shop'), deployment('shop/shop'), strict);
    const knowledge = enrolmentKnowledge('istio-system', base, head);
    expect(buildMesh(base, { knowledge }).workloads.get('shop/shop')?.enrolment.mode).toBe('sidecar');
    expect(buildMesh(head, { knowledge }).workloads.get('shop/shop')?.enrolment.mode).toBe('none');
  });

  test('a Namespace object of one side speaks for both', () => {
    const base = objects(deployment('shop/shop'));
    const head = objects(namespace('shop', 'istio-injection: enabled'), deployment('shop/shop'));
    const knowledge = enrolmentKnowledge('istio-system', base, head);
    expect(buildMesh(base, { knowledge }).workloads.get('shop/shop')?.enrolment.mode).toBe('sidecar');
  });

  test('waypoints or targetRefs make the unknown world ambient', () => {
    const byService = policy('AuthorizationPolicy', 'shop/a', 'targetRefs: [{kind: Service, group: "", name: shop}]');
    expect(meshOf({}, deployment('shop/shop'), byService).workloads.get('shop/shop')?.enrolment).toMatchObject({ inWorld: 'ambient' });
  });

  test('the configuration states what no manifest says', () => {
    expect(meshOf({ stated: { enrolment: { shop: 'ambient' } } }, deployment('shop/shop')).workloads.get('shop/shop')?.enrolment.mode).toBe('ambient');
    expect(meshOf({ stated: { enrolment: { '*': 'none' } } }, deployment('shop/shop')).workloads.get('shop/shop')?.enrolment.mode).toBe('none');
  });
});

describe('ports that do not go through the proxy (M69, M70)', () => {
  const ports = (annotations: string) => {
    const workload = meshOf({ world: 'closed' }, namespace('shop', 'istio-injection: enabled'), deployment('shop/shop', '', annotations)).workloads.get('shop/shop');
    return { others: workload?.otherPortsCaptured, open: workload?.ports.filter((port) => !port.captured).map((port) => port.port), closed: workload?.ports.filter((port) => port.captured).map((port) => port.port) };
  };
  test.each([
    ['', { others: true, open: [], closed: [] }],
    ['traffic.sidecar.istio.io/excludeInboundPorts: "9090"', { others: true, open: [9090], closed: [] }],
    ['traffic.sidecar.istio.io/includeInboundPorts: "8080"', { others: false, open: [], closed: [8080] }],
    ['traffic.sidecar.istio.io/includeInboundPorts: ""', { others: false, open: [], closed: [] }],
    ['sidecar.istio.io/interceptionMode: NONE', { others: false, open: [], closed: [] }],
  ])('%s', (annotations, expected) => {
    expect(ports(annotations)).toEqual(expected);
  });
});
