/**
 * Applications that an ApplicationSet generates from what the repository holds: lists, folders and files of git, and products of them (R7). What a cluster decides
 * (`clusters`, `pullRequest`, …) stays a hole in the template, which fits every folder.
 * @see https://argo-cd.readthedocs.io/en/stable/operator-manual/applicationset/Generators/
 */
import { compileGlobs } from '#lib/glob.ts';
import { valuesOf } from './build.ts';
import { overlaid, type Values } from './helm-values.ts';
import { isRecord, records, texts } from './kustomization.ts';
import { isReviewed } from './repository.ts';
import type { RootContext } from './roots.ts';
import { filled, hasHoles, type Parameters } from './template-holes.ts';

/** One generated Application: its spec with every known parameter put in. */
export interface Template {
  readonly name: string;
  readonly spec: Readonly<Record<string, unknown>>;
  /** A patch of the template that only the controller can make. */
  readonly patch?: string;
}

/** More is a product that nobody meant. */
const most = 1000;

export function applicationsOf(spec: Readonly<Record<string, unknown>>, context: RootContext): readonly Template[] {
  const template = isRecord(spec['template']) ? spec['template'] : {};
  const sets = records(spec['generators']).flatMap((generator) => parametersOf(generator, context)).slice(0, most);
  return sets.flatMap((parameters, index): readonly Template[] => {
    const made = fill(template, parameters);
    const { value, open } = patched(isRecord(made) ? made : {}, spec['templatePatch'], parameters);
    if (!isRecord(value['spec'])) return [];
    const metadata = isRecord(value['metadata']) ? value['metadata'] : {};
    return [{ name: typeof metadata['name'] === 'string' ? metadata['name'] : String(index), spec: value['spec'], ...(open === undefined ? {} : { patch: open }) }];
  });
}

/**
 * `templatePatch`: a text of YAML that is merged into the template once its parameters are known. One with actions of its own (`if`, `range`) is left open.
 * @see https://argo-cd.readthedocs.io/en/stable/operator-manual/applicationset/Template/#template-patch
 */
function patched(template: Values, patch: unknown, parameters: Parameters): { readonly value: Values; readonly open?: string } {
  if (typeof patch !== 'string' || patch.trim() === '') return { value: template };
  const text = filled(patch, parameters);
  const over = hasHoles(text.replace(/["'][^"'\n]*\{\{[^"'\n]*["']/gu, '')) ? undefined : valuesOf(text)?.[0];
  return isRecord(over) ? { value: overlaid(template, over) } : { value: template, open: patch };
}

function parametersOf(generator: Values, context: RootContext): readonly Parameters[] {
  const { selector } = generator;
  return generated(generator, context).filter((parameters) => !isRecord(selector) || isSelected(parameters, selector));
}

/** A parameter that is not known may have any value, or be absent. */
function isSelected(parameters: Parameters, selector: Values): boolean {
  const labels = isRecord(selector['matchLabels']) ? Object.entries(selector['matchLabels']) : [];
  return (
    labels.every(([key, value]) => parameters[key] === undefined || parameters[key] === value) &&
    records(selector['matchExpressions']).every(({ key, operator, values }) => {
      const known = typeof key === 'string' ? parameters[key] : undefined;
      if (known === undefined) return true;
      const isListed = texts(values).includes(known);
      return operator === 'In' ? isListed : operator === 'NotIn' ? !isListed : operator !== 'DoesNotExist';
    })
  );
}

function generated(generator: Values, context: RootContext): readonly Parameters[] {
  if (isRecord(generator['list'])) {
    const { elements, elementsYaml } = generator['list'];
    return records(typeof elementsYaml === 'string' ? valuesOf(elementsYaml)?.[0] : elements).map((element) => flattened(element));
  }
  // What another repository holds is not told here.
  if (isRecord(generator['git'])) return isReviewed(typeof generator['git']['repoURL'] === 'string' ? generator['git']['repoURL'] : undefined, context.repository) ? gitParameters(generator['git'], context) : [{}];
  if (isRecord(generator['matrix'])) {
    return records(generator['matrix']['generators']).reduce<readonly Parameters[]>((sets, inner) => {
      // A later generator may use what an earlier one says.
      return sets.flatMap((left) => {
        const filled = fill(inner, left);
        return isRecord(filled) ? parametersOf(filled, context).map((right) => ({ ...left, ...right })) : [];
      }).slice(0, most);
    }, [{}]);
  }
  if (isRecord(generator['merge'])) {
    // Which clusters the later ones change is not told: the first as it is, and with each change.
    const [first, ...later] = records(generator['merge']['generators']);
    const whole = first === undefined ? [] : parametersOf(first, context);
    const changes = later.flatMap((inner) => parametersOf(inner, context));
    return [...whole, ...whole.flatMap((left) => changes.map((right) => ({ ...left, ...right })))].slice(0, most);
  }
  // The repository does not determine which clusters there are, only what it says about each.
  const [content] = Object.values(generator).filter(isRecord);
  return [content !== undefined && isRecord(content['values']) ? flattened({ values: content['values'] }) : {}];
}

function gitParameters(git: Readonly<Record<string, unknown>>, { folders, files, valuesOf }: RootContext): readonly Parameters[] {
  const patterns = (excluded: boolean, list: unknown): readonly string[] => records(list).flatMap((entry) => (typeof entry['path'] === 'string' && (entry['exclude'] === true) === excluded ? [entry['path'].replace(/^\.?\//u, '')] : []));
  if (Array.isArray(git['directories'])) {
    const takes = compileGlobs(patterns(false, git['directories']));
    const leaves = patterns(true, git['directories']);
    const isLeft = compileGlobs(leaves);
    return [...folders].filter((folder) => folder !== '.' && takes(folder) && !(leaves.length > 0 && isLeft(folder))).sort().map((folder) => pathParameters(folder));
  }
  return patterns(false, git['files']).flatMap((pattern) => files.filter(compileGlobs([pattern]))).map((file) => {
    const value = valuesOf(file);
    return { ...(isRecord(value) ? flattened(value) : {}), ...pathParameters(file.slice(0, Math.max(0, file.lastIndexOf('/')))), 'path.filename': file.slice(file.lastIndexOf('/') + 1) };
  });
}

function pathParameters(folder: string): Parameters {
  const steps = folder.split('/');
  return {
    path: folder,
    'path.path': folder,
    'path.basename': steps.at(-1) ?? '',
    'path.basenameNormalized': (steps.at(-1) ?? '').replace(/[^a-z0-9.-]/gu, '-'),
    ...Object.fromEntries(steps.flatMap((step, index) => [[`path[${String(index)}]`, step], [`path.segments[${String(index)}]`, step]])),
  };
}

function flattened(value: Readonly<Record<string, unknown>>, prefix = ''): Parameters {
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, entry]): readonly (readonly [string, string])[] => {
      if (isRecord(entry)) return Object.entries(flattened(entry, `${prefix}${key}.`));
      return typeof entry === 'string' || typeof entry === 'number' || typeof entry === 'boolean' ? [[`${prefix}${key}`, String(entry)]] : [];
    }),
  );
}

/** Every known parameter put into every text. */
export function fill(value: unknown, parameters: Parameters): unknown {
  if (typeof value === 'string') return filled(value, parameters);
  if (Array.isArray(value)) return value.map((entry) => fill(entry, parameters));
  if (isRecord(value)) return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, fill(entry, parameters)]));
  return value;
}
