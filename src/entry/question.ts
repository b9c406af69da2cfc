/** The flags of `explain` as one question; what is misspelt is told with what to write instead. */
import { InputError } from '#app/input-error.ts';
import type { Query } from '#posture/query.ts';
import { parseIp } from '#sets/ip.ts';
import type { readArguments } from './arguments.ts';

export const questionOptions = {
  from: { type: 'string' },
  to: { type: 'string' },
  port: { type: 'string' },
  protocol: { type: 'string' },
  method: { type: 'string' },
  path: { type: 'string' },
  host: { type: 'string' },
  sni: { type: 'string' },
  header: { type: 'string', multiple: true },
  claims: { type: 'string' },
  ip: { type: 'string' },
  given: { type: 'string', multiple: true },
} as const;

type Flags = ReturnType<typeof readArguments<typeof questionOptions>>['values'];

const protocols = ['http', 'https', 'tcp', 'tls', 'udp', 'sctp'] as const;

function protocolOf(text: string): (typeof protocols)[number] {
  const found = protocols.find((protocol) => protocol === text);
  if (found === undefined) throw new InputError(`\`--protocol ${text}\` is not a protocol`, `use one of ${protocols.join(', ')}`);
  return found;
}

function headersOf(lines: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    lines.map((line) => {
      const colon = line.indexOf(':', 1);
      if (colon < 0) throw new InputError(`\`--header ${line}\` has no value`, 'write it as `Name: value`');
      return [line.slice(0, colon).trim(), line.slice(colon + 1).trim()];
    }),
  );
}

function claimsOf(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    if (value !== null && typeof value === 'object' && !Array.isArray(value)) return { ...value };
  } catch {
    // Not JSON: the sentence below says so.
  }
  throw new InputError('`--claims` is not a JSON object', 'write it as \'{"iss": "https://issuer.example", "sub": "alice"}\'');
}

/** `KEY=true` or `KEY=false`, as an answer asks for it. */
function givenOf(lines: readonly string[]): Readonly<Record<string, boolean>> {
  return Object.fromEntries(
    lines.map((line) => {
      const match = /^(.+)=(true|false)$/u.exec(line);
      if (match === null) throw new InputError(`\`--given ${line}\` is not understood`, 'write it as `enrolment:NAMESPACE=true`, as an unknown answer names it');
      return [match[1] ?? '', match[2] === 'true'];
    }),
  );
}

/** `plaintext`, an identity (`td/ns/x/sa/y`), or a workload (`namespace/name`). */
function callerOf(text: string): Query['from'] {
  if (text === 'plaintext') return { principal: null };
  const identity = text.replace(/^spiffe:\/\//u, '');
  if (/^[^/]+\/ns\/(?:[^/]+|~.+)\/sa\/[^/]+$/u.test(identity)) return { principal: identity };
  if (text.startsWith('spiffe://') || text.includes('/ns/') || text.includes('/sa/')) throw new InputError(`\`--from ${text}\` is not an identity`, 'write it as `cluster.local/ns/NAMESPACE/sa/ACCOUNT`');
  return { workload: text };
}

/** A workload (`namespace/name`), `gateway:namespace/name`, the host of a Service, or an address outside the cluster. */
function targetOf(text: string): Omit<Query['to'], 'port'> {
  if (text.startsWith('gateway:')) return { gateway: text.slice('gateway:'.length) };
  if (text.includes('/')) return { workload: text };
  if (parseIp(text) !== undefined) return { ip: text };
  return text.includes('.') ? { host: text } : { workload: text };
}

function portOf(text: string): number {
  const port = Number(text);
  if (!Number.isInteger(port) || port < 1 || port > 65_535) throw new InputError(`\`--port ${text}\` is not a port`, 'give a number from 1 to 65535');
  return port;
}

function pathOf(text: string): string {
  if (!text.startsWith('/') && text !== '*') throw new InputError(`\`--path ${text}\` is not a path`, `it begins with a slash: \`--path /${text}\``);
  return text;
}

/** The question; its port is missing where no flag names one. */
export function questionOf(flags: Flags): Query | { readonly portless: Query['to']; readonly with: (port: number) => Query } {
  if (flags.to === undefined) throw new InputError('`explain` needs `--to`, or `--queries`', 'name the workload as `namespace/name`, with `--port` of its pods, or the host of a Service with the port of that');
  if (flags.ip !== undefined && parseIp(flags.ip) === undefined) throw new InputError(`\`--ip ${flags.ip}\` is not an address`, 'write it as `203.0.113.10`, without a port or a mask');
  const to = targetOf(flags.to);
  const from: Query['from'] = { ...callerOf(flags.from ?? 'plaintext'), ...(flags.ip === undefined ? {} : { ip: flags.ip }) };
  const request: Query['request'] = {
    protocol: protocolOf(flags.protocol ?? 'http'),
    ...(flags.method === undefined ? {} : { method: flags.method }),
    ...(flags.path === undefined ? {} : { path: pathOf(flags.path) }),
    ...(flags.host === undefined ? {} : { host: flags.host }),
    ...(flags.sni === undefined ? {} : { sni: flags.sni }),
    ...(flags.header === undefined ? {} : { headers: headersOf(flags.header) }),
    ...(flags.claims === undefined ? {} : { token: { valid: true, claims: claimsOf(flags.claims) } }),
  };
  const asked = (port: number): Query => ({ from, to: { ...to, port }, request, ...(flags.given === undefined ? {} : { given: givenOf(flags.given) }) });
  return flags.port === undefined ? { portless: { ...to, port: 0 }, with: asked } : asked(portOf(flags.port));
}
