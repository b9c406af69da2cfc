/** As `oracle.ts` for workloads: the regions of changes behind a gateway are the requests of clients whose answer moves there, no more and no less. */
import type { RawChange } from '#impact/raw-change.ts';
import type { Mesh } from '#mesh/model.ts';
import { gatewaysOf } from '#posture/gateway-destinations.ts';
import { looksAtServerNames } from '#posture/gateway-paths.ts';
import { bothSpoken, gatewayPoint } from '#posture/gateway-question.ts';
import { isDeclared } from '#semantics/gateways/backends.ts';
import { pointIn } from '#sets/evaluate.ts';
import { judgeGateways, portsOf } from '../gateway-judge.ts';
import { compared, judgeMirror, judgeSilence, type Broken, type Counterexample } from './comparison-laws.ts';
import { gatewayQuery } from './gateway-queries.ts';
import { questionsPerWorld, shares, type Judged, type Options } from './judged-world.ts';
import { Random } from './random.ts';
import { keySets, signedByOne } from './signing.ts';
import { meshesOf, type World } from './world.ts';

export function judgeGatewayWorld(world: World, options: Options): Judged {
  const { base, head } = meshesOf(world);
  const random = new Random(world.seed ^ 0x5bd1e995);
  const comparison = compared(base, head);
  const { changes } = comparison;
  const keys = keySets(base, head);
  const queries = options.queries ?? Array.from({ length: questionsPerWorld }, () => signedByOne(gatewayQuery(random, [world.base, world.head]), keys, random));
  let counterexample: Counterexample | undefined;
  const broken: Broken = (law, says, query) => {
    counterexample ??= { law, says, ...(query === undefined ? {} : { query }) };
  };
  const { wrong, moved, asked, inRegions, openMoves } = judgeGateways(base, head, queries, comparison);
  for (const each of wrong) broken(each.law, each.says, each.query);
  for (const change of changes) witnessHeld(change, changes, base, head, broken);
  if (world.seed % 3 === 0 || options.queries !== undefined) judgeMirror(base, head, changes, broken);
  if (world.seed % 3 === 1 || options.queries !== undefined) judgeSilence(world, base, random, broken);
  return { ...(counterexample === undefined ? {} : { counterexample }), ...shares(changes, world, base, head), asked, moved, undecidedMoves: openMoves, inRegions };
}

/** The witness of a change lies in a region of its direction. */
function witnessHeld(change: RawChange, changes: readonly RawChange[], base: Mesh, head: Mesh, broken: Broken): void {
  const { witness, direction } = change;
  const gateway = witness?.query.to.gateway;
  if (witness === undefined || gateway === undefined || (direction !== 'widened' && direction !== 'narrowed')) return;
  const own = { base: gatewaysOf(base).get(gateway), head: gatewaysOf(head).get(gateway) };
  const sides = ([[base, own.base], [head, own.head]] as const).flatMap(([mesh, pods]) => (pods === undefined ? [] : [{ mesh, pods }]));
  const view = { presence: (host: string): boolean => !isDeclared(base, host) && !isDeclared(head, host), byName: sides.some(({ mesh, pods }) => looksAtServerNames(mesh, pods)) };
  const ports = portsOf({ mesh: base, pods: own.base }, { mesh: head, pods: own.head }, witness.query.to.port, view);
  const passing = direction === 'widened' ? { mesh: head, pods: own.head } : { mesh: base, pods: own.base };
  if (passing.pods === undefined) return;
  const point = gatewayPoint(passing.mesh, passing.pods, witness.query, bothSpoken(ports.base, ports.head));
  if (!changes.some((other) => other.direction === direction && other.destination.id === change.destination.id && other.cubes.some((cube) => pointIn(cube, point)))) broken('a witness lies in a region of its direction', `${direction} at ${change.destination.id}`, witness.query);
}
