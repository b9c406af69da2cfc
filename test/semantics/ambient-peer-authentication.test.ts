import { describe, expect, test } from 'vitest';
import { policiesFor } from '#mesh/attachment.ts';
import type { MeshSettings } from '#mesh/build.ts';
import { ambientMtls, refusesPlaintext } from '#semantics/ambient-peer-authentication.ts';
import { deployment, meshOf, namespace, policy } from '../mesh/support.ts';

const meshWide = (mode: string): string => policy('PeerAuthentication', 'istio-system/m', `mtls: {mode: ${mode}}`);
const wide = (mode: string, name = 'wide'): string => policy('PeerAuthentication', `shop/${name}`, `mtls: {mode: ${mode}}`);
const own = (mode: string, ports = '', name = 'own'): string => policy('PeerAuthentication', `shop/${name}`, `mtls: {mode: ${mode}}, selector: {matchLabels: {app: shop}}${ports === '' ? '' : `, portLevelMtls: {${ports}}`}`);

/** `strict` or `open`, the ports for which the opposite holds, and who says so. */
function found(settings: MeshSettings, ...policies: readonly string[]): readonly [string, readonly number[], string | undefined] {
  const mesh = meshOf(settings, namespace('shop', 'istio.io/dataplane-mode: ambient'), deployment('shop/shop'), ...policies);
  const workload = mesh.workloads.get('shop/shop');
  if (workload === undefined) throw new Error('no workload');
  const { strict, exceptions, by } = ambientMtls(mesh, policiesFor(mesh, workload));
  return [strict ? 'strict' : 'open', [...exceptions].sort((left, right) => left - right), by];
}

const byOwn = 'PeerAuthentication/shop/own';
const strictByDefault: MeshSettings = { stated: { defaultMtls: 'strict' } };

describe('what ztunnel makes of PeerAuthentication', () => {
  test('the narrowest scope that says something decides, and then the mesh’s default', () => {
    expect(found({})).toEqual(['open', [], undefined]);
    expect(found(strictByDefault)).toEqual(['strict', [], undefined]);
    expect(found(strictByDefault, meshWide('UNSET'))).toEqual(['strict', [], undefined]);
    expect(found(strictByDefault, meshWide('PERMISSIVE'))).toEqual(['open', [], undefined]);
    expect(found({}, meshWide('STRICT'))).toEqual(['strict', [], undefined]);
    expect(found({}, meshWide('STRICT'), wide('UNSET'))).toEqual(['strict', [], undefined]);
    expect(found({}, meshWide('STRICT'), wide('PERMISSIVE'))).toEqual(['open', [], undefined]);
    expect(found({}, wide('STRICT'), own('UNSET'))).toEqual(['strict', [], undefined]);
    expect(found({}, wide('STRICT'), own('PERMISSIVE'))).toEqual(['open', [], undefined]);
    expect(found({}, wide('STRICT'), own('DISABLE'))).toEqual(['open', [], undefined]);
    expect(found({}, own('STRICT'))).toEqual(['strict', [], undefined]);
  });

  test('port modes of a strict workload open, those of an open one close', () => {
    expect(found({}, own('STRICT', '8080: {mode: PERMISSIVE}, 9000: {mode: DISABLE}, 7000: {mode: STRICT}, 6000: {mode: UNSET}'))).toEqual(['strict', [8080, 9000], byOwn]);
    expect(found({}, own('PERMISSIVE', '8080: {mode: STRICT}, 9000: {mode: DISABLE}'))).toEqual(['open', [8080], byOwn]);
    expect(found({}, own('UNSET', '8080: {mode: STRICT}, 9000: {mode: PERMISSIVE}'))).toEqual(['open', [8080], byOwn]);
    expect(found({}, own('PERMISSIVE', '9000: {mode: DISABLE}'))).toEqual(['open', [], undefined]);
  });

  test('an inherited STRICT looks for PERMISSIVE only; where it finds one, DISABLE counts too (M30)', () => {
    expect(found({}, meshWide('STRICT'), own('UNSET', '9000: {mode: DISABLE}'))).toEqual(['strict', [], undefined]);
    expect(found({}, meshWide('STRICT'), own('UNSET', '8080: {mode: PERMISSIVE}, 9000: {mode: DISABLE}'))).toEqual(['strict', [8080, 9000], byOwn]);
    expect(found({}, wide('STRICT'), own('UNSET', '8080: {mode: PERMISSIVE}'))).toEqual(['strict', [8080], byOwn]);
  });

  test('under a strict mesh the port rule of an open workload is lost, save where the namespace says something (M31 i)', () => {
    expect(found({}, meshWide('STRICT'), own('PERMISSIVE', '8080: {mode: STRICT}'))).toEqual(['open', [], undefined]);
    expect(found({}, meshWide('STRICT'), wide('UNSET'), own('PERMISSIVE', '8080: {mode: STRICT}'))).toEqual(['open', [], undefined]);
    expect(found({}, meshWide('STRICT'), wide('STRICT'), own('PERMISSIVE', '8080: {mode: STRICT}'))).toEqual(['open', [8080], byOwn]);
    expect(found({}, wide('UNSET'), own('PERMISSIVE', '8080: {mode: STRICT}'))).toEqual(['open', [8080], byOwn]);
  });

  test('a namespace policy without mode hides the mesh’s STRICT where a port is opened (M31 ii)', () => {
    expect(found({}, meshWide('STRICT'), wide('UNSET'), own('UNSET', '8080: {mode: PERMISSIVE}'))).toEqual(['open', [], undefined]);
  });

  test('of two policies whose order nobody knows the one counts under which fewer ports refuse plaintext (M15a)', () => {
    expect(found({}, wide('STRICT', 'a'), wide('PERMISSIVE', 'b'))).toEqual(['open', [], undefined]);
    expect(found({}, wide('PERMISSIVE', 'a'), wide('STRICT', 'b'))).toEqual(['open', [], undefined]);
    const [opened, closed] = ['8080: {mode: PERMISSIVE}', '8080: {mode: STRICT}'];
    expect(found({}, own('STRICT', '', 'a'), own('STRICT', opened, 'own'))).toEqual(['strict', [8080], byOwn]);
    expect(found({}, own('STRICT', opened, 'own'), own('STRICT', '', 'z'))).toEqual(['strict', [8080], byOwn]);
    expect(found({}, own('PERMISSIVE', closed, 'own'), own('PERMISSIVE', '', 'z'))).toEqual(['open', [], undefined]);
    expect(found({}, own('PERMISSIVE', '', 'a'), own('PERMISSIVE', closed, 'own'))).toEqual(['open', [], undefined]);
  });

  test('plaintext is refused at the ports that are strict', () => {
    expect([80, 8080].map((port) => refusesPlaintext({ strict: true, exceptions: new Set([8080]), by: undefined }, port))).toEqual([true, false]);
    expect([80, 8080].map((port) => refusesPlaintext({ strict: false, exceptions: new Set([8080]), by: undefined }, port))).toEqual([false, true]);
  });
});
