import { describe, expect, test } from 'vitest';
import type { Shape } from '#manifests/shape.ts';
import { istioKinds } from './support/istio-kinds.ts';
import { publishedSpec, type Published } from './support/published-fields.ts';

/** Fields and enum values that Istio has added since the release the package was built from (1.29). */
const newer: ReadonlySet<string> = new Set([
  'AuthorizationPolicy.rules[].from[].source.trustDomains',
  'AuthorizationPolicy.rules[].from[].source.notTrustDomains',
  'DestinationRule.trafficPolicy.connectionPool.http.http2KeepAlive',
  'DestinationRule.trafficPolicy.loadBalancer.backendUtilization',
  'DestinationRule.trafficPolicy.loadBalancer.zoneAwareLbSetting',
  'DestinationRule.trafficPolicy.outlierDetection.outlierDetectionHttpErrorCodes',
  'DestinationRule.trafficPolicy.retryBudget.budgetInterval',
  'EnvoyFilter.configPatches[].patch.operation=MERGE_AND_REPLACE_LIST',
  'EnvoyFilter.configPatches[].match.listener.filterChain.transportSocket',
  'Gateway.servers[].tls.ecdhCurves',
  'Gateway.servers[].tls.insecureSkipVerify',
  'Sidecar.inboundConnectionPool.http.http2KeepAlive',
  'Sidecar.ingress[].connectionPool.http.http2KeepAlive',
  'RequestAuthentication.jwtRules[].presence',
  'Sidecar.ingress[].tls.ecdhCurves',
  'Sidecar.ingress[].tls.insecureSkipVerify',
  'Telemetry.tracing[].disableContextPropagation',
  'VirtualService.http[].redirect.prefixRewrite',
]);

/** The same parts at other places of a DestinationRule. */
function place(path: string): string {
  return path.replace('.subsets[].trafficPolicy', '.trafficPolicy').replace('.portLevelSettings[]', '');
}

function differences(path: string, ours: Shape, theirs: Published): string[] {
  if (ours.is === 'object' && theirs.is === 'object') {
    const names = new Set([...Object.keys(ours.fields), ...Object.keys(theirs.fields)]);
    const required = [...(ours.required ?? [])].sort().join();
    return [
      ...(required === [...theirs.required].sort().join() ? [] : [`${path}: required ${required} here, ${theirs.required.join()} there`]),
      ...[...names].flatMap((name) => {
        const our = ours.fields[name];
        const their = theirs.fields[name];
        const at = `${path}.${name}`;
        if (our === undefined) return [`${at}: missing here`];
        if (their === undefined) return newer.has(place(at)) ? [] : [`${at}: not published`];
        return differences(at, our, their);
      }),
    ];
  }
  if (ours.is === 'list' && theirs.is === 'list') return differences(`${path}[]`, ours.of, theirs.of);
  if (ours.is === 'map' && theirs.is === 'map') return differences(`${path}{}`, ours.of, theirs.of);
  if (ours.is === 'text' && theirs.is === 'text') {
    const our = (ours.oneOf ?? []).filter((value) => !newer.has(`${path}=${value}`)).join();
    return our === (theirs.oneOf ?? []).join() ? [] : [`${path}: ${our} here, ${(theirs.oneOf ?? []).join()} there`];
  }
  if (theirs.is === 'anything') return ours.is === 'anything' || (ours.is === 'map' && ours.of.is === 'anything') ? [] : [`${path}: ${ours.is} here, anything there`];
  return ours.is === theirs.is ? [] : [`${path}: ${ours.is} here, ${theirs.is} there`];
}

describe('the field tables agree with the published schemas', () => {
  for (const { kind, group, versions, shape } of istioKinds) {
    test.each(versions)(`${kind} %s`, (version) => {
      expect(differences(kind, shape, publishedSpec(group, version, kind))).toEqual([]);
    });
  }

  test('a missing field would be seen', () => {
    const published = publishedSpec('security.istio.io', 'v1', 'PeerAuthentication');
    expect(differences('PeerAuthentication', { is: 'object', fields: {} }, published)).toContain('PeerAuthentication.mtls: missing here');
  });
});
