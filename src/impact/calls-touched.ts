/** Which calls of declared sidecars the objects that differ may make otherwise: callers that are configured alike stand for each other, names that no such object speaks of are left out. */
import { canonical } from '#lib/canonical.ts';
import { groupBy } from '#lib/group.ts';
import { compareText, distinct } from '#lib/order.ts';
import type { HttpMatch, RouteDestination } from '#manifests/virtual-service.ts';
import { ofKind } from '#mesh/attachment.ts';
import { isSidecar } from '#mesh/enrolment.ts';
import { fullHost, hostMatches, hostOf } from '#mesh/hosts.ts';
import type { Mesh, Workload } from '#mesh/model.ts';
import { outboundText } from '#mesh/outbound-capture.ts';
import { resourceId, type AnyResource } from '#mesh/policies.ts';
import { podSpecOf } from '#mesh/ports.ts';
import { servicesOf } from '#mesh/services.ts';
import type { Query } from '#posture/query.ts';
import { namesOverlap } from '#semantics/gateways/host-names.ts';
import type { RouteSet } from '#semantics/gateways/types.ts';
import { virtualServiceRoutes } from '#semantics/gateways/virtual-services.ts';
import { sidecarFor } from '#semantics/outbound/egress-scope.ts';
import { knownServices, type KnownPort } from '#semantics/outbound/services.ts';
import { sameObject } from './edits.ts';
import type { MovedCaller } from './moved-accounts.ts';
import type { Sides } from './raw-change.ts';

/** Kinds that decide how a client's sidecar calls; what else does (labels, enrolment, captured ports, PeerAuthentications) is told where it lies. */
export const callKinds = ['DestinationRule', 'Service', 'ServiceEntry', 'Sidecar', 'VirtualService'] as const;

export type CallObject = Extract<AnyResource, { kind: (typeof callKinds)[number] }>;

export interface MovedObject {
  readonly id: string;
  readonly versions: readonly CallObject[];
}

export function movedObjects(sides: Pick<Sides, 'base' | 'head' | 'renamed'>): readonly MovedObject[] {
  const written = rewritten(sides);
  const known = new Set(written.map(({ id }) => id));
  return [...written, ...ledElsewhere(sides).filter(({ id }) => !known.has(id))];
}

/** Services that stand as they were before pods that have other labels or ports: they lead to others, or subsets choose others among them. */
function ledElsewhere({ base, head, renamed }: Pick<Sides, 'base' | 'head' | 'renamed'>): readonly MovedObject[] {
  const found = new Map<string, MovedObject>();
  for (const after of head.workloads.values()) {
    const before = base.workloads.get(renamed.get(after.id) ?? after.id);
    if (before === undefined || before === after || (canonical(before.labels) === canonical(after.labels) && portsOf(before) === portsOf(after))) continue;
    for (const service of [...servicesOf(base, before), ...servicesOf(head, after)]) if (service.kind === 'Service') found.set(resourceId(service), { id: resourceId(service), versions: [service] });
  }
  return [...found.values()];
}

function portsOf(workload: Workload): string {
  return canonical((podSpecOf(workload)?.containers ?? []).flatMap(({ ports }) => ports));
}

function rewritten({ base, head }: Pick<Sides, 'base' | 'head'>): readonly MovedObject[] {
  return callKinds.flatMap((kind) => {
    const [before, after] = [ofKind(base, kind), ofKind(head, kind)];
    if (before === after) return [];
    const byId = (objects: readonly CallObject[]): ReadonlyMap<string, CallObject> => new Map(objects.map((object) => [resourceId(object), object]));
    const [old, now] = [byId(before), byId(after)];
    return distinct([...old.keys(), ...now.keys()]).flatMap((id): MovedObject[] => {
      const [left, right] = [old.get(id), now.get(id)];
      return left !== undefined && right !== undefined && (left === right || sameObject(left, right)) ? [] : [{ id, versions: [left, right].filter((version) => version !== undefined) }];
    });
  });
}

/** Callers configured alike on both sides. */
export interface CallerClass {
  readonly callers: readonly MovedCaller[];
  readonly representative: MovedCaller;
}

