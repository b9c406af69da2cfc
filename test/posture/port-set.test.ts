/** Sets of ports: unions hold what either holds, and are written as few words as there are. */
import { expect, test } from 'vitest';
import { allPortsBut, onlyPorts, portPredicates, unionOfPorts, type PortSet } from '#posture/port-set.ts';
import { pointIn } from '#sets/evaluate.ts';

const holds = (set: PortSet, port: number): boolean => pointIn({ predicates: portPredicates(set), origins: [] }, new Map([['port', port] as const]));
const sets: readonly PortSet[] = [onlyPorts(), onlyPorts(1), onlyPorts(1, 2), onlyPorts(2, 3), allPortsBut([]), allPortsBut([1]), allPortsBut([1, 2]), allPortsBut([2, 3]), allPortsBut([3, 4])];

test.each(sets.flatMap((left) => sets.map((right) => [left, right] as const)))('a union holds what either of the two holds', (left, right) => {
  const union = unionOfPorts(left, right);
  // Of no port nothing is said, which is everything.
  if (!union.except && union.ports.size === 0) return;
  for (const port of [1, 2, 3, 4, 5]) expect(holds(union, port)).toBe((left.ports.has(port) !== left.except) || (right.ports.has(port) !== right.except));
});

test('ports are written in order, and all of them go without saying', () => {
  expect(portPredicates(onlyPorts(443, 80))).toEqual([{ dimension: 'port', any: [{ type: 'number', value: 80 }, { type: 'number', value: 443 }], none: [] }]);
  expect(portPredicates(allPortsBut([443, 80]))).toEqual([{ dimension: 'port', any: [], none: [{ type: 'number', value: 80 }, { type: 'number', value: 443 }] }]);
  expect(portPredicates(allPortsBut([]))).toEqual([]);
});
