/** Whose signature the token of a question carries. */
import { distinct } from '#lib/order.ts';
import { ofKind } from '#mesh/attachment.ts';
import type { Mesh } from '#mesh/model.ts';
import type { Query } from '#posture/query.ts';
import { tokenRules } from '#semantics/request-authentication.ts';
import type { Random } from './random.ts';

/** Ids of all key sets that tokens are verified with on some side. */
export function keySets(...meshes: readonly Mesh[]): readonly string[] {
  return distinct(meshes.flatMap((mesh) => tokenRules(ofKind(mesh, 'RequestAuthentication'), mesh.config).map((rule) => rule.keys)));
}

/** A signature is right under one set of keys: where there are several, the question says which. */
export function signedByOne(query: Query, keys: readonly string[], random: Random): Query {
  const { token } = query.request;
  if (token?.valid !== true || keys.length < 2) return query;
  return { ...query, request: { ...query.request, token: { ...token, valid: false } }, given: { ...query.given, [`keys:${random.pick(keys)}`]: true } };
}
