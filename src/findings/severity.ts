/** How bad, kept apart from how sure. The scale and its limits: `docs/maturity.md`, severity. */
import type { Callers, Change, RegionCube } from '#impact/change.ts';
import { POD_OF_ACCOUNT } from '#impact/pod-callers.ts';
import type { Certainty, Severity } from './finding.ts';

const order = ['info', 'low', 'medium', 'high', 'critical'] as const satisfies readonly Severity[];

/** 0 (info) to 4 (critical). */
export function severityRank(severity: Severity): number {
  return order.indexOf(severity);
}

export function worst(left: Severity, right: Severity): Severity {
  return severityRank(left) >= severityRank(right) ? left : right;
}

/** One step, within low and critical: lowering never makes an observation of a finding. */
export function stepped(severity: Severity, steps: number): Severity {
  const rank = Math.min(order.length - 1, Math.max(1, severityRank(severity) + steps));
  return order[rank] ?? severity;
}

export type Breadth = 'anyone' | 'mesh' | 'namespace' | 'named';

/**
 * Who the callers of a change are. Anyone: plaintext or the internet. The mesh: identities that no manifest lists, not bound to a
 * namespace. A namespace: every identity in it. Named: exact identities only.
 */
export function breadthOf(callers: Callers): Breadth {
  if (callers.internet || callers.plaintext) return 'anyone';
  if (callers.open.length === 0) return callers.known.length > 0 ? 'named' : 'mesh';
  return callers.open.map(breadthOfOpen).reduce<Breadth>(wider, 'named');
}

const breadths = ['named', 'namespace', 'mesh', 'anyone'] as const satisfies readonly Breadth[];

function wider(left: Breadth, right: Breadth): Breadth {
  return breadths.indexOf(left) >= breadths.indexOf(right) ? left : right;
}

/** The words of `callersOf`: an identity that nobody here uses, a namespace, a pattern, or any identity. */
function breadthOfOpen(words: string): Breadth {
  if (words.endsWith('(no workload here uses it)') || words.startsWith(POD_OF_ACCOUNT)) return 'named';
  const pattern = /^any other (?:identity|pod) (?:in |that )(.*?)(?: matches)?$/.exec(words)?.[1];
  if (pattern === undefined) return 'mesh';
  if (pattern.startsWith('service account ')) return 'named';
  if (pattern.startsWith('namespace ')) return pattern.includes('*') ? 'mesh' : 'namespace';
  return /(^|\/)ns\/[^/*]+\//.test(pattern) ? 'namespace' : 'mesh';
}

const readOnlyMethods = new Set(['GET', 'HEAD', 'OPTIONS']);

/** A single exact path, or only methods that read, in every part of the region. */
export function isNarrowOperation(cubes: readonly RegionCube[]): boolean {
  if (cubes.length === 0) return false;
  const paths = new Set<string>();
  let everyPathExact = true;
  for (const { paths: part } of cubes) {
    if (part?.only === undefined || part.only.some((path) => /[*{]/.test(path))) everyPathExact = false;
    else for (const path of part.only) paths.add(path);
  }
  if (everyPathExact && paths.size === 1) return true;
  return cubes.every(({ methods }) => methods?.only !== undefined && methods.only.length > 0 && methods.only.every((method) => readOnlyMethods.has(method)));
}

/**
 * The scale of MP201, MP501 and MP701: anyone or the internet critical, any mesh identity high, a namespace medium, one named caller
 * low; a single exact path or a read-only method lowers it by one, for anyone never below high.
 */
export function breadthSeverity(change: Change): Severity {
  const breadth = breadthOf(change.callers);
  const start: Severity = breadth === 'anyone' ? 'critical' : breadth === 'mesh' ? 'high' : breadth === 'namespace' ? 'medium' : 'low';
  // Who needs a token for it is not anyone.
  if (breadth === 'anyone' && change.facet === 'token' && !change.callers.internet) return 'high';
  const narrow = change.region.complete && isNarrowOperation(change.region.cubes);
  if (!narrow) return start;
  return breadth === 'anyone' ? 'high' : stepped(start, -1);
}

export function certaintyOf(change: Change): Certainty {
  if (change.direction === 'undecided-widened' || change.direction === 'undecided-narrowed') return 'undecided';
  return change.assumptions.length > 0 ? 'conditional' : 'proved';
}
