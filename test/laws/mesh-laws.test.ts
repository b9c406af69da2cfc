/** Laws of policies that a reader can argue with, asked of whole random meshes through the real decoders. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compareRecorded } from '#app/change-scenarios.ts';
import { decide } from '#posture/answer.ts';
import { holds } from '#sets/matches.ts';
import { actionOf } from '../support/mesh-rewrites.ts';
import { meshes, worlds } from '../support/random-mesh/arbitrary.ts';
import { edited } from '../support/random-mesh/edits.ts';
import { fieldsAt, isFields, listAt } from '../support/random-mesh/fields.ts';
import { authorizationPolicy, objectOf, ruleOf, sidecarsOnly, type Document } from '../support/random-mesh/manifests.ts';
import { compared } from '../support/random-mesh/comparison-laws.ts';
import { randomQuery } from '../support/random-mesh/queries.ts';
import { Random } from '../support/random-mesh/random.ts';
import { namespaceValues, principals } from '../support/random-mesh/vocabulary.ts';
import { inCluster, meshOf, randomWorld } from '../support/random-mesh/world.ts';

const runs = { numRuns: 60, seed: 23 };

/** Most behind sidecars, some in ambient with waypoints. */
const anyMesh = fc.oneof({ weight: 3, arbitrary: meshes() }, { weight: 1, arbitrary: meshes({ ...sidecarsOnly, ambient: true, waypoints: true }) });

/** Verdicts in their order. */
const rank = ['deny', 'asks', 'allow'];

type Rewrite = (documents: readonly Document[], random: Random) => readonly Document[];

/** Directions of all changes between a mesh and what `rewrite` makes of it. */
function directions(before: readonly Document[], after: readonly Document[]): readonly string[] {
  return compared(meshOf(before), meshOf(after)).changes.map((change) => `${change.direction} at ${change.destination.id}`);
}

function law(name: string, prepare: Rewrite, rewrite: Rewrite, holds: (found: readonly string[]) => void): void {
  test(name, () => {
    let differed = 0;
    fc.assert(
      fc.property(anyMesh, fc.noShrink(fc.nat()), (documents, seed) => {
        const random = new Random(seed);
        const before = prepare(documents, random);
        const after = rewrite(before, random);
        if (JSON.stringify(before) !== JSON.stringify(after)) differed += 1;
        holds(directions(before, after));
      }),
      runs,
    );
    // A law of which the worlds give no case proves nothing.
    expect(differed).toBeGreaterThan(5);
  }, 120_000);
}

const asItIs: Rewrite = (documents) => documents;
const nothing = (found: readonly string[]): void => expect(found).toEqual([]);
const neverWidens = (found: readonly string[]): void => expect(found.filter((text) => /widened|weakened/.test(text))).toEqual([]);
const neverNarrows = (found: readonly string[]): void => expect(found.filter((text) => /narrowed|strengthened/.test(text))).toEqual([]);

const places = ['shop', 'web', 'istio-system'];
const specOf = (document: Document): Readonly<Record<string, unknown>> => fieldsAt(document, 'spec');
const rulesOf = (document: Document): readonly Readonly<Record<string, unknown>>[] => listAt(document, 'spec', 'rules').filter(isFields);
const dryRun = (document: Document): boolean => fieldsAt(document, 'metadata', 'annotations')['istio.io/dry-run'] === 'true';
const withRules = (document: Document, rules: readonly unknown[]): Document => ({ ...document, spec: { ...specOf(document), rules } });
const named = (document: Document, name: string): Document => ({ ...document, metadata: { ...fieldsAt(document, 'metadata'), name } });
const nameOf = (document: Document): string => String(fieldsAt(document, 'metadata')['name']);

/** Every ALLOW and DENY with its rules as `change` makes them. */
function eachRule(change: (rule: Readonly<Record<string, unknown>>, random: Random) => readonly unknown[]): Rewrite {
  return (documents, random) =>
    documents.map((document) => (['ALLOW', 'DENY'].includes(actionOf(document)) && rulesOf(document).length > 0 ? withRules(document, rulesOf(document).flatMap((rule) => change(rule, random))) : document));
}

