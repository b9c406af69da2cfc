/** How sidecars of declared workloads call, before and after one edit: each told once, both ways round, beside a near miss that says nothing. */
import { describe, expect, test } from 'vitest';
import type { Report } from '#report/report.ts';
import { deployment, mtls, namespace, policy, service } from '../support/manifests.ts';
import { newCodes, reviewed } from '../support/reviewed.ts';
import { stream, type Files } from '../support/tree.ts';

const networking = (kind: string, name: string, space: string, spec: string): string => `apiVersion: networking.istio.io/v1\nkind: ${kind}\nmetadata: {name: ${name}, namespace: ${space}}\nspec: {${spec}}\n`;
const rule = (spec: string, space = 'shop', name = 'api'): string => networking('DestinationRule', name, space, spec);
const sidecar = (spec: string, space = 'web'): string => networking('Sidecar', 'default', space, spec);
const route = (spec: string): string => networking('VirtualService', 'api', 'web', spec);
const host = 'api.shop.svc.cluster.local';

/** `web/front` and `web/back` call `shop/api` and `shop/other`. */
const base: Files = {
  'ns.yaml': stream(namespace('shop', { 'istio-injection': 'enabled' }), namespace('web', { 'istio-injection': 'enabled' })),
  'api.yaml': stream(deployment({ name: 'api', namespace: 'shop' }, { app: 'api' }), service({ name: 'api', namespace: 'shop' }, { app: 'api' })),
  'other.yaml': stream(deployment({ name: 'other', namespace: 'shop' }, { app: 'other' }), service({ name: 'other', namespace: 'shop' }, { app: 'other' })),
  'front.yaml': deployment({ name: 'front', namespace: 'web' }, { app: 'front' }),
  'back.yaml': deployment({ name: 'back', namespace: 'web' }, { app: 'back' }),
};
const strict: Files = { ...base, 'mtls.yaml': mtls({ name: 'default', namespace: 'shop' }, 'STRICT') };
const withObject = (object: string, from = base): Files => ({ ...from, 'object.yaml': object });

