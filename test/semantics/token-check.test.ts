/** The token check (A5.1 to A5.12): which tokens are refused, and what later conditions see of one that passes. */
import { describe, expect, test } from 'vitest';
import { isKind } from '#manifests/resource.ts';
import { meshConfigOf } from '#mesh/config.ts';
import { audienceText, locationText, outputsOf, readable, refusedTokens, rewrittenHeaders, tokenRules } from '#semantics/request-authentication.ts';
import type { TokenRule } from '#semantics/request-authentication.ts';
import { checkToken, claimTexts, isPreflight, surelyRefused, textsAt, withToken, writtenText } from '#semantics/token-check.ts';
import type { RawRequest, SentToken } from '#semantics/token-check.ts';
import { cubeKey, matcherKey } from '#sets/keys.ts';
import { objects, policy } from '../mesh/support.ts';

function rulesOf(...jwtRules: readonly string[]): readonly TokenRule[] {
  return tokenRules(objects(jwtRules.map((each, index) => policy('RequestAuthentication', `shop/ra${String(index)}`, `jwtRules: [${each}]`)).join('\n---\n')).filter(isKind('RequestAuthentication')), meshConfigOf([], {}, 'closed'));
}

const bearer = { in: 'header', name: 'authorization', prefix: 'Bearer ' } as const;
const token = (claims: Readonly<Record<string, unknown>> = {}, more: Partial<SentToken> = {}): SentToken => ({ valid: true, claims: { iss: 'issuer', sub: 'subject', ...claims }, location: bearer, ...more });
const raw = (more: Partial<RawRequest> = {}): RawRequest => ({ method: 'GET', path: '/a', headers: new Map(), token: undefined, ...more });
const jwks = 'jwks: "{\\"keys\\":[]}"';
const simple = rulesOf(`{issuer: issuer, ${jwks}}`);
const past = 1_577_836_800;
const future = 3_786_912_000;

describe('where tokens are read', () => {
  const places = (rule: string): readonly string[] => rulesOf(rule)[0]?.locations.map(locationText) ?? [];
  const accepting = (rule: string): readonly string[] => rulesOf(rule)[0]?.accepting.map(locationText) ?? [];
  test('in two places unless the rule says others (A5.7)', () => {
    expect(places(`{issuer: i, ${jwks}}`)).toEqual(['authorization:Bearer ', 'parameter:access_token']);
    expect(places(`{issuer: i, ${jwks}, fromHeaders: [{name: X-Token, prefix: "Tok "}, {name: Authorization, prefix: "T "}, {name: z}], fromParams: [t], fromCookies: [c]}`)).toEqual(['header:x-token:Tok ', 'authorization:T ', 'header:z:', 'parameter:t', 'cookie:c']);
    expect(places(`{issuer: i, ${jwks}, fromCookies: [c]}`)).toEqual(['cookie:c']);
  });
  test('and accepted only where no earlier place of the rule reads more of the same header', () => {
    expect(accepting(`{issuer: i, ${jwks}, fromHeaders: [{name: x}, {name: x, prefix: "T "}]}`)).toEqual(['header:x:']);
    expect(accepting(`{issuer: i, ${jwks}, fromHeaders: [{name: x, prefix: "T "}, {name: x}]}`)).toEqual(['header:x:T ', 'header:x:']);
    expect(accepting(`{issuer: i, ${jwks}, fromHeaders: [{name: x, prefix: "T "}, {name: x, prefix: "T "}]}`)).toEqual(['header:x:T ', 'header:x:T ']);
    expect(accepting(`{issuer: i, ${jwks}, fromHeaders: [{name: x}, {name: z, prefix: "T "}], fromParams: [x]}`)).toEqual(['header:x:', 'header:z:T ', 'parameter:x']);
    expect(accepting(`{issuer: i, ${jwks}, fromHeaders: [{name: x, prefix: "A"}, {name: x, prefix: "BAC"}]}`)).toEqual(['header:x:A']);
  });
  test('as all that stands behind the prefix, wherever that is', () => {
    const at = (location: Parameters<typeof textsAt>[0], headers: Readonly<Record<string, string>>, path = '/'): readonly string[] => textsAt(location, { headers: new Map(Object.entries(headers)), path });
    expect(at(bearer, {})).toEqual([]);
    expect(at(bearer, { authorization: 'Bearer abc' })).toEqual(['abc']);
    expect(at(bearer, { authorization: 'x Bearer abc,Bearer d' })).toEqual(['abc,Bearer d']);
    expect(at(bearer, { authorization: 'Basic abc' })).toEqual([]);
    expect(at({ in: 'header', name: 'x', prefix: '' }, { x: ' abc' })).toEqual([' abc']);
    expect(at({ in: 'cookie', name: 'c' }, { cookie: 'b=1; c=2;c=3' })).toEqual(['2']);
    expect(at({ in: 'cookie', name: 'c' }, { cookie: 'b=1\n c=2' })).toEqual(['2']);
    expect(at({ in: 'cookie', name: 'c' }, { cookie: 'cc=1; c' })).toEqual([]);
    expect(at({ in: 'cookie', name: 'c' }, {})).toEqual([]);
    expect(at({ in: 'parameter', name: 't' }, {}, '/a?x=1&t=2&t=3')).toEqual(['2']);
    expect(at({ in: 'parameter', name: 't' }, {}, '/a?t')).toEqual(['']);
    expect(at({ in: 'parameter', name: 't' }, {}, '/a?tt=1&t=a=b')).toEqual(['a=b']);
    expect(at({ in: 'parameter', name: 't' }, {}, '/a&t=1')).toEqual([]);
  });
});

