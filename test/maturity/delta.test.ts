import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Report } from '#report/report.ts';
import { dimensions } from '#maturity/scorecard.ts';
import { weights } from '#maturity/score.ts';
import { reviewed, shop } from '../findings/fixtures.ts';

const document = (kind: string, namespace: string, name: string, spec: string): string => `apiVersion: security.istio.io/v1\nkind: ${kind}\nmetadata: {name: ${name}, namespace: ${namespace}}\nspec:${spec}\n`;
const web = 'cluster.local/ns/shop/sa/web';

/** Each closes something that is open in the shop, whatever else stands there. */
const closings: readonly string[] = [
  document('PeerAuthentication', 'istio-system', 'default', '\n  mtls: {mode: STRICT}'),
  document('PeerAuthentication', 'shop', 'default', '\n  mtls: {mode: STRICT}'),
  document('PeerAuthentication', 'bank', 'default', '\n  mtls: {mode: STRICT}'),
  document('AuthorizationPolicy', 'bank', 'default-deny', ' {}'),
  document('AuthorizationPolicy', 'shop', 'default-deny', ' {}'),
  document('AuthorizationPolicy', 'istio-system', 'default-deny', ' {}'),
  document('AuthorizationPolicy', 'bank', 'no-legacy', '\n  action: DENY\n  rules:\n    - from: [{source: {namespaces: ["legacy"]}}]'),
  `apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: default-deny, namespace: bank}\nspec: {podSelector: {}, policyTypes: [Ingress, Egress]}\n`,
];

/** Each opens something, or is neutral: closings are tried on top of any of them. */
const others: readonly string[] = [
  document('PeerAuthentication', 'bank', 'db', '\n  selector: {matchLabels: {app: db}}\n  mtls: {mode: PERMISSIVE}'),
  document('PeerAuthentication', 'depot', 'default', '\n  mtls: {mode: DISABLE}'),
  document('AuthorizationPolicy', 'bank', 'open', '\n  selector: {matchLabels: {app: ledger}}\n  rules: [{}]'),
  document('AuthorizationPolicy', 'bank', 'from-web', `\n  selector: {matchLabels: {app: ledger}}\n  rules:\n    - from: [{source: {principals: ["${web}"]}}]`),
  document('AuthorizationPolicy', 'shop', 'from-bank', '\n  selector: {matchLabels: {app: cart}}\n  rules:\n    - from: [{source: {namespaces: ["bank"]}}]'),
  document('RequestAuthentication', 'bank', 'tokens', '\n  selector: {matchLabels: {app: ledger}}\n  jwtRules: [{issuer: "https://id.example.com/", jwksUri: "https://id.example.com/keys"}]'),
];

function compare(base: readonly string[], head: readonly string[]): Report {
  return reviewed({ 'shop.yaml': shop, 'change.yaml': base.join('---\n') }, { 'shop.yaml': shop, 'change.yaml': head.join('---\n') });
}

describe('closing a hole', () => {
  test('never lowers a rating', () => {
    fc.assert(
      fc.property(fc.subarray([...others]), fc.subarray([...closings]), fc.constantFrom(...closings), (around, already, closing) => {
        const before = [...around, ...already.filter((entry) => entry !== closing)];
        const { maturity } = compare(before, [...before, closing]);
        const moved = maturity.delta.environments['default'];
        for (const dimension of dimensions) expect(moved?.dimensions[dimension].delta ?? 0, `${dimension} after ${closing}`).toBeGreaterThanOrEqual(0);
        expect(maturity.delta.overall ?? 0).toBeGreaterThanOrEqual(0);
      }),
      { numRuns: 40 },
    );
  });
});

