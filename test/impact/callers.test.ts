import { describe, expect, test } from 'vitest';
import { callersOf, knownIdentities } from '#impact/callers.ts';
import { closedMesh, readManifests } from '#app/scenarios.ts';
import type { Cube, Predicate } from '#sets/cube.ts';

const mesh = closedMesh(
  readManifests(`
apiVersion: v1
kind: Namespace
metadata: {name: web, labels: {istio-injection: enabled}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: storefront, namespace: web}
spec:
  selector: {matchLabels: {app: storefront}}
  template:
    metadata: {labels: {app: storefront}}
    spec: {serviceAccountName: storefront, containers: [{name: app, image: app}]}
`),
);
const known = knownIdentities(mesh);
const callers = (...predicates: Predicate[]): ReturnType<typeof callersOf> => callersOf([{ predicates, origins: [] } satisfies Cube], known, mesh);
const peer = (any: Predicate['any'], none: Predicate['none'] = []): Predicate => ({ dimension: 'peer', any, none });

describe('who a region is about', () => {
  test('no word about the peer: everybody, with and without an identity', () => {
    expect(callers()).toEqual({ known: ['web/storefront[Deployment]'], open: ['any other mesh identity'], plaintext: true, internet: false });
  });

  test('nobody with an identity: plaintext callers only', () => {
    expect(callers(peer([], [{ type: 'identified' }]))).toEqual({ known: [], open: [], plaintext: true, internet: false });
  });

  test('the mesh’s own trust domain stands for any mesh identity', () => {
    expect(callers(peer([{ type: 'trust-domain', pattern: { type: 'exact', text: 'cluster.local' } }])).open).toEqual(['any other mesh identity']);
  });

  test('an exact principal that a workload uses is known, not open', () => {
    expect(callers(peer([{ type: 'principal', pattern: { type: 'exact', text: 'cluster.local/ns/web/sa/storefront' } }]))).toEqual({ known: ['web/storefront[Deployment]'], open: [], plaintext: false, internet: false });
  });

  test('an exact principal that nobody here uses is said so', () => {
    expect(callers(peer([{ type: 'principal', pattern: { type: 'exact', text: 'cluster.local/ns/web/sa/gone' } }])).open).toEqual(['cluster.local/ns/web/sa/gone (no workload here uses it)']);
  });

  test('a client’s own TLS carries no identity', () => {
    expect(callers({ dimension: 'protocol', any: [{ type: 'one-of', text: 'tls' }], none: [] })).toEqual({ known: [], open: [], plaintext: true, internet: false });
  });
});
