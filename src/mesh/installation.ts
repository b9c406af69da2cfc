/**
 * The installations of Istio that the manifests state: whose webhooks and CNI plugin there are (M55 to M63). Without any, a whole
 * cluster has one with an empty revision and ambient; a repository may live in a cluster with whatever it names (M60).
 */
import { compareBy, compareText } from '#lib/order.ts';
import type { Webhook } from '#manifests/admission-control.ts';
import type { InstallationSpec } from '#manifests/installation.ts';
import type { AnyResource } from '#manifests/resource.ts';
import { usualCapture } from './capture.ts';
import type { CaptureDefaults } from './capture.ts';
import { selects } from './selection.ts';
import type { Labels } from './selection.ts';

export interface Installation {
  /** Empty: the default revision. */
  readonly revision: string;
  /** Names that `istio.io/rev` may carry for it: the revision and its tags. */
  readonly names: ReadonlySet<string>;
  /** Answers `istio-injection: enabled`. */
  readonly isDefault: boolean;
  /** `global.proxy.autoInject` (M58). */
  readonly autoInject: boolean;
  /** `sidecarInjectorWebhook.enableNamespacesByDefault` (M55). */
  readonly byDefault: boolean;
  readonly never: readonly LabelSelectorText[];
  readonly always: readonly LabelSelectorText[];
  /** `global.proxy` of the install: what it captures where the pod says nothing (M70). */
  readonly capture: Omit<CaptureDefaults, 'interceptionMode' | 'plugin'>;
  /** `meshConfig.defaultConfig` of the install, where it says so (M94). */
  readonly interceptionMode: string | undefined;
  /** Its sidecars take HBONE: the injector labels the pods so (M52). */
  readonly hbone: boolean;
  /** `ENABLE_NATIVE_SIDECARS` of its istiod (M62). */
  readonly nativeSidecars: boolean;
  /** It brings the CNI plugin. */
  readonly plugin: boolean;
  /** It brings istiod, and so the injector (M55). */
  readonly injects: boolean;
  /** Templates that the install adds (M61). */
  readonly templates: ReadonlySet<string>;
  /** `sidecarInjectorWebhook.defaultTemplates`: for pods that ask for none (M61). */
  readonly defaultTemplates: readonly string[];
  /** Namespaces that its CNI plugin leaves alone (M64). */
  readonly excludedNamespaces: ReadonlySet<string>;
  /** Its CNI plugin takes pods into ambient. */
  readonly ambient: boolean;
  /** `cni.ambient.enablementSelectors`; `undefined`: the usual labels (M63). */
  readonly enablement: readonly { readonly pod: LabelSelectorText; readonly namespace: LabelSelectorText }[] | undefined;
}

/** A label selector as Kubernetes writes it, still unchecked. */
export interface LabelSelectorText {
  readonly matchLabels: Labels;
  readonly matchExpressions: readonly { readonly key: string; readonly operator: string; readonly values: readonly string[] }[];
}

type Fields = Readonly<Record<string, unknown>>;

const defaults: Installation = {
  revision: '',
  names: new Set(['default']),
  isDefault: true,
  autoInject: true,
  byDefault: false,
  never: [],
  always: [],
  capture: { ...usualCapture, cni: true },
  interceptionMode: undefined,
  hbone: true,
  nativeSidecars: true,
  plugin: true,
  injects: true,
  templates: new Set(),
  defaultTemplates: ['sidecar'],
  excludedNamespaces: new Set(['kube-system']),
  ambient: true,
  enablement: undefined,
};

/** The one installation of a cluster that states none (R27). */
export const onlyInstallation: readonly Installation[] = [defaults];

/** `undefined`: the manifests state none. In the order of their revisions. */
export function installationsOf(resources: readonly AnyResource[]): readonly Installation[] | undefined {
  const found: Installation[] = [];
  const tags = new Map<string, string>();
  for (const resource of resources) {
    if (resource.kind === 'MutatingWebhookConfiguration') {
      // M60: a tag is a webhook configuration with two labels.
      const tag = resource.labels['istio.io/tag'];
      const revision = resource.labels['istio.io/rev'];
      if (tag !== undefined) tags.set(tag, revision === undefined || revision === 'default' ? '' : revision);
    }
    if (resource.kind === 'IstioRevisionTag') tags.set(resource.name, resource.spec.target.kind === 'IstioRevision' || resource.spec.target.name !== 'default' ? resource.spec.target.name : '');
    if (resource.kind === 'IstioOperator' || resource.kind === 'Istio' || resource.kind === 'IstioRevision') {
      const named = resource.kind === 'IstioOperator' ? (resource.spec.revision ?? '') : (resource.spec.revision ?? (resource.name === 'default' ? '' : resource.name));
      found.push(installationOf(named === 'default' ? '' : named, resource.spec));
    }
  }
  if (found.length === 0 && tags.size === 0) return undefined;
  const known = found.length === 0 ? onlyInstallation : found;
  return known
    .map((installation) => withTags(installation, [...tags].filter(([, revision]) => revision === installation.revision).map(([tag]) => tag)))
    .sort(compareBy((installation) => installation.revision));
}

/** Injection hooks that lead to no istiod of the cluster: they refuse the pods that they select (M55). */
export function orphanedHooks(resources: readonly AnyResource[], installations: readonly Installation[]): readonly Webhook[] {
  const served = new Set(installations.flatMap(({ revision, names }) => [revision === '' ? 'istiod' : `istiod-${revision}`, ...[...names].map((name) => `istiod-revision-tag-${name}`)]));
  return resources.flatMap((resource) => (resource.kind === 'MutatingWebhookConfiguration' ? resource.spec.webhooks : [])).filter(({ service, failurePolicy }) => service !== undefined && /^istiod(-|$)/.test(service.name) && failurePolicy === 'Fail' && !served.has(service.name));
}

