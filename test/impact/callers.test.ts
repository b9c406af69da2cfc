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

  test('without TLS there is no server name: who asks for one over HTTP has an identity', () => {
    const sni: Predicate = { dimension: 'sni', any: [{ type: 'exact', text: 'shop.example' }], none: [] };
    const over = (...protocols: string[]): Predicate => ({ dimension: 'protocol', any: protocols.map((text) => ({ type: 'one-of', text })), none: [] });
    expect(callers(sni, over('http', 'tcp'))).toMatchObject({ known: ['web/storefront[Deployment]'], open: ['any other mesh identity'], plaintext: false });
    expect(callers(sni, over('http', 'tls'))).toMatchObject({ plaintext: true });
    expect(callers({ ...sni, any: [], none: sni.any }, over('http'))).toMatchObject({ plaintext: true });
  });

  test('nor has a pod one that calls in plaintext', () => {
    const sni: Predicate = { dimension: 'sni', any: [{ type: 'present' }], none: [] };
    const http: Predicate = { dimension: 'protocol', any: [{ type: 'one-of', text: 'http' }], none: [] };
    const unlabelled: Predicate = { dimension: 'pod-label:tier', any: [], none: [{ type: 'exact', text: 'back' }] };
    expect(callers(unlabelled, sni, http).plaintext).toBe(false);
    expect(callers(unlabelled, http).plaintext).toBe(true);
    expect(callers(unlabelled, sni, http, peer([], [{ type: 'identified' }])).known).toEqual([]);
  });
});
