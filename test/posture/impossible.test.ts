/** Requests that no client can send, or that no policy ever sees: a difference says nothing of them. */
import { describe, expect, test } from 'vitest';
import { impossibleInNetwork, impossibleOutbound } from '#posture/network-paths.ts';
import { impossible, pathsTo } from '#posture/paths.ts';
import { bearerTies } from '#posture/token-ties.ts';
import type { Cube, Dimension } from '#sets/cube.ts';
import { pointIn } from '#sets/evaluate.ts';
import type { Caller, Token, Value } from '#sets/matcher.ts';
import { deployment, meshOf, namespace } from '../mesh/support.ts';

type Said = readonly (readonly [Dimension, Value])[];
const cannotBe = (cubes: readonly Cube[], ...said: Said): boolean => cubes.some((cube) => pointIn(cube, new Map(said)));

const front = 'cluster.local/ns/web/sa/front';
const token = (location: string): Token => ({ location, signedBy: 'all', issuer: 'https://id.example', subject: 'ann' });
const bearer = token('authorization:Bearer ');
const elsewhere = token('parameter:t');

describe('a connection cannot be', () => {
  test.each([['https', true], ['tls', true], ['http', false], ['tcp', false]])('%s of the client’s own with an identity of the mesh', (protocol, wanted) => {
    expect(cannotBe(impossible, ['protocol', protocol], ['peer', front])).toBe(wanted);
    expect(cannotBe(impossible, ['protocol', protocol], ['peer', null])).toBe(false);
  });

  test.each([['http', true], ['tcp', true], ['https', false], ['tls', false]])('%s that asks for a server name without an identity', (protocol, wanted) => {
    expect(cannotBe(impossible, ['protocol', protocol], ['peer', null], ['sni', 'a.example'])).toBe(wanted);
    expect(cannotBe(impossible, ['protocol', protocol], ['peer', null], ['sni', null])).toBe(false);
    if (wanted) expect(cannotBe(impossible, ['protocol', protocol], ['peer', front], ['sni', 'a.example'])).toBe(false);
  });

  test.each([['tcp', true], ['tls', true], ['http', false]])('%s that holds a token', (protocol, wanted) => {
    expect(cannotBe(impossible, ['protocol', protocol], ['token', elsewhere])).toBe(wanted);
    expect(cannotBe(impossible, ['protocol', protocol], ['token', null])).toBe(false);
  });
});

test('a request cannot have a method that no proxy knows (A3.35)', () => {
  expect(cannotBe(impossible, ['protocol', 'http'], ['method', 'BREW'])).toBe(true);
  expect(cannotBe(impossible, ['protocol', 'http'], ['method', 'CONNECT'])).toBe(true);
  for (const method of ['GET', 'POST', 'M-SEARCH', 'UNSUBSCRIBE']) expect(cannotBe(impossible, ['protocol', 'http'], ['method', method])).toBe(false);
  expect(cannotBe(impossible, ['protocol', 'tcp'], ['method', 'BREW'])).toBe(false);
});

test('a preflight stands for itself without its token (A5.1)', () => {
  const preflight: Said = [['protocol', 'http'], ['token', elsewhere], ['method', 'OPTIONS'], ['header:origin', 'https://web.example'], ['header:access-control-request-method', 'GET']];
  expect(cannotBe(impossible, ...preflight)).toBe(true);
  for (const [dimension, value] of [['token', null], ['method', 'GET'], ['header:origin', null], ['header:origin', ''], ['header:access-control-request-method', null], ['header:access-control-request-method', '']] as const) {
    expect(cannotBe(impossible, ...preflight.map((entry) => (entry[0] === dimension ? ([dimension, value] as const) : entry)))).toBe(false);
  }
});

