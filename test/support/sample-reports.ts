/** Believable reports of one small shop, and hostile ones: what every reporter is tested with. All values are plain data. */
import { shortHash } from '#lib/canonical.ts';
import type { Cause, Change, Destination, Witness } from '#impact/change.ts';
import type { Finding } from '#findings/finding.ts';
import { dimensions, type Maturity, type MaturityDimension, type Rating, type Score, type Scorecard } from '#maturity/scorecard.ts';
import type { Report } from '#report/report.ts';

export function destination(id: string, more: Partial<Destination> = {}): Destination {
  const [namespace = '', name = ''] = id.split('/', 2);
  return { id, namespace, kind: 'Deployment', name, known: true, status: 'both', ...more };
}

export function cause(file: string, line: number, resource: string, more: Partial<Cause> = {}): Cause {
  return { file, line, endLine: line, side: 'RIGHT', resource, change: 'modified', via: [], ...more };
}

export function sampleChange(more: Partial<Change> = {}): Change {
  return {
    id: shortHash('change', more.headline ?? 'x'),
    environments: ['default'],
    direction: 'widened',
    facet: 'access',
    destinations: [destination('shop/checkout')],
    region: { cubes: [{}], complete: true },
    callers: { known: [], open: [], plaintext: false, internet: false },
    headline: 'requests are newly allowed',
    before: 'denied',
    after: 'allowed',
    causes: [],
    enforcementPoints: ['sidecar'],
    assumptions: [],
    ...more,
  };
}

export function sampleFinding(more: Partial<Finding> = {}): Finding {
  const code = more.code ?? 'MP201';
  const resource = more.resource ?? 'AuthorizationPolicy/shop/checkout';
  return {
    code,
    rule: 'access-widened',
    title: 'requests newly allowed',
    severity: 'high',
    certainty: 'proved',
    evidence: 'INFERRED',
    status: 'new',
    environments: ['default'],
    resource,
    related: [],
    message: 'requests are newly allowed',
    impact: 'more callers than intended',
    remedy: 'name the callers in `from.source.principals`',
    validation: { positive: 'the frontend still gets 200', negative: 'any other caller gets 403' },
    fingerprint: shortHash(code, resource, more.message ?? ''),
    changeIds: [],
    tags: ['cisa-ztmm-2.0:networks'],
    ...more,
  };
}

export function rating(value: number | null, more: Partial<Rating> = {}): Rating {
  return { rating: value, evidence: 'INFERRED', reason: value === null ? 'nothing is reachable from outside' : '', subjects: [], ...more };
}

export function score(value: number | null, ratings: Partial<Record<MaturityDimension, number | null>> = {}, more: Partial<Score> = {}): Score {
  return {
    score: value,
    reason: value === null ? 'five dimensions are unknown' : '',
    level: 2,
    nextLevel: { level: 3, missing: '`shop/inventory` has no default deny' },
    confidence: 60,
    deductions: [{ points: 20, reason: 'no live or recent data-plane evidence' }],
    verdict: value === null ? 'INCONCLUSIVE' : value < 50 ? 'HIGH RISK' : value < 70 ? 'WEAK' : 'MODERATE',
    dimensions: Object.fromEntries(dimensions.map((dimension) => [dimension, rating(ratings[dimension] === undefined ? 3 : ratings[dimension])])) as Record<MaturityDimension, Rating>, // built from all of them
    ...more,
  };
}

export function scorecard(configured: number | null, ratings: Partial<Record<MaturityDimension, number | null>> = {}): Scorecard {
  return { configured: score(configured, ratings), credited: score(configured === null ? null : Math.round(configured / 2), ratings, { level: 0 }) };
}

