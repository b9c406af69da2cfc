/**
 * A workload becomes reachable from outside: gateway and route, Ingress, LoadBalancer, NodePort, external addresses (M110 to M130). An
 * entry point counts where the workload's own policies let a request through it pass.
 */
import { compareText } from '#lib/order.ts';
import { resourceId } from '#manifests/resource.ts';
import { accountOfId } from '#mesh/workload-id.ts';
import type { Query } from '#posture/query.ts';
import { knownGateways } from '#posture/gateways-known.ts';
import { defineDetector, type FactsPair, type OpeningDraft } from '../detector.ts';
import { entryPoints, type EntryPoint } from '../entry-points.ts';
import { grouped, type SideFacts } from '../facts.ts';
import type { Severity } from '../finding.ts';
import { changesOf } from '../principal.ts';
import { breadthSeverity, stepped } from '../severity.ts';
import { named, openedMessage, openedValidation } from '../text.ts';
import { touchesCriticalAsset } from './access-widened.ts';

export const internetExposure = defineDetector({
  rule: 'internet-exposure',
  detectChanges: (context) =>
    changesOf(context, 'internet-exposure').map((change) => ({
      change,
      severity: touchesCriticalAsset(context, change) ? stepped(breadthSeverity(change), 1) : breadthSeverity(change),
      message: openedMessage(change),
      impact: change.callers.internet ? 'anyone on the internet can send these requests' : 'callers outside the cluster can send these requests',
      remedy: 'narrow hosts and paths of the route to what is meant to be public, and require a token or an ALLOW policy at the workload',
      validation: openedValidation(change, 'the paths that are meant to be public are answered from outside'),
    })),
  detectOpenings: ({ base, head, renamed }) => {
    const old = (id: string): string => renamed.get(id) ?? id;
    const before = entryPoints(base);
    const known = new Set(before.map((entry) => keyOf(entry, entry.workload.id)));
    const fresh = entryPoints(head).filter((entry) => !known.has(keyOf(entry, old(entry.workload.id))) && !before.some((other) => other.workload.id === old(entry.workload.id) && covers(other, entry)) && !isCompared({ base, head }, entry) && mayPass(head, entry));
    return [...grouped(fresh, (entry) => entry.workload.id)].map(([id, entries]) => draftOf(id, entries, before.some((entry) => entry.workload.id === old(id))));
  },
});

/** The comparison of gateways tells it, with a request that proves it. */
function isCompared({ base, head }: Pick<FactsPair, 'base' | 'head'>, { gateway }: EntryPoint): boolean {
  return gateway !== undefined && knownGateways(head.mesh).known.has(gateway) && !knownGateways(base.mesh).open.has(gateway);
}

function keyOf(entry: EntryPoint, workload: string): string {
  return [workload, entry.port ?? '', entry.host, entry.path, entry.method ?? '', entry.via].join(' ');
}

/** Another way in already led at least as far. */
function covers(wide: EntryPoint, narrow: EntryPoint): boolean {
  const port = wide.port === narrow.port || wide.port === undefined;
  const host = wide.host === narrow.host || wide.host === '*' || (wide.host.startsWith('*.') && narrow.host.endsWith(wide.host.slice(1)));
  const path = wide.path === narrow.path || (wide.path.endsWith('*') && narrow.path.startsWith(wide.path.slice(0, -1)));
  return port && host && path && (wide.method === undefined || wide.method === narrow.method) && (wide.via === narrow.via || wide.via === 'direct');
}

/** The workload's own policies do not surely refuse it. A gateway whose account is not declared may be anybody. */
function mayPass(side: SideFacts, entry: EntryPoint): boolean {
  if (entry.port === undefined || (entry.via === 'gateway' && entry.account === undefined)) return true;
  const answer = side.ask(queryFor(side, entry, entry.port));
  return answer === undefined || answer.verdict !== 'deny';
}

function queryFor(side: SideFacts, entry: EntryPoint, port: number): Query {
  const { namespace, account } = accountOfId(entry.account ?? '/');
  const enrolment = entry.workload.enrolment;
  const path = entry.path.startsWith('regex:') ? '/' : entry.path.replace(/\*$/, '');
  return {
    from: { principal: entry.via === 'direct' ? null : `${side.mesh.config.trustDomain}/ns/${namespace}/sa/${account}` },
    to: { workload: entry.workload.id, port },
    request: { protocol: 'http', method: entry.method ?? 'GET', path: path === '' ? '/' : path, ...(entry.host.startsWith('*') ? {} : { host: entry.host }) },
    ...(enrolment.mode === 'unknown' ? { given: { [enrolment.assumption]: true } } : {}),
  };
}

/** @param known other ways already led there */
function draftOf(id: string, entries: readonly EntryPoint[], known: boolean): OpeningDraft {
  const [first, ...others] = [...entries].sort((left, right) => compareText(keyOf(left, id), keyOf(right, id)));
  if (first === undefined) throw new Error('a group has a member');
  const narrow = entries.every((entry) => !/[*:]/.test(entry.path) || entry.method === 'GET' || entry.method === 'HEAD');
  const severity: Severity = narrow && new Set(entries.map((entry) => entry.path)).size === 1 ? 'high' : 'critical';
  const path = first.path.startsWith('regex:') ? '/' : first.path.replace(/\*$/, '');
  const request = `\`${first.method ?? 'GET'} ${path === '' ? '/' : path}\`${first.host === '*' ? '' : ` with host \`${first.host}\``}`;
  return {
    subject: resourceId(first.resource),
    facet: id,
    affected: entries.map((entry) => keyOf(entry, id)),
    severity,
    certainty: 'conditional',
    place: { resource: first.resource, path: first.field },
    related: others.filter((entry) => entry.resource !== first.resource).slice(0, 3).map((entry) => ({ resource: entry.resource, path: entry.field, message: 'and here' })),
    message: `${request} from anyone outside the cluster now reaches \`${id}${first.port === undefined ? '' : `:${first.port}`}\`: ${first.how} (${named(first.resource)}); before this change ${known ? 'only other requests were led' : 'nothing led'} there from outside`,
    impact: 'anyone who reaches the entry point can send these requests, as far as no policy at the gateway refuses them',
    attack: `a client on the internet sends ${request}`,
    remedy: 'narrow hosts and paths to what is meant to be public, and require a token or an ALLOW policy at the gateway and at the workload',
    validation: { positive: 'the paths that are meant to be public are answered from outside', negative: `a request from outside to \`${id}\` on any other path is refused` },
  };
}