describe('rules of all policies together (A5.3)', () => {
  test('by issuer, then by policy and place', () => {
    const rules = rulesOf(`{issuer: z, ${jwks}}, {issuer: a, ${jwks}}`, `{issuer: a, ${jwks}}, {issuer: a, ${jwks}}`);
    expect(rules.map(({ issuer, policy: by, index }) => `${issuer ?? '-'} ${by} ${String(index)}`)).toEqual(['a RequestAuthentication/shop/ra0 1', 'a RequestAuthentication/shop/ra1 0', 'a RequestAuthentication/shop/ra1 1', 'z RequestAuthentication/shop/ra0 0']);
  });
  test('equal key sets are one, wherever they are written (A5.9)', () => {
    const keys = (...rules: readonly string[]): readonly string[] => rulesOf(...rules).map((rule) => rule.keys);
    const [one, same, other] = keys('{issuer: a, jwks: "{\\"keys\\":[], \\"a\\": 1}"}', '{issuer: b, jwks: "{ \\"a\\":1,\\"keys\\":[]}"}', '{issuer: c, jwks: "{\\"keys\\":[1]}"}');
    expect([one === same, one === other, one?.startsWith('jwks:')]).toEqual([true, false, true]);
    expect(keys('{issuer: a, jwks: "no json"}')[0]).toMatch(/^jwks:/);
    expect(keys('{issuer: "https://a.example/", jwksUri: "https://keys.example"}', '{issuer: "https://b.example/"}')).toEqual(['https://keys.example', 'https://b.example/.well-known/openid-configuration']);
  });
  test('keys that istiod cannot fetch verify nothing (A5.9, A5.10)', () => {
    const fetched = (rule: string): boolean | undefined => rulesOf(rule)[0]?.fetchable;
    for (const rule of ['{issuer: a, jwksUri: "https://keys.example/x"}', '{issuer: "https://a.example"}', `{issuer: "http://localhost", ${jwks}}`, '{issuer: a, jwksUri: "http://10.0.0.1/x"}', '{issuer: a, jwksUri: "http://127.example"}', '{issuer: a, jwksUri: "http://localhost.example"}']) expect([rule, fetched(rule)]).toEqual([rule, rule.includes('127.example') ? false : true]);
    for (const rule of ['{issuer: a, jwksUri: "http://localhost:8080/x"}', '{issuer: a, jwksUri: "https://LOCALHOST"}', '{issuer: a, jwksUri: "http://127.0.0.1"}', '{issuer: a, jwksUri: "http://169.254.169.254/x"}', '{issuer: a, jwksUri: "http://[::1]:80"}', '{issuer: a, jwksUri: "http://0.0.0.0"}', '{issuer: "http://localhost"}', '{issuer: a}']) expect([rule, fetched(rule)]).toEqual([rule, false]);
    expect(readable(rulesOf('{issuer: a}'))).toEqual([]);
    expect(readable(rulesOf(`{issuer: "", ${jwks}, fromParams: [t]}`)).map(({ locations, issuer }) => [locations, issuer])).toEqual([[['parameter:t'], undefined]]);
  });
});

