/** Kinds whose effect cannot be analysed in general: what they touch is read, their content is compared as a whole (M132 to M135). */
import { contentOf } from './content.ts';
import { choiceAt, entriesAt, fieldsAt, fieldsOr, flagAt, numberAt, own, textAt, textMap, textMapAt, textOr, type Fields } from './reading.ts';
import { decodeTargetRefs, decodeWorkloadLabels, decodeWorkloadSelector, type TargetRef, type WorkloadLabels, type WorkloadSelector } from './selector.ts';

export interface EnvoyFilterSpec {
  readonly workloadSelector: WorkloadLabels | undefined;
  readonly targetRefs: readonly TargetRef[];
  readonly priority: number;
  readonly patches: readonly EnvoyPatch[];
  /** Equal content on both sides is one shared unknown; canonical JSON of the spec. */
  readonly content: string;
}

export interface EnvoyPatch {
  readonly applyTo: string;
  /** Omitted = ANY. */
  readonly context: string;
  /** Omitted = INVALID. */
  readonly operation: string;
  /** Names of filters that the match or the patch names, in the order they are written. */
  readonly filters: readonly string[];
  readonly listenerPort: number | undefined;
}

/** WasmPlugin and TrafficExtension. */
export interface ProxyExtensionSpec {
  readonly selector: WorkloadSelector | undefined;
  readonly targetRefs: readonly TargetRef[];
  /** Omitted = UNSPECIFIED: at the end of the chain. */
  readonly phase: 'UNSPECIFIED' | 'AUTHN' | 'AUTHZ' | 'STATS';
  readonly priority: number;
  readonly language: 'wasm' | 'lua';
  readonly url: string;
  readonly sha256: string;
  /** Omitted = FAIL_CLOSE. */
  readonly failStrategy: 'FAIL_CLOSE' | 'FAIL_OPEN' | 'FAIL_RELOAD';
  readonly imagePullSecret: string;
  readonly content: string;
}

export interface TelemetrySpec {
  readonly selector: WorkloadSelector | undefined;
  readonly targetRefs: readonly TargetRef[];
  readonly accessLogging: readonly AccessLogging[];
  readonly tracing: readonly { readonly disabled: boolean; readonly providers: readonly string[]; readonly sampling: number | undefined }[];
  readonly metricsDisabled: boolean;
}

export interface AccessLogging {
  readonly disabled: boolean;
  readonly providers: readonly string[];
  readonly filter: string;
  readonly mode: 'CLIENT_AND_SERVER' | 'CLIENT' | 'SERVER';
}

export interface ProxyConfigSpec {
  readonly selector: WorkloadSelector | undefined;
  readonly environmentVariables: Readonly<Record<string, string>>;
  readonly concurrency: number | undefined;
  readonly imageType: string;
}

export function decodeEnvoyFilter(manifest: Fields): EnvoyFilterSpec {
  const spec = fieldsOr(manifest, 'spec');
  return {
    workloadSelector: decodeWorkloadLabels(spec),
    targetRefs: decodeTargetRefs(spec),
    priority: numberAt(spec, 'priority') ?? 0,
    patches: entriesAt(spec, 'configPatches').map((patch) => {
      const match = fieldsOr(patch, 'match');
      const listener = fieldsOr(match, 'listener');
      return {
        applyTo: textOr(patch, 'applyTo', 'INVALID'),
        context: textOr(match, 'context', 'ANY'),
        operation: textOr(fieldsOr(patch, 'patch'), 'operation', 'INVALID'),
        filters: filterNames(fieldsOr(fieldsOr(listener, 'filterChain'), 'filter'), fieldsOr(fieldsOr(match, 'waypoint'), 'filter'), listener, fieldsOr(fieldsOr(patch, 'patch'), 'value')),
        listenerPort: numberAt(listener, 'portNumber'),
      };
    }),
    content: contentOf(spec),
  };
}

