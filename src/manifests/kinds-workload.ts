import { builtIn, kindEntry } from './entry.ts';
import { anything, part } from './shape.ts';
import {
  controllerSpecShape,
  cronJobSpecShape,
  decodeController,
  decodeCronJob,
  decodePod,
  decodeReplicationController,
  decodeTemplated,
  jobSpecShape,
  knativeServiceSpecShape,
  podSpecShape,
  podTemplateShape,
  replicationControllerSpecShape,
} from './workload.ts';

const core = { group: '', scope: 'namespaced', served: ['v1'], removed: ['v1beta3', 'v1beta2', 'v1beta1'] } as const;
const apps = { group: 'apps', scope: 'namespaced', served: ['v1'] } as const;
const batch = { group: 'batch', scope: 'namespaced', served: ['v1'] } as const;
const controller = { shape: builtIn({ spec: controllerSpecShape }), decode: decodeController };

/** What runs. */
export const workloadKinds = {
  Deployment: kindEntry('Deployment', { ...apps, removed: ['v1beta1', 'v1beta2'], ...controller }),
  StatefulSet: kindEntry('StatefulSet', { ...apps, removed: ['v1beta1', 'v1beta2'], ...controller }),
  DaemonSet: kindEntry('DaemonSet', { ...apps, removed: ['v1beta1', 'v1beta2'], ...controller }),
  ReplicaSet: kindEntry('ReplicaSet', { ...apps, removed: ['v1beta1', 'v1beta2'], ...controller }),
  ReplicationController: kindEntry('ReplicationController', {
    ...core,
    shape: builtIn({ spec: replicationControllerSpecShape }),
    decode: decodeReplicationController,
  }),
  Job: kindEntry('Job', { ...batch, removed: ['v1beta1', 'v2alpha1'], shape: builtIn({ spec: jobSpecShape }), decode: decodeTemplated }),
  CronJob: kindEntry('CronJob', { ...batch, removed: ['v1beta1', 'v2alpha1'], shape: builtIn({ spec: cronJobSpecShape }), decode: decodeCronJob }),
  Pod: kindEntry('Pod', { ...core, shape: builtIn({ spec: podSpecShape }), decode: decodePod }),
  Rollout: kindEntry('Rollout', { group: 'argoproj.io', scope: 'namespaced', served: ['v1alpha1'], shape: builtIn({ spec: part({ template: podTemplateShape, selector: anything }) }), decode: decodeController }),
  KnativeService: kindEntry('KnativeService', {
    group: 'serving.knative.dev',
    scope: 'namespaced',
    served: ['v1'],
    removed: ['v1beta1', 'v1alpha1'],
    shape: builtIn({ spec: knativeServiceSpecShape }),
    decode: decodeTemplated,
  }),
};
