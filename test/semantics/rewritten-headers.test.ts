/** Conditions on headers that the proxy itself writes or takes away (A5.12, A3.J): what the request tells of them, and what stays one boolean. */
import { describe, expect, test } from 'vitest';
import { assumedHolds, headerDimension, lowerRewritten, opaqueKey } from '#semantics/rewritten-headers.ts';
import type { HeaderCondition, ReadableToken, Rewriting, Writer } from '#semantics/rewritten-headers.ts';
import { cubeKey, matcherKey } from '#sets/keys.ts';
import type { Matcher } from '#sets/matcher.ts';

const exact = (text: string): Matcher => ({ type: 'exact', text });
const prefix = (text: string): Matcher => ({ type: 'prefix', text });
const suffix = (text: string): Matcher => ({ type: 'suffix', text });
const present: Matcher = { type: 'present' };
const nonEmpty: Matcher = { type: 'non-empty' };
const asks = (any: readonly Matcher[], none: readonly Matcher[] = [], name = 'x'): HeaderCondition => ({ on: 'header', name, any, none });
const one: ReadableToken = { locations: ['parameter:t'], keys: 'k', issuer: 'i' };
const other: ReadableToken = { locations: ['cookie:c'], keys: 'l', issuer: 'j' };
const anyIssuer: ReadableToken = { ...one, issuer: undefined };

/** Alternatives as text; a boolean is named by the value that it stands for. */
function lowered(condition: HeaderCondition, rewriting: Rewriting): readonly string[] {
  const names = new Map<string, string>();
  const found = lowerRewritten(condition, rewriting, (key, value) => names.set(key, `[${value.any.map(matcherKey).join(' ')}]`));
  return found.map((predicates) => inOrder([...names].reduce((text, [key, name]) => text.replaceAll(`${key}: holds`, name).replaceAll(`${key}: * except holds`, `not ${name}`), cubeKey({ predicates, origins: [] }))));
}

/** The parts of a conjunction in the order of their names. */
function inOrder(text: string): string {
  return text.split(' & ').sort().join(' & ');
}

const A = 'token locations ["parameter:t"] reading token keys "k" issuer exact "i"';
const B = 'token locations ["cookie:c"] reading token keys "l" issuer exact "j"';

test('`:path` is the path with its query', () => {
  expect([headerDimension(':path'), headerDimension('x')]).toEqual(['path.query', 'header:x']);
});

test('what several rules make of a header is one boolean a value', () => {
  const several: Rewriting = { by: 'several', how: 'content' };
  expect(lowered(asks([exact('a'), prefix('b')], [exact('c')]), several)).toEqual(['[exact "a"] & not [exact "c"]', '[prefix "b"] & not [exact "c"]']);
  expect(lowered(asks([exact('a'), prefix('b')]), several)).toEqual(['[exact "a"]', '[prefix "b"]']);
  expect(lowered(asks([], [exact('c')]), several)).toEqual(['not [exact "c"]']);
  expect(opaqueKey('x', exact('a'), 'content')).not.toBe(opaqueKey('x', exact('a'), 'other'));
  expect(opaqueKey('x', exact('a'), 'content')).not.toBe(opaqueKey('y', exact('a'), 'content'));
  expect(opaqueKey('x', exact('a'), 'content')).not.toBe(opaqueKey('x', exact('b'), 'content'));
});

test('a question may give these booleans', () => {
  const given = { [opaqueKey('x', exact('a'), 'h')]: true, [opaqueKey('x', exact('b'), 'h')]: false };
  const holds = (any: readonly Matcher[], none: readonly Matcher[] = [], how = 'h'): boolean | undefined => assumedHolds(asks(any, none), how, given);
  expect([holds([exact('a')]), holds([exact('b')]), holds([exact('c')]), holds([exact('a')], [], 'other'), holds([exact('c'), exact('a')]), holds([], [exact('a')]), holds([], [exact('b')]), holds([exact('a')], [exact('a')]), holds([exact('c')], [exact('b')])]).toEqual([true, false, undefined, undefined, true, false, true, false, false]);
});

test('a header from which a token is taken is the client’s own where none is taken', () => {
  const taken: Rewriting = { by: 'taken', how: 'h', tokens: [one] };
  expect(lowered(asks([exact('a')]), taken)).toEqual([`header:x: exact "a" & token: * except ${A}`, `[exact "a"] & token: ${A}`]);
  expect(lowered(asks([], [exact('a')]), taken)).toEqual([`header:x: * except exact "a" & token: * except ${A}`, `not [exact "a"] & token: ${A}`]);
  expect(lowered(asks([exact('/a')], [], ':path'), taken)).toEqual([`path.query: exact "/a" & token: * except ${A}`, `[exact "/a"] & token: ${A}`]);
});

