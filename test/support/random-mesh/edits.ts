/** Edits of the kinds that pull requests make, and rewrites that change the text only. */
import { atWaypoint, bound, waypoint } from './ambient.ts';
import { backendEdits } from './backends.ts';
import { deleted, editing, replaced, some, withSpec, type Edit, type NamedEdit } from './editing.ts';
import { extension } from './extensions.ts';
import { fieldsAt, isFields, listAt } from './fields.ts';
import { gatewayEdits, routesRewritten } from './gateway-edits.ts';
import { authorizationPolicy, conditionOf, conditionValues, jwtRule, operationOf, peerAuthentication, requestAuthentication, ruleOf, sourceOf, type Action, type Document, type Features } from './manifests.ts';
import { movingEdits } from './moving.ts';
import { clusterPolicy, networkPolicy } from './network.ts';
import type { Random } from './random.ts';
import * as words from './vocabulary.ts';

type Fields = Readonly<Record<string, unknown>>;

const policyKinds = ['AuthorizationPolicy', 'PeerAuthentication', 'RequestAuthentication'];

function inRules(change: (random: Random, rules: readonly Fields[], action: Action) => readonly Fields[] | undefined): Edit {
  return editing(['AuthorizationPolicy'], (random, document) => {
    const spec = fieldsAt(document, 'spec');
    const rules = listAt(spec, 'rules').filter(isFields);
    const changed = change(random, rules, (spec['action'] ?? 'ALLOW') as Action);
    return changed === undefined ? undefined : withSpec(document, (old) => ({ ...old, rules: changed }));
  });
}

function inRule(change: (random: Random, rule: Fields, action: Action) => Fields | undefined): Edit {
  return inRules((random, rules, action) => {
    if (rules.length === 0) return undefined;
    const index = random.between(0, rules.length - 1);
    const changed = change(random, rules[index] ?? {}, action);
    return changed === undefined ? undefined : rules.map((rule, position) => (position === index ? changed : rule));
  });
}

/** One entry of `from`, `to` or `when` goes through `change`; `undefined` removes it. */
function inEntry(change: (random: Random, entry: Fields, part: string, action: Action) => Fields | undefined): Edit {
  return inRule((random, rule, action) => {
    const parts = ['from', 'to', 'when'].filter((part) => listAt(rule, part).length > 0);
    if (parts.length === 0) return undefined;
    const part = random.pick(parts);
    const entries = listAt(rule, part).filter(isFields);
    const index = random.between(0, entries.length - 1);
    const changed = change(random, entries[index] ?? {}, part, action);
    const left = entries.flatMap((entry, position) => (position === index ? (changed === undefined ? [] : [changed]) : [entry]));
    const rest = Object.fromEntries(Object.entries(rule).filter(([key]) => key !== part));
    return left.length === 0 ? rest : { ...rest, [part]: left };
  });
}

const innerOf: Readonly<Record<string, string>> = { from: 'source', to: 'operation' };

/** One list of values inside an entry. */
function inValues(change: (random: Random, values: readonly string[], field: string) => { readonly field: string; readonly values: readonly string[] } | undefined): Edit {
  return inEntry((random, entry, part) => {
    const inner = innerOf[part];
    const holder = inner === undefined ? entry : fieldsAt(entry, inner);
    const fields = Object.keys(holder).filter((key) => Array.isArray(holder[key]));
    if (fields.length === 0) return entry;
    const field = random.pick(fields);
    const values = listAt(holder, field).filter((value): value is string => typeof value === 'string');
    const changed = change(random, values, inner === undefined ? String(entry['key']) : field);
    if (changed === undefined) return entry;
    const target = inner === undefined ? field : changed.field;
    const rest = Object.fromEntries(Object.entries(holder).filter(([key]) => key !== field));
    const edited = { ...rest, [target]: [...changed.values] };
    return inner === undefined ? edited : { [inner]: edited };
  });
}

