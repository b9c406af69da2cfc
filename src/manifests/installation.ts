/** How Istio is installed: IstioOperator and the kinds of the Sail operator (M93). Their content is Helm values, so it is kept as it is. */
import { fieldsAt, fieldsOr, noFields, own, textAt, textMap, textOr, type Fields } from './reading.ts';
import { anything, isFields, map, part, text } from './shape.ts';

/** IstioOperator, and Sail's Istio and IstioRevision. */
export interface InstallationSpec {
  readonly namespace: string | undefined;
  readonly revision: string | undefined;
  /** Without leading `v`. */
  readonly version: string | undefined;
  readonly tag: string | undefined;
  readonly profile: string | undefined;
  /** `spec.meshConfig` over `spec.values.meshConfig`; `undefined` where neither is written. */
  readonly meshConfig: Fields | undefined;
  /** `spec.values`, and `spec.unvalidatedValues` over them. */
  readonly values: Fields;
  /** `spec.components`, of IstioOperator only. */
  readonly components: Fields;
  /** Environment of istiod (M95): `values.pilot.env`, `values.env`, and `components.pilot.k8s.env`. */
  readonly environment: Readonly<Record<string, string>>;
}

export interface RevisionTagSpec {
  readonly target: { readonly kind: string; readonly name: string };
}

export const installationShape = part({
  namespace: text(),
  revision: text(),
  version: text(),
  profile: text(),
  meshConfig: map(anything),
  values: map(anything),
  unvalidatedValues: map(anything),
  components: map(anything),
});

export const revisionTagShape = part({ targetRef: part({ kind: text(), name: text() }) });

export function decodeInstallation(manifest: Fields): InstallationSpec {
  const spec = fieldsOr(manifest, 'spec');
  const values = merged(fieldsOr(spec, 'values'), fieldsOr(spec, 'unvalidatedValues'));
  const written = fieldsAt(spec, 'meshConfig');
  const fromValues = fieldsAt(values, 'meshConfig');
  return {
    namespace: textAt(spec, 'namespace'),
    revision: textAt(spec, 'revision') ?? textAt(values, 'revision'),
    version: textAt(spec, 'version')?.replace(/^v(?=[0-9])/, ''),
    tag: textAt(spec, 'tag') ?? textAt(fieldsOr(values, 'global'), 'tag'),
    profile: textAt(spec, 'profile') ?? textAt(values, 'profile'),
    meshConfig: written === undefined && fromValues === undefined ? undefined : { ...fromValues, ...written },
    values,
    components: fieldsOr(spec, 'components'),
    environment: environmentOf(values, fieldsOr(spec, 'components')),
  };
}

/** Helm's way: mappings are merged, anything else is replaced. */
function merged(under: Fields, over: Fields): Fields {
  const result: Record<string, unknown> = { ...under };
  for (const [name, value] of Object.entries(over)) {
    const before = result[name];
    if (name !== '__proto__') result[name] = isFields(before) && isFields(value) ? merged(before, value) : value;
  }
  return result;
}

function environmentOf(values: Fields, components: Fields): Readonly<Record<string, string>> {
  const environment: Record<string, string> = {};
  for (const source of [fieldsOr(fieldsOr(values, 'pilot'), 'env'), fieldsOr(values, 'env')]) {
    for (const name of Object.keys(source)) {
      const value = own(source, name);
      // Helm turns booleans and numbers into text.
      if (name !== '__proto__' && (typeof value === 'string' || typeof value === 'boolean' || typeof value === 'number')) environment[name] = String(value);
    }
  }
  const variables = own(fieldsOr(fieldsOr(components, 'pilot'), 'k8s'), 'env');
  for (const variable of Array.isArray(variables) ? variables : []) {
    if (!isFields(variable)) continue;
    const name = textOr(variable, 'name');
    const value = textAt(variable, 'value');
    if (name !== '' && name !== '__proto__' && value !== undefined) environment[name] = value;
  }
  return textMap(environment);
}

export function decodeRevisionTag(manifest: Fields): RevisionTagSpec {
  const target = fieldsAt(fieldsOr(manifest, 'spec'), 'targetRef') ?? noFields;
  return { target: { kind: textOr(target, 'kind'), name: textOr(target, 'name') } };
}
