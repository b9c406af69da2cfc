/** Requests leave no trace: access logging is off for the mesh (M94), or a Telemetry object turns it off for some workloads (M134). */
import { resourceId } from '#manifests/resource.ts';
import { accessLogging } from '../access-logging.ts';
import { defineDetector, type StateDraft } from '../detector.ts';
import type { SideFacts } from '../facts.ts';
import { named } from '../text.ts';

export const accessLogLost = defineDetector({
  rule: 'access-log-lost',
  detectState: (side) => [...meshWide(side), ...telemetry(side)],
});

const texts: Pick<StateDraft, 'impact' | 'remedy' | 'validation'> = {
  impact: 'nobody can tell afterwards who called what',
  remedy: 'set `accessLogFile: /dev/stdout` in the mesh configuration, or turn `accessLogging` on in a Telemetry object of the root namespace',
  validation: { positive: 'a request leaves a line in the log of the proxy', negative: 'a refused request leaves one, too' },
};

function meshWide(side: SideFacts): StateDraft[] {
  const logging = accessLogging(side);
  if (logging.state !== 'off') return [];
  const config = side.all.find((resource) => resourceId(resource) === side.mesh.config.statedBy);
  return [{ subject: 'mesh', affected: ['mesh'], ...(config === undefined ? {} : { place: { resource: config, path: [] } }), message: logging.because, ...texts }];
}

/** Of the root namespace without a selector: `meshWide` says it. */
function telemetry(side: SideFacts): StateDraft[] {
  return side.of('Telemetry').flatMap((object) => {
    const isMeshWide = object.namespace === side.mesh.config.rootNamespace && object.spec.selector === undefined && object.spec.targetRefs.length === 0;
    const index = object.spec.accessLogging.findIndex((entry) => entry.disabled);
    if (isMeshWide || index < 0) return [];
    const labels = object.spec.selector?.matchLabels ?? {};
    const what = Object.keys(labels).length === 0 ? `namespace \`${object.namespace ?? ''}\`` : `the pods of \`${object.namespace ?? ''}\` that it selects`;
    return [{ subject: resourceId(object), affected: [`${object.namespace ?? ''} ${JSON.stringify(labels)}`], place: { resource: object, path: ['spec', 'accessLogging', index] }, message: `${named(object)} turns access logging off for ${what}`, ...texts }];
  });
}
