/**
 * What policies of the network become in front of a destination: alternatives of layers over who calls, from which pod, to which port (M136 to
 * M145). `fixtures/semantics/network`: `vitest -u` writes it anew, and the difference is to be read.
 */
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import type { Told } from '#lib/told.ts';
import type { Mesh, Workload } from '#mesh/model.ts';
import { impossibleTransports, labelledNobodies, networkKey, networkMoved, networkPosture, noPod, outboundPosture } from '#semantics/network-lowering.ts';
import type { NetworkPosture } from '#semantics/network-lowering.ts';
import { decidePacket } from '#semantics/network-policy.ts';
import type { End, Packet } from '#semantics/network-policy.ts';
import { networkWorldOf } from '#semantics/network-world.ts';
import { parseIp } from '#sets/ip.ts';
import { cubeKey } from '#sets/keys.ts';
import { readerOf } from '#sets/label-selection.ts';
import { deployment, meshOf, namespace } from '../mesh/support.ts';

const base = [namespace('shop', 'team: red'), namespace('web', 'team: blue'), deployment('shop/db', 'tier: back'), deployment('web/front')];
const networkPolicy = (place: string, spec: string): string => {
  const [space = '', name = ''] = place.split('/');
  return `{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: ${name}, namespace: ${space}}, spec: {${spec}}}`;
};
const admin = (name: string, priority: number, spec: string): string => `{apiVersion: policy.networking.k8s.io/v1alpha1, kind: AdminNetworkPolicy, metadata: {name: ${name}}, spec: {priority: ${String(priority)}, ${spec}}}`;
const baseline = (spec: string): string => `{apiVersion: policy.networking.k8s.io/v1alpha1, kind: BaselineAdminNetworkPolicy, metadata: {name: default}, spec: {${spec}}}`;
const into = (rules: string, selector = '{}'): string => networkPolicy('shop/in', `podSelector: ${selector}, ingress: [${rules}]`);
const out = (rules: string, place = 'web/out', selector = '{}'): string => networkPolicy(place, `podSelector: ${selector}, policyTypes: [Egress], egress: [${rules}]`);

function workload(mesh: Mesh, id: string): Workload {
  const found = [...mesh.workloads.values()].find((each) => `${each.namespace}/${each.name}` === id);
  if (found === undefined) throw new Error(`no workload ${id}`);
  return found;
}

function shown({ alternatives, opaque }: NetworkPosture): string {
  const cubes = (list: readonly Parameters<typeof cubeKey>[0][]): string => (list.length === 0 ? 'nothing' : list.map((cube) => `${cubeKey(cube)} [${cube.origins.map(({ policy, rule }) => `${policy}${rule === undefined ? '' : `#${String(rule)}`}`).join(' ')}]`).join('\n        '));
  const layers = alternatives.map(({ id, layers: own }) => `  ${id}\n${own.map(({ allow, deny }) => `    admits ${allow === 'all' ? 'all' : cubes(allow)}\n${deny.length === 0 ? '' : `    refuses ${cubes(deny)}\n`}`).join('')}`).join('');
  return `${layers === '' ? '  no way\n' : layers}${opaque.length === 0 ? '' : `  not read: ${opaque.map(({ resource }) => resource).join(', ')}\n`}`;
}

interface Case {
  readonly name: string;
  readonly documents: readonly string[];
  readonly world?: 'closed';
  readonly tunnelled?: boolean;
  readonly to?: string;
}

