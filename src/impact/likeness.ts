/**
 * Where two environments are surely the same, so that what one's comparison found holds in the other: their models are equal but for
 * policies whose reach is known, and the destination lies outside of it. What is not understood to be alike makes no likeness.
 *
 * INVARIANT: a comparison reads nothing but its two meshes, its edits and its renames. Whatever is added to a mesh belongs in here.
 */
import { canonical, sameContent } from '#lib/canonical.ts';
import { resourceId, resourceKey, type AnyResource, type Kind } from '#manifests/resource.ts';
import { twinOf } from '#manifests/twins.ts';
import { ofKind } from '#mesh/attachment.ts';
import { statesMeshConfig } from '#mesh/config-fields.ts';
import type { Mesh, Workload } from '#mesh/model.ts';
import { isWorkload, type WorkloadResource } from '#mesh/ports.ts';
import { selects } from '#mesh/selection.ts';
import { hasAmbient } from '#posture/arrival.ts';
import { sameObject, type Edit } from './edits.ts';
import type { Pair, RawChange, RawComparison, Sides } from './raw-change.ts';

type SelectingPolicy = Extract<AnyResource, { kind: 'AuthorizationPolicy' | 'PeerAuthentication' | 'RequestAuthentication' }>;

export interface Likeness {
  /** Policies that only one of the two has, on either side: each acts on the proxies that it selects and on nothing else. */
  readonly policies: readonly SelectingPolicy[];
  /** What gateways serve and route differs: their own answers do. */
  readonly gateways: boolean;
}

/** `undefined`: they may differ anywhere. */
function likenessOf(left: Sides, right: Sides): Likeness | undefined {
  if (!sameContent([...left.renamed], [...right.renamed])) return undefined;
  const differing: AnyResource[] = [];
  for (const side of ['base', 'head'] as const) {
    if (!sameSurroundings(left[side], right[side])) return undefined;
    const found = differingResources(left[side], right[side]);
    if (found === undefined) return undefined;
    differing.push(...found);
  }
  const policies = differing.filter(isSelectingPolicy);
  // A waypoint, and a Service that several workloads stand behind, lead one policy to others than those that it selects.
  const spreads = policies.some((policy) => policy.kind !== 'PeerAuthentication' && policy.spec.targetRefs.length > 0);
  if (policies.length > 0 && (spreads || [left.base, left.head].some(hasAmbient))) return undefined;
  const apart = new Set(policies.map(resourceId));
  if (!sameAges(left.base, right.base, apart) || !sameAges(left.head, right.head, apart)) return undefined;
  return { policies, gateways: policies.length < differing.length };
}

/** What is known about the age of PeerAuthentications (M15a, M15b) and of Services (A4.4), but for those that differ anyway. */
function sameAges(left: Mesh, right: Mesh, apart: ReadonlySet<string>): boolean {
  return [...ofKind(left, 'PeerAuthentication'), ...ofKind(left, 'Service')].every((object) => {
    const id = resourceId(object);
    return apart.has(id) || (left.seniors?.has(id) === right.seniors?.has(id) && left.unsettled.has(id) === right.unsettled.has(id) && left.elders.has(id) === right.elders.has(id));
  });
}

/** Kinds of which one mesh surely has the same objects as the other are not in it; `undefined`: more than objects differs. */
export function differingKinds(left: Mesh, right: Mesh): ReadonlySet<Kind> | undefined {
  if (!sameSurroundings(left, right)) return undefined;
  const kinds = new Set<Kind>();
  for (const kind of new Set([...left.resources.keys(), ...right.resources.keys()])) {
    for (const pair of unequal(left.resources.get(kind) ?? [], right.resources.get(kind) ?? [])) if (!sameForRequests(...pair)) for (const resource of pair) if (resource !== undefined) kinds.add(resource.kind);
  }
  if (!sameAges(left, right, new Set())) kinds.add('PeerAuthentication');
  return kinds;
}

function sameForRequests(one: AnyResource | undefined, other: AnyResource | undefined): boolean {
  return one !== undefined && other !== undefined && isWorkload(one) && isWorkload(other) && sameButForImages(one, other);
}

