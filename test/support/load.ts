import { defaultConfig, type Config } from '#app/config.ts';
import { loadComparison, type Loaded, type LoadedEnvironment } from '#app/load.ts';
import { resourceId } from '#manifests/resource.ts';
import { pair, type Files } from './tree.ts';

export function load(base: Files, head: Files, config: Partial<Config> = {}): Loaded {
  return loadComparison(pair(base, head), { ...defaultConfig, ...config });
}

/** The only environment. */
export function only(loaded: Loaded): LoadedEnvironment {
  const [first, ...more] = loaded.environments;
  if (first === undefined || more.length > 0) throw new Error(`${String(loaded.environments.length)} environments: ${loaded.environments.map((each) => each.id).join(', ')}`);
  return first;
}

export function environment(loaded: Loaded, id: string): LoadedEnvironment {
  const found = loaded.environments.find((each) => each.id === id);
  if (found === undefined) throw new Error(`no environment ${id} among ${loaded.environments.map((each) => each.id).join(', ')}`);
  return found;
}

export function ids(resources: LoadedEnvironment['head']['resources']): readonly string[] {
  return resources.map(resourceId);
}

export function changes(loaded: Loaded): readonly string[] {
  return loaded.changedResources.map((each) => `${each.change} ${each.resource}`);
}

export function units(loaded: Loaded): readonly string[] {
  return loaded.discovered.units.map((unit) => `${unit.id} ${unit.base?.kind ?? '-'} ${unit.head?.kind ?? '-'}`);
}