const cases: readonly Case[] = [
  { name: 'no policy', documents: [] },
  { name: 'a policy that admits nobody', documents: [into('')] },
  { name: 'a policy that admits everybody', documents: [into('{}')] },
  { name: 'a policy for other pods', documents: [into('', '{matchLabels: {app: other}}')] },
  { name: 'pods of the own namespace, of namespaces, of both, and addresses', documents: [into('{from: [{podSelector: {matchLabels: {app: front}}}, {namespaceSelector: {matchLabels: {team: blue}}}, {namespaceSelector: {}, podSelector: {matchLabels: {role: client}}}, {ipBlock: {cidr: 10.0.0.0/8, except: [10.1.0.0/16]}}]}')] },
  { name: 'requirements of labels', documents: [into('{from: [{podSelector: {matchExpressions: [{key: a, operator: In, values: [one, two]}, {key: b, operator: NotIn, values: [three]}, {key: c, operator: Exists}, {key: d, operator: DoesNotExist}]}}]}')] },
  { name: 'ports', documents: [into('{ports: [{port: 8080}, {port: web}, {port: none}, {port: 9000, endPort: 9010}, {port: 9020, endPort: 9020}, {protocol: UDP}, {protocol: UDP, port: 53}, {protocol: SCTP, port: 1}]}')] },
  { name: 'ports through a tunnel', documents: [into('{ports: [{port: 8080}, {port: 15000, endPort: 15010}, {protocol: UDP, port: 53}]}, {ports: [{port: 15008}]}, {ports: [{port: 15000, endPort: 15007}]}, {ports: [{protocol: TCP}]}')], tunnelled: true },
  { name: 'two policies, each with two rules', documents: [into('{from: [{podSelector: {}}]}, {ports: [{port: 1}]}'), networkPolicy('shop/more', 'podSelector: {matchLabels: {tier: back}}, ingress: [{from: [{namespaceSelector: {}}], ports: [{port: 2}]}]')] },
  { name: 'sources that are isolated, and let nothing out', documents: [out('')] },
  { name: 'sources that are let out to the destination', documents: [out('{to: [{podSelector: {}}]}, {to: [{namespaceSelector: {matchLabels: {team: red}}}]}, {to: [{namespaceSelector: {matchLabels: {team: green}}}]}, {to: [{namespaceSelector: {}, podSelector: {matchLabels: {tier: back}}}], ports: [{port: web}]}, {to: [{namespaceSelector: {}, podSelector: {matchLabels: {tier: other}}}]}, {to: [{ipBlock: {cidr: 10.0.0.0/8}}]}')] },
  { name: 'sources of the own namespace', documents: [out('{to: [{podSelector: {}}]}', 'shop/out', '{matchLabels: {app: web}}')] },
  { name: 'sources that are let out anywhere', documents: [out('{}')] },
  { name: 'both ends', documents: [into('{from: [{namespaceSelector: {}}]}'), out('{to: [{namespaceSelector: {}}]}')] },
  { name: 'a namespace whose labels nobody tells', documents: [deployment('other/job'), out('{to: [{namespaceSelector: {matchLabels: {team: red}}}]}'), into('{from: [{namespaceSelector: {matchLabels: {team: red}}}]}')], to: 'other/job' },
  { name: 'the same in a whole cluster', documents: [deployment('other/job'), out('{to: [{namespaceSelector: {matchLabels: {team: red}}}]}'), out('{to: [{namespaceSelector: {}}]}', 'web/more')], to: 'other/job', world: 'closed' },
  { name: 'a pod on the network of its node', documents: [deployment('shop/agent', '', '', 'hostNetwork: true'), into(''), out('{to: [{namespaceSelector: {}}, {ipBlock: {cidr: 10.0.0.0/8}}]}')], to: 'shop/agent' },
  { name: 'rules of the cluster, in order', documents: [admin('b', 10, 'subject: {namespaces: {}}, ingress: [{action: Deny, from: [{namespaces: {matchLabels: {team: blue}}}]}]'), admin('a', 5, 'subject: {pods: {namespaceSelector: {}, podSelector: {matchLabels: {tier: back}}}}, ingress: [{action: Allow, from: [{pods: {namespaceSelector: {}, podSelector: {matchLabels: {app: front}}}}], ports: [{portNumber: {protocol: TCP, port: 8080}}, {portRange: {protocol: UDP, start: 1, end: 2}}, {namedPort: web}]}, {action: Pass, from: [{networks: [10.0.0.0/8]}]}]'), into('{from: [{podSelector: {}}]}')] },
  { name: 'rules of the cluster for other pods', documents: [admin('a', 5, 'subject: {pods: {namespaceSelector: {}, podSelector: {matchLabels: {tier: other}}}}, ingress: [{action: Deny, from: [{namespaces: {}}]}]'), admin('b', 6, 'subject: {namespaces: {matchLabels: {team: blue}}}, ingress: [{action: Deny, from: [{namespaces: {}}]}]')] },
  { name: 'the baseline, where no policy isolates', documents: [baseline('subject: {namespaces: {}}, ingress: [{action: Deny, from: [{namespaces: {}}]}], egress: [{action: Allow, to: [{networks: [10.0.0.0/8]}]}, {action: Deny, to: [{namespaces: {}}]}]'), networkPolicy('web/out', 'podSelector: {}, policyTypes: [Egress]')] },
  { name: 'the baseline, where a policy isolates', documents: [baseline('subject: {namespaces: {}}, ingress: [{action: Deny, from: [{namespaces: {}}]}]'), into('{}')] },
  { name: 'egress of the cluster', documents: [admin('a', 1, 'subject: {namespaces: {matchLabels: {team: blue}}}, egress: [{action: Allow, to: [{pods: {namespaceSelector: {}, podSelector: {matchLabels: {tier: back}}}}]}, {action: Pass, to: [{networks: [10.0.0.0/8]}]}, {action: Deny, to: [{namespaces: {}}]}]')] },
  { name: 'what is not read', documents: [admin('a', 1, 'subject: {namespaces: {}}, ingress: [{action: Wait, from: [{namespaces: {}}]}, {action: Allow, from: [{nodes: {}}]}, {action: Allow, from: [{}]}], egress: [{action: Allow, to: [{nodes: {}}, {domainNames: [a.example]}, {networks: [10.0.0.0/8]}]}, {action: Allow, to: [{namespaces: {}}], ports: [{}]}]'), admin('b', 2, 'subject: {}, egress: [{action: Deny, to: [{}]}]')] },
  { name: 'the cluster’s rules for a namespace whose labels nobody tells', documents: [deployment('other/job'), admin('a', 1, 'subject: {namespaces: {matchLabels: {team: red}}}, ingress: [{action: Deny, from: [{namespaces: {}}]}]')], to: 'other/job' },
];