/** Base and head of one environment; only the given dimensions move. */
export function maturity(base: number, head: number, moved: Partial<Record<MaturityDimension, { readonly base: number; readonly head: number; readonly by: readonly string[] }>> = {}, environment = 'default'): Maturity {
  const side = (which: 'base' | 'head'): Scorecard => scorecard(which === 'base' ? base : head, Object.fromEntries(Object.entries(moved).map(([dimension, value]) => [dimension, value[which]])));
  return {
    base: { [environment]: side('base') },
    head: { [environment]: side('head') },
    delta: {
      overall: head - base,
      environments: {
        [environment]: {
          overall: head - base,
          level: 0,
          confidence: 0,
          population: 0,
          dimensions: Object.fromEntries(
            dimensions.map((dimension) => {
              const movement = moved[dimension];
              return [dimension, { delta: movement === undefined ? 0 : Math.round((movement.head - movement.base) * 10) / 10, movedBy: movement?.by ?? [] }];
            }),
          ) as unknown as Maturity['delta']['environments'][string]['dimensions'], // built from all of them
        },
      },
    },
  };
}

export function sampleReport(more: Partial<Report> = {}): Report {
  return {
    schemaVersion: '1',
    tool: { name: 'mesh-posture', version: '0.1.0' },
    comparison: {
      mode: 'merge-result',
      base: { id: '1f0e3dad99908345f7439f8ffabdffc4a1b2c3d4', label: 'main' },
      head: { id: '9ae0ea9e3c9c6e1b9b6252c8395efdc1aabbccdd', label: 'refs/pull/42/merge' },
    },
    verdict: 'pass',
    gates: [
      { id: 'findings', failed: false, because: 'no new finding of severity high or above' },
      { id: 'incomplete', failed: false, because: 'everything was read' },
    ],
    incomplete: false,
    incompleteReasons: [],
    environments: [{ id: 'default', units: [{ id: 'manifests', kind: 'plain', path: 'manifests', status: 'rendered' }] }],
    resources: [],
    population: { added: [], removed: [] },
    changes: [],
    findings: [],
    maturity: maturity(61, 61),
    attackPaths: [],
    coverage: {
      files: 14,
      documents: 31,
      understood: 29,
      ignored: 2,
      unreadable: [],
      workloads: { sidecar: 5, ambient: 0, gateway: 1, none: 1, unknown: 0 },
      assumptions: [{ id: 'policies-complete', text: 'the repository holds all policies of the mesh' }],
    },
    ...more,
  };
}

const adminWitness: Witness = {
  from: { principal: null },
  to: { workload: 'payments/payments-api', port: 8080 },
  request: { protocol: 'http', method: 'GET', path: '/admin/users' },
  base: { verdict: 'deny', layer: 'mtls', by: ['PeerAuthentication/payments/default'], enforcedAt: 'sidecar' },
  head: { verdict: 'allow', layer: 'authorization', by: [], enforcedAt: 'sidecar' },
};

const plaintextChange = sampleChange({
  id: '0a1b2c3d4e5f6071',
  facet: 'mtls',
  destinations: [destination('payments/payments-api'), destination('payments/ledger')],
  callers: { known: ['batch/exporter'], open: [], plaintext: true, internet: false },
  headline: 'any client without a mesh identity may now reach `payments/payments-api`, `payments/ledger`',
  before: 'plaintext was refused by `PeerAuthentication/payments/default` (STRICT)',
  after: 'the mode is PERMISSIVE, plaintext is accepted',
  witness: adminWitness,
  causes: [cause('manifests/payments/mtls.yaml', 8, 'PeerAuthentication/payments/default')],
});

