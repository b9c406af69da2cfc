/** Words shared by the detectors: plain text, start small, no full stop for one sentence, the user's words in backticks. */
import { distinct } from '#lib/order.ts';
import type { Cause, Change, Witness, WitnessAnswer } from '#impact/change.ts';
import { resourceId, type AnyResource } from '#manifests/resource.ts';

/** `` `a`, `b` and 3 more ``. */
export function listed(words: readonly string[], shown = 3): string {
  const quoted = words.slice(0, shown).map((word) => `\`${word}\``);
  if (words.length > shown) return `${quoted.join(', ')} and ${words.length - shown} more`;
  const last = quoted.pop();
  if (last === undefined) return 'nothing';
  return quoted.length === 0 ? last : `${quoted.join(', ')} and ${last}`;
}

/** `` `PeerAuthentication shop/default` ``: an object as a reader says it. */
export function named(resource: AnyResource | string): string {
  const id = typeof resource === 'string' ? resource : resourceId(resource);
  const slash = id.indexOf('/');
  return slash < 0 ? `\`${id}\`` : `\`${id.slice(0, slash)} ${id.slice(slash + 1)}\``;
}

export function requestPhrase(witness: Witness): string {
  const { request } = witness;
  if (request.protocol === 'tcp') return 'a TCP connection';
  if (request.protocol === 'tls') return request.sni === undefined ? 'a TLS connection' : `a TLS connection for \`${request.sni}\``;
  const line = `\`${request.method ?? 'GET'} ${request.path ?? '/'}\``;
  const extras: string[] = [];
  if (request.sni !== undefined) extras.push(`server name \`${request.sni}\``);
  if (request.host !== undefined) extras.push(`host \`${request.host}\``);
  for (const [name, value] of Object.entries(request.headers ?? {})) extras.push(`header \`${name}: ${value}\``);
  if (request.token !== undefined) extras.push(tokenPhrase(witness, request.token));
  return extras.length === 0 ? line : `${line} with ${extras.slice(0, 3).join(', ')}`;
}

/** Whose signature is right is said by `given` where several key sets are about. */
function tokenPhrase({ given }: Witness, token: NonNullable<Witness['request']['token']>): string {
  const verified = Object.entries(given ?? {}).some(([key, right]) => right && key.startsWith('keys:'));
  if (!token.valid && !verified) return 'an invalid token';
  const issuer = token.claims?.['iss'];
  return typeof issuer === 'string' ? `a token of \`${issuer}\`` : 'a valid token';
}

export function callerPhrase(witness: Witness): string {
  const { from } = witness;
  if (from.outside === true) return 'anyone outside the cluster';
  if (from.pod !== undefined) return podPhrase(from.pod, from.principal);
  if (from.principal === null && from.ip !== undefined) return `a client without a mesh identity at \`${from.ip}\``;
  if (from.principal === null) return 'any pod without a mesh identity';
  if (from.principal !== undefined) return `\`${from.principal}\``;
  if (from.workload !== undefined) return `\`${from.workload}\``;
  return 'any caller';
}

function podPhrase(pod: NonNullable<Witness['from']['pod']>, principal: string | null | undefined): string {
  const labels = Object.entries(pod.labels)
    .map(([key, value]) => `${key}=${value}`)
    .sort();
  const identity = typeof principal === 'string' ? ` with the identity \`${principal}\`` : '';
  return `a pod ${labels.length === 0 ? 'without labels' : `labelled \`${labels.join(',')}\``} in namespace \`${pod.namespace}\`${identity}`;
}

export function targetPhrase(witness: Witness): string {
  const { to } = witness;
  if (to.workload !== undefined) return `\`${to.workload}:${to.port}\``;
  if (to.host !== undefined) return `\`${to.host}:${to.port}\``;
  if (to.gateway !== undefined) return to.backend === undefined ? `\`${to.gateway}:${to.port}\`` : `\`${to.backend}\` through \`${to.gateway}:${to.port}\``;
  if (to.selector !== undefined) {
    const labels = Object.entries(to.selector.labels).map(([key, value]) => `${key}=${value}`).sort();
    return labels.length === 0 ? `any pod in \`${to.selector.namespace}\` on port ${to.port}` : `pods \`${labels.join(',')}\` in \`${to.selector.namespace}\` on port ${to.port}`;
  }
  return to.ip === undefined ? `port ${to.port}` : `\`${to.ip}:${to.port}\` outside the cluster`;
}

