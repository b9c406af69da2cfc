import { readFileSync } from 'node:fs';
import { test } from 'vitest';
import { environmentFacts } from '#findings/run.ts';
import { detectors } from '#findings/registry.ts';
import { parseStream } from '#source/documents.ts';
import { decodeDocument } from '#manifests/decode.ts';
import { buildMesh } from '#mesh/build.ts';
import { workloadIdentity } from '#maturity/dimensions/workload-identity.ts';
import { mtls } from '#maturity/dimensions/mtls.ts';
import { authorization } from '#maturity/dimensions/authorization.ts';
import { segmentation } from '#maturity/dimensions/segmentation.ts';
import { requestAuthentication } from '#maturity/dimensions/request-authentication.ts';
import { auditability } from '#maturity/dimensions/auditability.ts';
import { egress } from '#maturity/dimensions/egress.ts';
import { confidenceOf } from '#maturity/confidence.ts';
import { configuredLevel } from '#maturity/level.ts';
import { scopeOf, everything, phantomScopes } from '#maturity/scope.ts';
test('perf', () => {
  const read = (f: string) => parseStream(readFileSync(f, 'utf8')).flatMap((d, i) => { const r = decodeDocument(d.value, { origin: { file: f, blob: f, document: i }, unit: 'a', defaultNamespace: 'x' }); return r.type === 'resources' ? r.resources : []; });
  const h = read('/tmp/fgen/p/head/a.yaml');
  const head = { mesh: buildMesh(h), all: h };
  const [pair] = environmentFacts({ environments: [{ id: 'default', head }] });
  if (!pair) return;
  let t = performance.now(); const lap = (n: string) => { const now = performance.now(); if (now - t > 8) console.log('T', n, Math.round(now - t)); t = now; };
  for (const [rule, d] of Object.entries(detectors)) { if ('detectState' in d) { d.detectState(pair.head); lap(rule); } }
  scopeOf(pair.head, everything); lap('scope');
  phantomScopes(pair.head); lap('phantoms');
  for (const [n, f] of Object.entries({ workloadIdentity, mtls, authorization, segmentation, requestAuthentication, egress })) { f(pair.head, everything); lap(n); }
  auditability(pair.head); lap('audit'); configuredLevel(pair.head); lap('level');
}, 60000);
