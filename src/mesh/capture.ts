/** Which inbound ports reach the proxy (M69 to M71). Outbound capture is no part of this. */
import type { Enrolment } from './model.ts';
import type { Labels } from './selection.ts';

export interface InboundCapture {
  readonly mode: 'all' | 'listed' | 'none';
  readonly include: ReadonlySet<number>;
  readonly exclude: ReadonlySet<number>;
}

const everything: InboundCapture = { mode: 'all', include: new Set(), exclude: new Set() };
const nothing: InboundCapture = { mode: 'none', include: new Set(), exclude: new Set() };

/** The proxy's own listeners: HBONE, metrics, health, statistics (M69, M155). Nobody reaches the application there. */
export const proxyPorts: ReadonlySet<number> = new Set([15008, 15020, 15021, 15090]);

/** What the installation sets for every pod (M70) and the mesh for every proxy (M94). */
export interface CaptureDefaults {
  /** `global.proxy.includeInboundPorts`; `undefined`: all. */
  readonly includeInboundPorts: string | undefined;
  readonly excludeInboundPorts: string;
  readonly statusPort: number;
  /** The CNI plugin sets capture up, not an init container (M69). */
  readonly cni: boolean;
  readonly interceptionMode: string;
}

export const usualCapture: CaptureDefaults = { includeInboundPorts: undefined, excludeInboundPorts: '', statusPort: 15020, cni: false, interceptionMode: 'REDIRECT' };

export function captures(capture: InboundCapture, port: number): boolean {
  if (capture.mode === 'none' || capture.exclude.has(port)) return false;
  return capture.mode === 'all' || capture.include.has(port);
}

export function inboundCapture(enrolment: Enrolment, annotations: Labels, defaults: CaptureDefaults = usualCapture): InboundCapture {
  switch (enrolment.mode) {
    case 'none':
    case 'gateway':
      return nothing;
    case 'ambient':
      return ambientCapture(annotations);
    case 'sidecar':
      return sidecarCapture(annotations, defaults);
    case 'unknown':
      return enrolment.inWorld === 'ambient' ? ambientCapture(annotations) : sidecarCapture(annotations, defaults);
  }
}

/** Only the bypass annotation acts in ambient; it takes Go booleans (M32, M71). */
function ambientCapture(annotations: Labels): InboundCapture {
  return goTrue(annotations['ambient.istio.io/bypass-inbound-capture']) ? nothing : everything;
}

function sidecarCapture(annotations: Labels, defaults: CaptureDefaults): InboundCapture {
  const mode = interceptionMode(annotations, defaults);
  if (mode === 'NONE') return nothing;
  const stated = annotations['status.sidecar.istio.io/port'];
  // `status.sidecar.istio.io/port` frees 15020 only without CNI (recorded correction of M69).
  const statusPort = stated !== undefined && /^\d+$/.test(stated) ? Number(stated) : defaults.statusPort;
  // 15008 is the proxy's own listener, which TPROXY captures all the same (recorded).
  const own = [...(mode === 'TPROXY' ? [] : [15008]), 15021, 15090, ...(statusPort > 0 ? [statusPort] : []), ...(defaults.cni ? [15020] : [])];
  const exclude = new Set([...own, ...portList(annotations['traffic.sidecar.istio.io/excludeInboundPorts'] ?? defaults.excludeInboundPorts)]);
  const included = annotations['traffic.sidecar.istio.io/includeInboundPorts'] ?? defaults.includeInboundPorts ?? '*';
  if (included.trim() === '*') return { mode: 'all', include: new Set(), exclude };
  // A list of included ports makes the excluded ones dead (recorded correction of M69).
  const include = new Set(portList(included));
  return include.size === 0 ? nothing : { mode: 'listed', include, exclude: new Set() };
}

/** The annotation, then `proxy.istio.io/config`, whose REDIRECT is the zero value and lost, then the mesh (M61, M96). */
function interceptionMode(annotations: Labels, defaults: CaptureDefaults): string {
  const own = annotations['sidecar.istio.io/interceptionMode'];
  if (own !== undefined) return own;
  const config = /(?:^|[\s{,"])interceptionMode"?\s*:\s*"?(NONE|TPROXY)/.exec(annotations['proxy.istio.io/config'] ?? '')?.[1];
  return config ?? defaults.interceptionMode;
}

function portList(text: string | undefined): number[] {
  return (text ?? '')
    .split(',')
    .map((part) => part.trim())
    .filter((part) => /^\d+$/.test(part))
    .map(Number);
}

/** `strconv.ParseBool`: the texts that Go reads as true. */
export function goTrue(text: string | undefined): boolean {
  return text !== undefined && ['1', 't', 'T', 'true', 'TRUE', 'True'].includes(text);
}

export function goFalse(text: string | undefined): boolean {
  return text !== undefined && ['0', 'f', 'F', 'false', 'FALSE', 'False'].includes(text);
}
