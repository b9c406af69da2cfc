import type { Clock } from '#app/ports.ts';

/**
 * Keeps a least distance between the starts of requests of one kind, one after the other.
 * GitHub asks for at least one second between writes.
 * @see https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api#pause-between-mutative-requests
 *
 * It has the part of a Bottleneck group that `@octokit/plugin-throttling` uses, so that the distance is ours to set.
 */
export class Spacing {
  readonly #clock: Clock;
  readonly #distance: number;
  #free = 0;

  constructor(clock: Clock, distance: number) {
    this.#clock = clock;
    this.#distance = distance;
  }

  key(): { schedule: <A extends readonly unknown[], R>(options: unknown, job: (...args: A) => Promise<R>, ...args: A) => Promise<R> } {
    return {
      schedule: async (_options, job, ...args) => {
        const now = this.#clock.now();
        const start = Math.max(now, this.#free);
        this.#free = start + this.#distance;
        if (start > now) await this.#clock.sleep(start - now);
        return job(...args);
      },
    };
  }
}
