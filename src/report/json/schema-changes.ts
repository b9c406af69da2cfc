/** The schema of changes, witnesses and findings. */
import type { CalledDifferently, CallSent, Callers, Cause, Change, Destination, Direction, Facet, Region, RegionCube, ValueSet, Witness, WitnessAnswer } from '#impact/change.ts';
import type { Certainty, Evidence, Finding, FindingStatus, Location, RelatedLocation, Severity } from '#findings/finding.ts';
import type { AnswerLayer, EnforcementPoint, Hop, Query } from '#posture/query.ts';
import { anything, choice, flag, integer, list, object, record, ref, text, type Schema } from './schema-dsl.ts';

const enforcement = (description: string): Schema => choice<EnforcementPoint>(description, { sidecar: true, ztunnel: true, waypoint: true, gateway: true, none: true });
const side = choice<'LEFT' | 'RIGHT'>('LEFT: a line of the base, RIGHT: a line of the head', { LEFT: true, RIGHT: true });
const ids = (description: string): Schema => list(description, text('an id'));

const labels = (description: string): Schema => record(description, text('value of the label'));

export const query = {
  from: object<Query['from']>(
    'the caller',
    {
      principal: { description: 'identity in the client certificate, `trust-domain/ns/x/sa/y`; null: plaintext, no certificate', anyOf: [{ type: 'string' }, { type: 'null' }] },
      workload: text('instead of `principal`: a declared workload, `namespace/name`'),
      outside: flag('a client outside the cluster'),
      ip: text('address of the connection'),
      pod: object<NonNullable<Query['from']['pod']>>('the calling pod, where NetworkPolicies look at it', { namespace: text('its namespace'), labels: labels('its labels'), namespaceLabels: labels('labels of its namespace, where no manifest declares it') }, { namespaceLabels: true }),
      direct: flag('straight to the pod, past waypoints and gateways'),
      client: choice<'sidecar' | 'ambient'>('how the client takes part in the mesh, where its identity alone does not tell', { sidecar: true, ambient: true }),
      certificate: object<NonNullable<Query['from']['certificate']>>('at a gateway: a client certificate of the authority that a credential trusts', { by: text('the credential, or a file'), sans: list('its DNS names', text('a name')) }, { sans: true }),
    },
    { principal: true, workload: true, outside: true, ip: true, pod: true, direct: true, client: true, certificate: true },
  ),
  to: object<Query['to']>(
    'the destination',
    {
      workload: text('`namespace/name`, or `namespace/name[Kind]` where two kinds share the name'),
      host: text('a service or external host'),
      selector: object<NonNullable<Query['to']['selector']>>('a pod with these labels that no manifest declares', { namespace: text('its namespace'), labels: labels('its labels') }, {}),
      gateway: text('a gateway, `namespace/name`'),
      backend: text('with `gateway`: the backend behind it, `namespace/service:port`'),
      as: object<NonNullable<Query['to']['as']>>('with `backend`: what it sees of the request', { path: text('path with query'), host: text('authority') }, {}),
      ip: text('an address'),
      port: integer('the port', 0),
    },
    { workload: true, host: true, selector: true, gateway: true, backend: true, as: true, ip: true },
  ),
  request: object<Query['request']>(
    'what is sent',
    {
      protocol: choice<Query['request']['protocol']>('what the client speaks', { http: true, https: true, tcp: true, tls: true, udp: true, sctp: true }),
      sni: text('server name of the TLS handshake'),
      method: text('HTTP method'),
      path: text('HTTP path with query'),
      host: text('HTTP authority as sent'),
      headers: record('HTTP headers', text('value as sent')),
      token: object<NonNullable<Query['request']['token']>>(
        'a bearer token; absent: none',
        { valid: flag('the signature is good'), claims: record('its claims', anything('value of the claim')), in: text('`authorization`, `header:NAME`, `parameter:NAME` or `cookie:NAME`'), prefix: text('prefix before the token') },
        { claims: true, in: true, prefix: true },
      ),
    },
    { sni: true, method: true, path: true, host: true, headers: true, token: true },
  ),
  given: record('what the manifests do not tell and the answer depends on', flag('how it is')),
};

