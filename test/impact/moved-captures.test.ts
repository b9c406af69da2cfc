/** A caller that keeps other calls from its own sidecar, in front of policies that stay as they are (M69 to M72). */
import { describe, expect, test } from 'vitest';
import { movedCaptures, portsMoved } from '#impact/moved-captures.ts';
import type { Change } from '#impact/change.ts';
import type { Mesh } from '#mesh/model.ts';
import type { PortSet } from '#posture/port-set.ts';
import { deployment as pod, meshOf, namespace as labelled, service as named } from '../mesh/support.ts';
import { deployment, namespace, policy, service } from '../support/manifests.ts';
import { changesIn, newCodes, reviewed } from '../support/reviewed.ts';
import { stream, type Files } from '../support/tree.ts';

const prefix = 'traffic.sidecar.istio.io/';

describe('ports at which a destination sees another caller', () => {
  const mesh = (annotations: string, ...more: readonly string[]): Mesh => meshOf({ world: 'closed' }, labelled('web', 'istio-injection: enabled'), labelled('shop', 'istio-injection: enabled'), pod('web/front', '', annotations), pod('shop/shop'), named('shop/shop', '{name: http, port: 80, targetPort: 8080}'), ...more);
  const kept = (...ports: readonly (readonly [string, string])[]): string => ports.map(([name, value]) => `"${prefix}${name}": "${value}"`).join(', ');
  const text = (set: PortSet | undefined): string => (set === undefined ? 'none' : `${set.except ? 'all but ' : ''}${[...set.ports].join(' ')}`);
  const moved = (base: Mesh, head: Mesh): readonly string[] => {
    const [callers] = movedCaptures({ base, head, renamed: new Map() });
    const [caller] = callers ?? [];
    const [before, after] = [base.workloads.get('shop/shop'), head.workloads.get('shop/shop')];
    if (caller === undefined || before === undefined || after === undefined) return [];
    const { lost, gained } = portsMoved({ base, head }, caller, { destination: { id: 'shop/shop', known: true, status: 'both' }, base: before, head: after });
    return [text(lost), text(gained)];
  };

  test.each([
    ['the port of the Service', kept(['excludeOutboundPorts', '80']), '8080', 'none'],
    ['a port that no Service has', kept(['excludeOutboundPorts', '9000']), 'none', 'none'],
    ['the port of the pod, which is called by the Service', kept(['excludeOutboundPorts', '8080']), 'none', 'none'],
    ['everything', kept(['includeOutboundIPRanges', '']), '8080', 'none'],
    ['everything but the port of the Service', kept(['includeOutboundIPRanges', ''], ['includeOutboundPorts', '80']), 'none', 'none'],
    ['perhaps everything', kept(['excludeOutboundIPRanges', '10.0.0.0/8']), '8080', 'none'],
    ['what comes in', kept(['excludeInboundPorts', '8080']), undefined, undefined],
  ])('%s', (_, annotations, lost, gained) => {
    const expected = lost === undefined ? [] : [lost, gained];
    expect(moved(mesh(''), mesh(annotations))).toEqual(expected);
    expect(moved(mesh(annotations), mesh(''))).toEqual([...expected].reverse());
    expect(moved(mesh(annotations), mesh(annotations))).toEqual([]);
  });

  test('from one port to another', () => {
    expect(moved(mesh(kept(['excludeOutboundPorts', '80,9000'])), mesh(kept(['excludeOutboundPorts', '9000,9001'])))).toEqual(['none', '8080']);
  });

  test('of a workload that no Service of the manifests leads to', () => {
    const bare = (annotations: string): Mesh => meshOf({ world: 'closed' }, labelled('web', 'istio-injection: enabled'), labelled('shop', 'istio-injection: enabled'), pod('web/front', '', annotations), pod('shop/shop'));
    expect(moved(bare(''), bare(kept(['excludeOutboundPorts', '9000'])))).toEqual(['9000', 'none']);
    expect(moved(bare(''), bare(kept(['includeOutboundIPRanges', ''])))).toEqual(['all but ', 'none']);
    expect(moved(bare(''), bare(kept(['includeOutboundIPRanges', ''], ['includeOutboundPorts', '9000'])))).toEqual(['all but 9000', 'none']);
  });

  test('two Services, one of which is called at such a port', () => {
    const two = named('shop/more', '{name: http, port: 81, targetPort: 8080}');
    expect(moved(mesh('', two), mesh(kept(['excludeOutboundPorts', '80']), two))).toEqual(['8080', 'none']);
    expect(moved(mesh(kept(['excludeOutboundPorts', '80']), two), mesh(kept(['excludeOutboundPorts', '80,81']), two))).toEqual(['8080', 'none']);
  });
});

