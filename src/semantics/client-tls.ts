/**
 * Which TLS a client's sidecar starts for a port of a Service: the DestinationRule that applies to the client, its block for the port, and
 * automatic mutual TLS where it says nothing (M33 to M48). ztunnels read no DestinationRules (M53).
 * @see https://istio.io/latest/docs/reference/config/networking/destination-rule/#ClientTLSSettings
 */
import { canonical } from '#lib/canonical.ts';
import { compareBy } from '#lib/order.ts';
import { ofKind } from '#mesh/attachment.ts';
import { fullHost, hostMatches, hostOf } from '#mesh/hosts.ts';
import { isAmbient } from '#mesh/enrolment.ts';
import type { Mesh, Workload } from '#mesh/model.ts';
import type { Resource } from '#mesh/policies.ts';
import { creationSecond } from '#mesh/ports.ts';
import { selects, type Labels } from '#mesh/selection.ts';

type DestinationRule = Resource<'DestinationRule'>;
type Spec = DestinationRule['spec'];
type Policy = NonNullable<Spec['trafficPolicy']>;
type ClientTls = NonNullable<Policy['tls']>;

/** Whose sidecar calls. */
export interface CallingPod {
  readonly namespace: string;
  readonly labels: Labels;
}

/**
 * Pods whose sidecars may call: namespaces that some rule tells apart, with the labels that some rule selects, and a stranger from a
 * namespace that nobody declares. None where all that is declared is in ambient (M53).
 */
export function sidecarClients(workloads: readonly Workload[], rules: readonly DestinationRule[]): readonly CallingPod[] {
  const meshed = workloads.filter(({ enrolment }) => enrolment.mode !== 'none' && enrolment.mode !== 'gateway');
  if (meshed.length > 0 && meshed.every(isAmbient)) return [];
  const found = new Map<string, CallingPod>([['', { namespace: '', labels: {} }]]);
  const add = (namespace: string, labels: Labels): void => void found.set(`${namespace} ${canonical(labels)}`, { namespace, labels });
  for (const { namespace = '', spec } of rules) {
    add(namespace, {});
    for (const name of spec.exportTo) if (/^[a-z0-9]/.test(name)) add(name, {});
    if (spec.workloadSelector === undefined) continue;
    const { matchLabels } = spec.workloadSelector;
    add(namespace, matchLabels);
    for (const workload of meshed) if (workload.namespace === namespace && !isAmbient(workload) && selects(matchLabels, workload.labels)) add(namespace, workload.labels);
  }
  return [...found.values()];
}

/** Below `spec`: where the block is written. */
export type BlockPath = readonly (string | number)[];

export type ClientTlsChoice =
  /** No block says anything: automatic mutual TLS decides. */
  | { readonly sends: 'auto'; readonly rule: DestinationRule | undefined }
  | { readonly sends: 'mutual' | 'plaintext' | 'own-tls'; readonly rule: DestinationRule; readonly path: BlockPath; readonly tls: ClientTls | undefined; readonly because: string };

/** @param subset a subset that a route may choose; `undefined`: none */
export function clientTlsFor(mesh: Mesh, client: CallingPod, service: Resource<'Service'>, port: number, subset?: string): ClientTlsChoice {
  const rule = ruleFor(mesh, client, service);
  if (rule === undefined) return { sends: 'auto', rule: undefined };
  const top = blockAt(rule.spec.trafficPolicy, ['trafficPolicy'], port);
  const index = subset === undefined ? -1 : rule.spec.subsets.findIndex((candidate) => candidate.name === subset);
  const own = rule.spec.subsets[index]?.trafficPolicy;
  // M41: a subset's entry for the port replaces the TLS even where it has none; else its own block wins over the rule's.
  const entry = own?.portLevelSettings.some((setting) => setting.port === port) === true;
  const block = own === undefined || (!entry && own.tls === undefined) ? top : blockAt(own, ['subsets', index, 'trafficPolicy'], port);
  return choiceOf(rule, block);
}

interface Block {
  readonly tls: ClientTls | 'plaintext' | undefined;
  readonly path: BlockPath;
}

/** M40: an entry for the port replaces the whole policy. M42: without `tls` under a block that is not mutual TLS it sends plaintext. */
function blockAt(policy: Policy | undefined, path: BlockPath, port: number): Block {
  const index = policy?.portLevelSettings.findIndex((setting) => setting.port === port) ?? -1;
  const entry = policy?.portLevelSettings[index];
  if (entry === undefined) return { tls: policy?.tls, path: [...path, 'tls'] };
  return { tls: entry.tls ?? (policy?.tls !== undefined && policy.tls.mode !== 'ISTIO_MUTUAL' ? 'plaintext' : undefined), path: [...path, 'portLevelSettings', index] };
}

