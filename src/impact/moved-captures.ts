/**
 * Declared workloads that keep other calls from their own sidecar than before: where one side's sidecar does not meet a call, it carries no
 * identity there (M69, M72), though the workload acts under the same account.
 */
import { groupBy } from '#lib/group.ts';
import { compareText } from '#lib/order.ts';
import { proxyPorts } from '#mesh/capture.ts';
import { isSidecar } from '#mesh/enrolment.ts';
import type { Mesh, Workload } from '#mesh/model.ts';
import { namedOutboundPorts, outboundText } from '#mesh/outbound-capture.ts';
import { portsDeclaredFor } from '#mesh/services.ts';
import { wayOut } from '#posture/arrival.ts';
import { allPortsBut, onlyPorts, type PortSet } from '#posture/port-set.ts';
import type { MovedCaller } from './moved-accounts.ts';
import type { Pair, Sides } from './raw-change.ts';

/** Callers whose sidecars are kept from the same calls, on each side. */
export function movedCaptures({ base, head, renamed }: Pick<Sides, 'base' | 'head' | 'renamed'>): readonly (readonly MovedCaller[])[] {
  const moved: MovedCaller[] = [];
  for (const after of head.workloads.values()) {
    const before = base.workloads.get(renamed.get(after.id) ?? after.id);
    if (before === undefined || before.namespace !== after.namespace || before.serviceAccount !== after.serviceAccount || !isSidecar(before) || !isSidecar(after)) continue;
    if (before === after && base.enrolmentWorld === head.enrolmentWorld && base.config.interceptionMode === head.config.interceptionMode) continue;
    if (outboundText(base, before) !== outboundText(head, after)) moved.push({ base: before, head: after });
  }
  const groups = groupBy(moved, (caller) => [caller.head.namespace, caller.head.serviceAccount, outboundText(base, caller.base), outboundText(head, caller.head)].join(' '));
  return [...groups.entries()].sort(([left], [right]) => compareText(left, right)).map(([, callers]) => [...callers].sort((left, right) => compareText(left.head.id, right.head.id)));
}

/**
 * Ports of the destination's pods at which the identity is presented before alone (`lost`), or only now. What is not known on one side counts as the opposite of
 * the other. A sidecar knows pods by their Services alone (M50): other ports count where no manifest declares one.
 */
export function portsMoved(sides: Pick<Sides, 'base' | 'head'>, caller: MovedCaller, pair: Pair): { readonly lost: PortSet | undefined; readonly gained: PortSet | undefined } {
  const moves = (port: number): 'lost' | 'gained' | undefined => {
    const [before, after] = [wayAt(sides.base, caller.base, pair.base, port), wayAt(sides.head, caller.head, pair.head, port)];
    if (before === after) return undefined;
    return before === 'through' || after === 'around' ? 'lost' : 'gained';
  };
  const byName = [...portsDeclaredFor(sides.base, pair.base), ...portsDeclaredFor(sides.head, pair.head)].map(({ port }) => port);
  const named = new Set(byName.length > 0 ? byName : [...namedOutboundPorts(sides.base, caller.base), ...namedOutboundPorts(sides.head, caller.head)].filter((port) => !proxyPorts.has(port)));
  const other = byName.length > 0 ? undefined : moves([65_535, 65_534, 65_533].find((port) => !named.has(port)) ?? 1);
  const ports = (wanted: 'lost' | 'gained'): PortSet | undefined => {
    if (other === wanted) return allPortsBut([...named].filter((port) => moves(port) !== wanted));
    const found = [...named].filter((port) => moves(port) === wanted);
    return found.length === 0 ? undefined : onlyPorts(...found);
  };
  return { lost: ports('lost'), gained: ports('gained') };
}

function wayAt(mesh: Mesh, client: Workload, workload: Workload, port: number): 'through' | 'around' | 'unknown' {
  return wayOut(mesh, client, { workload, port }, { byName: false, port }).way;
}