const witnessAnswer = object<WitnessAnswer>(
  'the answer for the witness on one side',
  {
    verdict: choice<WitnessAnswer['verdict']>('the answer', { allow: true, asks: true, deny: true, unknown: true }),
    layer: choice<AnswerLayer>('the layer that refused or let pass last', { routing: true, 'network-policy': true, mtls: true, authentication: true, authorization: true, 'external-authorization': true, none: true, protocol: true }),
    by: list('determining policies, sorted', text('`Kind/namespace/name`')),
    enforcedAt: enforcement('where the decision is taken'),
    provider: text('the external authorizer that is asked'),
    via: text('the waypoint on the way, `namespace/name`'),
    hops: list(
      'each enforcement point, where there is more than one',
      object<Hop>(
        'one enforcement point',
        {
          at: text('the waypoint or the workload, `namespace/name`'),
          peer: { description: 'the identity that it sees; null: none', anyOf: [{ type: 'string' }, { type: 'null' }] },
          verdict: choice<WitnessAnswer['verdict']>('its answer', { allow: true, asks: true, deny: true, unknown: true }),
          layer: choice<AnswerLayer>('the layer that refused or let pass last', { routing: true, 'network-policy': true, mtls: true, authentication: true, authorization: true, 'external-authorization': true, none: true, protocol: true }),
          by: list('determining policies, sorted', text('`Kind/namespace/name`')),
          enforcedAt: enforcement('where it is decided'),
        },
        { layer: true, by: true, enforcedAt: true },
      ),
    ),
  },
  { layer: true, by: true, enforcedAt: true, provider: true, via: true, hops: true },
);

const valueSet = object<ValueSet>(
  'a list of values, or all but a list',
  { only: list('these values', text('a value, in the policies’ vocabulary')), except: list('all but these values', text('a value, in the policies’ vocabulary')) },
  { only: true, except: true },
);

const values = (description: string): Schema => ref(description, 'valueSet');

const regionCube = object<RegionCube>(
  'a product of value sets; an absent dimension is any value',
  {
    peers: values('identities of the caller'),
    ports: values('ports of the workload'),
    protocol: values('protocols'),
    transport: values('`TCP`, `UDP`, `SCTP`: where NetworkPolicies tell them apart'),
    addressed: values('what is addressed, where waypoints make a difference: `host:port` of a Service, `pod` for its own address, `(none)` straight to it'),
    pods: values('namespaces of the calling pod, where NetworkPolicies look at it'),
    podLabels: record('labels of the calling pod by key', values('values of the label')),
    methods: values('HTTP methods'),
    paths: values('HTTP paths'),
    hosts: values('HTTP authorities'),
    sni: values('server names'),
    sourceIps: values('addresses of the connection'),
    remoteIps: values('original client addresses'),
    destinationIps: values('addresses of the destination'),
    token: values('request identities'),
    headers: record('HTTP headers by name', values('values of the header')),
    claims: record('claims of the token by name', values('values of the claim')),
    opaque: record('conditions that the manifests do not interpret', flag('how it is')),
  },
  { peers: true, ports: true, protocol: true, transport: true, addressed: true, pods: true, podLabels: true, methods: true, paths: true, hosts: true, sni: true, sourceIps: true, remoteIps: true, destinationIps: true, token: true, headers: true, claims: true, opaque: true },
);

const cause = object<Cause>(
  'lines that made the change so',
  {
    file: text('path in the repository'),
    line: integer('first line, from 1', 1),
    endLine: integer('last line', 1),
    side,
    resource: text('`Kind/namespace/name`'),
    change: choice<Cause['change']>('what happened to it', { added: true, modified: true, removed: true }),
    via: list(
      'how the line came there, where it was rendered',
      object<Cause['via'][number]>(
        'one step',
        { file: text('path in the repository'), line: integer('line, from 1', 1), role: choice<Cause['via'][number]['role']>('what the file is', { values: true, template: true, patch: true, kustomization: true, dependency: true }) },
        {},
      ),
    ),
  },
  {},
);

function sentChoice(when: string): ReturnType<typeof choice> {
  return choice<CallSent>(`what is sent to it ${when}; \`nothing\`: the call does not come there`, { mtls: true, tls: true, plaintext: true, passthrough: true, nothing: true });
}

