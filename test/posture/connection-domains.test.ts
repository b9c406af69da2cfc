/** The domains of a sidecar's connections hold exactly the connections for which the connection table says so, on every port. */
import { describe, expect, test } from 'vitest';
import type { MeshConfig, PortProtocol, Workload } from '#mesh/model.ts';
import { chainGroups, connectionDomains, protocolPredicate, type ConnectionDomains, type Domain } from '#posture/connection-domains.ts';
import { clientKinds, handleConnection, modeAt, type ClientKind, type EffectiveMtls, type Mode } from '#semantics/peer-authentication.ts';
import { pointIn } from '#sets/evaluate.ts';
import type { Dimension } from '#sets/cube.ts';
import type { Value } from '#sets/matcher.ts';
import { deployment, meshOf, namespace, service } from '../mesh/support.ts';

const modes: readonly Mode[] = ['DISABLE', 'PERMISSIVE', 'STRICT'];
const declared: readonly (readonly [number, PortProtocol])[] = [[8080, 'http'], [8081, 'http'], [9000, 'tcp'], [9001, 'auto'], [5353, 'udp']];

const mesh = (): { readonly config: MeshConfig; readonly workload: Workload } => {
  const made = meshOf({ world: 'closed' }, namespace('shop', 'istio-injection: enabled'), deployment('shop/shop'), service('shop/shop', '{name: http, port: 80, targetPort: 8080}, {name: http-admin, port: 81, targetPort: 8081}, {name: tcp, port: 90, targetPort: 9000}, {name: other, port: 91, targetPort: 9001}, {name: dns, port: 53, targetPort: 5353, protocol: UDP}'));
  const workload = made.workloads.get('shop/shop');
  if (workload === undefined) throw new Error('no workload');
  return { config: made.config, workload };
};

const mtls = (mode: Mode, ports: readonly (readonly [number, Mode])[]): EffectiveMtls => ({
  workload: { mode, by: 'PeerAuthentication/shop/wide' },
  ports: new Map(ports.map(([port, own]) => [port, { mode: own, by: 'PeerAuthentication/shop/ports' }])),
  judgedByWeakest: [],
  ties: [],
});

function holds(domain: Domain, port: number, { protocol, identity }: ClientKind): boolean {
  const point = new Map<Dimension, Value>([['port', port], ['protocol', protocol], ['peer', identity ? 'cluster.local/ns/shop/sa/till' : null]]);
  return pointIn({ predicates: domain, origins: [] }, point);
}

/** Every connection of every port that something names, and of one that nothing does. */
function compared(domains: ConnectionDomains, effective: EffectiveMtls, workload: Workload): readonly string[] {
  const wrong: string[] = [];
  for (const port of new Set([...declared.map(([number]) => number), ...effective.ports.keys(), 7777])) {
    const protocol = workload.ports.find((candidate) => candidate.port === port)?.protocol ?? 'auto';
    const { mode, by } = modeAt(effective, port);
    const table = clientKinds.map((kind) => [kind, handleConnection(protocol, mode, kind)] as const);
    const note = (what: string, kind: ClientKind, said: boolean, wanted: boolean): void => {
      if (said !== wanted) wrong.push(`${what} ${mode} ${protocol} ${String(port)} ${JSON.stringify(kind)}`);
    };
    for (const [kind, handling] of table) {
      const refusing = domains.refused.filter(({ domain }) => holds(domain, port, kind));
      note('refused', kind, refusing.length > 0, handling.outcome === 'refused');
      // Who states the mode of a port is among those who refuse there.
      if (refusing.length > 0) note('by', kind, refusing.some(({ origins }) => origins.some(({ policy }) => policy === by)), true);
      if (handling.outcome === 'refused') continue;
      const group = handling.chain === 'http' ? 'http' : kind.identity && !handling.seesPeer ? 'tcp-blind' : 'tcp';
      for (const other of chainGroups) note(other, kind, (domains.groups.get(other) ?? []).some((domain) => holds(domain, port, kind)), other === group);
    }
    const ends = table.some(([, handling]) => handling.outcome === 'chain' && handling.seesPeer);
    note('terminated', { protocol: 'http', identity: true }, domains.terminated.some((domain) => holds(domain, port, { protocol: 'http', identity: true })), ends);
  }
  return wrong;
}

describe('domains of connections', () => {
  test.each(modes.flatMap((mode) => modes.map((own) => [mode, own] as const)))('are those of the table, for the workload in %s and its ports in %s', (mode, own) => {
    const { config, workload } = mesh();
    const effective = mtls(mode, [[8081, own], [9001, own], [7000, own]]);
    expect(compared(connectionDomains(config, workload, effective), effective, workload)).toEqual([]);
    expect(compared(connectionDomains(config, workload, mtls(mode, [])), mtls(mode, []), workload)).toEqual([]);
  });

  test('name every way of being let in once', () => {
    expect(chainGroups).toEqual(['http', 'tcp', 'tcp-blind']);
    expect(protocolPredicate(['tls', 'http', 'tls'])).toEqual({ dimension: 'protocol', any: [{ type: 'one-of', text: 'http' }, { type: 'one-of', text: 'tls' }], none: [] });
  });

  test('are as few as there are things to say', () => {
    const { config, workload } = mesh();
    const { refused, terminated, groups } = connectionDomains(config, workload, mtls('STRICT', []));
    const wide = [{ policy: 'PeerAuthentication/shop/wide' }];
    const plain = { dimension: 'peer', any: [], none: [{ type: 'identified' }] };
    const tcp = { dimension: 'protocol', any: [{ type: 'one-of', text: 'tcp' }], none: [] };
    const toHttp = { dimension: 'port', any: [{ type: 'number', value: 8080 }, { type: 'number', value: 8081 }], none: [] };
    expect(refused).toEqual([{ domain: [plain], origins: wide }, { domain: [toHttp, tcp], origins: wide }]);
    expect(terminated).toEqual([[]]);
    expect([...groups.keys()].sort()).toEqual(['http', 'tcp']);
  });

  test('of equal workloads are one value, and of other modes another', () => {
    const { config, workload } = mesh();
    const once = connectionDomains(config, workload, mtls('STRICT', []));
    expect(connectionDomains(config, { ...workload, id: 'shop/other' }, mtls('STRICT', []))).toBe(once);
    expect(connectionDomains(config, workload, mtls('PERMISSIVE', []))).not.toBe(once);
    // The groups say nothing of who states a mode.
    const same = connectionDomains(config, workload, { ...mtls('STRICT', []), workload: { mode: 'STRICT', by: undefined } });
    expect(same).not.toBe(once);
    expect(same.groups).toBe(once.groups);
    expect(same.refused.flatMap(({ origins }) => origins)).toEqual([]);
  });
});