describe('the check', () => {
  const check = (rules: readonly TokenRule[], request: Partial<RawRequest>, given: Readonly<Record<string, boolean>> = {}): string => {
    const found = checkToken(rules, raw(request), given);
    return found.result === 'unknown' ? `unknown ${found.rule}: ${found.missing}` : `${found.result} ${found.rule}: ${found.because}${found.result === 'refused' ? ` (${found.by.join(', ')})` : ''}`;
  };
  const accepted = 'passed A5.4: the token is accepted by `RequestAuthentication/shop/ra0`';
  const refused = (rule: string, because: string): string => `refused ${rule}: ${because} (RequestAuthentication/shop/ra0)`;

  test.each([
    ['nobody looks', [], { token: token() }, 'passed A3.33: no RequestAuthentication acts here, a token is not looked at'],
    ['nothing is sent', simple, {}, 'passed A5.1: no token is sent where one is read, which is not refused'],
    ['a token', simple, { token: token() }, accepted],
    ['in the other place', simple, { token: token({}, { location: { in: 'parameter', name: 'access_token' } }) }, accepted],
    ['behind a query', simple, { path: '/a?x=1', token: token({}, { location: { in: 'parameter', name: 'access_token' } }) }, accepted],
    ['behind an empty parameter of that name', simple, { path: '/a?access_token', token: token({}, { location: { in: 'parameter', name: 'access_token' } }) }, refused('A5.5', 'what `RequestAuthentication/shop/ra0` reads as a token is none')],
    ['in a place that nobody reads', simple, { token: token({}, { location: { in: 'header', name: 'x', prefix: '' } }) }, 'passed A5.1: no token is sent where one is read, which is not refused'],
    ['in a cookie', rulesOf(`{issuer: issuer, ${jwks}, fromCookies: [c]}`), { headers: new Map([['cookie', 'b=1']]), token: token({}, { location: { in: 'cookie', name: 'c' } }) }, accepted],
    ['of another issuer', simple, { token: token({ iss: 'other' }) }, refused('A5.5', "the token's issuer is not the one of `RequestAuthentication/shop/ra0`")],
    ['with a wrong signature', simple, { token: token({}, { valid: false }) }, refused('A5.4', "the token's signature is not right under the keys of `RequestAuthentication/shop/ra0`")],
    ['where the keys cannot be fetched', rulesOf('{issuer: issuer}'), { token: token() }, refused('A5.10', 'the keys of `RequestAuthentication/shop/ra0` cannot be fetched, so no token is accepted')],
    ['of any issuer', rulesOf(`{issuer: "", ${jwks}}`), { token: token({ iss: 'other' }) }, accepted],
    ['bytes that are none', simple, { headers: new Map([['authorization', 'Bearer x']]) }, refused('A5.5', 'what `RequestAuthentication/shop/ra0` reads as a token is none')],
    ['bytes that may be one', simple, { headers: new Map([['authorization', 'Bearer a.b.c']]) }, 'unknown A5.4: whose signature the token in the headers carries'],
    ['bytes with too many dots', simple, { headers: new Map([['authorization', 'Bearer a.b.c.d']]) }, refused('A5.5', 'what `RequestAuthentication/shop/ra0` reads as a token is none')],
    ['a second line of the header', simple, { headers: new Map([['authorization', 'Bearer x']]), token: token() }, refused('A5.5', 'what `RequestAuthentication/shop/ra0` reads as a token is none')],
    ['an empty second line', simple, { headers: new Map([['authorization', '']]), token: token() }, accepted],
    ['of the right audience', rulesOf(`{issuer: issuer, ${jwks}, audiences: [a, b]}`), { token: token({ aud: 'b' }) }, accepted],
    ['of several audiences', rulesOf(`{issuer: issuer, ${jwks}, audiences: [a]}`), { token: token({ aud: ['x', 'https://a/'] }) }, accepted],
    ['of a wrong audience', rulesOf(`{issuer: issuer, ${jwks}, audiences: [a]}`), { token: token({ aud: 'b' }) }, refused('A5.11', "the token's audience is none of those of `RequestAuthentication/shop/ra0`")],
    ['of no audience', rulesOf(`{issuer: issuer, ${jwks}, audiences: [a]}`), { token: token() }, refused('A5.11', "the token's audience is none of those of `RequestAuthentication/shop/ra0`")],
    ['that is expired', simple, { token: token({ exp: past }) }, refused('A5.4', 'the token is expired')],
    ['that may be expired', simple, { token: token({ exp: past + 1 }) }, 'unknown A5.4: the time at which the token is sent'],
    ['that expires far off', simple, { token: token({ exp: future }) }, accepted],
    ['that is not valid yet', simple, { token: token({ nbf: future }) }, refused('A5.4', 'the token is not valid yet')],
    ['that may not be valid yet', simple, { token: token({ nbf: future - 1 }) }, 'unknown A5.4: the time at which the token is sent'],
    ['that has long been valid', simple, { token: token({ nbf: past }) }, accepted],
    ...(['iss', 'sub', 'jti'] as const).map((claim) => [`with a number as ${claim}`, rulesOf(`{issuer: "", ${jwks}}`), { token: token({ [claim]: 1 }) }, refused('A5.4', 'the token has a registered claim of a wrong type')] as const),
    ...(['exp', 'nbf', 'iat'] as const).map((claim) => [`with a text as ${claim}`, simple, { token: token({ [claim]: '1' }) }, refused('A5.4', 'the token has a registered claim of a wrong type')] as const),
    ['with an audience that is a number', simple, { token: token({ aud: 1 }) }, refused('A5.4', 'the token has a registered claim of a wrong type')],
    ['with an audience that is a list of numbers', simple, { token: token({ aud: ['a', 1] }) }, refused('A5.4', 'the token has a registered claim of a wrong type')],
    ['on a preflight', simple, { method: 'OPTIONS', headers: new Map([['origin', 'a'], ['access-control-request-method', 'GET']]), token: token({ iss: 'other' }) }, 'passed A5.1: a CORS preflight passes the token check unseen'],
  ] satisfies readonly (readonly [string, readonly TokenRule[], Partial<RawRequest>, string])[])('a token %s', (_, rules, request, expected) => {
    expect(check(rules, request)).toBe(expected);
  });

  test('one rule that accepts it is enough, and each that refuses it is named (A5.4)', () => {
    const two = rulesOf(`{issuer: issuer, ${jwks}}`, `{issuer: other, ${jwks}}`);
    expect(check(two, { token: token() })).toBe(accepted);
    expect(check(two, { token: token({ iss: 'third' }) })).toBe("refused A5.5: the token's issuer is not the one of `RequestAuthentication/shop/ra0` (RequestAuthentication/shop/ra0, RequestAuthentication/shop/ra1)");
    expect(check(rulesOf(`{issuer: issuer, ${jwks}}`, `{issuer: "", ${jwks}}`), { token: token() })).toBe('passed A5.4: the token is accepted by `RequestAuthentication/shop/ra1`, `RequestAuthentication/shop/ra0`');
  });

  test('a question may say which keys verify the signature', () => {
    const keys = simple[0]?.keys ?? '';
    expect(check(simple, { token: token() }, { [`keys:${keys}`]: false })).toContain('refused A5.4');
    expect(check(simple, { token: token({}, { valid: false }) }, { [`keys:${keys}`]: true })).toBe(accepted);
  });

  test('what is a preflight (A5.1)', () => {
    const of = (method: string, headers: Readonly<Record<string, string>>): boolean => isPreflight(raw({ method, headers: new Map(Object.entries(headers)) }));
    const both = { origin: 'a', 'access-control-request-method': 'GET' };
    expect([of('OPTIONS', both), of('GET', both), of('OPTIONS', { origin: 'a' }), of('OPTIONS', { 'access-control-request-method': 'GET' }), of('OPTIONS', { ...both, origin: '' }), of('OPTIONS', { ...both, 'access-control-request-method': '' })]).toEqual([true, false, false, false, false, false]);
  });

  test('what is refused whoever signed it', () => {
    expect([surelyRefused({}), surelyRefused({ exp: past }), surelyRefused({ exp: past + 1 }), surelyRefused({ nbf: future }), surelyRefused({ iat: 'x' })]).toEqual([false, true, false, true, true]);
  });
});

