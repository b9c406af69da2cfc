/** One thing is told once, and two things never in the same words. */
import { canonical, sameContent } from '#lib/canonical.ts';
import { groupBy } from '#lib/group.ts';
import type { Change } from './change.ts';
import type { DescribedChange } from './describe.ts';
import type { Edit } from './edits.ts';

/** Found from several seeds and equal in all that a reader sees: one change, with the edits of all. */
export function withoutRepeats(changes: readonly DescribedChange[]): DescribedChange[] {
  // Most changes differ in little already; only those that do not are compared in full.
  const roughly = ({ change }: DescribedChange): string => [change.direction, change.facet, change.before, change.after, ...change.destinations.map(({ id }) => id)].join('\n');
  const alike = groupBy(changes, roughly);
  const seen = (entry: DescribedChange): string => {
    const { change } = entry;
    const rough = roughly(entry);
    return (alike.get(rough) ?? []).length < 2 ? rough : canonical([rough, change.environments, change.region, change.callers, change.assumptions]);
  };
  return [...groupBy(changes, seen).values()].flatMap((group) => {
    const [first] = group;
    if (first === undefined) return [];
    if (group.length === 1) return [first];
    return [{ ...first, change: { ...first.change, ...causesOfAll(group) }, edits: editsOfAll(group), cubes: group.flatMap((entry) => entry.cubes) }];
  });
}

export function editsOfAll(group: readonly Pick<DescribedChange, 'edits'>[]): readonly Edit[] {
  return [...new Map(group.flatMap((entry) => entry.edits).map((edit) => [edit.id, edit])).values()];
}

type CauseFields = Pick<Change, 'causes' | 'alternativeCauses' | 'causeProof'>;

/** The causes of changes that are told as one: each one's own. Alternatives and proofs stay where all agree. */
export function causesOfAll(group: readonly { readonly change: CauseFields }[]): CauseFields {
  const [first] = group;
  const causes = [...new Map(group.flatMap(({ change }) => change.causes).map((cause) => [canonical(cause), cause])).values()];
  const alternatives = first?.change.alternativeCauses;
  const agree = alternatives !== undefined && group.every(({ change }) => sameContent([change.causes, change.alternativeCauses ?? []], [first?.change.causes, alternatives]));
  const proofs = ['none', 'witness', 'region'] as const;
  const weakest = proofs.find((proof) => group.some(({ change }) => change.causeProof === proof));
  return { causes, alternativeCauses: agree ? alternatives : undefined, ...(weakest === undefined ? {} : { causeProof: weakest }) };
}

/** Equal headlines are continued by what else differs: the answer that changed, then the callers, then the witness. */
export function toldApart(changes: readonly DescribedChange[]): DescribedChange[] {
  return continued(continued(continued([...changes], answerOf), callersOf), witnessOf);
}

function continued(changes: readonly DescribedChange[], tail: (change: Change) => string): DescribedChange[] {
  // Most headlines differ already; only what stands under those that do not is told apart further.
  const byHeadline = groupBy(changes, ({ change }) => change.headline);
  if (byHeadline.size === changes.length) return [...changes];
  const said = ({ change }: DescribedChange): string => [...change.destinations.map(({ id }) => id), ...change.environments].join('\n');
  const alikeOf = new Map<DescribedChange, readonly DescribedChange[]>();
  for (const together of byHeadline.values()) {
    if (together.length < 2) continue;
    for (const alike of groupBy(together, said).values()) for (const entry of alike.length < 2 ? [] : alike) alikeOf.set(entry, alike);
  }
  return changes.map((entry) => {
    const { change } = entry;
    const alike = alikeOf.get(entry);
    if (alike === undefined) return entry;
    const words = tail(change);
    if (words === '' || alike.every((other) => tail(other.change) === words)) return entry;
    return { ...entry, change: { ...change, headline: `${change.headline}, ${words}` } };
  });
}

function answerOf(change: Change): string {
  const narrows = change.direction.endsWith('narrowed');
  return narrows ? `now ${change.after}` : `before ${change.before}`;
}

function callersOf({ callers }: Change): string {
  const [first] = callers.open.concat(callers.known);
  return first === undefined ? '' : `by callers such as \`${first}\``;
}

function witnessOf({ witness }: Change): string {
  if (witness === undefined) return '';
  const { request, to } = witness;
  return `such as ${request.protocol} \`${[request.method, request.path].filter((part) => part !== undefined).join(' ')}\` to port \`${to.port}\``;
}
