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
/** The proxy's own ports are never redirected to itself (M69, M155). */
const proxyPorts = [15008, 15020, 15021, 15090];

export function captures(capture: InboundCapture, port: number): boolean {
  if (capture.mode === 'none' || capture.exclude.has(port)) return false;
  return capture.mode === 'all' || capture.include.has(port);
}

export function inboundCapture(enrolment: Enrolment, annotations: Labels): InboundCapture {
  switch (enrolment.mode) {
    case 'none':
    case 'gateway':
      return nothing;
    case 'ambient':
      return ambientCapture(annotations);
    case 'sidecar':
      return sidecarCapture(annotations);
    case 'unknown':
      return enrolment.inWorld === 'ambient' ? ambientCapture(annotations) : sidecarCapture(annotations);
  }
}

/** Only the bypass annotation acts in ambient; it takes Go booleans (M32, M71). */
function ambientCapture(annotations: Labels): InboundCapture {
  return goTrue(annotations['ambient.istio.io/bypass-inbound-capture']) ? nothing : everything;
}

function sidecarCapture(annotations: Labels): InboundCapture {
  if (annotations['sidecar.istio.io/interceptionMode'] === 'NONE') return nothing;
  const exclude = new Set([...proxyPorts, ...portList(annotations['traffic.sidecar.istio.io/excludeInboundPorts'])]);
  const included = annotations['traffic.sidecar.istio.io/includeInboundPorts'];
  if (included === undefined || included.trim() === '*') return { mode: 'all', include: new Set(), exclude };
  // A list of included ports makes the excluded ones dead (recorded correction of M69).
  const include = new Set(portList(included));
  return include.size === 0 ? nothing : { mode: 'listed', include, exclude: new Set() };
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
