/** Whether two words of a region can mean one value: what is excepted need not be said of values that it does not take anything from. */
import { blockRange, parseCidr } from '#sets/ip.ts';

/** First and last of a block of addresses, of a range of ports or of a single one. */
function spanOf(word: string): readonly [bigint, bigint] | undefined {
  const [, first, last = first] = /^(\d{1,5})(?:-(\d{1,5}))?$/u.exec(word) ?? [];
  if (first !== undefined && last !== undefined) return [BigInt(first), BigInt(last)];
  const block = parseCidr(word);
  return block === undefined ? undefined : blockRange(block);
}

/** Means nothing but itself: no pattern, no words of ours, and no block of addresses or range of ports. */
export function standsForItself(word: string): boolean {
  return !/[*{ ]/.test(word) && !/^[\da-f:.\/-]*$/i.test(word);
}

/** No value is meant by both words. Unsure is no. */
export function areApart(left: string, right: string): boolean {
  if (left.startsWith('*') || right.startsWith('*') || /[ {]/.test(left) || /[ {]/.test(right)) return false;
  const [within, other] = [spanOf(left), spanOf(right)];
  if (within !== undefined && other !== undefined) return within[1] < other[0] || other[1] < within[0];
  const [one, another] = [left.replace(/\*$/, ''), right.replace(/\*$/, '')];
  if (left.endsWith('*') && right.endsWith('*')) return !one.startsWith(another) && !another.startsWith(one);
  if (left.endsWith('*')) return !another.startsWith(one);
  return right.endsWith('*') ? !one.startsWith(another) : one !== another;
}
