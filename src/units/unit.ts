import type { Side } from '#trees/tree.ts';
import type { SetValue } from './helm-values.ts';
import type { Overlay } from './kustomize-build.ts';
import type { Substitution } from './substitution.ts';

export type UnitKind = 'plain' | 'kustomize' | 'helm';

/** What made the unit known (R3); what an earlier one claims, a later one does not discover again. */
export type Discovery = 'configuration' | 'flux' | 'argo' | 'kustomization' | 'chart' | 'folder';

/** The part of the configuration that discovery and environments read (`docs/configuration.md`). */
export interface UnitsConfig {
  readonly units: readonly {
    readonly path: string;
    readonly environment?: string | undefined;
    readonly namespace?: string | undefined;
    readonly helm?:
      | {
          readonly release?: string | undefined;
          readonly namespace?: string | undefined;
          readonly values?: readonly string[] | undefined;
          readonly set?: Readonly<Record<string, SetValue>> | undefined;
          readonly apiVersions?: readonly string[] | undefined;
          readonly kubeVersion?: string | undefined;
        }
      | undefined;
    readonly kustomize?: Readonly<Record<string, unknown>> | undefined;
  }[];
  readonly ignore: readonly string[];
  readonly environments: Readonly<Record<string, { readonly units: readonly string[]; readonly context: readonly string[] }>>;
  readonly context: readonly string[];
}

/** A unit as one side's files and objects name it. */
export interface UnitSide {
  readonly kind: UnitKind;
  /** Folder (or, configured, file) in the repository; `.` is the root. */
  readonly path: string;
  readonly discovery: Discovery;
  /** Plain units: the files whose objects it holds, in code-unit order. Empty for others: what they hold is known once rendered. */
  readonly files: readonly string[];
  /** What a renderer would read: folders (the files directly in them), whole trees, single files. */
  readonly inputs: UnitInputs;
  /** Helm only: the values file laid over `values.yaml`, relative to the repository. */
  readonly valuesFile?: string;
  /** Helm only: how the chart is released, as far as something says. */
  readonly helm?: Release;
  /** Kustomize only: what the controller that names the root adds to it (R7). */
  readonly overlay?: Overlay;
  /** What a Flux root puts in for variables. */
  readonly substitute?: Substitution;
  /** Namespace that is given to objects without one (R22), where something states it. */
  readonly namespace?: string;
  readonly environment?: string;
  /** The file that makes the folder a kustomization or chart, where it is not a folder of plain YAML. */
  readonly rootFile?: string;
  /** Which cluster a Flux or Argo CD root says it is for (R19). */
  readonly cluster?: string;
  /** The unit whose rendering holds the root that names this one. */
  readonly holder?: string;
  /** The revision that a root deploys instead of this tree's (R8). */
  readonly pinned?: string;
}

export interface Release {
  readonly release: string;
  readonly namespace: string;
  /** Paths in the repository, each laid over the one before. */
  readonly values: readonly string[];
  /** JSON of values that an object states itself, laid over all files. */
  readonly inline?: string;
  readonly set: Readonly<Record<string, SetValue>>;
  readonly apiVersions: readonly string[];
  readonly kubeVersion?: string;
  /** The files are the chart's own values, in place of its `values.yaml`, as Flux has `valuesFiles`. */
  readonly instead?: boolean;
  /** A values file that this side lacks, without which the controller deploys nothing. */
  readonly missing?: string;
  /** Nothing says how the chart is released: its name stands for release and namespace (R22). */
  readonly guessed?: boolean;
}

export interface UnitInputs {
  readonly folders: ReadonlySet<string>;
  readonly trees: readonly string[];
  readonly files: ReadonlySet<string>;
}

const noInputs: UnitInputs = { folders: new Set(), trees: [], files: new Set() };

export function plainUnit(path: string, files: readonly string[], discovery: Discovery): UnitSide {
  return { kind: 'plain', path, discovery, files, inputs: { ...noInputs, files: new Set(files) } };
}

/** As a unit has it, which need not have one. */
export function rootFile(file: { readonly file: string } | undefined): { readonly rootFile?: string } {
  return file === undefined ? {} : { rootFile: file.file };
}

/** One deployable source. Present on a side only where that side's own files, objects or configuration name it (R5). */
export interface Unit {
  /** Path, or `path@values-file`; of a pair that R12 finds, the base's. */
  readonly id: string;
  readonly base: UnitSide | undefined;
  readonly head: UnitSide | undefined;
}

/** The side that is there, the head's first: for texts and reports. */
export function shown(unit: Unit): UnitSide {
  const side = unit.head ?? unit.base;
  if (side === undefined) throw new Error(`unit ${unit.id} is on no side`);
  return side;
}

/** What a unit is called by in the file system, per side. */
export function onSide(unit: Unit, side: Side): UnitSide | undefined {
  return side === 'base' ? unit.base : unit.head;
}

/** `dirname` of the repository's paths; the root is `.`. */
export function folderOf(path: string): string {
  const cut = path.lastIndexOf('/');
  return cut < 0 ? '.' : path.slice(0, cut);
}

export function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** `path` lies in `folder` or below it. */
export function below(path: string, folder: string): boolean {
  return folder === '.' || path === folder || path.startsWith(`${folder}/`);
}

/**
 * A path as a manifest writes it, relative to `folder`; `undefined` where it leaves the repository or is no path of it (an address).
 * `.` is the root.
 */
export function resolvePath(folder: string, written: string): string | undefined {
  if (written === '' || /^[a-z][a-z0-9+.-]*:/iu.test(written)) return undefined;
  const steps = written.startsWith('/') || folder === '.' ? [] : folder.split('/');
  for (const step of written.split('/')) {
    if (step === '' || step === '.') continue;
    if (step === '..') {
      if (steps.length === 0) return undefined;
      steps.pop();
    } else steps.push(step);
  }
  return steps.length === 0 ? '.' : steps.join('/');
}