describe('a request with its token', () => {
  test('in a header, a parameter or a cookie, in front of what is there', () => {
    const of = (location: SentToken['location'], more: Partial<RawRequest> = {}): ReturnType<typeof withToken> => withToken(raw({ token: token({}, { location }), ...more }));
    const text = of(bearer).text ?? '';
    expect(text.split('.')).toHaveLength(3);
    expect(Buffer.from(text.split('.')[1] ?? '', 'base64url').toString()).toBe('{"iss":"issuer","sub":"subject"}');
    expect(Buffer.from(text.split('.')[0] ?? '', 'base64url').toString()).toBe('{"alg":"RS256","typ":"JWT"}');
    expect([...of(bearer).headers]).toEqual([['authorization', `Bearer ${text}`]]);
    expect(of(bearer, { headers: new Map([['authorization', 'x']]) }).headers.get('authorization')).toBe(`Bearer ${text},x`);
    expect(of({ in: 'cookie', name: 'c' }).headers.get('cookie')).toBe(`c=${text}`);
    expect(of({ in: 'cookie', name: 'c' }, { headers: new Map([['cookie', 'b=1']]) }).headers.get('cookie')).toBe(`c=${text}\nb=1`);
    expect(of({ in: 'parameter', name: 't' }).path).toBe(`/a?t=${text}`);
    expect(of({ in: 'parameter', name: 't' }, { path: '/a?x=1' }).path).toBe(`/a?x=1&t=${text}`);
    expect(withToken(raw({ headers: new Map([['x', '1']]) }))).toEqual({ headers: new Map([['x', '1']]), path: '/a', text: undefined });
  });
});

