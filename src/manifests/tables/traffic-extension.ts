/** Fields of TrafficExtension as its published schema has them. @see https://istio.io/latest/docs/reference/config/proxy_extensions/traffic-extension/ */
import { targetRefShape, workloadSelectorShape } from '../selector.ts';
import { moduleUrlRule } from '../shape-rules.ts';
import { anything, list, map, object, oneOf, text } from '../shape.ts';
import { int32, trafficMatch, vmConfig } from './shared.ts';

export const trafficExtensionShape = object(
  {
    lua: object({ inlineCode: text({ minLength: 1, maxLength: 65536 }) }, { required: ['inlineCode'] }),
    match: list(trafficMatch),
    phase: oneOf('UNSPECIFIED', 'AUTHN', 'AUTHZ', 'STATS'),
    priority: int32,
    selector: workloadSelectorShape,
    targetRefs: list(targetRefShape, { max: 16 }),
    wasm: object(
      {
        failStrategy: oneOf('FAIL_CLOSE', 'FAIL_OPEN', 'FAIL_RELOAD'),
        imagePullPolicy: oneOf('UNSPECIFIED_POLICY', 'IfNotPresent', 'Always'),
        imagePullSecret: text({ minLength: 1, maxLength: 253 }),
        pluginConfig: map(anything),
        pluginName: text({ minLength: 1, maxLength: 256 }),
        sha256: text({ pattern: /(^$|^[a-f0-9]{64}$)/ }),
        type: oneOf('UNSPECIFIED_PLUGIN_TYPE', 'HTTP', 'NETWORK'),
        url: text({ minLength: 1, rule: moduleUrlRule }),
        verificationKey: text(),
        vmConfig,
      },
      { required: ['url'] },
    ),
  },
  { exclusive: [['lua', 'wasm'], ['selector', 'targetRefs']] },
);