const told = (report: Report): readonly string[] =>
  report.changes.filter(({ call }) => call !== undefined).map(({ direction, facet, destinations, call, callers, region }) => [direction, facet, ...destinations.map(({ id }) => id), ...(call === undefined ? [] : [...call.to, `${call.base}>${call.head}`]), ...callers.known.map((id) => id.replace(/\[.*/, '')), ...region.cubes.flatMap(({ paths }) => paths?.only ?? [])].join(' ')).sort();
const both = 'web/back web/front';

describe('calls that change', () => {
  test.each([
    ['a rule turns mutual TLS off', base, withObject(rule('host: api, trafficPolicy: {tls: {mode: DISABLE}}')), [`weakened mtls shop/api ${host}:80 mtls>plaintext shop/api shop/other ${both}`], ['MP105 high']],
    ['where the destination requires it', strict, withObject(rule('host: api, trafficPolicy: {tls: {mode: DISABLE}}'), strict), [`narrowed mtls shop/api ${host}:80 mtls>plaintext shop/api shop/other ${both}`], ['MP105 high', 'MP106 high']],
    ['a Sidecar takes a Service out of scope', base, withObject(sidecar('egress: [{hosts: ["shop/other.shop.svc.cluster.local", "./*"]}]')), [`weakened egress shop/api ${host}:80 mtls>passthrough ${both}`], ['MP606 medium']],
    ['and unknown destinations are refused', base, withObject(sidecar('egress: [{hosts: ["shop/other.shop.svc.cluster.local", "./*"]}], outboundTrafficPolicy: {mode: REGISTRY_ONLY}')), [`narrowed access shop/api ${host}:80 mtls>nothing ${both}`], ['MP203 info']],
    ['a route leads elsewhere', base, withObject(route(`hosts: [${host}], http: [{route: [{destination: {host: other.shop.svc.cluster.local}}]}]`)), [`narrowed access shop/api ${host}:80 mtls>nothing shop/api shop/other ${both}`, `widened access shop/other ${host}:80 nothing>mtls shop/api shop/other ${both}`], ['MP201 low', 'MP203 info']],
    ['for one path alone', base, withObject(route(`hosts: [${host}], http: [{match: [{uri: {prefix: /v2}}], route: [{destination: {host: other.shop.svc.cluster.local}}]}, {route: [{destination: {host: ${host}}}]}]`)), [`narrowed access shop/api ${host}:80 mtls>nothing shop/api shop/other ${both} /v2*`, `widened access shop/other ${host}:80 nothing>mtls shop/api shop/other ${both} /v2*`], ['MP201 low', 'MP203 info']],
    ['a route to a subset that no rule has', base, withObject(route(`hosts: [${host}], http: [{route: [{destination: {host: ${host}, subset: v1}}]}]`)), [`narrowed access shop/api ${host}:80 mtls>nothing shop/api shop/other ${both}`], ['MP203 info']],
    ['a Service selects other pods', base, { ...base, 'api.yaml': stream(deployment({ name: 'api', namespace: 'shop' }, { app: 'api' }), service({ name: 'api', namespace: 'shop' }, { app: 'other' })) }, [`narrowed access shop/api ${host}:80 mtls>nothing shop/api shop/other ${both}`, `widened access shop/other ${host}:80 nothing>mtls shop/api shop/other ${both}`], ['MP201 low', 'MP203 info']],
  ])('%s', (_, before, after, changes, codes) => {
    const report = reviewed(before, after);
    expect(told(report)).toEqual(changes);
    expect(newCodes(report).filter((code) => !code.startsWith('MP6') || code.startsWith('MP606'))).toEqual(codes);
    expect(report.gates.filter(({ id, failed }) => id === 'incomplete' && failed)).toEqual([]);
    const mirror: Readonly<Record<string, string>> = { weakened: 'strengthened', narrowed: 'widened', widened: 'narrowed' };
    const swapped = changes.map((text) => text.replace(/^\w+/, (word) => mirror[word] ?? word).replace(/(\w+)>(\w+)/, '$2>$1'));
    expect(told(reviewed(after, before))).toEqual(swapped.sort());
  });
});

describe('calls that stay', () => {
  const named = (spec: string, name: string): string => networking('VirtualService', name, 'web', spec);
  const plain = rule('host: api, trafficPolicy: {tls: {mode: DISABLE}}');

  test.each([
    ['a rule under another name', withObject(plain), withObject(rule('host: api, trafficPolicy: {tls: {mode: DISABLE}}', 'shop', 'api-clients'))],
    ['a rule that writes what holds anyway', base, withObject(rule('host: api, trafficPolicy: {tls: {mode: ISTIO_MUTUAL}}'))],
    ['a rule with other pools', base, withObject(rule('host: api, trafficPolicy: {connectionPool: {tcp: {maxConnections: 5}}}'))],
    ['a rule for clients of another namespace', base, withObject(rule(`host: ${host}, trafficPolicy: {tls: {mode: DISABLE}}`, 'elsewhere'))],
    ['hosts of a Sidecar in another order', withObject(sidecar('egress: [{hosts: ["shop/*", "./*"]}]')), withObject(sidecar('egress: [{hosts: ["./*", "shop/*"]}]'))],
    ['a route to where the call goes anyway', base, withObject(route(`hosts: [${host}], http: [{route: [{destination: {host: ${host}}}]}]`))],
    ['a route under another name', withObject(named(`hosts: [${host}], http: [{route: [{destination: {host: other.shop.svc.cluster.local}}]}]`, 'a')), withObject(named(`hosts: [${host}], http: [{route: [{destination: {host: other.shop.svc.cluster.local}}]}]`, 'b'))],
    ['a Service beside another one for the same pods', base, withObject(service({ name: 'api-too', namespace: 'shop' }, { app: 'api' }))],
  ])('%s', (_, before, after) => {
    for (const report of [reviewed(before, after), reviewed(after, before)]) {
      expect(told(report)).toEqual([]);
      expect(newCodes(report).filter((code) => /^MP(106|2|606)/.test(code))).toEqual([]);
    }
  });

  test('a Sidecar in another order, and a route to where the call goes anyway, gate nothing', () => {
    const failed = (before: Files, after: Files): boolean => reviewed(before, after).gates.some(({ id, failed: fails }) => id === 'incomplete' && fails);
    expect(failed(withObject(sidecar('egress: [{hosts: ["shop/*", "./*"]}]')), withObject(sidecar('egress: [{hosts: ["./*", "shop/*"]}]')))).toBe(false);
    expect(failed(base, withObject(route(`hosts: [${host}], http: [{route: [{destination: {host: ${host}}}]}]`)))).toBe(false);
    // What a route does to requests that carry a header is looked at by a sample alone.
    expect(failed(base, withObject(route(`hosts: [${host}], http: [{match: [{headers: {x: {exact: a}}}], route: [{destination: {host: ${host}}}]}, {route: [{destination: {host: ${host}}}]}]`)))).toBe(true);
    // Whom else the Sidecar keeps from what is not declared here.
    expect(failed(base, withObject(sidecar('egress: [{hosts: ["shop/*", "./*"]}]')))).toBe(true);
  });
});

describe('a name that goes, or comes', () => {
  const allow = (account: string): string => policy({ name: 'api', namespace: 'shop' }, `cluster.local/ns/web/sa/${account}`).replace('spec:\n', 'spec:\n  selector: {matchLabels: {app: api}}\n');
  const pods = deployment({ name: 'api', namespace: 'shop' }, { app: 'api' });
  const named = (name: string): string => service({ name, namespace: 'shop' }, { app: 'api' });
  const withApi = (...objects: readonly string[]): Files => ({ ...base, 'api.yaml': stream(pods, ...objects) });

  test('is a lost flow of the callers that an ALLOW names, and the other way round', () => {
    const report = reviewed(withApi(named('api'), allow('default')), withApi(allow('default')));
    expect(told(report)).toEqual([`narrowed access shop/api ${host}:80 mtls>nothing ${both}`]);
    expect(report.findings.find(({ code, changeIds }) => code === 'MP203' && changeIds.length > 0)).toMatchObject({ severity: 'high', resource: 'Service/shop/api' });
    expect(told(reviewed(withApi(allow('default')), withApi(named('api'), allow('default'))))).toEqual([`widened access shop/api ${host}:80 nothing>mtls ${both}`]);
  });

  test('is nothing to callers that no policy names, nor where another name leads there', () => {
    expect(told(reviewed(withApi(named('api'), allow('nobody')), withApi(allow('nobody'))))).toEqual([]);
    expect(told(reviewed(withApi(named('api'), allow('default')), withApi(named('api-too'), allow('default'))))).toEqual([]);
  });
});


describe('why a call in plaintext fails', () => {
  const named: Files = { ...base, 'policy.yaml': policy({ name: 'api', namespace: 'shop' }, 'cluster.local/ns/web/sa/default').replace('spec:\n', 'spec:\n  selector: {matchLabels: {app: api}}\n') };
  const off = (from: Files): Files => withObject(rule('host: api, trafficPolicy: {tls: {mode: DISABLE}}'), from);
  test.each([
    ['the port requires mutual TLS', strict, 'requires mutual TLS: every request fails'],
    ['a policy asks for the identity that only mutual TLS proves', named, 'refuses what comes without the caller’s identity'],
  ])('%s', (_, from, says) => {
    expect(reviewed(from, off(from)).findings.filter(({ code }) => code === 'MP106').map(({ message }) => message).join(' ')).toContain(says);
  });
});

describe('calls to a Service that stands as it was', () => {
  const pods = (labels: string): string => deployment({ name: 'api', namespace: 'shop' }, { app: 'api' }).replace('      labels: {app: api}', `      labels: {app: api, ${labels}}`);
  const tracked = (labels: string): Files => ({ ...base, 'api.yaml': stream(pods(labels), service({ name: 'api', namespace: 'shop' }, { app: 'api', track: 'stable' })) });

  test('end where its pods lose the label that it selects, and begin where they gain it', () => {
    expect(told(reviewed(tracked('track: stable'), tracked('track: canary')))).toEqual([`narrowed access shop/api ${host}:80 mtls>nothing shop/api shop/other ${both}`]);
    expect(told(reviewed(tracked('track: canary'), tracked('track: stable')))).toEqual([`widened access shop/api ${host}:80 nothing>mtls shop/api shop/other ${both}`]);
  });

  test('near miss: a label that nothing selects by changes none', () => {
    const plain = (labels: string): Files => ({ ...base, 'api.yaml': stream(pods(labels), service({ name: 'api', namespace: 'shop' }, { app: 'api' })) });
    expect(reviewed(plain('track: stable'), plain('track: canary')).changes).toEqual([]);
  });
});

describe('calls of which the policies take some requests', () => {
  const some: Files = { ...strict, 'policy.yaml': policy({ name: 'api', namespace: 'shop' }, 'cluster.local/ns/web/sa/default').replace('spec:\n', 'spec:\n  selector: {matchLabels: {app: api}}\n').replace(/\n( *)- from:/u, '\n$1- to: [{operation: {methods: [POST], paths: ["/orders/*"]}}]\n$1  from:') };

  test('that fail are lost, with one of these as the witness', () => {
    const report = reviewed(some, withObject(sidecar('egress: [{hosts: ["shop/other.shop.svc.cluster.local", "./*"]}]'), some));
    expect(told(report).filter((text) => text.includes('shop/api'))).toEqual([expect.stringMatching(/^narrowed egress shop\/api/u)]);
    expect(report.changes.find(({ call }) => call !== undefined)?.witness).toMatchObject({ request: { method: 'POST', path: '/orders/' }, base: { verdict: 'allow' }, head: { verdict: 'deny', layer: 'mtls' } });
  });

  const rewriting = (to: string): string => route(`hosts: [${host}], http: [{match: [{uri: {prefix: /orders}}], ${to}route: [{destination: {host: ${host}}}]}]`);
  test('a route that rewrites them gates, and one that says it otherwise does not', () => {
    const gate = (head: string): boolean | undefined => reviewed(withObject(rewriting(''), some), withObject(head, some)).gates.find(({ id }) => id === 'incomplete')?.failed;
    expect(gate(rewriting('rewrite: {uri: /internal}, '))).toBe(true);
    expect(gate(rewriting('timeout: 3s, '))).toBe(false);
  });
});
