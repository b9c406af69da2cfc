/** The comparison of calls tells every recorded call that the loss, or the return, of one object makes otherwise, and names its caller. */
import { expect, test } from 'vitest';
import { readManifests } from '#app/scenarios.ts';
import { comparedCalls } from '#impact/calls.ts';
import { callKinds } from '#impact/calls-touched.ts';
import { buildMesh } from '#mesh/build.ts';
import type { Mesh } from '#mesh/model.ts';
import { outboundCall } from '#posture/outbound-call.ts';
import type { Query } from '#posture/query.ts';
import { knownServices } from '#semantics/outbound/services.ts';
import { fixture, linesOf } from '../conformance/recordings.ts';

interface Scenario {
  readonly id: string;
  readonly manifests: string;
  readonly queries: readonly Query[];
}

const strength: Readonly<Record<string, number>> = { mtls: 3, tls: 2, plaintext: 1, passthrough: 1 };

/** Where the call comes to, with what strength; `undefined`: not known. */
function places(mesh: Mesh, { from, to, request }: Query): ReadonlyMap<string, number> | undefined {
  const ends = outboundCall(mesh, { from, to, request }).ends?.();
  if (ends === undefined) return undefined;
  const found = new Map<string, number>();
  for (const { workload, sends } of ends) if (workload !== undefined) found.set(workload, Math.min(found.get(workload) ?? 3, strength[sends] ?? 0));
  return found;
}

test('each call that one object decides is told at its pods, in both directions', () => {
  const kinds: readonly string[] = callKinds;
  const counts = { pairs: 0, told: 0, open: 0 };
  const missing: string[] = [];
  for (const scenario of linesOf(fixture('traffic.jsonl')).map((line) => JSON.parse(line) as Scenario)) {
    const objects = readManifests(scenario.manifests);
    const whole = buildMesh(objects, { world: 'closed' });
    for (const object of objects.filter(({ kind }) => kinds.includes(kind))) {
      const less = buildMesh(objects.filter((other) => other !== object), { world: 'closed' });
      counts.pairs += 1;
      for (const [base, head] of [[whole, less], [less, whole]] as const) {
        const { changes, open } = comparedCalls({ environment: 'recorded', base, head, renamed: new Map() });
        for (const query of scenario.queries) {
          const { host, port } = query.to;
          const { path = '/', host: authority, headers } = query.request;
          const isKnown = (mesh: Mesh): boolean => knownServices(mesh).some((service) => service.host === host && service.ports.some(({ number, protocol }) => number === port && (protocol === 'http') === (query.request.protocol === 'http')));
          if (host === undefined || query.request.protocol === 'tls' || authority !== undefined || headers !== undefined || !isKnown(base) || !isKnown(head)) continue;
          const [before, after] = [places(base, query), places(head, query)];
          if (before === undefined || after === undefined) continue;
          for (const workload of new Set([...before.keys(), ...after.keys()])) {
            if ((before.get(workload) ?? 0) === (after.get(workload) ?? 0) || workload === query.from.workload) continue;
            const here = changes.filter((change) => change.destination.id === workload && change.call?.query.to.host === host && change.call.query.to.port === port && change.callers?.includes(`${query.from.workload ?? ''}[Deployment]`) === true);
            if (here.length > 0) counts.told += 1;
            else if (open.has(`${host}:${String(port)}`)) counts.open += 1;
            else missing.push(`${scenario.id} ${object.kind}/${object.name} ${query.from.workload ?? ''} → ${host}:${String(port)}${path} at ${workload}: ${String(before.get(workload))} > ${String(after.get(workload))}`);
          }
        }
      }
    }
  }
  expect(missing.slice(0, 5)).toEqual([]);
  expect(counts.pairs).toBeGreaterThan(100);
  expect(counts.told).toBeGreaterThan(50);
  expect(counts.open).toBeLessThan(counts.told);
}, 120_000);
