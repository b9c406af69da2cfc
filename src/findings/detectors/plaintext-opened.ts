/**
 * Callers without a mesh identity can newly reach a workload port: STRICT became PERMISSIVE or DISABLE, the policy was removed,
 * outranked or unselected (M6 to M18), or names a port that the pod does not have (M10).
 * @see https://istio.io/latest/docs/reference/config/security/peer_authentication/
 */
import { defineDetector } from '../detector.ts';
import { changesOf } from '../principal.ts';
import { openedMessage, openedValidation } from '../text.ts';

export const plaintextOpened = defineDetector({
  rule: 'plaintext-opened',
  detectChanges: (context) =>
    changesOf(context, 'plaintext-opened').map((change) => ({
      change,
      severity: change.callers.internet ? 'critical' : 'high',
      message: openedMessage(change),
      impact: 'whoever runs a pod in the cluster, or listens on its network, talks to the workload without proving who it is, and reads what others send in plaintext',
      attack: 'a pod without a proxy (any compromised job, a node, a namespace outside the mesh) connects to the port in plaintext; policies by identity cannot tell who it is',
      remedy: 'set `mtls.mode: STRICT` for this scope again (and `portLevelMtls` by container port), or restrict the workload with an ALLOW policy by `principals`',
      validation: openedValidation(change, 'the same request over mutual TLS from a workload of the mesh is still answered'),
    })),
});
