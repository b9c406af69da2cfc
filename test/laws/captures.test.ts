/** What a caller gains and loses by keeping a port from its own sidecar is told, no more and no less, in front of policies that stay. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compareText } from '#lib/order.ts';
import type { RawChange } from '#impact/raw-change.ts';
import type { Mesh, Workload } from '#mesh/model.ts';
import { portsDeclaredFor } from '#mesh/services.ts';
import { decide } from '#posture/answer.ts';
import { pointOf } from '#posture/point.ts';
import type { Query } from '#posture/query.ts';
import { pointIn } from '#sets/evaluate.ts';
import { meshes } from '../support/random-mesh/arbitrary.ts';
import { compared } from '../support/random-mesh/comparison-laws.ts';
import { fieldsAt } from '../support/random-mesh/fields.ts';
import type { Document } from '../support/random-mesh/manifests.ts';
import { randomQuery } from '../support/random-mesh/queries.ts';
import { Random } from '../support/random-mesh/random.ts';
import { meshesOf } from '../support/random-mesh/world.ts';
import { actionOf } from '../support/mesh-rewrites.ts';

const rank: Readonly<Record<string, number>> = { deny: 0, asks: 1, allow: 2 };

function annotated(document: Document, ports: string): Document {
  const template = fieldsAt(document, 'spec', 'template');
  const metadata = fieldsAt(document, 'spec', 'template', 'metadata');
  const annotations = { ...fieldsAt(document, 'spec', 'template', 'metadata', 'annotations'), 'traffic.sidecar.istio.io/excludeOutboundPorts': ports };
  return { ...document, spec: { ...fieldsAt(document, 'spec'), template: { ...template, metadata: { ...metadata, annotations } } } };
}

test('a caller that keeps ports from its sidecar: the regions told are the requests that it newly can, or no longer can, send', () => {
  const counts = { asked: 0, gained: 0, lost: 0, undecided: 0 };
  fc.assert(
    fc.property(meshes(), fc.integer({ min: 1, max: 1 << 30 }), (documents, seed) => {
      const random = new Random(seed);
      const base = documents.filter((document) => actionOf(document) !== 'CUSTOM');
      const workloads = base.filter(({ kind }) => kind === 'Deployment');
      if (workloads.length < 2) return;
      const caller = random.pick(workloads);
      const ports = random.pick(['80', '80,8080', '8080', '9000,80']);
      const head = base.map((document) => (document === caller ? annotated(document, ports) : document));
      const [before, after] = random.chance(0.5) ? [base, head] : [head, base];
      const sides = meshesOf({ base: before, head: after });
      const { changes, internalErrors } = compared(sides.base, sides.head);
      expect(internalErrors).toEqual([]);
      const { name, namespace } = fieldsAt(caller, 'metadata') as { readonly name: string; readonly namespace: string };
      const id = `${namespace}/${name}`;
      for (const change of changes) expect(change).toMatchObject({ facet: 'identity', callers: [`${id}[Deployment]`] });
      const destinations = [...sides.base.workloads.keys()].filter((each) => each !== id && sides.base.workloads.get(each)?.resource !== undefined).sort(compareText);
      if (destinations.length === 0) return;
      for (let index = 0; index < 30; index += 1) {
        const { from, ...asked } = randomQuery(random, destinations, [base]);
        if (asked.request.protocol === 'tls' || asked.request.protocol === 'https' || asked.to.workload === undefined) continue;
        // A sidecar knows pods by their Services alone (M50).
        const { workload = '', port } = asked.to;
        const byName = [sides.base, sides.head].flatMap((mesh) => portsDeclaredFor(mesh, workloadOf(mesh, workload)).map((declared) => declared.port));
        if (byName.length > 0 && !byName.includes(port)) continue;
        const query: Query = { from: { workload: id, ...(from.ip === undefined ? {} : { ip: from.ip }) }, ...asked };
        judge(query, sides, changes, counts);
      }
    }),
    { numRuns: 400, seed: 7 },
  );
  expect(counts.gained).toBeGreaterThan(10);
  expect(counts.lost).toBeGreaterThan(20);
  expect(counts.undecided).toBeLessThan(counts.gained + counts.lost);
}, 120_000);

function workloadOf(mesh: Mesh, id: string): Workload {
  const found = mesh.workloads.get(id);
  if (found === undefined) throw new Error(`no workload ${id}`);
  return found;
}

function judge(query: Query, sides: ReturnType<typeof meshesOf>, changes: readonly RawChange[], counts: { asked: number; gained: number; lost: number; undecided: number }): void {
  const [was, now] = [decide(sides.base, query), decide(sides.head, query)];
  if (was.verdict === 'unknown' || now.verdict === 'unknown') return;
  counts.asked += 1;
  const way = (rank[now.verdict] ?? 0) - (rank[was.verdict] ?? 0);
  for (const [direction, moved] of [['widened', way > 0], ['narrowed', way < 0]] as const) {
    const here = changes.filter(({ destination }) => destination.id === query.to.workload);
    const passing = direction === 'widened' ? sides.head : sides.base;
    const workload = passing.workloads.get(query.to.workload ?? '');
    const caller = passing.workloads.get(query.from.workload ?? '');
    if (workload === undefined || caller === undefined) continue;
    const identity = `${passing.config.trustDomain}/ns/${caller.namespace}/sa/${caller.serviceAccount}`;
    const points = [identity, null].flatMap((principal) => pointOf(passing, workload, { ...query, from: { ...query.from, principal } }) ?? []);
    if (points.length === 0) continue;
    const holding = (name: string): boolean => here.some((change) => change.direction === name && change.cubes.some((cube) => points.some((point) => pointIn(cube, point))));
    if (!moved) {
      expect({ query, direction, told: holding(direction) }).toEqual({ query, direction, told: false });
      continue;
    }
    if (holding(`undecided-${direction}`)) counts.undecided += 1;
    else expect({ query, direction, told: holding(direction) }).toEqual({ query, direction, told: true });
    counts[way > 0 ? 'gained' : 'lost'] += 1;
  }
}
