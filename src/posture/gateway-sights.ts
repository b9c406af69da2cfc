/**
 * One backend that sees requests in several ways: what two ways make the same of is no move from one to the other. Whoever looks at one of them
 * finds there also what comes by the other and is seen alike.
 */
import { compareText } from '#lib/order.ts';
import { sameSight } from '#semantics/gateways/forwarding.ts';
import type { Forwarding } from '#semantics/gateways/forwarding.ts';
import type { RoutePart } from '#semantics/gateways/route-lowering.ts';
import type { Cube, Dimension, Layer, Path, Predicate } from '#sets/cube.ts';
import type { PathNormalization } from '#sets/matcher.ts';
import { endKey, withFront } from './gateway-paths.ts';
import type { GatewayEnd, GatewayPort, GatewayPosture } from './gateway-paths.ts';
import { finish } from './paths.ts';
import type { DestinationPosture } from './paths.ts';

type Both<T> = Readonly<Record<'base' | 'head', T>>;

/** @param normalizations of the paths that the routes see */
export function withSights(ports: Both<GatewayPort>, normalizations: Both<PathNormalization>): Both<GatewayPort> {
  const ends = new Map([...ports.base.ends, ...ports.head.ends].map(([key, { end }]) => [key, end]));
  const seen = [...ends.values()].filter((end) => [...ends.values()].some((other) => other !== end && other.backend === end.backend));
  if (seen.length === 0) return ports;
  const at = (side: 'base' | 'head'): GatewayPort => {
    const port = ports[side];
    const parts = new Map(port.parts);
    const together = seen.flatMap((end): (readonly [string, { readonly end: GatewayEnd; readonly posture: GatewayPosture }])[] => {
      const posture = seenThrough(port, end, normalizations[side], parts);
      return posture === undefined ? [] : [[endKey(end), { end, posture }]];
    });
    return { ...port, ends: new Map([...port.ends, ...together]), parts };
  };
  return { base: at('base'), head: at('head') };
}

function seenThrough(port: GatewayPort, end: GatewayEnd, normalization: PathNormalization, parts: Map<Dimension, RoutePart>): GatewayPosture | undefined {
  const key = endKey(end);
  const others = [...port.ends].filter(([other, { end: { backend } }]) => other !== key && backend === end.backend).sort(([left], [right]) => compareText(left, right));
  const alike = others.flatMap(([name, { end: other, posture }]): Alike[] => {
    const allow = requestsSeenAlike(end.forwarding, other.forwarding, normalization, parts);
    return allow === undefined ? [] : [{ name, posture, layer: { id: 'routing', allow, deny: [] } }];
  });
  if (alike.length === 0) return undefined;
  const own = port.ends.get(key)?.posture;
  return withFront(together(own, alike, (posture) => posture), together(own?.front, alike, ({ front }) => front));
}

interface Alike {
  readonly name: string;
  readonly posture: GatewayPosture;
  /** Requests that are seen as at the end that is looked at. */
  readonly layer: Layer;
}

function together(own: DestinationPosture | undefined, alike: readonly Alike[], of: (posture: GatewayPosture) => DestinationPosture): DestinationPosture {
  const others = alike.map(({ name, posture, layer }) => {
    const { possible, sure } = of(posture);
    const through = (path: Path): Path => ({ id: `${path.id} of ${name}`, layers: [...path.layers, layer] });
    return { possible: possible.map(through), sure: sure === possible ? undefined : sure.map(through) };
  });
  const all = [...(own === undefined ? [] : [own]), ...alike.map(({ posture }) => of(posture))];
  const asks = all.some((each) => each.sure !== each.possible);
  return finish({
    possible: [...(own?.possible ?? []), ...others.flatMap((each) => each.possible)],
    ...(asks ? { sure: [...(own?.sure ?? []), ...others.flatMap((each) => each.sure ?? each.possible)] } : {}),
    enforcedAt: 'gateway',
    assumptions: all.flatMap(({ assumptions }) => assumptions),
    opaque: [...new Map(all.flatMap(({ opaque }) => opaque).map((mark) => [`${mark.resource} ${mark.key}`, mark])).values()],
    asked: all.flatMap(({ asked }) => asked),
    readsTokens: all.some(({ readsTokens }) => readsTokens),
    conditions: new Map(all.flatMap(({ conditions }) => [...conditions])),
    ties: all.flatMap(({ ties }) => ties),
  });
}

/** `undefined`: there are none. */
function requestsSeenAlike(end: Forwarding, other: Forwarding, normalization: PathNormalization, parts: Map<Dimension, RoutePart>): readonly Cube[] | undefined {
  const sight = sameSight(end, other);
  if (sight.type === 'never') return undefined;
  const host: readonly Predicate[] = sight.host === undefined ? [] : [{ dimension: 'host', any: [{ type: 'exact', text: sight.host }], none: [] }];
  if (sight.type === 'requests') {
    const path: readonly Predicate[] = sight.paths === undefined ? [] : [{ dimension: 'path', any: sight.paths.map((text) => ({ type: 'path', pattern: { type: 'exact', text }, normalization })), none: [] }];
    return [{ predicates: [...path, ...host], origins: [] }];
  }
  const names = [end.name, other.name].map((name) => (name === '' ? 'as it was sent' : name)).sort(compareText);
  const dimension: Dimension = `opaque:path seen otherwise: ${names.join(' and ')}${normalization === 'BASE' ? '' : ` (${normalization})`}`;
  parts.set(dimension, { on: 'path', name: '', match: sight.example, holds: ({ path }) => sight.differs(path) });
  return [{ predicates: [{ dimension, any: [], none: [{ type: 'holds' }] }, ...host], origins: [] }];
}
