import { decodeConfigMap, decodeNamespace, decodeSecret, decodeSecretSource, decodeServiceAccount } from './core.ts';
import { builtIn, kindEntry } from './entry.ts';
import { decodeService, serviceSpecShape } from './service.ts';
import { anything, flag, map, part, text } from './shape.ts';

const confidential = text({ confidential: true });
const core = { group: '', served: ['v1'], removed: ['v1beta3', 'v1beta2', 'v1beta1'] } as const;

export const coreKinds = {
  Namespace: kindEntry('Namespace', { ...core, scope: 'cluster', shape: builtIn({ spec: part({}) }), decode: decodeNamespace }),
  Service: kindEntry('Service', { ...core, scope: 'namespaced', shape: builtIn({ spec: serviceSpecShape }), decode: decodeService }),
  ServiceAccount: kindEntry('ServiceAccount', { ...core, scope: 'namespaced', shape: builtIn({ automountServiceAccountToken: flag }), decode: decodeServiceAccount }),
  ConfigMap: kindEntry('ConfigMap', { ...core, scope: 'namespaced', shape: builtIn({ data: map(text()), binaryData: map(text()), immutable: flag }), decode: decodeConfigMap }),
  Secret: kindEntry('Secret', { ...core, scope: 'namespaced', shape: builtIn({ type: text(), data: map(confidential), stringData: map(confidential), immutable: flag }), decode: decodeSecret }),
  SealedSecret: kindEntry('SealedSecret', { group: 'bitnami.com', scope: 'namespaced', served: ['v1alpha1'], shape: builtIn({ spec: anything }), decode: decodeSecretSource }),
  ExternalSecret: kindEntry('ExternalSecret', {
    group: 'external-secrets.io',
    scope: 'namespaced',
    served: ['v1', 'v1beta1'],
    removed: ['v1alpha1'],
    shape: builtIn({ spec: anything }),
    decode: decodeSecretSource,
  }),
};
