import { admitAuthorizationPolicy } from './authorization-policy-admission.ts';
import { authorizationPolicyShape, decodeAuthorizationPolicy } from './authorization-policy.ts';
import { customResource, kindEntry } from './entry.ts';
import { admitPeerAuthentication } from './peer-authentication-admission.ts';
import { decodePeerAuthentication, peerAuthenticationShape } from './peer-authentication.ts';
import { fieldsOr } from './reading.ts';
import { admitRequestAuthentication } from './request-authentication-admission.ts';
import { decodeRequestAuthentication, requestAuthenticationShape } from './request-authentication.ts';

const group = { group: 'security.istio.io', scope: 'namespaced', served: ['v1', 'v1beta1'], removed: ['v1alpha1'] } as const;

/** security.istio.io: the three kinds whose admission is modelled whole (A7). */
export const securityKinds = {
  AuthorizationPolicy: kindEntry('AuthorizationPolicy', {
    ...group,
    shape: customResource(authorizationPolicyShape),
    admit: admitAuthorizationPolicy,
    decode: (manifest) => decodeAuthorizationPolicy(fieldsOr(manifest, 'spec')),
  }),
  PeerAuthentication: kindEntry('PeerAuthentication', {
    ...group,
    shape: customResource(peerAuthenticationShape),
    admit: admitPeerAuthentication,
    decode: (manifest) => decodePeerAuthentication(fieldsOr(manifest, 'spec')),
  }),
  RequestAuthentication: kindEntry('RequestAuthentication', {
    ...group,
    shape: customResource(requestAuthenticationShape),
    admit: admitRequestAuthentication,
    decode: (manifest) => decodeRequestAuthentication(fieldsOr(manifest, 'spec')),
  }),
};
