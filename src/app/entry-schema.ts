/** Every field that a question, an expected answer and an entry of `test` may have (`docs/questions.md`): a misspelt one is an error, never an answer. */
import * as z from 'zod';
import { describeIssues, type Path } from './config/problems.ts';

const labels = z.record(z.string(), z.string());
const flagOf = z.boolean().optional();
const textOf = z.string().optional();
const portOf = z.int().min(1).max(65_535);

/** At least one of the fields that say whom or what is meant. */
function oneOf(names: readonly string[]): { readonly message: string } {
  return { message: `must say ${names.map((name) => `\`${name}\``).join(', ')}`.replace(/, (?=[^,]*$)/u, ' or ') };
}

const callers = ['principal', 'workload', 'outside', 'ip', 'pod'] as const;
const targets = ['workload', 'host', 'selector', 'gateway', 'ip'] as const;

const from = z
  .strictObject({
    principal: z.string().nullable().optional(),
    workload: textOf,
    outside: flagOf,
    ip: textOf,
    pod: z.strictObject({ namespace: z.string(), labels, namespaceLabels: labels.optional() }).optional(),
    direct: flagOf,
    client: z.enum(['sidecar', 'ambient']).optional(),
    certificate: z.strictObject({ by: z.string(), sans: z.array(z.string()).optional() }).optional(),
  })
  .refine((value) => callers.some((name) => value[name] !== undefined), oneOf(callers));

const to = z
  .strictObject({ workload: textOf, host: textOf, selector: z.strictObject({ namespace: z.string(), labels }).optional(), gateway: textOf, backend: textOf, as: z.strictObject({ path: z.string(), host: z.string() }).optional(), ip: textOf, port: portOf })
  .refine((value) => targets.some((name) => value[name] !== undefined), oneOf(targets));

const request = z.strictObject({
  protocol: z.enum(['http', 'https', 'tcp', 'tls', 'udp', 'sctp']),
  sni: textOf,
  method: textOf,
  path: textOf,
  host: textOf,
  headers: labels.optional(),
  token: z.strictObject({ valid: z.boolean(), claims: z.record(z.string(), z.unknown()).optional(), in: textOf, prefix: textOf }).optional(),
});

const hop = z.strictObject({ at: textOf, peer: z.string().nullable().optional(), request: z.unknown().optional(), verdict: textOf, layer: textOf, by: z.array(z.string()).optional(), enforcedAt: textOf });

const answer = z
  .strictObject({
    verdict: z.enum(['allow', 'asks', 'deny', 'unknown', 'redirect', 'mtls', 'tls', 'plaintext', 'passthrough', 'blocked']).optional(),
    layer: z.enum(['none', 'protocol', 'mtls', 'network-policy', 'authentication', 'authorization', 'external-authorization', 'routing']).optional(),
    by: z.array(z.string()).optional(),
    enforcedAt: z.enum(['sidecar', 'ztunnel', 'waypoint', 'gateway', 'none']).optional(),
    passthrough: flagOf,
    provider: textOf,
    via: textOf,
    hops: z.array(hop).optional(),
    rule: textOf,
    missing: textOf,
    backend: z.union([z.string(), z.array(z.strictObject({ to: z.string(), weight: z.number() }))]).optional(),
    forwarded: z.strictObject({ path: textOf, host: textOf }).optional(),
    location: textOf,
    tls: z.enum(['terminated', 'passthrough']).optional(),
    sni: textOf,
    clientCertificate: flagOf,
    endpoints: z.record(z.string(), z.string()).optional(),
  })
  .refine((value) => Object.keys(value).length > 0, { message: 'must say at least one field, such as `verdict`' });

const ports = z.array(z.int()).optional();
const names = z.array(z.string()).optional();
const membership = z.strictObject({
  mode: z.enum(['sidecar', 'gateway', 'proxyless', 'ambient', 'none', 'rejected']),
  by: z.enum(['injector', 'cni']).optional(),
  revision: textOf,
  native: flagOf,
  tlsMode: textOf,
  hbone: flagOf,
  inboundCaptured: z.strictObject({ mode: z.enum(['all', 'listed', 'none']), exclude: ports, include: ports, excludeInterfaces: names, rerouted: names }).optional(),
  outboundCaptured: z.strictObject({ mode: z.enum(['all', 'listed', 'none']), includeRanges: names, excludeRanges: names, includePorts: ports, excludePorts: ports, excludeInterfaces: names, bypass: names }).optional(),
});

const question = { from, to, request, given: z.record(z.string(), z.boolean()).optional() };
const questionSchema = z.strictObject({ ...question, expect: answer });
const podSchema = z.strictObject({ pod: z.string(), expect: membership });
const moveSchema = z.strictObject({ ...question, expect: z.strictObject({ base: answer, head: answer }) });
/** A witness of a report, an entry's question or a bare one: what is expected is not asked about. */
const askedSchema = z.strictObject({ ...question, expect: z.unknown().optional(), base: z.unknown().optional(), head: z.unknown().optional() });

const described = { id: textOf, about: textOf };
const queries = z.array(z.unknown()).min(1);
const entrySchemas = {
  scenario: z.strictObject({ ...described, manifests: z.string(), queries }),
  tree: z.strictObject({ ...described, tree: z.string(), environment: textOf, queries }),
  change: z.strictObject({ ...described, edit: textOf, noise: flagOf, headRefused: flagOf, base: z.string(), head: z.string(), queries }),
  validation: z.strictObject({ ...described, manifest: z.string(), accepted: z.boolean(), by: z.enum(['crd', 'strict-fields', 'webhook']).optional(), message: textOf, warnings: z.array(z.unknown()).optional() }),
};

export type EntryKind = keyof typeof entrySchemas;

/** What is wrong, and where in the entry: `['queries', 0, 'from', 'principle']`. */
export interface EntryProblem {
  readonly path: Path;
  /** One sentence. */
  readonly message: string;
}

/** The first problem of a query on its own; its fields are named from the query on. */
export function questionProblem(value: unknown): EntryProblem | undefined {
  return problemIn(askedSchema, value);
}

export function kindOfEntry(value: object): EntryKind | undefined {
  if ('tree' in value) return 'tree';
  if ('manifests' in value) return 'scenario';
  if ('base' in value || 'head' in value) return 'change';
  return 'manifest' in value ? 'validation' : undefined;
}

/** The first problem of an entry; queries are numbered from 1. */
export function entryProblem(kind: EntryKind, value: Readonly<Record<string, unknown>>): EntryProblem | undefined {
  const own = problemIn(entrySchemas[kind], value);
  if (own !== undefined) return own;
  const asked = Array.isArray(value['queries']) ? (value['queries'] as readonly unknown[]) : [];
  for (const [index, query] of asked.entries()) {
    const schema = kind === 'change' ? moveSchema : query !== null && typeof query === 'object' && 'pod' in query ? podSchema : questionSchema;
    const found = problemIn(schema, query);
    if (found !== undefined) return { path: ['queries', index, ...found.path], message: `query ${String(index + 1)}: ${found.message}` };
  }
  return undefined;
}

function problemIn(schema: z.ZodType, value: unknown): EntryProblem | undefined {
  const parsed = schema.safeParse(value);
  if (parsed.success) return undefined;
  const found = describeIssues(parsed.error.issues, schema, value);
  // A misspelt key is the cause of what is missing.
  const first = found.find((each) => each.atKey) ?? found[0];
  return first === undefined ? { path: [], message: 'not understood' } : { path: first.path, message: first.path.length === 0 && !first.atKey ? first.message.replace('``', 'it') : first.message };
}
