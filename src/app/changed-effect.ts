/** What became of every changed object: an effect, none, or not known. The list a reader checks a pull request against. */
import type { DescribedChange } from '#impact/describe.ts';
import { unreadableMeshConfig } from '#mesh/config-fields.ts';
import type { ResourceReport } from '#report/report.ts';
import type { ChangedResource } from './load.ts';
import type { SidesOfEnvironment } from './client-tls-effect.ts';
import type { UndecidedValue } from './compare-environments.ts';
import type { FindingEffects } from './finding-effect.ts';
import { notComputed } from './not-computed.ts';
import { isNotJudged } from './not-judged.ts';

export function resourceReports(changed: readonly ChangedResource[], changes: readonly DescribedChange[], environments: readonly SidesOfEnvironment[], found: FindingEffects, open: readonly UndecidedValue[] = []): readonly ResourceReport[] {
  const effects = new Map<string, DescribedChange[]>();
  for (const change of changes) {
    for (const edit of change.edits) {
      const known = effects.get(edit.id);
      if (known === undefined) effects.set(edit.id, [change]);
      else known.push(change);
    }
  }
  return changed.map((entry) => ({ resource: entry.resource, environments: [...entry.environments], change: entry.change, ...effectOf(entry, effects.get(entry.resource) ?? [], environments, found, open) }));
}

function effectOf(entry: ChangedResource, named: readonly DescribedChange[], environments: readonly SidesOfEnvironment[], found: FindingEffects, undecidedValues: readonly UndecidedValue[]): Pick<ResourceReport, 'effect' | 'because'> {
  const decided = named.find(({ change }) => !change.direction.startsWith('undecided'));
  if (decided !== undefined) return { effect: 'changed', because: decided.change.headline };
  const undecided = named[0];
  if (undecided !== undefined) return { effect: 'undecided', because: undecided.change.headline };
  const told = found.of(entry);
  if (told !== undefined && told.effect !== 'none') return told;
  if ([entry.base, entry.head].some((resource) => resource !== undefined && unreadableMeshConfig(resource) !== undefined)) return { effect: 'undecided', because: 'the mesh configuration in it cannot be read' };
  const [open] = notComputed(entry, environments);
  if (open !== undefined) return { effect: 'undecided', because: open.because };
  // Which of the changed objects would do something with another value is not known.
  const value = undecidedValues.find(({ environment }) => entry.environments.includes(environment));
  if (value !== undefined) return { effect: 'undecided', because: `it depends on \`${value.text}\`, which is not told` };
  return told ?? { effect: 'none', because: because(entry) };
}

function because(entry: ChangedResource): string {
  const resource = entry.head ?? entry.base;
  if (resource !== undefined && isNotJudged(resource.kind)) return 'what this kind permits is not judged by this version';
  const isWorkload = resource !== undefined && 'podLabels' in resource.spec;
  if (isWorkload && entry.change !== 'modified') return `a workload that only ${entry.change === 'added' ? 'the head' : 'the base'} has, listed as population`;
  if (entry.change === 'modified') return 'every request gets the same answer as before';
  return entry.change === 'added' ? 'no request gets another answer because of it' : 'no request got another answer because of it';
}
