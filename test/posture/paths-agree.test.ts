import { existsSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { afterAll, describe, expect, test } from 'vitest';
import { closedMesh, readManifests } from '../../src/app/scenarios.ts';
import { decide, workloadNamed } from '../../src/posture/answer.ts';
import { pathsTo, type DestinationPosture } from '../../src/posture/paths.ts';
import { pointOf, queryOf } from '../../src/posture/point.ts';
import type { Query } from '../../src/posture/query.ts';
import { passes } from '../../src/sets/evaluate.ts';

const shared = new URL('../../../shared/conformance/', import.meta.url);

interface Scenario {
  readonly id: string;
  readonly manifests: string;
  readonly queries: readonly Query[];
}

function scenarios(file: URL): Scenario[] {
  const bytes = readFileSync(file);
  const text = (file.pathname.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8');
  return text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Scenario);
}

interface Compared {
  readonly compared: number;
  readonly outside: number;
  readonly differing: readonly unknown[];
  readonly lostOnTheWayBack: readonly unknown[];
}

function compare({ id, manifests, queries }: Scenario): Compared {
  const differing: unknown[] = [];
  const lostOnTheWayBack: unknown[] = [];
  let [compared, outside] = [0, 0];
  const mesh = closedMesh(readManifests(manifests));
  const postures = new Map<string, DestinationPosture>();
  for (const query of queries) {
    const workload = workloadNamed(mesh, query.to.workload ?? '');
    if (workload === undefined) throw new Error(`${id} names no declared workload`);
    const posture = postures.get(workload.id) ?? pathsTo(mesh, workload);
    postures.set(workload.id, posture);
    const point = pointOf(mesh, workload, query, posture);
    const decided = decide(mesh, query).verdict;
    if (point === undefined) {
      outside += 1;
      expect(decided).toBe('deny');
      continue;
    }
    compared += 1;
    const verdict = passes(posture.sure, point) ? 'allow' : passes(posture.possible, point) ? 'asks' : 'deny';
    if (verdict !== decided) differing.push({ id, query, decided, verdict });
    const back = queryOf(workload, point);
    const again = decide(mesh, back).verdict;
    if (again !== decided) lostOnTheWayBack.push({ id, query, back, decided, again });
  }
  return { compared, outside, differing, lostOnTheWayBack };
}

const met = { compared: 0, outside: 0 };

describe('the layers at a question’s point give the verdict that `decide` gives', () => {
  test.each(scenarios(new URL('../../fixtures/conformance/sidecar.jsonl', import.meta.url)).map((scenario) => [scenario] as const))('for the recorded questions of a sample’s mesh, and the point leads back to the question', (scenario) => {
    const { compared, outside, differing, lostOnTheWayBack } = compare(scenario);
    met.compared += compared;
    met.outside += outside;
    expect(differing).toEqual([]);
    expect(lostOnTheWayBack).toEqual([]);
  });

  afterAll(() => {
    expect(met.compared).toBeGreaterThan(700);
    expect(met.outside).toBeLessThan(10);
  });

  for (const name of ['sidecar/handmade.jsonl', 'sidecar/random.jsonl.gz']) {
    const file = new URL(name, shared);
    test.skipIf(!existsSync(file))(`for all recorded questions of ${name} (skipped without the shared recordings)`, () => {
      const compared = scenarios(file).map(compare);
      expect(compared.flatMap(({ differing }) => differing).slice(0, 5)).toEqual([]);
      expect(compared.flatMap(({ lostOnTheWayBack }) => lostOnTheWayBack).slice(0, 5)).toEqual([]);
    });
  }
});
