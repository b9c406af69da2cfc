/** What the pods behind a gateway take of what it lets through: the change is told of the requests that really come there. */
import { describe, expect, test } from 'vitest';
import type { Report } from '#report/report.ts';
import { atEdge, files, gateway, routes, to } from '../support/edge.ts';
import { changesIn, reviewed } from '../support/reviewed.ts';

const identity = 'cluster.local/ns/istio-system/sa/ingress';
const namespace = (labels: string): string => `apiVersion: v1\nkind: Namespace\nmetadata: {name: bank, labels: {${labels}}}\n`;
const sidecars = namespace('istio-injection: enabled');
const ambient = namespace('istio.io/dataplane-mode: ambient');
const deployment = (name: string, labels = `app: ${name}`): string => `apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: ${name}, namespace: bank}\nspec: {selector: {matchLabels: {app: ${name}}}, template: {metadata: {labels: {${labels}}}, spec: {serviceAccountName: ${name}, containers: [{name: main, image: registry.example/${name}:1, ports: [{containerPort: 8080}]}]}}}\n`;
const service = (name: string, labels = ''): string => `apiVersion: v1\nkind: Service\nmetadata: {name: ${name}, namespace: bank${labels === '' ? '' : `, labels: {${labels}}`}}\nspec: {selector: {app: ${name}}, ports: [{name: http, port: 80, targetPort: 8080}]}\n`;
const policy = (rules: string, action = 'ALLOW', more = 'selector: {matchLabels: {app: ledger}}'): string => `apiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nmetadata: {name: ledger, namespace: bank}\nspec: {${more}, action: ${action}, rules: [${rules}]}\n`;
const strict = 'apiVersion: security.istio.io/v1\nkind: PeerAuthentication\nmetadata: {name: default, namespace: bank}\nspec: {mtls: {mode: STRICT}}\n';
const plainCalls = 'apiVersion: networking.istio.io/v1\nkind: DestinationRule\nmetadata: {name: ledger, namespace: bank}\nspec: {host: ledger.bank.svc.cluster.local, trafficPolicy: {tls: {mode: DISABLE}}}\n';
const ledgerHost = 'ledger.bank.svc.cluster.local';

const shop = to('orders', 'uri: {prefix: /shop}');
const ledger = (match: string, more = ''): string => to(ledgerHost, match, more);

/** Between the shop alone and the shop with one more route. */
function opened(route: string, ...behind: readonly string[]): Report {
  const same = [gateway(), sidecars, deployment('ledger'), service('ledger'), ...behind];
  return reviewed(files(...same, routes(shop)), files(...same, routes(`${route}, ${shop}`)));
}

function atLedger(report: Report): Report['changes'] {
  return report.changes.filter(({ destinations }) => destinations[0]?.id.includes('through') === true && destinations[0].id.startsWith('bank/'));
}

const whatOpens = (report: Report): readonly string[] => atLedger(report).map(({ direction }) => direction);
const pathsOf = (report: Report): unknown => atLedger(report).flatMap(({ region }) => region.cubes.map(({ paths }) => paths));

describe('an ALLOW by path behind the gateway', () => {
  test('leaves of a new route what it allows, with a request that comes through', () => {
    const report = opened(ledger('uri: {prefix: /bank}'), policy('{to: [{operation: {paths: ["/bank/public*"]}}]}'));
    expect(whatOpens(report)).toEqual(['widened']);
    expect(pathsOf(report)).toEqual([{ only: ['/bank/public*'] }]);
    expect(atLedger(report)[0]?.witness).toMatchObject({ base: { verdict: 'deny', enforcedAt: 'gateway' }, head: { verdict: 'allow', hops: [{ at: 'istio-system/ingress', verdict: 'allow' }, { at: 'bank/ledger', peer: identity, verdict: 'allow' }] } });
    expect(report.incompleteReasons).toEqual([]);
  });

  test('that allows nothing of it makes the whole latent, and says where it ends', () => {
    const report = opened(ledger('uri: {prefix: /bank}'), policy('{to: [{operation: {paths: ["/other*"]}}]}'));
    expect(whatOpens(report)).toEqual(['latent-widened']);
    expect(atLedger(report)[0]?.after).toContain('`bank/ledger` behind the gateway refuses it');
    expect(atLedger(report)[0]?.witness).toMatchObject({ base: { verdict: 'deny', enforcedAt: 'gateway' }, head: { verdict: 'deny', layer: 'authorization', enforcedAt: 'sidecar' } });
  });

  test('and the way back closes the same', () => {
    const same = [gateway(), sidecars, deployment('ledger'), service('ledger'), policy('{to: [{operation: {paths: ["/bank/public*"]}}]}')];
    const report = reviewed(files(...same, routes(`${ledger('uri: {prefix: /bank}')}, ${shop}`)), files(...same, routes(shop)));
    expect(whatOpens(report)).toEqual(['narrowed']);
    expect(pathsOf(report)).toEqual([{ only: ['/bank/public*'] }]);
  });
});