test('a bearer token is what its header holds, and nothing else is (A5.7)', () => {
  const http: Said = [['protocol', 'http'], ['method', 'GET']];
  expect(cannotBe(impossible, ...http, ['token', bearer], ['header:authorization', 'Bearer a.b.c'])).toBe(false);
  expect(cannotBe(impossible, ...http, ['token', bearer], ['header:authorization', 'Basic a'])).toBe(true);
  expect(cannotBe(impossible, ...http, ['token', bearer], ['header:authorization', null])).toBe(true);
  expect(cannotBe(impossible, ...http, ['token', null], ['header:authorization', 'Bearer a.b.c'])).toBe(true);
  expect(cannotBe(impossible, ...http, ['token', null], ['header:authorization', 'Basic a'])).toBe(false);
  expect(cannotBe(impossible, ...http, ['token', null], ['header:authorization', null])).toBe(false);
  expect(cannotBe(impossible, ...http, ['token', elsewhere], ['header:authorization', null])).toBe(false);
  expect(bearerTies.every((tie) => impossible.includes(tie))).toBe(true);
});

describe('where the network is looked at', () => {
  const mesh = meshOf({ world: 'closed' }, namespace('shop', 'istio.io/dataplane-mode: ambient'), deployment('shop/shop'), namespace('web'), deployment('web/web'));
  const [ambient, outside] = ['shop/shop', 'web/web'].map((id) => mesh.workloads.get(id));
  if (ambient === undefined || outside === undefined) throw new Error('no workloads');
  const tunnel = (peer: string | null, port: number, transport: string): Said => [['transport', transport], ['port', port], ['peer', peer], ['protocol', 'http'], ['method', 'GET']];

  test('nobody speaks plaintext to the tunnel port of an ambient pod (M142)', () => {
    expect(cannotBe(impossibleInNetwork([ambient]), ...tunnel(null, 15008, 'TCP'))).toBe(true);
    expect(cannotBe(impossibleInNetwork([outside, ambient]), ...tunnel(null, 15008, 'TCP'))).toBe(true);
    expect(cannotBe(impossibleInNetwork([ambient]), ...tunnel(front, 15008, 'TCP'))).toBe(false);
    expect(cannotBe(impossibleInNetwork([ambient]), ...tunnel(null, 15009, 'TCP'))).toBe(false);
    expect(cannotBe(impossibleInNetwork([ambient]), ['transport', 'UDP'], ['port', 15008], ['peer', null], ['protocol', 'tcp'])).toBe(false);
    expect(cannotBe(impossibleInNetwork([outside]), ...tunnel(null, 15008, 'TCP'))).toBe(false);
  });

  test('datagrams carry neither HTTP nor an identity, and what leaves the cluster comes from a pod', () => {
    const pod: Caller = { principal: null, namespace: 'shop', namespaceLabels: {} };
    for (const cubes of [impossibleInNetwork([outside]), impossibleOutbound]) {
      for (const transport of ['UDP', 'SCTP']) {
        expect(cannotBe(cubes, ['transport', transport], ['peer', pod], ['protocol', 'tcp'])).toBe(false);
        for (const protocol of ['http', 'https', 'tls']) expect(cannotBe(cubes, ['transport', transport], ['peer', pod], ['protocol', protocol])).toBe(true);
        expect(cannotBe(cubes, ['transport', transport], ['peer', { ...pod, principal: front }], ['protocol', 'tcp'])).toBe(true);
      }
      expect(cannotBe(cubes, ['transport', 'TCP'], ['peer', pod], ['protocol', 'http'], ['method', 'GET'])).toBe(false);
    }
    expect(cannotBe(impossibleOutbound, ['transport', 'TCP'], ['peer', null], ['protocol', 'tcp'])).toBe(true);
    expect(cannotBe(impossibleInNetwork([outside]), ['transport', 'TCP'], ['peer', null], ['protocol', 'tcp'])).toBe(false);
  });

  test('what no identity can have is impossible at each destination of the mesh', () => {
    expect(pathsTo(mesh, ambient).ties).toEqual([]);
  });
});
