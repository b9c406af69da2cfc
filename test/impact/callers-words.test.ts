/** Who may send the requests of a region: workloads by name, everybody else in words (`docs/report.md`, `callers`). */
import { describe, expect, test } from 'vitest';
import { callersOf, knownIdentities, type KnownIdentities } from '#impact/callers.ts';
import type { Callers } from '#impact/change.ts';
import { podCallers } from '#impact/pod-callers.ts';
import type { Mesh } from '#mesh/model.ts';
import type { Cube, Predicate } from '#sets/cube.ts';
import type { Matcher, TextMatcher } from '#sets/matcher.ts';
import { closedMesh, readManifests } from '#app/scenarios.ts';

const namespace = (name: string, injected = true): string => `apiVersion: v1\nkind: Namespace\nmetadata: {name: ${name}, labels: {istio-injection: ${injected ? 'enabled' : 'disabled'}}}\n`;
const workload = (place: string, name: string, account = name): string => `apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: ${name}, namespace: ${place}}\nspec: {selector: {matchLabels: {app: ${name}}}, template: {metadata: {labels: {app: ${name}}}, spec: {serviceAccountName: ${account}, containers: [{name: app, image: app}]}}}\n`;
const config = (text: string): string => `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: istio, namespace: istio-system}\ndata: {mesh: "${text}"}\n`;

const declared = [namespace('shop'), namespace('web'), namespace('old', false), workload('shop', 'cart'), workload('shop', 'alike', 'cart'), workload('shop', 'pay'), workload('web', 'front'), workload('old', 'till')];
const meshOf = (...more: readonly string[]): Mesh => closedMesh(readManifests([...declared, ...more].join('---\n')));


function shop(): { readonly mesh: Mesh; readonly known: KnownIdentities } {
  const mesh = meshOf();
  return { mesh, known: knownIdentities(mesh) };
}

const exact = (text: string): TextMatcher => ({ type: 'exact', text });
const principal = (pattern: TextMatcher): Matcher => ({ type: 'principal', pattern });
const account = (place: string, name: string): Matcher => ({ type: 'service-account', namespace: place, account: name, plane: 'envoy' });
const glob = (text: string): Matcher => ({ type: 'namespace-glob', glob: text });
const domain = (text: string): Matcher => ({ type: 'trust-domain', pattern: exact(text) });
const peer = (any: readonly Matcher[], none: readonly Matcher[] = []): Predicate => ({ dimension: 'peer', any, none });
const cube = (...predicates: readonly Predicate[]): Cube => ({ predicates, origins: [] });
const who = (...predicates: readonly Predicate[]): Callers => {
  const { mesh, known } = shop();
  return callersOf([cube(...predicates)], known, mesh);
};

const cart = ['shop/alike[Deployment]', 'shop/cart[Deployment]'];
const inShop = [...cart, 'shop/pay[Deployment]'];
const everybody = [...inShop, 'web/front[Deployment]'];

describe('identities that workloads present', () => {
  test('one each, shared where two run under one account; none outside the mesh', () => {
    const { byPrincipal, byNamespace } = shop().known;
    expect([...byPrincipal]).toEqual([
      ['cluster.local/ns/shop/sa/cart', cart],
      ['cluster.local/ns/shop/sa/pay', ['shop/pay[Deployment]']],
      ['cluster.local/ns/web/sa/front', ['web/front[Deployment]']],
    ]);
    expect([...byNamespace]).toEqual([['shop', ['cluster.local/ns/shop/sa/cart', 'cluster.local/ns/shop/sa/pay']], ['web', ['cluster.local/ns/web/sa/front']]]);
  });
});

