import { groupBy } from '#lib/group.ts';
import { compareText, distinct, sortedBy } from '#lib/order.ts';

/** A unit as far as R19 looks at it. */
export interface PlacedUnit {
  readonly id: string;
  /** Folder on the base side, where there is one: a renamed folder renames no environment (R20). */
  readonly path: string;
  /** A kustomization or a chart. */
  readonly isMade: boolean;
  /** What the configuration says (`units[].environment`). */
  readonly environment: string | undefined;
  /** What a Flux or Argo CD root says it is for. */
  readonly cluster: string | undefined;
  /** Per side: object → its content in the fields that the model reads, asked for only where several units define the object. */
  readonly objects: readonly ReadonlyMap<string, Content>[];
}

/** Equal `token`: surely equal text. */
export interface Content {
  readonly token: unknown;
  readonly text: () => string;
}

export interface EnvironmentPlan {
  readonly id: string;
  /** In code-unit order. */
  readonly units: readonly string[];
  /** Members whose definitions win over those of other members: the alternatives that make this environment. */
  readonly own: ReadonlySet<string>;
  /** One sentence: why these units run together. */
  readonly because: string;
}

export interface EnvironmentsPlan {
  readonly environments: readonly EnvironmentPlan[];
  /** Alternatives that no evidence assigns to each other: what an environment lacks from them is not known. */
  readonly doubts: readonly string[];
}

type Stated = Readonly<Record<string, { readonly units: readonly string[] }>>;

/**
 * Which units run together (R19): everything, but units that define one object differently are alternatives, and so are those for different places that share
 * objects and have not the same; and then a unit whose path carries another environment's word (`dev`, `prod`, a region) runs in that one only. One map from both sides (R20).
 * `stated`: `environments:` of the configuration, which overrides what is found.
 */
export function planEnvironments(units: readonly PlacedUnit[], stated: Stated): EnvironmentsPlan {
  const ordered = sortedBy(units, (unit) => unit.id);
  const components = componentsOf(ordered, [...disputesOf(ordered), ...absencesOf(ordered)]);
  const told = toldEnvironments(ordered, stated);
  // Where a unit runs in several environments, the first stands for them while others are told apart from it.
  const labels = new Map([...told].map(([id, names]) => [id, names[0] ?? id]));
  const together = new Set<string>();
  for (const component of components) {
    const evidence = labelComponent(component, labels);
    // A conflict that only one side has, between units that nothing but their names tells apart, may be a new file that overrides an old one. They ran
    // together before: the environments differ in the disputed objects only, so that what is overridden is compared with what was in force.
    if (evidence === 'names' && !component.disputes.some(({ absence }) => absence === true) && new Set(component.disputes.map((dispute) => dispute.side)).size === 1) for (const unit of component.units) if (!told.has(unit.id)) together.add(unit.id);
  }
  const names = distinct([...labels.values(), ...[...told.values()].flat(), ...Object.keys(stated)]);
  if (names.length === 0) return { environments: [{ id: 'default', units: ordered.map((unit) => unit.id), own: new Set(), because: 'no two units define one object differently' }], doubts: [] };
  const wordsOf = new Map(names.map((name): readonly [string, Words] => [name, environmentWords(name, ordered.filter((unit) => (told.get(unit.id) ?? [labels.get(unit.id)]).includes(name)))]));
  // A unit whose path carries a word that belongs to no environment yet makes one of its own: what runs elsewhere stands in for nothing here.
  const apart = new Map<string, readonly string[]>();
  for (const unit of ordered) {
    const segments = segmentsOf(unit);
    if ((labels.has(unit.id) && !together.has(unit.id)) || told.has(unit.id) || !segments.some(isEnvironmentWord)) continue;
    const joined = joinedBy(wordsIn(segments), wordsOf);
    apart.set(unit.id, joined.length > 0 ? joined : [environmentSegment(segments) ?? unit.id]);
  }
  const all = distinct([...names, ...[...apart.values()].flat()]);
  const environments = all.map((name) => {
    const isOwn = (unit: PlacedUnit): boolean => told.get(unit.id)?.includes(name) ?? labels.get(unit.id) === name;
    const isShared = (unit: PlacedUnit): boolean => (!labels.has(unit.id) || together.has(unit.id)) && (apart.get(unit.id)?.includes(name) ?? true);
    const members = ordered.filter((unit) => isOwn(unit) || isShared(unit));
    return {
      id: name,
      units: members.map((unit) => unit.id),
      own: new Set(members.filter(isOwn).map((unit) => unit.id)),
      because: stated[name] !== undefined ? 'the configuration names it' : names.includes(name) ? 'units that define an object differently, or one that another of them lacks, are alternatives' : 'the word in the path of its units is no other environment’s',
    };
  });
  return { environments, doubts: doubtsOf(components, labels, all) };
}

