import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { auditText } from '#report/text/audit.ts';
import { explainText, type Explanation } from '#report/text/explain.ts';
import { cells, table, wrap } from '#report/text/layout.ts';
import { reviewText } from '#report/text/review.ts';
import { ansiStyles, noStyles, type TextOptions } from '#report/text/styles.ts';
import { requestLine } from '#report/wording.ts';
import type { Query } from '#posture/query.ts';
import { anyReport, anyText } from '../support/arbitrary-report.ts';
import { empty, incomplete, notApplicable, sampleFinding, sampleReport, samples, snapshot, widened } from '../support/sample-reports.ts';

const options: TextOptions = { styles: noStyles, width: 100 };

const explanation: Explanation = {
  query: { from: { workload: 'shop/checkout' }, to: { workload: 'shop/inventory', port: 8080 }, request: { protocol: 'http', method: 'GET', path: '/items' }, given: { 'enrolment:shop': true } },
  answers: [
    {
      label: 'base',
      decision: {
        verdict: 'allow',
        layer: 'authorization',
        by: ['AuthorizationPolicy/shop/inventory'],
        enforcedAt: 'sidecar',
        because: [
          { rule: 'M3', text: 'the port is STRICT and the client speaks mTLS', by: 'PeerAuthentication/istio-system/default' },
          { rule: 'A1.5', text: 'an ALLOW policy selects the workload and its rule matches', by: 'AuthorizationPolicy/shop/inventory' },
        ],
      },
    },
    { label: 'head', decision: { verdict: 'deny', layer: 'authorization', by: ['AuthorizationPolicy/shop/deny-all'], enforcedAt: 'sidecar', because: [{ rule: 'A1.4', text: 'an ALLOW policy without rules matches nothing' }] } },
  ],
  locate: (resource) => (resource.startsWith('AuthorizationPolicy') ? { file: `manifests/${resource.split('/')[2] ?? ''}.yaml`, line: 3 } : undefined),
};