function filterNames(filter: Fields, waypointFilter: Fields, listener: Fields, value: Fields): readonly string[] {
  const names = [filter, fieldsOr(filter, 'subFilter'), waypointFilter, fieldsOr(waypointFilter, 'subFilter'), value].flatMap((from) => textAt(from, 'name') ?? []);
  const listenerFilter = textAt(listener, 'listenerFilter');
  return listenerFilter === undefined ? names : [...names, listenerFilter];
}

export function decodeWasmPlugin(manifest: Fields): ProxyExtensionSpec {
  const spec = fieldsOr(manifest, 'spec');
  return { ...scope(spec), ...wasm(spec), language: 'wasm', content: contentOf(spec) };
}

export function decodeTrafficExtension(manifest: Fields): ProxyExtensionSpec {
  const spec = fieldsOr(manifest, 'spec');
  return { ...scope(spec), ...wasm(fieldsOr(spec, 'wasm')), language: fieldsAt(spec, 'lua') === undefined ? 'wasm' : 'lua', content: contentOf(spec) };
}

function scope(spec: Fields): Pick<ProxyExtensionSpec, 'selector' | 'targetRefs' | 'phase' | 'priority'> {
  return {
    selector: decodeWorkloadSelector(spec),
    targetRefs: decodeTargetRefs(spec),
    phase: choiceAt(spec, 'phase', ['UNSPECIFIED', 'AUTHN', 'AUTHZ', 'STATS'], 'UNSPECIFIED'),
    priority: numberAt(spec, 'priority') ?? 0,
  };
}

function wasm(from: Fields): Pick<ProxyExtensionSpec, 'url' | 'sha256' | 'failStrategy' | 'imagePullSecret'> {
  return {
    url: textOr(from, 'url'),
    sha256: textOr(from, 'sha256'),
    failStrategy: choiceAt(from, 'failStrategy', ['FAIL_CLOSE', 'FAIL_OPEN', 'FAIL_RELOAD'], 'FAIL_CLOSE'),
    imagePullSecret: textOr(from, 'imagePullSecret'),
  };
}

export function decodeTelemetry(manifest: Fields): TelemetrySpec {
  const spec = fieldsOr(manifest, 'spec');
  return {
    selector: decodeWorkloadSelector(spec),
    targetRefs: decodeTargetRefs(spec),
    accessLogging: entriesAt(spec, 'accessLogging').map((logging) => ({
      disabled: flagAt(logging, 'disabled') ?? false,
      providers: providerNames(logging),
      filter: textOr(fieldsOr(logging, 'filter'), 'expression'),
      mode: choiceAt(fieldsOr(logging, 'match'), 'mode', ['CLIENT_AND_SERVER', 'CLIENT', 'SERVER'], 'CLIENT_AND_SERVER'),
    })),
    tracing: entriesAt(spec, 'tracing').map((tracing) => ({
      disabled: flagAt(tracing, 'disableSpanReporting') ?? false,
      providers: providerNames(tracing),
      sampling: numberAt(tracing, 'randomSamplingPercentage'),
    })),
    metricsDisabled: entriesAt(spec, 'metrics').some((metrics) =>
      entriesAt(metrics, 'overrides').some((override) => {
        const match = own(override, 'match');
        return flagAt(override, 'disabled') === true && (match === undefined || match === null || textOr(fieldsOr(override, 'match'), 'metric') === 'ALL_METRICS');
      }),
    ),
  };
}

function providerNames(from: Fields): readonly string[] {
  return entriesAt(from, 'providers').map((provider) => textOr(provider, 'name'));
}

export function decodeProxyConfig(manifest: Fields): ProxyConfigSpec {
  const spec = fieldsOr(manifest, 'spec');
  return {
    selector: decodeWorkloadSelector(spec),
    environmentVariables: textMapAt(spec, 'environmentVariables') ?? textMap({}),
    concurrency: numberAt(spec, 'concurrency'),
    imageType: textOr(fieldsOr(spec, 'image'), 'imageType'),
  };
}

