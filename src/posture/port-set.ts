import type { Predicate } from '#sets/cube.ts';

/** A finite set of ports, or all but a finite set. */
export interface PortSet {
  readonly except: boolean;
  readonly ports: ReadonlySet<number>;
}

export function onlyPorts(...ports: readonly number[]): PortSet {
  return { except: false, ports: new Set(ports) };
}

export function allPortsBut(ports: Iterable<number>): PortSet {
  return { except: true, ports: new Set(ports) };
}

export function unionOfPorts(left: PortSet, right: PortSet): PortSet {
  if (!left.except && !right.except) return { except: false, ports: new Set([...left.ports, ...right.ports]) };
  if (left.except && right.except) return { except: true, ports: new Set([...left.ports].filter((port) => right.ports.has(port))) };
  const [finite, cofinite] = left.except ? [right, left] : [left, right];
  return { except: true, ports: new Set([...cofinite.ports].filter((port) => !finite.ports.has(port))) };
}

/** No predicate where all ports are in the set. */
export function portPredicates(set: PortSet): readonly Predicate[] {
  const matchers = [...set.ports].sort((left, right) => left - right).map((value) => ({ type: 'number', value }) as const);
  if (!set.except) return [{ dimension: 'port', any: matchers, none: [] }];
  return matchers.length === 0 ? [] : [{ dimension: 'port', any: [], none: matchers }];
}
