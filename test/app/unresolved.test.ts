/** Values that the repository does not tell: symbolic, equal where the text is, undecided only where the value matters. */
import { describe, expect, test } from 'vitest';
import { unresolvedTexts } from '#lib/unresolved.ts';
import { decodeDocument } from '#manifests/decode.ts';
import { accepted } from '#manifests/resource.ts';
import { parseStream } from '#source/documents.ts';
import type { Report } from '#report/report.ts';
import { deployment, mtls, namespace, policy } from '../support/manifests.ts';
import { changesIn, gate, reviewed } from '../support/reviewed.ts';
import { stream, type Files } from '../support/tree.ts';

const shop = stream(namespace('shop', { 'istio-injection': 'enabled' }), deployment({ name: 'web', namespace: 'shop' }, { app: 'web' }));
const ledger = 'cluster.local/ns/shop/sa/ledger';
const pay = 'cluster.local/ns/shop/sa/pay';

function reasons(report: Report): readonly string[] {
  return report.incompleteReasons.map(({ status, reason }) => `${status} ${reason}`);
}

function decoded(text: string): ReturnType<typeof decodeDocument> {
  return decodeDocument(parseStream(text)[0]?.value, { origin: { file: 'a.yaml', blob: 'a', document: 0 }, unit: 'a', defaultNamespace: 'shop' });
}

describe('a text that stands for a value', () => {
  test.each([['${MODE}', ['${MODE}']], ['a-${A}-${B:=c}-${A}', ['${A}', '${B:=c}']], ['{{ .Values.x }}', ['{{ .Values.x }}']], ['ENC[AES256_GCM,data:x,type:str]', ['ENC[AES256_GCM,data:x,type:str]']], ['$MODE {x} ${', []], ['STRICT', []]])('in `%s`: %j', (text, found) => {
    expect(unresolvedTexts(text)).toEqual(found);
  });

  test.each([
    ['a mode', mtls({ name: 'default' }, '"${MODE}"')],
    ['a port of a Service', 'apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec:\n  ports:\n  - {port: "${PORT}", targetPort: "${PORT}"}\n'],
    ['a port of a policy', 'apiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nmetadata: {name: web}\nspec:\n  rules:\n  - to:\n    - operation: {ports: ["${PORT}"]}\n'],
    ['a port as a key', 'apiVersion: security.istio.io/v1\nkind: PeerAuthentication\nmetadata: {name: web}\nspec:\n  selector: {matchLabels: {app: web}}\n  portLevelMtls: {"${PORT}": {mode: STRICT}}\n'],
  ])('as %s refuses no object, and another wrong text there does', (_, text) => {
    const [ours, theirs] = [decoded(text), decoded(text.replaceAll('${', '<').replaceAll('}"', '>"'))];
    expect(ours.type === 'resources' && ours.resources.map((resource) => [accepted(resource), resource.unresolved?.map((each) => each.text)])).toEqual([[true, expect.arrayContaining([text.includes('MODE') ? '${MODE}' : '${PORT}'])]]);
    expect(theirs.type === 'resources' && theirs.resources.every(accepted)).toBe(text.includes('targetPort') && false);
  });

  test('one number for one text, wherever it stands', () => {
    const service = decoded('apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec:\n  ports:\n  - {port: "${PORT}", targetPort: "${PORT}"}\n  - {port: "${OTHER}"}\n');
    const ports = service.type === 'resources' && service.resources[0]?.kind === 'Service' ? service.resources[0].spec.ports.map((port) => [port.port, port.targetPort]) : [];
    expect(ports[0]?.[0]).toBe(ports[0]?.[1]);
    expect(ports[0]?.[0]).not.toBe(ports[1]?.[0]);
  });
});

