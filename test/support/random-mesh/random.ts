/** A seeded source of random choices: equal seeds give equal worlds on every machine. */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
    // Neighbouring seeds begin alike; a few steps part them.
    for (let step = 0; step < 4; step += 1) this.#next();
  }

  /** mulberry32. */
  #next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  }

  /** A whole number from `low` to `high`, both included. */
  between(low: number, high: number): number {
    return low + (this.#next() % (high - low + 1));
  }

  chance(probability: number): boolean {
    return this.#next() / 4_294_967_296 < probability;
  }

  pick<T>(list: readonly T[]): T {
    const found = list[this.between(0, list.length - 1)];
    if (found === undefined) throw new Error('nothing to pick from');
    return found;
  }

  /** Each entry weighs what stands before it. */
  weighted<T>(entries: readonly (readonly [number, T])[]): T {
    let left = this.between(1, entries.reduce((sum, [weight]) => sum + weight, 0));
    for (const [weight, value] of entries) {
      left -= weight;
      if (left <= 0) return value;
    }
    throw new Error('nothing to pick from');
  }

  /** `low` to `high` different entries. */
  some<T>(list: readonly T[], low: number, high: number): T[] {
    const rest = [...list];
    const found: T[] = [];
    for (let wanted = Math.min(this.between(low, high), rest.length); wanted > 0; wanted -= 1) found.push(...rest.splice(this.between(0, rest.length - 1), 1));
    return found;
  }

  shuffled<T>(list: readonly T[]): T[] {
    return this.some(list, list.length, list.length);
  }
}