/** A name and a port of it, and what tells its requests apart. */
export interface CalledName {
  readonly host: string;
  readonly port: number;
  readonly requests: readonly Query['request'][];
  /** The samples stand for all requests: no route looks at more than the path's text. */
  readonly whole: boolean;
  readonly known: { readonly base: boolean; readonly head: boolean };
  /** Where routes of its own may send its calls, and what unknown destinations are sent to. */
  readonly leads: readonly Pick<RouteDestination, 'host' | 'port'>[];
}

export interface TouchedCalls {
  readonly of: CallerClass;
  readonly names: readonly CalledName[];
}

export function touchedCalls(sides: Sides, moved: readonly MovedObject[]): readonly TouchedCalls[] {
  const names = allNames(sides);
  const touches = moved.map((object) => ({ object, named: names.filter((name) => isTouched(sides, object, name)) }));
  return callerClasses(sides).flatMap((of) => {
    const { namespace } = of.representative.head;
    const mine = new Set(touches.flatMap(({ object, named }) => (actsIn(sides, object, namespace) ? named : [])));
    return mine.size === 0 ? [] : [{ of, names: names.filter((name) => mine.has(name)) }];
  });
}

/** Names, `host:port`, that an object is about. */
export function namesTouched(sides: Pick<Sides, 'base' | 'head'>, id: string, versions: readonly AnyResource[]): readonly string[] {
  const kinds: readonly string[] = callKinds;
  const own = versions.filter((version): version is CallObject => kinds.includes(version.kind));
  return own.length === 0 ? [] : allNames(sides).filter((name) => isTouched(sides, { id, versions: own }, name)).map(({ host, port }) => `${host}:${String(port)}`);
}

/** A Sidecar is for the pods of its namespace, in the root namespace for all. */
function actsIn({ base, head }: Pick<Sides, 'base' | 'head'>, { versions }: MovedObject, namespace: string): boolean {
  return versions.some((version) => version.kind !== 'Sidecar' || version.namespace === namespace || [base, head].some(({ config }) => config.rootNamespace === version.namespace));
}

function isTouched(sides: Pick<Sides, 'base' | 'head'>, object: MovedObject, { host, port, leads }: CalledName): boolean {
  return isAbout(sides, object, host, port) || leads.some((destination) => isAbout(sides, object, destination.host, destination.port ?? port));
}

function isAbout({ base, head }: Pick<Sides, 'base' | 'head'>, { id, versions }: MovedObject, host: string, port: number): boolean {
  return versions.some((version) => {
    switch (version.kind) {
      case 'Sidecar':
        return true;
      case 'DestinationRule':
        return hostMatches(fullHost(version.spec.host, version.namespace ?? ''), host);
      case 'Service':
        // Without an address of its own, or as another's name, it joins listeners and names of others.
        return hostOf(version) === host || ((version.spec.clusterIP === 'None' || version.spec.type === 'ExternalName') && version.spec.ports.some((entry) => entry.port === port));
      case 'ServiceEntry':
        return version.spec.hosts.includes(host) || version.spec.ports.some(({ number }) => number === port);
      case 'VirtualService':
        return [base, head].some((mesh) => setsOf(mesh).some((set) => (set.by === id || set.http.some(({ by }) => by === id)) && (set.hosts.some((pattern) => namesOverlap(pattern, host)) || destinationsOf(set).some((destination) => destination.host === host))));
    }
  });
}

/** M100. */
function egressProxies(mesh: Mesh): readonly { readonly host: string; readonly port: number | undefined }[] {
  return ofKind(mesh, 'Sidecar').flatMap(({ spec }) => spec.outboundTrafficPolicy?.egressProxy ?? []);
}

/** M99: what a VirtualService in scope leads to is in scope. */
function destinationsOf({ http, tcp, tls }: RouteSet): readonly RouteDestination[] {
  return [...http.flatMap(({ route, mirrors }) => [...route, ...mirrors]), ...[...tcp, ...tls].flatMap(({ route }) => route)];
}

const routeSets = new WeakMap<Mesh, readonly RouteSet[]>();