describe('a mode that is not told', () => {
  const files = (mode: string, caller: string, more = ''): Files => ({ 'a/all.yaml': stream(shop, mtls({ name: 'default', namespace: 'shop' }, mode), policy({ name: 'web', namespace: 'shop' }, caller), ...(more === '' ? [] : [more])) });

  test('alike on both sides is no reason, and named once', () => {
    const report = reviewed(files('"${MODE}"', ledger), { ...files('"${MODE}"', ledger), 'README.md': 'x', 'a/b.yaml': namespace('other') });
    expect([reasons(report), gate(report, 'incomplete')]).toEqual([[], false]);
    expect(report.coverage.assumptions.filter((each) => each.id === 'unresolved:${MODE}').map((each) => each.text)).toEqual(['what `${MODE}` stands for is not told; it is taken to be equal on both sides, and equal to nothing else']);
  });

  test('and does not matter for what changes', () => {
    const at = (caller: string): Files => ({ ...files('"${MODE}"', ledger), 'b/all.yaml': stream(namespace('bank', { 'istio-injection': 'enabled' }), deployment({ name: 'vault', namespace: 'bank' }, { app: 'vault' }), mtls({ name: 'default', namespace: 'bank' }, 'STRICT'), policy({ name: 'vault', namespace: 'bank' }, caller)) });
    const report = reviewed(at(ledger), at(pay));
    expect(changesIn(report)).toEqual(['narrowed access', 'widened access']);
    expect(reasons(report)).toEqual([]);
    expect(report.changes.flatMap((change) => change.assumptions)).toEqual([]);
  });

  test('that decides what a change does gates it', () => {
    const open = 'apiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nmetadata: {name: web, namespace: shop}\nspec:\n  rules:\n  - {}\n';
    const at = (text: string): Files => ({ 'a/all.yaml': stream(shop, mtls({ name: 'default', namespace: 'shop' }, '"${MODE}"'), text) });
    const report = reviewed(at(policy({ name: 'web', namespace: 'shop' }, ledger)), at(open));
    expect(reasons(report)).toEqual([expect.stringMatching(/^new what changes here depends on `\$\{MODE\}` in `PeerAuthentication\/shop\/default`, which is not told/u)]);
    expect(report.incompleteReasons[0]).toMatchObject({ file: 'a/all.yaml', line: expect.any(Number) as number });
    expect(gate(report, 'incomplete')).toBe(true);
  });

  test('in place of one that was told is undecided, and so is the other way round', () => {
    for (const [base, head] of [['STRICT', '"${MODE}"'], ['"${MODE}"', 'STRICT']] as const) {
      const open = reviewed({ 'a/all.yaml': stream(shop, mtls({ name: 'default', namespace: 'shop' }, base)) }, { 'a/all.yaml': stream(shop, mtls({ name: 'default', namespace: 'shop' }, head)) });
      expect(gate(open, 'incomplete')).toBe(true);
      expect(open.resources.map((each) => each.effect)).not.toContain('none');
    }
  });

  test('is not refused: no finding says so', () => {
    const report = reviewed({ 'a/all.yaml': shop }, files('"${MODE}"', ledger));
    expect(report.findings.map((finding) => finding.code)).not.toContain('MP803');
  });
});

describe('a principal that is not told', () => {
  const files = (caller: string): Files => ({ 'a/all.yaml': stream(shop, mtls({ name: 'default', namespace: 'shop' }, 'STRICT'), policy({ name: 'web', namespace: 'shop' }, caller)) });

  test('is a value of its own: what it opens holds under that assumption', () => {
    const report = reviewed(files(ledger), files('cluster.local/ns/shop/sa/${TEAM}'));
    expect(changesIn(report)).toEqual(['narrowed access', 'widened access']);
    expect(report.changes.map((change) => change.assumptions.includes('unresolved:${TEAM}'))).toEqual([true, true]);
    expect(report.findings.filter((finding) => finding.changeIds.length > 0 && finding.certainty === 'proved')).toEqual([]);
  });

  test('equal in text changes nothing', () => {
    const report = reviewed(files('cluster.local/ns/shop/sa/${TEAM}'), { ...files('cluster.local/ns/shop/sa/${TEAM}'), 'a/b.yaml': namespace('other') });
    expect([changesIn(report), reasons(report)]).toEqual([[], []]);
  });
});

test('a label for injection that is not told is no silent "not in the mesh"', () => {
  const files = (label: string): Files => ({ 'a/all.yaml': stream(namespace('shop', { 'istio-injection': label }), deployment({ name: 'web', namespace: 'shop' }, { app: 'web' }), policy({ name: 'web', namespace: 'shop' }, ledger)) });
  const report = reviewed(files('enabled'), files('"${INJECT}"'));
  expect(gate(report, 'incomplete')).toBe(true);
  expect(reasons(reviewed(files('"${INJECT}"'), { ...files('"${INJECT}"'), 'b/x.yaml': namespace('other') }))).toEqual([]);
});
