/** What a pull request to the routes, servers and policies of a gateway opens and closes, in the words of the review. */
import { describe, expect, test } from 'vitest';
import { changesIn, gate, newCodes, reviewed } from '../support/reviewed.ts';
import { atEdge, files, gateway, routes, to } from '../support/edge.ts';
import { type Files } from '../support/tree.ts';

const api = to('orders', 'uri: {prefix: /api}');

describe('a route that is added', () => {
  test('opens its backend to everyone outside, with a request that proves it', () => {
    const report = reviewed(files(gateway(), routes(api)), files(gateway(), routes(`${api}, ${to('admin', 'uri: {prefix: /admin}')}`)));
    expect(changesIn(report)).toEqual(['widened ingress']);
    const [change] = report.changes;
    expect(change?.headline).toBe('anyone outside may now reach `shop/admin:80 through istio-system/ingress:443` with path `/admin*`, host `shop.example.com`, with TLS of its own');
    expect(change?.witness).toMatchObject({ to: { gateway: 'istio-system/ingress', port: 443, backend: 'shop/admin:80' }, request: { protocol: 'https', sni: 'shop.example.com', host: 'shop.example.com' }, base: { verdict: 'deny', layer: 'routing' }, head: { verdict: 'allow' } });
    expect(change?.causes.map(({ resource }) => resource)).toEqual(['VirtualService/shop/web']);
    expect(report.incompleteReasons).toEqual([]);
    expect(gate(report, 'findings')).toBe(true);
  });

  test('and taken away again closes it', () => {
    expect(changesIn(reviewed(files(gateway(), routes(`${api}, ${to('admin', 'uri: {prefix: /admin}')}`)), files(gateway(), routes(api))))).toEqual(['narrowed ingress']);
  });

  test('behind one that takes all its requests opens nothing', () => {
    const all = to('orders');
    expect(changesIn(reviewed(files(gateway(), routes(all)), files(gateway(), routes(`${all}, ${to('admin', 'uri: {prefix: /admin}')}`))))).toEqual([]);
  });
});

describe('a backend that takes nothing from the gateway', () => {
  const pods = 'apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: admin, namespace: mesh}\nspec: {selector: {matchLabels: {app: admin}}, template: {metadata: {labels: {app: admin}}, spec: {containers: [{name: main, image: registry.example/admin:1, ports: [{containerPort: 8080}]}]}}}\n';
  const enrolled = 'apiVersion: v1\nkind: Namespace\nmetadata: {name: mesh, labels: {istio-injection: enabled}}\n';
  const exposed = 'apiVersion: v1\nkind: Service\nmetadata: {name: admin, namespace: mesh}\nspec: {selector: {app: admin}, ports: [{name: http, port: 80, targetPort: 8080}]}\n';
  const only = (principal: string): string => `apiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nmetadata: {name: admin, namespace: mesh}\nspec: {selector: {matchLabels: {app: admin}}, rules: [{from: [{source: {principals: ["${principal}"]}}]}]}\n`;
  const between = (principal: string): readonly string[] => {
    const same = [gateway(), pods, enrolled, exposed, only(principal)];
    return changesIn(reviewed(files(...same, routes(api)), files(...same, routes(`${api}, ${to('admin.mesh.svc.cluster.local', 'uri: {prefix: /admin}')}`))));
  };

  test('is opened at the gateway alone', () => {
    expect(between('cluster.local/ns/mesh/sa/backoffice')).toEqual(['latent-widened ingress']);
  });

  test('is opened where its policy names the gateway', () => {
    expect(between('cluster.local/ns/istio-system/sa/ingress')).toEqual(['widened ingress']);
  });
});