function setsOf(mesh: Mesh): readonly RouteSet[] {
  const known = routeSets.get(mesh) ?? virtualServiceRoutes(mesh).filter(({ gateways }) => gateways.includes('mesh'));
  routeSets.set(mesh, known);
  return known;
}

const namesOfSides = new WeakMap<Mesh, { readonly base: Mesh; readonly names: readonly CalledName[] }>();

function allNames({ base, head }: Pick<Sides, 'base' | 'head'>): readonly CalledName[] {
  const known = namesOfSides.get(head);
  if (known?.base === base) return known.names;
  const names = namesOf({ base, head });
  namesOfSides.set(head, { base, names });
  return names;
}

/** Names of Services and ServiceEntries, and those that VirtualServices alone make (on port 80); none with a wildcard. */
function namesOf(sides: Pick<Sides, 'base' | 'head'>): readonly CalledName[] {
  const found = new Map<string, { readonly host: string; port: KnownPort; readonly sides: Set<'base' | 'head'> }>();
  for (const side of ['base', 'head'] as const) {
    const add = (host: string, port: KnownPort): void => {
      if (port.protocol === 'udp' || host.startsWith('*')) return;
      const key = `${host} ${String(port.number)}`;
      const known = found.get(key) ?? { host, port, sides: new Set<'base' | 'head'>() };
      known.sides.add(side);
      // A port that changes its protocol is judged at the pods: HTTP is what both take.
      if (port.protocol !== known.port.protocol || port.tls !== known.port.tls) known.port = { ...port, protocol: 'http', tls: false };
      found.set(key, known);
    };
    for (const { host, ports } of knownServices(sides[side])) for (const port of ports) add(host, port);
    for (const { hosts } of setsOf(sides[side])) for (const host of hosts) add(host, { name: 'http', number: 80, protocol: 'http', tls: false, alone: undefined });
  }
  const proxies = [sides.base, sides.head].flatMap(egressProxies);
  return [...found.entries()].sort(([left], [right]) => compareText(left, right)).map(([, { host, port, sides: on }]) => {
    const sets = [sides.base, sides.head].flatMap((mesh) => setsOf(mesh).filter((set) => set.hosts.some((pattern) => namesOverlap(pattern, host))));
    return { host, port: port.number, ...requestsFor(host, port, sets), leads: [...sets.flatMap(destinationsOf), ...proxies], known: { base: on.has('base'), head: on.has('head') } };
  });
}

const mostSamples = 24;

/** At the end of a path that only begins as some route asks for. */
export const beginningMark = '~';

/** One request for each class of paths that the routes tell apart by exact texts and beginnings. */
function requestsFor(host: string, port: KnownPort, sets: readonly RouteSet[]): Pick<CalledName, 'requests' | 'whole'> {
  if (port.tls) return { requests: [{ protocol: 'tls', sni: host }], whole: sets.every(({ tls }) => tls.length === 0) };
  if (port.protocol === 'tcp') return { requests: [{ protocol: 'tcp' }], whole: true };
  const matches = sets.flatMap(({ http }) => http.flatMap(({ match }) => match));
  const paths = new Set(['/']);
  let whole = port.protocol === 'http';
  for (const match of matches) {
    const { uri } = match;
    if (uri?.type === 'exact') paths.add(uri.value);
    if (uri?.type === 'prefix') for (const path of [uri.value, `${uri.value}${beginningMark}`]) paths.add(path);
    if (!looksAtPathAlone(match)) whole = false;
  }
  const chosen = [...paths].filter((path) => path.startsWith('/'));
  return { requests: chosen.slice(0, mostSamples).map((path) => ({ protocol: 'http', method: 'GET', path })), whole: whole && chosen.length <= mostSamples };
}

function looksAtPathAlone({ uri, ignoreUriCase, method, scheme, authority, headers, withoutHeaders, queryParams }: HttpMatch): boolean {
  return (uri === undefined || (uri.type !== 'regex' && !ignoreUriCase)) && [method, scheme, authority].every((match) => match === undefined) && headers.size + withoutHeaders.size + queryParams.size === 0;
}

