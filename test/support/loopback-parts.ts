/** What the loopback GitHub is made of besides its routes: faults, stored comments, refusals, small helpers. */
import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';

export type Fields = Readonly<Record<string, unknown>>;

export type FaultAnswer =
  | { readonly type: 'status'; readonly status: number; readonly message: string; readonly headers?: Readonly<Record<string, string>>; readonly errors?: readonly unknown[] }
  /** The connection breaks before, or after, GitHub has done what was asked. */
  | { readonly type: 'reset'; readonly accepted: boolean };

export interface Fault {
  /** Matched against `METHOD /path`. */
  readonly on: RegExp;
  /** How often; default always. */
  readonly times?: number;
  readonly answer: FaultAnswer;
}

export const readOnlyToken: Fault = { on: /^(POST|PATCH|DELETE) \/repos/, answer: { type: 'status', status: 403, message: 'Resource not accessible by integration' } };
export const noCodeScanning: Fault = { on: /code-scanning/, answer: { type: 'status', status: 403, message: 'Advanced Security must be enabled for this repository to use code scanning.' } };

export interface StoredComment {
  readonly id: number;
  readonly author: string;
  body: string;
  readonly path: string;
  line: number | null;
  readonly side: 'LEFT' | 'RIGHT';
  readonly startLine: number | null;
  readonly wholeFile: boolean;
  readonly replyTo: number | null;
}

export interface StoredIssueComment {
  readonly id: number;
  readonly author: string;
  body: string;
}

/** What GitHub answers instead of doing it. */
export class Refusal extends Error {
  readonly status: number;
  readonly errors: readonly unknown[];
  constructor(status: number, message: string, errors: readonly unknown[] = []) {
    super(message);
    this.status = status;
    this.errors = errors;
  }
}

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function found<T>(value: T | undefined): T {
  if (value === undefined) throw new Refusal(404, 'Not Found');
  return value;
}

export function removeById(comments: { readonly id: number }[], id: number): void {
  const index = comments.findIndex((comment) => comment.id === id);
  if (index < 0) throw new Refusal(404, 'Not Found');
  comments.splice(index, 1);
}

export function user(login: string): Fields {
  return { login, id: 41_898_282, type: login.endsWith('[bot]') ? 'Bot' : 'User' };
}

export function sarifSchema(): ReturnType<Ajv2020['compile']> {
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  addFormats.default(ajv);
  return ajv.compile(JSON.parse(readFileSync(new URL('../../node_modules/@microsoft/sarif-multitool-linux/sarif-2.1.0.json', import.meta.url), 'utf8')) as Fields);
}
