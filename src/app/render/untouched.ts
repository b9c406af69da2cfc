/** R16: units that run only in environments which the pull request does not touch are not rendered. */
import { environmentLabel } from '#units/environments.ts';
import { shown, type Unit, type UnitsConfig } from '#units/unit.ts';

/**
 * Environments are known only after rendering, so what is left out must be sure before it: a unit that is not touched and carries the name of another
 * environment than every touched unit, by the configuration, its cluster or its path. A touched unit without such a name may run anywhere: then all are rendered.
 */
export function untouchedUnits(units: readonly Unit[], isTouched: (unit: Unit) => boolean, config: UnitsConfig): ReadonlySet<string> {
  const touched = units.filter(isTouched);
  // Nothing touched: no environment is.
  const names = new Set<string>();
  for (const unit of touched) {
    const name = nameOf(unit, config);
    if (name === undefined) return new Set();
    names.add(name);
  }
  return new Set(units.flatMap((unit) => {
    if (shown(unit).kind === 'plain' || isTouched(unit)) return [];
    const name = nameOf(unit, config);
    return names.size === 0 || (name !== undefined && !names.has(name)) ? [unit.id] : [];
  }));
}

function nameOf(unit: Unit, config: UnitsConfig): string | undefined {
  const { environment, cluster, path } = unit.base ?? shown(unit);
  const stated = Object.entries(config.environments).filter(([, each]) => each.units.includes(unit.id) || each.units.includes(path));
  if (stated.length > 1) return undefined;
  return environment ?? stated[0]?.[0] ?? cluster ?? environmentLabel(unit.id, path);
}