describe('known callers', () => {
  test('by exact principal, account or namespace', () => {
    expect(who(peer([principal(exact('cluster.local/ns/shop/sa/cart'))]))).toEqual({ known: cart, open: [], plaintext: false, internet: false });
    expect(who(peer([account('shop', 'pay')]))).toEqual({ known: ['shop/pay[Deployment]'], open: [], plaintext: false, internet: false });
    expect(who(peer([glob('shop')]))).toEqual({ known: inShop, open: ['any other identity in namespace shop'], plaintext: false, internet: false });
    expect(who(peer([{ type: 'namespace', pattern: exact('web') }]))).toEqual({ known: ['web/front[Deployment]'], open: ['any other identity in namespace web'], plaintext: false, internet: false });
    expect(who(peer([{ type: 'namespace', pattern: { type: 'prefix', text: 'w' } }]))).toEqual({ known: ['web/front[Deployment]'], open: ['any other identity in namespace w*'], plaintext: false, internet: false });
    // A namespace is narrower than a pattern, whichever stands first.
    const pattern = peer([principal({ type: 'prefix', text: 'cluster.local/ns/w' })]);
    const place = peer([{ type: 'namespace', pattern: exact('web') }]);
    for (const conditions of [[pattern, place], [place, pattern]]) expect(who(...conditions)).toEqual({ known: ['web/front[Deployment]'], open: ['any other identity in namespace web'], plaintext: false, internet: false });
  });

  test('a pattern finds those that it matches', () => {
    expect(who(peer([glob('s*')]))).toEqual({ known: inShop, open: ['any other identity in namespace s*'], plaintext: false, internet: false });
    expect(who(peer([principal({ type: 'suffix', text: '/sa/front' })]))).toEqual({ known: ['web/front[Deployment]'], open: ['any other identity that */sa/front matches'], plaintext: false, internet: false });
  });

  test('`sa` finds those of a namespace `ns`, too: the text `/ns/sa/` stands in both (A3.15)', () => {
    const mesh = meshOf(namespace('ns'), workload('ns', 'x'), namespace('sa'), workload('sa', 'z'));
    expect(callersOf([cube(peer([glob('sa')]))], knownIdentities(mesh), mesh).known).toEqual(['ns/x[Deployment]', 'sa/z[Deployment]']);
  });

  test('without those that are excepted', () => {
    expect(who(peer([glob('shop')], [account('shop', 'cart')])).known).toEqual(['shop/pay[Deployment]']);
    expect(who(peer([], [glob('shop')])).known).toEqual(['web/front[Deployment]']);
  });

  test('several conditions hold at once', () => {
    expect(who(peer([glob('shop')]), peer([principal({ type: 'suffix', text: 'pay' })])).known).toEqual(['shop/pay[Deployment]']);
    expect(who(peer([glob('shop')]), peer([{ type: 'identified' }])).known).toEqual(inShop);
  });

  test('beside anybody a few names are enough', () => {
    const mesh = meshOf(namespace('many'), ...Array.from({ length: 30 }, (_, index) => workload('many', `w${String(index)}`)));
    const known = knownIdentities(mesh);
    expect(callersOf([cube()], known, mesh).known).toHaveLength(20);
    expect(callersOf([cube(peer([glob('many')]))], known, mesh).known).toHaveLength(30);
  });
});