const recorded = (name: string): string => fileURLToPath(new URL(`../../fixtures/semantics/network/${name.replaceAll(/[^a-z]+/g, '-')}.txt`, import.meta.url));

describe('what policies become in front of a destination', () => {
  test.each(cases.map((one) => [one.name, one] as const))('%s', (name, { documents, world, tunnelled, to }) => {
    const mesh = meshOf(world === undefined ? {} : { world }, ...base, ...documents);
    return expect(shown(networkPosture(mesh, workload(mesh, to ?? 'shop/db'), tunnelled ?? false))).toMatchFileSnapshot(recorded(name));
  });
});

describe('and in front of an address outside', () => {
  test.each(['no policy', 'sources that are let out to the destination', 'sources that are let out anywhere', 'egress of the cluster', 'what is not read', 'the baseline, where no policy isolates'].map((name) => [name] as const))('%s', (name) =>
    expect(shown(outboundPosture(meshOf({}, ...base, ...(cases.find((each) => each.name === name)?.documents ?? []))))).toMatchFileSnapshot(recorded(`${name} outward`)));
});

test('callers that are no pod have no labels, and some connections cannot be', () => {
  const told = (cubes: readonly Parameters<typeof cubeKey>[0][]): readonly string[] => cubes.map((cube) => `${cubeKey(cube)}${cube.origins.length === 0 ? '' : ' by somebody'}`);
  const nobody = 'peer: * except source-namespace [[],["*",[]]]';
  expect(told([noPod])).toEqual([nobody]);
  expect(told(impossibleTransports)).toEqual(['protocol: one-of "http" | one-of "https" | one-of "tls" & transport: one-of "SCTP" | one-of "UDP"', 'peer: identified & transport: one-of "SCTP" | one-of "UDP"']);
  const mesh = meshOf({}, ...base, into('{from: [{podSelector: {matchLabels: {b: x, a: x}}}]}'), out('', 'web/out', '{matchLabels: {c: x}}'));
  expect(told(labelledNobodies(networkPosture(mesh, workload(mesh, 'shop/db'), false).alternatives))).toEqual(['a', 'b', 'c'].map((key) => `${nobody} & pod-label:${key}: present`));
  expect(labelledNobodies(networkPosture(meshOf({}, ...base), workload(mesh, 'shop/db'), false).alternatives)).toEqual([]);
});