function choiceOf(rule: DestinationRule, { tls, path }: Block): ClientTlsChoice {
  if (tls === undefined) return { sends: 'auto', rule };
  if (tls === 'plaintext') return { sends: 'plaintext', rule, path, tls: undefined, because: 'the entry for the port replaces the `tls` block above it and has none' };
  if (tls.mode === 'ISTIO_MUTUAL') return { sends: 'mutual', rule, path, tls, because: '`tls.mode` is ISTIO_MUTUAL' };
  if (tls.mode === 'DISABLE') return { sends: 'plaintext', rule, path, tls, because: '`tls.mode` is DISABLE, which is also what a `tls` block without `mode` means' };
  // M43.
  const unread = tls.credentialName !== '' && !tls.credentialName.startsWith('configmap://') && rule.spec.workloadSelector === undefined;
  if (unread) return { sends: 'plaintext', rule, path, tls, because: `\`credentialName\` without \`workloadSelector\` leaves sidecars without any TLS, whatever \`${tls.mode}\` says` };
  return { sends: 'own-tls', rule, path, tls, because: `\`tls.mode\` is ${tls.mode}, so no mesh certificate is shown` };
}

/** M34: the client's own namespace first, then the Service's, then the root namespace; the first that has a rule for the host decides. */
export function ruleFor(mesh: Mesh, client: CallingPod, service: Resource<'Service'>): DestinationRule | undefined {
  const { rootNamespace } = mesh.config;
  const host = hostOf(service);
  const owner = service.namespace ?? '';
  const exported = (rule: DestinationRule): boolean => reaches(rule, client.namespace);
  const isPrivate = ({ spec }: DestinationRule): boolean => spec.exportTo.length === 1 && spec.exportTo[0] === '.';
  return (
    bestOf(mesh, client, client.namespace, host, client.namespace === rootNamespace ? isPrivate : () => true) ??
    bestOf(mesh, client, owner, host, exported) ??
    bestOf(mesh, client, rootNamespace, host, exported)
  );
}

/** M36: everybody where it says nothing; a rule with a workloadSelector is private. */
function reaches({ spec, namespace }: DestinationRule, from: string): boolean {
  if (spec.workloadSelector !== undefined) return namespace === from;
  if (spec.exportTo.length === 0) return true;
  return spec.exportTo.some((word) => word === '*' || word === from || (word === '.' && namespace === from));
}

const byHost = new WeakMap<Mesh, ReadonlyMap<string, readonly DestinationRule[]>>();

function rulesIn(mesh: Mesh, namespace: string): readonly DestinationRule[] {
  let known = byHost.get(mesh);
  if (known === undefined) {
    const fresh = new Map<string, DestinationRule[]>();
    for (const rule of ofKind(mesh, 'DestinationRule')) fresh.set(rule.namespace ?? '', [...(fresh.get(rule.namespace ?? '') ?? []), rule]);
    known = fresh;
    byHost.set(mesh, known);
  }
  return known.get(namespace) ?? [];
}

/**
 * The most specific host hides every broader one (M35); of equal ones a rule that selects the client beats one without selector (M36), and
 * the oldest that has a policy gives it (M38).
 */
function bestOf(mesh: Mesh, client: CallingPod, namespace: string, host: string, admitted: (rule: DestinationRule) => boolean): DestinationRule | undefined {
  const [best] = rulesIn(mesh, namespace)
    .filter((rule) => admitted(rule) && hostMatches(fullHost(rule.spec.host, namespace), host) && (rule.spec.workloadSelector === undefined || (client.namespace === namespace && selects(rule.spec.workloadSelector.matchLabels, client.labels))))
    .sort(
      compareBy(
        (rule) => -specificity(fullHost(rule.spec.host, namespace)),
        (rule) => (rule.spec.workloadSelector === undefined ? 1 : 0),
        (rule) => (rule.spec.trafficPolicy === undefined ? 1 : 0),
        (rule) => creationSecond(rule.creationTimestamp),
        (rule) => rule.name,
      ),
    );
  return best;
}

function specificity(host: string): number {
  return host.startsWith('*') ? host.length : 1000 + host.length;
}