const orRuleChange = sampleChange({
  id: '1b2c3d4e5f60718a',
  destinations: [destination('shop/checkout')],
  region: { cubes: [{ methods: { only: ['POST'] }, paths: { only: ['/orders*'] }, ports: { only: ['8080'] } }], complete: true },
  callers: { known: ['shop/frontend'], open: ['any other mesh identity'], plaintext: false, internet: false },
  headline: 'any mesh identity may now `POST` `/orders*` at `shop/checkout`',
  before: 'only `shop/frontend` was allowed by `AuthorizationPolicy/shop/checkout`',
  after: 'its two `from` entries are alternatives: the second has no source',
  witness: {
    from: { principal: 'cluster.local/ns/web/sa/other' },
    to: { workload: 'shop/checkout', port: 8080 },
    request: { protocol: 'http', method: 'POST', path: '/orders/1', host: 'checkout.shop.svc.cluster.local:8080', headers: { 'x-tenant': 'a' } },
    base: { verdict: 'deny', layer: 'authorization', by: ['AuthorizationPolicy/shop/checkout'], enforcedAt: 'sidecar' },
    head: { verdict: 'allow', layer: 'authorization', by: ['AuthorizationPolicy/shop/checkout'], enforcedAt: 'sidecar' },
  },
  causes: [
    cause('charts/shop/templates/authz.yaml', 19, 'AuthorizationPolicy/shop/checkout', { endLine: 21, via: [{ file: 'charts/shop/values-prod.yaml', line: 7, role: 'values' }] }),
  ],
});

const lostChange = sampleChange({
  id: '2c3d4e5f60718a9b',
  direction: 'narrowed',
  destinations: [destination('shop/inventory')],
  region: { cubes: [{ methods: { only: ['GET'] } }, { methods: { only: ['HEAD'] } }], complete: false },
  callers: { known: ['shop/checkout'], open: [], plaintext: false, internet: false },
  headline: '`shop/checkout` may no longer reach `shop/inventory`',
  before: 'allowed by `AuthorizationPolicy/shop/inventory`',
  after: 'the policy is gone and `AuthorizationPolicy/shop/deny-all` stands',
  witness: {
    from: { workload: 'shop/checkout' },
    to: { workload: 'shop/inventory', port: 8080 },
    request: { protocol: 'http', method: 'GET', path: '/items', token: { valid: true, claims: { iss: 'https://idp.example', groups: ['a', 'b'] } } },
    given: { 'enrolment:shop': true },
    base: { verdict: 'allow', layer: 'authorization', by: ['AuthorizationPolicy/shop/inventory'], enforcedAt: 'sidecar' },
    head: { verdict: 'deny', layer: 'authorization', by: ['AuthorizationPolicy/shop/deny-all'], enforcedAt: 'sidecar' },
  },
  causes: [cause('manifests/shop/inventory-policy.yaml', 1, 'AuthorizationPolicy/shop/inventory', { endLine: 14, side: 'LEFT', change: 'removed' })],
  assumptions: ['enrolment:shop'],
});

const plaintextFinding = sampleFinding({
  code: 'MP101',
  rule: 'plaintext-opened',
  title: 'plaintext callers newly accepted',
  severity: 'high',
  resource: 'PeerAuthentication/payments/default',
  location: { file: 'manifests/payments/mtls.yaml', startLine: 8, endLine: 8, side: 'RIGHT' },
  related: [{ file: 'manifests/payments/deployment.yaml', startLine: 3, endLine: 3, side: 'RIGHT', message: 'this workload is exposed' }],
  message: '`GET /admin/users` from any client without a mesh identity now reaches `payments/payments-api:8080`; before this change it was denied by `PeerAuthentication/payments/default`',
  impact: 'whoever reaches the pod network reads the user list',
  attack: 'any pod without a sidecar → `payments/payments-api:8080`',
  remedy: 'set `mtls.mode: STRICT` again, or restrict the port by principal',
  fingerprint: 'aaaa000000000101',
  changeIds: [plaintextChange.id],
  witness: adminWitness,
});

const widenedFinding = sampleFinding({
  severity: 'high',
  location: { file: 'charts/shop/templates/authz.yaml', startLine: 19, endLine: 21, side: 'RIGHT' },
  message: '`POST /orders/1` from any mesh identity now reaches `shop/checkout:8080`',
  fingerprint: 'aaaa000000000201',
  changeIds: [orRuleChange.id],
});

