/** From regions that the search found to changes: what is told as one, whether that is all, and the request that is shown (`docs/report.md`, `changes`). */
import { describe, expect, test } from 'vitest';
import { solve, type PairContext } from '#impact/pair-context.ts';
import type { RawChange, Way } from '#impact/raw-change.ts';
import { changesIn } from '#impact/regions.ts';
import type { Mesh } from '#mesh/model.ts';
import type { Cube, Dimension, Point } from '#sets/cube.ts';
import type { DifferenceRegion } from '#sets/difference.ts';
import type { Value } from '#sets/matcher.ts';
import { deployment, meshOf, namespace, policy } from '../mesh/support.ts';
import { contextOf } from './support.ts';

const config = '{apiVersion: v1, kind: ConfigMap, metadata: {name: istio, namespace: istio-system}, data: {mesh: "trustDomain: cluster.local"}}';
const service = '{apiVersion: v1, kind: Service, metadata: {name: db, namespace: shop}, spec: {selector: {app: db}, ports: [{name: http, port: 80, targetPort: 8080}, {name: tcp-raw, port: 90, targetPort: 9090}]}}';
const mesh = (labels: string, ...more: readonly string[]): Mesh => meshOf({ world: 'closed' }, config, namespace('shop', labels), deployment('shop/db'), deployment('shop/web', '', '', 'serviceAccountName: web'), service, ...more);
const nobody = policy('AuthorizationPolicy', 'shop/nobody', '');
const strict = policy('PeerAuthentication', 'shop/strict', 'mtls: {mode: STRICT}');
const sidecar = 'istio-injection: enabled';

function regionsOf(context: PairContext, way: Way): readonly DifferenceRegion[] {
  const [low, high] = way === 'up' ? [context.base, context.head] : [context.head, context.base];
  return solve(context, 'test', low.possible, high.possible).regions;
}

const shown = ({ direction, facet, complete, witness, cubes }: RawChange): string => `${direction} ${facet}${complete ? '' : ', in part'}: ${witness?.query.request.protocol ?? ''} ${String(witness?.query.to.port)} by ${String(witness?.query.from.principal)}, ${String(cubes.length)} cubes`;

describe('regions of the same policies', () => {
  const context = contextOf(mesh(sidecar, nobody), mesh(sidecar), 'shop/db');
  const [region] = regionsOf(context, 'up');
  if (region === undefined) throw new Error('everything opens');
  const [sample] = region.samples;
  if (sample === undefined) throw new Error('a region has a sample');
  const point = (more: readonly (readonly [Dimension, Value])[]): Point => new Map([...sample, ...more]);
  const any: Cube = { predicates: [], origins: region.seedOrigins };
  const asked = (...samples: readonly Point[]): DifferenceRegion => ({ ...region, cubes: samples.map(() => any), samples });
  const told = (...found: readonly DifferenceRegion[]): readonly string[] => changesIn(context, 'up', found.map((each) => ({ region: each }))).map(shown);
  const plain: readonly (readonly [Dimension, Value])[] = [['protocol', 'http'], ['port', 8080], ['peer', null]];

  test('are one change, and all of it where each is told whole', () => {
    expect(told(asked(point(plain)), asked(point(plain)))).toEqual(['widened access: http 8080 by null, 2 cubes']);
    expect(told(asked(point(plain)), { ...asked(point(plain)), complete: false })).toEqual(['widened access, in part: http 8080 by null, 2 cubes']);
    expect(told({ ...asked(point(plain)), complete: false }, asked(point(plain)))).toEqual(['widened access, in part: http 8080 by null, 2 cubes']);
  });

  test('of other policies are another change', () => {
    expect(told(asked(point(plain)), { ...asked(point(plain)), seedOrigins: [{ policy: 'AuthorizationPolicy/shop/other' }] })).toHaveLength(2);
    expect(told(asked(point(plain)), { ...asked(point(plain)), layer: 'mtls' })).toHaveLength(2);
    expect(told({ ...asked(point(plain)), seedOrigins: [] }, { ...asked(point(plain)), seedOrigins: [] })).toHaveLength(1);
  });
});

describe('what a change is about', () => {
  const facets = (base: Mesh, head: Mesh): readonly string[] => {
    const context = contextOf(base, head, 'shop/db');
    const changes = (['up', 'down'] as const).flatMap((way) => changesIn(context, way, regionsOf(context, way).map((region) => ({ region }))));
    expect(context.internalErrors).toEqual([]);
    return [...new Set(changes.map(({ direction, facet }) => `${direction} ${facet}`))];
  };

  test('is the layer of the side that refuses', () => {
    expect(facets(mesh(sidecar, strict), mesh(sidecar))).toEqual(['widened mtls']);
    expect(facets(mesh(sidecar), mesh(sidecar, strict))).toEqual(['narrowed mtls']);
    expect(facets(mesh(sidecar, nobody), mesh(sidecar))).toEqual(['widened access']);
    expect(facets(mesh(sidecar), mesh(sidecar, nobody))).toEqual(['narrowed access']);
  });

  test('is enrolment where the proxy that refused is gone, other bytes on its ports included', () => {
    expect(facets(mesh(sidecar, nobody), mesh(''))).toEqual(['widened enrolment']);
    expect(facets(mesh(''), mesh(sidecar, nobody))).toEqual(['narrowed enrolment']);
  });

  test('is a token where some token would do', () => {
    const tokens = policy('RequestAuthentication', 'shop/tokens', 'jwtRules: [{issuer: "i", jwksUri: "https://i.example/keys"}]');
    const needed = policy('AuthorizationPolicy', 'shop/needed', 'rules: [{from: [{source: {requestPrincipals: ["*"]}}]}]');
    expect(facets(mesh(sidecar, tokens, needed), mesh(sidecar, tokens))).toEqual(['widened token', 'widened access']);
  });
});
