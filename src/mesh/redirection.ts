/**
 * Which of a pod's traffic the packet filter sends to its sidecar (M61, M69 to M72): annotations over the install's values, set up by
 * an init container or by the CNI plugin, which read them differently.
 */
import { compareText } from '#lib/order.ts';
import { ownProxyConfig } from './proxy-config.ts';
import type { Labels } from './selection.ts';

export interface InboundCapture {
  /** `all` but `exclude`; `listed`: only `include`. */
  readonly mode: 'all' | 'listed' | 'none';
  readonly include: ReadonlySet<number>;
  readonly exclude: ReadonlySet<number>;
  readonly excludeInterfaces: readonly string[];
  /** Interfaces whose inbound traffic counts as outbound. */
  readonly rerouted: readonly string[];
}

/** First match decides: excluded interfaces and ports, the proxy's own user, excluded ranges, then what is included. */
export interface OutboundCapture {
  readonly mode: 'all' | 'listed' | 'none';
  readonly excludeInterfaces: readonly string[];
  readonly excludePorts: readonly number[];
  readonly excludeRanges: readonly string[];
  readonly includePorts: readonly number[];
  readonly includeRanges: readonly string[];
}

export const nothingInbound: InboundCapture = { mode: 'none', include: new Set(), exclude: new Set(), excludeInterfaces: [], rerouted: [] };
export const everythingInbound: InboundCapture = { ...nothingInbound, mode: 'all' };
const nothingOutbound: OutboundCapture = { mode: 'none', excludeInterfaces: [], excludePorts: [], excludeRanges: [], includePorts: [], includeRanges: [] };

/** What the installation sets for every pod (M70), the mesh for every proxy (M94), and who programs the packet filter. */
export interface CaptureDefaults {
  /** `global.proxy.includeInboundPorts`; `undefined`: all. */
  readonly includeInboundPorts: string | undefined;
  readonly excludeInboundPorts: string;
  readonly includeOutboundPorts: string;
  readonly excludeOutboundPorts: string;
  /** `undefined`: all. */
  readonly includeIPRanges: string | undefined;
  readonly excludeIPRanges: string;
  readonly statusPort: number;
  /** The injector leaves the packet filter to the CNI plugin (M69). */
  readonly cni: boolean;
  /** A CNI plugin runs in the cluster and looks at the pod's namespace. */
  readonly plugin: boolean;
  readonly interceptionMode: string;
}

export interface Redirection {
  readonly inbound: InboundCapture;
  readonly outbound: OutboundCapture;
  /** Whose traffic leaves without the proxy (M72); `undefined`: no rule was made. */
  readonly exempt: { readonly user: number; readonly group: number } | undefined;
}

export type Redirected = Redirection | { readonly rejectedBy: 'injector' | 'cni' };

const traffic = 'traffic.sidecar.istio.io/';

/** @param proxy user and group of the pod's own `istio-proxy` container (M72) */
export function redirectionOf(annotations: Labels, defaults: CaptureDefaults, proxy: { readonly user: number | undefined; readonly group: number | undefined } = { user: undefined, group: undefined }): Redirected {
  if (!readableByInjector(annotations)) return { rejectedBy: 'injector' };
  const mode = interceptionMode(annotations, defaults);
  if (!defaults.cni && mode !== 'NONE') {
    const user = mode === 'TPROXY' ? 1337 : (proxy.user ?? 1337);
    return programmed(byInitContainer(annotations, defaults), mode, { user, group: user });
  }
  if (!defaults.plugin) return unprogrammed;
  return redirectionByPlugin(defaults.cni ? annotationsForPlugin(annotations, defaults, mode) : annotations, proxy);
}

/** What the CNI plugin makes of a pod that was injected elsewhere: it reads the annotations as they are. */
export function redirectionByPlugin(annotations: Labels, proxy: { readonly user: number | undefined; readonly group: number | undefined }): Redirected {
  const mode = annotations['sidecar.istio.io/interceptionMode'] ?? 'REDIRECT';
  if (!readableByPlugin(annotations) || mode === 'NONE') return { rejectedBy: 'cni' };
  return programmed(settingsOfPlugin(annotations), mode, { user: nonZero(mode === 'TPROXY' ? 0 : proxy.user), group: nonZero(proxy.group) });
}

const unprogrammed: Redirection = { inbound: nothingInbound, outbound: nothingOutbound, exempt: undefined };

function nonZero(id: number | undefined): number {
  return id === undefined || id === 0 ? 1337 : id;
}

/** What the packet filter is told, each as one text. */
interface Settings {
  readonly includeInbound: string;
  readonly excludeInbound: string;
  readonly includeOutbound: string;
  readonly excludeOutbound: string;
  readonly includeRanges: string;
  readonly excludeRanges: string;
  readonly excludeInterfaces: string;
  readonly reroute: string;
}

