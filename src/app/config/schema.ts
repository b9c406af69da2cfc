/** `.github/mesh-posture.yml` (`docs/configuration.md`): every key, its allowed values and its default, in one place. */
import * as z from 'zod';
import { defaultMaxFiles } from '#trees/file-limit.ts';

/** R11. Concerns discovery only: what the configuration or a Flux or Argo CD object names is never ignored. */
export const defaultIgnore: readonly string[] = ['**/testdata/**', '**/node_modules/**', 'vendor/**'];

const text = z.string().min(1);
/** A path in the repository; never out of it. */
const path = z
  .string()
  .min(1)
  .refine((value) => !value.startsWith('/') && !value.split('/').includes('..'), { message: 'must be a path inside the repository' });
const namespaceName = z.string().regex(/^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?$/u, { message: 'must be the name of a namespace' });
const severity = z.enum(['critical', 'high', 'medium', 'low']);
const level = z.enum(['fail', 'warn', 'off']);

const helm = z.strictObject({
  release: text.optional(),
  namespace: namespaceName.optional(),
  /** Relative to the chart. */
  values: z.array(text).default([]),
  set: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).default({}),
  apiVersions: z.array(text).default([]),
  kubeVersion: text.optional(),
});

const unit = z.strictObject({
  path: path.describe('folder or file, from the root of the repository'),
  environment: text.optional().describe('the environment the unit runs in; without it, found by what the units define'),
  namespace: namespaceName.optional().describe('for objects that name none'),
  helm: helm.optional(),
  kustomize: z.strictObject({}).optional(),
});

const environment = z.strictObject({ units: z.array(path).default([]), context: z.array(path).default([]) });

const mesh = z.strictObject({
  istioVersion: z.string().regex(/^1\.[0-9]+(?:\.[0-9]+)?$/u, { message: 'must be a version such as `"1.31"`, in quotes' }).optional(),
  rootNamespace: namespaceName.optional(),
  trustDomain: text.optional(),
  defaultMtls: z.enum(['permissive', 'strict', 'disable']).optional(),
  enrolment: z.record(z.string(), z.enum(['sidecar', 'ambient', 'none', 'unknown'])).default({}),
});

const asset = z.strictObject({ workload: text, criticality: z.enum(['critical', 'high', 'medium', 'low']), owner: text.optional() });

const callers = z.union([text, z.array(text), z.strictObject({ except: z.array(text).min(1) })]);
const request = z.strictObject({
  methods: z.array(text).optional(),
  paths: z.array(text).optional(),
  hosts: z.array(text).optional(),
  ports: z.array(z.number().int().min(1).max(65535)).optional(),
  headers: z.record(z.string(), z.string()).optional(),
});
const claim = z.strictObject({ from: callers.optional(), to: text, request: request.optional(), mtls: z.enum(['strict', 'permissive']).optional() });
const invariant = z
  .strictObject({ name: text, never: claim.optional(), always: claim.optional(), only: claim.optional(), severity: severity.default('high') })
  .refine((value) => [value.never, value.always, value.only].filter((each) => each !== undefined).length === 1, { message: 'must have exactly one of `never`, `always` and `only`' });

const gates = z.strictObject({
  failOn: z.enum(['new', 'any', 'none']).default('new').describe('which findings fail the run'),
  severity: severity.default('high').describe('from which severity on'),
  incomplete: z.enum(['new', 'any', 'off']).default('new'),
  external: level.default('warn'),
  unreferenced: level.default('warn'),
  maturity: z.union([z.literal('off'), z.strictObject({ minimumScore: z.number().min(0).max(100).optional(), maximumDrop: z.number().min(0).max(100).optional() })]).default('off'),
  acceptance: z.array(text).default([]).describe('who may accept a change finding on a commit'),
});

/** A name on PATH, or an absolute path: the head of a pull request could replace a file of the repository. */
const tool = z.string().min(1).refine((value) => value.startsWith('/') || /^[A-Za-z]:[\\/]/u.test(value) || !/[\\/]/u.test(value), {
  message: 'must be a name on PATH or an absolute path outside the repository, which a pull request cannot replace',
});

export const suppressionSchema = z.strictObject({
  rule: z.string().min(1).describe('code or id of one rule, such as `MP103`'),
  resource: text.optional().describe('`Kind/namespace/name`, with `*`, `?` and `**`'),
  fingerprint: z.string().regex(/^[0-9a-f]{16}$/u, { message: 'must be the 16 hexadecimal digits of a finding' }).optional(),
  environment: text.optional(),
  reason: z.string().min(10).describe('at least 10 characters'),
  expires: z.string().regex(/^[0-9]{4}-[0-9]{2}-[0-9]{2}$/u).describe('the last day, at most 365 days ahead'),
  owner: text.optional(),
});

export const configSchema = z.strictObject({
  units: z.array(unit).default([]),
  ignore: z.array(text).default([...defaultIgnore]),
  environments: z.record(z.string().min(1), environment).default({}),
  context: z.array(path).default([]),
  mesh: mesh.prefault({}),
  assets: z.array(asset).default([]),
  invariants: z.array(invariant).default([]),
  gates: gates.prefault({}),
  evidence: z.array(path).default([]),
  tools: z.strictObject({ kustomize: tool.optional(), helm: tool.optional() }).default({}),
  suppressions: z.array(suppressionSchema).default([]),
  limits: z
    .strictObject({
      workPerSeed: z.number().int().min(1).default(200_000),
      seconds: z.number().min(1).default(120),
      files: z.number().int().min(1).default(defaultMaxFiles),
    })
    .prefault({}),
});

export type ParsedConfig = z.output<typeof configSchema>;

/** What editors and the documentation use; published beside the report's schema. */
export function configJsonSchema(): Readonly<Record<string, unknown>> {
  return z.toJSONSchema(configSchema, { io: 'input', target: 'draft-7' });
}
