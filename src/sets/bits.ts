/** Sets of small numbers as words of 32 bits. Functions that return a set return a new one; `add` is for the maker of a set only. */

export type Bits = Uint32Array;

export function wordCount(size: number): number {
  return (size + 31) >>> 5;
}

export function emptyBits(size: number): Bits {
  return new Uint32Array(wordCount(size));
}

export function fullBits(size: number): Bits {
  const bits = new Uint32Array(wordCount(size)).fill(0xffffffff);
  if ((size & 31) !== 0) bits[bits.length - 1] = (1 << (size & 31)) - 1;
  return bits;
}

export function add(bits: Bits, index: number): void {
  bits[index >>> 5] = (bits[index >>> 5] as number) | (1 << (index & 31));
}

export function has(bits: Bits, index: number): boolean {
  return ((bits[index >>> 5] as number) & (1 << (index & 31))) !== 0;
}

export function isEmpty(bits: Bits): boolean {
  for (let word = 0; word < bits.length; word += 1) if (bits[word] !== 0) return false;
  return true;
}

export function equal(left: Bits, right: Bits): boolean {
  for (let word = 0; word < left.length; word += 1) if (left[word] !== right[word]) return false;
  return true;
}

export function meets(left: Bits, right: Bits): boolean {
  for (let word = 0; word < left.length; word += 1) if (((left[word] as number) & (right[word] as number)) !== 0) return true;
  return false;
}

export function within(inner: Bits, outer: Bits): boolean {
  for (let word = 0; word < inner.length; word += 1) if (((inner[word] as number) & ~(outer[word] as number)) !== 0) return false;
  return true;
}

export function and(left: Bits, right: Bits): Bits {
  return left.map((word, index) => word & (right[index] as number));
}

export function or(left: Bits, right: Bits): Bits {
  return left.map((word, index) => word | (right[index] as number));
}

export function minus(left: Bits, right: Bits): Bits {
  return left.map((word, index) => word & ~(right[index] as number));
}

/** Size of the intersection. */
export function overlap(left: Bits, right: Bits): number {
  let total = 0;
  for (let word = 0; word < left.length; word += 1) {
    let rest = (left[word] as number) & (right[word] as number);
    while (rest !== 0) {
      rest &= rest - 1;
      total += 1;
    }
  }
  return total;
}

/** Members in ascending order. */
export function members(bits: Bits): number[] {
  const list: number[] = [];
  for (let word = 0; word < bits.length; word += 1) {
    let rest = bits[word] as number;
    while (rest !== 0) {
      const low = rest & -rest;
      list.push((word << 5) + (31 - Math.clz32(low)));
      rest ^= low;
    }
  }
  return list;
}

/** The lowest member, or -1. */
export function lowest(bits: Bits): number {
  for (let word = 0; word < bits.length; word += 1) {
    const rest = bits[word] as number;
    if (rest !== 0) return (word << 5) + (31 - Math.clz32(rest & -rest));
  }
  return -1;
}
