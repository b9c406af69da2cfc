/** Representatives of addresses: one in each stretch between the borders of the blocks. */
import { blockRange, parseIp } from '../ip.ts';
import type { Matcher } from '../matcher.ts';

const lastAddress = (1n << 128n) - 1n;
const firstIpv4 = 0xffffn << 32n;
const lastIpv4 = firstIpv4 | 0xffffffffn;

/** Documentation addresses, to stand for "any other" (RFC 5737, RFC 3849). */
const friendly = ['203.0.113.10', '2001:db8::10'].map((text) => parseIp(text) ?? 0n);

export function addressCandidates(matchers: readonly Matcher[]): bigint[] {
  const starts = new Set([0n, firstIpv4, lastIpv4 + 1n]);
  for (const matcher of matchers) {
    if (matcher.type !== 'cidr') continue;
    const [first, last] = blockRange(matcher);
    starts.add(first);
    starts.add(last + 1n);
  }
  const sorted = [...starts].filter((start) => start <= lastAddress).sort((left, right) => (left < right ? -1 : 1));
  const found = sorted.map((first, index) => {
    const last = (sorted[index + 1] ?? lastAddress + 1n) - 1n;
    // The first address of a block is the network's own; the next one is a host.
    return first < last ? first + 1n : first;
  });
  const four = (address: bigint): boolean => address >= firstIpv4 && address <= lastIpv4;
  const all = [...friendly, ...found];
  return [...all.filter(four), ...all.filter((address) => !four(address))];
}
