/** Pods that no manifest declares are still selected by Services, and nobody's account holds a star. */
import { describe, expect, test } from 'vitest';
import { compareSides } from '#impact/compare.ts';
import { DifferenceMemo } from '#impact/pair-context.ts';
import type { RawChange } from '#impact/raw-change.ts';
import { compareOfTexts } from './support.ts';

const shop = `apiVersion: v1
kind: Namespace
metadata: {name: shop, labels: {istio-injection: enabled}}
---
apiVersion: v1
kind: Service
metadata: {name: ledger, namespace: shop}
spec: {selector: {app: ledger}, ports: [{name: https, port: 443, targetPort: 8443}]}
`;
const pods = `apiVersion: apps/v1
kind: Deployment
metadata: {name: ledger, namespace: shop}
spec: {template: {metadata: {labels: {app: ledger}}, spec: {containers: [{name: app, image: app}]}}}
`;
const allow = (labels: string, rule: string): string => `apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: allow, namespace: shop}
spec: {selector: {matchLabels: {${labels}}}, rules: [${rule}]}
`;
const nothing = '{from: [{source: {principals: [nobody]}}]}';

function changesOf(base: string, head: string): readonly RawChange[] {
  const { changes, internalErrors } = compareOfTexts([shop, base], [shop, head], compareSides, new DifferenceMemo());
  expect(internalErrors).toEqual([]);
  return changes;
}

describe('the port that a Service declares as TLS', () => {
  const onPath = '{to: [{operation: {paths: [/a], ports: ["8443"]}}]}';

  test('takes no HTTP rule at pods that only a selector names (A4.4)', () => {
    const labels = 'app: ledger, version: v9';
    expect(changesOf(allow(labels, nothing), allow(labels, onPath))).toEqual([]);
  });

  test('near miss: a Service that does not select them says nothing about their ports', () => {
    const labels = 'app: other';
    expect(changesOf(allow(labels, nothing), allow(labels, onPath)).map(({ direction, destination }) => [direction, destination.id])).toEqual([['widened', 'shop/app=other']]);
  });
});

describe('a principal with a star at both ends', () => {
  const from = (principal: string): string => `{from: [{source: {principals: ['${principal}']}}]}`;
  const withPods = (policy: string): string => `${pods}---\n${policy}`;

  test('names an account with a star in it, which nobody has (A3.1)', () => {
    expect(changesOf(withPods(allow('app: ledger', nothing)), withPods(allow('app: ledger', from('*/ns/edge/sa/run*'))))).toEqual([]);
  });

  test('near miss: with one star it names callers', () => {
    expect(changesOf(withPods(allow('app: ledger', nothing)), withPods(allow('app: ledger', from('*/ns/edge/sa/run')))).map(({ direction }) => direction)).toEqual(['widened']);
  });
});