function withTags(installation: Installation, tags: readonly string[]): Installation {
  if (tags.length === 0) return installation;
  return { ...installation, names: new Set([...installation.names, ...tags].sort(compareText)), isDefault: installation.isDefault || tags.includes('default') };
}

function installationOf(revision: string, { values, components, profile, meshConfig, environment }: InstallationSpec): Installation {
  const proxyDefaults = at(meshConfig ?? {}, 'defaultConfig');
  const tunnels = at(proxyDefaults, 'proxyMetadata')['ISTIO_META_ENABLE_HBONE'];
  const injector = at(values, 'sidecarInjectorWebhook');
  const proxy = at(at(values, 'global'), 'proxy');
  const tags = texts(values['revisionTags']);
  const cni = at(values, 'cni');
  const ambientProfile = profile === 'ambient' || values['profile'] === 'ambient';
  const ambient = at(cni, 'ambient')['enabled'];
  const plugin = at(components, 'cni')['enabled'] === true || at(at(values, 'pilot'), 'cni')['enabled'] === true || cni['enabled'] === true || ambientProfile;
  const enablement = at(cni, 'ambient')['enablementSelectors'];
  return {
    revision,
    names: new Set([revision === '' ? 'default' : revision, ...tags].sort(compareText)),
    isDefault: revision === '' || tags.includes('default'),
    autoInject: (proxy['autoInject'] ?? 'enabled') === 'enabled',
    byDefault: injector['enableNamespacesByDefault'] === true,
    never: selectorList(injector['neverInjectSelector']),
    always: selectorList(injector['alwaysInjectSelector']),
    capture: {
      includeInboundPorts: text(proxy['includeInboundPorts']),
      excludeInboundPorts: text(proxy['excludeInboundPorts']) ?? '',
      includeOutboundPorts: text(proxy['includeOutboundPorts']) ?? '',
      excludeOutboundPorts: text(proxy['excludeOutboundPorts']) ?? '',
      includeIPRanges: text(proxy['includeIPRanges']),
      excludeIPRanges: text(proxy['excludeIPRanges']) ?? '',
      statusPort: typeof proxy['statusPort'] === 'number' ? proxy['statusPort'] : usualCapture.statusPort,
      cni: plugin,
    },
    interceptionMode: text(proxyDefaults['interceptionMode']),
    hbone: tunnels === undefined ? ambientProfile : tunnels === true || tunnels === 'true',
    nativeSidecars: environment['ENABLE_NATIVE_SIDECARS'] !== 'false',
    plugin,
    injects: at(components, 'pilot')['enabled'] === undefined ? profile !== 'empty' : at(components, 'pilot')['enabled'] === true,
    templates: new Set(Object.keys(at(injector, 'templates'))),
    defaultTemplates: texts(injector['defaultTemplates']).length === 0 ? ['sidecar'] : texts(injector['defaultTemplates']),
    excludedNamespaces: new Set(Array.isArray(cni['excludeNamespaces']) ? texts(cni['excludeNamespaces']) : ['kube-system']),
    ambient: ambientProfile ? ambient !== false : plugin && ambient === true,
    enablement: Array.isArray(enablement) ? enablement.map((entry) => ({ pod: selectorText(at(fields(entry), 'podSelector')), namespace: selectorText(at(fields(entry), 'namespaceSelector')) })) : undefined,
  };
}

/** Every part holds; an empty selector fits everything. An unknown operator fits nothing. */
export function fitsSelector(selector: LabelSelectorText, labels: Labels): boolean {
  if (!selects(selector.matchLabels, labels)) return false;
  return selector.matchExpressions.every(({ key, operator, values }) => {
    const value = Object.hasOwn(labels, key) ? labels[key] : undefined;
    switch (operator) {
      case 'In':
        return value !== undefined && values.includes(value);
      case 'NotIn':
        return value === undefined || !values.includes(value);
      case 'Exists':
        return value !== undefined;
      case 'DoesNotExist':
        return value === undefined;
      default:
        return false;
    }
  });
}

/** An empty selector in the injector's lists selects nothing. */
export function isEmptySelector(selector: LabelSelectorText): boolean {
  return Object.keys(selector.matchLabels).length === 0 && selector.matchExpressions.length === 0;
}

function selectorList(value: unknown): readonly LabelSelectorText[] {
  return Array.isArray(value) ? value.map((entry) => selectorText(fields(entry))) : [];
}

function selectorText(value: Fields): LabelSelectorText {
  const expressions = value['matchExpressions'];
  return {
    matchLabels: Object.fromEntries(Object.entries(at(value, 'matchLabels')).map(([key, label]) => [key, String(label)])),
    matchExpressions: (Array.isArray(expressions) ? expressions : []).map((entry) => {
      const expression = fields(entry);
      return { key: text(expression['key']) ?? '', operator: text(expression['operator']) ?? '', values: texts(expression['values']) };
    }),
  };
}

function at(value: Fields, key: string): Fields {
  return fields(value[key]);
}

function fields(value: unknown): Fields {
  // A mapping of YAML has text keys here; what it holds stays unknown.
  return value !== null && typeof value === 'object' && !Array.isArray(value) ? (value as Fields) : {};
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : typeof value === 'number' ? String(value) : undefined;
}

function texts(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((entry): entry is string => typeof entry === 'string') : [];
}
