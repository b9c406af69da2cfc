/** A packed chart is looked into like an unpacked one: what it asks the cluster for, and makes anew, is never taken for a value. */
import { describe, expect, test } from 'vitest';
import { opened } from '#adapters/render/packed.ts';
import { brought, edited, judged, unread, type Judged } from '../support/judged.ts';
import { packed, unpacked, type ArchiveEntry } from '../support/archive.ts';
import { policy } from '../support/manifests.ts';
import { hasTools, skipped } from '../support/render-tools.ts';
import type { Files } from '../support/tree.ts';
import { chart, workload } from '../units/rules/shop.ts';

const mode = (expression: string): string => `apiVersion: security.istio.io/v1\nkind: PeerAuthentication\nmetadata: {name: default, namespace: shop}\nspec: {mtls: {mode: ${expression}}}\n`;
const inner = (template: string, more: readonly ArchiveEntry[] = []): string => packed([{ path: 'db/Chart.yaml', text: chart.replace('shop', 'db') }, { path: 'db/templates/m.yaml', text: template }, ...more]);
const files = (archive: string, more: Files = {}): Files => ({ 'c/Chart.yaml': `${chart}dependencies: [{name: db, version: 1.0.0, repository: "https://charts.example"}]\n`, 'c/charts/db-1.0.0.tgz': archive, 'a/w.yaml': workload, ...more });
const asks = mode('{{ with lookup "v1" "ConfigMap" "shop" "settings" }}{{ .data.mode }}{{ else }}STRICT{{ end }}');

function undecided({ report }: Judged): readonly string[] {
  return report.incompleteReasons.flatMap(({ reason }) => (reason.includes('what the chart finds in the cluster') ? [reason] : []));
}

describe.skipIf(!hasTools())(`a packed chart${hasTools() ? '' : `, ${skipped}`}`, () => {
  test('that asks the cluster leaves what depends on it undecided', async () => {
    const front = (principal: string): Files => ({ 'a/p.yaml': policy({ name: 'web', namespace: 'shop' }, principal) });
    expect(undecided(await judged(files(inner(asks), front('*')), files(inner(asks), front('cluster.local/ns/shop/sa/a'))))).toHaveLength(1);
  });

  test('near miss: one that does not ask is computed, and rendered once', async () => {
    const found = await judged(files(inner(mode('STRICT'))), files(inner(mode('PERMISSIVE'))));
    expect([edited(found), unread(found), brought(found).filter((each) => each.startsWith('MP101'))]).toEqual([['modified PeerAuthentication/shop/default'], [], ['MP101 PeerAuthentication/shop/default']]);
  });
});

describe('opening', () => {
  const bytes = (archive: string): Uint8Array => unpacked(archive) ?? Buffer.alloc(0);
  const paths = (archive: Uint8Array, more: Readonly<Record<string, string>> = {}, limit = 1_000_000): readonly string[] => [...opened(new Map<string, Uint8Array | string>([['c/charts/db-1.0.0.tgz', archive], ...Object.entries(more)]), limit).keys()].sort();
  const whole = bytes(inner('a'));
  const left = ['c/charts/db-1.0.0.tgz'];

  test('its files stand in its place', () => {
    expect(paths(whole)).toEqual(['c/charts/db/Chart.yaml', 'c/charts/db/templates/m.yaml']);
  });

  test.each<readonly [string, Uint8Array, number]>([
    ['is no archive', Buffer.from('x'), 1_000_000],
    ['is cut off', whole.subarray(0, whole.length - 20), 1_000_000],
    ['holds a link', bytes(inner('a', [{ path: 'db/x', leadsTo: '/etc/passwd' }])), 1_000_000],
    ['leads out of its folder', bytes(inner('a', [{ path: '../x', text: 'a' }])), 1_000_000],
    ['holds a file beside the chart', bytes(inner('a', [{ path: 'x', text: 'a' }])), 1_000_000],
    ['is larger than the limit', whole, 100],
  ])('near miss: one that %s stays packed', (_, archive, limit) => {
    expect(paths(archive, {}, limit)).toEqual(left);
  });

  test('near miss: beside a folder of its name it stays packed, and so does an archive that is no chart’s', () => {
    expect(paths(whole, { 'c/charts/db/Chart.yaml': 'x' })).toEqual(['c/charts/db-1.0.0.tgz', 'c/charts/db/Chart.yaml']);
    expect([...opened(new Map([['c/files/db-1.0.0.tgz', whole]]), 1_000_000).keys()]).toEqual(['c/files/db-1.0.0.tgz']);
  });
});