function byInitContainer(annotations: Labels, defaults: CaptureDefaults): Settings {
  const own = (name: string, otherwise: string): string => annotations[`${traffic}${name}`] ?? otherwise;
  return {
    includeInbound: own('includeInboundPorts', defaults.includeInboundPorts ?? '*'),
    excludeInbound: `15090,15021,${withStatusPort(annotations, defaults)}`,
    includeOutbound: own('includeOutboundPorts', defaults.includeOutboundPorts),
    excludeOutbound: own('excludeOutboundPorts', defaults.excludeOutboundPorts),
    includeRanges: own('includeOutboundIPRanges', defaults.includeIPRanges ?? '*'),
    excludeRanges: own('excludeOutboundIPRanges', defaults.excludeIPRanges),
    excludeInterfaces: own('excludeInterfaces', ''),
    reroute: annotations['istio.io/reroute-virtual-interfaces'] ?? own('kubevirtInterfaces', ''),
  };
}

/** M69: the readiness port is left out beside the pod's own list. */
function withStatusPort(annotations: Labels, defaults: CaptureDefaults): string {
  const port = (annotations['status.sidecar.istio.io/port'] ?? String(defaults.statusPort)).trim();
  const listed = annotations[`${traffic}excludeInboundPorts`] ?? defaults.excludeInboundPorts;
  if (port === '' || port === '0' || listed.split(',').includes(port)) return listed;
  return [...listed.split(',').map((part) => part.trim()).filter((part) => part !== ''), port].join(',');
}

/** The injector writes the install's values into the pod for the plugin; an empty range of the install is lost on the way (M70). */
function annotationsForPlugin(annotations: Labels, defaults: CaptureDefaults, mode: string): Labels {
  const settings = byInitContainer(annotations, defaults);
  const written: Record<string, string> = { ...annotations, 'sidecar.istio.io/interceptionMode': mode };
  const write = (name: string, value: string): void => {
    written[`${traffic}${name}`] = value;
  };
  if (settings.includeRanges !== '') write('includeOutboundIPRanges', settings.includeRanges);
  if (settings.excludeRanges !== '') write('excludeOutboundIPRanges', settings.excludeRanges);
  write('includeInboundPorts', settings.includeInbound);
  write('excludeInboundPorts', withStatusPort(annotations, defaults));
  if (defaults.includeOutboundPorts !== '') write('includeOutboundPorts', settings.includeOutbound);
  if (defaults.excludeOutboundPorts !== '') write('excludeOutboundPorts', settings.excludeOutbound);
  return written;
}

function settingsOfPlugin(seen: Labels): Settings {
  const own = (name: string, otherwise: string): string => seen[`${traffic}${name}`] ?? otherwise;
  return {
    includeInbound: own('includeInboundPorts', '*'),
    excludeInbound: `${own('excludeInboundPorts', '15020')},15020,15021,15090`,
    includeOutbound: own('includeOutboundPorts', ''),
    excludeOutbound: own('excludeOutboundPorts', '15020'),
    includeRanges: own('includeOutboundIPRanges', '*'),
    excludeRanges: own('excludeOutboundIPRanges', ''),
    excludeInterfaces: own('excludeInterfaces', ''),
    reroute: seen['istio.io/reroute-virtual-interfaces'] ?? own('kubevirtInterfaces', ''),
  };
}

function programmed(settings: Settings, mode: string, exempt: { readonly user: number; readonly group: number }): Redirection {
  const excludeInterfaces = texts(settings.excludeInterfaces);
  return { inbound: inboundOf(settings, mode, excludeInterfaces), outbound: outboundOf(settings, excludeInterfaces), exempt };
}

/** 15008 is the proxy's own listener, which TPROXY captures all the same; a list of included ports makes the excluded ones dead (recorded). */
function inboundOf(settings: Settings, mode: string, excludeInterfaces: readonly string[]): InboundCapture {
  const rerouted = texts(settings.reroute);
  const tunnel = mode === 'TPROXY' ? [] : [15008];
  const included = settings.includeInbound.trim();
  if (included === '*') return { mode: 'all', include: new Set(), exclude: new Set(ascending([...tunnel, ...ports(settings.excludeInbound)])), excludeInterfaces, rerouted };
  const include = ports(included);
  if (include.length === 0) return { ...nothingInbound, excludeInterfaces, rerouted };
  return { mode: 'listed', include: new Set(ascending(include)), exclude: new Set(tunnel), excludeInterfaces, rerouted };
}

function outboundOf(settings: Settings, excludeInterfaces: readonly string[]): OutboundCapture {
  const all = settings.includeRanges.trim() === '*';
  const includeRanges = all ? [] : texts(settings.includeRanges);
  const includePorts = ascending(ports(settings.includeOutbound));
  if (!all && includeRanges.length === 0 && includePorts.length === 0) return nothingOutbound;
  return { mode: all ? 'all' : 'listed', excludeInterfaces, excludePorts: ascending(ports(settings.excludeOutbound)), excludeRanges: texts(settings.excludeRanges), includePorts, includeRanges };
}