describe('of DENY', () => {
  law('adding a DENY never widens', asItIs, (documents, random) => [...documents, authorizationPolicy(random, random.pick(places), 'new', 'DENY')], neverWidens);

  law('removing a DENY never narrows', asItIs, (documents) => documents.filter((document) => actionOf(document) !== 'DENY'), neverNarrows);

  test('deny wins: what a DENY refuses is refused whatever is allowed besides', () => {
    let refused = 0;
    fc.assert(
      fc.property(anyMesh, fc.noShrink(fc.nat()), (documents, seed) => {
        const random = new Random(seed);
        const before = meshOf(documents);
        const everything = places.map((namespace) => objectOf('security.istio.io/v1', 'AuthorizationPolicy', namespace, 'everything', { spec: { action: 'ALLOW', rules: [{}] } }));
        const after = meshOf([...documents, ...everything]);
        const destinations = [...before.workloads.keys()];
        if (destinations.length === 0) return;
        for (let asked = 0; asked < 10; asked += 1) {
          const query = randomQuery(random, destinations, [documents]);
          const answer = decide(before, query);
          if (answer.verdict !== 'deny' || answer.layer !== 'authorization' || answer.by.length === 0) continue;
          refused += 1;
          expect(decide(after, query)).toMatchObject({ verdict: 'deny', layer: 'authorization' });
        }
      }),
      runs,
    );
    expect(refused).toBeGreaterThan(15);
  }, 120_000);
});

describe('of ALLOW', () => {
  law(
    'adding an ALLOW never narrows where an ALLOW of the same scope is enforced',
    asItIs,
    (documents, random) => {
      const standing = documents.filter((document) => actionOf(document) === 'ALLOW' && !dryRun(document));
      if (standing.length === 0) return documents;
      const first = random.pick(standing);
      return [...documents, named(withRules(first, [ruleOf(random, 'ALLOW')]), 'new')];
    },
    neverNarrows,
  );

  law('the first ALLOW never widens', (documents) => documents.filter((document) => actionOf(document) !== 'ALLOW'), (documents, random) => [...documents, authorizationPolicy(random, random.pick(places), 'new', 'ALLOW')], neverWidens);

  law('removing the last ALLOW never narrows', asItIs, (documents) => documents.filter((document) => actionOf(document) !== 'ALLOW'), neverNarrows);

  law('adding a rule to an ALLOW never narrows', asItIs, (documents, random) => documents.map((document) => (actionOf(document) === 'ALLOW' ? withRules(document, [...rulesOf(document), ruleOf(random, 'ALLOW')]) : document)), neverNarrows);
});

describe('of writing', () => {
  law('the order of objects, rules, entries and values does not matter', asItIs, (documents, random) => random.shuffled(documents.map((document) => (actionOf(document) === '' ? document : withRules(document, random.shuffled(rulesOf(document)))))), (found) => nothing(found));

  law('a rule written twice is one rule', asItIs, eachRule((rule) => [rule, rule]), nothing);

  law(
    'one policy with many rules is many policies of one rule',
    asItIs,
    (documents) => documents.flatMap((document) => (['ALLOW', 'DENY'].includes(actionOf(document)) && rulesOf(document).length > 1 ? rulesOf(document).map((rule, index) => named(withRules(document, [rule]), `${nameOf(document)}-${String(index)}`)) : [document])),
    nothing,
  );

  law(
    // A source that asks for a token is another matter: on TCP it takes the whole ALLOW rule with it (A4.2).
    'sources of the connection in one rule are as many rules',
    eachRule((rule, random) => [{ ...rule, from: [{ source: { principals: random.some(principals, 1, 2) } }, { source: { notNamespaces: random.some(namespaceValues, 1, 2) } }] }]),
    eachRule((rule) => listAt(rule, 'from').map((source) => ({ ...rule, from: [source] }))),
    nothing,
  );

  law(
    // On TCP an entry that asks for HTTP takes the whole ALLOW rule with it (A4.2), so that both ask for it.
    'operations in one rule are as many rules',
    eachRule((rule, random) => [{ ...rule, to: [{ operation: { methods: random.some(['GET', 'P*', '*T'], 1, 2) } }, { operation: { notPaths: random.some(['/admin/*', '*.html', '/api'], 1, 2), methods: ['POST'] } }] }]),
    eachRule((rule) => listAt(rule, 'to').map((operation) => ({ ...rule, to: [operation] }))),
    nothing,
  );

  law(
    'values of one field are as many rules',
    eachRule((rule, random) => [{ ...rule, to: [{ operation: { paths: random.some(['/admin', '/admin/*', '*.html', '/api/{*}'], 2, 3) } }] }]),
    eachRule((rule) => listAt(fieldsAt(listAt(rule, 'to').find(isFields), 'operation'), 'paths').map((path) => ({ ...rule, to: [{ operation: { paths: [path] } }] }))),
    nothing,
  );

  law(
    'two values of a condition are two rules',
    eachRule((rule, random) => [{ ...rule, when: [...listAt(rule, 'when'), { key: `request.headers[${random.pick(['x-team', 'x-user'])}]`, values: random.some(['red', 'blue*', 'alice', '*'], 2, 2) }] }]),
    eachRule((rule) => {
      const when = listAt(rule, 'when').filter(isFields);
      const last = when.at(-1);
      return last === undefined ? [rule] : listAt(last, 'values').map((value) => ({ ...rule, when: [...when.slice(0, -1), { ...last, values: [value] }] }));
    }),
    nothing,
  );

  law(
    'a block of addresses is its two halves',
    eachRule((rule) => [{ ...rule, from: [{ source: { ipBlocks: ['10.0.0.0/8'] } }, { source: { notIpBlocks: ['2001:db8::/32'] } }] }]),
    eachRule((rule) => [{ ...rule, from: [{ source: { ipBlocks: ['10.0.0.0/9', '10.128.0.0/9'] } }, { source: { notIpBlocks: ['2001:db8::/33', '2001:db8:8000::/33'] } }] }]),
    nothing,
  );

  law('a label that nobody selects changes nothing', asItIs, (documents) => documents.map((document) => (document.kind === 'ConfigMap' ? document : { ...document, metadata: { ...fieldsAt(document, 'metadata'), labels: { ...fieldsAt(document, 'metadata', 'labels'), 'nobody-selects': 'this' } } })), nothing);

  law('policies under other names are the same policies', asItIs, (documents) => documents.map((document) => (actionOf(document) === 'CUSTOM' || actionOf(document) === '' ? document : named(document, `other-${nameOf(document)}`))), nothing);
});