const lostFinding = sampleFinding({
  code: 'MP203',
  rule: 'flow-lost',
  title: 'requests no longer possible',
  severity: 'high',
  certainty: 'conditional',
  resource: 'AuthorizationPolicy/shop/inventory',
  location: { file: 'manifests/shop/inventory-policy.yaml', startLine: 1, endLine: 14, side: 'LEFT' },
  message: '`shop/checkout` loses `GET /items` at `shop/inventory`, which its route declares',
  impact: 'checkout fails for every customer',
  remedy: 'keep an ALLOW for `shop/checkout`',
  fingerprint: 'aaaa000000000203',
  changeIds: [lostChange.id],
});

const existingFinding = sampleFinding({
  code: 'MP205',
  rule: 'no-default-deny',
  title: 'no default deny',
  severity: 'medium',
  status: 'existing',
  resource: 'batch/exporter',
  location: { file: 'manifests/batch/exporter.yaml', startLine: 4, endLine: 4, side: 'RIGHT' },
  message: '`batch/exporter` has no enforced ALLOW: every request is allowed',
  remedy: 'add an ALLOW policy that names the callers',
  fingerprint: 'aaaa000000000205',
});

/** A STRICT→PERMISSIVE slip, an OR-rule, a lost flow: blocked. */
export const widened = sampleReport({
  verdict: 'fail',
  gates: [
    { id: 'findings', failed: true, because: '3 new findings of severity high or above' },
    { id: 'incomplete', failed: false, because: 'everything was read' },
  ],
  resources: [
    { resource: 'AuthorizationPolicy/shop/checkout', environments: ['default'], change: 'modified', effect: 'changed', because: 'allows more callers' },
    { resource: 'AuthorizationPolicy/shop/inventory', environments: ['default'], change: 'removed', effect: 'changed', because: 'a flow is lost' },
    { resource: 'PeerAuthentication/payments/default', environments: ['default'], change: 'modified', effect: 'changed', because: 'the mode is weaker' },
    { resource: 'Service/shop/frontend', environments: ['default'], change: 'modified', effect: 'none', because: 'only a label changed' },
  ],
  changes: [lostChange, orRuleChange, plaintextChange],
  findings: [
    existingFinding,
    lostFinding,
    plaintextFinding,
    widenedFinding,
    sampleFinding({ code: 'MP214', rule: 'dry-run-left-on', title: 'policy only in dry run', severity: 'low', status: 'fixed', resource: 'AuthorizationPolicy/shop/frontend', message: '`AuthorizationPolicy/shop/frontend` is enforced now', fingerprint: 'aaaa000000000214' }),
    sampleFinding({ code: 'MP103', rule: 'plaintext-accepted', title: 'plaintext accepted', severity: 'medium', status: 'suppressed', resource: 'PeerAuthentication/shop/legacy', message: '`shop/legacy` accepts plaintext', fingerprint: 'aaaa000000000103' }),
  ],
  maturity: maturity(61, 54, { mtls: { base: 4.2, head: 2.6, by: [plaintextChange.id] }, authorization: { base: 3.4, head: 3.1, by: [orRuleChange.id] } }),
  attackPaths: [{ status: 'new', hops: ['any pod without a sidecar', 'payments/payments-api', 'payments/ledger'] }],
});

/** A state that follows what is only narrower: passes. */
export const narrowed = sampleReport({
  resources: [{ resource: 'AuthorizationPolicy/shop/inventory', environments: ['default'], change: 'modified', effect: 'changed', because: 'allows fewer callers' }],
  changes: [{ ...lostChange, assumptions: [], causes: [cause('manifests/shop/inventory-policy.yaml', 9, 'AuthorizationPolicy/shop/inventory')] }],
  findings: [{ ...lostFinding, severity: 'info', certainty: 'proved', location: { file: 'manifests/shop/inventory-policy.yaml', startLine: 9, endLine: 9, side: 'RIGHT' } }],
  maturity: maturity(61, 63, { authorization: { base: 3.4, head: 3.7, by: [lostChange.id] } }),
});

