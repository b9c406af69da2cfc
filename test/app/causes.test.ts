/** The causes that a whole review names, and how each output says them. */
import { describe, expect, test } from 'vitest';
import type { Change } from '#impact/change.ts';
import { toJson } from '#report/json/to-json.ts';
import { summaryMarkdown } from '#report/markdown/summary.ts';
import { sarifText } from '#report/sarif/build.ts';
import type { Report } from '#report/report.ts';
import { reviewText } from '#report/text/review.ts';
import { reviewed } from '../support/reviewed.ts';
import { stream } from '../support/tree.ts';

const namespace = (name: string): string => `apiVersion: v1\nkind: Namespace\nmetadata: {name: ${name}, labels: {istio-injection: enabled}}\n`;
const app = (name: string): string =>
  `apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: ${name}, namespace: shop}\nspec:\n  selector: {matchLabels: {app: ${name}}}\n  template:\n    metadata: {labels: {app: ${name}}}\n    spec: {serviceAccountName: ${name}, containers: [{name: app, image: app}]}\n---\napiVersion: v1\nkind: Service\nmetadata: {name: ${name}, namespace: shop}\nspec: {selector: {app: ${name}}, ports: [{name: http, port: 80, targetPort: 8080}]}\n`;
const world = stream(namespace('istio-system'), namespace('shop'), app('orders'), app('cart'));
const policy = (name: string, action: string, rules: string, selected = 'orders'): string =>
  `apiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nmetadata: {name: ${name}, namespace: shop}\nspec:\n  selector: {matchLabels: {app: ${selected}}}\n  action: ${action}\n  rules:\n${rules}`;
const paths = (...list: readonly string[]): string => `  - to: [{operation: {paths: [${list.map((path) => `"${path}"`).join(', ')}]}}]\n`;

interface Told {
  readonly direction: string;
  readonly sets: readonly (readonly string[])[];
  readonly proof: string | undefined;
}

function told(change: Change): Told {
  const names = (causes: Change['causes']): readonly string[] => causes.map(({ resource }) => resource.replace('AuthorizationPolicy/shop/', ''));
  return { direction: change.direction, sets: [change.causes, ...(change.alternativeCauses ?? [])].map(names), proof: change.causeProof };
}

type Policies = Readonly<Record<string, string>>;

function changes(base: Policies, head: Policies): readonly Told[] {
  const files = (policies: Policies): Policies => ({ 'world.yaml': world, ...Object.fromEntries(Object.entries(policies).map(([name, text]) => [`${name}.yaml`, text])) });
  return reviewed(files(base), files(head)).changes.map(told);
}

const open = policy('open', 'ALLOW', paths('/x'));
const standing = policy('standing', 'ALLOW', paths('/health'));

const shut = policy('shut', 'DENY', paths('/b'));
const deny = (name: string): string => policy(name, 'DENY', paths('/x'));

