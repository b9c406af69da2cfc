import { describe, expect, test } from 'vitest';
import { Ajv } from 'ajv';
import { configJsonSchema, defaultConfig, readConfig, type Config, type ConfigReading } from '#app/config.ts';

const file = '.github/mesh-posture.yml';

function config(text: string): Config {
  const reading = readConfig(text, file);
  if (reading.type === 'invalid') throw new Error(reading.problems.map((problem) => problem.message).join('\n'));
  return reading.config;
}

function problems(text: string): readonly string[] {
  const reading = readConfig(text, file);
  return reading.type === 'invalid' ? reading.problems.map((problem) => `${String(problem.line)}: ${problem.message}`) : [];
}

const everything = `
units:
  - path: charts/shop
    environment: prod
    namespace: shop
    helm: {release: shop, namespace: shop, values: [values-prod.yaml], set: {networkPolicies.create: true}, apiVersions: [], kubeVersion: "1.33"}
  - path: overlays/prod
    kustomize: {}
  - path: manifests
ignore: ["vendor/**", "**/testdata/**"]
environments:
  prod: {units: [charts/shop, overlays/prod], context: [context/prod.yaml]}
context: [platform/namespaces.yaml]
mesh: {istioVersion: "1.31", rootNamespace: istio-system, trustDomain: cluster.local, defaultMtls: permissive, enrolment: {shop: sidecar, "*": unknown}}
assets:
  - {workload: payments/payments-api, criticality: critical, owner: "@org/payments"}
invariants:
  - {name: only checkout pays, never: {from: {except: [shop/checkout]}, to: payments/payments-api, request: {methods: [POST]}}}
  - {name: mTLS everywhere, always: {to: "payments/*", mtls: strict}}
  - {name: ops reaches admin, always: {from: ops/console, to: shop/admin, request: {paths: ["/admin*"]}}}
  - {name: the ledger's callers, only: {from: [payments/payments-api], to: payments/ledger}}
gates: {failOn: new, severity: high, incomplete: new, external: warn, unreferenced: warn, maturity: {minimumScore: 60, maximumDrop: 5}, acceptance: ["@org/platform-security"]}
evidence: [evidence/]
tools: {kustomize: kustomize-5.7, helm: /usr/local/bin/helm}
suppressions:
  - {rule: MP103, resource: PeerAuthentication/shop/legacy, reason: "legacy batch client, SHOP-123", owner: "@org/shop", expires: 2027-02-28}
limits: {workPerSeed: 200000, seconds: 120, files: 20000}
`;

describe('what a configuration means', () => {
  test('nothing: the defaults', () => {
    expect(config('')).toEqual(defaultConfig);
    expect(config('# only a comment\n')).toEqual(defaultConfig);
    expect(config('suppressions:\n  # none today\nignore:\n')).toEqual(defaultConfig);
    expect(defaultConfig.gates).toEqual({ failOn: 'new', severity: 'high', incomplete: 'new', external: 'warn', unreferenced: 'warn', maturity: 'off', acceptance: [] });
    expect(defaultConfig.ignore).toEqual(['**/testdata/**', '**/node_modules/**', 'vendor/**']);
    expect(defaultConfig.limits).toEqual({ workPerSeed: 200_000, seconds: 120, files: 20_000 });
  });

  test('every key there is', () => {
    const read = config(everything);
    expect(read.units.map((unit) => unit.path)).toEqual(['charts/shop', 'overlays/prod', 'manifests']);
    expect(read.mesh).toEqual({ istioVersion: '1.31', rootNamespace: 'istio-system', trustDomain: 'cluster.local', defaultMtls: 'permissive', enrolment: { shop: 'sidecar', '*': 'unknown' } });
    expect(read.gates.maturity).toEqual({ minimumScore: 60, maximumDrop: 5 });
    expect(read.suppressions).toEqual([{ rule: 'MP103', resource: 'PeerAuthentication/shop/legacy', fingerprint: undefined, environment: undefined, reason: 'legacy batch client, SHOP-123', expires: '2027-02-28', owner: '@org/shop', line: 26, invalid: undefined }]);
  });

  test('a partial gate keeps the other defaults', () => {
    expect(config('gates: {severity: low}\n').gates).toEqual({ ...defaultConfig.gates, severity: 'low' });
  });
});

