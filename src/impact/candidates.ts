/** Which edits may be behind a change: those in the surroundings of its witness, the likely ones first. */
import { groupBy } from '#lib/group.ts';
import { extensionHosts } from '#mesh/extension-services.ts';
import type { AnyResource } from '#mesh/policies.ts';
import { selects, type Labels } from '#mesh/selection.ts';
import { namespaceOfId } from '#mesh/workload-id.ts';
import type { Decision } from '#posture/query.ts';
import { editNamespace, type Edit } from './edits.ts';
import type { RawChange, Sides } from './raw-change.ts';

export interface Candidates {
  /** In the order of likelihood: policies that made the seed or either answer come first. */
  readonly edits: readonly Edit[];
  /** How many of them are likely. */
  readonly likely: number;
}

/** Edits by where they can matter, so that many changes and many edits do not meet pairwise. */
export class EditIndex {
  readonly #all: readonly Edit[];
  readonly #everywhere: readonly Edit[];
  readonly #byNamespace: ReadonlyMap<string | undefined, readonly Edit[]>;
  readonly #sides: Sides;

  constructor(sides: Sides, edits: readonly Edit[]) {
    const roots = new Set<string | undefined>([undefined, sides.base.config.rootNamespace, sides.head.config.rootNamespace]);
    this.#sides = sides;
    this.#all = edits;
    const asked = new Set([sides.base, sides.head].flatMap(({ config }) => (config.extensionProviders ?? []).map((provider) => provider.service)));
    this.#everywhere = edits.filter((edit) => roots.has(editNamespace(edit)) || (asked.size > 0 && [...extensionHosts(versions(edit))].some((host) => asked.has(host))));
    const everywhere = new Set(this.#everywhere);
    this.#byNamespace = groupBy(edits.filter((edit) => !everywhere.has(edit)), editNamespace);
  }

  /** Those in the namespace, in the root namespace, or bound to no namespace, and Services of external authorizers. `*`: a destination of the whole mesh. */
  #at(namespace: string | undefined): readonly Edit[] {
    return namespace === '*' ? this.#all : [...(this.#byNamespace.get(namespace) ?? []), ...this.#everywhere];
  }

  of(raw: RawChange): Candidates {
    // Routes, Services and policies of every namespace act at a gateway.
    if (raw.gateway !== undefined) return likelyFirst(raw, this.#all);
    const { places, labels } = this.#surroundings(raw);
    const near = [...new Set(places.flatMap((place) => this.#at(place)))].filter((edit) => labels.length === 0 || mayAct(edit, labels));
    return likelyFirst(raw, near);
  }

  #surroundings(raw: RawChange): { readonly places: readonly (string | undefined)[]; readonly labels: readonly Labels[] } {
    const asking = raw.witness?.query.from;
    const caller = asking?.pod?.namespace ?? (asking?.workload === undefined ? undefined : namespaceOfId(asking.workload));
    const waypoints = waypointNamespaces(raw);
    // A NetworkPolicy at the caller may let it out, labels of its namespace let it in, and a waypoint has policies of its own.
    return { places: [raw.destination.namespace, ...(caller === undefined ? [] : [caller]), ...waypoints], labels: waypoints.length > 0 ? [] : this.#labelsOf(raw) };
  }

  /** The destination's labels on both sides; none where it is a phantom. */
  #labelsOf({ destination }: RawChange): readonly Labels[] {
    const { base, head, renamed } = this.#sides;
    const before = base.workloads.get(destination.id);
    const after = head.workloads.get(destination.id) ?? head.workloads.get([...renamed].find(([, former]) => former === destination.id)?.[0] ?? '');
    return before === undefined || after === undefined ? [] : [before.labels, after.labels];
  }
}

function likelyFirst(raw: RawChange, edits: readonly Edit[]): Candidates {
  const named = new Set([...raw.seedOrigins.map((origin) => origin.policy), ...byOf(raw.witness?.base), ...byOf(raw.witness?.head)]);
  const likely = edits.filter((edit) => named.has(edit.id));
  return { edits: [...likely, ...edits.filter((edit) => !named.has(edit.id))], likely: likely.length };
}

function versions(edit: Edit): readonly AnyResource[] {
  return [...(edit.type === 'added' ? [] : [edit.base]), ...(edit.type === 'removed' ? [] : [edit.head])];
}

/** False: a policy that selects the destination's proxy on neither side, by none of its versions. */
function mayAct(edit: Edit, labels: readonly Labels[]): boolean {
  return versions(edit).some((version) => {
    const selector = selectorOf(version);
    return selector === undefined || labels.some((each) => selects(selector, each));
  });
}

/** `undefined`: the object does not say by labels where it acts. */
function selectorOf(resource: AnyResource): Labels | undefined {
  if (resource.kind === 'PeerAuthentication') return resource.spec.selector?.matchLabels;
  if (resource.kind !== 'AuthorizationPolicy' && resource.kind !== 'RequestAuthentication') return undefined;
  return resource.spec.targetRefs.length > 0 ? undefined : resource.spec.selector?.matchLabels;
}

/** Of the waypoints that the witness goes through on some side. */
export function waypointNamespaces({ witness }: RawChange): readonly string[] {
  return [witness?.base, witness?.head].flatMap((answer) => (answer === undefined || answer.verdict === 'unknown' || answer.via === undefined ? [] : [namespaceOfId(answer.via)]));
}

function byOf(decision: Decision | undefined): readonly string[] {
  return decision === undefined || decision.verdict === 'unknown' ? [] : decision.by;
}
