/**
 * Which TLS a client's sidecar starts for a port of a Service: the DestinationRule that applies to the client, its block for the port, and
 * automatic mutual TLS where it says nothing (M33 to M48). ztunnels read no DestinationRules (M53).
 * @see https://istio.io/latest/docs/reference/config/networking/destination-rule/#ClientTLSSettings
 */
import { canonical } from '#lib/canonical.ts';
import { isAmbient } from '#mesh/enrolment.ts';
import type { Mesh, Workload } from '#mesh/model.ts';
import { selects, type Labels } from '#mesh/selection.ts';
import { ruleFor, type AppliedRule, type AppliedSubset, type CallingPod, type Destination, type DestinationRule } from './outbound/destination-rules.ts';

type Spec = DestinationRule['spec'];
type Policy = NonNullable<Spec['trafficPolicy']>;
type ClientTls = NonNullable<Policy['tls']>;

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
export function clientTlsFor(mesh: Mesh, client: CallingPod, destination: Destination, port: number, subset?: string): ClientTlsChoice {
  const applied = ruleFor(mesh, client, destination);
  if (applied === undefined) return { sends: 'auto', rule: undefined };
  const top = blockAt(applied.policy.spec.trafficPolicy, ['trafficPolicy'], port);
  const chosen = subset === undefined ? undefined : subsetNamed(applied, subset);
  const own = chosen?.policy;
  // M41: a subset's entry for the port replaces the TLS even where it has none; else its own block wins over the rule's.
  const entry = own?.portLevelSettings.some((setting) => setting.port === port) === true;
  const isOwn = chosen !== undefined && own !== undefined && (entry || own.tls !== undefined);
  const block = isOwn ? blockAt(own, ['subsets', chosen.index, 'trafficPolicy'], port) : top;
  const rule = isOwn ? chosen.rule : applied.policy;
  const above = block.tls === undefined && destination.keepsAddress !== true ? inheritedMode(applied, port, subset ?? '') : undefined;
  // M42: endpoints are then judged by the block above, which none of them fits.
  if (above !== undefined && above !== 'ISTIO_MUTUAL') return { sends: 'plaintext', rule, path: block.path, tls: undefined, because: 'the entry for the port replaces the `tls` block above it and has none' };
  return choiceOf(rule, block, applied.rule);
}

function subsetNamed({ subsets }: AppliedRule, name: string): (AppliedSubset & { readonly policy: Policy | undefined }) | undefined {
  const found = subsets.find(({ rule, index }) => rule.spec.subsets[index]?.name === name);
  return found === undefined ? undefined : { ...found, policy: found.rule.spec.subsets[found.index]?.trafficPolicy };
}

/**
 * The mode that endpoints are judged by (M42): the entry of the port, else the block above it, of the subset and then of the rule. `undefined`: none says
 * one, so their own policies count.
 */
export function inheritedMode(applied: AppliedRule | undefined, port: number, subset: string): ClientTls['mode'] | undefined {
  if (applied === undefined) return undefined;
  const written = (policy: Policy | undefined): ClientTls['mode'] | undefined => (policy?.portLevelSettings.find((setting) => setting.port === port && setting.tls !== undefined)?.tls ?? policy?.tls)?.mode;
  return written(subset === '' ? undefined : subsetNamed(applied, subset)?.policy) ?? written(applied.policy.spec.trafficPolicy);
}

interface Block {
  readonly tls: ClientTls | undefined;
  readonly path: BlockPath;
}

/** M40: an entry for the port replaces the whole policy. */
function blockAt(policy: Policy | undefined, path: BlockPath, port: number): Block {
  const index = policy?.portLevelSettings.findIndex((setting) => setting.port === port) ?? -1;
  const entry = policy?.portLevelSettings[index];
  return entry === undefined ? { tls: policy?.tls, path: [...path, 'tls'] } : { tls: entry.tls, path: [...path, 'portLevelSettings', index] };
}

/** @param first the oldest of the rules that act as one: its selector is theirs */
function choiceOf(rule: DestinationRule, { tls, path }: Block, first: DestinationRule): ClientTlsChoice {
  if (tls === undefined) return { sends: 'auto', rule };
  if (tls.mode === 'ISTIO_MUTUAL') return { sends: 'mutual', rule, path, tls, because: '`tls.mode` is ISTIO_MUTUAL' };
  if (tls.mode === 'DISABLE') return { sends: 'plaintext', rule, path, tls, because: '`tls.mode` is DISABLE, which is also what a `tls` block without `mode` means' };
  // M43.
  const unread = tls.credentialName !== '' && !tls.credentialName.startsWith('configmap://') && first.spec.workloadSelector === undefined;
  if (unread) return { sends: 'plaintext', rule, path, tls, because: `\`credentialName\` without \`workloadSelector\` leaves sidecars without any TLS, whatever \`${tls.mode}\` says` };
  return { sends: 'own-tls', rule, path, tls, because: `\`tls.mode\` is ${tls.mode}, so no mesh certificate is shown` };
}

