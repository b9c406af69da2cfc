/** Which inbound ports reach the proxy (M69 to M71), by how the pod takes part in the mesh. */
import type { Enrolment } from './model.ts';
import { everythingInbound, goFalse, goTrue, nothingInbound, redirectionOf } from './redirection.ts';
import type { CaptureDefaults, InboundCapture } from './redirection.ts';
import type { Labels } from './selection.ts';

export { goFalse, goTrue };
export type { CaptureDefaults, InboundCapture };

/** The proxy's own listeners: HBONE, metrics, health, statistics (M69, M155). Nobody reaches the application there. */
export const proxyPorts: ReadonlySet<number> = new Set([15008, 15020, 15021, 15090]);

/** An installation without CNI and without values of its own. */
export const usualCapture: CaptureDefaults = {
  includeInboundPorts: undefined,
  excludeInboundPorts: '',
  includeOutboundPorts: '',
  excludeOutboundPorts: '',
  includeIPRanges: undefined,
  excludeIPRanges: '',
  statusPort: 15020,
  cni: false,
  plugin: false,
  interceptionMode: 'REDIRECT',
};

export function captures(capture: InboundCapture, port: number): boolean {
  if (capture.mode === 'none' || capture.exclude.has(port)) return false;
  return capture.mode === 'all' || capture.include.has(port);
}

export function inboundCapture(enrolment: Enrolment, annotations: Labels, defaults: CaptureDefaults = usualCapture): InboundCapture {
  switch (enrolment.mode) {
    case 'none':
    case 'gateway':
      return nothingInbound;
    case 'ambient':
      return ambientCapture(annotations);
    case 'sidecar':
      return sidecarCapture(annotations, defaults);
    case 'unknown':
      return enrolment.inWorld === 'ambient' ? ambientCapture(annotations) : sidecarCapture(annotations, defaults);
  }
}

/** Only the bypass annotation acts in ambient; it takes Go booleans (M32, M71). */
export function ambientCapture(annotations: Labels): InboundCapture {
  return goTrue(annotations['ambient.istio.io/bypass-inbound-capture']) ? nothingInbound : everythingInbound;
}

/** A pod that is refused never runs: it is judged as an init container would set it up, or without its annotations. */
function sidecarCapture(annotations: Labels, defaults: CaptureDefaults): InboundCapture {
  if (Object.keys(annotations).length > 0) return freshCapture(annotations, defaults);
  const key = JSON.stringify(defaults);
  const known = unannotated.get(key);
  if (known !== undefined) return known;
  const fresh = freshCapture(annotations, defaults);
  unannotated.set(key, fresh);
  return fresh;
}

/** Of pods that say nothing themselves, as most do: by what the installation sets. */
const unannotated = new Map<string, InboundCapture>();

function freshCapture(annotations: Labels, defaults: CaptureDefaults): InboundCapture {
  for (const [own, world] of [[annotations, defaults], [annotations, { ...defaults, cni: false, plugin: false }], [{}, defaults]] as const) {
    const redirected = redirectionOf(own, world);
    if (!('rejectedBy' in redirected)) return redirected.inbound;
  }
  return everythingInbound;
}
