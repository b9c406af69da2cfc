import { describe, expect, test } from 'vitest';
import { decodeDocument } from '#manifests/decode.ts';
import { editDistance, nearestName } from '#manifests/nearest-name.ts';
import { accepted, type ManifestProblem } from '#manifests/resource.ts';
import { context, decode } from './support/read.ts';

function problems(text: string): readonly ManifestProblem[] {
  const decoded = decode(text);
  if (decoded.type !== 'resources') throw new Error(decoded.type);
  return decoded.resources.flatMap((resource) => resource.problems);
}

function unknown(text: string): unknown {
  return problems(text)
    .filter(({ kind }) => kind === 'unknown-field')
    .map(({ path, nearest, certain }) => ({ path: path.join('.'), nearest, certain }));
}

describe('misspelt fields', () => {
  test('the path and the real name', () => {
    const text = 'apiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nmetadata: {name: x}\nspec: {rules: [{from: [{source: {principal: [a], namespaces: [b]}}]}]}\n';
    expect(unknown(text)).toEqual([{ path: 'spec.rules.0.from.0.source.principal', nearest: 'principals', certain: true }]);
  });

  test('a field without a near name may be newer than the tables', () => {
    const text = 'apiVersion: networking.istio.io/v1\nkind: DestinationRule\nmetadata: {name: x}\nspec: {host: a, somethingNew: {b: c}}\n';
    expect(unknown(text)).toEqual([{ path: 'spec.somethingNew', nearest: undefined, certain: false }]);
    const decoded = decode(text);
    expect(decoded.type === 'resources' && decoded.resources.every(accepted)).toBe(true);
  });

  test('snake case is not in the schema', () => {
    expect(unknown('apiVersion: networking.istio.io/v1\nkind: DestinationRule\nmetadata: {name: x}\nspec: {host: a, traffic_policy: {tls: {mode: SIMPLE}}}\n')).toEqual([
      { path: 'spec.traffic_policy', nearest: 'trafficPolicy', certain: true },
    ]);
  });

  test('beside the spec, in the metadata, and in Gateway API', () => {
    expect(unknown('apiVersion: security.istio.io/v1\nkind: PeerAuthentication\nmetadata: {name: x, label: {a: b}}\nspecs: {}\n')).toEqual([
      { path: 'metadata.label', nearest: 'labels', certain: true },
      { path: 'specs', nearest: 'spec', certain: true },
    ]);
    expect(unknown('apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {name: x}\nspec: {parentRef: [{name: a}]}\n')).toEqual([{ path: 'spec.parentRef', nearest: 'parentRefs', certain: true }]);
  });

  test('a field that was indented too deep or too little belongs to another part', () => {
    const places = (kind: string, spec: string, beside = ''): unknown =>
      problems(`apiVersion: security.istio.io/v1\nkind: ${kind}\nmetadata: {name: x}\n${beside}spec: ${spec}\n`)
        .filter((problem) => problem.kind === 'unknown-field')
        .map(({ path, place, certain }) => [path.join('.'), place, certain]);
    expect(places('AuthorizationPolicy', '{rules: [{to: [], action: DENY}]}')).toEqual([['spec.rules.0.action', 'spec', true]]);
    expect(places('AuthorizationPolicy', '{rules: [{from: [{source: {namespaces: [a], when: []}}]}]}')).toEqual([['spec.rules.0.from.0.source.when', 'spec.rules[0]', true]]);
    expect(places('AuthorizationPolicy', '{selector: {app: a}}')).toEqual([['spec.selector.app', 'spec.selector.matchLabels', true]]);
    expect(places('AuthorizationPolicy', '{rules: [{source: {namespaces: [a]}}]}')).toEqual([['spec.rules.0.source', 'spec.rules[0].from', true]]);
    expect(places('PeerAuthentication', '{mode: STRICT}')).toEqual([['spec.mode', 'spec.mtls', true]]);
    expect(places('PeerAuthentication', '', 'mtls: {mode: STRICT}\n')).toEqual([['mtls', 'spec', true]]);
  });

  test('a name that stands in both places already, or nowhere near, may be newer than the tables', () => {
    const certain = (spec: string): readonly boolean[] => problems(`apiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nmetadata: {name: x}\nspec: ${spec}\n`).map((problem) => problem.certain);
    expect(certain('{action: DENY, rules: [{to: [], action: DENY}]}')).toEqual([false]);
    expect(certain('{selector: {matchLabels: {app: a}, app: a}}')).toEqual([false]);
    expect(certain('{rules: [{from: [], source: {namespaces: [a]}}]}')).toEqual([false]);
    expect(certain('{rules: [{paths: [/a]}]}')).toEqual([false]);
  });

  test('in a workload the field is a question: the workload itself runs', () => {
    const text = 'apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {template: {spec: {serviceAcountName: web, containers: [{name: a, image: b}]}}}\n';
    expect(unknown(text)).toEqual([{ path: 'spec.template.spec.serviceAcountName', nearest: 'serviceAccountName', certain: false }]);
  });

  test('fields that nothing here reads are known all the same', () => {
    const text =
      'apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {strategy: {type: Recreate}, template: {metadata: {labels: {app: web}}, spec: {tolerations: [], topologySpreadConstraints: [], containers: [{name: a, image: b, resources: {}, volumeMounts: [], lifecycle: {}}]}}}\n';
    expect(problems(text)).toEqual([]);
  });

  test('a flood of wrong fields is cut, and costs little', () => {
    const spec = Object.fromEntries(Array.from({ length: 50_000 }, (_, index) => [`rulez${String(index)}`, index]));
    const decoded = decodeDocument({ apiVersion: 'security.istio.io/v1', kind: 'AuthorizationPolicy', metadata: { name: 'x' }, spec }, context);
    expect(decoded.type === 'resources' ? decoded.resources[0]?.problems.length : decoded.type).toBe(100);
  });

  test('what can be decoded beside a refused field is decoded', () => {
    const decoded = decode('apiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nmetadata: {name: x}\nspec: {action: DENNY, rules: [{to: [{operation: {paths: [/admin], ports: 80}}]}]}\n');
    if (decoded.type !== 'resources') throw new Error(decoded.type);
    const [policy] = decoded.resources;
    expect(policy?.problems.map(({ kind, path }) => [kind, path.join('.')])).toEqual([['schema', 'spec.action'], ['schema', 'spec.rules.0.to.0.operation.ports']]);
    expect(policy?.kind === 'AuthorizationPolicy' ? policy.spec.rules[0]?.to[0]?.paths : undefined).toEqual(['/admin']);
  });
});

describe('nearest name', () => {
  test('distance counts swaps as one', () => {
    expect(editDistance('pahts', 'paths', 2)).toBe(1);
    expect(editDistance('a', 'abcd', 2)).toBe(3);
    expect(editDistance('', 'ab', 2)).toBe(2);
  });

  test('the closest, then the first by name; nothing for short or far names', () => {
    expect(nearestName('hots', ['host', 'hosts', 'ports'])).toBe('host');
    expect(nearestName('to', ['from', 'when'])).toBeUndefined();
    expect(nearestName('xy', ['to', 'from'])).toBeUndefined();
    expect(nearestName('matchExpressions', ['matchLabels'])).toBeUndefined();
  });
});
