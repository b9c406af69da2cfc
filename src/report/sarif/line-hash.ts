/**
 * CodeQL's line hash, by which code scanning recognises an alert again when lines move: a rolling hash over 100 UTF-16 units from
 * the start of the line, blanks and tabs left out, with the number of its occurrence in the file.
 * @see https://github.com/github/codeql-action/blob/main/src/fingerprints.ts
 */
const blockSize = 100;
const multiplier = 37;
const lineFeed = 10;
const carriageReturn = 13;
const endOfFile = 65_535;
const word = 2 ** 32;

/** 64-bit unsigned arithmetic on two halves: every product stays below 2^53, and no big integers are made per character. */
interface Half {
  high: number;
  low: number;
}

/** `value * factor`, factor below 2^16. */
function times(value: Readonly<Half>, factor: number): Half {
  const low = value.low * factor;
  return { low: low % word, high: (value.high * factor + Math.floor(low / word)) % word };
}

function plus(left: Readonly<Half>, right: Readonly<Half>): Half {
  const low = left.low + right.low;
  return { low: low % word, high: (left.high + right.high + (low >= word ? 1 : 0)) % word };
}

function minus(left: Readonly<Half>, right: Readonly<Half>): Half {
  const low = left.low - right.low;
  return { low: low < 0 ? low + word : low, high: (left.high - right.high - (low < 0 ? 1 : 0) + 2 * word) % word };
}

function text(value: Readonly<Half>): string {
  return value.high === 0 ? value.low.toString(16) : value.high.toString(16) + value.low.toString(16).padStart(8, '0');
}

/** The weight of the character that leaves the window. */
const leaving: Half = Array.from({ length: blockSize }).reduce<Half>((product) => times(product, multiplier), { high: 0, low: 1 });

/** @returns the hash of line 1 first, `a7f2ff13bc495cf2:1`; a file that ends in a line break has one line more, the empty one */
export function lineHashes(content: string): readonly string[] {
  const hashes: string[] = [];
  const occurrences = new Map<string, number>();
  const window = new Uint16Array(blockSize);
  const starts = new Int32Array(blockSize).fill(-1);
  let hash: Half = { high: 0, low: 0 };
  let index = 0;
  let line = 0;
  let atStart = true;
  let afterReturn = false;

  const output = (): void => {
    const start = starts[index] ?? -1;
    if (start === -1) return;
    const value = text(hash);
    const count = (occurrences.get(value) ?? 0) + 1;
    occurrences.set(value, count);
    hashes[start] = `${value}:${String(count)}`;
    starts[index] = -1;
  };
  const shift = (current: number): void => {
    const begin = window[index] ?? 0;
    window[index] = current;
    hash = minus(plus(times(hash, multiplier), { high: 0, low: current }), times(leaving, begin));
    index = (index + 1) % blockSize;
  };
  const take = (unit: number): void => {
    // CR and CRLF count as one LF.
    if (unit === 32 || unit === 9 || (afterReturn && unit === lineFeed)) {
      afterReturn = false;
      return;
    }
    afterReturn = unit === carriageReturn;
    const current = afterReturn ? lineFeed : unit;
    output();
    if (atStart) {
      atStart = false;
      starts[index] = line;
      line += 1;
    }
    if (current === lineFeed) atStart = true;
    shift(current);
  };

  for (let at = 0; at < content.length; at += 1) take(content.charCodeAt(at));
  take(endOfFile);
  for (let at = 0; at < blockSize; at += 1) {
    output();
    shift(0);
  }
  return hashes;
}