/** The words for environments in paths, by what they tell: the stage, or the region. */
interface Words {
  readonly stages: readonly string[];
  readonly regions: readonly string[];
}

function wordsIn(segments: readonly string[]): Words {
  return { stages: segments.filter((segment) => environmentWord.test(segment)), regions: segments.filter((segment) => region.test(segment)) };
}

/** What an environment is called, and what its own units' paths say. */
function environmentWords(name: string, own: readonly PlacedUnit[]): Words {
  const words = wordsIn([name, ...own.flatMap(segmentsOf)]);
  return { stages: distinct(words.stages), regions: distinct(words.regions) };
}

/**
 * The environments that a unit's words leave open (R19): a word that is some environment's keeps the unit out of all others. Where the environments have
 * words of that sort and none is the unit's, it joins none.
 */
function joinedBy(own: Words, environments: ReadonlyMap<string, Words>): readonly string[] {
  const open = (['stages', 'regions'] as const).map((sort) => {
    const matching = new Map([...environments].map(([name, words]) => [name, closeness(own[sort], words[sort])]));
    const best = Math.max(...matching.values());
    const told = [...environments.values()].some((words) => words[sort].length > 0);
    if (own[sort].length === 0 || !told) return new Set(environments.keys());
    // An environment that has no word of this sort is not told apart by it.
    return new Set([...environments].flatMap(([name, words]) => (words[sort].length === 0 || (best > 0 && matching.get(name) === best) ? [name] : [])));
  });
  return [...environments.keys()].filter((name) => open.every((names) => names.has(name)));
}

/** 2: a word in common; 1: words for one stage, of which one says more (`prod`, `prod-eu`); 0: another one's. */
function closeness(left: readonly string[], right: readonly string[]): 0 | 1 | 2 {
  let best: 0 | 1 | 2 = 0;
  for (const one of left.map(stageOf)) {
    for (const other of right.map(stageOf)) {
      if (one.stage !== other.stage) continue;
      if (one.more === other.more) return 2;
      if (one.more === '' || other.more === '') best = 1;
    }
  }
  return best;
}

/** `production-eu` → `prod`, `eu`. A region is compared as a whole. */
function stageOf(word: string): { readonly stage: string; readonly more: string } {
  const found = region.test(word) ? null : stages.exec(word.toLowerCase());
  if (found === null) return { stage: word, more: '' };
  const [all, stem = ''] = found;
  return { stage: stem === 'stg' ? 'stag' : stem.replace(/[-_.]/gu, ''), more: word.slice(all.length).toLowerCase().replace(/^[-_.]/u, '') };
}

/** What the configuration says, by unit; a path names every values set of its chart. */
function toldEnvironments(units: readonly PlacedUnit[], stated: Stated): ReadonlyMap<string, readonly string[]> {
  const told = new Map<string, string[]>();
  const tell = (id: string, name: string): void => {
    const names = told.get(id);
    if (names === undefined) told.set(id, [name]);
    else if (!names.includes(name)) names.push(name);
  };
  for (const unit of units) if (unit.environment !== undefined) tell(unit.id, unit.environment);
  for (const name of distinct(Object.keys(stated))) {
    for (const id of stated[name]?.units ?? []) for (const unit of units) if (unit.id === id || unit.path === id) tell(unit.id, name);
  }
  return told;
}

/** One object that units define differently on one side: the units of each definition. */
interface Dispute {
  readonly side: number;
  readonly groups: readonly (readonly string[])[];
  /** The one lacks it, and is made from elsewhere: no file of it overrides another's. */
  readonly absence?: true;
}

function disputesOf(units: readonly PlacedUnit[]): readonly Dispute[] {
  const disputes: Dispute[] = [];
  const sides = Math.max(0, ...units.map((unit) => unit.objects.length));
  for (let side = 0; side < sides; side += 1) {
    const definitions = new Map<string, { readonly unit: string; readonly content: Content }[]>();
    for (const unit of units) {
      for (const [object, content] of unit.objects[side] ?? []) {
        const list = definitions.get(object);
        if (list === undefined) definitions.set(object, [{ unit: unit.id, content }]);
        else list.push({ unit: unit.id, content });
      }
    }
    for (const list of definitions.values()) {
      if (list.every(({ content }) => content.token === list[0]?.content.token)) continue;
      const versions = groupBy(list, ({ content }) => content.text());
      if (versions.size > 1) disputes.push({ side, groups: [...versions.values()].map((group) => group.map(({ unit }) => unit)) });
    }
  }
  return disputes;
}