/** mTLS gets stricter in one environment of two. */
export const mtls = sampleReport({
  comparison: { mode: 'revisions', base: { id: 'v1.2.0', label: 'v1.2.0' }, head: { id: 'v1.3.0', label: 'v1.3.0' } },
  environments: [
    { id: 'prod', units: [{ id: 'overlays/prod', kind: 'kustomize', path: 'overlays/prod', status: 'rendered', tool: 'kustomize v5.7.1' }] },
    { id: 'staging', units: [{ id: 'overlays/staging', kind: 'kustomize', path: 'overlays/staging', status: 'identical' }] },
  ],
  verdict: 'warn',
  resources: [{ resource: 'PeerAuthentication/istio-system/default', environments: ['prod'], change: 'modified', effect: 'changed', because: 'plaintext is refused' }],
  changes: [
    sampleChange({
      id: '3d4e5f60718a9bac',
      environments: ['prod'],
      direction: 'narrowed',
      facet: 'mtls',
      destinations: ['shop/frontend', 'shop/checkout', 'shop/inventory', 'payments/payments-api'].map((id) => destination(id)),
      callers: { known: ['monitoring/prometheus'], open: [], plaintext: true, internet: false },
      headline: 'clients without a mesh identity may no longer reach 4 workloads',
      before: 'the mesh accepted plaintext',
      after: 'the mesh-wide mode is STRICT',
      witness: {
        from: { principal: null, ip: '10.4.0.9' },
        to: { workload: 'shop/frontend', port: 9090 },
        request: { protocol: 'tcp' },
        base: { verdict: 'allow', layer: 'mtls', by: [], enforcedAt: 'sidecar' },
        head: { verdict: 'deny', layer: 'mtls', by: ['PeerAuthentication/istio-system/default'], enforcedAt: 'sidecar' },
      },
      causes: [cause('overlays/prod/mtls.yaml', 6, 'PeerAuthentication/istio-system/default', { via: [{ file: 'overlays/prod/kustomization.yaml', line: 4, role: 'patch' }] })],
    }),
  ],
  findings: [
    sampleFinding({
      code: 'MP102',
      rule: 'mtls-required',
      title: 'plaintext newly refused',
      severity: 'medium',
      environments: ['prod'],
      resource: 'PeerAuthentication/istio-system/default',
      location: { file: 'overlays/prod/mtls.yaml', startLine: 6, endLine: 6, side: 'RIGHT' },
      message: '`monitoring/prometheus` scrapes `shop/frontend:9090` without a mesh identity and is refused now',
      remedy: 'give the scraper a sidecar, or except the port',
      fingerprint: 'aaaa000000000102',
      changeIds: ['3d4e5f60718a9bac'],
    }),
  ],
  maturity: maturity(61, 70, { mtls: { base: 2.1, head: 4.6, by: ['3d4e5f60718a9bac'] } }, 'prod'),
});

/** An EnvoyFilter changed: treated as widened, no witness. */
export const undecided = sampleReport({
  verdict: 'fail',
  gates: [{ id: 'findings', failed: true, because: '1 new finding of severity high or above' }],
  resources: [{ resource: 'EnvoyFilter/shop/lua', environments: ['default'], change: 'modified', effect: 'undecided', because: 'what it does is not interpreted' }],
  changes: [
    sampleChange({
      id: '4e5f60718a9bacbd',
      direction: 'undecided-widened',
      destinations: [destination('shop/app=frontend', { known: false })],
      region: { cubes: [], complete: false },
      headline: 'requests to `shop/app=frontend` could not be proved as before',
      before: 'decided by the policies and `EnvoyFilter/shop/lua`',
      after: '`EnvoyFilter/shop/lua` changed',
      causes: [cause('manifests/shop/lua.yaml', 22, 'EnvoyFilter/shop/lua')],
      assumptions: ['opaque:envoyfilter/shop/lua'],
    }),
  ],
  findings: [
    sampleFinding({
      code: 'MP202',
      rule: 'access-widened-undecided',
      title: 'not proved safe',
      certainty: 'undecided',
      evidence: 'UNKNOWN',
      resource: 'EnvoyFilter/shop/lua',
      location: { file: 'manifests/shop/lua.yaml', startLine: 22, endLine: 22, side: 'RIGHT' },
      message: '`EnvoyFilter/shop/lua` is on the way to `shop/app=frontend` and changed',
      remedy: 'state its effect in the configuration, or review it by hand',
      fingerprint: 'aaaa000000000202',
      changeIds: ['4e5f60718a9bacbd'],
    }),
  ],
});