describe('a rewritten path', () => {
  const allow = policy('{to: [{operation: {paths: ["/v2/public", "/v2/public/*"]}}]}');
  test('is asked of the pods as they see it, and told as it was sent', () => {
    expect(pathsOf(opened(ledger('uri: {prefix: /api/}', 'rewrite: {uri: /v2/}, '), allow))).toEqual([{ only: ['/api/public', '/api/public/*'] }]);
  });

  test('that leads to none of what they allow opens nothing', () => {
    expect(whatOpens(opened(ledger('uri: {prefix: /api/}', 'rewrite: {uri: /v1/}, '), allow))).toEqual(['latent-widened']);
  });

  test('of which the next proxy makes another opens that, too: `/api../x` becomes `/../x`, and so `/x`', () => {
    const report = opened(ledger('uri: {prefix: /api}', 'rewrite: {uri: /}, '), policy('{to: [{operation: {paths: ["/x"]}}]}'));
    expect(whatOpens(report)).toEqual(['widened']);
    expect(atLedger(report)[0]?.witness?.request.path).toBe('/apix');
    expect(pathsOf(report)).toEqual([{ only: ['/apix'] }, { only: ['/api.', '/api..', '/api../*', '/api..;*', '/api./*', '/api.;*'] }]);
  });

  test('that leaves no room for that does not', () => {
    expect(pathsOf(opened(ledger('uri: {prefix: /api/}', 'rewrite: {uri: /}, '), policy('{to: [{operation: {paths: ["/x"]}}]}')))).toEqual([{ only: ['/api/x'] }]);
  });

  test('whole leaves one path for every request', () => {
    expect(whatOpens(opened(to(ledgerHost, 'uri: {regex: "/b.nk"}', 'rewrite: {uri: /v2/public}, '), allow))).toEqual(['widened']);
    expect(whatOpens(opened(to(ledgerHost, 'uri: {regex: "/b.nk"}', 'rewrite: {uri: /v2/admin}, '), allow))).toEqual(['latent-widened']);
  });
});

describe('a rewritten authority', () => {
  const allow = policy('{to: [{operation: {hosts: ["ledger.internal"]}}]}');
  test('is the one that policies behind it see', () => {
    expect(whatOpens(opened(ledger('uri: {prefix: /bank}', 'rewrite: {authority: ledger.internal}, '), allow))).toEqual(['widened']);
    expect(whatOpens(opened(ledger('uri: {prefix: /bank}', 'headers: {request: {set: {":authority": ledger.internal}}}, '), allow))).toEqual(['widened']);
  });

  test('that stays is that of the client', () => {
    expect(whatOpens(opened(ledger('uri: {prefix: /bank}'), allow))).toEqual(['latent-widened']);
  });
});

describe('a DENY behind the gateway', () => {
  test('by its identity refuses all that comes through, and by another nothing', () => {
    const denies = (principal: string): readonly string[] => whatOpens(opened(ledger('uri: {prefix: /bank}'), policy(`{from: [{source: {principals: ["${principal}"]}}]}`, 'DENY')));
    expect(denies(identity)).toEqual(['latent-widened']);
    expect(denies('cluster.local/ns/istio-system/sa/other')).toEqual(['widened']);
  });

  test('by path leaves the rest', () => {
    expect(pathsOf(opened(ledger('uri: {prefix: /bank}'), policy('{to: [{operation: {paths: ["/bank/admin*"]}}]}', 'DENY')))).toEqual([{ only: ['/bank*'], except: ['/bank/admin*'] }]);
  });
});