describe('terminal output', () => {
  test.each(Object.entries(samples).filter(([title]) => title !== 'huge'))('review: %s', async (title, report) => {
    await expect(reviewText(report, options)).toMatchFileSnapshot(`../../fixtures/report/text/review-${title}.txt`);
  });

  test('audit', async () => {
    await expect(auditText(snapshot, options)).toMatchFileSnapshot('../../fixtures/report/text/audit.txt');
  });

  test('explain, on two sides', async () => {
    await expect(explainText(explanation, options)).toMatchFileSnapshot('../../fixtures/report/text/explain.txt');
  });

  test('explain names the change that holds the request, and its causes', () => {
    const text = explainText({ ...explanation, change: widened.changes[0]! }, options);
    expect(text).toContain('explained by change 2c3d4e5f60718a9b: `shop/checkout` may no longer reach `shop/inventory`');
    expect(text).toContain('cause  manifests/shop/inventory-policy.yaml:1');
  });

  test('explain names what is missing where the answer is unknown', () => {
    const text = explainText({ query: explanation.query, answers: [{ decision: { verdict: 'unknown', rule: 'M16', missing: 'enrolment of namespace `shop`', because: [] } }] }, options);
    expect(text).toContain('unknown: enrolment of namespace `shop` (rule M16)');
  });

  test('what is assumed of many alike is one line that counts them, of a few one each', () => {
    const assumed = (count: number): string => {
      const assumptions = Array.from({ length: count }, (_, index) => ({ id: `enrolment:ns${String(index)}`, text: `the pods of namespace \`ns${String(index)}\` are in the mesh` }));
      return reviewText({ ...widened, coverage: { ...widened.coverage, assumptions: [...assumptions, { id: 'mesh-config', text: 'the mesh configuration is not in the repository' }] } }, options);
    };
    expect(assumed(40).replace(/\n {4}/gu, ' ')).toContain('- enrolment:ns0, enrolment:ns1, enrolment:ns2 and 37 more: the pods of namespace `…` are in the mesh\n  - mesh-config: ');
    expect(assumed(3)).toContain('- enrolment:ns2: the pods of namespace `ns2` are in the mesh');
  });

  test('of what was not understood before a few are shown, of what is new each', () => {
    const reasons = (status: 'new' | 'existing'): string => reviewText({ ...incomplete, incompleteReasons: Array.from({ length: 9 }, (_, index) => ({ id: String(index), kind: 'not-renderable', status, file: `k${String(index)}/kustomization.yaml`, reason: 'it fails', remedy: 'mend it' })) }, options);
    expect(reasons('existing').match(/it fails/gu)).toHaveLength(5);
    expect(reasons('existing')).toContain('  and 4 more as before\n');
    expect(reasons('new').match(/it fails/gu)?.length).toBeGreaterThanOrEqual(9);
  });

  test('the verdict is the first line', () => {
    expect(reviewText(widened, options).split('\n')[0]).toBe('Blocked: 3 new high findings · maturity 61 → 54 (−7)');
  });

  test('nothing in effect is one line', () => {
    expect(reviewText(empty, options)).toBe('no effective change in 7 workloads\n');
    expect(reviewText(notApplicable, options)).toBe('no manifest that is deployed or read by the mesh changed\n');
  });

  test('nothing in effect, but what was not understood is told', () => {
    const text = reviewText({ ...empty, incompleteReasons: incomplete.incompleteReasons.filter((reason) => reason.status === 'existing') }, options);
    expect(text).toContain('no effective change in 7 workloads\n');
    expect(text).toContain('vendor/platform: the submodule is not checked out [missing-object, as before]');
    expect(text).toContain('fix: check out submodules');
  });

  test('an unreadable document that is also a reason of the run is told once', () => {
    expect(reviewText(incomplete, options).split('manifests/shop/cart.yaml:17').length - 1).toBe(1);
    expect(reviewText(incomplete, options)).toContain('docs/example.yaml: not UTF-8');
  });

  test('what is told as not understood is not told again as a finding', () => {
    const finding = sampleFinding({ code: 'MP807', rule: 'not-renderable', title: 'unit that cannot be rendered', resource: 'charts/shop', message: '`helm` is not installed' });
    const elsewhere = sampleFinding({ code: 'MP905', rule: 'analysis-incomplete', title: 'analysis incomplete', resource: 'other', message: 'the work limit ran out' });
    const text = reviewText({ ...incomplete, findings: [finding, elsewhere] }, options);
    expect(text).not.toContain('MP807');
    expect(text).toContain('HIGH MP905 analysis incomplete');
    expect(text.split('\n')[0]).toContain('1 new high finding');
  });

  test('the finding that repeats the maturity table is not listed', () => {
    const finding = sampleFinding({ code: 'MP901', rule: 'maturity-changed', title: 'zero-trust maturity changed', severity: 'info', resource: 'mesh' });
    expect(reviewText({ ...widened, findings: [...widened.findings, finding] }, options)).toBe(reviewText(widened, options));
  });

  test('rounded scores and a delta with a decimal belong together', () => {
    const { maturity } = widened;
    const delta = { ...maturity.delta, overall: -7.4, environments: { default: { ...maturity.delta.environments['default']!, overall: -7.4 } } };
    expect(reviewText({ ...widened, maturity: { ...maturity, delta } }, options).split('\n')[0]).toContain('maturity 61 → 54 (−7.4)');
    const population = { ...delta, overall: -2, environments: { default: { ...delta.environments.default, overall: -2, population: -5 } } };
    const text = reviewText({ ...widened, maturity: { ...maturity, delta: population } }, options);
    expect(text.split('\n')[0]).toContain('maturity −2');
    expect(text).toContain('workloads added or removed move the score by −5 beside this');
  });

  test('a change without a witness says so', () => {
    expect(reviewText(samples.undecided, options)).toContain('none: no single request could be confirmed');
  });

  test('colour comes only from the styles, and changes no word', () => {
    const coloured = reviewText(widened, { styles: ansiStyles, width: 100 });
    expect(coloured).toContain('\u001b[31m');
    expect(coloured.replace(/\u001b\[\d+m/g, '')).toBe(reviewText(widened, options));
    expect(auditText(snapshot, { styles: ansiStyles, width: 100 }).replace(/\u001b\[\d+m/g, '')).toBe(auditText(snapshot, options));
  });

  test('any report: no control character, no workflow command, no line wider than the terminal', () => {
    const check = (text: string, width: number): void => {
      expect(text.endsWith('\n')).toBe(true);
      for (const line of text.split('\n')) {
        expect(line).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}]/u);
        expect(line.trimStart().startsWith('::')).toBe(false);
        expect(line).not.toContain('##[');
        expect(cells(line), line).toBeLessThanOrEqual(width);
      }
    };
    fc.assert(
      fc.property(anyReport, fc.constantFrom(60, 80, 140), (report, width) => {
        check(reviewText(report, { styles: noStyles, width, verbose: true }), width);
        check(auditText(report, { styles: noStyles, width }), width);
      }),
      { numRuns: 60 },
    );
  });

  test('any explanation: no control character, no workflow command', () => {
    fc.assert(
      fc.property(anyText, anyText, (text, other) => {
        const out = explainText(
          {
            query: { from: { principal: text }, to: { host: other, port: 80 }, request: { protocol: 'http', path: text, headers: { [other]: text } } },
            answers: [{ label: text, decision: { verdict: 'asks', layer: 'external-authorization', provider: text, by: [other], enforcedAt: 'waypoint', because: [{ rule: other, text, by: other }] } }],
          },
          options,
        );
        for (const line of out.split('\n')) {
          expect(line).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}]/u);
          expect(line.trimStart().startsWith('::')).toBe(false);
          expect(line).not.toContain('##[');
        }
      }),
      { numRuns: 150 },
    );
  });
});

