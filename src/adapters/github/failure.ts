import { HostFailure, type HostFailureKind } from '#app/ports.ts';

interface RequestErrorLike {
  readonly status: number;
  readonly message: string;
  readonly response?: { readonly headers?: Readonly<Record<string, string | number | undefined>>; readonly data?: unknown };
}

export function isRequestError(error: unknown): error is RequestErrorLike & Error {
  return error instanceof Error && 'status' in error && typeof error.status === 'number';
}

/**
 * True where GitHub says "slower": 429, a 403 with `retry-after` or an empty quota, and a 422 whose error code is `abuse`
 * (rapid posting of comments is refused like that).
 * @see https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api#exceeding-the-rate-limit
 */
export function isRateLimit(error: RequestErrorLike): boolean {
  if (error.status === 429) return true;
  const headers = error.response?.headers ?? {};
  if (error.status === 403) {
    return headers['retry-after'] !== undefined || String(headers['x-ratelimit-remaining']) === '0' || /\b(secondary rate|abuse detection)\b/i.test(error.message);
  }
  return error.status === 422 && /\babuse\b/i.test(`${error.message} ${errorTexts(error.response?.data).join(' ')}`);
}

/** GitHub's own reasons of a 422: `errors` is a list of texts or of objects with `message`, `code`, `field`. */
export function errorTexts(data: unknown): readonly string[] {
  if (typeof data !== 'object' || data === null || !('errors' in data) || !Array.isArray(data.errors)) return [];
  return data.errors.map((entry: unknown) => {
    if (typeof entry === 'string') return entry;
    if (typeof entry !== 'object' || entry === null) return '';
    return ['message', 'field', 'code'].map((key) => (key in entry ? String((entry as Readonly<Record<string, unknown>>)[key]) : '')).filter((text) => text !== '').join(' ');
  }).filter((text) => text !== '');
}

function kindOf(error: RequestErrorLike): HostFailureKind {
  if (isRateLimit(error)) return 'rate-limited';
  if (error.status === 401 || error.status === 403) return 'forbidden';
  if (error.status === 404 || error.status === 410) return 'not-found';
  if (error.status === 422 || error.status === 413) return 'refused';
  return error.status >= 500 ? 'unavailable' : 'unexpected';
}

const meaning: Readonly<Record<HostFailureKind, string>> = {
  forbidden: 'the token may not do it',
  'not-found': 'it does not exist, or the token may not see it',
  refused: 'GitHub refused it',
  'rate-limited': 'GitHub asks to wait longer than this run may',
  unavailable: 'GitHub has a problem',
  unexpected: 'GitHub answered in an unexpected way',
};

/** @param doing what was tried, as in `list the changed files`. */
export function toHostFailure(doing: string, error: unknown): HostFailure {
  if (error instanceof HostFailure) return error;
  if (!isRequestError(error)) {
    return new HostFailure('unexpected', null, `could not ${doing}: ${error instanceof Error ? oneLine(error.message) : 'unknown reason'}`);
  }
  const kind = kindOf(error);
  const answered = error.response !== undefined;
  const reasons = errorTexts(error.response?.data).map(oneLine).join('; ');
  const detail = answered ? `${meaning[kind]} (${String(error.status)}${reasons === '' ? '' : `: ${reasons}`})` : `GitHub could not be reached: ${oneLine(error.message)}`;
  return new HostFailure(kind, answered ? error.status : null, `could not ${doing}: ${detail}`);
}

function oneLine(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length > 300 ? `${line.slice(0, 299)}…` : line;
}
