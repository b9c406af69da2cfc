import { mayHoldUnresolved } from '#lib/unresolved.ts';
import { entriesAt, fieldsAt, fieldsOr, flagAt, noFields, numberAt, own, portAt, textAt, textMap, textMapAt, textOr, textsAt, type Fields } from './reading.ts';
import { decodeLabelSelector, judgedLabelSelectorShape, type LabelSelector } from './selector.ts';
import { anything, clip, flag, list, map, numberOrText, object, oneOf, part, text, unread, whole, type Shape } from './shape.ts';

/** What a workload's pods look like: labels and annotations of the *pod template* (M59), never the controller's own. */
export interface WorkloadSpec {
  readonly podLabels: Readonly<Record<string, string>>;
  readonly podAnnotations: Readonly<Record<string, string>>;
  /** `default` where the template names none. */
  readonly serviceAccount: string;
  readonly hostNetwork: boolean;
  readonly hostPid: boolean;
  readonly runAsUser: number | undefined;
  readonly runAsGroup: number | undefined;
  readonly containers: readonly ContainerSpec[];
  readonly initContainers: readonly ContainerSpec[];
  readonly hostIpc: boolean;
  /** Of the API token only; the proxy's own token is another volume (M152). */
  readonly automountServiceAccountToken: boolean | undefined;
  readonly runAsNonRoot: boolean | undefined;
  /** Paths of the node that the pods mount (M149). */
  readonly hostPaths: readonly string[];
  /** Desired pods; `undefined`: the controller's default of one, or none applies. */
  readonly replicas: number | undefined;
  /** Which pods the controller owns; `undefined` for a Pod and where the controller makes it itself (Job). */
  readonly selector: LabelSelector | undefined;
  /** False: the manifest has no pod template, so nothing is known of the pods. */
  readonly hasTemplate: boolean;
}

export interface ContainerSpec {
  readonly name: string;
  readonly image: string;
  readonly ports: readonly ContainerPort[];
  /** Literal values only. */
  readonly env: Readonly<Record<string, string>>;
  /** Names of variables whose value comes from a Secret, ConfigMap or field; `*` where `envFrom` brings in all. */
  readonly envFromElsewhere: readonly string[];
  readonly command: readonly string[];
  readonly args: readonly string[];
  readonly runAsUser: number | undefined;
  readonly runAsGroup: number | undefined;
  readonly runAsNonRoot: boolean | undefined;
  readonly privileged: boolean;
  readonly allowPrivilegeEscalation: boolean | undefined;
  readonly capabilitiesAdded: readonly string[];
  readonly capabilitiesDropped: readonly string[];
  /** `Always` makes an init container a native sidecar (M62). */
  readonly restartPolicy: string | undefined;
  readonly probes: readonly ProbeSpec[];
}

export interface ContainerPort {
  readonly name: string;
  readonly port: number;
  readonly protocol: 'TCP' | 'UDP' | 'SCTP';
  readonly hostPort: number | undefined;
}

export interface ProbeSpec {
  readonly kind: 'liveness' | 'readiness' | 'startup';
  readonly type: 'http' | 'tcp' | 'grpc' | 'exec';
  readonly port: number | string | undefined;
  readonly path: string | undefined;
}

const userAndGroup = { runAsUser: whole({ min: 0 }), runAsGroup: whole({ min: 0 }), runAsNonRoot: flag, ...unread('appArmorProfile', 'seLinuxOptions', 'seccompProfile', 'windowsOptions') };

const podSecurity = object({
  ...userAndGroup,
  ...unread('fsGroup', 'fsGroupChangePolicy', 'seLinuxChangePolicy', 'supplementalGroups', 'supplementalGroupsPolicy', 'sysctls'),
});

const containerSecurity = object({
  ...userAndGroup,
  privileged: flag,
  allowPrivilegeEscalation: flag,
  readOnlyRootFilesystem: flag,
  capabilities: object({ add: list(text()), drop: list(text()) }),
  ...unread('procMount'),
});

const probe = object({
  httpGet: object({ port: numberOrText, path: text(), host: text(), scheme: text(), httpHeaders: anything }),
  tcpSocket: object({ port: numberOrText, host: text() }),
  grpc: object({ port: whole(), service: text() }),
  exec: object({ command: list(text()) }),
  ...unread('failureThreshold', 'initialDelaySeconds', 'periodSeconds', 'successThreshold', 'terminationGracePeriodSeconds', 'timeoutSeconds'),
});

const port = whole({ min: 0, max: 65535 });