describe('a gateway and its routes that are added together', () => {
  test('are told once, with both as causes', () => {
    const pods = 'apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: orders, namespace: shop}\nspec: {selector: {matchLabels: {app: orders}}, template: {metadata: {labels: {app: orders}}, spec: {containers: [{name: main, image: registry.example/orders:1}]}}}\n';
    const report = reviewed(files(pods), files(pods, gateway(), routes(api)));
    expect(newCodes(report)).toEqual(['MP501 critical']);
    expect(report.changes[0]?.causes.map(({ resource }) => resource)).toEqual(['Gateway/shop/public', 'VirtualService/shop/web']);
  });
});

describe('routes in another order', () => {
  const [one, other] = [to('admin', 'uri: {prefix: /api/admin}'), api];
  test('take each other’s requests', () => {
    const report = reviewed(files(gateway(), routes(`${one}, ${other}`)), files(gateway(), routes(`${other}, ${one}`)));
    expect(changesIn(report)).toEqual(['narrowed ingress', 'widened ingress']);
    expect(report.changes.map(({ region }) => region.cubes[0]?.paths)).toEqual([{ only: ['/api/admin*'] }, { only: ['/api/admin*'] }]);
  });

  test('are the same where they are apart', () => {
    const apart = to('admin', 'uri: {prefix: /admin}');
    const report = reviewed(files(gateway(), routes(`${apart}, ${other}`)), files(gateway(), routes(`${other}, ${apart}`)));
    expect(changesIn(report)).toEqual([]);
    expect(report.incompleteReasons).toEqual([]);
    expect(report.resources.map(({ effect }) => effect)).toEqual(['none']);
  });
});

