/** Whether requests leave a trace: the mesh configuration, or a Telemetry of the root namespace over it (M94, M134). */
import type { SideFacts } from './facts.ts';

export interface AccessLogging {
  readonly state: 'on' | 'off' | 'unknown';
  readonly because: string;
}

export function accessLogging(side: SideFacts): AccessLogging {
  const { config } = side.mesh;
  const meshWide = side.of('Telemetry').filter((telemetry) => telemetry.namespace === config.rootNamespace && telemetry.spec.selector === undefined && telemetry.spec.targetRefs.length === 0);
  const entries = meshWide.flatMap((telemetry) => telemetry.spec.accessLogging);
  if (entries.some((entry) => entry.disabled)) return { state: 'off', because: 'access logging is turned off for the mesh by a Telemetry object' };
  if (entries.length > 0) return { state: 'on', because: 'a Telemetry object of the root namespace turns access logging on' };
  if (config.accessLogFile !== '') return { state: 'on', because: 'the mesh configuration names an access log' };
  if (config.statedBy === undefined) return { state: 'unknown', because: 'the mesh configuration is not declared here, so it is not known whether requests are logged' };
  return { state: 'off', because: 'access logging is off: the mesh configuration names no `accessLogFile`' };
}
