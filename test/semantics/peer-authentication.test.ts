import { describe, expect, test } from 'vitest';
import { policiesFor } from '../../src/mesh/attachment.ts';
import type { MeshSettings } from '../../src/mesh/build.ts';
import { effectiveMtls, modeAt } from '../../src/semantics/peer-authentication.ts';
import { deployment, meshOf, namespace, policy } from '../mesh/support.ts';

const mtls = (place: string, mode: string, more = '', metadata = '') => policy('PeerAuthentication', place, `mtls: {mode: ${mode}}${more}`, metadata);
const shop = ', selector: {matchLabels: {app: shop}}';

function effective(settings: MeshSettings, ...policies: readonly string[]) {
  const mesh = meshOf(settings, namespace('shop', 'istio-injection: enabled'), deployment('shop/shop'), ...policies);
  const workload = mesh.workloads.get('shop/shop');
  if (workload === undefined) throw new Error('no workload');
  return effectiveMtls(mesh, policiesFor(mesh, workload));
}

describe('which mode a port has (M6 to M11)', () => {
  test('the narrowest scope that says something', () => {
    expect(effective({}).workload).toEqual({ mode: 'PERMISSIVE', by: undefined });
    expect(effective({}, mtls('istio-system/m', 'STRICT')).workload.mode).toBe('STRICT');
    expect(effective({}, mtls('istio-system/m', 'STRICT'), mtls('shop/wide', 'DISABLE')).workload.mode).toBe('DISABLE');
    expect(effective({}, mtls('istio-system/m', 'STRICT'), mtls('shop/wide', 'UNSET')).workload).toEqual({ mode: 'STRICT', by: 'PeerAuthentication/istio-system/m' });
  });

  test('a selector in the root namespace is ignored (M4), an empty one is none (M2)', () => {
    expect(effective({}, mtls('istio-system/m', 'STRICT', shop)).workload.mode).toBe('PERMISSIVE');
    expect(effective({}, mtls('shop/wide', 'STRICT', ', selector: {}')).workload.mode).toBe('STRICT');
  });

  test('port modes of the workload policy, UNSET takes the workload’s', () => {
    const found = effective({}, mtls('istio-system/m', 'STRICT'), mtls('shop/w', 'UNSET', `${shop}, portLevelMtls: {8080: {mode: DISABLE}, 9000: {mode: UNSET}}`));
    expect([8080, 9000, 7000].map((port) => modeAt(found, port).mode)).toEqual(['DISABLE', 'STRICT', 'STRICT']);
  });

  test('a stated default holds where no policy speaks', () => {
    expect(effective({ stated: { defaultMtls: 'strict' } }).workload.mode).toBe('STRICT');
  });
});

describe('two policies in one scope (M13, M15)', () => {
  const strict = mtls('shop/b', 'STRICT');
  const open = mtls('shop/a', 'PERMISSIVE');

  test('in a whole cluster of one second the first name wins', () => {
    expect(effective({ world: 'closed' }, strict, open)).toMatchObject({ workload: { mode: 'PERMISSIVE' }, judgedByWeakest: [] });
    expect(effective({ world: 'closed' }, mtls('shop/a', 'STRICT'), mtls('shop/b', 'PERMISSIVE'))).toMatchObject({ workload: { mode: 'STRICT' } });
  });

  test('the older wins where times are known', () => {
    const older = mtls('shop/z', 'STRICT', '', 'creationTimestamp: "2020-01-01T00:00:00Z"');
    const younger = mtls('shop/a', 'PERMISSIVE', '', 'creationTimestamp: "2021-01-01T00:00:00Z"');
    expect(effective({}, younger, older)).toMatchObject({ workload: { mode: 'STRICT' }, judgedByWeakest: [] });
  });

  test('in a repository the order is not known: the weakest, and both are named', () => {
    const found = effective({}, mtls('shop/a', 'STRICT'), mtls('shop/b', 'PERMISSIVE'));
    expect(found).toMatchObject({ workload: { mode: 'PERMISSIVE' }, judgedByWeakest: ['PeerAuthentication/shop/a', 'PeerAuthentication/shop/b'] });
  });

  test('an order that makes no difference is no question', () => {
    expect(effective({}, mtls('shop/a', 'STRICT'), mtls('shop/b', 'STRICT'))).toMatchObject({ workload: { mode: 'STRICT' }, judgedByWeakest: [] });
  });

  test('what the head adds is younger than what the base has', () => {
    const seniors = new Set(['PeerAuthentication/shop/b']);
    expect(effective({ seniors }, strict, open)).toMatchObject({ workload: { mode: 'STRICT' }, judgedByWeakest: [] });
  });

  test('what a head adds together follows its names', () => {
    expect(effective({ seniors: new Set() }, strict, open)).toMatchObject({ workload: { mode: 'PERMISSIVE' }, judgedByWeakest: [] });
  });
});