describe('addresses behind the gateway', () => {
  const from = (field: string): string => policy(`{from: [{source: {${field}: ["203.0.113.0/24"]}}]}`);
  test('are those of the client where the policy asks who sent the request, and the gateway\'s where it asks who calls', () => {
    const report = opened(ledger('uri: {prefix: /bank}'), from('remoteIpBlocks'));
    expect(whatOpens(report)).toEqual(['widened']);
    expect(atLedger(report)[0]?.witness?.from.ip).toMatch(/^203\.0\.113\./);
    expect(whatOpens(opened(ledger('uri: {prefix: /bank}'), from('ipBlocks')))).toEqual(['latent-widened']);
  });
});

describe('headers', () => {
  const red = policy('{when: [{key: "request.headers[x-team]", values: [red]}]}');
  test('that the route sets are not the client\'s to choose', () => {
    const sent = (more: string): unknown => atLedger(opened(ledger('uri: {prefix: /bank}', more), red)).map(({ direction, region }) => [direction, region.cubes[0]?.headers]);
    expect(sent('headers: {request: {set: {x-team: red}}}, ')).toEqual([['widened', undefined]]);
    expect(sent('headers: {request: {remove: [x-team]}}, ')).toEqual([['latent-widened', undefined]]);
    expect(sent('')).toEqual([['widened', { 'x-team': { only: ['red'] } }]]);
  });
});

describe('a NetworkPolicy before the pods', () => {
  const admits = (labels: string): string => `apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: ledger, namespace: bank}\nspec: {podSelector: {matchLabels: {app: ledger}}, policyTypes: [Ingress], ingress: [{from: [{namespaceSelector: {}, podSelector: {matchLabels: {${labels}}}}]}]}\n`;
  test('that does not admit the gateway\'s pods stops everything, one that does nothing', () => {
    expect(whatOpens(opened(ledger('uri: {prefix: /bank}'), admits('app: web')))).toEqual(['latent-widened']);
    expect(whatOpens(opened(ledger('uri: {prefix: /bank}'), admits('istio: ingressgateway')))).toEqual(['widened']);
  });
});

describe('STRICT behind a gateway', () => {
  test('that calls in plaintext stops everything, and one that starts mutual TLS nothing', () => {
    expect(whatOpens(opened(ledger('uri: {prefix: /bank}'), strict, plainCalls))).toEqual(['latent-widened']);
    expect(whatOpens(opened(ledger('uri: {prefix: /bank}'), strict))).toEqual(['widened']);
  });

  test('is closed to a gateway that loses its mutual TLS, and told of what comes through', () => {
    const same = [gateway(), sidecars, deployment('ledger'), service('ledger'), strict, routes(`${ledger('uri: {prefix: /bank}')}, ${shop}`)];
    expect(whatOpens(reviewed(files(...same), files(...same, plainCalls)))).toEqual(['narrowed']);
    expect(whatOpens(reviewed(files(...same, plainCalls), files(...same)))).toEqual(['widened']);
  });
});

describe('two backends by weight', () => {
  test('are asked each by itself', () => {
    const both = `{match: [{uri: {prefix: /bank}}], route: [{destination: {host: ${ledgerHost}}, weight: 90}, {destination: {host: vault.bank.svc.cluster.local}, weight: 10}]}`;
    const report = opened(both, deployment('vault'), service('vault'), policy('{from: [{source: {principals: ["cluster.local/ns/bank/sa/teller"]}}]}'));
    expect(atLedger(report).map(({ direction, destinations }) => [direction, destinations[0]?.id])).toEqual([
      ['widened', 'bank/vault:80 through istio-system/ingress:443'],
      ['latent-widened', 'bank/ledger:80 through istio-system/ingress:443'],
    ]);
  });

  test('and of several kinds of pods behind one Service the most open counts', () => {
    const canary = deployment('canary', 'app: ledger, track: canary').replace('matchLabels: {app: canary}', 'matchLabels: {app: ledger, track: canary}');
    const stable = policy('{}', 'DENY', 'selector: {matchLabels: {app: ledger, track: stable}}');
    const report = opened(ledger('uri: {prefix: /bank}'), canary, stable);
    expect(whatOpens(report)).toEqual(['widened']);
    expect(whatOpens(opened(ledger('uri: {prefix: /bank}'), canary, policy('{}', 'DENY')))).toEqual(['latent-widened']);
  });
});