const change = object<Change>(
  'one difference of two postures, exact where it is proved',
  {
    id: text('16 hex digits, stable over runs and moves', '^[0-9a-f]{16}$'),
    environments: ids('environments in which it happens'),
    direction: choice<Direction>('what kind of difference', { widened: true, narrowed: true, weakened: true, strengthened: true, 'undecided-widened': true, 'undecided-narrowed': true, 'latent-widened': true, 'latent-narrowed': true }),
    facet: choice<Facet>('the layer whose answer differs on the witness', { mtls: true, token: true, 'external-authorization': true, ingress: true, enrolment: true, identity: true, egress: true, access: true }),
    destinations: list(
      'what is reached',
      object<Destination>(
        'a workload, a phantom that only a selector names, or an external host',
        { id: text('stable name'), namespace: text('its namespace'), kind: text('its kind'), name: text('its name'), host: text('egress only: the host'), known: flag('declared by a manifest'), status: choice<Destination['status']>('the sides that have it', { both: true, added: true, removed: true }) },
        { namespace: true, kind: true, name: true, host: true },
      ),
    ),
    region: object<Region>('the exact difference', { cubes: list('a union of cubes', ref('one of them', 'regionCube')), complete: flag('false: there is more than these cubes') }, {}),
    callers: object<Callers>(
      'who is concerned',
      { known: list('known workloads', text('`namespace/name`')), open: list('identities that no manifest creates, in words', text('plain text')), plaintext: flag('callers without a mesh identity'), internet: flag('callers outside the cluster') },
      {},
    ),
    headline: text('one sentence, plain text'),
    before: text('how it was, plain text'),
    after: text('how it is, plain text'),
    call: object<CalledDifferently>(
      'how sidecars of the callers call the destination, where the change is about that',
      { to: list('the names that are called', text('`host:port`')), base: sentChoice('before'), head: sentChoice('after') },
      {},
    ),
    witness: ref('one request that shows it; absent only where the change is undecided, or about calls whose end no single request shows', 'witness'),
    causes: list('the lines that made it so: a set of edits that alone, applied to the base, gives the witness its new answer, while no proper subset does', cause),
    alternativeCauses: list('other sets of which the same holds', list('one set', cause)),
    causeProof: choice<NonNullable<Change['causeProof']>>('what was proved of the causes: they alone make the whole region, they move the witness, nothing', { region: true, witness: true, none: true }),
    causeNote: text('why the causes are not proved, or which limit was reached; plain text'),
    enforcementPoints: list('where it is decided', enforcement('a point')),
    assumptions: ids('additional assumptions; none: proved'),
  },
  { call: true, witness: true, alternativeCauses: true, causeProof: true, causeNote: true },
);

const positions = { file: text('path in the repository'), startLine: integer('first line, from 1', 1), endLine: integer('last line', 1), side };

const finding = object<Finding>(
  'a change or state worth a person’s time',
  {
    code: text('stable code', '^MP[0-9]+$'),
    rule: text('id of the rule'),
    title: text('what it is, without names'),
    severity: choice<Severity>('how bad', { critical: true, high: true, medium: true, low: true, info: true }),
    certainty: choice<Certainty>('how sure', { proved: true, conditional: true, undecided: true }),
    evidence: choice<Evidence>('VERIFIED: observed; INFERRED: follows from manifests; UNKNOWN: not in what was read', { VERIFIED: true, INFERRED: true, UNKNOWN: true }),
    status: choice<FindingStatus>('compared with the base', { new: true, worsened: true, existing: true, fixed: true, suppressed: true }),
    environments: ids('environments in which it holds'),
    resource: text('`Kind/namespace/name`, a workload, or `mesh`'),
    location: object<Location>('where; absent only where it is about the run itself', positions, {}),
    related: list('other places', object<RelatedLocation>('a place and why', { ...positions, message: text('a phrase, plain text') }, {})),
    message: text('what changed or is, plain text'),
    impact: text('why it matters, plain text'),
    attack: text('source, hops and target, plain text'),
    remedy: text('what to do, plain text'),
    validation: object<Finding['validation']>('how to test it', { positive: text('what must work'), negative: text('what must fail') }, {}),
    fingerprint: text('16 hex digits without path, line, text, severity', '^[0-9a-f]{16}$'),
    changeIds: ids('changes it speaks about'),
    witness: ref('one request that shows it', 'witness'),
    tags: list('standards and topics', text('a tag')),
  },
  { location: true, attack: true, witness: true },
);

export const changeDefinitions = {
  valueSet,
  regionCube,
  witnessAnswer,
  witness: object<Witness>('a request with both answers', { ...query, base: ref('the answer on the base', 'witnessAnswer'), head: ref('the answer on the head', 'witnessAnswer') }, { given: true }),
  change,
  finding,
};