function poolOf(field: string): readonly string[] {
  const name = field.startsWith('not') ? `${field.charAt(3).toLowerCase()}${field.slice(4)}` : field;
  const pools: Readonly<Record<string, readonly string[]>> = {
    principals: words.principals,
    namespaces: words.namespaceValues,
    serviceAccounts: words.accountValues,
    trustDomains: words.trustDomainValues,
    requestPrincipals: words.subjects,
    ipBlocks: words.blocks,
    remoteIpBlocks: words.blocks,
    hosts: words.hosts,
    methods: words.methods,
    paths: [...words.plainPaths, ...words.templates],
    ports: words.ports,
  };
  return pools[name] ?? conditionValues(field);
}

const edits: readonly NamedEdit[] = [
  [5, 'policy-deleted', (random, documents) => {
    const index = some(random, documents, policyKinds);
    return index === undefined ? undefined : replaced(documents, index);
  }],
  [7, 'policy-added', (random, documents) => {
    const namespace = random.pick(['shop', 'shop', 'web', 'istio-system']);
    const name = random.pick(['a0', 'new', 'z']);
    const made = random.weighted([[6, authorizationPolicy], [2, peerAuthentication], [2, requestAuthentication]] as const);
    return [...documents, made(random, namespace, name)];
  }],
  [4, 'rule-removed', inRules((random, rules) => {
    if (rules.length === 0) return undefined;
    const gone = random.between(0, rules.length - 1);
    return rules.filter((_, index) => index !== gone);
  })],
  [5, 'rule-added', inRules((random, rules, action) => [...rules, ruleOf(random, action)])],
  [4, 'entry-removed', inEntry(() => undefined)],
  [5, 'entry-added', inRule((random, rule, action) => {
    const part = random.pick(['from', 'to']);
    const entry = part === 'from' ? { source: sourceOf(random, action) } : { operation: operationOf(random) };
    return { ...rule, [part]: [...listAt(rule, part), entry] };
  })],
  [3, 'part-removed', inRule((random, rule) => {
    const parts = Object.keys(rule);
    if (parts.length === 0) return undefined;
    const gone = random.pick(parts);
    return Object.fromEntries(Object.entries(rule).filter(([key]) => key !== gone));
  })],
  [5, 'value-removed', inValues((random, values, field) => (values.length < 2 ? undefined : { field, values: values.slice(1) }))],
  [6, 'value-added', inValues((random, values, field) => ({ field, values: [...values, random.pick(poolOf(field))] }))],
  [6, 'value-changed', inValues((random, values, field) => ({ field, values: [random.pick(poolOf(field)), ...values.slice(1)] }))],
  [3, 'field-negated', inValues((random, values, field) => ({ field: field.startsWith('not') ? `${field.charAt(3).toLowerCase()}${field.slice(4)}` : `not${field.charAt(0).toUpperCase()}${field.slice(1)}`, values }))],
  [3, 'when-added', inRule((random, rule, action) => ({ ...rule, when: [...listAt(rule, 'when'), conditionOf(random, action)] }))],
  [4, 'dash-lost', inRules((random, rules) => {
    const [first, second, ...rest] = rules;
    return first === undefined || second === undefined ? undefined : [{ ...second, ...first }, ...rest];
  })],
  [4, 'dash-gained', inRules((random, rules) => {
    const first = rules.find((rule) => Object.keys(rule).length > 1);
    if (first === undefined) return undefined;
    return rules.flatMap((rule) => (rule === first ? Object.entries(rule).map(([key, value]) => ({ [key]: value })) : [rule]));
  })],
  [5, 'action-changed', editing(['AuthorizationPolicy'], (random, document) => {
    const action = random.pick(['ALLOW', 'DENY', 'AUDIT']);
    return withSpec(document, (spec) => ({ ...Object.fromEntries(Object.entries(spec).filter(([key]) => key !== 'provider')), action }));
  })],
  [5, 'selector-changed', editing(policyKinds, (random, document) =>
    withSpec(document, (spec) => {
      const rest = Object.fromEntries(Object.entries(spec).filter(([key]) => key !== 'selector'));
      return random.chance(0.3) ? rest : { selector: { matchLabels: random.pick(words.labels) }, ...rest };
    }),
  )],
  [4, 'namespace-changed', editing(policyKinds, (random, document) => ({ ...document, metadata: { ...fieldsAt(document, 'metadata'), namespace: random.pick(['shop', 'web', 'istio-system']) } }))],
  [3, 'dry-run', editing(['AuthorizationPolicy'], (random, document) => ({ ...document, metadata: { ...fieldsAt(document, 'metadata'), annotations: { 'istio.io/dry-run': random.pick(['true', 'true', 'false']) } } }))],
  [5, 'mtls-mode', editing(['PeerAuthentication'], (random, document) => withSpec(document, (spec) => ({ ...spec, mtls: { mode: random.pick(['STRICT', 'PERMISSIVE', 'DISABLE', 'UNSET']) } })))],
  [3, 'mtls-port', editing(['PeerAuthentication'], (random, document) => withSpec(document, (spec) => ({ ...spec, portLevelMtls: { [random.pick(words.ports)]: { mode: random.pick(['STRICT', 'PERMISSIVE', 'DISABLE']) } } })))],
  [5, 'token-rules', editing(['RequestAuthentication'], (random, document) =>
    withSpec(document, (spec) => {
      const rules = listAt(spec, 'jwtRules');
      return { ...spec, jwtRules: random.chance(0.4) ? rules.slice(1) : random.chance(0.5) ? [...rules, jwtRule(random)] : [jwtRule(random), ...rules.slice(1)] };
    }),
  )],
  [3, 'provider-changed', editing(['AuthorizationPolicy'], (random, document) =>
    fieldsAt(document, 'spec')['action'] === 'CUSTOM' ? withSpec(document, (spec) => ({ ...spec, provider: { name: random.pick(words.providers) } })) : undefined,
  )],
  [4, 'mesh-config', editing(['ConfigMap'], (random, document) => {
    const body = JSON.parse(String(fieldsAt(document, 'data')['mesh'])) as Fields;
    const next = random.weighted<Fields>([
      [3, { trustDomain: random.pick(['shop.example', 'cluster.local']) }],
      [3, { trustDomainAliases: random.some(['old.example', 'shop.example'], 0, 2) }],
      [5, { pathNormalization: { normalization: random.pick(words.normalizations) } }],
      [1, { extensionProviders: listAt(body, 'extensionProviders').slice(1) }],
    ]);
    return { ...document, data: { mesh: JSON.stringify({ ...body, ...next }) } };
  })],
  [3, 'port-name', editing(['Service'], (random, document) =>
    withSpec(document, (spec) => ({ ...spec, ports: listAt(spec, 'ports').map((port, index) => (index === 0 && isFields(port) ? { ...port, name: random.pick(['http', 'tcp', 'plain']) } : port)) })),
  )],
  [2, 'enrolment', editing(['Namespace'], (random, document, { ambient }) => {
    const labels = random.pick<Fields>([{}, { 'istio-injection': 'enabled' }, ...(ambient ? [{ 'istio.io/dataplane-mode': 'ambient' }] : [])]);
    return { ...document, metadata: { ...fieldsAt(document, 'metadata'), labels } };
  })],
];