/** Callers in the mesh by a sidecar on both sides, from which no side keeps other calls than the other. */
function callerClasses(sides: Sides): readonly CallerClass[] {
  const { base, head, renamed } = sides;
  const special = specialNamespaces([base, head]);
  const labels = labelsSpokenOf([base, head]);
  const callers = [...head.workloads.values()].flatMap((after): MovedCaller[] => {
    const before = base.workloads.get(renamed.get(after.id) ?? after.id);
    if (before === undefined || after.resource === undefined || !isSidecar(before) || !isSidecar(after)) return [];
    return before.namespace !== after.namespace || outboundText(base, before) !== outboundText(head, after) ? [] : [{ base: before, head: after }];
  });
  const keyOf = (mesh: Mesh, workload: Workload): string => {
    const sidecar = sidecarFor(mesh, workload);
    return canonical([special === 'all' || special.has(workload.namespace) ? workload.namespace : '', sidecar === undefined ? '' : resourceId(sidecar), outboundText(mesh, workload), ...labels.map((key) => workload.labels[key] ?? null)]);
  };
  const groups = groupBy(callers, (caller) => `${keyOf(base, caller.base)} ${keyOf(head, caller.head)}`);
  return [...groups.values()].flatMap((group) => {
    const sorted = [...group].sort((left, right) => compareText(left.head.id, right.head.id));
    const [representative] = sorted;
    return representative === undefined ? [] : [{ callers: sorted, representative }];
  });
}

/** Namespaces that some object tells from the others: by standing there, or by its name. */
function specialNamespaces(meshes: readonly Mesh[]): ReadonlySet<string> | 'all' {
  const found = new Set<string>();
  for (const mesh of meshes) {
    const { serviceExportTo = [], virtualServiceExportTo = [], destinationRuleExportTo = [] } = mesh.config.gateways ?? {};
    if ([serviceExportTo, virtualServiceExportTo, destinationRuleExportTo].some((list) => list.some((word) => word !== '*'))) return 'all';
    // A Sidecar of the root namespace means by `.` the namespace of each client (M97, M99).
    if (ofKind(mesh, 'Sidecar').some(({ namespace, spec }) => namespace === mesh.config.rootNamespace && spec.egress?.some(({ hosts }) => hosts.some((host) => /^~?\.\//.test(host))) === true)) return 'all';
    const objects: readonly AnyResource[] = [...ofKind(mesh, 'DestinationRule'), ...ofKind(mesh, 'VirtualService'), ...ofKind(mesh, 'ServiceEntry'), ...ofKind(mesh, 'Sidecar'), ...ofKind(mesh, 'EnvoyFilter')];
    for (const object of objects) {
      if (object.namespace !== mesh.config.rootNamespace && object.namespace !== undefined) found.add(object.namespace);
      if ('exportTo' in object.spec) for (const word of object.spec.exportTo) found.add(word);
    }
    for (const service of ofKind(mesh, 'Service')) {
      const written = service.annotations['networking.istio.io/exportTo'];
      if (written !== undefined) for (const word of [...written.split(','), service.namespace ?? '']) found.add(word.trim());
    }
    for (const { http, tcp, tls } of setsOf(mesh)) for (const { match } of [...http, ...tcp, ...tls]) for (const { sourceNamespace } of match) if (sourceNamespace !== undefined) found.add(sourceNamespace);
  }
  return found;
}

/** Keys of labels that rules and routes choose clients by. */
function labelsSpokenOf(meshes: readonly Mesh[]): readonly string[] {
  return distinct(
    meshes.flatMap((mesh) => [
      ...ofKind(mesh, 'DestinationRule').flatMap(({ spec }) => Object.keys(spec.workloadSelector?.matchLabels ?? {})),
      ...ofKind(mesh, 'EnvoyFilter').flatMap(({ spec }) => Object.keys(spec.workloadSelector?.labels ?? {})),
      ...setsOf(mesh).flatMap(({ http, tcp, tls }) => [...http, ...tcp, ...tls].flatMap(({ match }) => match.flatMap(({ sourceLabels }) => Object.keys(sourceLabels)))),
    ]),
  );
}