/** `pay` lets `front` in, `ads` lets everybody but `front` in, `news` everybody. */
function shop(annotations: Readonly<Record<string, string>>, { strict = false, ports = '80' } = {}): Files {
  const written = Object.entries(annotations).map(([name, value]) => `"${prefix}${name}": "${value}"`).join(', ');
  const as = (name: string, more = ''): string => deployment({ name, namespace: 'shop' }, { app: name }).replace('      containers:', `      serviceAccountName: ${name}\n      containers:`).replace(/( +)labels: (.*)\n( +)spec:/, `$1labels: $2\n$1annotations: {${more}}\n$3spec:`);
  const principal = 'cluster.local/ns/shop/sa/front';
  const on = (name: string, text: string): string => text.replace('spec:\n', `spec:\n  selector: {matchLabels: {app: ${name}}}\n`);
  return {
    'ns.yaml': stream(namespace('shop', { 'istio-injection': 'enabled' }), strict ? 'apiVersion: security.istio.io/v1\nkind: PeerAuthentication\nmetadata: {name: default, namespace: shop}\nspec: {mtls: {mode: STRICT}}\n' : ''),
    'pay.yaml': stream(as('pay'), service({ name: 'pay', namespace: 'shop' }, { app: 'pay' }).replace('port: 80', `port: ${ports}`), on('pay', policy({ name: 'pay', namespace: 'shop' }, principal))),
    'ads.yaml': stream(as('ads'), service({ name: 'ads', namespace: 'shop' }, { app: 'ads' }), on('ads', policy({ name: 'ads', namespace: 'shop' }, principal)).replace('action: ALLOW', 'action: DENY')),
    'news.yaml': stream(as('news'), service({ name: 'news', namespace: 'shop' }, { app: 'news' })),
    'front.yaml': stream(as('front', written)),
  };
}

