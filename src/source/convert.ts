import { isAlias, isMap, isScalar, isSeq, Scalar } from 'yaml';
import type { Alias, Pair, YAMLMap } from 'yaml';
import { floatKey, isFloatText, resolvePlain } from './scalar.ts';

/** What the conversion of one document may cost: beyond it the document is a problem, never a hanging run. */
export const documentLimits = {
  /** Nodes that aliases may copy: a bomb of ten levels is stopped after some milliseconds. */
  aliasCopies: 50_000,
  depth: 200,
  /** Problems of one kind are listed up to here. */
  problems: 20,
} as const;

export interface ConversionProblem {
  readonly kind: 'yaml-error' | 'duplicate-key' | 'glued-separator' | 'alias-limit' | 'limit';
  readonly offset: number;
  readonly reason: string;
  readonly remedy: string;
}

export interface Conversion {
  readonly value: unknown;
  readonly problems: readonly ConversionProblem[];
}

/**
 * A document of the package `yaml` as plain values, as Kubernetes' reader makes JSON of it: keys are texts, merge keys are resolved in the order they are
 * written, aliases are copies. Recognises what is no error for that reader and yet not what the author meant: duplicate keys and two objects in one document.
 */
export function toPlain(contents: unknown): Conversion {
  const converter = new Converter();
  try {
    return { value: converter.value(contents, 0, true), problems: converter.problems };
  } catch (error) {
    if (!(error instanceof Stop)) throw error;
    return { value: undefined, problems: [...converter.problems, error.problem] };
  }
}

class Stop extends Error {
  readonly problem: ConversionProblem;
  constructor(problem: ConversionProblem) {
    super(problem.reason);
    this.problem = problem;
  }
}

class Converter {
  readonly problems: ConversionProblem[] = [];
  readonly #anchors = new Map<string, unknown>();
  readonly #targets = new Map<Alias, unknown>();
  readonly #open = new Set<unknown>();
  #copying = 0;
  #copies = 0;

  value(node: unknown, depth: number, root = false): unknown {
    if (node === null || node === undefined) return null;
    if (this.#copying > 0 && (this.#copies += 1) > documentLimits.aliasCopies) {
      throw new Stop({ kind: 'alias-limit', offset: offsetOf(node), reason: `aliases repeat more than ${documentLimits.aliasCopies} values`, remedy: 'write the values out, or split the document' });
    }
    if (depth > documentLimits.depth) {
      throw new Stop({ kind: 'limit', offset: offsetOf(node), reason: `the document is nested deeper than ${documentLimits.depth} levels`, remedy: 'flatten the document' });
    }
    if (isAlias(node)) return this.#alias(node, (target) => this.value(target, depth));
    this.#remember(node);
    if (isScalar(node)) {
      const value: unknown = node.value;
      if (typeof value === 'number' && !Number.isFinite(value)) this.#report('yaml-error', node, 'Kubernetes takes no infinite number', 'put the value in quotes if it is a text');
      return value;
    }
    this.#open.add(node);
    const value = isSeq(node) ? node.items.map((item) => this.value(item, depth + 1)) : isMap(node) ? this.#map(node, depth, root) : null;
    this.#open.delete(node);
    return value;
  }

  #remember(node: unknown): void {
    const anchor = (node as { readonly anchor?: string }).anchor; // every node of the package may carry one
    if (anchor !== undefined && this.#copying === 0) this.#anchors.set(anchor, node);
  }

  #alias(alias: Alias, use: (target: unknown) => unknown): unknown {
    // INVARIANT: an alias means the last anchor of that name before it, so it is bound at its first visit, in document order.
    if (!this.#targets.has(alias)) this.#targets.set(alias, this.#anchors.get(alias.source));
    const target = this.#targets.get(alias);
    if (target === undefined) {
      this.#report('yaml-error', alias, `the alias \`*${alias.source}\` has no anchor before it`, 'define the anchor in the same document');
      return undefined;
    }
    if (this.#open.has(target)) {
      this.#report('yaml-error', alias, `the value of the anchor \`&${alias.source}\` contains itself`, 'remove the alias');
      return undefined;
    }
    this.#copying += 1;
    const value = use(target);
    this.#copying -= 1;
    return value;
  }

