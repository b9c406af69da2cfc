/**
 * Values of a Flux HelmRelease: those that ConfigMaps and Secrets hold, in order, and its own laid over them.
 * @see https://fluxcd.io/flux/components/helm/helmreleases/#values
 */
import { valuesOf } from './build.ts';
import { typedText, type Values } from './helm-values.ts';
import { isRecord, records } from './kustomization.ts';

export interface ReleaseValues {
  /** Laid over the chart's; `undefined`: there are none. */
  readonly values: Values | undefined;
  /** Entries of `valuesFrom` whose content this side of the repository does not tell. */
  readonly unknown: readonly Values[];
}

/** What the object of an entry holds under its key. */
export interface HeldValues {
  readonly text: string;
  /** The other side says it: this one does not tell (R18). */
  readonly borrowed?: boolean;
}

/** @param contentOf `undefined` where it is not told */
export function releaseValues(spec: Values, contentOf: (entry: Values) => HeldValues | undefined): ReleaseValues {
  let values: Values = {};
  const unknown: Values[] = [];
  const entries = records(spec['valuesFrom']);
  for (const entry of entries) {
    const content = contentOf(entry);
    const next = content === undefined ? undefined : withContent(values, entry['targetPath'], content.text);
    if (next === undefined || content?.borrowed === true) unknown.push(entry);
    if (next !== undefined) values = next;
  }
  const own = spec['values'];
  if (isRecord(own)) values = merged(values, own);
  return { values: entries.length === 0 && !isRecord(own) ? undefined : values, unknown };
}

function withContent(values: Values, target: unknown, content: string): Values | undefined {
  if (typeof target === 'string' && target !== '') return withTarget(values, target, content);
  const documents = valuesOf(content);
  const read = documents?.[0];
  if (documents?.length === 0 || read === null) return values;
  return documents?.length === 1 && isRecord(read) ? merged(values, read) : undefined;
}

/** Maps are merged, everything else is replaced; `null` stays, and takes the chart's own value away. @see https://github.com/fluxcd/pkg/blob/main/runtime/transform/transform.go */
export function merged(under: Values, over: Values): Values {
  const result = new Map(Object.entries(under));
  for (const [key, value] of Object.entries(over)) {
    const before = result.get(key);
    result.set(key, isRecord(value) && isRecord(before) ? merged(before, value) : value);
  }
  return Object.fromEntries(result);
}

/** What has a meaning of its own for `--set` is left to it: lists, escapes, several values. */
const special = /[,\\{}[\]=]|^[+-]?\d{16,}$/u;

/** One flat value, as `--set` reads it; in quotation marks it is a text. @see https://github.com/fluxcd/helm-controller/blob/main/internal/chartutil/values.go (ReplacePathValue) */
function withTarget(values: Values, path: string, content: string): Values | undefined {
  const quoted = /^(['"])[^]*\1$/u.test(content) && content.length > 1;
  const written = quoted ? content.replace(/^['"]+|['"]+$/gu, '') : content;
  const steps = path.split('.');
  if (special.test(path) || special.test(written) || steps.includes('')) return undefined;
  return withValue(values, steps, quoted ? written : typedText(written));
}

function withValue(values: Values, [step = '', ...rest]: readonly string[], value: unknown): Values | undefined {
  const others = Object.entries(values).filter(([key]) => key !== step);
  if (rest.length === 0) return Object.fromEntries([...others, [step, value]]);
  const before = values[step];
  if (before !== undefined && !isRecord(before)) return undefined;
  const inner = withValue(isRecord(before) ? before : {}, rest, value);
  return inner === undefined ? undefined : Object.fromEntries([...others, [step, inner]]);
}