describe('the delta', () => {
  test('is zero where nothing changes, and mirrors where the sides are swapped', () => {
    fc.assert(
      fc.property(fc.subarray([...others, ...closings]), fc.subarray([...others, ...closings]), (base, head) => {
        expect(compare(base, base).maturity.delta.overall).toBe(0);
        const there = compare(base, head).maturity.delta;
        const back = compare(head, base).maturity.delta;
        // The base's weights differ only where a dimension applies on one side alone.
        const sameWeights = (there.environments['default']?.dimensions['request-authentication'].delta === null) === (back.environments['default']?.dimensions['request-authentication'].delta === null) && base.some((entry) => entry.includes('RequestAuthentication')) === head.some((entry) => entry.includes('RequestAuthentication'));
        if (sameWeights) expect((there.overall ?? 0) + (back.overall ?? 0)).toBeCloseTo(0, 5);
        for (const dimension of dimensions) expect((there.environments['default']?.dimensions[dimension].delta ?? 0) + (back.environments['default']?.dimensions[dimension].delta ?? 0)).toBeCloseTo(0, 5);
      }),
      { numRuns: 20 },
    );
  });

  test('names what moved each dimension', () => {
    const { maturity, changes, findings } = compare([closings[1] ?? ''], []);
    const moved = maturity.delta.environments['default']?.dimensions.mtls;
    expect(moved?.delta).toBeLessThan(0);
    const known = new Set([...changes.map((change) => change.id), ...findings.map((finding) => finding.fingerprint)]);
    expect(moved?.movedBy.length).toBeGreaterThan(0);
    for (const id of moved?.movedBy ?? []) expect(known.has(id)).toBe(true);
  });

  test('leaves what merely adding a workload does to the population', () => {
    const clerk = `apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: clerk, namespace: bank}\nspec:\n  selector: {matchLabels: {app: clerk}}\n  template:\n    metadata: {labels: {app: clerk}}\n    spec: {containers: [{name: main, image: "registry.example/clerk:1", ports: [{containerPort: 8080}]}]}\n`;
    const { maturity } = compare([closings[2] ?? ''], [closings[2] ?? '', clerk]);
    expect(maturity.delta.overall).toBe(0);
    expect(maturity.delta.environments['default']?.population).not.toBe(0);
  });
});

describe('the score', () => {
  test('adds up from the ratings and the weights', () => {
    expect(Object.values(weights).reduce((sum, weight) => sum + weight, 0)).toBe(100);
    const { configured } = compare([], []).maturity.head['default'] ?? { configured: undefined };
    const applicable = dimensions.filter((dimension) => dimension !== 'request-authentication');
    const total = applicable.reduce((sum, dimension) => sum + weights[dimension], 0);
    const score = applicable.reduce((sum, dimension) => sum + ((configured?.dimensions[dimension].rating ?? 0) / 5) * weights[dimension] * (100 / total), 0);
    expect(configured?.dimensions['request-authentication'].rating).toBeNull();
    expect(configured?.score).toBe(Math.floor(score + 0.5));
  });

  test('credits at most 2.0 without evidence, and says so', () => {
    const card = compare([], closings).maturity.head['default'];
    for (const dimension of dimensions) expect(card?.credited.dimensions[dimension].rating ?? 0).toBeLessThanOrEqual(2);
    expect(card?.credited.score).toBeLessThanOrEqual(40);
    expect(card?.credited.level).toBe(0);
    expect(card?.configured.dimensions.mtls.rating).toBeGreaterThan(2);
  });

  test('cannot be computed without workloads, and is then never zero', () => {
    const report = reviewed({ 'a.yaml': closings[0] ?? '' }, { 'a.yaml': closings[0] ?? '' });
    const card = report.maturity.head['default'];
    expect(card?.configured.score).toBeNull();
    expect(card?.configured.reason).toMatch(/unknown/);
    expect(card?.configured.verdict).toBe('INCONCLUSIVE');
    expect(report.maturity.delta.overall).toBeNull();
  });

  test('prints every deduction from the confidence', () => {
    const card = compare([], []).maturity.head['default']?.configured;
    expect(100 - (card?.deductions ?? []).reduce((sum, entry) => sum + entry.points, 0)).toBe(card?.confidence);
  });

  test('gives REGISTRY_ONLY alone no more than 2', () => {
    const config = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: istio, namespace: istio-system}\ndata:\n  mesh: |\n    outboundTrafficPolicy: {mode: REGISTRY_ONLY}\n';
    const rating = compare([config], [config]).maturity.head['default']?.configured.dimensions.egress.rating;
    expect(rating).toBeGreaterThan(0);
    expect(rating).toBeLessThanOrEqual(2);
  });
});