const networkEdits: readonly NamedEdit[] = [
  [30, 'network-policy-added', (random, documents) => [...documents, networkPolicy(random, random.pick(['shop', 'shop', 'web']), random.pick(['n0', 'new']))]],
  [25, 'network-policy-changed', editing(['NetworkPolicy'], (random, document) => {
    const { namespace, name } = fieldsAt(document, 'metadata');
    return networkPolicy(random, String(namespace), String(name));
  })],
  [15, 'network-policy-deleted', deleted(['NetworkPolicy'])],
  [6, 'cluster-policy-added', (random, documents) => [...documents, clusterPolicy(random, 'new')]],
  [4, 'cluster-policy-deleted', deleted(['ClusterNetworkPolicy'])],
];

const waypointEdits: readonly NamedEdit[] = [
  [6, 'waypoint-added', (random, documents) => [...documents, waypoint(random.pick(['shop', 'web']), random.pick(['', 'all', 'workload']))]],
  [4, 'waypoint-deleted', deleted(['Gateway'])],
  [12, 'waypoint-bound', editing(['Service', 'Namespace'], (random, document) => (fieldsAt(document, 'metadata')['name'] === 'opa' ? undefined : bound(document, random.chance(0.6))))],
  [10, 'policy-retargeted', editing(['AuthorizationPolicy', 'RequestAuthentication'], (random, document) => atWaypoint(random, document))],
];