describe('of what is not enforced', () => {
  law('AUDIT never matters', asItIs, (documents, random) => [...documents, authorizationPolicy(random, random.pick(places), 'new', 'AUDIT')], (found) => nothing(found.filter((text) => !/at [^/]*\/(\*|.*=)/.test(text))));

  law(
    'a dry run never matters',
    asItIs,
    (documents, random) => {
      const policy = authorizationPolicy(random, random.pick(places), 'new', random.pick(['ALLOW', 'DENY']));
      return [...documents, { ...policy, metadata: { ...fieldsAt(policy, 'metadata'), annotations: { 'istio.io/dry-run': 'true' } } }];
    },
    nothing,
  );

  law(
    'a policy that selects no declared workload changes nothing that is declared',
    asItIs,
    (documents, random) => {
      const policy = authorizationPolicy(random, 'shop', 'new', random.pick(['ALLOW', 'DENY']));
      return [...documents, { ...policy, spec: { ...specOf(policy), selector: { matchLabels: { app: 'never-declared' } } } }];
    },
    (found) => nothing(found.filter((text) => !text.includes('app=never-declared'))),
  );
});

describe('of mTLS', () => {
  const modesTo = (from: string, to: string): Rewrite => (documents) => documents.map((document) => (document.kind === 'PeerAuthentication' ? (JSON.parse(JSON.stringify(document).replaceAll(`"mode":"${from}"`, `"mode":"${to}"`)) as Document) : document));

  law('STRICT → PERMISSIVE never narrows', asItIs, modesTo('STRICT', 'PERMISSIVE'), neverNarrows);

  law('PERMISSIVE → STRICT never widens', asItIs, modesTo('PERMISSIVE', 'STRICT'), neverWidens);
});

describe('of TCP', () => {
  const onTcp = (documents: readonly Document[]): readonly Document[] =>
    documents.map((document) => (document.kind === 'Service' && nameOf(document) !== 'opa' ? { ...document, spec: { ...specOf(document), ports: [{ name: 'tcp', port: 9000 }] } } : document));
  const withMethods = (action: string, ...methods: readonly string[]): Rewrite => (documents, random) =>
    eachRule((rule) => [{ ...rule, to: [{ operation: { methods } }] }])(documents.filter((document) => actionOf(document) === '' || actionOf(document) === action), random);

  test.each([['ALLOW', 5], ['DENY', 5]] as const)('on a port declared as TCP, which methods %s names does not matter', (action, least) => {
    let moved = 0;
    fc.assert(
      fc.property(meshes(), (documents) => {
        const tcp = onTcp(documents);
        const side = (...methods: readonly string[]): readonly Document[] => withMethods(action, ...methods)(tcp, new Random(1));
        const { changes } = compared(meshOf(side('GET')), meshOf(side('GET', 'POST')));
        moved += changes.length;
        const served = new Set(documents.filter((document) => document.kind === 'Service').map((document) => `${String(fieldsAt(document, 'metadata')['namespace'])}/${nameOf(document)}`));
        for (const change of changes.filter(({ destination }) => served.has(destination.id))) {
          expect(change.witness?.query.to.port).not.toBe(9000);
          // Nor does any part of the region speak of that port.
          for (const { predicates } of change.cubes) expect(predicates.filter(({ dimension }) => dimension === 'port').every((predicate) => holds(predicate, 9000)) && predicates.some(({ dimension }) => dimension === 'port')).toBe(false);
        }
      }),
      runs,
    );
    expect(moved).toBeGreaterThan(least);
  }, 120_000);
});

