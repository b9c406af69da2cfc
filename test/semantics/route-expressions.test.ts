/** What is made of the expressions of routes, against the engine that gives their answers. */
import { describe, expect, test } from 'vitest';
import { forwardingOf } from '#semantics/gateways/forwarding.ts';
import type { Guarded } from '#semantics/gateways/http-routes.ts';
import { regexExamples } from '#semantics/gateways/regex-examples.ts';
import { regexBeginning, simpleRegex } from '#semantics/gateways/simple-regex.ts';
import { wholeMatch } from '#semantics/gateways/text-match.ts';
import { textMatches } from '#sets/matches.ts';

const texts = ['', '/', '/a', '/a/', '/ab', '/a/b', '/a.b', '/axb', '/b', 'x/a', '/api/v1', '/api/v12/x', '/a|b', 'a*', '/a$', '/A', '/a+'];

describe('an expression that is no more than texts, beginnings and endings', () => {
  test.each(['/a', '^/a$', '/a.*', '/a/.*', '.*', '.+', '.*b', '/a(/.*)?', '/a(?:/.*)?', '/a\\.b', '/a\\.b.*', '/a\\$', '/a\\+', '^/api/v1$'])('%s is the same set', (expression) => {
    const found = simpleRegex(expression);
    expect(found).toBeDefined();
    for (const text of texts) expect([text, found?.some((pattern) => textMatches(pattern, text))]).toEqual([text, wholeMatch(expression, text)]);
  });

  test.each(['/a.b', '/(a|b)', '/a|b', '/a[bc]', '/a+', '(?i)/a', '/a\\d', '/a.*b', '/a{2}', '/a.*\\', '/a\\b'])('%s is more', (expression) => {
    expect(simpleRegex(expression)).toBeUndefined();
  });
});

describe('what every text begins with that an expression matches', () => {
  test.each([['/api/v[0-9]+/.*', '/api/v'], ['^/a/(b|c)', '/a/'], ['/ab?', '/a'], ['/ab+c', '/ab'], ['/a\\.b\\d', '/a.b'], ['/a|/b', ''], ['(?i)/a', ''], ['/a{2}', '/']])('%s: %s', (expression, beginning) => {
    expect(regexBeginning(expression)).toBe(beginning);
    for (const text of [...texts, ...regexExamples(expression)]) if (wholeMatch(expression, text)) expect(text.startsWith(beginning)).toBe(true);
  });
});

describe('examples of an expression', () => {
  test.each(['/v[0-9]+/.*', '/(a|b)/c', '/items/\\d{3}', '(?i)/API', '/[^/]+/edit', '/x(/.*)?', '/[[:digit:]]+', '/a\\.b', '/u/(?P<name>\\w+)'])('of %s match it', (expression) => {
    expect(regexExamples(expression).some((text) => wholeMatch(expression, text))).toBe(true);
  });

  test('of a form that is not read are none', () => {
    expect(regexExamples('/a\\pN')).toEqual([]);
    expect(regexExamples('/(a')).toEqual([]);
  });
});

describe('what routes make of a path has one name where it is the same', () => {
  const route = (api: 'istio' | 'kubernetes', prefix: string, uri: string): Guarded => {
    const match = { name: '', uri: { type: 'prefix', value: prefix }, ignoreUriCase: false, scheme: undefined, method: undefined, authority: undefined, headers: new Map(), withoutHeaders: new Map(), queryParams: new Map(), port: undefined, sourceLabels: {}, sourceNamespace: undefined, gateways: [] } as const;
    const rewrite = { uri, authority: '', regex: undefined };
    return { route: { by: '', name: '', match: [match], route: [], redirect: undefined, directResponse: undefined, delegate: undefined, rewrite, mirrors: [], requestHeaders: { set: {}, add: {}, remove: [] }, hasFault: false, abortPercentage: 0, corsOrigins: [] }, match, api, number: 80 };
  };
  test.each([
    ['istio', '/a/x', '/b/x', 'istio', '/a', '/b', true],
    ['istio', '/a/', '/', 'kubernetes', '/a', '/', true],
    ['istio', '/a', '/a', 'istio', '/b', '/b', true],
    ['istio', '/a', '/', 'kubernetes', '/a', '/', false],
    ['istio', '/a', '/b', 'istio', '/a', '/c', false],
  ] as const)('%s %s → %s and %s %s → %s: %s', (api, prefix, uri, otherApi, otherPrefix, otherUri, same) => {
    expect(forwardingOf(route(api, prefix, uri)).name === forwardingOf(route(otherApi, otherPrefix, otherUri)).name).toBe(same);
  });
});