/** Objects that no request depends on, the mesh configuration apart: a unit that has one more of them differs in nothing. */
const beside = /^(?:Secret|SealedSecret|ExternalSecret)\/|^ConfigMap\/(?!.*\/istio(?:-|$))/u;

/**
 * Units for different places that define pods or policies together, and of which one has an object that the other lacks: what stands in the one place alone must
 * not stand in for what the other is without. Nothing but the places tells such units apart, since what both define may be equal.
 */
function absencesOf(units: readonly PlacedUnit[]): readonly Dispute[] {
  const disputes: Dispute[] = [];
  const sides = Math.max(0, ...units.map((unit) => unit.objects.length));
  const placed = units.filter((unit) => unit.isMade || unit.cluster !== undefined || environmentSegment(segmentsOf(unit)) !== undefined);
  for (let side = 0; side < sides; side += 1) {
    const contents = new Map(placed.map((unit) => [unit.id, setOf(unit.objects[side] ?? new Map())]));
    for (const unit of placed) {
      const own = contents.get(unit.id);
      const other = placed.find((each) => each.id !== unit.id && contents.get(each.id)?.text !== own?.text && areAlternatives(unit, each, side));
      if (other !== undefined) disputes.push({ side, groups: [[unit.id], [other.id]], absence: true });
    }
  }
  return disputes;
}

function setOf(objects: ReadonlyMap<string, Content>): { readonly text: string } {
  return { text: [...objects.keys()].filter((object) => !beside.test(object)).sort(compareText).join('\n') };
}

/** Objects that are made in one place once: pods of one name, and what is said about them. A namespace, an account or a role is often written beside each of its users. */
const pods = /^(?:CronJob|DaemonSet|Deployment|Job|Pod|ReplicaSet|ReplicationController|Rollout|StatefulSet)\//u;
const policies = /^(?:AuthorizationPolicy|PeerAuthentication|RequestAuthentication|NetworkPolicy)\//u;

/**
 * By the cluster, or the word or region in their paths; or two overlays or values sets that make the same pods, whatever they are called. One chart may be
 * released often in one place: then its releases share no pods.
 */
function areAlternatives(one: PlacedUnit, other: PlacedUnit, side: number): boolean {
  const objects = other.objects[side];
  const shares = (kind: RegExp): boolean => objects !== undefined && [...(one.objects[side]?.keys() ?? [])].some((object) => kind.test(object) && objects.has(object));
  const differ = (left: string | undefined, right: string | undefined): boolean => left !== undefined && right !== undefined && left !== right;
  const told = differ(one.cluster, other.cluster) || differ(environmentSegment(segmentsOf(one)), environmentSegment(segmentsOf(other)));
  return told ? shares(pods) || shares(policies) : one.isMade && other.isMade && shares(pods);
}

/** Units that are alternatives to each other, directly or through others, with their disputes. */
interface Component {
  readonly units: readonly PlacedUnit[];
  readonly disputes: readonly Dispute[];
}

function componentsOf(units: readonly PlacedUnit[], disputes: readonly Dispute[]): readonly Component[] {
  const parent = new Map<string, string>();
  const rootOf = (id: string): string => {
    let at = id;
    for (let up = parent.get(at) ?? at; up !== at; up = parent.get(at) ?? at) {
      parent.set(at, parent.get(up) ?? up);
      at = up;
    }
    return at;
  };
  for (const dispute of disputes) {
    const [first, ...rest] = dispute.groups.flat();
    if (first === undefined) continue;
    for (const id of rest) parent.set(rootOf(id), rootOf(first));
  }
  const disputed = new Set(disputes.flatMap((dispute) => dispute.groups.flat()));
  const byRoot = groupBy(units.filter((unit) => disputed.has(unit.id)), (unit) => rootOf(unit.id));
  const disputesByRoot = groupBy(disputes, (dispute) => rootOf(dispute.groups[0]?.[0] ?? ''));
  return [...byRoot].map(([root, members]) => ({ units: members, disputes: disputesByRoot.get(root) ?? [] }));
}