describe('what later conditions see (A5.12)', () => {
  const passed = (rule: string, request: Partial<RawRequest> = {}): { readonly headers: readonly (readonly [string, string])[]; readonly path: string; readonly seen: string | undefined } => {
    const found = checkToken(rulesOf(`{issuer: issuer, ${jwks}, ${rule}}`), raw({ token: token({ groups: ['a', 'b'], name: 'N', age: 7, half: 0.5, admin: true, scope: 'r w', nested: { role: 'x y', list: ['p', 1] } }), ...request }), {});
    if (found.result !== 'passed') throw new Error(found.result);
    return { headers: [...found.headers].sort(), path: found.path, seen: found.token === undefined ? undefined : [found.token.issuer, found.token.subject].join(' ') };
  };
  test('the token is taken away, save where it is forwarded or a cookie', () => {
    expect(passed('forwardOriginalToken: false')).toEqual({ headers: [], path: '/a', seen: 'issuer subject' });
    expect(passed('forwardOriginalToken: true').headers.map(([name]) => name)).toEqual(['authorization']);
    const parameter = token({}, { location: { in: 'parameter', name: 't' } });
    expect(passed('fromParams: [t]', { token: parameter }).path).toBe('/a');
    expect(passed('fromParams: [t]', { path: '/a?x=1&tt=2', token: parameter }).path).toBe('/a?x=1&tt=2');
    expect(passed('fromParams: [t], forwardOriginalToken: true', { token: parameter }).path).toMatch(/^\/a\?t=/);
    expect(passed('fromCookies: [c]', { token: token({}, { location: { in: 'cookie', name: 'c' } }) }).headers.map(([name]) => name)).toEqual(['cookie']);
  });
  test('headers that a rule writes are cleared, and written for an accepted token', () => {
    const outputs = 'outputClaimToHeaders: [{header: X-Name, claim: name}, {header: x-age, claim: age}, {header: x-half, claim: half}, {header: x-admin, claim: admin}, {header: x-groups, claim: groups}, {header: x-role, claim: nested.role}], outputPayloadToHeader: X-Payload';
    const own = new Map([['x-name', 'me'], ['x-half', 'me'], ['x-payload', 'me'], ['x-other', 'me']]);
    const { headers } = passed(outputs, { headers: own });
    expect(headers.filter(([name]) => name !== 'x-payload')).toEqual([['x-admin', 'true'], ['x-age', '7'], ['x-name', 'N'], ['x-other', 'me'], ['x-role', 'x y']]);
    expect(JSON.parse(Buffer.from(new Map(headers).get('x-payload') ?? '', 'base64url').toString())).toMatchObject({ name: 'N' });
    expect(passed(outputs, { headers: own, token: undefined }).headers).toEqual([['x-other', 'me']]);
    expect(rulesOf(`{issuer: i, ${jwks}, ${outputs}}`).map(outputsOf)).toEqual([['x-name', 'x-age', 'x-half', 'x-admin', 'x-groups', 'x-role', 'x-payload']]);
    expect(rulesOf(`{issuer: i, ${jwks}}`).map(outputsOf)).toEqual([[]]);
  });
  test('texts of claims (A3.31)', () => {
    const claims = { name: 'a b', scope: 'r  w', list: ['x y', 1, 'z'], nested: { scope: 'r w', deep: { a: 'b' } }, number: 1, none: null };
    const of = (...path: readonly string[]): readonly string[] => claimTexts(claims, path, new Set(['scope']));
    expect([of('name'), of('scope'), of('list'), of('nested', 'scope'), of('nested', 'deep', 'a'), of('number'), of('none'), of('none', 'x'), of('list', '0'), of('missing'), of('nested'), of('toString')]).toEqual([['a b'], ['r', 'w'], ['x y', 'z'], ['r w'], ['b'], [], [], [], [], [], [], []]);
    const written = (...path: readonly string[]): string | undefined => writtenText({ ...claims, yes: true, no: false, half: 0.5 }, path);
    expect([written('name'), written('number'), written('yes'), written('no'), written('half'), written('list'), written('none'), written('nested', 'deep', 'a')]).toEqual(['a b', '1', 'true', 'false', undefined, undefined, undefined, 'b']);
  });
});

