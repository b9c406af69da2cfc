/** Fields of WasmPlugin as its published schema has them. @see https://istio.io/latest/docs/reference/config/proxy_extensions/wasm-plugin/ */
import { targetRefShape, workloadSelectorShape } from '../selector.ts';
import { moduleUrlRule } from '../shape-rules.ts';
import { anything, list, map, object, oneOf, text } from '../shape.ts';
import { int32, trafficMatch, vmConfig } from './shared.ts';

export const wasmPluginShape = object(
  {
    failStrategy: oneOf('FAIL_CLOSE', 'FAIL_OPEN', 'FAIL_RELOAD'),
    imagePullPolicy: oneOf('UNSPECIFIED_POLICY', 'IfNotPresent', 'Always'),
    imagePullSecret: text({ minLength: 1, maxLength: 253 }),
    match: list(trafficMatch),
    phase: oneOf('UNSPECIFIED_PHASE', 'AUTHN', 'AUTHZ', 'STATS'),
    pluginConfig: map(anything),
    pluginName: text({ minLength: 1, maxLength: 256 }),
    priority: int32,
    selector: workloadSelectorShape,
    sha256: text({ pattern: /(^$|^[a-f0-9]{64}$)/ }),
    targetRef: targetRefShape,
    targetRefs: list(targetRefShape, { max: 16 }),
    type: oneOf('UNSPECIFIED_PLUGIN_TYPE', 'HTTP', 'NETWORK'),
    url: text({ minLength: 1, rule: moduleUrlRule }),
    verificationKey: text(),
    vmConfig,
  },
  { required: ['url'], exclusive: [['selector', 'targetRef', 'targetRefs']] },
);
