import { expect, test } from 'vitest';
import { addressCandidates } from '#sets/candidates/address.ts';
import { formatIp } from '#sets/ip.ts';
import type { Matcher } from '#sets/matcher.ts';
import { cidr, exact } from './worlds.ts';

const shown = (...matchers: readonly Matcher[]): readonly string[] => addressCandidates(matchers).map(formatIp);

// Two that are easy to read come first in their family; the second address of a stretch is a host, the first one a network.
test('without blocks, IPv4 and what lies on its two sides have an address each', () => {
  expect(shown(exact('a'))).toEqual(['203.0.113.10', '0.0.0.1', '2001:db8::10', '::1', '::1:0:0:1']);
});

test('between the borders of blocks each stretch has an address, up to the first and the last one', () => {
  const last = 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff';
  expect(shown(cidr(last), cidr('255.255.255.255'), cidr('10.1.2.3'), cidr('::'))).toEqual(['203.0.113.10', '0.0.0.1', '10.1.2.3', '10.1.2.5', '255.255.255.255', '2001:db8::10', '::', '::2', '::1:0:0:1', last]);
  expect(shown(cidr('0.0.0.0'))).toEqual(['203.0.113.10', '0.0.0.0', '0.0.0.2', '2001:db8::10', '::1', '::1:0:0:1']);
  expect(shown(cidr('10.0.0.0/8'), cidr('10.128.0.0/9'))).toEqual(['203.0.113.10', '0.0.0.1', '10.0.0.1', '10.128.0.1', '11.0.0.1', '2001:db8::10', '::1', '::1:0:0:1']);
});