describe('the refused tokens as cubes', () => {
  const cubes = (...rules: readonly string[]): readonly string[] | undefined => refusedTokens(rulesOf(...rules))?.map((cube) => cubeKey(cube).replaceAll(/jwks:\w+/g, 'KEYS'));
  test('sent where some rule reads, and accepted by none', () => {
    expect(cubes()).toEqual([]);
    expect(cubes(`{issuer: i, ${jwks}}`)).toEqual(['token: token locations ["authorization:Bearer ", "parameter:access_token"] reading anything except token locations ["authorization:Bearer ", "parameter:access_token"] reading token keys "KEYS" issuer exact "i"']);
    expect(cubes(`{issuer: i, ${jwks}, fromParams: [t]}`, '{issuer: j, fromCookies: [c]}')).toEqual(['token: token locations ["cookie:c", "parameter:t"] reading anything except token locations ["parameter:t"] reading token keys "KEYS" issuer exact "i"']);
  });
  test('by the token or by its audience', () => {
    expect(cubes(`{issuer: i, ${jwks}, fromParams: [t], audiences: [a]}`)).toEqual([
      'token: token locations ["parameter:t"] reading anything except token locations ["parameter:t"] reading token keys "KEYS" issuer exact "i"',
      'claim:aud: * except element exact "a" | element exact "a/" | element exact "http://a" | element exact "http://a/" | element exact "https://a" | element exact "https://a/" & token: token locations ["parameter:t"] reading anything',
    ]);
    const many = (count: number): readonly string[] => Array.from({ length: count }, (_, index) => `{issuer: i${String(index)}, ${jwks}, audiences: [a]}`);
    expect(cubes(...many(6))).toHaveLength(64);
    expect(cubes(...many(7))).toBeUndefined();
  });
  test('with the policies that say so', () => {
    expect(refusedTokens(rulesOf(`{issuer: b, ${jwks}}`, `{issuer: a, ${jwks}}`))?.map(({ origins }) => origins.map((origin) => origin.policy))).toEqual([['RequestAuthentication/shop/ra0', 'RequestAuthentication/shop/ra1']]);
  });
  test('audiences are compared without scheme and without a slash at the end (A5.11)', () => {
    expect(['a', 'http://a', 'https://a/', 'ftp://a', 'a/b/', 'a//'].map(audienceText)).toEqual(['a', 'a', 'a', 'ftp://a', 'a/b', 'a/']);
  });
});