describe('whether packets to a destination may fare otherwise', () => {
  const moved = (before: readonly string[], after: readonly string[], how: { readonly to?: string; readonly tunnelled?: boolean } = {}): readonly boolean[] => {
    const [one, other] = [meshOf({}, ...base, ...before), meshOf({}, ...base, ...after)];
    const view = (mesh: Mesh, tunnelled = false): Parameters<typeof networkMoved>[0] => ({ mesh, destination: workload(mesh, how.to ?? 'shop/db'), tunnelled });
    const keys = [networkKey(one, workload(one, how.to ?? 'shop/db'), false), networkKey(other, workload(other, how.to ?? 'shop/db'), how.tunnelled ?? false)];
    return [networkMoved(view(one), view(other, how.tunnelled)), networkMoved(view(other, how.tunnelled), view(one)), keys[0] !== keys[1]];
  };
  const all = [true, true, true];
  // The key of everything sees policies of sources that let nothing out to this destination; the cheap question does not.
  test.each([
    ['nothing', [], [], [false, false, false]],
    ['equal policies', [into('{}')], [into('{}')], [false, false, false]],
    ['a policy more', [], [into('')], all],
    ['another rule', [into('{}')], [into('{ports: [{port: 1}]}')], all],
    ['another name', [into('{}')], [networkPolicy('shop/other', 'podSelector: {}, ingress: [{}]')], all],
    ['a policy for other pods', [], [into('', '{matchLabels: {app: other}}')], [false, false, true]],
    ['another policy of sources', [out('{}')], [out('{to: [{podSelector: {}}]}')], all],
    ['other sources', [out('{}')], [out('{}', 'web/out', '{matchLabels: {app: front}}')], all],
    ['a rule of the cluster', [], [admin('a', 1, 'subject: {namespaces: {}}, ingress: [{action: Deny, from: [{namespaces: {}}]}]')], all],
    ['labels of a namespace', [], [namespace('more', 'team: red'), into('{}', '{matchLabels: {app: other}}')], [true, true, true]],
    ['a workload of other labels', [into('', '{matchLabels: {app: x}}'), deployment('shop/x')], [into('', '{matchLabels: {app: x}}'), deployment('shop/x', 'tier: front')], [true, true, true]],
  ] as const)('%s', (name, before, after, expected) => {
    expect(moved(before, after, { to: name === 'a workload of other labels' ? 'shop/x' : 'shop/db' })).toEqual(expected);
  });
  test('through a tunnel on one side', () => {
    expect(moved([into('{}')], [into('{}')], { tunnelled: true })).toEqual(all);
  });
  test('of a mesh without policies there is no content', () => {
    const mesh = meshOf({}, ...base);
    expect([networkKey(mesh, workload(mesh, 'shop/db'), false), outboundPosture(mesh).key]).toEqual(['', '']);
    expect(networkKey(meshOf({}, ...base, into('')), workload(mesh, 'shop/db'), false)).not.toBe('');
  });
});

