/** `explain`: one request, or many, with every step, rule and object. */
import { InputError } from '#app/input-error.ts';
import { Citations } from '#app/cite.ts';
import { loadSnapshot, type LoadedEnvironment } from '#app/load.ts';
import { readQueries } from '#app/queries.ts';
import { statedMesh } from '#app/stated-mesh.ts';
import { resourceId, type AnyResource } from '#manifests/resource.ts';
import { buildMesh } from '#mesh/build.ts';
import { enrolmentKnowledge } from '#mesh/enrolment.ts';
import type { Mesh } from '#mesh/model.ts';
import { decide, workloadNamed } from '#posture/answer.ts';
import type { Query } from '#posture/query.ts';
import { explainText, type Explanation } from '#report/text/explain.ts';
import { readArguments } from '../arguments.ts';
import { configurationFor } from '../configuration.ts';
import { checkConfiguredNames } from '../configured-names.ts';
import { openTree, readNamed } from '../open.ts';
import { print, textOptions } from '../output.ts';
import { prepare } from '../rendering.ts';

const options = {
  from: { type: 'string' },
  to: { type: 'string' },
  port: { type: 'string' },
  protocol: { type: 'string' },
  method: { type: 'string' },
  path: { type: 'string' },
  host: { type: 'string' },
  header: { type: 'string', multiple: true },
  claims: { type: 'string' },
  tree: { type: 'string' },
  config: { type: 'string' },
  queries: { type: 'string' },
} as const;

type Flags = ReturnType<typeof readArguments<typeof options>>['values'];

const protocols = ['http', 'https', 'tcp', 'tls'] as const;

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

/** `plaintext`, an identity (`td/ns/x/sa/y`), or a workload (`namespace/name`). */
function callerOf(text: string): Query['from'] {
  if (text === 'plaintext') return { principal: null };
  return text.includes('/ns/') ? { principal: text } : { workload: text };
}

function queryOf(flags: Flags): Query {
  if (flags.to === undefined || flags.port === undefined) throw new InputError('`explain` needs `--to` and `--port`, or `--queries`', 'name the workload as `namespace/name` and the port of its pods');
  const port = Number(flags.port);
  if (!Number.isInteger(port) || port < 1 || port > 65_535) throw new InputError(`\`--port ${flags.port}\` is not a port`, 'give a number from 1 to 65535');
  return {
    from: callerOf(flags.from ?? 'plaintext'),
    to: { workload: flags.to, port },
    request: {
      protocol: protocolOf(flags.protocol ?? 'http'),
      ...(flags.method === undefined ? {} : { method: flags.method }),
      ...(flags.path === undefined ? {} : { path: flags.path }),
      ...(flags.host === undefined ? {} : { host: flags.host }),
      ...(flags.header === undefined ? {} : { headers: headersOf(flags.header) }),
      ...(flags.claims === undefined ? {} : { token: { valid: true, claims: claimsOf(flags.claims) } }),
    },
  };
}

interface NamedMesh {
  readonly environment: string;
  readonly mesh: Mesh;
}

export async function explain(args: readonly string[]): Promise<number> {
  const { values } = readArguments(args, options, 'none');
  const queries = values.queries === undefined ? [queryOf(values)] : readQueries(readNamed(values.queries), values.queries);
  const { pair, source } = await openTree(values.tree);
  const configuration = configurationFor(pair, values.config);
  const { config } = configuration;
  const prepared = await prepare(pair, config, source);
  checkConfiguredNames(configuration, pair, prepared.discovered);
  const loaded = loadSnapshot(prepared.pair.head, prepared.pair.blobs, config, { prepared });
  const meshes = loaded.environments.map(({ id, head }): NamedMesh => ({ environment: id, mesh: buildMesh(head.resources, { stated: statedMesh(config), knowledge: enrolmentKnowledge(config.mesh.rootNamespace ?? 'istio-system', head.resources) }) }));
  const locate = locator(loaded.environments, new Citations(prepared.pair));
  for (const query of queries) print(values.queries === undefined ? explained(query, meshes, locate) : answered(query, meshes));
  return 0;
}

type Locate = NonNullable<Explanation['locate']>;

/** Where an object is written. Environments that define it differently write it in several places: then its name alone is shown. */
function locator(environments: readonly LoadedEnvironment[], citations: Citations): Locate {
  const places = new Map<string, AnyResource | undefined>();
  for (const { head } of environments) {
    for (const resource of head.resources) {
      const id = resourceId(resource);
      const known = places.get(id);
      places.set(id, known === undefined && !places.has(id) ? resource : known === resource ? known : undefined);
    }
  }
  return (id) => {
    const resource = places.get(id);
    const place = resource === undefined ? undefined : citations.locate(resource, [], 'head');
    return place === undefined ? undefined : { file: place.file, line: place.startLine };
  };
}

/** Environments that have the destination; all of them where none has, so that the answer says why. */
function havingDestination(query: Query, meshes: readonly NamedMesh[]): readonly NamedMesh[] {
  const id = query.to.workload;
  if (id === undefined) return meshes;
  const found = meshes.filter(({ mesh }) => workloadNamed(mesh, id) !== undefined);
  if (found.length === 0) throw new InputError(`no manifest declares the workload \`${id}\``, 'name it as `namespace/name`; `mesh-posture environments` shows what was found');
  return found;
}

function explained(query: Query, meshes: readonly NamedMesh[], locate: Locate): string {
  const answers = havingDestination(query, meshes).map(({ environment, mesh }) => ({ ...(meshes.length > 1 ? { label: environment } : {}), decision: decide(mesh, query) }));
  return explainText({ query, answers, locate }, textOptions(false));
}

function answered(query: Query, meshes: readonly NamedMesh[]): string {
  const [first] = havingDestination(query, meshes);
  if (first === undefined) return JSON.stringify({ ...query, answer: null });
  return JSON.stringify({ ...query, answer: decide(first.mesh, query) });
}