/** False only where both environments surely have the same comparison of the destination. */
function isReached({ policies, gateways }: Likeness, { base, head }: Pair, root: string): boolean {
  if (policies.length === 0 && !gateways) return false;
  // A phantom is there because of policies, and a gateway answers by routes.
  if ([base, head].some((workload) => workload.resource === undefined || workload.enrolment.mode === 'gateway')) return true;
  return policies.some((policy) => actsOn(policy, base, root) || actsOn(policy, head, root));
}

function actsOn(policy: SelectingPolicy, { namespace, labels }: Workload, root: string): boolean {
  return (policy.namespace === namespace || policy.namespace === root) && selects(policy.spec.selector?.matchLabels ?? {}, labels);
}

/** An environment that was compared before, and what it has in common with another one. */
export interface Kin {
  readonly like: Likeness;
  readonly edits: readonly Edit[];
  readonly byDestination: RawComparison['byDestination'];
}

/** Many environments are each compared with so many others at most: the first ones. */
const MOST_KIN = 16;

/** With fewer policies that differ than this part of its workloads no nearer one is looked for. */
const NEAR_ENOUGH = 4;

/** Environments that were compared, for those that come after them. */
export class Kinship {
  readonly #most: number;
  readonly #compared: { readonly sides: Sides; readonly edits: readonly Edit[]; readonly byDestination: RawComparison['byDestination'] }[] = [];

  /** @param most how many are kept: with none every environment is compared by itself */
  constructor(most = MOST_KIN) {
    this.#most = most;
  }

  /** The one that differs the least; `undefined`: none is surely alike anywhere. */
  of(sides: Sides): Kin | undefined {
    let nearest: Kin | undefined;
    for (const { sides: other, edits, byDestination } of this.#compared) {
      const like = likenessOf(other, sides);
      if (like === undefined || (nearest !== undefined && like.policies.length >= nearest.like.policies.length)) continue;
      nearest = { like, edits, byDestination };
      if (like.policies.length * NEAR_ENOUGH <= sides.head.workloads.size) return nearest;
    }
    return nearest;
  }

