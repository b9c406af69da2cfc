/** The part of a box in which nothing is sent that need not be: no token, no claims, no headers, no server name. */
import { add, emptyBits, and, isEmpty } from './bits.ts';
import type { Dimension } from './cube.ts';
import type { Box, Space } from './space.ts';

const holdsNo = 1;

function mayBeLeftOut(dimension: Dimension): boolean {
  return dimension === 'token' || dimension === 'sni' || dimension.startsWith('header:') || dimension.startsWith('written:');
}

/** `undefined`: the box has nothing to leave out. What the box demands stays. */
export function plainPart(space: Space, { words, narrow }: Box): Box | undefined {
  const plain = words.slice();
  const narrowed = new Set(narrow);
  for (const [index, axis] of space.axes.entries()) {
    const bits = words.subarray(axis.offset, axis.offset + axis.words);
    const without = axis.element === undefined ? absentBits(space, axis.dimension, axis.size) : Uint32Array.of(holdsNo);
    const left = without === undefined ? undefined : and(bits, without);
    if (left === undefined || isEmpty(left)) continue;
    plain.set(left, axis.offset);
    narrowed.add(index);
  }
  return narrowed.size === narrow.length ? undefined : { words: plain, narrow: [...narrowed].sort((left, right) => left - right) };
}

function absentBits(space: Space, dimension: Dimension, size: number): Uint32Array | undefined {
  const atoms = mayBeLeftOut(dimension) ? space.atoms.get(dimension) : undefined;
  if (atoms === undefined) return undefined;
  const bits = emptyBits(size);
  for (const [atom, value] of atoms.representatives.entries()) if (value === null) add(bits, atom);
  return bits;
}
