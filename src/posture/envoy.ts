/** What an Envoy does with a request by its policies, wherever it stands: in front of a pod (sidecar) or of Services (waypoint). */
import type { Attached } from '#mesh/attachment.ts';
import type { Mesh } from '#mesh/model.ts';
import { enforced, matching } from '#semantics/authorization-policy.ts';
import type { Chain } from '#semantics/rule.ts';
import { holding, missing, type RuleFit } from '#semantics/rule-fit.ts';
import { assumedHolds } from '#semantics/rewritten-headers.ts';
import type { Condition, Seen } from '#semantics/condition.ts';
import { customActions } from '#semantics/external-authorization.ts';
import type { Handling } from '#semantics/peer-authentication.ts';
import { rewrittenBeforeTokens, rewrittenHeaders, tokenRules } from '#semantics/request-authentication.ts';
import { checkToken, withToken } from '#semantics/token-check.ts';
import { normalizePath, rejectedPath } from '#sets/normalize-path.ts';
import type { Dimension } from '#sets/cube.ts';
import type { Value } from '#sets/matcher.ts';
import type { Decision, Step, StepDetail } from './query.ts';
import { knownMethods, remoteAddress } from './request.ts';
import type { AskedRequest } from './request.ts';

export type Given = Readonly<Record<string, boolean>>;

/** Where the proxy stands, and what it sees of a connection. */
export interface Seat {
  readonly enforcedAt: 'sidecar' | 'waypoint' | 'gateway';
  readonly attached: Pick<Attached, 'authorization' | 'requestAuthentication' | 'extensions'>;
  /** The proxy's own, `trust-domain/ns/x/sa/y`. */
  readonly identity: string;
  /** Through a tunnel (HBONE) the peer has an identity but no address (A3.6, A3.24). */
  readonly tunnelled: boolean;
  /** Of a gateway: so many proxies before it are believed; without any the peer's own address counts (A3.25). */
  readonly trustedProxies?: number;
}