describe('one request as one line', () => {
  const query = (more: { readonly from?: Query['from']; readonly to?: Query['to']; readonly request?: Partial<Query['request']>; readonly given?: Readonly<Record<string, boolean>> }): Query => ({
    from: more.from ?? { principal: null },
    to: more.to ?? { workload: 'payments/payments-api', port: 8080 },
    request: { protocol: 'http', ...more.request },
    ...(more.given === undefined ? {} : { given: more.given }),
  });

  test.each([
    [query({ request: { method: 'GET', path: '/admin' } }), 'GET http://payments-api.payments:8080/admin  from any client without a mesh identity'],
    [query({ to: { workload: 'shop/web[StatefulSet]', port: 80 }, from: { outside: true } }), 'GET http://web.shop:80/  from outside the cluster'],
    [query({ from: { principal: 'cluster.local/ns/a/sa/b', ip: '10.0.0.1' }, request: { protocol: 'tcp' } }), 'TCP payments-api.payments:8080  from cluster.local/ns/a/sa/b at 10.0.0.1'],
    [query({ request: { protocol: 'tls', sni: 'api.example.com' } }), 'TLS payments-api.payments:8080 with server name api.example.com  from any client without a mesh identity'],
    [query({ from: { principal: 'cluster.local/ns/a/sa/b' }, request: { sni: 'api.example.com' } }), 'GET http://payments-api.payments:8080/ with server name api.example.com  from cluster.local/ns/a/sa/b'],
    [query({ request: { host: 'evil.example' } }), 'GET http://payments-api.payments:8080/ with host evil.example  from any client without a mesh identity'],
    [query({ request: { host: 'payments-api.payments.svc.cluster.local:8080' } }), 'GET http://payments-api.payments:8080/  from any client without a mesh identity'],
    [query({ request: { token: { valid: false } } }), 'GET http://payments-api.payments:8080/ with an invalid token  from any client without a mesh identity'],
    [query({ request: { token: { valid: true, claims: { sub: 'a', groups: ['x'] }, in: 'cookie:t' } } }), 'GET http://payments-api.payments:8080/ with a valid token {groups=["x"],sub=a} in cookie:t  from any client without a mesh identity'],
    [query({ to: { selector: { namespace: 'shop', labels: { app: 'x', a: 'b' } }, port: 80 } }), 'GET http://pod.shop:80/ at a pod labelled a=b,app=x in namespace shop  from any client without a mesh identity'],
    [query({ to: { gateway: 'istio-system/ingress', port: 443 }, request: { protocol: 'https', host: 'shop.example' } }), 'GET https://ingress.istio-system:443/ with host shop.example at the gateway istio-system/ingress  from any client without a mesh identity'],
    [query({ to: { ip: 'fd00::1', port: 80 } }), 'GET http://[fd00::1]:80/  from any client without a mesh identity'],
    [query({ given: { 'enrolment:shop': true, 'enrolment:a': false } }), 'GET http://payments-api.payments:8080/  from any client without a mesh identity, given enrolment:a is false, enrolment:shop is true'],
    [query({ from: { workload: 'shop/a', principal: null, pod: { namespace: 'shop', labels: { app: 'a' } }, direct: true } }), 'GET http://payments-api.payments:8080/  from shop/a without a mesh identity in a pod labelled app=a of namespace shop directly to the pod'],
  ])('%#', (input, line) => {
    expect(requestLine(input)).toBe(line);
  });
});

describe('lines', () => {
  test('a word longer than the line is broken, wide characters count twice', () => {
    expect(wrap('x'.repeat(50), 24)).toEqual(['x'.repeat(24), 'x'.repeat(24), 'xx']);
    expect(wrap('名'.repeat(20), 24).map(cells)).toEqual([24, 16]);
  });

  test('a line that begins like a workflow command is broken up', () => {
    expect(wrap('::error::x', 80, '  ')).toEqual(['  ∶:error::x']);
    expect(wrap('see ##[error]x', 80)).toEqual(['see #♯[error]x']);
    expect(wrap(`${'x'.repeat(40)} ::error::x`, 40)).toEqual(['x'.repeat(40), '∶:error::x']);
  });

  test('the flexible column gives way', () => {
    const lines = table([{ title: 'a' }, { title: 'b', flexible: true }], [['one', 'x'.repeat(100)]], 40);
    expect(lines.every((line) => cells(line) <= 40)).toBe(true);
    expect(lines[1]).toContain('…');
  });

  test('a report without environments, scores or workloads still prints', () => {
    const bare = sampleReport({ environments: [], maturity: { base: {}, head: {}, delta: { overall: null, environments: {} } } });
    expect(reviewText(bare, options)).toContain('no effective change');
    expect(auditText(bare, options)).toContain('findings: none');
  });
});