  add(sides: Sides, edits: readonly Edit[], { byDestination }: RawComparison): void {
    if (this.#compared.length < this.#most) this.#compared.push({ sides, edits, byDestination });
  }
}

/** Changes of a destination that hold here as they are. */
export function takenFrom({ like, byDestination }: Kin, pair: Pair, root: string): readonly RawChange[] | undefined {
  if (isReached(like, pair, root)) return undefined;
  const changes = byDestination.get(pair.destination.id);
  // By a name or an address a request may reach other workloads, too.
  return like.policies.length > 0 && changes?.some(({ witness }) => witness !== undefined && (witness.query.to.host ?? witness.query.to.ip) !== undefined) === true ? undefined : changes;
}

/** Edits that only one of the two environments has. */
export function editsApart(left: readonly Edit[], right: readonly Edit[]): readonly Edit[] {
  const others = new Map(right.map((edit) => [edit.id, edit]));
  const apart: Edit[] = [];
  for (const edit of left) {
    const other = others.get(edit.id);
    if (other === undefined) apart.push(edit);
    else if (!sameEdit(edit, other)) apart.push(edit, other);
    others.delete(edit.id);
  }
  return [...apart, ...others.values()];
}

function sameEdit(left: Edit, right: Edit): boolean {
  switch (left.type) {
    case 'added':
      return right.type === 'added' && alike(left.head, right.head);
    case 'removed':
      return right.type === 'removed' && alike(left.base, right.base);
    case 'modified':
      return right.type === 'modified' && alike(left.base, right.base) && alike(left.head, right.head);
  }
}

/** Everything of a mesh but its objects, and workloads, which follow from all of it. */
function sameSurroundings(left: Mesh, right: Mesh): boolean {
  return left.config === right.config && left.world === right.world && sameContent(left.enrolmentWorld, right.enrolmentWorld, sameCollection) && sameContent([...left.namespaces.keys()], [...right.namespaces.keys()]);
}

function sameCollection(left: unknown, right: unknown): boolean {
  if (left instanceof Map && right instanceof Map) return left.size === right.size && [...left].every(([key, value]) => right.has(key) && sameContent(value, right.get(key), sameCollection));
  if (left instanceof Set && right instanceof Set) return left.size === right.size && [...left].every((entry) => right.has(entry));
  return canonical(left) === canonical(right);
}

/** Kinds that no comparison of two sides asks about; findings and ratings do. */
const silentKinds: ReadonlySet<string> = new Set<AnyResource['kind']>([
  'ServiceAccount', 'Secret', 'SealedSecret', 'ExternalSecret', 'Telemetry', 'Role', 'ClusterRole', 'RoleBinding', 'ClusterRoleBinding',
  'ValidatingWebhookConfiguration', 'ValidatingAdmissionPolicy', 'ValidatingAdmissionPolicyBinding', 'ClusterPolicy', 'KyvernoPolicy', 'ConstraintTemplate', 'GatekeeperConstraint',
]);

/** Kinds that only gateways' answers are made of. */
const gatewayKinds: ReadonlySet<string> = new Set<AnyResource['kind']>(['Gateway', 'VirtualService']);

/** Policies that only one of the two has, and what gateways are made of; `undefined`: something else differs, too. */
function differingResources(left: Mesh, right: Mesh): readonly AnyResource[] | undefined {
  const differing: AnyResource[] = [];
  for (const kind of new Set([...left.resources.keys(), ...right.resources.keys()])) {
    const pairs = unequal(left.resources.get(kind) ?? [], right.resources.get(kind) ?? []);
    for (const [one, other] of pairs) {
      const found = [one, other].filter((resource) => resource !== undefined);
      if (found.every((resource) => silentKinds.has(resource.kind) || (resource.kind === 'ConfigMap' && !statesMeshConfig(resource)))) continue;
      if (sameForRequests(one, other)) continue;
      if (!found.every((resource) => isSelectingPolicy(resource) || gatewayKinds.has(resource.kind))) return undefined;
      differing.push(...found);
    }
  }
  return differing;
}

/** Objects, in id order, that the other list has not or not so; together where they are of one id. */
export function unequal(left: readonly AnyResource[], right: readonly AnyResource[]): readonly (readonly [AnyResource | undefined, AnyResource | undefined])[] {
  const found: (readonly [AnyResource | undefined, AnyResource | undefined])[] = [];
  if (left === right) return found;
  const unmatched = new Map<string, AnyResource>();
  for (const [index, resource] of right.entries()) {
    const other = left[index];
    // Mostly the same one stands at the same place.
    if (other === undefined || twinOf(other) !== twinOf(resource)) unmatched.set(resourceKey(resource), resource);
  }
  for (const [index, resource] of left.entries()) {
    const beside = right[index];
    if (beside !== undefined && twinOf(beside) === twinOf(resource)) continue;
    const id = resourceKey(resource);
    const other = unmatched.get(id);
    unmatched.delete(id);
    if (other === undefined || !alike(resource, other)) found.push([resource, other]);
  }
  for (const resource of unmatched.values()) found.push([undefined, resource]);
  return found;
}

/** Equal in everything but the place. */
function alike(left: AnyResource, right: AnyResource): boolean {
  if (twinOf(left) === twinOf(right)) return true;
  return isPlain(left) && isPlain(right) && left.kind === right.kind && left.name === right.name && left.namespace === right.namespace && sameObject(left, right);
}

/** Nothing is wrong with it and nothing in it is open: its content says all of it. */
function isPlain({ problems, unresolved }: AnyResource): boolean {
  return problems.length === 0 && unresolved === undefined;
}

/** Releases of one program in several environments: an image that is no proxy's, and how many pods there are, answer no request. */
function sameButForImages(left: WorkloadResource, right: WorkloadResource): boolean {
  if (left.kind !== right.kind || left.apiVersion !== right.apiVersion || !isPlain(left) || !isPlain(right)) return false;
  const containers = [...left.spec.containers, ...left.spec.initContainers, ...right.spec.containers, ...right.spec.initContainers];
  if (containers.some(({ image }) => image === 'auto')) return false;
  const bare = (resource: WorkloadResource): unknown => {
    const { spec, labels, annotations, creationTimestamp } = resource;
    return { labels, annotations, creationTimestamp, spec: { ...spec, replicas: undefined, containers: withoutImages(spec.containers), initContainers: withoutImages(spec.initContainers) } };
  };
  return sameContent(bare(left), bare(right));
}

function withoutImages(containers: WorkloadResource['spec']['containers']): readonly unknown[] {
  return containers.map((container) => ({ ...container, image: undefined }));
}

function isSelectingPolicy(resource: AnyResource): resource is SelectingPolicy {
  return resource.kind === 'AuthorizationPolicy' || resource.kind === 'PeerAuthentication' || resource.kind === 'RequestAuthentication';
}