describe('a header that rules write from claims', () => {
  const writer = (path: readonly string[] | undefined, more: Partial<Writer> = {}): Writer => ({ tokens: [one], path, certain: true, ...more });
  const written = (condition: HeaderCondition, ...writers: readonly Writer[]): readonly string[] => lowered(condition, { by: 'claims', how: 'h', writers });

  test('is the claim where a token is accepted, and absent else', () => {
    expect(written(asks([exact('a')]), writer(['role']))).toEqual([`token: ${A} & written:role: exact "a"`]);
    expect(written(asks([], [exact('a')]), writer(['role']))).toEqual([`token: * except ${A}`, `token: ${A} & written:role: * except exact "a"`]);
    expect(written(asks([exact('a')], [exact('b')]), writer(['a', 'b/c']))).toEqual([`token: ${A} & written:a/b~1c: exact "a" except exact "b"`]);
  });
  test('is never there where no token can be read', () => {
    expect(written(asks([present]), writer(['role'], { tokens: [] }))).toEqual([]);
    expect(written(asks([], [present]), writer(['role'], { tokens: [] }))).toEqual(['*']);
  });
  test('of two rules is told apart by the issuers of their tokens', () => {
    expect(written(asks([exact('a')]), writer(['role']), writer(['group'], { tokens: [other] }))).toEqual([`token: ${A} & written:role: exact "a"`, `token: ${B} & written:group: exact "a"`]);
    const unclear = [`[exact "a"] & token: ${A}`];
    expect(written(asks([exact('a')]), writer(['role']), writer(['group']))).toEqual(unclear);
    expect(written(asks([exact('a')]), writer(['role'], { certain: false }))).toEqual(unclear);
    expect(written(asks([exact('a')]), writer(['role']), writer(['group'], { tokens: [{ ...other, issuer: undefined }] }))).toEqual([`[exact "a"] & token: token locations ["cookie:c"] reading token keys "l" | ${A}`]);
    expect(written(asks([], [exact('a')]), writer(['role'], { certain: false }))).toEqual([`token: * except ${A}`, `not [exact "a"] & token: ${A}`]);
    // A rule that reads nothing plays no part.
    expect(written(asks([exact('a')]), writer(['role']), writer(['group'], { tokens: [], certain: true }))).toEqual([`token: ${A} & written:role: exact "a"`]);
  });
  test('issuer and subject are part of the token', () => {
    expect(written(asks([exact('s'), prefix('t')]), writer(['sub']))).toEqual([`token: ${A} subject exact "s" | ${A} subject prefix "t"`]);
    expect(written(asks([], [exact('s')]), writer(['sub']))).toEqual([`token: * except ${A}`, `token: ${A} except ${A} subject exact "s"`]);
    expect(written(asks([exact('i')]), writer(['iss']))).toEqual([`token: ${A}`]);
    expect(written(asks([exact('z')]), writer(['iss']))).toEqual([]);
    expect(written(asks([], [exact('z')]), writer(['iss']))).toEqual([`token: * except ${A}`, `token: ${A}`]);
    expect(written(asks([], [exact('i')]), writer(['iss']))).toEqual([`token: * except ${A}`, `token: ${A} except ${A}`]);
    expect(written(asks([prefix('z')]), writer(['iss'], { tokens: [anyIssuer] }))).toEqual(['token: token locations ["parameter:t"] reading token keys "k" issuer prefix "z"']);
    // A claim within one of these names is another one.
    expect(written(asks([exact('a')]), writer(['sub', 'x']))).toEqual([`token: ${A} & written:sub/x: exact "a"`]);
    expect(written(asks([{ type: 'absent' }]), writer(['sub']))).toEqual([`[absent] & token: ${A}`]);
  });
  test('the whole payload is an object in base64: it begins with `e`', () => {
    const payload = (any: readonly Matcher[], none: readonly Matcher[] = []): readonly string[] => written(asks(any, none), writer(undefined));
    const accepted = `token: ${A}`;
    for (const sure of [present, nonEmpty, prefix('e')]) expect([matcherKey(sure), payload([sure])]).toEqual([matcherKey(sure), [accepted]]);
    for (const never of [exact('a'), prefix('a'), suffix('a='), suffix('.')]) expect([matcherKey(never), payload([never])]).toEqual([matcherKey(never), []]);
    for (const open of [exact('eyJ'), prefix('ey'), suffix('a')]) expect([matcherKey(open), payload([open])]).toEqual([matcherKey(open), [`[${matcherKey(open)}] & ${accepted}`]]);
    expect(payload([], [exact('a')])).toEqual([`token: * except ${A}`, accepted]);
    expect(payload([], [present])).toEqual([`token: * except ${A}`]);
    expect(payload([], [exact('eyJ')])).toEqual([`token: * except ${A}`, `not [exact "eyJ"] & ${accepted}`]);
    expect(payload([exact('a'), present])).toEqual([accepted]);
    expect(payload([present], [exact('a')])).toEqual([accepted]);
  });
});