describe('a backend in ambient', () => {
  const waypoint = 'apiVersion: gateway.networking.k8s.io/v1\nkind: Gateway\nmetadata: {name: door, namespace: bank}\nspec: {gatewayClassName: istio-waypoint, listeners: [{name: mesh, port: 15008, protocol: HBONE}]}\n';
  const between = (labels: string, ...behind: readonly string[]): readonly string[] => {
    const same = [gateway(), ambient, deployment('ledger'), service('ledger', labels), ...behind];
    return whatOpens(reviewed(files(...same, routes(shop)), files(...same, routes(`${ledger('uri: {prefix: /bank}')}, ${shop}`))));
  };
  const atDoor = policy('{to: [{operation: {paths: ["/other*"]}}]}', 'ALLOW', 'targetRefs: [{kind: Gateway, group: gateway.networking.k8s.io, name: door}]');

  test('meets the gateway at its node, past any waypoint (M85)', () => {
    expect(between('', policy(`{from: [{source: {notPrincipals: ["${identity}"]}}]}`))).toEqual(['latent-widened']);
    expect(between('', policy(`{from: [{source: {principals: ["${identity}"]}}]}`))).toEqual(['widened']);
    expect(between('istio.io/use-waypoint: door', waypoint, atDoor)).toEqual(['widened']);
  });

  test('for which a rule starts TLS of its own is called nobody knows how, and for which it turns TLS off in a tunnel all the same', () => {
    const starting = (mode: string): string => plainCalls.replace('DISABLE', mode);
    expect(between('', starting('SIMPLE'))).toEqual(['undecided-widened']);
    expect(between('', starting('DISABLE'))).toEqual(['widened']);
  });

  test('goes through its waypoint where gateways are told so', () => {
    expect(between('istio.io/use-waypoint: door, istio.io/ingress-use-waypoint: "true"', waypoint, atDoor)).toEqual(['latent-widened']);
    expect(between('istio.io/use-waypoint: door, istio.io/ingress-use-waypoint: "true"', waypoint, policy('{to: [{operation: {paths: ["/bank*"]}}]}', 'ALLOW', 'targetRefs: [{kind: Gateway, group: gateway.networking.k8s.io, name: door}]'))).toEqual(['widened']);
  });
});

describe('what moves behind the gateway alone', () => {
  const same = [gateway(), sidecars, deployment('ledger'), service('ledger'), routes(`${ledger('uri: {prefix: /bank}')}, ${shop}`)];
  const allows = (path: string): string => policy(`{from: [{source: {principals: ["${identity}"]}}], to: [{operation: {paths: ["${path}"]}}]}`);

  test('is told of the pods, and not twice', () => {
    const report = reviewed(files(...same, allows('/bank/public*')), files(...same, allows('/bank*')));
    expect(changesIn(report)).toEqual(['widened access']);
    expect(report.changes[0]?.destinations[0]?.id).toBe('bank/ledger');
  });

  test('is told of what comes through where the gateway lets it through now', () => {
    const report = reviewed(files(...same, allows('/bank/public*'), atEdge('{to: [{operation: {paths: ["/bank/admin*"]}}]}')), files(...same, allows('/bank*')));
    expect(report.changes.map(({ direction, destinations, region }) => [direction, destinations[0]?.id, region.cubes[0]?.paths])).toEqual([
      ['widened', 'bank/ledger:80 through istio-system/ingress:443', { only: ['/bank/admin*'] }],
      ['widened', 'bank/ledger', { only: ['/bank*'], except: ['/bank/public*'] }],
    ]);
    // Neither edit alone lets it through.
    expect(report.changes[0]?.causes.map(({ resource }) => resource)).toEqual(['AuthorizationPolicy/bank/ledger', 'AuthorizationPolicy/istio-system/edge']);
  });
});

