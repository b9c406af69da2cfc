import { choiceAt, fieldsAt, fieldsOr, isSet, own, type Fields } from './reading.ts';
import { decodeWorkloadSelector, workloadSelectorShape, type WorkloadSelector } from './selector.ts';
import { clip, isFields, map, object, oneOf } from './shape.ts';

/** Omitted `mode` is UNSET: inherit (M section 0). */
export type MutualTlsMode = 'UNSET' | 'DISABLE' | 'PERMISSIVE' | 'STRICT';

export interface PeerAuthenticationSpec {
  readonly selector: WorkloadSelector | undefined;
  readonly mode: MutualTlsMode;
  /** By workload (container) port, never the Service port (M10). */
  readonly portLevelMtls: ReadonlyMap<number, MutualTlsMode>;
}

const modes = ['UNSET', 'DISABLE', 'PERMISSIVE', 'STRICT'] as const satisfies readonly MutualTlsMode[];
const mutualTls = object({ mode: oneOf(...modes) });

/** @see https://istio.io/latest/docs/reference/config/security/peer_authentication/ */
export const peerAuthenticationShape = object(
  {
    selector: workloadSelectorShape,
    mtls: mutualTls,
    portLevelMtls: map(mutualTls, { min: 1, key: (key) => (portOf(key) === undefined ? `\`${clip(key)}\` is no port from 1 to 65535` : undefined) }),
  },
  {
    // M9, A7.3.
    rule: (spec) => {
      if (!isSet(spec, 'portLevelMtls')) return undefined;
      const labels = fieldsAt(fieldsOr(spec, 'selector'), 'matchLabels');
      return labels !== undefined && Object.keys(labels).length > 0 ? undefined : '`portLevelMtls` needs a selector with labels';
    },
  },
);

export function decodePeerAuthentication(spec: Fields): PeerAuthenticationSpec {
  const ports = new Map<number, MutualTlsMode>();
  const portLevel = fieldsAt(spec, 'portLevelMtls');
  if (portLevel !== undefined) {
    for (const key of Object.keys(portLevel)) {
      const port = portOf(key);
      const entry = own(portLevel, key);
      if (port !== undefined && isFields(entry)) ports.set(port, choiceAt(entry, 'mode', modes, 'UNSET'));
    }
  }
  return { selector: decodeWorkloadSelector(spec), mode: choiceAt(fieldsOr(spec, 'mtls'), 'mode', modes, 'UNSET'), portLevelMtls: ports };
}

const decimalDigits = /^[0-9]{1,5}$/;

/** M9: 1 to 65535 in decimal digits. */
export function portOf(key: string): number | undefined {
  if (!decimalDigits.test(key)) return undefined;
  const port = Number(key);
  return port >= 1 && port <= 65535 ? port : undefined;
}
