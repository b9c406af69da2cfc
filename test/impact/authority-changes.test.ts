/** Requests that both sides leave to an external authorizer, and not to the same one: where they come from, and the request that shows it (A6.1, A6.11). */
import { describe, expect, test } from 'vitest';
import { authoritiesMoved } from '#impact/authority-changes.ts';
import type { RawChange } from '#impact/raw-change.ts';
import type { Mesh } from '#mesh/model.ts';
import { deployment, meshOf, namespace, policy } from '../mesh/support.ts';
import { contextOf } from './support.ts';

const config = (...providers: readonly string[]): string => `{apiVersion: v1, kind: ConfigMap, metadata: {name: istio, namespace: istio-system}, data: {mesh: "extensionProviders: [${providers.join(', ')}]"}}`;
const grpc = (name: string, service = name, more = ''): string => `{name: ${name}, envoyExtAuthzGrpc: {service: ${service}.shop.svc.cluster.local, port: 9000${more}}}`;
const asks = (name: string, provider: string, ...rules: readonly string[]): string => policy('AuthorizationPolicy', `shop/${name}`, `selector: {matchLabels: {app: db}}, action: CUSTOM, provider: {name: ${provider}}, rules: [${rules.join(', ')}]`);
const to = (operation: string): string => `{to: [{operation: {ports: ["8080"], ${operation}}}]}`;
const path = to('paths: ["/a"]');

const mesh = (...documents: readonly string[]): Mesh => meshOf({ world: 'closed' }, namespace('shop', 'istio-injection: enabled'), ...['db', 'one', 'two', 'three'].flatMap((name) => [deployment(`shop/${name}`), `{apiVersion: v1, kind: Service, metadata: {name: ${name}, namespace: shop}, spec: {selector: {app: ${name}}, ports: [{name: http, port: 9000, targetPort: 8080}]}}`]), ...documents);
const both = config(grpc('one'), grpc('two'));

function moved(base: readonly string[], head: readonly string[]): readonly RawChange[] {
  const context = contextOf(mesh(...base), mesh(...head), 'shop/db');
  const changes = authoritiesMoved(context);
  expect(context.internalErrors).toEqual([]);
  return changes;
}

const told = ({ direction, reason, seedOrigins }: RawChange): string => `${direction}, ${reason ?? ''}: ${seedOrigins.map((origin) => origin.policy).join(', ')}`;
const shown = ({ witness }: RawChange): string => `${witness?.base.verdict ?? ''} ${witness?.head.verdict ?? ''} ${witness?.query.request.protocol ?? ''} ${witness?.query.request.method ?? ''} ${witness?.query.request.path ?? ''}`;

const pathsOf = ({ cubes }: RawChange): readonly (readonly string[])[] => cubes.map(({ predicates }) => predicates.flatMap(({ dimension, any }) => (dimension === 'path' ? any.map((matcher) => (matcher.type === 'path' && matcher.pattern.type === 'exact' ? matcher.pattern.text : '')) : [])));

describe('another authorizer is asked', () => {
  test('by the same policy', () => {
    const changes = moved([both, asks('ask', 'one', path)], [both, asks('ask', 'two', path)]);
    expect(changes.map(told)).toEqual(['undecided-widened, `one` is no longer asked: AuthorizationPolicy/shop/ask', 'undecided-narrowed, `two` is newly asked: AuthorizationPolicy/shop/ask']);
    expect(changes.map(shown)).toEqual(['asks asks http GET /a', 'asks asks http GET /a']);
    expect(changes).toMatchObject([{ facet: 'external-authorization', complete: true, passingSide: 'head', seed: expect.stringMatching(/^authority one /u) as unknown }, { complete: true, passingSide: 'base', seed: expect.stringMatching(/^authority two /u) as unknown }]);
  });

  test('by a policy of its own: both have made it so', () => {
    expect(moved([both, asks('former', 'one', path)], [both, asks('current', 'two', path)]).map(told)).toEqual([
      'undecided-widened, `one` is no longer asked: AuthorizationPolicy/shop/former, AuthorizationPolicy/shop/current',
      'undecided-narrowed, `two` is newly asked: AuthorizationPolicy/shop/current, AuthorizationPolicy/shop/former',
    ]);
  });

  test('about some of the requests: these are the region', () => {
    const [change] = moved([both, asks('ask', 'one', to('paths: ["/a", "/b"]'))], [both, asks('ask', 'two', to('paths: ["/b", "/c"]'))]);
    expect(change === undefined ? [] : pathsOf(change)).toEqual([['/b']]);
    expect(change === undefined ? '' : shown(change)).toBe('asks asks http GET /b');
  });

  test('about no request of both sides: that is told as what it is, access', () => {
    expect(moved([both, asks('ask', 'one', path)], [both, asks('ask', 'two', to('paths: ["/c"]'))])).toEqual([]);
    expect(moved([both, asks('ask', 'one', path)], [both])).toEqual([]);
    expect(moved([both], [both, asks('ask', 'one', path)])).toEqual([]);
  });
});

describe('the same one under another definition', () => {
  const defined = (provider: string): readonly string[] => [config(provider), asks('ask', 'one', path)];

  test('is led back to the mesh configuration, too', () => {
    expect(moved(defined(grpc('one')), defined(grpc('one', 'three'))).map(told)).toEqual([
      'undecided-widened, the definition of `one` in the mesh configuration changed: AuthorizationPolicy/shop/ask, ConfigMap/istio-system/istio',
      'undecided-narrowed, the definition of `one` in the mesh configuration changed: AuthorizationPolicy/shop/ask, ConfigMap/istio-system/istio',
    ]);
  });

  test('that lets pass while it cannot be reached may let more pass, and not less', () => {
    expect(moved(defined(grpc('one')), defined(grpc('one', 'one', ', failOpen: true'))).map(({ direction }) => direction)).toEqual(['undecided-widened']);
    expect(moved(defined(grpc('one', 'one', ', failOpen: true')), defined(grpc('one'))).map(({ direction }) => direction)).toEqual(['undecided-narrowed']);
  });

  test('under another name is no other one', () => {
    expect(moved([both, asks('ask', 'one', path)], [config(grpc('two', 'one')), asks('ask', 'two', path)])).toEqual([]);
  });
});
