/** A small seeded generator: equal seeds give equal benchmarks on every machine. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9) | 0;
    const mixed = Math.imul(state ^ (state >>> 12), 0x297a2d39);
    return ((mixed ^ (mixed >>> 15)) >>> 0) / 2 ** 32;
  };
}

export interface Pick {
  readonly of: <T>(values: readonly T[]) => T;
  readonly below: (limit: number) => number;
}

export function picker(seed: number): Pick {
  const next = random(seed);
  const below = (limit: number): number => Math.floor(next() * limit);
  return { below, of: (values) => values[below(values.length)]! };
}
