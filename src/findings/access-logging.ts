/** Whether requests leave a trace (M94, M134). */
import type { SideFacts } from './facts.ts';

export interface AccessLogging {
  readonly state: 'on' | 'off' | 'unknown';
  readonly because: string;
}

export function accessLogging(side: SideFacts): AccessLogging {
  const { config } = side.mesh;
  if (config.accessLogFile !== '') return { state: 'on', because: 'the mesh configuration names an access log' };
  if (config.statedBy === undefined) return { state: 'unknown', because: 'the mesh configuration is not declared here, so it is not known whether requests are logged' };
  return { state: 'off', because: 'access logging is off: the mesh configuration names no `accessLogFile`' };
}
