/** Attributes that are parts of one text: a witness is spelled so that it lies in the region that it proves. */
import { expect, test } from 'vitest';
import type { Query } from '#posture/query.ts';
import { objectOf, type Document } from '../support/random-mesh/manifests.ts';
import { compared } from '../support/random-mesh/comparison-laws.ts';
import { meshOf } from '../support/random-mesh/world.ts';

const workload = objectOf('apps/v1', 'Deployment', 'shop', 'cart', { spec: { selector: { matchLabels: { app: 'cart' } }, template: { metadata: { labels: { app: 'cart' } }, spec: { containers: [{ name: 'app', image: 'shop:1' }] } } } });
const enrolled: Document = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop', labels: { 'istio-injection': 'enabled' } } };
const policy = (spec: Readonly<Record<string, unknown>>): Document => objectOf('security.istio.io/v1', 'AuthorizationPolicy', 'shop', 'who', { spec });
const denyWhen = (...when: readonly unknown[]): Document => policy({ action: 'DENY', rules: [{ when }] });
const tokens = (rule: Readonly<Record<string, unknown>>): Document => objectOf('security.istio.io/v1', 'RequestAuthentication', 'shop', 'tokens', { spec: { jwtRules: [{ issuer: 'https://issuer.example', ...rule }] } });

/** Witnesses of what is newly allowed at the workload once the policy is gone. */
function widened(gone: Document, ...kept: readonly Document[]): readonly (Query | undefined)[] {
  const rest = [enrolled, workload, ...kept];
  const { changes, internalErrors } = compared(meshOf([...rest, gone]), meshOf(rest));
  expect(internalErrors).toEqual([]);
  return changes.filter((change) => change.direction === 'widened' && change.destination.id === 'shop/cart').map((change) => change.witness?.query);
}

const remote = { key: 'remote.ip', values: ['10.1.0.0/16'] };

test('a remote address without `x-forwarded-for` is the one that the connection comes from', () => {
  const [witness, ...more] = widened(denyWhen(remote, { key: 'request.headers[x-forwarded-for]', notValues: ['*'] }));
  expect(more).toEqual([]);
  expect(witness?.from.ip).toBe('10.1.0.1');
  expect(witness?.request.headers).toBeUndefined();
});

test('near miss: where the header may be sent, it says the remote address', () => {
  const [witness] = widened(denyWhen(remote));
  expect(witness?.request.headers).toEqual({ 'x-forwarded-for': '10.1.0.1' });
});

test('the text of a header in which tokens are read is sent as it is', () => {
  const asked = widened(denyWhen({ key: 'request.headers[x-token]', values: ['Token blue'] }), tokens({ fromHeaders: [{ name: 'x-other' }] }));
  expect(asked.map((query) => query?.request.headers)).toEqual([{ 'x-token': 'Token blue' }]);
});

test('bytes hold no token: a rule for tokens that goes changes nothing for a TCP port', () => {
  const service = (name: string): Document => objectOf('v1', 'Service', 'shop', 'cart', { spec: { selector: { app: 'cart' }, ports: [{ name, port: 9000 }] } });
  const of = (name: string): readonly unknown[] => widened(tokens({}), service(name)).map((query) => query?.request.protocol);
  expect(of('tcp')).toEqual(['http']);
  expect(of('http')).toEqual(['http']);
});