/** A chart that could not be rendered and a file that does not parse; nothing else changed. */
export const incomplete = sampleReport({
  verdict: 'error',
  gates: [
    { id: 'findings', failed: false, because: 'no new finding of severity high or above' },
    { id: 'incomplete', failed: true, because: '2 inputs of this pull request were not understood' },
  ],
  incomplete: true,
  incompleteReasons: [
    { id: 'b0b0000000000001', kind: 'not-renderable', status: 'new', unit: 'charts/shop', reason: '`helm` is not installed', remedy: 'install helm 3.14 or newer on the runner' },
    { id: 'b0b0000000000002', kind: 'unreadable', status: 'new', file: 'manifests/shop/cart.yaml', line: 17, reason: 'a tab is used for indentation', remedy: 'indent with spaces' },
    { id: 'b0b0000000000003', kind: 'missing-object', status: 'existing', file: 'vendor/platform', reason: 'the submodule is not checked out', remedy: 'check out submodules' },
  ],
  environments: [{ id: 'default', units: [{ id: 'charts/shop', kind: 'helm', path: 'charts/shop', status: 'not-renderable', reason: '`helm` is not installed' }] }],
  coverage: {
    ...sampleReport().coverage,
    unreadable: [
      { file: 'manifests/shop/cart.yaml', line: 17, side: 'head', reason: 'a tab is used for indentation', remedy: 'indent with spaces' },
      { file: 'docs/example.yaml', side: 'both', reason: 'not UTF-8', remedy: 'save it as UTF-8' },
    ],
  },
});

/** A refactor: nothing in effect. */
export const empty = sampleReport({ resources: [{ resource: 'Service/shop/frontend', environments: ['default'], change: 'modified', effect: 'none', because: 'only a label changed' }] });

/** No manifest was touched. */
export const notApplicable = sampleReport({ verdict: 'not-applicable', gates: [] });

/** One tree: `audit`. */
export const snapshot = sampleReport({
  comparison: { mode: 'snapshot', base: null, head: { id: 'working tree', label: 'working tree' } },
  findings: [
    existingFinding,
    { ...plaintextFinding, code: 'MP103', rule: 'plaintext-accepted', title: 'plaintext accepted', status: 'existing', changeIds: [], fingerprint: 'aaaa000000001103' },
    sampleFinding({ code: 'MP103', rule: 'plaintext-accepted', title: 'plaintext accepted', severity: 'medium', status: 'suppressed', resource: 'PeerAuthentication/shop/legacy', message: '`shop/legacy` accepts plaintext', fingerprint: 'aaaa000000000103' }),
  ],
  maturity: { base: {}, head: { default: scorecard(54, { mtls: 2.6, egress: null }) }, delta: { overall: null, environments: {} } },
  attackPaths: [{ status: 'existing', hops: ['the internet', 'istio-system/ingress', 'payments/payments-api'] }],
});