describe('callers that no manifest creates', () => {
  test('any identity, however it is said', () => {
    for (const matcher of [{ type: 'identified' }, principal({ type: 'non-empty' }), principal({ type: 'present' }), domain('cluster.local')] as const) expect(who(peer([matcher]))).toEqual({ known: everybody, open: ['any other mesh identity'], plaintext: false, internet: false });
  });

  test('an account that nobody here uses', () => {
    expect(who(peer([account('shop', 'gone')]))).toEqual({ known: [], open: ['service account shop/gone (no workload here uses it)'], plaintext: false, internet: false });
    expect(who(peer([principal(exact('cluster.local/ns/shop/sa/gone'))])).open).toEqual(['cluster.local/ns/shop/sa/gone (no workload here uses it)']);
  });

  test('another trust domain by its name', () => {
    expect(who(peer([domain('partner')]))).toEqual({ known: [], open: ['any other identity of trust domain partner'], plaintext: false, internet: false });
    expect(who(peer([{ type: 'trust-domain', pattern: { type: 'prefix', text: 'clus' } }])).open).toEqual(['any other identity of trust domain clus*']);
  });

  test('everybody but the mesh’s own: certificates of another authority', () => {
    expect(who(peer([{ type: 'identified' }], [domain('cluster.local')]))).toEqual({ known: [], open: ['any identity of another trust domain'], plaintext: false, internet: false });
  });

  test('the mesh’s own domain without its namespaces is no other trust domain', () => {
    expect(who(peer([domain('cluster.local')], [glob('*')])).open).toEqual(['any identity of trust domain cluster.local without a namespace']);
    expect(who(peer([{ type: 'identified' }], [glob('*')])).open).toEqual(['any identity of trust domain cluster.local without a namespace']);
    // Near miss: where the own domain is taken out as a whole, another authority is left.
    expect(who(peer([{ type: 'identified' }], [domain('cluster.local'), glob('*')])).open).toEqual(['any identity of another trust domain']);
  });

  test('the narrowest of several conditions says it', () => {
    expect(who(peer([domain('cluster.local')]), peer([glob('shop')])).open).toEqual(['any other identity in namespace shop']);
    expect(who(peer([glob('shop')]), peer([account('shop', 'gone')])).open).toEqual(['service account shop/gone (no workload here uses it)']);
    expect(who(peer([account('shop', 'gone')]), peer([principal(exact('cluster.local/ns/shop/sa/gone'))])).open).toEqual(['cluster.local/ns/shop/sa/gone (no workload here uses it)']);
    expect(who(peer([principal({ type: 'prefix', text: 'cluster.local/' })]), peer([glob('shop')])).open).toEqual(['any other identity in namespace shop']);
    expect(who(peer([principal({ type: 'prefix', text: 'cluster.local/' })]), peer([domain('partner')])).open).toEqual(['any other identity that cluster.local/* matches']);
    expect(who(peer([principal({ type: 'present' })]), peer([domain('partner')])).open).toEqual(['any other identity of trust domain partner']);
    // A list is as wide as its widest entry.
    expect(who(peer([account('shop', 'gone'), { type: 'identified' }]), peer([glob('shop')])).open).toEqual(['any other identity in namespace shop']);
  });

  test('what is excepted word by word is not said', () => {
    expect(who(peer([glob('shop'), glob('web')], [glob('web')])).open).toEqual(['any other identity in namespace shop']);
    expect(who(peer([principal(exact('cluster.local/ns/shop/sa/gone'))], [account('shop', 'gone')])).open).toEqual([]);
    expect(who(peer([], [{ type: 'identified' }])).open).toEqual([]);
    expect(who(peer([], [glob('*')])).open).toEqual([]);
  });

  test('an alias of the trust domain may hold the same account for somebody else', () => {
    const mesh = meshOf(config('trustDomainAliases: [former]'));
    const aliased = (...predicates: readonly Predicate[]): readonly string[] => callersOf([cube(...predicates)], knownIdentities(mesh), mesh).open;
    expect(aliased(peer([account('shop', 'cart')]))).toEqual(['any other identity that service account shop/cart matches']);
    expect(aliased(peer([account('shop', 'gone')]))).toEqual(['service account shop/gone (no workload here uses it)']);
    expect(aliased(peer([domain('cluster.local'), domain('former')]))).toEqual(['any other mesh identity']);
    expect(aliased(peer([domain('partner')]))).toEqual(['any other identity of trust domain partner']);
  });

  test('the alias alone is no foreign authority: the mesh takes its certificates', () => {
    const mesh = meshOf(config('trustDomainAliases: [former, older]'));
    const aliased = (...predicates: readonly Predicate[]): readonly string[] => callersOf([cube(...predicates)], knownIdentities(mesh), mesh).open;
    expect(aliased(peer([domain('former')]))).toEqual(['any other identity of trust domain former']);
    expect(aliased(peer([{ type: 'identified' }], [domain('cluster.local')]))).toEqual(['any other identity of trust domain former', 'any other identity of trust domain older']);
    expect(aliased(peer([{ type: 'identified' }], [domain('cluster.local'), domain('former'), domain('older')]))).toEqual(['any identity of another trust domain']);
  });
});

describe('connections that carry an identity, and those that carry none', () => {
  const over = (...protocols: readonly string[]): Predicate => ({ dimension: 'protocol', any: protocols.map((text) => ({ type: 'one-of', text })), none: [] });

  test('bytes in the mesh’s TLS carry one as HTTP does', () => {
    expect(who(over('tcp')).known).toEqual(everybody);
    expect(who(over('tcp')).plaintext).toBe(true);
    expect(who(over('https'))).toEqual({ known: [], open: [], plaintext: true, internet: false });
  });

  test('who asks for a server name and has no identity speaks TLS of its own', () => {
    const named: Predicate = { dimension: 'sni', any: [exact('a.example')], none: [] };
    expect(who(named, over('https')).plaintext).toBe(true);
    expect(who(named, over('tls')).plaintext).toBe(true);
    expect(who(named, over('tcp')).plaintext).toBe(false);
  });

  test('an absent identity beside others', () => {
    expect(who(peer([{ type: 'absent' }, account('shop', 'cart')]))).toEqual({ known: cart, open: [], plaintext: true, internet: false });
    expect(who(peer([{ type: 'absent' }]))).toEqual({ known: [], open: [], plaintext: true, internet: false });
  });

  test('several cubes name all of their callers', () => {
    const { mesh, known } = shop();
    expect(callersOf([cube(peer([account('shop', 'pay')])), cube(peer([{ type: 'absent' }])), cube(peer([account('web', 'front')]))], known, mesh)).toEqual({ known: ['shop/pay[Deployment]', 'web/front[Deployment]'], open: [], plaintext: true, internet: false });
    expect(callersOf([], known, mesh)).toEqual({ known: [], open: [], plaintext: false, internet: false });
  });
});