describe('what has no effect yet is said, never ignored', () => {
  const notYet = (reading: ConfigReading): readonly string[] => (reading.type === 'config' ? reading.notYet.map((each) => `${String(each.line)}: ${each.key}`) : ['invalid']);

  test('with key and line', () => {
    expect(notYet(readConfig(everything, file))).toEqual(['17: invariants', '22: gates.acceptance', '23: evidence']);
  });

  test('only what is written', () => {
    expect(notYet(readConfig('gates: {severity: low}\ncontext: [a.yaml]\n', file))).toEqual([]);
  });
});

describe('what is wrong has a line and a way out', () => {
  test.each([
    ['ignroe: [a]\n', ['1: unknown key `ignroe`; did you mean `ignore`?']],
    ['context: [a]\nxyz: 1\n', [expect.stringMatching(/^2: unknown key `xyz`; known here: `units`, /u)]],
    ['gates:\n  severity: high\n  failon: new\n', ['3: unknown key `failon` in `gates`; did you mean `failOn`?']],
    ['gates:\n  severity: higher\n', ['2: `gates.severity` is `higher`; allowed: `critical`, `high`, `medium`, `low`']],
    ['gates: {incomplete: no}\n', ['1: `gates.incomplete` is `no`; allowed: `new`, `any`, `off`']],
    ['gates:\n  maturity:\n    minimumScor: 3\n', ['3: unknown key `minimumScor` in `gates.maturity`; did you mean `minimumScore`?']],
    ['gates: {maturity: on}\n', ['1: `gates.maturity` is `on`, which is not allowed here; allowed: `off` or a map']],
    ['units:\n  - path: a\n  - pth: b\n', ['3: `units[1].path` is missing; it must be text', '3: unknown key `pth` in `units[1]`; did you mean `path`?']],
    ['units: a\n', ['1: `units` must be a list, not `a`']],
    ['mesh: {istioVersion: 1.30}\n', ['1: `mesh.istioVersion` must be text, not `1.3`; put it in quotes']],
    ['mesh:\n  enrolment:\n    shop: ambeint\n', ['3: `mesh.enrolment.shop` is `ambeint`; allowed: `sidecar`, `ambient`, `none`, `unknown`']],
    ['environments: {prod: {unit: [a]}}\n', ['1: unknown key `unit` in `environments.prod`; did you mean `units`?']],
    ['tools:\n  helm: ./bin/helm\n', ['2: `tools.helm` must be a name on PATH or an absolute path outside the repository, which a pull request cannot replace']],
    ['context: [../other]\n', ['1: `context[0]` must be a path inside the repository']],
    ['units:\n  - path: c\n    helm:\n      values: [../../x.yaml]\n', ['4: `units[0].helm.values[0]` must be a path inside the repository']],
    ['limits: {files: 0}\n', ['1: `limits.files` must be at least 1']],
    ['invariants:\n  - {name: x}\n', ['2: `invariants[0]` must have exactly one of `never`, `always` and `only`']],
    ['units:\n  - {path: a, environment: dev}\nenvironments: {prod: {units: [a]}}\n', ['2: `units[0].environment` is `dev`, but `environments` puts `a` into `prod`']],
    ['a: [\n', [expect.stringMatching(/^[12]: the file is no valid YAML: /u)]],
    ['ignore: [a]\nignore: [b]\n', ['2: the file is no valid YAML: map keys must be unique']],
    ['- a\n', ['1: the configuration must be a map of keys']],
    ['suppressions:\n  - {rule: MP103, resorce: x, reason: long enough text, expires: 2027-01-01}\n', ['2: unknown key `resorce` in `suppressions[0]`; did you mean `resource`?']],
  ])('%j', (text, expected) => {
    expect(problems(text)).toEqual(expected);
  });

  test('every problem is listed, in order of lines', () => {
    expect(problems('gates:\n  severity: x\nignroe: []\nlimits: {seconds: soon}\n').map((each) => each.split(':')[0])).toEqual(['2', '3', '4']);
  });
});

test('the published schema takes the example and refuses an unknown key', () => {
  const validate = new Ajv({ strict: false }).compile(configJsonSchema());
  expect(validate({ gates: { severity: 'low' }, units: [{ path: 'a' }] })).toBe(true);
  expect(validate({ gates: { severty: 'low' } })).toBe(false);
  expect(validate({ suppressions: [{ rule: 'MP103', resource: 'x' }] })).toBe(false);
});
