import { describe, expect, test } from 'vitest';
import { defaultConfig, readConfig } from '#app/config.ts';
import { review } from '#app/review.ts';
import { onceEach } from '#app/run-reasons.ts';
import type { IncompleteReason, Report } from '#report/report.ts';
import { reviewed, shop } from '../findings/fixtures.ts';
import { pair, type Files } from '../support/tree.ts';

const report = (base: string, head: string): Report => reviewed({ 'shop.yaml': shop, 'change.yaml': base }, { 'shop.yaml': shop, 'change.yaml': head });

function effectOf(of: Report, resource: string): Report['resources'][number] | undefined {
  return of.resources.find((entry) => entry.resource === resource);
}

describe('a changed object that no request shows', () => {
  const service = (type: string): string => `apiVersion: v1\nkind: Service\nmetadata: {name: web-outside, namespace: shop}\nspec:\n  type: ${type}\n  selector: {app: web}\n  ports: [{name: http, port: 80, targetPort: 8080}]\n`;

  test('has the effect that a new finding tells', () => {
    const found = effectOf(report(service('ClusterIP'), service('LoadBalancer')), 'Service/shop/web-outside');
    expect(found?.effect).toBe('changed');
    expect(found?.because).toMatch(/^MP501 /);
  });

  test('names a new state beside "none"', () => {
    const selecting = (app: string): string => `apiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nmetadata: {name: audit-web, namespace: shop}\nspec:\n  selector: {matchLabels: {app: ${app}}}\n  action: AUDIT\n  rules: [{to: [{operation: {paths: ["/a"]}}]}]\n`;
    const found = effectOf(report(selecting('web'), selecting('wbe')), 'AuthorizationPolicy/shop/audit-web');
    expect(found?.effect).toBe('none');
    expect(found?.because).toContain('MP801');
  });

  test('of a kind that grants rights says that these are not judged', () => {
    const binding = 'apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRoleBinding\nmetadata: {name: all}\nroleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: cluster-admin}\nsubjects: [{kind: Group, apiGroup: rbac.authorization.k8s.io, name: "system:authenticated"}]\n';
    expect(effectOf(report('', binding), 'ClusterRoleBinding/all')).toMatchObject({ effect: 'none', because: 'what this kind permits is not judged by this version' });
  });
});

describe('declared invariants', () => {
  const file = 'invariants:\n  - {name: x, never: {from: shop/web, to: shop/cart}}\n';
  const reading = readConfig(file, '.github/mesh-posture.yml');
  const files: Files = { 'shop.yaml': shop };
  const run = (config: typeof defaultConfig, notYet: Parameters<typeof review>[0]['notYet'] = []): Report =>
    review({ pair: pair(files, { ...files, 'more.yaml': 'apiVersion: v1\nkind: Namespace\nmetadata: {name: more}\n' }), comparison: { mode: 'directories', base: { id: 'a', label: 'a' }, head: { id: 'b', label: 'b' } }, config, configFile: '.github/mesh-posture.yml', notYet, today: '2026-01-01', version: '0.0.0' }).report;

  test('are listed as not computed and never as held', () => {
    if (reading.type !== 'config') throw new Error('a configuration');
    const found = run(reading.config, reading.notYet);
    expect(found.gates.find((gate) => gate.id === 'invariants')).toEqual({ id: 'invariants', failed: false, because: '1 invariant is declared and not computed by this version' });
    expect(found.incompleteReasons).toEqual([expect.objectContaining({ kind: 'limit', status: 'existing', file: '.github/mesh-posture.yml', line: 1, reason: '1 invariant is declared and not computed by this version' })]);
    expect(found.incomplete).toBe(true);
    expect(found.gates.find((gate) => gate.id === 'incomplete')?.failed).toBe(false);
  });

  test('that are none leave nothing incomplete', () => {
    const found = run(defaultConfig);
    expect(found.gates.find((gate) => gate.id === 'invariants')?.because).toBe('no invariant is declared');
    expect(found.incompleteReasons).toEqual([]);
  });
});

describe('one problem', () => {
  const reason = (over: Partial<IncompleteReason>): IncompleteReason => ({ id: 'a', kind: 'unreadable', status: 'existing', file: 'a.yaml', reason: 'bad', remedy: 'mend it', ...over });
  test('is one line, with the worse status', () => {
    expect(onceEach([reason({}), reason({ id: 'b', unit: 'u', status: 'new' })])).toEqual([reason({ status: 'new' })]);
    expect(onceEach([reason({ line: 1 }), reason({ id: 'b', line: 2 }), reason({ id: 'c', reason: 'worse' })])).toHaveLength(3);
  });
});
