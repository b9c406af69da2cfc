import { describe, expect, test } from 'vitest';
import { deployment, mtls, namespace, policy, service } from '../support/manifests.ts';
import { changesIn, newCodes, reviewed } from '../support/reviewed.ts';
import { stream, type Files } from '../support/tree.ts';

const front = 'cluster.local/ns/shop/sa/default';

/** A shop with one workload, one caller and whatever else. */
function shop(more: readonly string[], options: { readonly port?: string; readonly inject?: string } = {}): Files {
  const { port = 'http', inject } = options;
  const labels = { app: 'pay', ...(inject === undefined ? {} : { 'sidecar.istio.io/inject': inject }) };
  return {
    'world.yaml': stream(
      namespace('shop', { 'istio-injection': 'enabled' }),
      namespace('lab', {}),
      deployment({ name: 'pay', namespace: 'shop' }, labels),
      service({ name: 'pay', namespace: 'shop' }, { app: 'pay' }).replace('name: http', `name: ${port}`),
      deployment({ name: 'front', namespace: 'shop' }, { app: 'front' }),
    ),
    'more.yaml': stream(...more, namespace('last')),
  };
}

const from = (source: string): string => policy({ name: 'pay', namespace: 'shop' }, front).replace(`principals: ["${front}"]`, source).replace('spec:\n', 'spec:\n  selector: {matchLabels: {app: pay}}\n');

describe('who may call', () => {
  test('an account is called by its name, not any identity of its trust domain', () => {
    const report = reviewed(shop([from(`principals: ["${front}"]`)]), shop([from('serviceAccounts: ["lab/robot"]')]));
    const [widened] = report.changes.filter((change) => change.direction === 'widened');
    expect(widened?.callers).toMatchObject({ open: ['service account lab/robot (no workload here uses it)'], plaintext: false });
    expect(newCodes(report)).toContain('MP201 low');
  });

  test('a namespace is no mesh', () => {
    const report = reviewed(shop([from('namespaces: ["lab"]')]), shop([from('namespaces: ["lab", "ops"]')]));
    expect(report.changes.map((change) => change.callers.open)).toEqual([['any other identity in namespace ops']]);
    expect(newCodes(report)).toContain('MP201 medium');
  });

  test('a `*` between the slashes lets nobody in', () => {
    expect(changesIn(reviewed(shop([from(`principals: ["${front}"]`)]), shop([from('principals: ["cluster.local/ns/*/sa/default"]')])))).toEqual(['narrowed access']);
    expect(changesIn(reviewed(shop([from(`principals: ["${front}"]`)]), shop([from('principals: ["cluster.local/ns/*"]')])))).toEqual(['widened access']);
  });
});

describe('what is one event', () => {
  test('a workload that leaves the mesh is told once at itself, with a plain request as the proof, and once where it calls', () => {
    const report = reviewed(shop([mtls({ name: 'default', namespace: 'shop' }, 'STRICT')]), shop([mtls({ name: 'default', namespace: 'shop' }, 'STRICT')], { inject: '"false"' }));
    expect(changesIn(report)).toEqual(['narrowed identity', 'widened mtls']);
    expect(report.changes[1]).toMatchObject({ direction: 'narrowed', destinations: [{ id: 'shop/front' }], callers: { known: ['shop/pay[Deployment]'] }, witness: { head: { layer: 'mtls' } } });
    expect(newCodes(report).filter((code) => code.startsWith('MP203'))).toEqual(['MP203 info']);
    expect(report.changes[0]?.witness).toMatchObject({ from: { principal: null }, request: { protocol: 'http', method: 'GET', path: '/' }, base: { layer: 'mtls' } });
    expect(report.changes[0]?.witness?.request.sni).toBeUndefined();
  });

  test('DISABLE lets in callers without an identity and loses those with one; certificates from elsewhere are no third event', () => {
    expect(changesIn(reviewed(shop([mtls({ name: 'default', namespace: 'shop' }, 'STRICT')]), shop([mtls({ name: 'default', namespace: 'shop' }, 'DISABLE')])))).toEqual(['narrowed mtls', 'widened mtls', 'widened mtls']);
  });
});

