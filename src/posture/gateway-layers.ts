/** The policies of a gateway as layers, for one kind of client at one port (A2.3, A2.4, A3.25, M112). */
import { shortHash } from '#lib/canonical.ts';
import type { Mesh } from '#mesh/model.ts';
import type { Fixed } from '#semantics/fixed.ts';
import { tokenRules } from '#semantics/request-authentication.ts';
import type { Cube, Layer, Predicate } from '#sets/cube.ts';
import { parseIp } from '#sets/ip.ts';
import { valueKey } from '#sets/keys.ts';
import type { Value } from '#sets/matcher.ts';
import type { ChainGroup } from './connection-domains.ts';
import type { Seat } from './envoy.ts';
import { unnamedPodAddress } from './request.ts';
import { sidecarLowering } from './sidecar-lowering.ts';
import type { LoweredPolicies } from './sidecar-lowering.ts';

export interface GatewayLayers {
  readonly layers: readonly Layer[];
  readonly asking: readonly Cube[];
  readonly lowered: LoweredPolicies;
}

/** @param peer whom the policies see; `undefined`: the identity of the client's certificate */
export function gatewayLayers(mesh: Mesh, seat: Seat, chain: 'http' | 'tcp', port: number, peer: string | null | undefined): GatewayLayers {
  const rules = chain === 'http' ? tokenRules(seat.attached.requestAuthentication, mesh.config) : [];
  const groups = new Map<ChainGroup, readonly (readonly Predicate[])[]>([[chain, [[]]]]);
  const lowered = sidecarLowering(mesh.config, seat.attached, { refused: [], terminated: [], groups }, rules, constants(seat, port, peer));
  const seen = (cubes: readonly Cube[]): readonly Cube[] => ((seat.trustedProxies ?? 0) > 0 ? cubes : cubes.map(fromItself));
  const layer = ({ id, allow, deny }: Layer): Layer => ({ id, allow: allow === 'all' ? 'all' : seen(allow), deny: seen(deny) });
  return { layers: [layer(lowered.authentication), layer(lowered.authorization)], asking: seen(lowered.asking), lowered: { ...lowered, asked: lowered.asked.map((each) => ({ ...each, cubes: seen(each.cubes) })) } };
}

function constants(seat: Seat, port: number, peer: string | null | undefined): Fixed {
  const certificate = peer === null ? null : `By=spiffe://${seat.identity};Hash=certificate;Subject="";URI=spiffe://${peer ?? ''}`;
  const known: readonly (readonly [string, Value])[] = peer === undefined ? [] : [['peer', peer], ['header:x-forwarded-client-cert', certificate]];
  const values: readonly (readonly [string, Value])[] = [['port', port], ['destination.ip', parseIp(unnamedPodAddress) ?? 0n], ...known];
  return { key: shortHash(...values.map(([dimension, value]) => `${dimension}=${valueKey(value)}`)), values: new Map(values) };
}

/** A3.25: without a proxy that is believed, a client is where its connection comes from. */
function fromItself(cube: Cube): Cube {
  if (!cube.predicates.some(({ dimension }) => dimension === 'remote.ip')) return cube;
  return { predicates: cube.predicates.map((predicate) => (predicate.dimension === 'remote.ip' ? { ...predicate, dimension: 'source.ip' } : predicate)), origins: cube.origins };
}
