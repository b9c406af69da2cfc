/** `explain`: one request, or many, with every step, rule and place: on one tree, or on both sides of a change. */
import { changeOf } from '#app/change-of.ts';
import { Citations } from '#app/cite.ts';
import { InputError } from '#app/input-error.ts';
import { loadSnapshot } from '#app/load.ts';
import { readQueries } from '#app/queries.ts';
import { checkWorkloads, onlyPort, portNotes } from '#app/question-check.ts';
import { review } from '#app/review.ts';
import { statedMesh } from '#app/stated-mesh.ts';
import type { DescribedChange } from '#impact/describe.ts';
import { resourceId, type AnyResource } from '#manifests/resource.ts';
import { buildMesh } from '#mesh/build.ts';
import { enrolmentKnowledge } from '#mesh/enrolment.ts';
import type { Mesh } from '#mesh/model.ts';
import { answer, decide, workloadNamed } from '#posture/answer.ts';
import { callBehind } from '#posture/outbound-call.ts';
import type { Query } from '#posture/query.ts';
import { explainText, type Explanation } from '#report/text/explain.ts';
import { readArguments } from '../arguments.ts';
import { configurationFor } from '../configuration.ts';
import { checkConfiguredNames } from '../configured-names.ts';
import { openPair, openTree } from '../open.ts';
import { print, textOptions } from '../output.ts';
import { questionOf, questionOptions } from '../question.ts';
import { readNamed } from '../read-named.ts';
import { prepare } from '../rendering.ts';
import { today } from '../run.ts';
import { version } from '../version.ts';

const options = {
  ...questionOptions,
  tree: { type: 'string' },
  base: { type: 'string' },
  head: { type: 'string' },
  config: { type: 'string' },
  queries: { type: 'string' },
} as const;

type Side = 'base' | 'head';

/** One mesh that may be asked. */
interface Place {
  readonly environment: string;
  readonly side: Side;
  readonly mesh: Mesh;
  readonly resources: readonly AnyResource[];
}

interface Places {
  readonly all: readonly Place[];
  /** Both sides of a change. */
  readonly compared: boolean;
  readonly environments: number;
  readonly changes: readonly DescribedChange[];
  readonly locate: NonNullable<Explanation['locate']>;
}

export async function explain(args: readonly string[]): Promise<number> {
  const { values } = readArguments(args, options, 'none');
  const question = values.queries === undefined ? questionOf(values) : undefined;
  const places = values.base === undefined && values.head === undefined ? await oneTree(values.tree, values.config) : await twoTrees(values);
  const meshes = places.all.map(({ mesh }) => mesh);
  if (question === undefined) {
    for (const query of readQueries(readNamed(values.queries ?? ''), values.queries ?? '')) print(answered(query, places));
    return 0;
  }
  if ('portless' in question) checkWorkloads(question.with(1), meshes);
  const query = 'portless' in question ? question.with(onlyPort(question.portless, meshes)) : question;
  print(explained(query, places));
  return 0;
}

async function oneTree(tree: string | undefined, configFile: string | undefined): Promise<Places> {
  const { pair, source } = await openTree(tree, configFile);
  const configuration = configurationFor(pair, configFile);
  const { config } = configuration;
  const prepared = await prepare(pair, config, source);
  checkConfiguredNames(configuration, pair, prepared.discovered);
  const loaded = loadSnapshot(prepared.pair.head, prepared.pair.blobs, config, { prepared });
  const all = loaded.environments.map(({ id, head }): Place => ({
    environment: id,
    side: 'head',
    mesh: buildMesh(head.resources, { stated: statedMesh(config), knowledge: enrolmentKnowledge(config.mesh.rootNamespace ?? 'istio-system', head.resources) }),
    resources: head.resources,
  }));
  return { all, compared: false, environments: all.length, changes: [], locate: locator(all, new Citations(prepared.pair)) };
}