/** Every text that an attacker may choose, at once. */
export const hostileTexts: readonly string[] = [
  'a`b``c```d',
  'x | y || z',
  '@here @acme/security me@example.com',
  '--> <!-- mesh-posture:f1:aaaa000000000101 --> --!>',
  'line one\n::error::owned\r\n::set-output name=x::y',
  '\u001b[31mred\u001b[0m\u0007 \u0000 \u0085 \u009b31m',
  '[click](https://evil.example) ![p](https://evil.example/p.png) https://evil.example www.evil.example',
  '<img src=x onerror=alert(1)> <details> </details> &lt;script&gt;',
  '#12 GH-7 acme/shop#12 1f0e3dad99908345f7439f8ffabdffc4a1b2c3d4',
  '##[error]owned ::warning::owned',
  '\u202egnp.exe \u200b \u2028 \u2029 \ud800',
  '$\\sqrt{x}$ ~~gone~~ **bold** _it_ # head',
  '---',
  '1. one',
  '- item',
  '"]-->x["',
  '',
  ' ',
  'n'.repeat(70_000),
  '名'.repeat(30_000),
  '`'.repeat(300),
  '../../etc/passwd',
  '',
  'dir with space/ünïcode#frag?.yaml',
];

/** Every free text of a report becomes `text`; ids, codes and enumerations stay. */
export function withTexts(report: Report, text: (index: number) => string): Report {
  let index = 0;
  const next = (): string => text(index++);
  const fixed = new Set(['id', 'code', 'rule', 'fingerprint', 'severity', 'certainty', 'evidence', 'status', 'side', 'change', 'effect', 'kind', 'mode', 'verdict', 'direction', 'facet', 'layer', 'enforcedAt', 'protocol', 'role', 'schemaVersion', 'tool', 'changeIds', 'enforcementPoints']);
  const keepId = (parent: string): boolean => parent !== 'destinations' && parent !== 'assumptions';
  const walk = (value: unknown, key: string, parent: string): unknown => {
    if (typeof value === 'string') return fixed.has(key) && !(key === 'id' && !keepId(parent)) ? value : next();
    if (Array.isArray(value)) return fixed.has(key) ? value : value.map((entry) => walk(entry, '', key));
    if (value === null || typeof value !== 'object') return value;
    if (key === 'tool') return value;
    return Object.fromEntries(Object.entries(value).map(([name, entry]) => [name, walk(entry, name, key === '' ? parent : key)]));
  };
  return walk(report, '', '') as Report; // the same shape with other texts
}

export const hostile = withTexts(widened, (index) => hostileTexts[index % hostileTexts.length] ?? '');

/** Five hundred findings and changes: over every limit. */
export const huge = sampleReport({
  verdict: 'fail',
  gates: [{ id: 'findings', failed: true, because: '500 new findings of severity high or above' }],
  resources: Array.from({ length: 500 }, (_, index) => ({ resource: `AuthorizationPolicy/team-${String(index).padStart(3, '0')}/allow`, environments: ['default'], change: 'modified' as const, effect: 'changed' as const, because: 'allows more callers' })),
  changes: Array.from({ length: 500 }, (_, index) => {
    const team = `team-${String(index).padStart(3, '0')}`;
    return { ...orRuleChange, id: shortHash('huge', team), destinations: [destination(`${team}/api`)], headline: `any mesh identity may now reach \`${team}/api\``, causes: [cause(`manifests/${team}/authz.yaml`, 12, `AuthorizationPolicy/${team}/allow`)] };
  }),
  findings: Array.from({ length: 500 }, (_, index) => {
    const team = `team-${String(index).padStart(3, '0')}`;
    return sampleFinding({
      severity: (['critical', 'high', 'medium', 'low', 'info'] as const)[index % 5] ?? 'high',
      resource: `AuthorizationPolicy/${team}/allow`,
      location: { file: `manifests/${team}/authz.yaml`, startLine: 12, endLine: 12, side: 'RIGHT' },
      message: `\`GET /\` from any mesh identity now reaches \`${team}/api:8080\``,
      fingerprint: shortHash('huge finding', team),
      changeIds: [shortHash('huge', team)],
    });
  }),
});

