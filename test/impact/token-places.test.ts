/** Two rules that read one header: what one takes for a token is bytes for the other (A5.7). */
import { expect, test } from 'vitest';
import { cubeKey } from '#sets/keys.ts';
import { objectOf, type Document } from '../support/random-mesh/manifests.ts';
import { compared } from '../support/random-mesh/comparison-laws.ts';
import { meshOf } from '../support/random-mesh/world.ts';

const keys = (id: string): string => `{"keys":[{"kty":"RSA","kid":"${id}","n":"${id}AQAB","e":"AQAB"}]}`;
const plain = { issuer: 'https://issuer.example', jwks: keys('one'), fromHeaders: [{ name: 'x-token' }] };
const behindWord = { issuer: 'https://other.example', jwks: keys('two'), fromHeaders: [{ name: 'x-token', prefix: 'Token ' }] };

function shop(...jwtRules: readonly unknown[]): readonly Document[] {
  return [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop', labels: { 'istio-injection': 'enabled' } } },
    objectOf('apps/v1', 'Deployment', 'shop', 'cart', { spec: { selector: { matchLabels: { app: 'cart' } }, template: { metadata: { labels: { app: 'cart' } }, spec: { containers: [{ name: 'app', image: 'shop:1' }] } } } }),
    objectOf('security.istio.io/v1', 'RequestAuthentication', 'shop', 'tokens', { spec: { jwtRules } }),
  ];
}

const found = (base: readonly Document[], head: readonly Document[]): readonly (readonly [string, string | undefined])[] =>
  compared(meshOf(base), meshOf(head)).changes.filter(({ destination }) => destination.id === 'shop/cart').map((change) => [change.direction, JSON.stringify(change.witness?.query.request.token)]);

test('with the rule that knows the prefix gone, its tokens are bytes to the other and refused', () => {
  expect(found(shop(plain, behindWord), shop(plain))).toEqual([['narrowed', '{"valid":true,"claims":{"iss":"https://other.example","sub":"someone"},"in":"header:x-token","prefix":"Token "}']]);
});

test('with the rule without a prefix gone, a header that holds something else is read no longer', () => {
  const changes = found(shop(plain, behindWord), shop(behindWord));
  expect(changes.map(([direction]) => direction)).toEqual(['widened']);
});

test('a rule without a prefix reads bearer tokens of the usual place with their scheme in front', () => {
  const anywhere = { issuer: 'https://issuer.example', jwks: keys('one'), fromHeaders: [{ name: 'Authorization' }] };
  const bearer = { ...anywhere, fromHeaders: [{ name: 'Authorization', prefix: 'Bearer ' }] };
  const both = compared(meshOf(shop(bearer)), meshOf(shop(anywhere))).changes.filter(({ destination }) => destination.id === 'shop/cart');
  expect(both.map((change) => change.direction)).toEqual(['narrowed']);
  expect(both[0]?.cubes.map(cubeKey).join(' or ')).toContain('authorization:');
});
