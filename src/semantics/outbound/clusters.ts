/**
 * What a client's sidecar sends to a destination that it has chosen: TLS by the DestinationRule, else automatic mutual TLS for each
 * endpoint (M33 to M49).
 */
import { policiesFor } from '#mesh/attachment.ts';
import type { Mesh, Workload } from '#mesh/model.ts';
import { effectiveMtls, modeAt, type PortMode } from '../peer-authentication.ts';
import { clientTlsFor, inheritedMode, type ClientTlsChoice } from '../client-tls.ts';
import type { AppliedRule, CallingPod } from './destination-rules.ts';
import { ruleFor } from './destination-rules.ts';
import type { EgressScope } from './egress-scope.ts';
import { endpointsOf, type Endpoint, type KnownService } from './services.ts';

export interface Cluster {
  readonly service: KnownService;
  readonly port: number;
  readonly subset: string;
}

export type Sent = 'mtls' | 'tls' | 'plaintext';

/** `rule`: by which it is not known; absent: enrolment is not told (R24). */
type Sends = Sent | { readonly unknown: string; readonly rule?: string };

export interface ClusterCall {
  readonly cluster: Cluster;
  readonly choice: ClientTlsChoice;
  /** To each endpoint; one without an endpoint stands for the address that the application chose. */
  readonly sent: readonly { readonly endpoint: Endpoint | undefined; readonly sends: Sends }[];
  /** The server name; `undefined`: that of the request where it has one. */
  readonly sni: string | undefined;
  readonly clientCertificate: boolean;
  /** Why automatic mutual TLS is off for the whole destination. */
  readonly autoOff: 'outside' | 'mesh-config' | 'namespace' | 'endpoints' | undefined;
  /** Every endpoint is in ambient and reached in a tunnel of the mesh. */
  readonly tunnelled: boolean;
}

export type ClusterAnswer = ClusterCall | { readonly missing: 'cluster' | 'subset' | 'endpoints' };

/** @param told how a workload takes part in the mesh, where the manifests leave it open */
export function callCluster(mesh: Mesh, scope: Pick<EgressScope, 'services'>, client: CallingPod, { host, port, subset }: { readonly host: string; readonly port: number; readonly subset: string }, told: TellMode): ClusterAnswer {
  const service = scope.services.get(host);
  if (service === undefined || service.resolution === 'alias' || !service.ports.some(({ number, protocol }) => number === port && protocol !== 'udp')) return { missing: 'cluster' };
  const rule = ruleFor(mesh, client, service);
  const chosen = subset === '' ? undefined : rule?.subsets.find((each) => each.rule.spec.subsets[each.index]?.name === subset);
  if (subset !== '' && chosen === undefined) return { missing: 'subset' };
  const labels = chosen?.rule.spec.subsets[chosen.index]?.labels ?? {};
  const endpoints = endpointsOf(mesh, service, port).filter((endpoint) => Object.entries(labels).every(([key, value]) => endpoint.labels[key] === value));
  const passes = service.resolution === 'original' || service.resolution === 'dynamic-dns' || balances(rule, port, subset) === 'PASSTHROUGH';
  if (!passes && endpoints.length === 0) return { missing: 'endpoints' };
  const choice = clientTlsFor(mesh, client, { host, namespace: service.namespace, keepsAddress: passes }, port, subset === '' ? undefined : subset);
  const all = passes ? [undefined] : endpoints;
  const base = { cluster: { service, port, subset }, choice };
  const tunnels = new Map(endpoints.map((endpoint) => [endpoint, tunnelTo(endpoint, told)] as const));
  if (passes) {
    // Nothing was recorded of tunnels to an address that the application chose (M49, M51).
    const [open] = [...tunnels].filter(([, tunnel]) => tunnel !== false);
    if (open !== undefined) return { ...base, sent: [{ endpoint: undefined, sends: typeof open[1] === 'object' ? open[1] : notRecorded(open[0]) }], sni: undefined, clientCertificate: false, autoOff: undefined, tunnelled: false };
  }
  const to = (sends: (endpoint: Endpoint | undefined) => Sends): ClusterCall['sent'] =>
    all.map((endpoint) => {
      const tunnel = endpoint === undefined ? false : (tunnels.get(endpoint) ?? false);
      if (tunnel === false) return { endpoint, sends: sends(endpoint) };
      if (tunnel === true) return { endpoint, sends: choice.sends === 'own-tls' || service.source.kind !== 'Service' ? notRecorded(endpoint) : 'mtls' };
      return { endpoint, sends: tunnel };
    });
  const tunnelled = !passes && [...tunnels.values()].every((tunnel) => tunnel === true);
  switch (choice.sends) {
    case 'plaintext':
      return { ...base, sent: to(() => 'plaintext'), sni: undefined, clientCertificate: false, autoOff: undefined, tunnelled };
    case 'own-tls':
      return { ...base, sent: to(() => 'tls'), sni: choice.tls?.sni === '' ? undefined : choice.tls?.sni, clientCertificate: choice.tls?.mode === 'MUTUAL', autoOff: undefined, tunnelled };
    case 'mutual':
      return { ...base, sent: to(() => 'mtls'), sni: choice.tls === undefined || choice.tls.sni === '' ? meshName(base.cluster) : choice.tls.sni, clientCertificate: false, autoOff: undefined, tunnelled };
    case 'auto': {
      const off = autoOff(mesh, rule, { service, port, subset }, told);
      const inherited = inheritedMode(rule, port, subset);
      const sends = (endpoint: Endpoint | undefined): Sends => (typeof off === 'object' ? off : off !== undefined ? 'plaintext' : endpoint === undefined ? 'mtls' : toEndpoint(mesh, endpoint, inherited, told));
      return { ...base, sent: to(sends), sni: meshName(base.cluster), clientCertificate: false, autoOff: typeof off === 'object' ? undefined : off, tunnelled };
    }
  }
}

