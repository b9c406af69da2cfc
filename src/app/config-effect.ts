/** What a changed mesh configuration may do to requests beyond what the model reads of it, and the parts of it that cannot be read. */
import { shortHash } from '#lib/canonical.ts';
import { distinct } from '#lib/order.ts';
import { resourceId, type AnyResource } from '#manifests/resource.ts';
import { fieldsActing, meshConfigFields, statesMeshConfig, unreadableMeshConfig } from '#mesh/config-fields.ts';
import type { IncompleteReason } from '#report/report.ts';
import type { FieldPath } from '#source/origin.ts';
import type { SidesOfEnvironment } from './client-tls-effect.ts';
import type { ChangedResource } from './load/changed-resources.ts';

/** One thing about a changed object whose effect on requests is not known. */
export interface NotComputed {
  /** Tells apart several of one object. */
  readonly about: string;
  readonly because: string;
  readonly path: FieldPath;
}

/** Fields of the mesh configuration that changed and that the model does not read. */
export function configNotComputed(changed: ChangedResource, environments: readonly SidesOfEnvironment[]): readonly NotComputed[] {
  const { base, head } = changed;
  const shown = head ?? base;
  if (shown === undefined || [base, head].every((resource) => resource === undefined || !statesMeshConfig(resource))) return [];
  if ([base, head].some((resource) => resource !== undefined && unreadableMeshConfig(resource) !== undefined)) return [];
  const touched = environments.filter((environment) => changed.environments.includes(environment.id));
  const read = touched.filter((environment) => [environment.base.config.statedBy, environment.head.config.statedBy].includes(changed.resource));
  const moved = read.flatMap((environment) => differing(environment.base.config.notComputed, environment.head.config.notComputed));
  // Another object states the configuration that was read: this one is of another revision.
  const apart = read.length === touched.length ? [] : differing(acting(base), acting(head));
  return distinct([...moved, ...apart]).map((field) => ({
    about: `field ${field}`,
    because: `what \`${field}\` of the mesh configuration does to requests is not computed by this version`,
    path: shown.kind === 'ConfigMap' ? ['data', 'mesh'] : ['spec', 'meshConfig', ...field.split('.')],
  }));
}

function acting(resource: AnyResource | undefined): ReadonlyMap<string, string> {
  return resource === undefined ? new Map() : fieldsActing(meshConfigFields(resource));
}

function differing(base: ReadonlyMap<string, string>, head: ReadonlyMap<string, string>): readonly string[] {
  return [...new Set([...base.keys(), ...head.keys()])].filter((field) => base.get(field) !== head.get(field));
}

export interface SideObjects {
  readonly base: readonly AnyResource[];
  readonly head: readonly AnyResource[];
}

type Place = { readonly file: string; readonly line: number } | undefined;

/** Mesh configurations that cannot be read: the other side stands in for them (R18). `existing`: both sides hold the same text. */
export function unreadableConfigs(environments: readonly SideObjects[], lineOf: (resource: AnyResource, path: FieldPath, side: 'base' | 'head') => Place): IncompleteReason[] {
  const reasons = new Map<string, IncompleteReason>();
  for (const { base, head } of environments) {
    const onBase = new Map(base.flatMap((resource) => entryOf(resource)));
    const onHead = new Map(head.flatMap((resource) => entryOf(resource)));
    for (const id of distinct([...onBase.keys(), ...onHead.keys()])) {
      const [side, found] = onHead.has(id) ? (['head', onHead.get(id)] as const) : (['base', onBase.get(id)] as const);
      if (found === undefined) continue;
      const same = onBase.get(id)?.text === onHead.get(id)?.text;
      reasons.set(`${side} ${id}`, {
        id: shortHash('mesh-config', side, id),
        kind: 'unreadable',
        status: same ? 'existing' : 'new',
        unit: found.resource.unit,
        ...lineOf(found.resource, ['data', 'mesh'], side),
        reason: `the mesh configuration in \`${id}\` cannot be read${side === 'base' ? ' on the base side' : ''}: ${found.problem}`,
        remedy: 'write `mesh` as valid YAML; until then the other side stands in for it, or Istio\'s defaults',
      });
    }
  }
  return [...reasons.values()];
}

function entryOf(resource: AnyResource): readonly (readonly [string, { readonly resource: AnyResource; readonly problem: string; readonly text: string }])[] {
  const problem = unreadableMeshConfig(resource);
  return problem === undefined || resource.kind !== 'ConfigMap' ? [] : [[resourceId(resource), { resource, problem, text: resource.spec.data['mesh'] ?? '' }]];
}