/** Requests that Envoy answers with 400 before any policy (A3.35, A3.39). */
export function refusedAsHttp(asked: AskedRequest): { readonly rule: string; readonly text: string } | undefined {
  if (!knownMethods.includes(asked.raw.method)) return { rule: 'A3.35', text: `the proxy does not know the method \`${asked.raw.method}\`` };
  if (rejectedPath(asked.raw.path)) return { rule: 'A3.39', text: 'the proxy refuses the path as it is sent' };
  // Recorded: a second `Host` is joined to the first; with these characters it is no authority any more.
  if (/[ /]/.test(asked.raw.headers.get('host') ?? '')) return { rule: 'A3.J', text: 'a second `Host` header makes an authority that cannot be' };
  const name = [...asked.raw.headers.keys()].find((header) => !/^[!#$%&'*+.^_`|~0-9a-z-]+$/.test(header));
  if (name !== undefined) return { rule: 'A3.J', text: `\`${name}\` is no name of a header that a client can send` };
  return undefined;
}

/** CUSTOM, the token check, DENY, ALLOW: the same steps wherever an Envoy stands (A1.1 to A1.3). */
export function decideByPolicies(
  mesh: Mesh,
  seat: Seat,
  asked: AskedRequest,
  handling: Extract<Handling, { outcome: 'chain' }>,
  given: Given,
  because: Step[],
): Decision {
  const note = (rule: string, text: string, by?: string, details?: Step['details']): void => {
    because.push({ rule, text, ...(by === undefined ? {} : { by }), ...(details === undefined ? {} : { details }) });
  };
  const chain: Chain = handling.chain;
  const through = handling.passthrough ? ({ passthrough: true } as const) : {};
  const { attached, enforcedAt } = seat;
  const policies = enforced(attached.authorization, chain, mesh.config);

  // A1.2: CUSTOM first, before the token is looked at.
  const untouched = policies.custom.length === 0 ? undefined : beforeTokens(mesh, seat, asked, handling, given);
  const refusing: string[] = [];
  let asks: { readonly provider: string; readonly by: string[] } | undefined;
  for (const action of customActions(policies.custom, mesh.config, given)) {
    if (untouched === undefined || matching([action.policy], untouched).length === 0) continue;
    if (action.state.state === 'denies') {
      note(action.state.rule, action.state.because, action.policy.id);
      refusing.push(action.policy.id);
      continue;
    }
    if (chain === 'tcp' && !action.state.onTcp) {
      note('A6.4', `the HTTP provider \`${action.provider}\` is not asked on a TCP chain`, action.policy.id);
      continue;
    }
    note('A6.1', `the provider \`${action.provider}\` is asked`, action.policy.id);
    asks = { provider: asks?.provider ?? action.provider, by: [...(asks?.by ?? []), action.policy.id] };
  }

  if (refusing.length > 0) return { verdict: 'deny', layer: 'authorization', by: refusing, enforcedAt, ...through, because };

  // A1.2, A5.4: the token check, on HTTP chains only (A5.2).
  const rules = chain === 'http' ? tokenRules(attached.requestAuthentication, mesh.config) : [];
  const check = checkToken(rules, asked.raw, given);
  if (check.result === 'unknown') return { verdict: 'unknown', rule: check.rule, missing: check.missing, because };
  if (check.result === 'refused') {
    note(check.rule, check.because, check.by[0]);
    return { verdict: 'deny', layer: 'authentication', by: check.by, enforcedAt, because };
  }
  if (chain === 'http') note(check.rule, check.because);
  const seen = seenAt(mesh, seat, asked, handling, check.token, check.headers, check.path, given);

  // A1.1: DENY, then ALLOW.
  const denying = matching(policies.deny, seen);
  if (denying.length > 0) {
    const by = denying.map((policy) => policy.id);
    note('A1.1', `a rule of ${by.map((id) => `\`${id}\``).join(', ')} denies the request`, by[0], () => detailsOf(holding(denying, seen)));
    return { verdict: 'deny', layer: 'authorization', by, enforcedAt, ...through, because };
  }
  const allowing = matching(policies.allow, seen);
  if (policies.allow.length > 0 && allowing.length === 0) {
    note('A1.4', `${String(policies.allow.length)} ALLOW ${policies.allow.length === 1 ? 'policy acts' : 'policies act'} here and no rule matches`, undefined, () => detailsOf(missing(policies.allow, seen)));
    return { verdict: 'deny', layer: 'authorization', by: [], enforcedAt, ...through, because };
  }
  const by = allowing.map((policy) => policy.id);
  if (policies.allow.length === 0) note('A1.4', 'no ALLOW policy acts here, what is not denied passes');
  else note('A1.1', `a rule of ${by.map((id) => `\`${id}\``).join(', ')} allows the request`, by[0], () => detailsOf(holding(allowing, seen)));
  if (asks !== undefined) return { verdict: 'asks', layer: 'external-authorization', provider: asks.provider, by: asks.by.sort(), enforcedAt, ...through, because };
  return { verdict: 'allow', layer: 'authorization', by, enforcedAt, ...through, because };
}

export function detailsOf(fits: readonly RuleFit[]): readonly StepDetail[] {
  return fits.map(({ policy, text, path }) => ({ by: policy, text, path }));
}

function beforeTokens(mesh: Mesh, seat: Seat, asked: AskedRequest, handling: Extract<Handling, { outcome: 'chain' }>, given: Given): Seen {
  const sent = withToken(asked.raw);
  return seenAt(mesh, seat, asked, handling, undefined, sent.headers, sent.path, given);
}

/** What the policies of one chain see. */
export function seenAt(
  mesh: Mesh,
  seat: Seat,
  asked: AskedRequest,
  handling: Extract<Handling, { outcome: 'chain' }>,
  token: Seen['token'],
  headers: ReadonlyMap<string, string>,
  path: string,
  assumed: Given,
): Seen {
  const peer = handling.seesPeer ? asked.principal : null;
  const value = (dimension: Dimension): Value => {
    switch (dimension) {
      case 'peer':
        return peer;
      case 'source.ip':
        return seat.tunnelled ? null : asked.sourceIp;
      case 'remote.ip':
        // A3.25: without HTTP nothing is forwarded.
        return handling.chain === 'http' ? remoteAddress(headers, asked.sourceIp, seat.trustedProxies) : asked.sourceIp;
      case 'destination.ip':
        return asked.destinationIp;
      case 'port':
        return asked.port;
      case 'protocol':
        return asked.protocol;
      case 'sni':
        return asked.sni;
      case 'host':
        return asked.host;
      case 'method':
        return asked.raw.method;
      case 'path':
        return path;
      case 'path.query':
        return pathWithQuery(path, mesh);
      case 'address':
      case 'token':
      case 'transport':
      default:
        return null;
    }
  };
  const assumption = Object.keys(assumed).some((key) => key.startsWith('opaque:')) ? assumptionsAbout(mesh, seat, handling, { sent: withToken(asked.raw), token, headers, path }, assumed) : undefined;
  return { value, token, ...(assumption === undefined ? {} : { assumption }), header: (name) => headerAt(name, mesh, seat, peer, headers, path) };
}

/** A request as it was sent, and what the token check has made of it. */
interface Checked {
  readonly sent: { readonly headers: ReadonlyMap<string, string>; readonly path: string };
  readonly token: Seen['token'];
  readonly headers: ReadonlyMap<string, string>;
  readonly path: string;
}

/**
 * What a question gives for conditions on headers that the proxy writes itself (R25). Where no token is accepted, or it stands elsewhere,
 * nothing is written or taken away: then the request alone decides (A5.12).
 */
function assumptionsAbout(mesh: Mesh, seat: Seat, handling: Extract<Handling, { outcome: 'chain' }>, { sent, token, headers, path }: Checked, assumed: Given): (condition: Condition) => boolean | undefined {
  const rewritten = token === undefined ? rewrittenBeforeTokens : rewrittenHeaders(handling.chain === 'http' ? tokenRules(seat.attached.requestAuthentication, mesh.config) : []);
  const isUntouched = (name: string): boolean => (name === ':path' ? sent.path === path : sent.headers.get(name) === headers.get(name));
  return (condition) => {
    const rewriting = condition.on === 'header' ? rewritten.get(condition.name) : undefined;
    if (rewriting === undefined || condition.on !== 'header' || (rewriting.by === 'taken' && isUntouched(condition.name))) return undefined;
    return assumedHolds(condition, rewriting.how, assumed);
  };
}

function headerAt(name: string, mesh: Mesh, seat: Seat, peer: string | null, headers: ReadonlyMap<string, string>, path: string): string | null {
  if (name === ':path') return pathWithQuery(path, mesh);
  if (name === 'x-forwarded-client-cert') {
    // A3.J: absent on plaintext, whatever the client sent; behind a certificate the sidecar adds its own entry to the client's (recorded).
    const own = `By=spiffe://${seat.identity};Hash=certificate;Subject="";URI=spiffe://${peer ?? ''}`;
    const sent = headers.get(name);
    // In a tunnel there is no certificate on the inner connection, and nothing is kept.
    if (peer === null || seat.tunnelled) return null;
    // A gateway sets it anew (M94).
    return sent === undefined || seat.enforcedAt === 'gateway' ? own : `${sent},${own}`;
  }
  return headers.get(name) ?? null;
}

/** The `:path` header: normalized, with its query. */
export function pathWithQuery(raw: string, mesh: Pick<Mesh, 'config'>): string {
  const at = raw.indexOf('?');
  const query = at < 0 ? '' : raw.slice(at);
  return `${normalizePath(at < 0 ? raw : raw.slice(0, at), mesh.config.pathNormalization)}${query}`;
}
