/** Which answers about one environment's side hold for another's: by what was asked, for each part of a side. */
import { describe, expect, test } from 'vitest';
import { Citations } from '#app/cite.ts';
import { compareEnvironments } from '#app/compare-environments.ts';
import { defaultConfig } from '#app/config.ts';
import { limitsOf } from '#app/review.ts';
import type { SideFacts } from '#findings/facts.ts';
import { environmentFacts } from '#findings/run.ts';
import { loaded } from '../support/random-mesh/environments.ts';
import { stream } from '../support/tree.ts';

const object = (apiVersion: string, kind: string, name: string, rest: string): string => `apiVersion: ${apiVersion}\nkind: ${kind}\nmetadata: {name: ${name}, namespace: shop}\n${rest}`;
const policy = (path: string): string => object('security.istio.io/v1', 'AuthorizationPolicy', 'web', `spec: {rules: [{to: [{operation: {paths: [${path}]}}]}]}`);
const deployment = (image: string, port = 8080): string => object('apps/v1', 'Deployment', 'web', `spec: {selector: {matchLabels: {app: web}}, template: {metadata: {labels: {app: web}}, spec: {containers: [{name: main, image: "${image}", ports: [{containerPort: ${String(port)}}]}]}}}`);
const shared = [policy('/a'), deployment('x:1'), object('v1', 'Service', 'web', 'spec: {selector: {app: web}, ports: [{name: http, port: 80}]}')];

/** Whether the second environment takes over what `ask` asks of the head, where the given objects are its own. */
function recalled(own: readonly string[], ask: (side: SideFacts) => unknown): boolean {
  const name = (text: string): string => text.split('\n').slice(1, 3).join(' ');
  const objects = [...shared.filter((text) => !own.map(name).includes(name(text))), ...own];
  const files = { 'clusters/e0/all.yaml': stream(...shared), 'clusters/e1/all.yaml': stream(...objects) };
  const changed = { 'clusters/e0/all.yaml': `${stream(...shared)}---\n${policy('/b').replace('name: web', 'name: new')}`, 'clusters/e1/all.yaml': `${stream(...objects)}---\n${policy('/b').replace('name: web', 'name: new')}` };
  const { pair, environments } = loaded(files, changed, 2);
  const inputs = compareEnvironments(environments, undefined, limitsOf(defaultConfig), new Citations(pair)).environments.map(({ loaded: { id, base, head }, base: before, head: after }) => ({ id, base: { mesh: before, all: base.all }, head: { mesh: after, all: head.all } }));
  const [first, second] = environmentFacts({ environments: inputs });
  if (first === undefined || second === undefined) throw new Error('there are two environments');
  const question = {};
  first.head.recall(question, ask);
  return second.head.recall(question, ask).from === first.head;
}

const policies = (side: SideFacts): unknown => side.of('AuthorizationPolicy');
const workloads = (side: SideFacts): unknown => side.workloads;
const everything = (side: SideFacts): unknown => side.all;
const objectsOfTheMesh = (side: SideFacts): unknown => side.mesh.resources;

describe('an answer is taken over', () => {
  test('about anything where nothing differs but the file', () => {
    for (const ask of [policies, workloads, everything, objectsOfTheMesh]) expect(recalled([`${policy('/a')}\n`], ask)).toBe(true);
  });

  test('about workloads where a policy differs, and about policies where a workload does', () => {
    expect(recalled([policy('/own')], workloads)).toBe(true);
    expect(recalled([deployment('x:1', 9090)], policies)).toBe(true);
  });

  test('about everything where an image differs', () => {
    expect(recalled([deployment('x:2')], everything)).toBe(true);
  });
});

describe('an answer is not taken over', () => {
  test('about policies, at a workload, or everything, where a policy differs', () => {
    for (const ask of [policies, everything, objectsOfTheMesh, (side: SideFacts) => side.workloads.map((workload) => side.policiesAt(workload))]) expect(recalled([policy('/own')], ask)).toBe(false);
  });

  test('about workloads and what a policy reaches, where a port or a Service differs', () => {
    const reach = (side: SideFacts): unknown => side.of('AuthorizationPolicy').map((each) => side.reachOf(each));
    for (const own of [deployment('x:1', 9090), object('v1', 'Service', 'web', 'spec: {selector: {app: web}, ports: [{name: tcp, port: 80}]}')]) {
      expect(recalled([own], workloads)).toBe(false);
      expect(recalled([own], reach)).toBe(false);
    }
  });

  test('about everything where an object differs that admission refuses', () => {
    expect(recalled([object('security.istio.io/v1', 'PeerAuthentication', 'own', 'spec: {mtls: {mode: OWN}}')], everything)).toBe(false);
    expect(recalled([object('security.istio.io/v1', 'PeerAuthentication', 'own', 'spec: {mtls: {mode: OWN}}')], workloads)).toBe(true);
  });

  test('about anything where the mesh configuration differs', () => {
    expect(recalled([`apiVersion: v1\nkind: ConfigMap\nmetadata: {name: istio, namespace: istio-system}\ndata: {mesh: "trustDomain: own.example"}`], workloads)).toBe(false);
  });

  test('where the environment is named', () => {
    expect(recalled([`${policy('/a')}\n`], (side) => side.environment)).toBe(false);
  });
});
