/** A workload becomes reachable from outside: gateway and route, Ingress, LoadBalancer, NodePort, external addresses (M110 to M130). */
import { defineDetector } from '../detector.ts';
import { changesOf } from '../principal.ts';
import { breadthSeverity, stepped } from '../severity.ts';
import { openedMessage, openedValidation } from '../text.ts';
import { touchesCriticalAsset } from './access-widened.ts';

export const internetExposure = defineDetector({
  rule: 'internet-exposure',
  detectChanges: (context) =>
    changesOf(context, 'internet-exposure').map((change) => ({
      change,
      severity: touchesCriticalAsset(context, change) ? stepped(breadthSeverity(change), 1) : breadthSeverity(change),
      message: openedMessage(change),
      impact: change.callers.internet ? 'anyone on the internet can send these requests' : 'callers outside the cluster can send these requests',
      remedy: 'narrow hosts and paths of the route to what is meant to be public, and require a token or an ALLOW policy at the workload',
      validation: openedValidation(change, 'the paths that are meant to be public are answered from outside'),
    })),
});
