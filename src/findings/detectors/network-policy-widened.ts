/**
 * Packets that a NetworkPolicy kept away newly reach a pod before which no proxy stands: the network was the only layer (M136 to M145). Where
 * proxies judge the request as well, the composed result is MP201.
 * @see https://kubernetes.io/docs/concepts/services-networking/network-policies/
 */
import { defineDetector } from '../detector.ts';
import { changesOf } from '../principal.ts';
import { breadthOf, breadthSeverity, stepped, type Breadth } from '../severity.ts';
import { openedMessage, openedValidation } from '../text.ts';
import { touchesCriticalAsset } from './access-widened.ts';

const who: Readonly<Record<Breadth, string>> = {
  anyone: 'anyone who can send a packet to the pod reaches the port, and nothing behind the network asks who it is',
  mesh: 'pods of many namespaces reach the port, and nothing behind the network asks who they are',
  namespace: 'every pod of a namespace reaches the port, and whoever may create or label a pod there',
  named: 'the named workload reaches the port, and whoever may run a pod with its labels',
};

export const networkPolicyWidened = defineDetector({
  rule: 'network-policy-widened',
  detectChanges: (context) =>
    changesOf(context, 'network-policy-widened').map((change) => ({
      change,
      severity: touchesCriticalAsset(context, change) ? stepped(breadthSeverity(change), 1) : breadthSeverity(change),
      message: openedMessage(change),
      impact: who[breadthOf(change.callers)],
      remedy: 'restore the rule, or name the pods that are meant by `namespaceSelector` and `podSelector` in one peer, with the port; if the packets are meant, accept the finding for this commit',
      validation: openedValidation(change),
    })),
});