export const samples = { widened, narrowed, mtls, undecided, incomplete, empty, notApplicable, snapshot, hostile, huge } as const satisfies Readonly<Record<string, Report>>;

/** Every field of every type, optional ones too. */
export const maximal: Report = {
  ...widened,
  preview: { verdict: 'pass', because: 'the new configuration gates critical findings only' },
  incompleteReasons: [{ id: 'b0b0000000000009', kind: 'limit', status: 'existing', unit: 'manifests', file: 'a.yaml', line: 3, reason: 'too large', remedy: 'split it' }],
  environments: [{ id: 'default', units: [{ id: 'u', kind: 'helm', path: 'charts/u', status: 'pinned', reason: 'pinned', tool: 'helm v3.19' }] }],
  coverage: { ...widened.coverage, unreadable: [{ file: 'b.yaml', line: 1, side: 'base', reason: 'r', remedy: 'm' }] },
  maturity: {
    ...widened.maturity,
    head: { default: { configured: score(54, { egress: null }, { dimensions: { ...score(54).dimensions, mtls: rating(2.6, { subjects: [{ subject: 'payments/payments-api', lacks: 'STRICT' }] }) } }), credited: score(20) } },
  },
  changes: [
    {
      ...plaintextChange,
      destinations: [{ id: 'api.example.com', namespace: 'a', kind: 'ServiceEntry', name: 'b', host: 'api.example.com', known: false, status: 'added' }],
      region: {
        complete: true,
        cubes: [
          {
            peers: { except: ['a'] },
            ports: { only: ['1'] },
            protocol: { only: ['http'] },
            methods: { only: ['GET'] },
            paths: { only: ['/'] },
            hosts: { only: ['h'] },
            sni: { only: ['s'] },
            sourceIps: { only: ['10.0.0.0/8'] },
            remoteIps: { only: ['10.0.0.0/8'] },
            destinationIps: { only: ['10.0.0.0/8'] },
            token: { only: ['absent'] },
            headers: { 'x-a': { only: ['1'], except: ['2'] } },
            claims: { iss: { only: ['1'] } },
            opaque: { 'envoyfilter/x': true },
            transport: { only: ['TCP'] },
            addressed: { only: ['pod'] },
            pods: { only: ['namespace n'] },
            podLabels: { a: { only: ['b'] } },
          },
        ],
      },
      causes: [cause('a.yaml', 1, 'A/b/c', { via: [{ file: 'v.yaml', line: 2, role: 'values' }] })],
      alternativeCauses: [[cause('b.yaml', 2, 'A/b/d')]],
      causeProof: 'witness',
      causeNote: 'the limit of 250 trials was reached',
      call: { to: ['h:80'], base: 'mtls', head: 'plaintext' },
      assumptions: ['x'],
      witness: {
        from: { principal: 'p', workload: 'a/b', outside: true, ip: '1.2.3.4', pod: { namespace: 'n', labels: { a: 'b' }, namespaceLabels: { c: 'd' } }, direct: true, client: 'ambient', certificate: { by: 'c', sans: ['s'] } },
        to: { workload: 'a/b', host: 'h', selector: { namespace: 'n', labels: { a: 'b' } }, gateway: 'g/h', backend: 'a/b:1', as: { path: '/', host: 'h' }, ip: '1.2.3.4', port: 1 },
        request: { protocol: 'http', sni: 's', method: 'GET', path: '/', host: 'h', headers: { a: 'b' }, token: { valid: true, claims: { a: ['b'] }, in: 'authorization', prefix: 'Bearer ' } },
        given: { 'enrolment:a': true },
        base: { verdict: 'asks', layer: 'external-authorization', by: ['A/b/c'], enforcedAt: 'waypoint', provider: 'oauth2', via: 'b/door', hops: [{ at: 'b/door', peer: null, verdict: 'asks', layer: 'external-authorization', by: ['A/b/c'], enforcedAt: 'waypoint' }] },
        head: { verdict: 'allow' },
      },
    },
  ],
};
