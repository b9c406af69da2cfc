/** Fault injection: an evaluator that contradicts itself, or the search, is told as an internal error and never as a finding that is proved. */
import { afterEach, describe, expect, test, vi } from 'vitest';
import type { Decision, Query } from '#posture/query.ts';
import type { Mesh } from '#mesh/model.ts';
import type { Change, Witness } from '#impact/change.ts';
import type { Report } from '#report/report.ts';
import { defaultConfig } from '#app/config.ts';
import { unreplayed } from '#app/replay.ts';
import { review } from '#app/review.ts';
import { exitCode } from '#app/verdict.ts';
import { reviewText } from '#report/text/review.ts';
import { shopBase, shopHead } from '#app/demo/shop.ts';
import { reviewed } from '../support/reviewed.ts';
import { pair } from '../support/tree.ts';

type Decide = (mesh: Mesh, query: Query) => Decision;

const fault = vi.hoisted(() => ({ bend: undefined as ((mesh: Mesh, query: Query, decide: Decide) => Decision) | undefined }));

vi.mock('#posture/answer.ts', async (original) => {
  const real = await original<{ readonly decide: Decide }>();
  return { ...real, decide: (mesh: Mesh, query: Query): Decision => (fault.bend === undefined ? real.decide(mesh, query) : fault.bend(mesh, query, real.decide)) };
});

afterEach(() => {
  fault.bend = undefined;
});

const internal = (report: Report): Report['gates'][number] | undefined => report.gates.find(({ id }) => id === 'internal');
const file = 'shop/checkout-policy.yaml';
/** Only the part of the demo that closes something, so that no other gate fails. */
const closing = { ...shopBase, [file]: shopHead[file] ?? '' };

test('near miss: without a fault there is no internal error', () => {
  expect(internal(reviewed(shopBase, shopHead))).toEqual({ id: 'internal', failed: false, because: 'no internal error' });
});

describe('where no witness can be confirmed', () => {
  const blind = (_mesh: Mesh, query: Query, decide: Decide): Decision => ({ ...decide(_mesh, query), verdict: 'deny', layer: 'authorization', by: [], enforcedAt: 'sidecar', because: [] });

  test('the run ends with 3, and says what did not reproduce', () => {
    fault.bend = blind;
    const report = reviewed(shopBase, closing);
    expect(report.verdict).toBe('error');
    expect(exitCode(report.verdict)).toBe(3);
    expect(internal(report)?.because).toMatch(/^1 internal error: the witness for `shop\/checkout` did not reproduce/u);
    expect(reviewText(report)).toContain('gate `internal` failed');
    expect(report.changes.map(({ direction, witness }) => [direction, witness])).toEqual([['undecided-narrowed', undefined]]);
  });

  test('an opening is still treated as one', () => {
    fault.bend = blind;
    const report = reviewed(shopBase, shopHead);
    expect(internal(report)?.failed).toBe(true);
    expect(report.changes.some(({ direction }) => direction === 'undecided-widened')).toBe(true);
    expect(report.changes.some(({ witness }) => witness !== undefined)).toBe(false);
    expect(exitCode(report.verdict)).not.toBe(0);
  });
});

describe('a witness as it is printed', () => {
  const comparison: Report['comparison'] = { mode: 'directories', base: { id: 'base', label: 'base' }, head: { id: 'head', label: 'head' } };
  const { report, compared } = review({ pair: pair(shopBase, shopHead), comparison, config: defaultConfig, today: '2026-01-01', version: '0' });
  const sides = compared.environments.map(({ loaded: { id }, base, head, renamed }) => ({ id, base, head, renamed }));
  const altered = (alter: (witness: Witness) => Witness): readonly Change[] => report.changes.map((change) => (change.witness === undefined ? change : { ...change, witness: alter(change.witness) }));

  test('gives its printed answers on both sides', () => {
    expect(report.changes.length).toBeGreaterThan(2);
    expect(unreplayed(report.changes, sides)).toEqual([]);
  });

  test('is told where an answer is another one', () => {
    const wrong = altered((witness) => ({ ...witness, head: { ...witness.head, verdict: witness.head.verdict === 'allow' ? 'deny' : 'allow' } }));
    expect(unreplayed(wrong, sides)).toEqual(report.changes.map(({ id }) => `the witness of change ${id} does not give its printed answers in \`default\``));
  });

  test('under a tie that the head settles it holds for the weakest order as well, and for that only', () => {
    const peers = (name: string, selected: string, rest: string): string => `apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: {name: ${name}, namespace: shop}
spec: {selector: {matchLabels: {${selected}}}, ${rest}}
`;
    const tree = (selected: string): Record<string, string> => ({
      'a.yaml': peers('a', selected, 'mtls: {mode: PERMISSIVE}, portLevelMtls: {"8080": {mode: STRICT}}'),
      'b.yaml': peers('b', 'version: v1', 'mtls: {mode: STRICT}'),
      'cart.yaml': `apiVersion: v1
kind: Namespace
metadata: {name: shop, labels: {istio-injection: enabled}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: cart, namespace: shop}
spec:
  template:
    metadata: {labels: {app: cart, version: v1}}
    spec: {containers: [{name: cart, image: cart, ports: [{containerPort: 8080}]}]}
`,
    });
    const settled = review({ pair: pair(tree('app: cart'), tree('app: carts')), comparison, config: defaultConfig, today: '2026-01-01', version: '0' });
    const [environment] = settled.compared.environments.map(({ loaded: { id }, base, head, renamed }) => ({ id, base, head, renamed }));
    if (environment === undefined) throw new Error('no environment');
    const { changes } = settled.report;
    expect(changes.map(({ direction, assumptions }) => [direction, assumptions])).toEqual([['narrowed', ['tie:shop/a']]]);
    expect(internal(settled.report)?.failed).toBe(false);
    expect(unreplayed(changes, [environment])).toEqual([]);
    expect(unreplayed(changes.map((change) => ({ ...change, assumptions: [] })), [environment])).toHaveLength(1);
  });

  test('is not asked again where it is the question of its change, and asked where it is another object or another side', () => {
    let asked = 0;
    fault.bend = (mesh, query, decide) => {
      asked += 1;
      return decide(mesh, query);
    };
    const askedBy = (changes: readonly Change[], on: typeof sides): number => {
      asked = 0;
      expect(unreplayed(changes, on)).toEqual([]);
      return asked;
    };
    expect(askedBy(report.changes, sides)).toBe(0);
    const copied = altered((witness) => ({ ...witness, request: { ...witness.request } }));
    expect(askedBy(copied, sides)).toBeGreaterThanOrEqual(2 * report.changes.length);
    expect(askedBy(report.changes, sides.map((side) => ({ ...side, head: { ...side.head } })))).toBeGreaterThanOrEqual(2 * report.changes.length);
    expect(askedBy(report.changes, sides.map((side) => ({ ...side, renamed: new Map([['shop/new', 'shop/old']]) })))).toBeGreaterThanOrEqual(2 * report.changes.length);
  });

  test('is told where the request is another one, or its environment is not there', () => {
    expect(unreplayed(altered((witness) => ({ ...witness, to: { ...witness.to, workload: 'shop/nobody' } })), sides)).toHaveLength(report.changes.length);
    expect(unreplayed(report.changes, [])).toHaveLength(report.changes.length);
  });
});
