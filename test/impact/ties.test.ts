/** Several PeerAuthentications of one scope, whose ages no manifest tells. */
import { describe, expect, test } from 'vitest';
import { deployment, mtls, namespace, service } from '../support/manifests.ts';
import { changesIn, gate, newCodes, reviewed } from '../support/reviewed.ts';
import { stream, type Files } from '../support/tree.ts';

function shop(membership: Readonly<Record<string, string>>, ...policies: readonly string[]): Files {
  return { 'a.yaml': stream(namespace('shop', membership), deployment({ name: 'pay', namespace: 'shop' }, { app: 'pay' }), service({ name: 'pay', namespace: 'shop' }, { app: 'pay' }), ...policies) };
}

const strict = mtls({ name: 'default', namespace: 'istio-system' }, 'STRICT');
const open = mtls({ name: 'aaa', namespace: 'istio-system' }, 'PERMISSIVE');

describe.each([['sidecars', { 'istio-injection': 'enabled' }], ['ambient', { 'istio.io/dataplane-mode': 'ambient' }]] as const)('two policies for the mesh, %s', (_, membership) => {
  test('a younger one changes nothing yet, and the conflict is new', () => {
    const report = reviewed(shop(membership, strict), shop(membership, strict, open));
    expect(changesIn(report)).toEqual([]);
    expect(newCodes(report)).toEqual(['MP107 medium']);
  });

  test('taking the strict one away leaves the open one: judged as if the strict one had been in force', () => {
    const report = reviewed(shop(membership, strict, open), shop(membership, open));
    expect(changesIn(report)).toEqual(['widened mtls']);
    expect(gate(report, 'findings')).toBe(true);
    expect(report.changes[0]?.causes.map((cause) => cause.resource)).toEqual(['PeerAuthentication/istio-system/default']);
  });

  test('taking the open one away opens nothing, and closes what it may have left open', () => {
    const report = reviewed(shop(membership, strict, open), shop(membership, strict));
    expect(changesIn(report)).toEqual(['narrowed mtls']);
    expect(report.changes[0]?.assumptions).toHaveLength(1);
    expect(gate(report, 'findings')).toBe(false);
  });

  test('a tie that both sides have is one: labels on a policy and other edits settle nothing', () => {
    const labelled = strict.replace('  name: default', '  labels: {team: mesh}\n  name: default');
    expect(changesIn(reviewed(shop(membership, strict, open), shop(membership, labelled, open)))).toEqual([]);
    expect(changesIn(reviewed(shop(membership, strict, open), shop(membership, strict, open, namespace('other'))))).toEqual([]);
  });
});

describe('an edit of one of them', () => {
  const membership = { 'istio-injection': 'enabled' };
  const own = (name: string, mode: string, ports = ''): string => `${mtls({ name, namespace: 'shop' }, mode).trimEnd()}\n  selector: {matchLabels: {app: pay}}${ports}\n`;

  test('of its apiVersion alone settles nothing', () => {
    expect(changesIn(reviewed(shop(membership, strict, open), shop(membership, strict, open.replace('security.istio.io/v1', 'security.istio.io/v1beta1'))))).toEqual([]);
  });

  test('is judged where it is the oldest: the mode of one port moves, the rest does not', () => {
    const report = reviewed(shop(membership, own('a', 'PERMISSIVE', '\n  portLevelMtls: {8080: {mode: STRICT}}'), own('b', 'STRICT')), shop(membership, own('a', 'PERMISSIVE'), own('b', 'STRICT')));
    expect(changesIn(report)).toEqual(['widened mtls']);
    expect(report.changes[0]?.witness?.to.port).toBe(8080);
    expect(report.changes[0]?.assumptions).toEqual(['tie:shop/a']);
  });
});

test('such a change is conditional, and the report says on what', () => {
  const membership = { 'istio-injection': 'enabled' };
  const report = reviewed(shop(membership, strict, open), shop(membership, open));
  expect(report.changes[0]?.assumptions).toEqual(['tie:mesh']);
  expect(report.findings.find((finding) => finding.code === 'MP101')?.certainty).toBe('conditional');
});

test('stated times settle it', () => {
  const membership = { 'istio-injection': 'enabled' };
  const at = (policy: string, year: number): string => policy.replace('metadata:\n', `metadata:\n  creationTimestamp: "${String(year)}-01-01T00:00:00Z"\n`);
  const report = reviewed(shop(membership, at(strict, 2021), at(open, 2020)), shop(membership, at(open, 2020)));
  expect(changesIn(report)).toEqual([]);
});