const extensionEdits: readonly NamedEdit[] = [
  [15, 'extension-added', (random, documents) => [...documents, extension(random, random.pick(['shop', 'web', 'istio-system']), random.pick(['x', 'new']))]],
  [15, 'extension-deleted', deleted(['EnvoyFilter', 'WasmPlugin'])],
  [15, 'extension-changed', editing(['EnvoyFilter', 'WasmPlugin'], (random, document) => {
    const { namespace, name } = fieldsAt(document, 'metadata');
    return extension(random, String(namespace), String(name));
  })],
];

/** The head of a pull request: one to three edits; the names say which. */
export function edited(random: Random, base: readonly Document[], features: Features): { readonly head: readonly Document[]; readonly names: readonly string[] } {
  let head = base;
  const names: string[] = [];
  const wanted = random.weighted([[4, 1], [3, 2], [2, 3]] as const);
  const all = [...edits, ...(features.network ? networkEdits : []), ...(features.waypoints ? waypointEdits : []), ...(features.extensions ? extensionEdits : []), ...(features.gateway ? gatewayEdits : []), ...(features.backends ? backendEdits : []), ...(features.moving ? movingEdits : [])];
  const choices = all.map(([weight, label, change]) => [weight, [label, change] as const] as const);
  for (let attempt = 0; names.length < wanted && attempt < 20; attempt += 1) {
    const [name, edit] = random.weighted(choices);
    const next = edit(random, head, features);
    if (next === undefined) continue;
    head = next;
    names.push(name);
  }
  return { head, names };
}

/** The same mesh in other words: objects, rules, entries and values in another order, doubled, and policies under other names. */
export function rewritten(random: Random, documents: readonly Document[]): readonly Document[] {
  const copies = documents.map((document) => {
    if (document.kind === 'AuthorizationPolicy') return renamed(withSpec(document, (spec) => ({ ...spec, ...(Array.isArray(spec['rules']) ? { rules: shuffledDeep(random, spec['rules']) } : {}) })));
    // The oldest of a scope is told by its name where the times are equal: the order of names stays.
    return document.kind === 'PeerAuthentication' || document.kind === 'RequestAuthentication' ? renamed(document) : routesRewritten(random, document);
  });
  return random.shuffled(copies);
}

function renamed(document: Document): Document {
  const metadata = fieldsAt(document, 'metadata');
  return { ...document, metadata: { ...metadata, name: `team-${String(metadata['name'])}`, labels: { owner: 'nobody-selects-this' } } };
}

function shuffledDeep(random: Random, value: unknown): unknown {
  if (Array.isArray(value)) {
    const list = random.shuffled<unknown>(value).map((entry) => shuffledDeep(random, entry));
    return list.length > 0 && random.chance(0.2) ? [...list, list[0]] : list;
  }
  return isFields(value) ? Object.fromEntries(random.shuffled(Object.entries(value)).map(([key, entry]) => [key, shuffledDeep(random, entry)])) : value;
}