/** What one side answered, as the end of a sentence. */
export function answerPhrase(answer: WitnessAnswer): string {
  const by = answer.by !== undefined && answer.by.length > 0 ? ` by ${answer.by.slice(0, 2).map((id) => named(id)).join(' and ')}` : '';
  switch (answer.verdict) {
    case 'allow':
      return answer.enforcedAt === 'none' ? 'it was let through, no proxy stood before it' : `it was allowed${by}`;
    case 'asks':
      return `the external authorizer \`${answer.provider ?? 'unknown'}\` was asked${by}`;
    case 'deny':
      return by === '' && answer.layer === 'authorization' ? 'no policy allowed it' : `it was denied${by}`;
    case 'unknown':
      return 'the manifests did not determine it';
  }
}

const causeWords: Readonly<Record<Cause['change'], string>> = { added: 'added here', modified: 'changed here', removed: 'removed here' };

/** Where one of several sets of edits is enough, all of them: reverting one alone does not close what another opens. */
export function causePhrase(change: Change): string {
  const { causes, alternativeCauses = [] } = change;
  const cause = causes[0];
  if (cause === undefined) return '';
  if (alternativeCauses.length === 0) return ` (${named(cause.resource)} is ${causeWords[cause.change]})`;
  const sets = [`${setWords(causes)}, ${causeWords[cause.change]},`, ...alternativeCauses.map((set) => setWords(set))];
  return ` (either ${sets.join(' or ')} is enough for it)`;
}

function setWords(causes: readonly Cause[]): string {
  const shown = distinct(causes.map(({ resource }) => named(resource)));
  return `${shown.slice(0, 3).join(' with ')}${shown.length > 3 ? ` and ${String(shown.length - 3)} more` : ''}`;
}

export function destinationsPhrase(change: Change): string {
  return listed(change.destinations.map((destination) => destination.id));
}

/** The sentence for a request that is newly possible; falls back to the change's own headline where no request could be confirmed. */
export function openedMessage(change: Change): string {
  const { witness } = change;
  if (witness === undefined) return `${change.headline}${causePhrase(change)}`;
  const others = change.destinations.length > 1 ? ` (and ${change.destinations.length - 1} more ${change.destinations.length === 2 ? 'workload' : 'workloads'})` : '';
  return `${requestPhrase(witness)} from ${callerPhrase(witness)} now reaches ${targetPhrase(witness)}${others}; before this change ${answerPhrase(witness.base)}${causePhrase(change)}`;
}

export function lostMessage(change: Change): string {
  const { witness } = change;
  if (witness === undefined) return `${change.headline}${causePhrase(change)}`;
  const now = answerPhrase(witness.head).replace('it was', 'it is').replace('was asked', 'is asked').replace('no policy allowed it', 'no policy allows it').replace('did not', 'do not');
  return `${requestPhrase(witness)} from ${callerPhrase(witness)} no longer reaches ${targetPhrase(witness)}: ${now}${causePhrase(change)}`;
}

/** One request that must be refused again after the fix, and one that must still pass. */
export function openedValidation(change: Change, positive?: string): { readonly positive: string; readonly negative: string } {
  const { witness } = change;
  return {
    positive: positive ?? `a request that the callers of ${destinationsPhrase(change)} need, sent with their own identity, is still answered`,
    negative: witness === undefined ? `a request from a caller that is not meant to reach ${destinationsPhrase(change)} is refused` : `${requestPhrase(witness)} from ${callerPhrase(witness)} to ${targetPhrase(witness)} is refused`,
  };
}

/** Of calls that lose the mesh's protection. */
export function callValidation(change: Change): { readonly positive: string; readonly negative: string } {
  const [to = ''] = change.call?.to ?? [];
  return { positive: `a call to \`${to}\` arrives with the caller's identity`, negative: `a plaintext request to ${destinationsPhrase(change)} is refused once mutual TLS is STRICT` };
}

export function lostValidation(change: Change): { readonly positive: string; readonly negative: string } {
  const { witness } = change;
  return {
    positive: witness === undefined ? `the callers of ${destinationsPhrase(change)} are answered` : `${requestPhrase(witness)} from ${callerPhrase(witness)} to ${targetPhrase(witness)} is answered, if it is still wanted`,
    negative: `a request from a pod without a mesh identity and without rights to ${destinationsPhrase(change)} is refused`,
  };
}