/** Gives each alternative its environment by the first evidence that keeps all of them apart; `names`: nothing but differing names does. */
function labelComponent(component: Component, labels: Map<string, string>): 'stated' | 'names' {
  const open = component.units.filter((unit) => !labels.has(unit.id));
  if (open.length === 0) return 'stated';
  const attempts: ((unit: PlacedUnit) => string | undefined)[] = [(unit) => unit.cluster, (unit) => environmentSegment(segmentsOf(unit))];
  const depth = Math.max(...component.units.map((unit) => segmentsOf(unit).length));
  for (let at = 0; at < depth; at += 1) attempts.push((unit) => segmentsOf(unit)[at]);
  for (const [rank, attempt] of attempts.entries()) {
    const proposed = new Map(labels);
    for (const unit of open) {
      const label = attempt(unit);
      if (label !== undefined) proposed.set(unit.id, label);
    }
    if (open.some((unit) => !proposed.has(unit.id)) || !keepsApart(component, proposed)) continue;
    for (const unit of open) labels.set(unit.id, proposed.get(unit.id) ?? unit.id);
    return rank < 2 ? 'stated' : 'names';
  }
  // One alternative per unit, named by its first differing segment; by its id where that names two.
  const at = differingAt(component.units);
  const names = open.map((unit) => segmentsOf(unit)[at] ?? unit.id);
  const taken = new Set(labels.values());
  for (const [index, unit] of open.entries()) {
    const name = names[index] ?? unit.id;
    labels.set(unit.id, names.indexOf(name) === names.lastIndexOf(name) && !taken.has(name) ? name : unit.id);
  }
  return 'names';
}

/** No environment has two definitions of one object. */
function keepsApart(component: Component, labels: ReadonlyMap<string, string>): boolean {
  return component.disputes.every((dispute) => {
    const owner = new Map<string, number>();
    return dispute.groups.every((group, index) =>
      group.every((id) => {
        const label = labels.get(id) ?? id;
        const known = owner.get(label);
        if (known === undefined) owner.set(label, index);
        return known === undefined || known === index;
      }),
    );
  });
}

/** The unit's path, and what its id says behind it: its values file behind `values-`, or whose way to the path it is. */
function segmentsOf(unit: Pick<PlacedUnit, 'id' | 'path'>): readonly string[] {
  const at = unit.id.startsWith(`${unit.path}@`) ? unit.path.length : unit.id.lastIndexOf('@');
  const more = at < 0 ? [] : unit.id.slice(at + 1).split(/[@/]/u).map((step) => step.replace(/^values-|\.ya?ml$/gu, ''));
  return [...unit.path.split('/'), ...more];
}

/** `prod*`, but no product, productpage or producer. */
const environmentWord = /^(?:dev(?:elopment)?|test(?:ing)?|qa|uat|int(?:egration)?|stag[a-z]*|stg|pre-?prod(?:uction)?|prod(?!uct(?!ion)|ucer)[a-z]*)(?:[-_.].*|[0-9]+)?$/iu;
/** Regions as clouds write them: `eu-west-1`, `europe-west4`, `us-east1`. */
const region = /^(?:[a-z]{2}|africa|asia|australia|europe|me|northamerica|southamerica)-(?:gov-)?(?:north|south|east|west|central|northeast|northwest|southeast|southwest)-?[0-9]*[a-d]?$/u;

/** The stem of a word for a stage, with its longer forms. */
const stages = /^(dev|test|qa|uat|int|stag|stg|pre-?prod|prod)(?:elopment|ing|egration|uction|[a-z]*)/u;

function isEnvironmentWord(segment: string): boolean {
  return environmentWord.test(segment) || region.test(segment);
}

/** What a unit's path, and its values file, say about the environment that it is for. */
export function environmentLabel(id: string, path: string): string | undefined {
  return environmentSegment(segmentsOf({ id, path }));
}

function environmentSegment(segments: readonly string[]): string | undefined {
  const found = [...segments.filter((segment) => environmentWord.test(segment)), ...segments.filter((segment) => region.test(segment))];
  return found.length === 0 ? undefined : found.join('-');
}

function differingAt(units: readonly PlacedUnit[]): number {
  const all = units.map(segmentsOf);
  let at = 0;
  while (all.every((segments) => segments[at] === all[0]?.[at]) && at < (all[0]?.length ?? 0)) at += 1;
  return at;
}

function doubtsOf(components: readonly Component[], labels: ReadonlyMap<string, string>, names: readonly string[]): readonly string[] {
  return components.flatMap((component) => {
    const own = new Set(component.units.map((unit) => labels.get(unit.id)));
    const lacking = names.filter((name) => !own.has(name));
    if (lacking.length === 0) return [];
    return [`which of ${component.units.map((unit) => `\`${unit.id}\``).join(', ')} runs in ${lacking.map((name) => `\`${name}\``).join(', ')} is not told; none is assumed`];
  });
}
