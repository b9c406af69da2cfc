/** The layers of a gateway's backends at a question's point give the verdict that `decide` gives, and the point leads back to the question. */
import { existsSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { afterAll, describe, expect, test } from 'vitest';
import { closedMesh, readManifests } from '../../src/app/scenarios.ts';
import { gatewayPods } from '../../src/mesh/gateway-pods.ts';
import { decide, workloadNamed } from '../../src/posture/answer.ts';
import { gatewayPort, type GatewayPort } from '../../src/posture/gateway-paths.ts';
import { gatewayPoint } from '../../src/posture/gateway-question.ts';
import { podPort } from '../../src/mesh/gateway-pods.ts';
import type { Query } from '../../src/posture/query.ts';
import { passes } from '../../src/sets/evaluate.ts';

interface Scenario {
  readonly id: string;
  readonly manifests: string;
  readonly queries: readonly Query[];
}

function scenarios(file: URL): readonly Scenario[] {
  const bytes = readFileSync(file);
  const text = (file.pathname.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8');
  return text.trim().split('\n').map((line) => JSON.parse(line) as Scenario);
}

/** Secrets that begin with `missing` are not there (`conformance/gateway/README.md`); the symbolic side takes every Secret for there. */
const assumesSecrets = (manifests: string): boolean => !/[:/ ]missing/.test(manifests);

interface Compared {
  readonly asked: number;
  readonly allowed: number;
  readonly untold: number;
  readonly differing: readonly unknown[];
}

function compare({ id: name, manifests, queries }: Scenario): Compared {
  const differing: unknown[] = [];
  let [asked, allowed, untold] = [0, 0, 0];
  const mesh = closedMesh(readManifests(manifests));
  const ports = new Map<string, GatewayPort>();
  for (const query of queries) {
    const id = query.to.gateway ?? '';
    const pods = gatewayPods(mesh, id, workloadNamed(mesh, id));
    if (pods === undefined) throw new Error(`${name} names no gateway`);
    const key = `${id} ${String(query.to.port)}`;
    const port = ports.get(key) ?? gatewayPort(mesh, pods, query.to.port, { presence: () => false, byName: true });
    ports.set(key, port);
    if (port.untold !== undefined) {
      untold += 1;
      continue;
    }
    const point = gatewayPoint(mesh, pods, query, port);
    // Who shows a certificate that an optional server does not take is refused, and may as well show none: a point has no such client.
    if (query.from.certificate !== undefined && port.certificates.length > 0 && !port.certificates.some(({ dimension }) => point.get(dimension) === true)) continue;
    for (const backend of new Set([...port.ends.values()].map(({ end }) => end.backend))) {
      const postures = [...port.ends.values()].filter(({ end }) => end.backend === backend).map(({ posture }) => posture);
      const decided = decide(mesh, { ...query, to: { ...query.to, backend } }).verdict;
      asked += 1;
      if (decided === 'allow') allowed += 1;
      const verdict = postures.some(({ sure }) => passes(sure, point)) ? 'allow' : postures.some(({ possible }) => passes(possible, point)) ? 'asks' : 'deny';
      if (decided !== verdict) differing.push({ id: name, query, backend, decided, verdict, port: podPort(pods, query.to.port) });
    }
  }
  return { asked, allowed, untold, differing };
}

const recorded = (file: URL): readonly Scenario[] => scenarios(file).filter(({ manifests }) => assumesSecrets(manifests));
const met = { asked: 0, allowed: 0, untold: 0 };

describe('the layers at a question’s point', () => {
  test.each(recorded(new URL('../../fixtures/conformance/gateway/recorded.jsonl', import.meta.url)).map((scenario) => [scenario] as const))('for the recorded questions of a sample’s mesh', (scenario) => {
    const { asked, allowed, untold, differing } = compare(scenario);
    met.asked += asked;
    met.allowed += allowed;
    met.untold += untold;
    expect(differing).toEqual([]);
  });

  afterAll(() => {
    expect(met.asked).toBeGreaterThan(300);
    expect(met.allowed).toBeGreaterThan(50);
    expect(met.untold).toBeLessThan(met.asked / 10);
  });

  for (const name of ['handmade.jsonl', 'random.jsonl.gz']) {
    const file = new URL(`../../../shared/conformance/gateway/${name}`, import.meta.url);
    test.skipIf(!existsSync(file))(`for all recorded questions of ${name} (skipped without the shared recordings)`, () => {
      expect(recorded(file).flatMap((scenario) => compare(scenario).differing).slice(0, 5)).toEqual([]);
    });
  }
});
