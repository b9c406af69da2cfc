import { createClient, type Client } from '#adapters/github/client.ts';
import { pullRequestHost } from '#adapters/github/pull-request.ts';
import type { Clock, PullRequestHost } from '#app/ports.ts';
import type { LoopbackGitHub } from './loopback-github.ts';

/** Time that passes only when somebody sleeps; all waits are kept. */
export class StoppedClock implements Clock {
  readonly sleeps: number[] = [];
  #now = Date.UTC(2026, 0, 2, 3, 4, 5);

  now(): number {
    return this.#now;
  }

  sleep(milliseconds: number): Promise<void> {
    this.sleeps.push(milliseconds);
    this.#now += milliseconds;
    return Promise.resolve();
  }
}

/** A client without pauses: retries follow at once. */
export function loopbackClient(github: LoopbackGitHub, clock: Clock = new StoppedClock(), patience = 90): Client {
  return createClient({ token: 'loopback-token', apiUrl: github.url, userAgent: 'mesh-posture/test', clock, writeSpacing: 0, patience });
}

export function loopbackPullRequest(github: LoopbackGitHub, number = 7, client: Client = loopbackClient(github)): PullRequestHost {
  return pullRequestHost(client, { owner: github.owner, repo: github.repo, number });
}
