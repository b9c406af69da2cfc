/** Conditions on headers that a proxy writes are booleans to the symbolic side; here one request says what they are for it (A5.12, R25). */
import type { Mesh } from '#mesh/model.ts';
import { conditionHolds, type Condition } from '#semantics/condition.ts';
import type { Handling } from '#semantics/peer-authentication.ts';
import { tokenRules } from '#semantics/request-authentication.ts';
import { checkToken } from '#semantics/token-check.ts';
import type { Dimension } from '#sets/cube.ts';
import type { Given, Seat } from './envoy.ts';
import { seenAt } from './envoy.ts';
import type { AskedRequest } from './request.ts';

/** By the boolean that stands for it. */
export type Conditions = ReadonlyMap<Dimension, { readonly condition: Condition }>;

/** One Envoy on the way, and the request as it meets it. */
export interface Meeting {
  readonly seat: Seat;
  readonly met: AskedRequest;
  readonly handling: Handling;
  readonly conditions: Conditions;
}

/** What is given comes first; a request that some chain does not take or whose token is refused leaves the rest open. */
export function conditionsMet(mesh: Mesh, meetings: readonly Meeting[], given: Given): ReadonlyMap<Dimension, boolean> {
  const found = new Map<Dimension, boolean>();
  for (const { seat, met, handling, conditions } of meetings) {
    for (const [dimension, { condition }] of conditions) {
      const told = given[dimension];
      if (told !== undefined) found.set(dimension, told);
      if (told !== undefined || found.has(dimension) || handling.outcome !== 'chain') continue;
      const check = checkToken(handling.chain === 'http' ? tokenRules(seat.attached.requestAuthentication, mesh.config) : [], met.raw, given);
      if (check.result === 'passed') found.set(dimension, conditionHolds(condition, seenAt(mesh, seat, met, handling, check.token, check.headers, check.path, {})));
    }
  }
  return found;
}