  #map(map: YAMLMap, depth: number, root: boolean): Record<string, unknown> {
    const result: Record<string, unknown> = {};
    const merged = map.items.some((pair) => isMergeKey(pair));
    const written = merged ? new Set<string>() : undefined;
    let glued = false;
    for (const pair of map.items) {
      if (merged && isMergeKey(pair)) {
        this.#merge(result, written ?? new Set(), pair, depth);
        continue;
      }
      const key = this.#key(pair.key);
      if (key === undefined) continue;
      if (written === undefined ? Object.hasOwn(result, key) : written.has(key)) {
        if (root && (key === 'apiVersion' || key === 'kind')) {
          if (!glued) this.#report('glued-separator', pair.key, `a second \`${key}:\` begins here: two objects in one document`, 'write `---` on a line of its own between the two objects');
          glued = true;
        } else if (!glued) this.#report('duplicate-key', pair.key, `the key \`${oneLine(key)}\` is written twice in one map; only the last one counts`, 'keep one of them');
      }
      written?.add(key);
      assign(result, key, this.value(pair.value, depth + 1));
    }
    return result;
  }

  /** go-yaml v2 merges where the key stands: keys written before it are replaced, keys after it win. */
  #merge(result: Record<string, unknown>, written: ReadonlySet<string>, pair: Pair, depth: number): void {
    const source = this.value(pair.value, depth + 1);
    const maps = Array.isArray(source) ? (source as readonly unknown[]) : [source];
    if (!maps.every((map) => typeof map === 'object' && map !== null && !Array.isArray(map))) {
      this.#report('yaml-error', pair.key, 'the value of a merge key `<<` must be a map or a list of maps', 'merge an anchored map');
      return;
    }
    for (const map of maps.toReversed()) {
      for (const [key, value] of Object.entries(map as Record<string, unknown>)) {
        if (written.has(key)) this.#report('yaml-error', pair.key, `the key \`${oneLine(key)}\` is written before a merge that sets it too: \`kubectl\` and \`kustomize\` read this differently`, 'write `<<` as the first key of the map');
        assign(result, key, value);
      }
    }
  }

  #key(node: unknown): string | undefined {
    if (isAlias(node)) {
      const key = this.#alias(node, (target) => this.#key(target));
      return typeof key === 'string' ? key : undefined;
    }
    if (isScalar(node)) {
      this.#remember(node);
      const key = keyText(node);
      if (key !== undefined) return key;
    }
    if (node === null || node === undefined || isScalar(node)) this.#report('yaml-error', node, 'a map has a key without text', 'give the key a name, or quote it');
    else this.#report('yaml-error', node, 'a map or list stands where a key must be', 'quote the text; a template such as `{{ … }}` must be rendered first');
    return undefined;
  }

  #report(kind: ConversionProblem['kind'], node: unknown, reason: string, remedy: string): void {
    if (this.#copying === 0 && this.problems.length < documentLimits.problems) this.problems.push({ kind, offset: offsetOf(node), reason, remedy });
  }
}

/** The text of a scalar key as Kubernetes makes it: `on` is `true`, `0x1F` is `31`; undefined for null. */
export function keyText(node: Scalar): string | undefined {
  const value: unknown = node.value;
  if (typeof value === 'string' || typeof value === 'boolean') return String(value);
  if (typeof value !== 'number') return undefined;
  return typeof node.source === 'string' && (isFloatText(node.source) || !Number.isFinite(value)) ? floatKey(value) : BigInt(value).toString();
}

/** The same for a plain key that was never a node. */
export function plainKeyText(text: string): string | undefined {
  const value = resolvePlain(text);
  if (value === null) return undefined;
  if (typeof value !== 'number') return String(value);
  return isFloatText(text) || !Number.isFinite(value) ? floatKey(value) : BigInt(value).toString();
}

export function isMergeKey(pair: Pair): boolean {
  return isScalar(pair.key) && pair.key.value === '<<' && (pair.key.type === Scalar.PLAIN || pair.key.tag === 'tag:yaml.org,2002:merge') && pair.key.tag !== 'tag:yaml.org,2002:str';
}

/** Own property whatever the name: `__proto__` is a key like any other. */
export function assign(target: Record<string, unknown>, key: string, value: unknown): void {
  if (key === '__proto__') Object.defineProperty(target, key, { value, writable: true, enumerable: true, configurable: true });
  else target[key] = value;
}

function offsetOf(node: unknown): number {
  return (node as { readonly range?: readonly [number, number, number] | null } | null | undefined)?.range?.[0] ?? 0; // every parsed node carries its range
}

function oneLine(text: string): string {
  return text.length > 80 ? `${text.slice(0, 80).replace(/\s+/gu, ' ')}…` : text.replace(/\s+/gu, ' ');
}