describe('of three meshes', () => {
  test('what widens from the first to the third lies in what widens on the way', () => {
    let seen = 0;
    fc.assert(
      fc.property(worlds(sidecarsOnly), fc.noShrink(fc.nat()), ({ base, head }, seed) => {
        const third = inCluster(edited(new Random(seed), head, sidecarsOnly).head);
        const [a, b, c] = [meshOf(base), meshOf(head), meshOf(third)];
        const steps = [[a, b, compareRecorded(a, b)], [b, c, compareRecorded(b, c)]] as const;
        for (const change of compared(a, c).changes) {
          // Which phantoms there are depends on both sides: two steps may speak of others than one.
          if (change.direction !== 'widened' || !change.destination.known || change.witness === undefined) continue;
          const { query } = change.witness;
          const verdicts = steps.map(([from, to]) => [decide(from, query).verdict, decide(to, query).verdict] as const);
          const rising = steps.flatMap(([, , judged], index) => {
            const [before, after] = verdicts[index] ?? ['', ''];
            return rank.indexOf(after) > rank.indexOf(before) ? [judged.unexplained(query, before, after) ?? 'told'] : [];
          });
          seen += 1;
          expect(rising.length).toBeGreaterThan(0);
          expect(rising.filter((reason) => reason !== 'told')).toEqual([]);
        }
      }),
      runs,
    );
    expect(seen).toBeGreaterThan(20);
  }, 120_000);
});

describe('of the worlds in which all this is asked', () => {
  /** What the value languages and policies are known to be misread by. */
  const quirks: Readonly<Record<string, (text: string) => boolean>> = {
    'a namespace pattern that begins with a star': (text) => /"(?:notN|n)amespaces":\[[^\]]*"\*[a-z]/.test(text),
    'the words `ns` and `sa` as namespaces': (text) => /"(?:notN|n)amespaces":\[[^\]]*"(?:ns|sa)"/.test(text),
    'a star at both ends': (text) => text.includes('"*/ns/web/*"'),
    'prefix and suffix that may overlap': (text) => text.includes('"adm*"') && text.includes('"*mins"'),
    'a template that matches nothing at all': (text) => text.includes('/{**}'),
    'an equals sign in a path': (text) => text.includes('"/x=y"'),
    'a negative list of identities, which plaintext satisfies': (text) => text.includes('"notPrincipals"'),
    'two conditions on claims in one rule': (text) => /"when":\[\{"key":"request\.auth\.claims[^}]*\},\{"key":"request\.auth\.claims/.test(text),
    'a policy without a rule': (text) => text.includes('"rules":[]'),
    'a policy of one rule without a condition': (text) => text.includes('"rules":[{}]'),
  };

  test('every known trap of the value languages is in some of them', () => {
    const count = new Map<string, number>();
    let first = 0;
    let last = 0;
    for (let seed = 1; seed <= 2_000; seed += 1) {
      const { base, head } = randomWorld(seed, sidecarsOnly);
      const text = JSON.stringify(base) + JSON.stringify(head);
      for (const [name, has] of Object.entries(quirks)) if (has(text)) count.set(name, (count.get(name) ?? 0) + 1);
      const allows = (documents: readonly Document[]): boolean => documents.some((document) => actionOf(document) === 'ALLOW');
      if (!allows(base) && allows(head)) first += 1;
      if (allows(base) && !allows(head)) last += 1;
    }
    expect(Object.keys(quirks).filter((name) => (count.get(name) ?? 0) < 5)).toEqual([]);
    expect(Math.min(first, last)).toBeGreaterThan(20);
  });
});