describe('causes of a review', () => {
  test('one edit; a policy that selects another workload is no part of it', () => {
    const other = (path: string): string => policy('cart', 'DENY', paths(path), 'cart');
    const found = changes({ standing, cart: other('/a') }, { standing, open, cart: other('/b') });
    expect(found.filter(({ sets }) => sets.flat().includes('open'))).toEqual([{ direction: 'widened', sets: [['open']], proof: 'region' }]);
  });

  test('two edits, and three, of which each is needed', () => {
    expect(changes({ a: deny('a'), b: deny('b') }, {})).toEqual([{ direction: 'widened', sets: [['a', 'b']], proof: 'region' }]);
    expect(changes({ a: deny('a'), b: deny('b'), c: deny('c') }, {})).toEqual([{ direction: 'widened', sets: [['a', 'b', 'c']], proof: 'region' }]);
  });

  test('two edits, each of which is enough', () => {
    expect(changes({ standing }, { standing, open, also: policy('also', 'ALLOW', paths('/x')) })).toEqual([{ direction: 'widened', sets: [['also'], ['open']], proof: 'region' }]);
  });

  test('near miss: the second edit opens something else', () => {
    const found = changes({ standing }, { standing, open, also: policy('also', 'ALLOW', paths('/y')) });
    expect(found.map(({ sets }) => sets).sort()).toEqual([[['also']], [['open']]]);
  });

  test('an edit whose effect another one takes back is found behind the third that brings it out', () => {
    // `a` goes, `b` comes for the same path and `open` is needed as well: the refusal stands, and nothing changes.
    expect(changes({ standing, a: deny('a') }, { standing, open, b: deny('b') })).toEqual([]);
    expect(changes({ standing, a: deny('a') }, { standing, open })).toEqual([{ direction: 'widened', sets: [['a', 'open']], proof: 'region' }]);
  });

  test('the whole region: an edit that only some of the requests need is named, too', () => {
    const found = changes({ standing, shut }, { standing, both: policy('both', 'ALLOW', paths('/a', '/b')) });
    expect(found.length).toBeGreaterThan(0);
    for (const change of found) expect(change).toEqual({ direction: 'widened', sets: [['both', 'shut']], proof: 'region' });
    // Near miss: the refusal was about a request that the region does not hold.
    expect(changes({ standing, shut }, { standing, both: policy('both', 'ALLOW', paths('/a')) })).toEqual([{ direction: 'widened', sets: [['both']], proof: 'region' }]);
  });

  test('backwards, what was needed together is enough apart, and the reverse', () => {
    expect(changes({}, { a: deny('a'), b: deny('b') })).toEqual([{ direction: 'narrowed', sets: [['a'], ['b']], proof: 'region' }]);
    expect(changes({ standing, open, also: policy('also', 'ALLOW', paths('/x')) }, { standing })).toEqual([{ direction: 'narrowed', sets: [['also', 'open']], proof: 'region' }]);
  });

  test('the order of files and documents plays no part', () => {
    const whole = [world, standing, open, policy('also', 'ALLOW', paths('/x')), deny('last')];
    const texts = (documents: readonly string[]): unknown => {
      const report = reviewed({ 'all.yaml': stream(world, standing, deny('before')) }, { 'all.yaml': stream(...documents) });
      return report.changes.map((change) => ({ ...told(change), id: change.id, witness: change.witness, headline: change.headline }));
    };
    expect(texts([...whole].reverse())).toEqual(texts(whole));
  });

  test('a changed object that is an alternative has an effect', () => {
    const files = { 'world.yaml': world, 'standing.yaml': standing };
    const report = reviewed(files, { ...files, 'open.yaml': open, 'also.yaml': policy('also', 'ALLOW', paths('/x')) });
    expect(report.resources.map(({ resource, effect }) => `${resource} ${effect}`)).toEqual(['AuthorizationPolicy/shop/also changed', 'AuthorizationPolicy/shop/open changed']);
  });
});

describe('alternatives in words', () => {
  const files = { 'world.yaml': world, 'standing.yaml': standing };
  const told = (): Report => reviewed(files, { ...files, 'open.yaml': open, 'also.yaml': policy('also', 'ALLOW', paths('/x')) });

  test('text', () => {
    const text = reviewText(told()).replace(/\s+/gu, ' ');
    expect(text).toContain('cause either also.yaml:1 (AuthorizationPolicy/shop/also added) or open.yaml:1 (AuthorizationPolicy/shop/open added)');
    expect(text).toContain('(either `AuthorizationPolicy shop/also`, added here, or `AuthorizationPolicy shop/open` is enough for it)');
  });

  test('Markdown', () => {
    expect(summaryMarkdown(told())).toMatch(/either `AuthorizationPolicy\/shop\/also` added, `also.yaml:1` or `AuthorizationPolicy\/shop\/open` added, `open.yaml:1`/u);
  });

  test('SARIF: both places are related, the message says which are enough', () => {
    const sarif = sarifText({ report: told(), rules: [], files: { text: () => 'x\n'.repeat(40) }, tag: 'test' });
    expect(sarif).toContain('either `AuthorizationPolicy shop/also`, added here, or `AuthorizationPolicy shop/open` is enough for it');
    expect(sarif).toContain('"uri": "open.yaml"');
  });

  test('JSON', () => {
    expect(JSON.parse(toJson(told()))).toMatchObject({ changes: [{ causes: [{ file: 'also.yaml' }], alternativeCauses: [[{ file: 'open.yaml' }]], causeProof: 'region' }] });
  });
});
