/** Addresses are read as strictly as Go reads them. */
import { describe, expect, test } from 'vitest';
import { blockRange, formatCidr, formatIp, parseCidr, parseIp } from '#sets/ip.ts';

describe('addresses', () => {
  test.each(['1.2.3.4', '0.0.0.0', '255.255.255.255', '::', '::1', '1::', '2001:db8::1', '1:2:3:4:5:6:7:8', '::ffff:1.2.3.4', 'fe80::1', '64:ff9b::1.2.3.4', '1:2:3:4:5:6:1.2.3.4', '1:2:3:4:5:6:7::', '1::3:4:5:6:7:8'])('%s is one', (text) => {
    const value = parseIp(text);
    expect(value).toBeDefined();
    expect(parseIp(formatIp(value ?? 0n))).toBe(value);
  });
  test.each(['', '1.2.3', '1.2.3.4.5', '01.2.3.4', '1.2.3.256', '1.2.3.4 ', ' 1.2.3.4', '1.2.3.-4', '1:2:3:4:5:6:7', '1:2:3:4:5:6:7:8:9', '1::2::3', ':1', '1:', '::12345', '1:2:3:4:5:6:7::8', 'fe80::1%eth0', '::1.2.3', '1.2.3.4::', '::g', '1.2.3.4/8', '::1.2.3.4:5', '1:2:3:4:5:6:7:8::9::a'])('%j is none', (text) => {
    expect(parseIp(text)).toBeUndefined();
  });
  test('an IPv4 address and its mapped form are one address', () => {
    expect(parseIp('::ffff:10.1.2.3')).toBe(parseIp('10.1.2.3'));
  });
  test('short form of IPv6', () => {
    expect(['2001:db8:0:0:1:0:0:1', '0:0:0:0:0:0:0:0', '1:0:0:2:0:0:0:3', '1:0:2:3:4:5:6:7'].map((text) => formatIp(parseIp(text) ?? 0n))).toEqual(['2001:db8::1:0:0:1', '::', '1:0:0:2::3', '1:0:2:3:4:5:6:7']);
  });
});

describe('blocks', () => {
  test.each([
    ['10.0.0.0/8', '10.0.0.0/8'],
    ['10.1.2.3/8', '10.0.0.0/8'],
    ['10.1.2.3', '10.1.2.3/32'],
    ['::/0', '::/0'],
    ['10.1.2.3/32', '10.1.2.3/32'],
    ['2001:db8::1/128', '2001:db8::1/128'],
    ['2001:db8::1', '2001:db8::1/128'],
    ['2001:db8:ffff::/33', '2001:db8:8000::/33'],
  ])('%s', (text, shown) => {
    const block = parseCidr(text);
    expect(block === undefined ? undefined : formatCidr(block)).toBe(shown);
  });
  test.each(['10.0.0.0/33', '10.0.0.0/', '10.0.0.0/08', '10.0.0.0/-1', '::/129', '/8', '10.0.0/8', '10.0.0.0/8/8'])('%j is none', (text) => {
    expect(parseCidr(text)).toBeUndefined();
  });
  test('a block of IPv4 has 32 bits, one of IPv6 has 128', () => {
    expect(parseCidr('10.1.2.3/8')).toEqual({ type: 'cidr', family: 4, network: 0x0a000000n, length: 8 });
    expect(parseCidr('2001:db8::1/32')).toEqual({ type: 'cidr', family: 6, network: 0x20010db8n << 96n, length: 32 });
  });
  test('range', () => {
    expect(blockRange(parseCidr('10.1.0.0/16') ?? { family: 4, network: 0n, length: 0 })).toEqual([parseIp('10.1.0.0'), parseIp('10.1.255.255')]);
  });
});
