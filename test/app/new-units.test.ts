/** Policies of a new unit for pods that nobody declares, in a namespace that nothing tells (R22, R29): few words, and none about what they open. */
import { expect, test } from 'vitest';
import { judged } from '../support/judged.ts';
import { mtls, policy } from '../support/manifests.ts';
import { stream, type Files } from '../support/tree.ts';
import { strict, workload } from '../units/rules/shop.ts';

const base: Files = { 'a/w.yaml': workload, 'a/m.yaml': strict };
const selecting = (label: string, namespace?: string): string => policy({ name: label, ...(namespace === undefined ? {} : { namespace }) }, `cluster.local/ns/shop/sa/${label}`).replace('spec:\n', `spec:\n  selector: {matchLabels: {app: ${label}}}\n`);
const labels = ['one', 'two', 'three', 'four'];

test('what they refuse is one narrowing of each facet, and the rest is counted', async () => {
  const { report } = await judged(base, { ...base, 'new/p.yaml': stream(mtls({ name: 'default' }, 'STRICT'), ...labels.map((label) => selecting(label))) });
  expect(report.changes.map(({ direction, facet, destinations }) => [direction, facet, ...destinations.map(({ id }) => id)])).toEqual([['narrowed', 'mtls', '~new/*'], ['narrowed', 'access', '~new/app=four']]);
  expect(report.coverage.assumptions.find(({ id }) => id === 'new:~new')?.text).toBe('`new` is new: of the 5 destinations that its policies name and nobody declares, one is told; nobody is known to call the others');
  // None of the objects looks as if it did nothing.
  expect(report.resources.filter(({ resource }) => resource.startsWith('AuthorizationPolicy/')).map(({ effect }) => effect)).toEqual(['changed', 'changed', 'changed', 'changed']);
  expect(report.gates.find(({ id }) => id === 'internal')?.failed).toBe(false);
});

test('near miss: in a namespace that something tells each is told', async () => {
  const { report } = await judged(base, { ...base, 'new/p.yaml': stream(...labels.map((label) => selecting(label, 'bank'))) });
  expect(report.changes.map(({ direction }) => direction)).toEqual(['narrowed', 'narrowed', 'narrowed', 'narrowed']);
});

test('near miss: a unit that was there before is told in full, and so is one that goes', async () => {
  const before: Files = { ...base, 'new/p.yaml': mtls({ name: 'default' }, 'STRICT') };
  const head: Files = { ...before, 'new/p.yaml': stream(mtls({ name: 'default' }, 'STRICT'), ...labels.map((label) => selecting(label))) };
  expect((await judged(before, head)).report.changes).toHaveLength(4);
  const gone = (await judged({ ...base, 'new/p.yaml': stream(...labels.map((label) => selecting(label))) }, base)).report.changes;
  expect(gone.map(({ direction }) => direction)).toEqual(['widened', 'widened', 'widened', 'widened']);
});

test('near miss: what a new unit opens is told in full', async () => {
  const meshWide: Files = { ...base, 'mesh/m.yaml': mtls({ name: 'default', namespace: 'istio-system' }, 'STRICT') };
  const modes = labels.map((label) => mtls({ name: label }, 'PERMISSIVE').replace('spec:\n', `spec:\n  selector: {matchLabels: {app: ${label}}}\n`));
  const { report } = await judged(meshWide, { ...meshWide, 'new/p.yaml': stream(...modes) });
  expect(report.changes.flatMap(({ direction, destinations }) => destinations.map(({ id }) => `${direction} ${id}`)).sort()).toEqual(labels.map((label) => `widened ~new/app=${label}`).sort());
});