describe('callers where NetworkPolicies look at the pod', () => {
  const label = (key: string, any: readonly string[], none: readonly string[] = []): Predicate => ({ dimension: `pod-label:${key}`, any: any.map(exact), none: none.map(exact) });
  const from = (...names: readonly string[]): Matcher => ({ type: 'source-namespace', names, declared: ['old', 'shop', 'web'], selection: undefined });
  const both = { identified: true, unidentified: true };
  const pods = (predicates: readonly Predicate[], carried = both): ReturnType<typeof podCallers> => podCallers(cube(...predicates), shop().mesh, carried);

  test('workloads by namespace and labels, in the mesh or not', () => {
    expect(pods([peer([from('shop')])])).toEqual({ known: inShop, open: ['any other pod in namespace shop'], outside: false });
    expect(pods([peer([from('old')])]).known).toEqual(['old/till[Deployment]']);
    expect(pods([peer([from('shop', 'web')]), label('app', ['cart', 'front'])])).toEqual({ known: ['shop/cart[Deployment]', 'web/front[Deployment]'], open: ['any other pod in namespace shop, web labelled app=cart or app=front'], outside: false });
    expect(pods([label('app', [], ['cart'])])).toEqual({ known: ['old/till[Deployment]', 'shop/alike[Deployment]', 'shop/pay[Deployment]', 'web/front[Deployment]'], open: ['any other pod in any namespace without app=cart'], outside: true });
    expect(pods([label('app', ['cart']), label('tier', [], ['back'])]).open).toEqual(['any other pod in any namespace labelled app=cart and without tier=back']);
    expect(pods([label('app', ['cart']), label('tier', ['back'])]).open).toEqual(['any other pod in any namespace labelled app=cart, tier=back']);
    expect(pods([label('app', [], ['cart', 'pay'])]).open).toEqual(['any other pod in any namespace without app=cart, app=pay']);
    const bare: Predicate = { dimension: 'pod-label:app', any: [], none: [{ type: 'present' }, { type: 'exact', text: 'cart' }] };
    expect(pods([bare]).open).toEqual(['any other pod in any namespace without app']);
    expect(pods([{ dimension: 'pod-label:app', any: [{ type: 'present' }], none: [] }]).open).toEqual(['any other pod in any namespace labelled app']);
  });

  test('an account whose pods have other labels, for a pod that may have both', () => {
    expect(pods([peer([account('shop', 'pay')]), label('app', ['front'])], { identified: true, unidentified: false })).toEqual({ known: [], open: ['any other pod of account shop/pay labelled app=front'], outside: false });
    expect(pods([peer([principal(exact('cluster.local/ns/shop/sa/pay'))]), label('app', ['front'])]).open).toEqual(['any other pod of account shop/pay labelled app=front']);
    // Near misses: a declared pod has both, the account is taken out, or the connection carries no identity.
    expect(pods([peer([account('shop', 'pay')]), label('app', ['pay'])])).toMatchObject({ known: ['shop/pay[Deployment]'], open: [] });
    expect(pods([peer([account('shop', 'pay')], [account('shop', 'pay')]), label('app', ['front'])]).open).toEqual([]);
    expect(pods([peer([account('shop', 'pay')]), label('app', ['front'])], { identified: false, unidentified: true }).open).toEqual([]);
  });

  test('with an identity where the connection carries one and the pod has it', () => {
    expect(pods([peer([account('shop', 'pay')])])).toEqual({ known: ['shop/pay[Deployment]'], open: [], outside: false });
    expect(pods([peer([account('shop', 'pay')])], { identified: false, unidentified: true }).known).toEqual([]);
    expect(pods([peer([account('old', 'till')])]).known).toEqual([]);
    expect(pods([peer([], [{ type: 'identified' }])], { identified: true, unidentified: false }).known).toEqual([]);
    expect(pods([peer([from('shop'), from('old')])], { identified: true, unidentified: false }).known).toEqual(inShop);
  });

  test('from outside the cluster where no pod is asked for and none need an identity', () => {
    expect(pods([]).outside).toBe(true);
    expect(pods([], { identified: true, unidentified: false }).outside).toBe(false);
    expect(pods([peer([from('shop')])]).outside).toBe(false);
  });

  test('a cube that looks at pods is told by them', () => {
    const { mesh, known } = shop();
    expect(callersOf([cube(peer([from('old')])), cube(label('app', [], ['x']))], known, mesh)).toMatchObject({ known: ['old/till[Deployment]', ...everybody], open: ['any other pod in any namespace without app=x', 'any other pod in namespace old'], plaintext: true });
    expect(callersOf([cube(peer([], [from('shop')]))], known, mesh)).toMatchObject({ known: ['old/till[Deployment]', 'web/front[Deployment]'], open: ['any other pod in any namespace'] });
  });
});
