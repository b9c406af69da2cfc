/**
 * Network policies of Cilium and Calico: they refuse packets as NetworkPolicies do, in languages of their own that are not interpreted. What is
 * read is their content, so that a change in it is told.
 */
import { contentOf } from './content.ts';
import { builtIn, kindEntry } from './entry.ts';
import { own, type Fields } from './reading.ts';
import { anything } from './shape.ts';

export interface OtherNetworkPolicySpec {
  /** Canonical JSON of `spec` and `specs`. */
  readonly content: string;
}

function decode(manifest: Fields): OtherNetworkPolicySpec {
  return { content: contentOf([own(manifest, 'spec') ?? null, own(manifest, 'specs') ?? null]) };
}

const read = { shape: builtIn({ spec: anything, specs: anything }), decode } as const;
const cilium = { group: 'cilium.io', served: ['v2'], removed: [], ...read } as const;
const calico = { group: 'projectcalico.org', served: ['v3', 'v1'], removed: [], ...read } as const;

export const otherNetworkKinds = {
  CiliumNetworkPolicy: kindEntry('CiliumNetworkPolicy', { ...cilium, scope: 'namespaced' }),
  CiliumClusterwideNetworkPolicy: kindEntry('CiliumClusterwideNetworkPolicy', { ...cilium, scope: 'cluster' }),
  CalicoNetworkPolicy: kindEntry('CalicoNetworkPolicy', { ...calico, scope: 'namespaced' }),
  CalicoGlobalNetworkPolicy: kindEntry('CalicoGlobalNetworkPolicy', { ...calico, scope: 'cluster' }),
};
