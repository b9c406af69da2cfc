/** How long a run may wait for GitHub's rate limits, all requests together: after that the write is given up and named. */
export class WaitBudget {
  #left: number;

  constructor(seconds: number) {
    this.#left = seconds;
  }

  /** Takes the seconds if there are that many left. */
  take(seconds: number): boolean {
    if (seconds > this.#left) return false;
    this.#left -= seconds;
    return true;
  }
}