describe('headers that the check writes or takes away (A5.12)', () => {
  const told = (...rules: readonly string[]): Readonly<Record<string, string>> =>
    Object.fromEntries(
      [...rewrittenHeaders(rulesOf(...rules))].map(([name, rewriting]) => [
        name,
        rewriting.by === 'claims' ? `claims ${rewriting.writers.map(({ path, certain, tokens }) => `${path?.join('.') ?? 'payload'}${certain ? '' : '?'}×${String(tokens.length)}`).join(' ')}` : rewriting.by === 'taken' ? `taken ${rewriting.tokens.map(({ locations, issuer }) => `${locations.join('+')} of ${issuer ?? 'anybody'}`).join(' and ')}` : rewriting.by,
      ]),
    );
  test('the sidecar writes the certificate of the client', () => {
    expect(told()).toEqual({ 'x-forwarded-client-cert': 'certificate' });
  });
  test('an accepted token is taken from its place, unless it is forwarded or a cookie', () => {
    expect(told(`{issuer: i, ${jwks}}`)).toEqual({ 'x-forwarded-client-cert': 'certificate', authorization: 'taken authorization:Bearer  of i', ':path': 'taken parameter:access_token of i' });
    expect(told(`{issuer: i, ${jwks}, forwardOriginalToken: true}`, `{issuer: j, ${jwks}, fromCookies: [c]}`, '{issuer: k}')).toEqual({ 'x-forwarded-client-cert': 'certificate' });
    expect(told(`{issuer: i, ${jwks}, fromHeaders: [{name: x}]}`, `{issuer: j, ${jwks}, fromHeaders: [{name: x}]}`, `{issuer: j, ${jwks}, fromHeaders: [{name: x}]}`)['x']).toBe('taken header:x: of i and header:x: of j');
  });
  test('claims are written into headers', () => {
    expect(told(`{issuer: i, ${jwks}, fromCookies: [c], outputClaimToHeaders: [{header: X-A, claim: a.b}, {header: x-a, claim: c}, {header: x-b, claim: d}], outputPayloadToHeader: X-P}`)).toEqual({ 'x-forwarded-client-cert': 'certificate', 'x-a': 'claims a.b×1 c×1', 'x-b': 'claims d×1', 'x-p': 'claims payload×1' });
    expect(told(`{issuer: i, ${jwks}, fromCookies: [c], outputClaimToHeaders: [{header: x, claim: a}]}`, `{issuer: j, ${jwks}, fromCookies: [c], outputClaimToHeaders: [{header: x, claim: b}]}`)['x']).toBe('claims a×1 b×1');
  });
  test('a rule with audiences may be passed by where another accepts the token, so that it writes nothing', () => {
    const own = (issuer: string, more = ''): string => `{issuer: "${issuer}", ${jwks}, fromCookies: [c]${more}}`;
    const writing = ', audiences: [a], outputClaimToHeaders: [{header: x, claim: a}]';
    expect(told(own('i', writing), own('j'))['x']).toBe('claims a×1');
    expect(told(own('i', writing), own('i'))['x']).toBe('claims a?×1');
    expect(told(own('i', writing), own(''))['x']).toBe('claims a?×1');
    expect(told(own('', writing), own('i'))['x']).toBe('claims a?×1');
    expect(told(own('i', writing))['x']).toBe('claims a×1');
  });
  test('what is taken here and written there is said by the content of both', () => {
    const both = `{issuer: i, ${jwks}, fromHeaders: [{name: x}], outputClaimToHeaders: [{header: x, claim: a}]}`;
    expect(told(both)['x']).toBe('several');
    const how = (...rules: readonly string[]): string | undefined => rewrittenHeaders(rulesOf(...rules)).get('x')?.how;
    // A rule beside it that does not touch the header changes nothing; one that does is another content.
    expect(how(both, `{issuer: j, ${jwks}, fromCookies: [c]}`)).toBe(how(both));
    expect(how(both, `{issuer: j, ${jwks}, fromHeaders: [{name: x}]}`)).not.toBe(how(both));
    expect(how(`{issuer: i, ${jwks}, fromHeaders: [{name: x}]}`)).not.toBe(how(`{issuer: k, ${jwks}, fromHeaders: [{name: x}]}`));
  });
  test('matchers of the tokens that are read', () => {
    const rewriting = rewrittenHeaders(rulesOf(`{issuer: i, ${jwks}, fromHeaders: [{name: x, prefix: "T "}]}`)).get('x');
    expect(rewriting?.by === 'taken' ? rewriting.tokens.map(({ locations, keys, issuer }) => matcherKey({ type: 'token', locations, keys, ...(issuer === undefined ? {} : { issuer: { type: 'exact', text: issuer } }) }).replaceAll(/jwks:\w+/g, 'KEYS')) : []).toEqual(['token locations ["header:x:T "] keys "KEYS" issuer exact "i"']);
  });
});