describe('a caller that keeps a port from its sidecar', () => {
  const plain = shop({});
  const kept = shop({ excludeOutboundPorts: '80' });

  test('loses what an ALLOW of its account grants and escapes a DENY of it', () => {
    const report = reviewed(plain, kept);
    expect(changesIn(report)).toEqual(['narrowed identity', 'widened identity']);
    expect(newCodes(report)).toEqual(['MP109 high', 'MP203 high', 'MP404 medium']);
    const at = (id: string): Change | undefined => report.changes.find(({ destinations }) => destinations.some((destination) => destination.id === id));
    expect(at('shop/pay')).toMatchObject({ direction: 'narrowed', witness: { from: { workload: 'shop/front' }, base: { verdict: 'allow' }, head: { verdict: 'deny' } }, causes: [{ resource: 'Deployment/shop/front' }] });
    expect(at('shop/ads')).toMatchObject({ direction: 'widened', witness: { from: { workload: 'shop/front' }, base: { verdict: 'deny' }, head: { verdict: 'allow' } } });
    expect(at('shop/news')).toBeUndefined();
    expect(report.findings.find(({ code }) => code === 'MP109')).toMatchObject({ impact: expect.stringContaining('around') as unknown, remedy: expect.stringContaining('excludeOutboundPorts') as unknown });
    expect(report.findings.find(({ code }) => code === 'MP203')?.message).toMatch(/^`shop\/front`, whose account/);
  });

  test('and the other way round', () => {
    const report = reviewed(kept, plain);
    expect(changesIn(report)).toEqual(['narrowed identity', 'widened identity']);
    expect(report.changes.find(({ direction }) => direction === 'widened')?.destinations.map(({ id }) => id)).toEqual(['shop/pay']);
  });

  test('that no Service has is told at the port of the pods alone', () => {
    const report = reviewed(shop({}, { ports: '81' }), shop({ excludeOutboundPorts: '81' }, { ports: '81' }));
    expect(report.changes.map(({ direction, destinations }) => [direction, ...destinations.map(({ id }) => id)].join(' '))).toContain('narrowed shop/pay');
    expect(report.changes.find(({ destinations }) => destinations.some(({ id }) => id === 'shop/pay'))?.region.cubes.every(({ ports }) => ports?.only?.length === 1)).toBe(true);
  });

  test('is refused wherever mutual TLS is required', () => {
    const report = reviewed(shop({}, { strict: true }), shop({ excludeOutboundPorts: '80' }, { strict: true }));
    expect(changesIn(report)).toEqual(['narrowed identity', 'narrowed identity']);
    expect(report.changes.flatMap(({ destinations }) => destinations.map(({ id }) => id)).sort()).toEqual(['shop/news', 'shop/pay']);
  });

  test('changes nothing by another list of the same ports, or by inbound ones', () => {
    expect(changesIn(reviewed(shop({ excludeOutboundPorts: '80,81' }), shop({ excludeOutboundPorts: '81, 80' })))).toEqual([]);
    expect(changesIn(reviewed(plain, shop({ excludeOutboundPorts: '' })))).toEqual([]);
  });

  test('by a range that may hold an address: not known, in both directions', () => {
    const report = reviewed(plain, shop({ excludeOutboundIPRanges: '10.0.0.0/8' }));
    expect(changesIn(report)).toEqual(['undecided-narrowed identity', 'undecided-widened identity']);
  });
});

describe('a caller behind a sidecar and a destination in ambient, which it reaches by the name of a Service alone (M51)', () => {
  const mesh = (account: string, excluded = ''): Files => ({
    'ns.yaml': stream(namespace('shop', { 'istio.io/dataplane-mode': 'ambient' }), namespace('web', { 'istio-injection': 'enabled' })),
    'pay.yaml': stream(deployment({ name: 'pay', namespace: 'shop' }, { app: 'pay' }), service({ name: 'pay', namespace: 'shop' }, { app: 'pay' }), policy({ name: 'pay', namespace: 'shop' }, 'cluster.local/ns/web/sa/front')),
    'front.yaml': deployment({ name: 'front', namespace: 'web' }, { app: 'front' }).replace('      containers:', `      serviceAccountName: ${account}\n      containers:`).replace('    metadata:\n      labels', `    metadata:\n      annotations: {"${prefix}excludeOutboundPorts": "${excluded}"}\n      labels`),
  });

  test.each([
    ['under another account', mesh('front'), mesh('other')],
    ['around its sidecar', mesh('front'), mesh('front', '80')],
  ])('%s it loses what an ALLOW grants, and comes to have it the other way round', (_, base, head) => {
    expect(reviewed(base, head).changes).toMatchObject([{ direction: 'narrowed', facet: 'identity', witness: { from: { workload: 'web/front' }, to: { host: 'pay.shop.svc.cluster.local', port: 80 } } }]);
    expect(changesIn(reviewed(head, base))).toEqual(['widened identity']);
  });

  test('at another port it loses nothing', () => {
    expect(changesIn(reviewed(mesh('front'), mesh('front', '81')))).toEqual([]);
  });
});