/** The annotation, then `proxy.istio.io/config`, whose REDIRECT is the zero value and lost, then the mesh (M61, M96). */
function interceptionMode(annotations: Labels, defaults: CaptureDefaults): string {
  const own = annotations['sidecar.istio.io/interceptionMode'];
  if (own !== undefined) return own;
  return ownProxyConfig(annotations)?.interceptionMode ?? defaults.interceptionMode;
}

/** The injector refuses the whole pod for an annotation that it cannot read (M69). */
function readableByInjector(annotations: Labels): boolean {
  return ownProxyConfig(annotations) !== undefined && Object.entries(injectorChecks).every(([name, check]) => annotations[name] === undefined || check(annotations[name]));
}

const isPortList = (text: string): boolean => text.trim() === '' || text.split(',').every((part) => isPort(part.trim()));
const isRangeList = (text: string): boolean => text === '' || text.split(',').every(isRange);
const isInterfaceList = (text: string): boolean => text === '' || text.split(',').every((part) => /^[^\s/]{1,15}$/.test(part.trim()));
const isWhole = (text: string): boolean => /^\d+$/.test(text) && Number(text) <= 4_294_967_295;
const isQuantity = (text: string): boolean => /^[+-]?(\d+(\.\d*)?|\.\d+)([numkMGTPE]|[KMGTPE]i|[eE][+-]?\d+)?$/.test(text);

const injectorChecks: Readonly<Record<string, (text: string) => boolean>> = {
  'sidecar.istio.io/interceptionMode': (text) => ['REDIRECT', 'TPROXY', 'NONE'].includes(text),
  'status.sidecar.istio.io/port': (text) => isPort(text.trim()),
  'readiness.status.sidecar.istio.io/initialDelaySeconds': isWhole,
  'readiness.status.sidecar.istio.io/periodSeconds': isWhole,
  'readiness.status.sidecar.istio.io/failureThreshold': isWhole,
  [`${traffic}includeOutboundIPRanges`]: (text) => text === '*' || isRangeList(text),
  [`${traffic}excludeOutboundIPRanges`]: isRangeList,
  [`${traffic}includeInboundPorts`]: (text) => text === '*' || isPortList(text),
  [`${traffic}excludeInboundPorts`]: isPortList,
  [`${traffic}excludeOutboundPorts`]: isPortList,
  [`${traffic}excludeInterfaces`]: isInterfaceList,
  [`${traffic}kubevirtInterfaces`]: isInterfaceList,
  'istio.io/reroute-virtual-interfaces': isInterfaceList,
  'prometheus.istio.io/merge-metrics': (text) => goTrue(text) || goFalse(text),
  'sidecar.istio.io/proxyCPU': isQuantity,
  'sidecar.istio.io/proxyMemory': isQuantity,
  'sidecar.istio.io/proxyCPULimit': isQuantity,
  'sidecar.istio.io/proxyMemoryLimit': isQuantity,
};

/** The plugin checks one list more, and fails the pod's start (M61, M69). */
function readableByPlugin(seen: Labels): boolean {
  const lists = ['includeInboundPorts', 'excludeInboundPorts', 'includeOutboundPorts', 'excludeOutboundPorts'].map((name) => seen[`${traffic}${name}`]);
  return lists.every((text) => text === undefined || text === '*' || isPortList(text));
}

function isPort(text: string): boolean {
  return /^\d+$/.test(text) && Number(text) <= 65535;
}

/** `netip.ParsePrefix`: an address with the length of its prefix. */
function isRange(text: string): boolean {
  const four = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\/(\d{1,2})$/.exec(text);
  if (four !== null) return four.slice(1, 5).every((part) => Number(part) <= 255 && String(Number(part)) === part) && Number(four[5]) <= 32;
  const six = /^([0-9a-fA-F:]*:[0-9a-fA-F:.]*)\/(\d{1,3})$/.exec(text);
  return six !== null && Number(six[2]) <= 128;
}

function ports(text: string): number[] {
  return text
    .split(',')
    .map((part) => part.trim())
    .filter(isPort)
    .map(Number);
}

function ascending(numbers: readonly number[]): number[] {
  return [...new Set(numbers)].sort((left, right) => left - right);
}

function texts(text: string): readonly string[] {
  return [...new Set(text.split(',').map((part) => part.trim()))].filter((part) => part !== '').sort(compareText);
}

/** `strconv.ParseBool`: the texts that Go reads as true. */
export function goTrue(text: string | undefined): boolean {
  return text !== undefined && ['1', 't', 'T', 'true', 'TRUE', 'True'].includes(text);
}

export function goFalse(text: string | undefined): boolean {
  return text !== undefined && ['0', 'f', 'F', 'false', 'FALSE', 'False'].includes(text);
}
