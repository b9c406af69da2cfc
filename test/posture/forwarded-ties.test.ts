/** Without `x-forwarded-for` the remote address is the one that the connection comes from (A3.25): no request has one without the other. */
import { expect, test } from 'vitest';
import { forwardedTies } from '#posture/forwarded-ties.ts';
import type { DestinationPosture } from '#posture/paths.ts';
import type { Cube, Dimension, Layer, Predicate } from '#sets/cube.ts';
import { pointIn } from '#sets/evaluate.ts';
import { parseCidr, parseIp } from '#sets/ip.ts';
import type { Matcher, Value } from '#sets/matcher.ts';

const block = (text: string): Matcher => {
  const read = parseCidr(text);
  if (read === undefined) throw new Error(`${text} is no block`);
  return read;
};
const office = block('203.0.113.0/24');
const lab = block('198.51.100.0/24');

const cube = (...predicates: readonly Predicate[]): Cube => ({ predicates, origins: [] });
const spokenHeader: Predicate = { dimension: 'header:x-forwarded-for', any: [{ type: 'present' }], none: [] };
const from = (matcher: Matcher): Predicate => ({ dimension: 'remote.ip', any: [matcher], none: [] });
const notFrom = (matcher: Matcher): Predicate => ({ dimension: 'remote.ip', any: [], none: [matcher] });

function posture(...layers: readonly Omit<Layer, 'id'>[]): DestinationPosture {
  return { possible: [{ id: 'direct', layers: layers.map((layer) => ({ id: 'authorization', ...layer })) }] } as unknown as DestinationPosture;
}

const at = (remote: string, source: string, header: string | null): ReadonlyMap<Dimension, Value> => new Map<Dimension, Value>([['remote.ip', parseIp(remote) ?? 0n], ['source.ip', parseIp(source) ?? 0n], ['header:x-forwarded-for', header]]);

/** Whether such a request is taken for impossible. */
const tied = (ties: readonly Cube[], remote: string, source: string, header: string | null = null): boolean => ties.some((tie) => pointIn(tie, at(remote, source, header)));

test('a request without the header has the address of its connection inside a block exactly when its remote address is', () => {
  const ties = forwardedTies([posture({ allow: [cube(spokenHeader)], deny: [cube(from(office))] })]);
  expect(tied(ties, '203.0.113.4', '198.51.100.7')).toBe(true);
  expect(tied(ties, '198.51.100.7', '203.0.113.4')).toBe(true);
  expect(tied(ties, '203.0.113.4', '203.0.113.9')).toBe(false);
  expect(tied(ties, '198.51.100.7', '198.51.100.7')).toBe(false);
});

test('with the header nothing is tied', () => {
  const ties = forwardedTies([posture({ allow: [cube(spokenHeader)], deny: [cube(from(office))] })]);
  expect(tied(ties, '203.0.113.4', '198.51.100.7', '203.0.113.4')).toBe(false);
  expect(tied(ties, '198.51.100.7', '203.0.113.4', '198.51.100.7')).toBe(false);
});

test('nothing is tied where no policy speaks of the header, or none of remote addresses', () => {
  expect(forwardedTies([posture({ allow: 'all', deny: [cube(from(office))] })])).toEqual([]);
  expect(forwardedTies([posture({ allow: 'all', deny: [cube(spokenHeader)] })])).toEqual([]);
  expect(forwardedTies([])).toEqual([]);
});

test('both sides of a comparison count, one of which speaks of the header and one of the block', () => {
  const ties = forwardedTies([posture({ allow: 'all', deny: [cube(notFrom(lab))] }), posture({ allow: 'all', deny: [cube(spokenHeader)] })]);
  expect(tied(ties, '198.51.100.7', '203.0.113.4')).toBe(true);
  expect(tied(ties, '203.0.113.4', '192.0.2.1')).toBe(false);
});

test('each block is tied once, in one order, whoever speaks of it', () => {
  const one = forwardedTies([posture({ allow: [cube(spokenHeader, from(office))], deny: [cube(notFrom(lab)), cube(from(office))] })]);
  const other = forwardedTies([posture({ allow: 'all', deny: [cube(from(lab))] }), posture({ allow: [cube(spokenHeader, notFrom(office))], deny: [] })]);
  expect(one).toHaveLength(4);
  expect(other).toEqual(one);
});
