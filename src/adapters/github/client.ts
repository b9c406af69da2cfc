import { retry } from '@octokit/plugin-retry';
import { throttling } from '@octokit/plugin-throttling';
import { Octokit } from '@octokit/rest';
import type { Clock } from '#app/ports.ts';
import { isRateLimit, isRequestError, toHostFailure } from './failure.ts';
import { Spacing } from './spacing.ts';
import { WaitBudget } from './wait-budget.ts';

export interface ClientOptions {
  readonly token: string;
  /** `GITHUB_API_URL`: on GitHub Enterprise Server it is not api.github.com. */
  readonly apiUrl: string;
  readonly userAgent: string;
  readonly clock: Clock;
  /** Milliseconds between two writes; three times as many between two that notify people. Also the unit of the back-off after a 5xx. */
  readonly writeSpacing: number;
  /** Seconds that all waits for rate limits may take together. */
  readonly patience: number;
  /** A fetch that knows the runner's proxy. */
  readonly fetch?: typeof fetch;
}

const requestTimeout = 30_000;

/** Makes every form of "slower" look like the one that the throttling plugin waits for. */
function readLimits(octokit: { readonly hook: Octokit['hook'] }): Record<string, never> {
  octokit.hook.error('request', (error) => {
    if (isRequestError(error) && isRateLimit(error)) {
      const headers = error.response?.headers ?? {};
      const quotaIsEmpty = String(headers['x-ratelimit-remaining']) === '0' && headers['retry-after'] === undefined;
      if (!quotaIsEmpty && !/\bsecondary rate\b/i.test(error.message)) error.message = `secondary rate limit: ${error.message}`;
      // The plugin looks at 403 and 429 only; a 422 with the code `abuse` means the same.
      if (error.status === 422) (error as { status: number }).status = 429;
    }
    throw error;
  });
  return {};
}

// The order matters: what is registered later wraps what was registered before. A retried request waits for its turn again.
const PoliteOctokit = Octokit.plugin(readLimits, throttling, retry);

export type Client = InstanceType<typeof PoliteOctokit>;

/** The one place where retry, throttling, address and user agent are set. */
export function createClient(options: ClientOptions): Client {
  const budget = new WaitBudget(options.patience);
  const send = options.fetch ?? fetch;
  const silent = (): void => undefined;
  const group = (distance: number): never =>
    // The plugin's type asks for a whole Bottleneck group; it calls `key().schedule()` only, which a test of ours pins.
    new Spacing(options.clock, distance) as never;
  return new PoliteOctokit({
    auth: options.token,
    baseUrl: options.apiUrl.replace(/\/+$/, ''),
    userAgent: options.userAgent,
    // A failed request is told once, by the caller that knows what it was for.
    log: { debug: silent, info: silent, warn: silent, error: silent },
    request: {
      fetch: (url: string, init: RequestInit) => send(url, { ...init, signal: AbortSignal.timeout(requestTimeout) }),
    },
    // 403 and 429 are the throttling plugin's; POST is never repeated blindly: see `once`.
    retry: { doNotRetry: [400, 401, 403, 404, 409, 410, 413, 422, 429, 451], retries: 3, retryAfterBaseValue: options.writeSpacing },
    throttle: {
      id: options.apiUrl,
      write: group(options.writeSpacing),
      notifications: group(3 * options.writeSpacing),
      onRateLimit: (seconds: number) => budget.take(seconds),
      onSecondaryRateLimit: (seconds: number) => budget.take(seconds),
    },
  });
}

/**
 * Request options of a POST: after a 5xx or a lost connection nobody knows whether GitHub took it, so repeating is the
 * caller's decision after looking again.
 */
export const once = { retries: 0 } as const;

/** Runs one request; what goes wrong becomes a `HostFailure` that says what was tried. */
export async function asking<T>(doing: string, request: () => Promise<T>): Promise<T> {
  try {
    return await request();
  } catch (error) {
    throw toHostFailure(doing, error);
  }
}