const container = object({
  name: text(),
  image: text(),
  command: list(text()),
  args: list(text()),
  ports: list(object({ name: text(), containerPort: port, hostPort: port, hostIP: text(), protocol: oneOf('TCP', 'UDP', 'SCTP') })),
  env: list(object({ name: text(), value: text(), valueFrom: anything }, { required: ['name'] })),
  envFrom: list(part({})),
  securityContext: containerSecurity,
  livenessProbe: probe,
  readinessProbe: probe,
  startupProbe: probe,
  restartPolicy: text(),
  ...unread('imagePullPolicy', 'lifecycle', 'resizePolicy', 'resources', 'restartPolicyRules', 'stdin', 'stdinOnce'),
  ...unread('terminationMessagePath', 'terminationMessagePolicy', 'tty', 'volumeDevices', 'volumeMounts', 'workingDir'),
});

/** @see https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/ */
const podSpec = object({
  serviceAccountName: text(),
  serviceAccount: text(),
  automountServiceAccountToken: flag,
  hostNetwork: flag,
  hostPID: flag,
  hostIPC: flag,
  securityContext: podSecurity,
  containers: list(container),
  initContainers: list(container),
  volumes: list(part({ hostPath: part({ path: text() }) })),
  ...unread('activeDeadlineSeconds', 'affinity', 'dnsConfig', 'dnsPolicy', 'enableServiceLinks', 'ephemeralContainers', 'hostAliases', 'hostUsers', 'hostname', 'hostnameOverride'),
  ...unread('imagePullSecrets', 'nodeName', 'nodeSelector', 'os', 'overhead', 'preemptionPolicy', 'priority', 'priorityClassName', 'readinessGates', 'resourceClaims', 'resources'),
  ...unread('restartPolicy', 'runtimeClassName', 'schedulerName', 'schedulingGates', 'schedulingGroup', 'setHostnameAsFQDN', 'shareProcessNamespace', 'subdomain'),
  ...unread('terminationGracePeriodSeconds', 'tolerations', 'topologySpreadConstraints', 'workloadRef'),
});

/** Metadata of a template: what controllers and tools write there besides is none of our business. */
export const podTemplateShape = object({ metadata: part({ labels: map(text()), annotations: map(text()) }), spec: podSpec });
/** Knative puts fields of its own beside those of a pod. */
export const revisionTemplateShape = part({ metadata: part({ labels: map(text()), annotations: map(text()) }), spec: part({ serviceAccountName: text(), containers: list(container) }) });

export const podSpecShape: Shape = podSpec;
export const controllerSpecShape: Shape = part({ replicas: whole(), selector: judgedLabelSelectorShape, template: podTemplateShape }, { rule: ownPodsRule });
/** The selector of a ReplicationController is a plain map. */
export const replicationControllerSpecShape: Shape = part({ replicas: whole(), selector: map(text()), template: podTemplateShape });
export const jobSpecShape: Shape = part({ template: podTemplateShape });
export const knativeServiceSpecShape: Shape = part({ template: revisionTemplateShape });
export const cronJobSpecShape: Shape = part({ schedule: text(), jobTemplate: part({ spec: jobSpecShape, metadata: anything }) });

/**
 * A controller whose pods would not be its own is refused: the labels of the template moved and the selector did not, or the other way round.
 * @see https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#selector
 */
function ownPodsRule(spec: Fields): string | undefined {
  const template = fieldsAt(spec, 'template');
  const wanted = textMapAt(fieldsOr(spec, 'selector'), 'matchLabels');
  if (template === undefined || wanted === undefined) return undefined;
  const labels = textMapAt(fieldsOr(template, 'metadata'), 'labels') ?? {};
  const lost = Object.entries(wanted).find(([key, value]) => labels[key] !== value && !mayHoldUnresolved(`${value} ${labels[key] ?? ''}`));
  return lost === undefined ? undefined : `\`selector\` asks for \`${clip(lost.join('='))}\`, which the labels of the template do not have`;
}

/** Deployment, StatefulSet, DaemonSet, ReplicaSet, Rollout. */
export function decodeController(object: Fields): WorkloadSpec {
  const spec = fieldsOr(object, 'spec');
  return { ...decodeTemplate(fieldsAt(spec, 'template')), replicas: numberAt(spec, 'replicas'), selector: decodeLabelSelector(spec, 'selector') };
}

export function decodeReplicationController(object: Fields): WorkloadSpec {
  const spec = fieldsOr(object, 'spec');
  const matchLabels = textMapAt(spec, 'selector');
  return {
    ...decodeTemplate(fieldsAt(spec, 'template')),
    replicas: numberAt(spec, 'replicas'),
    selector: matchLabels === undefined ? undefined : { matchLabels, matchExpressions: [] },
  };
}

/** Job and Knative Service: the controller makes the selector itself. */
export function decodeTemplated(object: Fields): WorkloadSpec {
  return { ...decodeTemplate(fieldsAt(fieldsOr(object, 'spec'), 'template')), replicas: undefined, selector: undefined };
}

export function decodeCronJob(object: Fields): WorkloadSpec {
  return decodeTemplated(fieldsOr(fieldsOr(object, 'spec'), 'jobTemplate'));
}

