import { decodePolicyMark, decodeWebhookConfiguration, policyMarkShape, webhookConfigurationShape } from './admission-control.ts';
import { builtIn, kindEntry } from './entry.ts';
import { decodeIngress, decodeIngressClass, ingressClassShape, ingressShape } from './ingress.ts';
import {
  clusterPolicyShape,
  decodeAdminNetworkPolicy,
  decodeBaselineAdminNetworkPolicy,
  decodeClusterNetworkPolicy,
  decodeNetworkPolicy,
  networkPolicyShape,
} from './network-policy.ts';
import { decodeRole, decodeRoleBinding, roleBindingShape, roleShape } from './rbac.ts';

const networking = { group: 'networking.k8s.io', served: ['v1'], removed: ['v1beta1', 'v1alpha1'] } as const;
const rbac = { group: 'rbac.authorization.k8s.io', served: ['v1'], removed: ['v1beta1', 'v1alpha1'] } as const;
const admission = { group: 'admissionregistration.k8s.io', scope: 'cluster', served: ['v1'], removed: ['v1beta1', 'v1alpha1'] } as const;
const clusterPolicy = { group: 'policy.networking.k8s.io', scope: 'cluster' } as const;
const kyverno = { group: 'kyverno.io', served: ['v1', 'v2beta1'], removed: ['v1alpha1'] } as const;
const mark = { shape: policyMarkShape, decode: decodePolicyMark } as const;

/** Exposure, network policy, RBAC and admission of Kubernetes. */
export const kubernetesKinds = {
  Ingress: kindEntry('Ingress', { ...networking, scope: 'namespaced', shape: builtIn({ spec: ingressShape }), decode: decodeIngress }),
  IngressClass: kindEntry('IngressClass', { ...networking, scope: 'cluster', shape: builtIn({ spec: ingressClassShape }), decode: decodeIngressClass }),
  NetworkPolicy: kindEntry('NetworkPolicy', { ...networking, scope: 'namespaced', shape: builtIn({ spec: networkPolicyShape }), decode: decodeNetworkPolicy }),
  ClusterNetworkPolicy: kindEntry('ClusterNetworkPolicy', { ...clusterPolicy, served: ['v1alpha2'], shape: builtIn({ spec: clusterPolicyShape }), decode: decodeClusterNetworkPolicy }),
  AdminNetworkPolicy: kindEntry('AdminNetworkPolicy', { ...clusterPolicy, served: ['v1alpha1'], shape: builtIn({ spec: clusterPolicyShape }), decode: decodeAdminNetworkPolicy }),
  BaselineAdminNetworkPolicy: kindEntry('BaselineAdminNetworkPolicy', {
    ...clusterPolicy,
    served: ['v1alpha1'],
    shape: builtIn({ spec: clusterPolicyShape }),
    decode: decodeBaselineAdminNetworkPolicy,
  }),
  Role: kindEntry('Role', { ...rbac, scope: 'namespaced', shape: roleShape, decode: decodeRole }),
  ClusterRole: kindEntry('ClusterRole', { ...rbac, scope: 'cluster', shape: roleShape, decode: decodeRole }),
  RoleBinding: kindEntry('RoleBinding', { ...rbac, scope: 'namespaced', shape: roleBindingShape, decode: decodeRoleBinding }),
  ClusterRoleBinding: kindEntry('ClusterRoleBinding', { ...rbac, scope: 'cluster', shape: roleBindingShape, decode: decodeRoleBinding }),
  MutatingWebhookConfiguration: kindEntry('MutatingWebhookConfiguration', { ...admission, shape: webhookConfigurationShape, decode: decodeWebhookConfiguration }),
  ValidatingWebhookConfiguration: kindEntry('ValidatingWebhookConfiguration', { ...admission, shape: webhookConfigurationShape, decode: decodeWebhookConfiguration }),
  ValidatingAdmissionPolicy: kindEntry('ValidatingAdmissionPolicy', { ...admission, served: ['v1', 'v1beta1'], removed: ['v1alpha1'], ...mark }),
  ValidatingAdmissionPolicyBinding: kindEntry('ValidatingAdmissionPolicyBinding', { ...admission, served: ['v1', 'v1beta1'], removed: ['v1alpha1'], ...mark }),
  ClusterPolicy: kindEntry('ClusterPolicy', { ...kyverno, scope: 'cluster', ...mark }),
  KyvernoPolicy: kindEntry('KyvernoPolicy', { ...kyverno, scope: 'namespaced', ...mark }),
  ConstraintTemplate: kindEntry('ConstraintTemplate', { group: 'templates.gatekeeper.sh', scope: 'cluster', served: ['v1', 'v1beta1', 'v1alpha1'], ...mark }),
  GatekeeperConstraint: kindEntry('GatekeeperConstraint', { group: 'constraints.gatekeeper.sh', scope: 'cluster', served: ['v1beta1', 'v1alpha1'], ...mark }),
};
