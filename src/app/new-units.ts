/**
 * A unit that only the head has, and whose namespace nothing tells (R22), brings policies for pods that nobody declares (R29). Nobody is known to call these, so that
 * one narrowing of each facet tells what the policies refuse, for the whole of the namespace where there is one. What they open is told in full.
 */
import { groupBy } from '#lib/group.ts';
import { distinct, sortedBy } from '#lib/order.ts';
import type { DescribedChange } from '#impact/describe.ts';
import type { Assumption } from '#mesh/model.ts';
import type { LoadedEnvironment } from './load.ts';

export interface OnceTold {
  readonly changes: readonly DescribedChange[];
  /** One for each such unit: how many destinations its narrowings stand for. */
  readonly assumptions: readonly Assumption[];
}

export function newUnitsOnce(changes: readonly DescribedChange[], environments: readonly LoadedEnvironment[]): OnceTold {
  const onBase = new Set(environments.flatMap(({ base }) => base.all.map(({ namespace }) => namespace)));
  const placeOf = ({ change: { direction, destinations } }: DescribedChange): string | undefined => {
    const namespace = destinations[0]?.namespace;
    if (direction !== 'narrowed' || namespace?.startsWith('~') !== true || onBase.has(namespace)) return undefined;
    return destinations.every((each) => !each.known && each.namespace === namespace) ? namespace : undefined;
  };
  const groups = groupBy(changes.filter((each) => placeOf(each) !== undefined), (each) => [placeOf(each), each.change.facet, ...each.change.environments].join('\n'));
  const shown = new Map<DescribedChange, DescribedChange>();
  const named = new Map<string, string[]>();
  for (const group of groups.values()) {
    const [first] = sortedBy(group, ({ change }) => (change.destinations.some(({ id }) => id.endsWith('/*')) ? 0 : 1), ({ change }) => change.destinations[0]?.id ?? '');
    const namespace = first === undefined ? undefined : placeOf(first);
    if (first === undefined || namespace === undefined) continue;
    // Objects whose destinations are not shown have their effect in this one.
    shown.set(first, { ...first, edits: [...new Map(group.flatMap(({ edits }) => edits.map((edit) => [edit.id, edit] as const))).values()] });
    named.set(namespace, [...(named.get(namespace) ?? []), ...group.flatMap(({ change }) => change.destinations.map(({ id }) => id))]);
  }
  return {
    changes: changes.flatMap((each) => (placeOf(each) === undefined ? [each] : (shown.get(each) ?? []))),
    assumptions: [...named].flatMap(([namespace, ids]) => {
      const count = distinct(ids).length;
      return count === 1 ? [] : [{ id: `new:${namespace}`, text: `\`${namespace.slice(1)}\` is new: of the ${String(count)} destinations that its policies name and nobody declares, one is told; nobody is known to call the others` }];
    }),
  };
}