export function decodePod(object: Fields): WorkloadSpec {
  return { ...decodeTemplate(object), replicas: undefined, selector: undefined };
}

function decodeTemplate(template: Fields | undefined): Omit<WorkloadSpec, 'replicas' | 'selector'> {
  const metadata = fieldsOr(template ?? noFields, 'metadata');
  const spec = fieldsOr(template ?? noFields, 'spec');
  const security = fieldsOr(spec, 'securityContext');
  return {
    podLabels: textMapAt(metadata, 'labels') ?? noTexts,
    podAnnotations: textMapAt(metadata, 'annotations') ?? noTexts,
    serviceAccount: nonEmpty(textAt(spec, 'serviceAccountName')) ?? nonEmpty(textAt(spec, 'serviceAccount')) ?? 'default',
    automountServiceAccountToken: flagAt(spec, 'automountServiceAccountToken'),
    hostNetwork: flagAt(spec, 'hostNetwork') ?? false,
    hostPid: flagAt(spec, 'hostPID') ?? false,
    hostIpc: flagAt(spec, 'hostIPC') ?? false,
    runAsUser: numberAt(security, 'runAsUser'),
    runAsGroup: numberAt(security, 'runAsGroup'),
    runAsNonRoot: flagAt(security, 'runAsNonRoot'),
    containers: entriesAt(spec, 'containers').map(decodeContainer),
    initContainers: entriesAt(spec, 'initContainers').map(decodeContainer),
    hostPaths: entriesAt(spec, 'volumes').flatMap((volume) => textAt(fieldsOr(volume, 'hostPath'), 'path') ?? []),
    hasTemplate: template !== undefined,
  };
}

const noTexts = textMap({});

function nonEmpty(value: string | undefined): string | undefined {
  return value === '' ? undefined : value;
}

function decodeContainer(container: Fields): ContainerSpec {
  const security = fieldsOr(container, 'securityContext');
  const capabilities = fieldsOr(security, 'capabilities');
  const env: Record<string, string> = {};
  const elsewhere: string[] = entriesAt(container, 'envFrom').length > 0 ? ['*'] : [];
  for (const variable of entriesAt(container, 'env')) {
    const name = textOr(variable, 'name');
    if (fieldsAt(variable, 'valueFrom') !== undefined) elsewhere.push(name);
    else if (name !== '__proto__') env[name] = textOr(variable, 'value');
  }
  return {
    name: textOr(container, 'name'),
    image: textOr(container, 'image'),
    ports: entriesAt(container, 'ports').flatMap((port) => {
      const number = numberAt(port, 'containerPort');
      return number === undefined ? [] : [{ name: textOr(port, 'name'), port: number, protocol: transportOf(textAt(port, 'protocol')), hostPort: numberAt(port, 'hostPort') }];
    }),
    env,
    envFromElsewhere: elsewhere,
    command: textsAt(container, 'command'),
    args: textsAt(container, 'args'),
    runAsUser: numberAt(security, 'runAsUser'),
    runAsGroup: numberAt(security, 'runAsGroup'),
    runAsNonRoot: flagAt(security, 'runAsNonRoot'),
    privileged: flagAt(security, 'privileged') ?? false,
    allowPrivilegeEscalation: flagAt(security, 'allowPrivilegeEscalation'),
    capabilitiesAdded: textsAt(capabilities, 'add'),
    capabilitiesDropped: textsAt(capabilities, 'drop'),
    restartPolicy: textAt(container, 'restartPolicy'),
    probes: (['liveness', 'readiness', 'startup'] as const).flatMap((kind) => {
      const probe = fieldsAt(container, `${kind}Probe`);
      return probe === undefined ? [] : decodeProbe(kind, probe);
    }),
  };
}

function decodeProbe(kind: ProbeSpec['kind'], probe: Fields): readonly ProbeSpec[] {
  const http = fieldsAt(probe, 'httpGet');
  if (http !== undefined) return [{ kind, type: 'http', port: portAt(http, 'port'), path: textOr(http, 'path', '/') }];
  const tcp = fieldsAt(probe, 'tcpSocket');
  if (tcp !== undefined) return [{ kind, type: 'tcp', port: portAt(tcp, 'port'), path: undefined }];
  const grpc = fieldsAt(probe, 'grpc');
  if (grpc !== undefined) return [{ kind, type: 'grpc', port: portAt(grpc, 'port'), path: undefined }];
  return own(probe, 'exec') === undefined ? [] : [{ kind, type: 'exec', port: undefined, path: undefined }];
}

/** TCP where the manifest does not say. */
export function transportOf(name: string | undefined): 'TCP' | 'UDP' | 'SCTP' {
  return name === 'UDP' || name === 'SCTP' ? name : 'TCP';
}