describe('what the backend sees', () => {
  const rewritten = (uri: string): string => to('orders', 'uri: {prefix: /api/}', `rewrite: {uri: ${uri}}, `);
  test('of the same requests is another path', () => {
    const report = reviewed(files(gateway(), routes(rewritten('/public/'))), files(gateway(), routes(rewritten('/admin/'))));
    expect(changesIn(report)).toEqual(['narrowed ingress', 'widened ingress']);
    expect(report.changes.find(({ direction }) => direction === 'widened')?.witness?.to.as?.path).toMatch(/^\/admin\//);
  });

  test('is the same where a route is split in two', () => {
    const split = `${to('orders', 'uri: {prefix: /api/v1/}', 'rewrite: {uri: /public/v1/}, ')}, ${rewritten('/public/')}`;
    expect(changesIn(reviewed(files(gateway(), routes(rewritten('/public/'))), files(gateway(), routes(split))))).toEqual([]);
  });
});

describe('what two routes make the same of', () => {
  const whole = (match: string): string => to('orders', match, 'rewrite: {uri: /all}, ');
  const plain = to('orders');

  test('is no move from one to the other', () => {
    const report = reviewed(files(gateway(), routes(plain)), files(gateway(), routes(whole('method: {exact: GET}, uri: {regex: "/.*"}'))));
    const opened = report.changes.find(({ direction }) => direction === 'widened');
    expect(opened?.destinations[0]?.id).toBe('shop/orders:80 (any as /all) through istio-system/ingress:443');
    expect(opened?.region.cubes[0]?.paths).toEqual({ except: ['/all'] });
    expect(opened?.witness?.request.path).not.toBe('/all');
  });

  test('is all there is where the routes take that alone', () => {
    const exactly = (more: string): string => to('orders', 'uri: {exact: /all}', more);
    expect(changesIn(reviewed(files(gateway(), routes(exactly(''))), files(gateway(), routes(whole('uri: {regex: "/all"}')))))).toEqual([]);
    const host = reviewed(files(gateway(), routes(exactly(''))), files(gateway(), routes(exactly('rewrite: {authority: shop.example.com}, '))));
    expect(host.changes.map(({ witness }) => witness?.request.host).filter((name) => name === 'shop.example.com')).toEqual([]);
    expect(changesIn(host)).toContain('widened ingress');
  });

  test('an expression that moves a beginning is told like one that is written plainly', () => {
    const written = (rewrite: string): string => to('orders', 'uri: {prefix: /api/}', `rewrite: {${rewrite}}, `);
    const expression = (match: string): string => written(`uriRegexRewrite: {match: "${match}", rewrite: "/v1/\\\\1"}`);
    expect(changesIn(reviewed(files(gateway(), routes(written('uri: /v1/'))), files(gateway(), routes(expression('^/api/(.*)$')))))).toEqual([]);
    expect(changesIn(reviewed(files(gateway(), routes(written('uri: /v1/'))), files(gateway(), routes(expression('^/ap(.*)$')))))).toEqual(['narrowed ingress', 'widened ingress']);
  });
});

describe('an authorizer at the gateway', () => {
  const asks = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: istio, namespace: istio-system}\ndata: {mesh: "extensionProviders: [{name: opa, envoyExtAuthzGrpc: {service: opa.shop.svc.cluster.local, port: 9191}}]"}\n';
  const opa = 'apiVersion: v1\nkind: Service\nmetadata: {name: opa, namespace: shop}\nspec: {selector: {app: opa}, ports: [{name: grpc, port: 9191}]}\n';
  const custom = 'apiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nmetadata: {name: ask, namespace: istio-system}\nspec: {selector: {matchLabels: {istio: ingressgateway}}, action: CUSTOM, provider: {name: opa}, rules: [{}]}\n';

  test('is asked about the path that the backend will see', () => {
    const same = [gateway(), asks, opa, custom];
    const report = reviewed(files(...same, routes(api)), files(...same, routes(`${api}, ${to('orders', 'uri: {prefix: /more/}', 'rewrite: {uri: /public/}, ')}`)));
    const opened = report.changes.find(({ direction }) => direction === 'widened');
    expect(opened?.witness).toMatchObject({ base: { verdict: 'deny' }, head: { verdict: 'asks' } });
    expect(opened?.witness?.to.as?.path).toMatch(/^\/public\//);
  });
});

describe('a policy of the gateway', () => {
  test('that goes away opens what it refused, behind whatever routes', () => {
    const report = reviewed(files(gateway(), routes(api), atEdge('{to: [{operation: {paths: ["/api/internal*"]}}]}')), files(gateway(), routes(api)));
    expect(changesIn(report)).toEqual(['widened access']);
    expect(report.changes[0]?.region.cubes[0]).toMatchObject({ paths: { only: ['/api/internal*'] }, hosts: { only: ['shop.example.com'] } });
  });

  test('about paths that no route takes moves nothing', () => {
    expect(changesIn(reviewed(files(gateway(), routes(api), atEdge('{to: [{operation: {paths: ["/other*"]}}]}')), files(gateway(), routes(api))))).toEqual([]);
  });

  test('about a host does not meet the same host with a port (A3.34)', () => {
    const report = reviewed(files(gateway(), routes(api), atEdge('{to: [{operation: {hosts: ["shop.example.com", "shop.example.com:*"]}}]}')), files(gateway(), routes(api), atEdge('{to: [{operation: {hosts: ["shop.example.com"]}}]}')));
    expect(changesIn(report)).toEqual(['widened access']);
    expect(report.changes[0]?.witness?.request.host).toMatch(/^shop\.example\.com:\d+$/);
  });
});

describe('a server', () => {
  test('that asks for no client certificate any more lets everyone in', () => {
    const report = reviewed(files(gateway('mode: MUTUAL, credentialName: shop'), routes(api)), files(gateway(), routes(api)));
    expect(changesIn(report)).toEqual(['widened ingress']);
    expect(report.changes[0]?.witness).toMatchObject({ base: { verdict: 'deny', layer: 'mtls' }, head: { verdict: 'allow' } });
    expect(report.changes[0]?.witness?.from.certificate).toBeUndefined();
  });

  test('that asks everyone for a certificate where it asked nobody closes it, whatever names it left out', () => {
    const optional = 'mode: OPTIONAL_MUTUAL, credentialName: shop, subjectAltNames: [bob.example]';
    const report = reviewed(files(gateway(optional), routes(api)), files(gateway('mode: MUTUAL, credentialName: shop'), routes(api)));
    expect(changesIn(report)).toEqual(['narrowed ingress']);
    expect(report.changes[0]?.witness?.from.certificate).toBeUndefined();
  });

  test('that takes another name of certificates is told both ways, with a certificate that has one and not the other', () => {
    const named = (name: string): string => `mode: MUTUAL, credentialName: shop, subjectAltNames: [${name}]`;
    const report = reviewed(files(gateway(named('bob.example')), routes(api)), files(gateway(named('alice.example')), routes(api)));
    expect(changesIn(report)).toEqual(['narrowed ingress', 'widened ingress']);
    const shown = (direction: string): unknown => report.changes.find((change) => change.direction === direction)?.witness?.from.certificate?.sans;
    expect([shown('narrowed'), shown('widened')]).toEqual([['bob.example'], ['alice.example']]);
  });

  test('of other hosts, of which no route is, opens nothing', () => {
    expect(changesIn(reviewed(files(gateway(), routes(api)), files(gateway().replace('"*.example.com"', '"*.example.com", "*.example.org"'), routes(api))))).toEqual([]);
  });
});

describe('an expression of a route', () => {
  const matching = (expression: string): string => to('orders', `uri: {regex: "${expression}"}`);
  test('that is no more than a beginning is one', () => {
    expect(changesIn(reviewed(files(gateway(), routes(api)), files(gateway(), routes(matching('/api.*')))))).toEqual([]);
  });

  test('that stays leaves the routes behind it as they were', () => {
    const before = `${matching('/v[0-9]+/.*')}, ${to('admin', 'uri: {prefix: /admin}')}`;
    const report = reviewed(files(gateway(), routes(before)), files(gateway(), routes(`${before}, ${to('admin', 'uri: {prefix: /more}')}`)));
    expect(changesIn(report)).toEqual(['widened ingress']);
    expect(report.changes[0]?.region.cubes[0]?.paths).toEqual({ only: ['/more*'] });
  });

  test('that changes is proved by a request where one is found', () => {
    const report = reviewed(files(gateway(), routes(matching('/v1/[a-z]+'))), files(gateway(), routes(matching('/v[0-9]/[a-z]+'))));
    expect(report.changes.filter(({ direction }) => direction === 'widened').map(({ witness }) => witness?.request.path)).toEqual(['/v0/a']);
  });
});

describe('what is not computed', () => {
  test('is a route of the mesh itself, and a copy of requests', () => {
    const gated = (base: Files, head: Files): boolean | undefined => gate(reviewed(base, head), 'incomplete');
    expect(gated(files(gateway(), routes(api, 'shop.example.com', 'public, mesh')), files(gateway(), routes(to('admin'), 'shop.example.com', 'public, mesh')))).toBe(true);
    expect(gated(files(gateway(), routes(api)), files(gateway(), routes(to('orders', '', 'mirror: {host: admin}, '))))).toBe(true);
    expect(gated(files(gateway(), routes(api)), files(gateway(), routes(to('admin'))))).toBe(false);
  });

  test('and a policy at a gateway of which nothing more is known is undecided', () => {
    const listeners = 'apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: old, namespace: shop}\nspec: {ingressClassName: istio, rules: [{host: old.example.com}]}\n';
    const report = reviewed(files(gateway(), routes(api), listeners, atEdge('{}')), files(gateway(), routes(api), listeners));
    expect(changesIn(report)).toContain('undecided-widened access');
  });
});

describe('a Service that no manifest declares (R26)', () => {
  test('is taken for there, and the change says so', () => {
    const report = reviewed(files(gateway(), routes(api)), files(gateway(), routes(to('stock'))));
    const opened = report.changes.find(({ direction }) => direction === 'widened');
    expect(opened?.assumptions).toEqual(['service:stock.shop.svc.cluster.local']);
    expect(opened?.destinations[0]?.name).toBe('stock');
  });
});
