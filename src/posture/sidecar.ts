/** What the sidecar of a workload does with one connection or request, step by step. */
import { policiesFor } from '#mesh/attachment.ts';
import type { Attached } from '#mesh/attachment.ts';
import type { Mesh, PortProtocol, Workload } from '#mesh/model.ts';
import { enforced, matching } from '#semantics/authorization-policy.ts';
import type { Chain } from '#semantics/rule.ts';
import { opaqueKey } from '#semantics/condition.ts';
import type { Condition, Seen } from '#semantics/condition.ts';
import { customActions } from '#semantics/external-authorization.ts';
import { effectiveMtls, foreignTrustDomain, handleConnection, modeAt } from '#semantics/peer-authentication.ts';
import type { Handling } from '#semantics/peer-authentication.ts';
import { rewrittenHeaders, tokenRules } from '#semantics/request-authentication.ts';
import { checkToken } from '#semantics/token-check.ts';
import { holds } from '#sets/matches.ts';
import { normalizePath, rejectedPath } from '#sets/normalize-path.ts';
import type { Dimension } from '#sets/cube.ts';
import type { Value } from '#sets/matcher.ts';
import type { Decision, Step } from './query.ts';
import { knownMethods, remoteAddress } from './request.ts';
import type { AskedRequest } from './request.ts';

export type Given = Readonly<Record<string, boolean>>;

/** How a workload port takes connections: declared protocol, or sniffed (A4.4). */
export function protocolOf(workload: Workload, port: number): PortProtocol {
  return workload.ports.find((candidate) => candidate.port === port)?.protocol ?? 'auto';
}

export function decideAtSidecar(mesh: Mesh, workload: Workload, attached: Attached, asked: AskedRequest, given: Given): Decision {
  const because: Step[] = [];
  const note = (rule: string, text: string, by?: string): void => {
    because.push(by === undefined ? { rule, text } : { rule, text, by });
  };

  // M6 to M15: the port's mode.
  const effective = effectiveMtls(mesh, attached);
  const mode = modeAt(effective, asked.port);
  note(mode.by === undefined ? 'M6' : 'M7', `port ${String(asked.port)} of \`${workload.id}\` has mTLS mode ${mode.mode}`, mode.by);
  if (effective.judgedByWeakest.length > 0) note('M15', `the creation order of ${effective.judgedByWeakest.map((id) => `\`${id}\``).join(', ')} is not known, the weakest is taken`);

  // M16 to M18, A4.4 to A4.6: which chain takes the connection.
  const handling = handleConnection(protocolOf(workload, asked.port), mode.mode, { protocol: asked.protocol, identity: asked.principal !== null });
  if (handling.seesPeer && holds(foreignTrustDomain(mesh.config), asked.principal)) {
    note('A3.14', `the trust domain of \`${asked.principal ?? ''}\` is not accepted by TLS`);
    return { verdict: 'deny', layer: 'mtls', by: [], enforcedAt: 'sidecar', because };
  }
  note(handling.rule, handling.because, mode.by);
  if (handling.outcome === 'refused') return { verdict: 'deny', layer: handling.layer, by: mode.by === undefined ? [] : [mode.by], enforcedAt: 'sidecar', because };
  if (handling.chain === 'http') {
    const refused = refusedAsHttp(asked);
    if (refused !== undefined) {
      note(refused.rule, refused.text);
      return { verdict: 'deny', layer: 'protocol', by: [], enforcedAt: 'sidecar', because };
    }
  }
  return decideByPolicies(mesh, workload, attached, asked, handling, given, because);
}

