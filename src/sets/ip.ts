/**
 * IP addresses as numbers, read as strictly as Go's `netip` does (no leading zeros, no missing parts, no zones).
 * All addresses live in one 128-bit space, in which IPv4 is the block `::ffff:0:0/96`: one address has one number.
 * @see https://pkg.go.dev/net/netip#ParseAddr
 */
import type { Matcher } from './matcher.ts';

const mapped = 0xffffn << 32n;

/** Whether an address (128-bit number) is an IPv4 one. */
export function isIpv4(address: bigint): boolean {
  return address >> 32n === 0xffffn;
}

function parseIpv4(text: string): bigint | undefined {
  const parts = text.split('.');
  if (parts.length !== 4) return undefined;
  let address = 0n;
  for (const part of parts) {
    if (!/^(0|[1-9][0-9]{0,2})$/.test(part)) return undefined;
    const value = Number(part);
    if (value > 255) return undefined;
    address = (address << 8n) | BigInt(value);
  }
  return address;
}

function parseGroups(text: string): bigint[] | undefined {
  if (text === '') return [];
  const groups: bigint[] = [];
  const parts = text.split(':');
  for (const [index, part] of parts.entries()) {
    if (index === parts.length - 1 && part.includes('.')) {
      const low = parseIpv4(part);
      if (low === undefined) return undefined;
      groups.push(low >> 16n, low & 0xffffn);
    } else {
      if (!/^[0-9a-fA-F]{1,4}$/.test(part)) return undefined;
      groups.push(BigInt(`0x${part}`));
    }
  }
  return groups;
}

function parseIpv6(text: string): bigint | undefined {
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const head = parseGroups(halves[0] ?? '');
  const tail = halves.length === 2 ? parseGroups(halves[1] ?? '') : [];
  if (head === undefined || tail === undefined) return undefined;
  // An embedded IPv4 address stands at the very end only.
  if (halves.length === 2 && (halves[0] ?? '').includes('.')) return undefined;
  const missing = 8 - head.length - tail.length;
  if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined;
  const zeros: bigint[] = new Array<bigint>(missing).fill(0n);
  return [...head, ...zeros, ...tail].reduce((address, group) => (address << 16n) | group, 0n);
}

/** An address as a 128-bit number (IPv4 in `::ffff:0:0/96`), or `undefined` where Go would refuse the text. */
export function parseIp(text: string): bigint | undefined {
  if (text.includes(':')) return parseIpv6(text);
  const low = parseIpv4(text);
  return low === undefined ? undefined : mapped | low;
}

/** `a.b.c.d`, `a.b.c.d/n`, `x::y` or `x::y/n` as a matcher; a single address is a block of full length (A3.24). Host bits are cleared. */
export function parseCidr(text: string): Extract<Matcher, { type: 'cidr' }> | undefined {
  const slash = text.indexOf('/');
  const address = slash === -1 ? text : text.slice(0, slash);
  const value = parseIp(address);
  if (value === undefined) return undefined;
  const family = address.includes(':') ? 6 : 4;
  const bits = family === 4 ? 32 : 128;
  let length = bits;
  if (slash !== -1) {
    const digits = text.slice(slash + 1);
    if (!/^(0|[1-9][0-9]{0,2})$/.test(digits)) return undefined;
    length = Number(digits);
    if (length > bits) return undefined;
  }
  const plain = family === 4 ? value & 0xffffffffn : value;
  const host = BigInt(bits - length);
  return { type: 'cidr', family, network: (plain >> host) << host, length };
}

/** First and last address of a block in the 128-bit space. */
export function blockRange(block: { readonly family: 4 | 6; readonly network: bigint; readonly length: number }): readonly [bigint, bigint] {
  const host = BigInt((block.family === 4 ? 32 : 128) - block.length);
  const first = block.family === 4 ? mapped | block.network : block.network;
  return [first, first + (1n << host) - 1n];
}

/** Whether a block holds an address. A block of family 6 holds no IPv4 address, not even the mapped form of one. */
export function blockHolds(block: { readonly family: 4 | 6; readonly network: bigint; readonly length: number }, address: bigint): boolean {
  if ((block.family === 4) !== isIpv4(address)) return false;
  const [first, last] = blockRange(block);
  return address >= first && address <= last;
}

/** The usual text of an address: IPv4 dotted, IPv6 in the short form of RFC 5952. */
export function formatIp(address: bigint): string {
  if (isIpv4(address)) return [24n, 16n, 8n, 0n].map((shift) => String((address >> shift) & 0xffn)).join('.');
  const groups = Array.from({ length: 8 }, (_, index) => Number((address >> BigInt(112 - 16 * index)) & 0xffffn));
  let best = { start: -1, length: 1 };
  for (let start = 0; start < 8; start += 1) {
    let length = 0;
    while (start + length < 8 && groups[start + length] === 0) length += 1;
    if (length > best.length) best = { start, length };
  }
  const text = (from: number, to: number): string =>
    groups
      .slice(from, to)
      .map((group) => group.toString(16))
      .join(':');
  if (best.start === -1) return text(0, 8);
  return `${text(0, best.start)}::${text(best.start + best.length, 8)}`;
}

/** The usual text of a block. */
export function formatCidr(block: { readonly family: 4 | 6; readonly network: bigint; readonly length: number }): string {
  return `${formatIp(blockRange(block)[0])}/${String(block.length)}`;
}