describe('a route and what it needs behind the gateway', () => {
  test('are causes together where neither alone lets a request through, and the route alone where it does', () => {
    const same = [gateway(), sidecars, deployment('ledger'), service('ledger')];
    const allows = (path: string): string => policy(`{to: [{operation: {paths: ["${path}"]}}]}`);
    const causes = (before: string): unknown => atLedger(reviewed(files(...same, allows(before), routes(shop)), files(...same, allows('/bank*'), routes(`${ledger('uri: {prefix: /bank}')}, ${shop}`))))[0]?.causes.map(({ resource }) => resource);
    expect(causes('/other*')).toEqual(['AuthorizationPolicy/bank/ledger', 'VirtualService/shop/web']);
    expect(causes('/b*')).toEqual(['VirtualService/shop/web']);
  });
});

describe('a port of the pods that has another number', () => {
  const named = service('ledger').replace('targetPort: 8080', 'targetPort: web');
  const listening = (port: string): string => deployment('ledger').replace('{containerPort: 8080}', `{name: web, containerPort: ${port}}`);
  const onPort = policy('{to: [{operation: {ports: ["8080"]}}]}');
  const between = (before: string, after: string): readonly string[] => {
    const same = [gateway(), sidecars, named, onPort, routes(`${ledger('uri: {prefix: /bank}')}, ${shop}`)];
    return whatOpens(reviewed(files(...same, listening(before)), files(...same, listening(after))));
  };

  test('is another for the gateway, too, and the same where its name stays', () => {
    expect(between('9090', '8080')).toEqual(['widened']);
    expect(between('8080', '9090')).toEqual(['narrowed']);
    expect(between('8080', '8080')).toEqual([]);
  });
});

describe('tokens behind the gateway', () => {
  const tokens = (where: string, name: string, more = ''): string => `apiVersion: security.istio.io/v1\nkind: RequestAuthentication\nmetadata: {name: ${name}, namespace: ${where}}\nspec: {selector: {matchLabels: {${where === 'bank' ? 'app: ledger' : 'istio: ingressgateway'}}}, jwtRules: [{issuer: "https://issuer.example"${more}}]}\n`;
  const asks = policy('{from: [{source: {requestPrincipals: ["*"]}}]}');

  test('are gone where the gateway has taken them, and there where it forwards them', () => {
    const between = (more: string): readonly string[] => whatOpens(opened(ledger('uri: {prefix: /bank}'), tokens('bank', 'own'), tokens('istio-system', 'edge', more), asks));
    expect(between('')).toEqual(['latent-widened']);
    expect(between(', forwardOriginalToken: true')).toEqual(['widened']);
  });
});

describe('a namespace of which nothing tells whether it is in the mesh (R24)', () => {
  const same = [gateway(), 'apiVersion: v1\nkind: Namespace\nmetadata: {name: istio-system}\n', deployment('ledger'), service('ledger')];
  const between = (allowed: string): Report => reviewed(files(...same, policy(`{to: [{operation: {paths: ["${allowed}"]}}]}`), routes(shop)), files(...same, policy(`{to: [{operation: {paths: ["${allowed}"]}}]}`), routes(`${ledger('uri: {prefix: /bank}')}, ${shop}`)));

  test('is taken for in it, and every change that rests on this says so', () => {
    const [part, whole] = [between('/bank/public*'), between('/other*')];
    expect(atLedger(part).map(({ direction, region, assumptions }) => [direction, region.cubes[0]?.paths, assumptions])).toEqual([['widened', { only: ['/bank/public*'] }, ['enrolment:bank']]]);
    expect(atLedger(part)[0]?.witness).toMatchObject({ given: { 'enrolment:bank': true } });
    expect(atLedger(whole).map(({ direction, assumptions }) => [direction, assumptions])).toEqual([['latent-widened', ['enrolment:bank']]]);
  });
});