/** What takes connections of the mesh before the workload: a proxy mutual TLS, a ztunnel tunnels (M51), or nothing; `undefined`: not known. */
export type TellMode = (workload: Workload) => 'proxy' | 'ztunnel' | 'nothing' | undefined;

/** M51: an endpoint in ambient is reached in a tunnel of the mesh, whatever a rule or the mesh says of TLS (recorded, with `ISTIO_META_ENABLE_HBONE: "false"`, too). */
function tunnelTo({ workload }: Endpoint, told: TellMode): boolean | { readonly unknown: string } {
  if (workload === undefined) return false;
  const before = told(workload);
  if (before === undefined && workload.enrolment.mode === 'unknown' && workload.enrolment.inWorld === 'ambient') return { unknown: workload.enrolment.assumption };
  return before === 'ztunnel';
}

function notRecorded(endpoint: Endpoint | undefined): { readonly unknown: string; readonly rule: string } {
  return { unknown: `how a sidecar calls \`${endpoint?.workload?.id ?? ''}\`, which is in ambient, in this way`, rule: 'M51' };
}

/** The name that sidecars tell one another. */
function meshName({ service, port, subset }: Cluster): string {
  return `outbound_.${String(port)}_.${subset}_.${service.host}`;
}

/** The load balancer of the port's policy (M40), or of the subset. */
function balances(rule: AppliedRule | undefined, port: number, subset: string): string | undefined {
  const top = rule?.policy.spec.trafficPolicy;
  const own = rule?.subsets.map((each) => each.rule.spec.subsets[each.index]).find((each) => each?.name === subset)?.trafficPolicy;
  const [outer, inner] = [top, own].map((policy) => policy?.portLevelSettings.find((entry) => entry.port === port) ?? policy);
  return inner?.loadBalancer ?? outer?.loadBalancer;
}

/** M46, M47, M49: whether the destination as a whole gets none. */
function autoOff(mesh: Mesh, rule: AppliedRule | undefined, { service, port, subset }: Cluster, told: TellMode): ClusterCall['autoOff'] | { readonly unknown: string } {
  if (service.meshExternal) return 'outside';
  if (!mesh.config.enableAutoMtls) return 'mesh-config';
  const policy = subset === '' ? rule?.policy.spec.trafficPolicy : rule?.subsets.map((each) => each.rule.spec.subsets[each.index]).find((each) => each?.name === subset)?.trafficPolicy;
  if (service.resolution === 'original' || policy?.loadBalancer === 'PASSTHROUGH') {
    const endpoints = endpointsOf(mesh, service, port);
    const modes = endpoints.map((endpoint) => tlsModeOf(endpoint, told));
    if (endpoints.length === 0 || modes.includes('disabled')) return 'endpoints';
    const open = modes.find((mode) => typeof mode === 'object');
    if (typeof open === 'object') return open;
  }
  return namespaceMode(mesh, service.namespace).mode === 'DISABLE' ? 'namespace' : undefined;
}

/** M47: policies of the namespace and of the mesh alone. */
export function namespaceMode(mesh: Mesh, namespace: string): PortMode {
  return effectiveMtls(mesh, policiesFor(mesh, { namespace, labels: {}, enrolment: { mode: 'none', because: '' } })).workload;
}

function toEndpoint(mesh: Mesh, endpoint: Endpoint, inherited: string | undefined, told: TellMode): Sent | { readonly unknown: string } {
  const mode = tlsModeOf(endpoint, told);
  if (typeof mode === 'object') return mode;
  if (mode !== 'istio') return 'plaintext';
  // M42: a mode that the rule says above the port still tells what endpoints are for.
  if (inherited !== undefined) return inherited === 'ISTIO_MUTUAL' ? 'mtls' : 'plaintext';
  const { workload, namespace, labels } = endpoint;
  const attached = policiesFor(mesh, workload ?? { namespace, labels, enrolment: { mode: 'none', because: '' } });
  return modeAt(effectiveMtls(mesh, attached), endpoint.port).mode === 'DISABLE' ? 'plaintext' : 'mtls';
}

/** M48: the label of the pod, which injection sets where nothing else did. */
function tlsModeOf({ workload, labels, tlsMode }: Endpoint, told: TellMode): string | { readonly unknown: string } {
  if (workload === undefined) return tlsMode ?? 'disabled';
  const own = labels['security.istio.io/tlsMode'];
  if (own !== undefined && own !== '') return own;
  const before = told(workload);
  return before === undefined ? { unknown: `enrolment:${workload.namespace}` } : before === 'proxy' ? 'istio' : 'disabled';
}
