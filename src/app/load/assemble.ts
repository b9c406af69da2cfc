/** One side of one environment from the objects of its units: what the files say, and what of it is in force. */
import { compareBy, compareText } from '#lib/order.ts';
import { accepted, resourceId, type AnyResource } from '#manifests/resource.ts';
import { readContentOf } from './content.ts';

export interface LoadedSide {
  /** In force: what the model is built from, in code-unit order of ids. A refused object is replaced by its predecessor or missing (A7.1). */
  readonly resources: readonly AnyResource[];
  /** What this side's files say, refused objects included; each id once, in code-unit order. For findings about the objects themselves. */
  readonly all: readonly AnyResource[];
}

/** One object that is defined twice: the last in file order is in force (R19). */
export interface Duplicate {
  readonly resource: string;
  readonly unit: string;
  readonly inForce: AnyResource;
  readonly overridden: AnyResource;
  /** The two differ in a field that the model reads. */
  readonly differ: boolean;
}

export interface UnitObjects {
  readonly unit: string;
  /** The unit is one of the alternatives that make the environment. */
  readonly own: boolean;
  readonly resources: readonly AnyResource[];
}

export interface Assembled {
  readonly byId: ReadonlyMap<string, AnyResource>;
  readonly duplicates: readonly Duplicate[];
}

/**
 * @param units in the order of precedence: a later one wins. What wins because it makes the environment (`own`) overrides nothing by mistake.
 * @param context objects that are part of every environment; what a unit defines wins over them.
 */
export function assemble(units: readonly UnitObjects[], context: readonly AnyResource[]): Assembled {
  const byId = new Map<string, AnyResource>();
  const unitOf = new Map<string, UnitObjects>();
  const duplicates: Duplicate[] = [];
  for (const definer of units) {
    const { unit } = definer;
    for (const resource of [...definer.resources].sort(inFileOrder)) {
      const id = resourceId(resource);
      const known = byId.get(id);
      if (known !== undefined) {
        const differ = known !== resource && readContentOf(known) !== readContentOf(resource);
        // Units that define one object alike are one definition (R19).
        const before = unitOf.get(id);
        if (before !== definer && !differ) continue;
        if (before === definer || (before?.own === true && definer.own)) duplicates.push({ resource: id, unit, inForce: resource, overridden: known, differ });
      }
      byId.set(id, resource);
      unitOf.set(id, definer);
    }
  }
  for (const resource of context) {
    const id = resourceId(resource);
    if (!byId.has(id)) byId.set(id, resource);
  }
  return { byId, duplicates };
}

export const inFileOrder = compareBy<AnyResource>((resource) => resource.origin.file, (resource) => resource.origin.document, (resource) => resource.origin.item ?? 0);

/** A7.1: what admission refuses leaves the old version in the cluster. A refused object of the base never was in force. */
export function inForce(base: Assembled, head: Assembled): { readonly base: LoadedSide; readonly head: LoadedSide } {
  const ids = (side: Assembled): readonly string[] => [...side.byId.keys()].sort(compareText);
  const all = (side: Assembled): readonly AnyResource[] => ids(side).flatMap((id) => side.byId.get(id) ?? []);
  const baseAll = all(base);
  const headAll = all(head);
  const headForce = headAll.flatMap((resource) => {
    if (accepted(resource)) return [resource];
    const before = base.byId.get(resourceId(resource));
    return before !== undefined && accepted(before) ? [before] : [];
  });
  return { base: { resources: baseAll.filter(accepted), all: baseAll }, head: { resources: headForce, all: headAll } };
}
