/** Values of a chart as Helm lays them over each other, as far as they decide which dependencies are deployed and with what. */
import { isRecord } from './kustomization.ts';

export type Values = Readonly<Record<string, unknown>>;

/** Later ones win, maps are merged, `null` takes a key away. @see https://helm.sh/docs/chart_template_guide/values_files/ */
export function overlaid(under: Values, over: unknown): Values {
  if (!isRecord(over)) return under;
  const merged = new Map(Object.entries(under));
  for (const [key, value] of Object.entries(over)) {
    const before = merged.get(key);
    if (value === null) merged.delete(key);
    else merged.set(key, isRecord(value) ? overlaid(isRecord(before) ? before : {}, value) : value);
  }
  return Object.fromEntries(merged);
}

/** What `--set` makes of a value. */
export type SetValue = string | number | boolean | null | readonly SetValue[];

/** A text as `--set` types it, but for lists and escapes. @see https://github.com/helm/helm/blob/main/pkg/strvals/parser.go (typedVal) */
export function typedText(written: string): string | number | boolean | null {
  switch (written.toLowerCase()) {
    case 'true':
      return true;
    case 'false':
      return false;
    case 'null':
      return null;
    default:
      return written === '0' || /^(?:[+-]\d|[1-9])\d*$/u.test(written) ? Number(written) : written;
  }
}

/** The same with lists, `{a,b}`; in a text beside them a comma is a comma. */
export function parameterValue(written: string): SetValue {
  const list = /^\{([^{}\\]*)\}$/u.exec(written)?.[1];
  if (list === undefined) return typedText(written);
  return list === '' ? [] : list.split(',').map(typedText);
}

/** A value that `--set` writes: `a.b=true`. Names with escapes or places in lists are none that a condition names. */
export function withValue(values: Values, path: string, written: unknown): Values {
  if (/[\\[\]]/u.test(path)) return values;
  const value = written === 'true' ? true : written === 'false' ? false : written;
  return overlaid(values, path.split('.').reduceRight<unknown>((inner, key) => ({ [key]: inner }), value));
}

/**
 * Whether Helm deploys a dependency: the first of its conditions that is true or false decides, then its tags, of which one that is true is enough.
 * @see https://helm.sh/docs/topics/charts/#tags-and-condition-fields-in-dependencies
 */
export function isDeployed(dependency: Values, values: Values): boolean {
  const conditions = typeof dependency['condition'] === 'string' ? dependency['condition'].split(',').map((path) => path.trim()) : [];
  const decided = conditions.map((path) => valueAt(values, path)).find((value) => typeof value === 'boolean');
  if (decided !== undefined) return decided;
  const tags = isRecord(values['tags']) ? values['tags'] : {};
  const said = (Array.isArray(dependency['tags']) ? (dependency['tags'] as readonly unknown[]) : []).flatMap((tag) => (typeof tag === 'string' && typeof tags[tag] === 'boolean' ? [tags[tag]] : []));
  return said.length === 0 || said.includes(true);
}

function valueAt(values: Values, path: string): unknown {
  return path.split('.').reduce<unknown>((value, key) => (isRecord(value) ? value[key] : undefined), values);
}
