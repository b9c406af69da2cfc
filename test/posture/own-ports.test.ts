/** Ports of the sidecar itself: one list for all workloads with the same ones, and another where a port is declared or a client tunnels. */
import { expect, test } from 'vitest';
import type { Workload } from '#mesh/model.ts';
import { toOwnPorts, unguardedOwnPorts } from '#posture/own-ports.ts';
import { cubeKey } from '#sets/keys.ts';

const workload = (ports: readonly number[], mode: 'sidecar' | 'none' = 'sidecar'): Workload => ({
  id: 'shop/cart',
  namespace: 'shop',
  name: 'cart',
  kind: 'Deployment',
  labels: {},
  annotations: {},
  serviceAccount: 'default',
  enrolment: mode === 'none' ? { mode, because: 'no label' } : { mode, revision: undefined },
  ports: ports.map((port) => ({ port, protocol: 'http' as const, captured: true })),
  otherPortsCaptured: true,
  resource: undefined,
});

test('workloads without ports of that number share the list', () => {
  const list = toOwnPorts([workload([8080]), workload([8081])], false);
  expect(list.map(cubeKey).join()).toMatch(/number 15021/u);
  expect(toOwnPorts([workload([9090])], false)).toBe(list);
});

test('near miss: a declared port is the application\'s, and clients in ambient are told apart', () => {
  const list = toOwnPorts([workload([8080])], false);
  const declared = toOwnPorts([workload([8080]), workload([15021])], false);
  expect(declared.map(cubeKey).join()).not.toMatch(/number 15021/u);
  expect(toOwnPorts([workload([8080])], true).map(cubeKey)).not.toEqual(list.map(cubeKey));
  expect(toOwnPorts([workload([8080], 'none')], false)).toEqual([]);
  expect(unguardedOwnPorts([workload([8080]), workload([8080], 'none')], false)).toEqual([]);
});