/** The meshes, and the changes, that `review` sees. */
async function twoTrees({ base, head, tree, config: configFile }: { readonly base?: string; readonly head?: string; readonly tree?: string; readonly config?: string }): Promise<Places> {
  if (base === undefined || head === undefined) throw new InputError(`\`--${base === undefined ? 'head' : 'base'}\` needs \`--${base === undefined ? 'base' : 'head'}\` beside it`, 'name both sides, or one tree with `--tree`');
  if (tree !== undefined) throw new InputError('`--tree` and `--base` do not go together', 'name one tree with `--tree`, or both sides with `--base` and `--head`');
  const opened = await openPair(base, head, configFile);
  const configuration = configurationFor(opened.pair, configFile);
  const { config, proposed, file, notYet } = configuration;
  const prepared = await prepare(opened.pair, config, opened.source);
  checkConfiguredNames(configuration, opened.pair, prepared.discovered);
  const outcome = review({ pair: opened.pair, prepared, comparison: opened.comparison, config, proposed, configFile: file, notYet, today: today(), version });
  const all = outcome.compared.environments.flatMap(({ loaded, base: before, head: after }): readonly Place[] => [
    { environment: loaded.id, side: 'base', mesh: before, resources: loaded.base.resources },
    { environment: loaded.id, side: 'head', mesh: after, resources: loaded.head.resources },
  ]);
  return { all, compared: true, environments: outcome.compared.environments.length, changes: outcome.changes, locate: locator(all, new Citations(prepared.pair)) };
}

/** Where an object is written. Environments that define it differently write it in several places: then its name alone is shown. */
function locator(all: readonly Place[], citations: Citations): Places['locate'] {
  const places = new Map<string, AnyResource | undefined>();
  for (const { side, resources } of all) {
    for (const resource of resources) {
      const id = `${side} ${resourceId(resource)}`;
      const known = places.get(id);
      places.set(id, known === undefined && !places.has(id) ? resource : known === resource ? known : undefined);
    }
  }
  return (id, path = [], side = 'head') => {
    const resource = places.get(`${side} ${id}`);
    const place = resource === undefined ? undefined : citations.locate(resource, path, side);
    return place === undefined ? undefined : { file: place.file, line: place.startLine };
  };
}

/** Where the destination is; all of them where the question names no workload. */
function having(query: Query, { all }: Places): readonly Place[] {
  checkWorkloads(query, all.map(({ mesh }) => mesh));
  const id = query.to.workload;
  return id === undefined ? all : all.filter(({ mesh }) => workloadNamed(mesh, id) !== undefined);
}

function explained(query: Query, places: Places): string {
  const here = having(query, places);
  const several = places.environments > 1;
  const answers = here.map(({ environment, side, mesh }) => {
    const label = [...(places.compared ? [side] : []), ...(several ? [places.compared ? `in ${environment}` : environment] : [])].join(' ');
    const call = callBehind(mesh, query);
    return { ...(call === undefined ? {} : { call }), ...(label === '' ? {} : { label }), ...(places.compared ? { side, ...(several ? { environment } : {}) } : {}), decision: decide(mesh, query) };
  });
  const change = changeIn(query, here, places.changes);
  const notes = portNotes(query, here.map(({ mesh }) => mesh));
  return explainText({ query, answers, locate: places.locate, notes, ...(change === undefined ? {} : { change }) }, textOptions(false));
}

function changeIn(query: Query, here: readonly Place[], changes: readonly DescribedChange[]): Explanation['change'] {
  for (const { environment, side, mesh: base } of here) {
    const head = here.find((other) => other.environment === environment && other.side === 'head')?.mesh;
    if (side !== 'base' || head === undefined) continue;
    const found = changeOf(query, { environment, base, head, answers: { base: decide(base, query), head: decide(head, query) } }, changes);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** One line of JSON: `answer`, or `base` and `head` where two trees are compared; `call`, alike, where the sidecar of a declared workload calls. */
function answered(query: Query, places: Places): string {
  const here = having(query, places);
  const mesh = (side: Side): Mesh | undefined => here.find((each) => each.side === side)?.mesh;
  const onSide = (side: Side): unknown => { const asked = mesh(side); return asked === undefined ? null : answer(asked, query); };
  const calling = (side: Side): unknown => { const asked = mesh(side); return asked === undefined ? undefined : callBehind(asked, query); };
  const [before, after] = [places.compared ? calling('base') : undefined, calling('head')];
  const call = before === undefined && after === undefined ? {} : { call: places.compared ? { base: before ?? null, head: after ?? null } : after };
  return JSON.stringify(places.compared ? { ...query, base: onSide('base'), head: onSide('head'), ...call } : { ...query, answer: onSide('head'), ...call });
}
