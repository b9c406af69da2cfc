import fc from 'fast-check';
import { expect, test } from 'vitest';
import { factsOf } from '#findings/facts.ts';
import { decodeDocument } from '#manifests/decode.ts';
import type { AnyResource } from '#manifests/resource.ts';
import { policiesFor } from '#mesh/attachment.ts';
import { buildMesh } from '#mesh/build.ts';
import { effectiveMtls, modeAt } from '#semantics/peer-authentication.ts';

const modes = fc.constantFrom('STRICT', 'PERMISSIVE', 'DISABLE', 'UNSET');

function resource(value: unknown): readonly AnyResource[] {
  const decoded = decodeDocument(value, { origin: { file: 'a.yaml', blob: 'a', document: 0 }, unit: 'a', defaultNamespace: 'shop' });
  return decoded.type === 'resources' ? decoded.resources : [];
}

const pod = resource({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web', namespace: 'shop' },
  spec: { selector: { matchLabels: { app: 'web' } }, template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'main', image: 'a', ports: [{ containerPort: 8080 }] }] } } },
});

const policy = fc.record({ name: fc.constantFrom('a', 'b', 'c'), namespace: fc.constantFrom('istio-system', 'shop'), app: fc.constantFrom(undefined, 'web', 'cart'), mode: modes, port: fc.constantFrom(undefined, 'STRICT', 'PERMISSIVE', 'DISABLE'), old: fc.boolean() });

test('a finding judges the mode of a port as the decision does', () => {
  fc.assert(
    fc.property(fc.uniqueArray(policy, { maxLength: 5, selector: (each) => `${each.namespace}/${each.name}` }), fc.boolean(), (policies, compared) => {
      const objects = policies.flatMap((each) =>
        resource({
          apiVersion: 'security.istio.io/v1',
          kind: 'PeerAuthentication',
          metadata: { name: each.name, namespace: each.namespace },
          spec: { mtls: { mode: each.mode }, ...(each.app === undefined ? {} : { selector: { matchLabels: { app: each.app } } }), ...(each.app === undefined || each.port === undefined ? {} : { portLevelMtls: { 8080: { mode: each.port } } }) },
        }),
      );
      const seniors = new Set(policies.filter((each) => each.old).map((each) => `PeerAuthentication/${each.namespace}/${each.name}`));
      const mesh = buildMesh([...pod, ...objects], compared ? { seniors } : {});
      const workload = mesh.workloads.get('shop/web');
      if (workload === undefined) throw new Error('the pod is declared');
      const facts = factsOf({ mesh, all: [...pod, ...objects] }, { environment: 'default', side: 'head', criticalAssets: new Set(), ask: undefined });
      const decided = effectiveMtls(mesh, policiesFor(mesh, workload));
      expect(facts.mtlsAt(workload, 8080).mode).toBe(modeAt(decided, 8080).mode);
      expect(facts.mtlsAt(workload).mode).toBe(decided.workload.mode);
    }),
    { numRuns: 300 },
  );
});