describe('the certificate of the client, as the sidecar writes it', () => {
  const name = 'x-forwarded-client-cert';
  const certificate = (any: readonly Matcher[], none: readonly Matcher[] = []): readonly string[] => lowered(asks(any, none, name), { by: 'certificate', how: 'sidecar' });
  const alone = `header:${name}: * except present & peer: identified`;
  const behind = `header:${name}: present & peer: identified`;
  const nobody = 'peer: * except identified';
  test('is there for whoever has an identity', () => {
    for (const matcher of [present, nonEmpty]) {
      expect(certificate([matcher])).toEqual([alone, behind].map(inOrder));
      expect(certificate([], [matcher])).toEqual([nobody].map(inOrder));
    }
  });
  test('begins with the client’s own text where there is one', () => {
    expect(certificate([prefix('By=')])).toEqual([alone, `${behind} & header:${name}: prefix "By="`].map(inOrder));
    expect(certificate([prefix('x')])).toEqual([`header:${name}: present & header:${name}: prefix "x" & peer: identified`].map(inOrder));
    expect(certificate([prefix('By=spiffe://a')])).toEqual([`[prefix "By=spiffe://a"] & ${alone}`, `header:${name}: present & header:${name}: prefix "By=spiffe://a" & peer: identified`].map(inOrder));
    expect(certificate([prefix('a,b')])).toEqual([`[prefix "a,b"] & ${behind}`].map(inOrder));
  });
  test('ends with the identity of the client', () => {
    expect(certificate([suffix('sa/a')])).toEqual([`${alone} & peer: principal suffix "sa/a"`, `${behind} & peer: principal suffix "sa/a"`].map(inOrder));
    expect(certificate([], [suffix('sa/a')])).toEqual([nobody, `${alone} & peer: * except principal suffix "sa/a"`, `${behind} & peer: * except principal suffix "sa/a"`].map(inOrder));
    for (const unsure of ['/a', 'spiffe://td', 'URI=a', 'a,b', '"']) expect([unsure, certificate([suffix(unsure)])]).toEqual([unsure, [`[suffix ${JSON.stringify(unsure)}] & ${alone}`, `[suffix ${JSON.stringify(unsure)}] & ${behind}`].map(inOrder)]);
    // A value that is written to mean "contains" matches nobody.
    expect(certificate([suffix('a*')])).toEqual([]);
    expect(certificate([], [suffix('a*')])).toEqual([nobody, alone, behind].map(inOrder));
  });
  test('as a whole is known to nobody', () => {
    expect(certificate([exact('a')])).toEqual([]);
    expect(certificate([exact('By=spiffe://a')])).toEqual([`[exact "By=spiffe://a"] & ${alone}`].map(inOrder));
    expect(certificate([exact('a,By=spiffe://a')])).toEqual([`[exact "a,By=spiffe://a"] & ${behind}`].map(inOrder));
  });
  test('one of two values is enough', () => {
    expect(certificate([suffix('a'), suffix('b')])).toEqual([`${alone} & peer: principal suffix "a"`, `${alone} & peer: principal suffix "b"`, `${behind} & peer: principal suffix "a"`, `${behind} & peer: principal suffix "b"`].map(inOrder));
    expect(certificate([suffix('a'), present])).toEqual([alone, behind].map(inOrder));
    expect(certificate([suffix('a'), exact('z')])).toEqual([`${alone} & peer: principal suffix "a"`, `${behind} & peer: principal suffix "a"`].map(inOrder));
    expect(certificate([present], [suffix('a')])).toEqual([`${alone} & peer: * except principal suffix "a"`, `${behind} & peer: * except principal suffix "a"`].map(inOrder));
  });
});