describe('one packet', () => {
  const pod = (space: string, labels: Readonly<Record<string, string>> | undefined, more: Partial<Extract<End, { type: 'pod' }>> = {}): End => ({ type: 'pod', namespace: space, namespaceLabel: readerOf({ 'kubernetes.io/metadata.name': space, team: space === 'shop' ? 'red' : 'blue' }), labels, ports: [{ name: 'web', port: 8080, protocol: 'TCP' }], address: parseIp('10.0.0.7'), ...more });
  const db = pod('shop', { app: 'db', tier: 'back' });
  const front = pod('web', { app: 'front' });
  const outside: End = { type: 'outside', address: parseIp('203.0.113.10') ?? 0n };
  const somebody: End = { type: 'somebody' };
  const ask = (documents: readonly string[], more: Partial<Packet> = {}): string => {
    const { passes, governed, by, rule, because } = decidePacket(networkWorldOf(meshOf({}, ...base, ...documents)), { source: front, destination: db, port: 8080, transport: 'TCP', ...more });
    return `${passes === undefined ? 'unknown' : passes ? 'passes' : 'refused'}${governed ? '' : ' freely'} ${rule}: ${because} (${by.join(' ')})`;
  };
  const lets = 'passes M138: a rule of `NetworkPolicy/shop/in` lets the ingress pass (NetworkPolicy/shop/in)';
  const isolated = 'refused M136: `NetworkPolicy/shop/in` isolates the pod for ingress and no rule lets the packet pass (NetworkPolicy/shop/in)';
  const open = 'unknown M139: whether a rule of `NetworkPolicy/shop/in` holds for this ingress is not told (NetworkPolicy/shop/in)';
  const free = 'passes freely M136: no NetworkPolicy isolates either end ()';
  const web = { namespaceSelector: '{matchLabels: {team: blue}}' };

  test.each([
    ['no policy', [], {}, free],
    ['nobody is admitted', [into('')], {}, isolated],
    ['everybody is', [into('{}')], {}, lets],
    ['a policy for other pods', [into('', '{matchLabels: {app: other}}')], {}, free],
    ['a source outside', [into('{from: [{namespaceSelector: {}}]}')], { source: outside }, isolated],
    ['a source outside, by its address', [into('{from: [{ipBlock: {cidr: 203.0.113.0/24}}]}')], { source: outside }, lets],
    ['but for an address', [into('{from: [{ipBlock: {cidr: 203.0.113.0/24, except: [203.0.113.10/32]}}]}')], { source: outside }, isolated],
    ['an exception that is none', [into('{from: [{ipBlock: {cidr: 203.0.113.0/24, except: [nonsense]}}]}')], { source: outside }, free],
    ['a block that is none: the API server refuses the policy', [into('{from: [{ipBlock: {cidr: nonsense}}]}')], { source: outside }, free],
    ['a pod by its address', [into('{from: [{ipBlock: {cidr: 10.0.0.0/8}}]}')], {}, lets],
    ['a pod of an address that nobody tells', [into('{from: [{ipBlock: {cidr: 10.0.0.0/8}}]}')], { source: pod('web', {}, { address: undefined }) }, open],
    ['an exception that nobody tells', [into('{from: [{ipBlock: {cidr: 10.0.0.0/8, except: [10.1.0.0/16]}}]}')], { source: pod('web', {}, { address: undefined }) }, open],
    ['somebody', [into('{from: [{namespaceSelector: {}}]}')], { source: somebody }, open],
    ['somebody, where all are admitted', [into('{}')], { source: somebody }, lets],
    ['a pod of the own namespace', [into('{from: [{podSelector: {}}]}')], {}, isolated],
    ['a pod of its own', [into('{from: [{podSelector: {}}]}')], { source: db }, lets],
    ['a pod of a namespace', [into(`{from: [{namespaceSelector: ${web.namespaceSelector}}]}`)], {}, lets],
    ['a pod of a namespace with a label', [into(`{from: [{namespaceSelector: ${web.namespaceSelector}, podSelector: {matchLabels: {app: front}}}]}`)], {}, lets],
    ['with another label', [into(`{from: [{namespaceSelector: ${web.namespaceSelector}, podSelector: {matchLabels: {app: back}}}]}`)], {}, isolated],
    ['of labels that nobody tells', [into(`{from: [{namespaceSelector: ${web.namespaceSelector}, podSelector: {matchLabels: {app: back}}}]}`)], { source: pod('web', undefined) }, open],
    ['a peer that names nothing', [into('{from: [{}]}')], {}, free],
    ['a port', [into('{ports: [{port: 8080}]}')], {}, lets],
    ['another port', [into('{ports: [{port: 8081}]}')], {}, isolated],
    ['the first port of a range', [into('{ports: [{port: 8080, endPort: 8090}]}')], {}, lets],
    ['the last one', [into('{ports: [{port: 8000, endPort: 8080}]}')], {}, lets],
    ['behind the range', [into('{ports: [{port: 8000, endPort: 8079}]}')], {}, isolated],
    ['before it', [into('{ports: [{port: 8081, endPort: 8090}]}')], {}, isolated],
    ['any port of a transport', [into('{ports: [{protocol: TCP}]}')], {}, lets],
    ['another transport', [into('{ports: [{protocol: UDP}]}')], {}, isolated],
    ['a port by its name', [into('{ports: [{port: web}]}')], {}, lets],
    ['another name', [into('{ports: [{port: admin}]}')], {}, isolated],
    ['the name of another port', [into('{ports: [{port: web}]}')], { port: 8081 }, isolated],
    ['the name over another transport', [into('{ports: [{protocol: UDP, port: web}]}')], { transport: 'UDP' }, isolated],
    ['a name that nobody tells', [into('{ports: [{port: web}]}')], { destination: pod('shop', { app: 'db' }, { ports: undefined }) }, open],
    ['a name that the question tells', [into('{ports: [{port: web}]}')], { destination: pod('shop', { app: 'db' }, { ports: undefined }), portNamed: (name: string): Told => name === 'web' }, lets],
    ['ports and peers', [into('{ports: [{port: 1}], from: [{namespaceSelector: {}}]}')], {}, isolated],
    ['one of two policies', [into(''), networkPolicy('shop/more', 'podSelector: {}, ingress: [{}]')], {}, 'passes M138: a rule of `NetworkPolicy/shop/more` lets the ingress pass (NetworkPolicy/shop/more)'],
    ['neither of two', [into(''), networkPolicy('shop/more', 'podSelector: {}')], {}, 'refused M136: `NetworkPolicy/shop/in`, `NetworkPolicy/shop/more` isolate the pod for ingress and no rule lets the packet pass (NetworkPolicy/shop/in NetworkPolicy/shop/more)'],
    ['the source lets nothing out', [out(''), into('{}')], {}, 'refused M136: `NetworkPolicy/web/out` isolates the pod for egress and no rule lets the packet pass (NetworkPolicy/web/out)'],
    ['both ends', [out('{to: [{podSelector: {}}, {namespaceSelector: {matchLabels: {team: red}}}]}'), into('{}')], {}, 'passes M138: a rule of `NetworkPolicy/web/out` lets the egress pass; a rule of `NetworkPolicy/shop/in` lets the ingress pass (NetworkPolicy/shop/in NetworkPolicy/web/out)'],
    ['a refusal beside what nobody tells', [out('{to: [{ipBlock: {cidr: 10.0.0.0/8}}]}'), into('')], { destination: pod('shop', { app: 'db' }, { address: undefined }) }, isolated],
    ['an address outside that the source may send to', [out('{to: [{ipBlock: {cidr: 203.0.113.0/24}}]}')], { destination: outside }, 'passes M138: a rule of `NetworkPolicy/web/out` lets the egress pass (NetworkPolicy/web/out)'],
    ['an address outside by a name of a port', [out('{ports: [{port: web}]}')], { destination: outside }, 'refused M136: `NetworkPolicy/web/out` isolates the pod for egress and no rule lets the packet pass (NetworkPolicy/web/out)'],
    ['a source of labels that nobody tells is no subject', [out('')], { source: pod('web', undefined) }, free],
  ] satisfies readonly (readonly [string, readonly string[], Partial<Packet>, string])[])('%s', (_, documents, more, expected) => {
    expect(ask(documents, more)).toBe(expected);
  });

  const rule = (action: string, from: string, more = ''): string => `{action: ${action}, from: [${from}]${more}}`;
  const tier = (rules: string, subject = '{namespaces: {}}'): string => admin('a', 5, `subject: ${subject}, ingress: [${rules}]`);
  const says = (verb: 'accepts' | 'denies', where = 'before any NetworkPolicy', by = 'AdminNetworkPolicy/a'): string => `${verb === 'accepts' ? 'passes' : 'refused'} M145: \`${by}\` ${verb} the ingress ${where} (${by})`;
  const unsure = 'unknown M145: whether `AdminNetworkPolicy/a` acts on the ingress is not told (AdminNetworkPolicy/a)';
  test.each([
    ['accepted', [tier(rule('Allow', '{namespaces: {}}')), into('')], {}, says('accepts')],
    ['denied', [tier(rule('Deny', '{namespaces: {}}')), into('{}')], {}, says('denies')],
    ['passed on', [tier(`${rule('Pass', '{namespaces: {}}')}, ${rule('Deny', '{namespaces: {}}')}`), into('')], {}, isolated],
    ['the first that matches', [tier(`${rule('Deny', '{namespaces: {matchLabels: {team: green}}}')}, ${rule('Allow', '{namespaces: {}}')}`)], {}, says('accepts')],
    ['for other pods', [tier(rule('Deny', '{namespaces: {}}'), '{pods: {namespaceSelector: {}, podSelector: {matchLabels: {tier: front}}}}')], {}, free],
    ['for these pods', [tier(rule('Deny', '{namespaces: {}}'), '{pods: {namespaceSelector: {}, podSelector: {matchLabels: {tier: back}}}}')], {}, says('denies')],
    ['for other namespaces', [tier(rule('Deny', '{namespaces: {}}'), '{namespaces: {matchLabels: {team: blue}}}')], {}, free],
    ['from pods', [tier(rule('Deny', '{pods: {namespaceSelector: {}, podSelector: {matchLabels: {app: front}}}}'))], {}, says('denies')],
    ['from other pods', [tier(rule('Deny', '{pods: {namespaceSelector: {}, podSelector: {matchLabels: {app: back}}}}'))], {}, free],
    ['pods, and a caller outside', [tier(rule('Deny', '{pods: {namespaceSelector: {}, podSelector: {}}}'))], { source: outside }, free],
    ['pods, and somebody', [tier(rule('Deny', '{pods: {namespaceSelector: {}, podSelector: {}}}'))], { source: somebody }, unsure],
    ['namespaces, and a caller outside', [tier(rule('Deny', '{namespaces: {}}'))], { source: outside }, free],
    ['namespaces, and somebody', [tier(rule('Deny', '{namespaces: {}}'))], { source: somebody }, unsure],
    ['addresses', [tier(rule('Deny', '{networks: [203.0.113.0/24]}'))], { source: outside }, says('denies')],
    ['other addresses', [tier(rule('Deny', '{networks: [198.51.100.0/24]}'))], { source: outside }, free],
    ['nodes, and a pod', [tier(rule('Deny', '{nodes: {}}'))], {}, free],
    ['nodes, and a caller outside', [tier(rule('Deny', '{nodes: {}}'))], { source: outside }, unsure],
    ['a peer that is not read', [tier(rule('Deny', '{}'))], {}, unsure],
    ['an action that is not read', [tier(rule('Wait', '{namespaces: {}}'))], {}, unsure],
    ['a port', [tier(rule('Deny', '{namespaces: {}}', ', ports: [{portNumber: {protocol: TCP, port: 8080}}]'))], {}, says('denies')],
    ['another transport', [tier(rule('Deny', '{namespaces: {}}', ', ports: [{portNumber: {protocol: UDP, port: 8080}}]'))], {}, free],
    ['the ends of a range', [tier(rule('Deny', '{namespaces: {}}', ', ports: [{portRange: {protocol: TCP, start: 8080, end: 8080}}]'))], {}, says('denies')],
    ['behind a range', [tier(rule('Deny', '{namespaces: {}}', ', ports: [{portRange: {protocol: TCP, start: 1, end: 8079}}]'))], {}, free],
    ['before a range', [tier(rule('Deny', '{namespaces: {}}', ', ports: [{portRange: {protocol: TCP, start: 8081, end: 9000}}]'))], {}, free],
    ['a name of a port', [tier(rule('Deny', '{namespaces: {}}', ', ports: [{namedPort: web}]'))], {}, says('denies')],
    ['a port that is not read', [tier(rule('Deny', '{namespaces: {}}', ', ports: [{}]'))], {}, unsure],
    ['the baseline denies', [baseline(`subject: {namespaces: {}}, ingress: [${rule('Deny', '{namespaces: {}}')}]`)], {}, says('denies', 'as the baseline', 'BaselineAdminNetworkPolicy/default')],
    ['the baseline accepts', [baseline(`subject: {namespaces: {}}, ingress: [${rule('Allow', '{namespaces: {}}')}]`)], {}, says('accepts', 'as the baseline', 'BaselineAdminNetworkPolicy/default')],
    ['the baseline behind a policy', [baseline(`subject: {namespaces: {}}, ingress: [${rule('Deny', '{namespaces: {}}')}]`), into('{}')], {}, lets],
    ['a baseline that is not read', [baseline(`subject: {namespaces: {}}, ingress: [${rule('Deny', '{}')}]`)], {}, 'unknown M145: whether `BaselineAdminNetworkPolicy/default` acts on the ingress is not told (BaselineAdminNetworkPolicy/default)'],
    ['the egress of the source first', [admin('a', 5, 'subject: {namespaces: {}}, egress: [{action: Deny, to: [{namespaces: {}}]}]'), into('')], {}, 'refused M145: `AdminNetworkPolicy/a` denies the egress before any NetworkPolicy (AdminNetworkPolicy/a)'],
    ['the lower number first', [admin('z', 1, `subject: {namespaces: {}}, ingress: [${rule('Allow', '{namespaces: {}}')}]`), tier(rule('Deny', '{namespaces: {}}'))], {}, says('accepts', 'before any NetworkPolicy', 'AdminNetworkPolicy/z')],
  ] satisfies readonly (readonly [string, readonly string[], Partial<Packet>, string])[])('rules of the cluster: %s', (_, documents, more, expected) => {
    expect(ask(documents, more)).toBe(expected);
  });
});