/** Requests that Envoy answers with 400 before any policy (A3.35, A3.39). */
export function refusedAsHttp(asked: AskedRequest): { readonly rule: string; readonly text: string } | undefined {
  if (!knownMethods.includes(asked.raw.method)) return { rule: 'A3.35', text: `the proxy does not know the method \`${asked.raw.method}\`` };
  if (rejectedPath(asked.raw.path)) return { rule: 'A3.39', text: 'the proxy refuses the path as it is sent' };
  const name = [...asked.raw.headers.keys()].find((header) => !/^[!#$%&'*+.^_`|~0-9a-z-]+$/.test(header));
  if (name !== undefined) return { rule: 'A3.J', text: `\`${name}\` is no name of a header that a client can send` };
  return undefined;
}

function decideByPolicies(
  mesh: Mesh,
  workload: Workload,
  attached: Attached,
  asked: AskedRequest,
  handling: Extract<Handling, { outcome: 'chain' }>,
  given: Given,
  because: Step[],
): Decision {
  const note = (rule: string, text: string, by?: string): void => {
    because.push(by === undefined ? { rule, text } : { rule, text, by });
  };
  const chain: Chain = handling.chain;
  const through = handling.passthrough ? ({ passthrough: true } as const) : {};
  const policies = enforced(attached.authorization, chain, mesh.config);

  // A1.2: CUSTOM first, before the token is looked at.
  const untouched = seenAt(mesh, workload, asked, handling, undefined, asked.raw.headers, asked.raw.path, given);
  const refusing: string[] = [];
  let asks: { readonly provider: string; readonly by: string[] } | undefined;
  for (const action of customActions(policies.custom, mesh.config, given)) {
    if (matching([action.policy], untouched).length === 0) continue;
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

  if (refusing.length > 0) return { verdict: 'deny', layer: 'authorization', by: refusing, enforcedAt: 'sidecar', ...through, because };

  // A1.2, A5.4: the token check, on HTTP chains only (A5.2).
  const rules = chain === 'http' ? tokenRules(attached.requestAuthentication, mesh.config) : [];
  const check = checkToken(rules, asked.raw, given);
  if (check.result === 'unknown') return { verdict: 'unknown', rule: check.rule, missing: check.missing, because };
  if (check.result === 'refused') {
    note(check.rule, check.because, check.by[0]);
    return { verdict: 'deny', layer: 'authentication', by: check.by, enforcedAt: 'sidecar', because };
  }
  if (chain === 'http') note(check.rule, check.because);
  const seen = seenAt(mesh, workload, asked, handling, check.token, check.headers, check.path, given);

  // A1.1: DENY, then ALLOW.
  const denying = matching(policies.deny, seen);
  if (denying.length > 0) {
    const by = denying.map((policy) => policy.id);
    note('A1.1', `a rule of ${by.map((id) => `\`${id}\``).join(', ')} denies the request`, by[0]);
    return { verdict: 'deny', layer: 'authorization', by, enforcedAt: 'sidecar', ...through, because };
  }
  const allowing = matching(policies.allow, seen);
  if (policies.allow.length > 0 && allowing.length === 0) {
    note('A1.4', `${String(policies.allow.length)} ALLOW ${policies.allow.length === 1 ? 'policy acts' : 'policies act'} here and no rule matches`);
    return { verdict: 'deny', layer: 'authorization', by: [], enforcedAt: 'sidecar', ...through, because };
  }
  const by = allowing.map((policy) => policy.id);
  if (policies.allow.length === 0) note('A1.4', 'no ALLOW policy acts here, what is not denied passes');
  else note('A1.1', `a rule of ${by.map((id) => `\`${id}\``).join(', ')} allows the request`, by[0]);
  if (asks !== undefined) return { verdict: 'asks', layer: 'external-authorization', provider: asks.provider, by: asks.by.sort(), enforcedAt: 'sidecar', ...through, because };
  return { verdict: 'allow', layer: 'authorization', by, enforcedAt: 'sidecar', ...through, because };
}

/** What the policies of one chain see. */
export function seenAt(
  mesh: Mesh,
  workload: Workload,
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
        return asked.sourceIp;
      case 'remote.ip':
        return remoteAddress(headers, asked.sourceIp);
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
      case 'token':
        return null;
      default:
        return null;
    }
  };
  const assumption = Object.keys(assumed).some((key) => key.startsWith('opaque:')) ? assumptionsAbout(mesh, workload, handling, assumed) : undefined;
  return { value, token, ...(assumption === undefined ? {} : { assumption }), header: (name) => headerAt(name, mesh, workload, peer, headers, path) };
}

/** What a question gives for conditions on headers that the proxy writes itself (R25). */
function assumptionsAbout(mesh: Mesh, workload: Workload, handling: Extract<Handling, { outcome: 'chain' }>, assumed: Given): (condition: Condition) => boolean | undefined {
  const rewritten = rewrittenHeaders(handling.chain === 'http' ? tokenRules(policiesFor(mesh, workload).requestAuthentication, mesh.config) : []);
  return (condition) => {
    const how = condition.on === 'header' ? rewritten.get(condition.name) : undefined;
    return how === undefined ? undefined : assumed[opaqueKey(condition, how)];
  };
}

function headerAt(name: string, mesh: Mesh, workload: Workload, peer: string | null, headers: ReadonlyMap<string, string>, path: string): string | null {
  if (name === ':path') return pathWithQuery(path, mesh);
  if (name === 'x-forwarded-client-cert') {
    // A3.J: absent on plaintext, whatever the client sent; behind a certificate the sidecar adds its own entry to the client's (recorded).
    const own = `By=spiffe://${mesh.config.trustDomain}/ns/${workload.namespace}/sa/${workload.serviceAccount};Hash=certificate;Subject="";URI=spiffe://${peer ?? ''}`;
    const sent = headers.get(name);
    return peer === null ? null : sent === undefined ? own : `${sent},${own}`;
  }
  return headers.get(name) ?? null;
}

/** The `:path` header: normalized, with its query. */
export function pathWithQuery(raw: string, mesh: Pick<Mesh, 'config'>): string {
  const at = raw.indexOf('?');
  const query = at < 0 ? '' : raw.slice(at);
  return `${normalizePath(at < 0 ? raw : raw.slice(0, at), mesh.config.pathNormalization)}${query}`;
}
