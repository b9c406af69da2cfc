/** Workloads can newly reach destinations outside the mesh: outbound mode, Sidecar scope, ServiceEntry (M97 to M109). */
import { defineDetector } from '../detector.ts';
import { changesOf } from '../principal.ts';
import { destinationsPhrase, openedMessage, openedValidation } from '../text.ts';

export const egressOpened = defineDetector({
  rule: 'egress-opened',
  detectChanges: (context) =>
    changesOf(context, 'egress-opened').map((change) => ({
      change,
      message: openedMessage(change),
      impact: `a compromised workload can send data to ${destinationsPhrase(change)}`,
      remedy: 'register the one host that is needed, for the namespaces that need it (`exportTo`), and keep REGISTRY_ONLY; a NetworkPolicy for egress makes it binding',
      validation: openedValidation(change, 'the external hosts that the workload needs are still reached'),
    })),
});