describe('a port that no longer asks for HTTP', () => {
  test('opens nothing to callers without an identity', () => {
    const report = reviewed(shop([]), shop([], { port: 'tcp-pay' }));
    expect(changesIn(report)).toEqual(['widened access']);
    expect(newCodes(report)).toEqual(['MP201 low']);
    expect(report.verdict).toBe('warn');
  });

  test('is no change where the name stays HTTP', () => {
    expect(reviewed(shop([]), shop([], { port: 'http2-pay' })).changes).toEqual([]);
  });
});

describe('a port that newly asks for HTTP', () => {
  const named = from(`principals: ["${front}"]`);
  const lost = (before: string): readonly string[] => newCodes(reviewed(shop([named], { port: before }), shop([named], { port: 'http' }))).filter((code) => code.startsWith('MP203'));

  test('is lost to a named caller where a Service said that it speaks something else', () => {
    expect(lost('tcp-pay')).toEqual(['MP203 high']);
  });

  test('is no declared loss where nothing said what it speaks', () => {
    expect(lost('pay')).toEqual(['MP203 info']);
  });
});

describe('a tie of two PeerAuthentications', () => {
  const both = [mtls({ name: 'default', namespace: 'shop' }, 'STRICT'), mtls({ name: 'relaxed', namespace: 'shop' }, 'PERMISSIVE')];

  test('that is settled by deleting the weak one narrows, under its assumption', () => {
    const report = reviewed(shop(both), shop(both.slice(0, 1)));
    expect([...new Set(changesIn(report))]).toEqual(['narrowed mtls']);
    expect(report.changes.every((change) => change.assumptions.includes('tie:shop'))).toBe(true);
  });

  test('that is settled by deleting the strict one widens only', () => {
    expect([...new Set(changesIn(reviewed(shop(both), shop(both.slice(1)))))]).toEqual(['widened mtls']);
  });

  test('of equal modes says nothing', () => {
    const same = [mtls({ name: 'default', namespace: 'shop' }, 'STRICT'), mtls({ name: 'again', namespace: 'shop' }, 'STRICT')];
    expect(reviewed(shop(same), shop(same.slice(0, 1))).changes).toEqual([]);
  });
});

describe('a pod that asks for a proxy itself', () => {
  const bare = (inject: string | undefined): Files => {
    const files = shop([from('principals: ["cluster.local/ns/lab/sa/robot"]')], inject === undefined ? {} : { inject });
    return { ...files, 'world.yaml': (files['world.yaml'] ?? '').replace('istio-injection: enabled', 'team: shop') };
  };

  test('tells that its namespace does not: the policies bite from now on', () => {
    expect(changesIn(reviewed(bare(undefined), bare('"true"')))).toContain('narrowed enrolment');
  });

  test('says nothing by a label that no hook reads', () => {
    expect(reviewed(bare(undefined), bare('"maybe"')).changes).toEqual([]);
  });
});

describe('tokens', () => {
  const authentication = (rules: string): string => `apiVersion: security.istio.io/v1\nkind: RequestAuthentication\nmetadata: {name: idp, namespace: shop}\nspec:\n  selector: {matchLabels: {app: pay}}\n  jwtRules:\n${rules}`;
  const one = '  - issuer: https://idp.example\n    jwksUri: https://idp.example/keys\n';
  const users = from('requestPrincipals: ["*"]');

  test('of a second issuer are described by issuer and keys alone', () => {
    const report = reviewed(shop([authentication(one), users]), shop([authentication(`${one}  - issuer: https://partner.example\n    jwksUri: https://partner.example/keys\n`), users]));
    expect(report.changes.map((change) => change.headline)).toEqual(['any client, with or without a mesh identity may now reach `shop/pay` with a token of issuer https://partner.example with a subject signed by https://partner.example/keys']);
    expect(newCodes(report)).toContain('MP304 high');
    expect(newCodes(report).filter((code) => code.startsWith('MP301'))).toEqual([]);
  });

  test('that are no longer needed are another finding', () => {
    expect(newCodes(reviewed(shop([authentication(one), users]), shop([authentication(one)])))).toContain('MP301 high');
  });
});
