/**
 * What was said of one environment's side holds for another's that is the same in all that was asked about: each answer is kept with what it
 * was made of, which is noted while it is made. A side that cannot be told to be the same is asked anew.
 */
import { Pairs } from '#lib/pairs.ts';
import { accepted, resourceKey, type AnyResource, type Kind } from '#manifests/resource.ts';
import type { Mesh } from '#mesh/model.ts';
import { workloadKinds } from '#mesh/ports.ts';
import { differingKinds, unequal } from '#impact/likeness.ts';
import type { SideFacts } from './facts.ts';

/** What declared workloads are made of, besides the mesh configuration and the installations. */
const behindWorkloads: readonly Kind[] = [...workloadKinds, 'Service', 'Sidecar', 'Namespace'];

/** Kinds that were asked about. */
class Reads {
  readonly kinds = new Set<Kind>();
  /** Something was asked for of which no kinds are known. */
  everything = false;
  /** The name of the environment was asked for: the answer is its own. */
  own = false;

  note(...kinds: readonly Kind[]): void {
    for (const kind of kinds) this.kinds.add(kind);
  }

  isOf(differing: ReadonlySet<Kind>): boolean {
    if (differing.size === 0) return false;
    return this.everything || [...differing].some((kind) => this.kinds.has(kind));
  }
}

interface Said {
  readonly side: SideFacts;
  readonly reads: Reads;
  readonly value: unknown;
}

/** Of one question so many answers are kept. */
const MOST_SAID = 4;

export class SideMemory {
  readonly #said = new Map<object, Said[]>();
  readonly #differing = new Pairs<SideFacts, ReadonlySet<Kind> | undefined>();

  recall<T>(key: object, side: SideFacts, make: (side: SideFacts) => T): { readonly value: T; readonly from: SideFacts } {
    const said = this.#said.get(key) ?? [];
    this.#said.set(key, said);
    const known = said.find((each) => this.#holds(each, side));
    // INVARIANT: one key stands for one `make`.
    if (known !== undefined) return { value: known.value as T, from: known.side };
    const reads = new Reads();
    const value = make(noting(side, reads));
    if (!reads.own && said.length < MOST_SAID) said.push({ side, reads, value });
    return { value, from: side };
  }

  #holds({ side: other, reads }: Said, side: SideFacts): boolean {
    if (other === side) return true;
    const differing = this.#differing.get(other, side, () => differingOf(other, side));
    return differing !== undefined && !reads.isOf(differing);
  }
}

/** Kinds in which two sides differ, refused objects included; `undefined`: more than objects differs. */
function differingOf(left: SideFacts, right: SideFacts): ReadonlySet<Kind> | undefined {
  if (left.side !== right.side || left.criticalAssets !== right.criticalAssets) return undefined;
  const inForce = differingKinds(left.mesh, right.mesh);
  if (inForce === undefined) return undefined;
  const kinds = new Set(inForce);
  const refused = (side: SideFacts): readonly AnyResource[] => side.all.filter((resource) => !accepted(resource));
  for (const pair of unequal(refused(left), refused(right))) for (const resource of pair) if (resource !== undefined) kinds.add(resource.kind);
  return kinds;
}

/** The same side, which notes what it is asked. */
function noting(side: SideFacts, reads: Reads): SideFacts {
  const mesh = notingMesh(side.mesh, reads);
  const noted: SideFacts = {
    get environment() {
      reads.own = true;
      return side.environment;
    },
    side: side.side,
    mesh,
    get all() {
      reads.everything = true;
      return side.all;
    },
    criticalAssets: side.criticalAssets,
    get workloads() {
      reads.note(...behindWorkloads);
      return side.workloads;
    },
    of: (kind) => {
      reads.note(kind);
      return side.of(kind);
    },
    policiesAt: (point) => {
      reads.note('AuthorizationPolicy');
      return side.policiesAt(point);
    },
    tokensAt: (point) => {
      reads.note('RequestAuthentication');
      return side.tokensAt(point);
    },
    reachOf: (policy) => {
      reads.note(...behindWorkloads);
      return side.reachOf(policy);
    },
    mtlsAt: (point, port) => {
      reads.note('PeerAuthentication');
      return side.mtlsAt(point, port);
    },
    servicesOf: (workload) => {
      reads.note('Service');
      return side.servicesOf(workload);
    },
    ask: (query) => {
      reads.everything = true;
      return side.ask(query);
    },
    recall: (_key, make) => ({ value: make(noted), from: noted }),
  };
  return noted;
}

/** The mesh configuration and the names of the namespaces are equal wherever an answer is used again. */
function notingMesh(mesh: Mesh, reads: Reads): Mesh {
  const whole = <K extends keyof Mesh>(part: K): Mesh[K] => {
    reads.everything = true;
    return mesh[part];
  };
  return {
    config: mesh.config,
    world: mesh.world,
    get namespaces() {
      reads.note('Namespace');
      return mesh.namespaces;
    },
    get workloads() {
      reads.note(...behindWorkloads);
      return mesh.workloads;
    },
    get resources() {
      return whole('resources');
    },
    get seniors() {
      return whole('seniors');
    },
    get unsettled() {
      return whole('unsettled');
    },
    get elders() {
      return whole('elders');
    },
    enrolmentWorld: mesh.enrolmentWorld,
    get assumptions() {
      return whole('assumptions');
    },
  };
}

/** One for sides that are the same in everything, but for the places of their objects. */
export function identityOf(side: SideFacts): object {
  const known = identities.get(side);
  if (known !== undefined) return known;
  const fresh = side.recall(identities, (asked) => ({ objects: asked.all.length })).value;
  identities.set(side, fresh);
  return fresh;
}

const identities = new WeakMap<SideFacts, object>();

/** An object of a side as another one has it; `undefined`: it has none of that name. */
export function onSide(side: SideFacts, resource: AnyResource): AnyResource | undefined {
  let known = objects.get(side);
  if (known === undefined) {
    known = new Map([...side.all, ...[...side.mesh.resources.values()].flat()].map((each) => [resourceKey(each), each]));
    objects.set(side, known);
  }
  return known.get(resourceKey(resource));
}

const objects = new WeakMap<SideFacts, ReadonlyMap<string, AnyResource>>();
