/**
 * Rules of Istio's webhook for traffic kinds that decide whether a common slip is in force at all; the rest of its rules concern values that no posture depends on.
 * @see https://istio.io/latest/docs/ops/configuration/mesh/validation/
 */
import type { FieldPath } from '#source/origin.ts';
import { annotationRefusals, warningProblem, webhookProblem } from './istio-admission.ts';
import { entriesAt, fieldsAt, fieldsOr, numberAt, textOr, textsAt, type Fields } from './reading.ts';
import type { ManifestProblem } from './resource.ts';
import { clip } from './shape.ts';

const rules = { DestinationRule: destinationRule, VirtualService: virtualService, Gateway: gateway, Sidecar: sidecar };

export function admitTraffic(kind: keyof typeof rules): (manifest: Fields) => readonly ManifestProblem[] {
  return (manifest) => {
    const problems = [...annotationRefusals(manifest, kind), ...rules[kind](fieldsOr(manifest, 'spec'))];
    const refused = problems.some((problem) => problem.kind === 'webhook');
    return refused ? problems.filter((problem) => problem.kind !== 'warning') : problems;
  };
}

const tlsProtocols: ReadonlySet<string> = new Set(['HTTPS', 'TLS']);
const httpProtocols: ReadonlySet<string> = new Set(['HTTP', 'HTTP2', 'GRPC', 'GRPC-WEB', 'HTTP_PROXY']);

/** M111 to M113. */
function gateway(spec: Fields): readonly ManifestProblem[] {
  const servers = entriesAt(spec, 'servers');
  if (servers.length === 0) return [webhookProblem(['spec', 'servers'], 'a gateway needs at least one server')];
  const problems: ManifestProblem[] = [];
  const names = new Set<string>();
  for (const [index, server] of servers.entries()) {
    const path = ['spec', 'servers', index];
    const port = fieldsOr(server, 'port');
    const number = numberAt(port, 'number') ?? 0;
    const protocol = textOr(port, 'protocol').toUpperCase();
    const name = textOr(port, 'name');
    const tls = fieldsAt(server, 'tls');
    if (textsAt(server, 'hosts').length === 0) problems.push(webhookProblem([...path, 'hosts'], 'a server needs at least one host'));
    if ((number < 1 || number > 65535) && !textOr(server, 'bind').startsWith('unix://')) problems.push(webhookProblem([...path, 'port', 'number'], `${String(number)} is no port from 1 to 65535`));
    if (name === '') problems.push(webhookProblem([...path, 'port', 'name'], 'a port needs a name'));
    if (names.has(name)) problems.push(webhookProblem([...path, 'port', 'name'], `the port name \`${clip(name)}\` is used twice`));
    names.add(name);
    if (tlsProtocols.has(protocol) && tls === undefined) problems.push(webhookProblem([...path, 'tls'], `a server with protocol \`${protocol}\` needs \`tls\``));
    if (tls !== undefined) problems.push(...serverTls(tls, [...path, 'tls'], protocol));
  }
  return problems;
}

function serverTls(tls: Fields, path: FieldPath, protocol: string): readonly ManifestProblem[] {
  const problems: ManifestProblem[] = [];
  const mode = textOr(tls, 'mode', 'PASSTHROUGH');
  const passes = mode === 'PASSTHROUGH' || mode === 'AUTO_PASSTHROUGH';
  const certificates = ['serverCertificate', 'privateKey', 'caCertificates'].filter((key) => textOr(tls, key) !== '');
  const credential = textOr(tls, 'credentialName') !== '' || textsAt(tls, 'credentialNames').length > 0;
  const files = entriesAt(tls, 'tlsCertificates');
  if (httpProtocols.has(protocol) && (!passes || certificates.length > 0)) problems.push(webhookProblem(path, `a server with protocol \`${protocol}\` cannot have \`tls\` settings but a redirect`));
  else if (!httpProtocols.has(protocol) && !tlsProtocols.has(protocol)) problems.push(webhookProblem(path, `a server with protocol \`${clip(protocol)}\` cannot have \`tls\` settings`));
  if (mode === 'ISTIO_MUTUAL') {
    if (certificates.length > 0 || credential || files.length > 0) problems.push(webhookProblem(path, '`ISTIO_MUTUAL` takes its certificates from Istio and none from the manifest'));
    return problems;
  }
  if (passes) {
    if (certificates.length > 0 || credential || files.length > 0) problems.push(warningProblem(path, `\`${mode}\` takes no certificates, they are ignored`));
    return problems;
  }
  if (credential) return problems;
  if (mode !== 'SIMPLE' && textOr(tls, 'caCertificates') === '') problems.push(webhookProblem(path, `\`${mode}\` needs a CA for client certificates: \`credentialName\` or \`caCertificates\``));
  const pairs = files.length > 0 ? files : [tls];
  if (pairs.some((pair) => textOr(pair, 'serverCertificate') === '' || textOr(pair, 'privateKey') === '')) {
    problems.push(webhookProblem(path, `\`${mode}\` needs a certificate: \`credentialName\`, or \`serverCertificate\` with \`privateKey\``));
  }
  return problems;
}

function destinationRule(spec: Fields): readonly ManifestProblem[] {
  const problems: ManifestProblem[] = [];
  const names = new Set<string>();
  problems.push(...trafficPolicy(fieldsAt(spec, 'trafficPolicy'), ['spec', 'trafficPolicy']));
  for (const [index, subset] of entriesAt(spec, 'subsets').entries()) {
    const name = textOr(subset, 'name');
    if (names.has(name)) problems.push(webhookProblem(['spec', 'subsets', index, 'name'], `the subset \`${clip(name)}\` is defined twice`));
    names.add(name);
    problems.push(...trafficPolicy(fieldsAt(subset, 'trafficPolicy'), ['spec', 'subsets', index, 'trafficPolicy']));
  }
  return problems;
}

const policyFields = ['connectionPool', 'loadBalancer', 'outlierDetection', 'tls', 'tunnel', 'proxyProtocol', 'retryBudget'];

function trafficPolicy(policy: Fields | undefined, path: FieldPath): readonly ManifestProblem[] {
  if (policy === undefined) return [];
  const ports = entriesAt(policy, 'portLevelSettings');
  if (policyFields.every((key) => fieldsAt(policy, key) === undefined) && ports.length === 0) return [webhookProblem(path, 'a traffic policy needs at least one setting')];
  return [
    ...clientTls(fieldsAt(policy, 'tls'), [...path, 'tls']),
    ...ports.flatMap((entry, index) => {
      const at = [...path, 'portLevelSettings', index];
      const port = fieldsAt(entry, 'port');
      const problems = port === undefined ? [webhookProblem([...at, 'port'], 'port-level settings need a port')] : [];
      return [...problems, ...clientTls(fieldsAt(entry, 'tls'), [...at, 'tls'])];
    }),
  ];
}

/** MUTUAL shows the client's own certificate, from files or from a Secret. */
function clientTls(tls: Fields | undefined, path: FieldPath): readonly ManifestProblem[] {
  if (tls === undefined) return [];
  const mode = textOr(tls, 'mode', 'DISABLE');
  const files = ['clientCertificate', 'privateKey', 'caCertificates'].some((key) => textOr(tls, key) !== '');
  const credential = textOr(tls, 'credentialName') !== '';
  if ((mode === 'SIMPLE' || mode === 'MUTUAL') && credential) {
    return files ? [webhookProblem(path, 'certificates come from `credentialName` or from files, not from both')] : [];
  }
  if (mode === 'MUTUAL' && (textOr(tls, 'clientCertificate') === '' || textOr(tls, 'privateKey') === '')) {
    return [webhookProblem(path, '`MUTUAL` needs `credentialName`, or `clientCertificate` with `privateKey`')];
  }
  return [];
}

/** M116, M118: without hosts a VirtualService is a delegate, and then has neither gateways nor TLS or TCP routes. */
function virtualService(spec: Fields): readonly ManifestProblem[] {
  const hosts = textsAt(spec, 'hosts');
  const routes = ['http', 'tls', 'tcp'].map((key) => entriesAt(spec, key).length);
  if (routes.every((count) => count === 0)) return [webhookProblem(['spec'], 'a virtual service needs a route: `http`, `tls` or `tcp`')];
  if (hosts.length > 0) {
    const [duplicate] = hosts.filter((host, index) => hosts.indexOf(host) !== index);
    return duplicate === undefined ? [] : [webhookProblem(['spec', 'hosts'], `the host \`${clip(duplicate)}\` is listed twice`)];
  }
  if (textsAt(spec, 'gateways').length > 0) return [webhookProblem(['spec', 'gateways'], 'a virtual service without hosts is a delegate, which has no gateways')];
  if (routes[1] !== 0 || routes[2] !== 0) return [webhookProblem(['spec'], 'a virtual service without hosts is a delegate, which has `http` routes only')];
  return [];
}

function sidecar(spec: Fields): readonly ManifestProblem[] {
  const egress = entriesAt(spec, 'egress');
  const ingress = entriesAt(spec, 'ingress');
  const problems: ManifestProblem[] = [];
  if (egress.length === 0 && ingress.length === 0 && fieldsAt(spec, 'outboundTrafficPolicy') === undefined && fieldsAt(spec, 'inboundConnectionPool') === undefined) {
    problems.push(webhookProblem(['spec'], 'the sidecar is empty: it needs `egress`, `ingress` or `outboundTrafficPolicy`'));
  }
  problems.push(...ingressListeners(ingress));
  egress.forEach((listener, index) => {
    if (textsAt(listener, 'hosts').length === 0) problems.push(webhookProblem(['spec', 'egress', index, 'hosts'], 'an egress listener needs at least one host'));
    for (const [at, host] of textsAt(listener, 'hosts').entries()) {
      if (!host.includes('/')) problems.push(webhookProblem(['spec', 'egress', index, 'hosts', at], `\`${clip(host)}\` must have the form \`namespace/dns\``));
    }
    if (fieldsAt(listener, 'port') === undefined && index < egress.length - 1) {
      problems.push(webhookProblem(['spec', 'egress', index], 'the listener without a port takes everything, so it must be the last one'));
    }
  });
  const selector = fieldsAt(spec, 'workloadSelector');
  if (selector !== undefined && Object.keys(fieldsOr(selector, 'labels')).length === 0) {
    problems.push(warningProblem(['spec', 'workloadSelector'], 'the selector has no labels, so it selects every workload of the namespace'));
  }
  return problems;
}

/** The protocols that Istio knows, in any case; an empty one is looked for in what is spoken. */
const knownProtocols: ReadonlySet<string> = new Set(['tcp', 'udp', 'grpc', 'grpc-web', 'http', 'http_proxy', 'http2', 'https', 'tls', 'mongo', 'redis', 'mysql', 'hbone', 'doublehbone']);

/** M12: one slip here, and the whole Sidecar is not in force. */
function ingressListeners(listeners: readonly Fields[]): readonly ManifestProblem[] {
  const problems: ManifestProblem[] = [];
  const taken = new Set<number>();
  for (const [index, listener] of listeners.entries()) {
    const path = ['spec', 'ingress', index];
    const port = fieldsAt(listener, 'port');
    if (port === undefined) {
      problems.push(webhookProblem([...path, 'port'], 'an ingress listener needs a port'));
      continue;
    }
    const number = numberAt(port, 'number') ?? 0;
    const name = textOr(port, 'name');
    const protocol = textOr(port, 'protocol');
    if (number < 1 || number > 65535) problems.push(webhookProblem([...path, 'port', 'number'], `${String(number)} is no port from 1 to 65535`));
    if (name !== '' && !/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(name)) problems.push(webhookProblem([...path, 'port', 'name'], `\`${clip(name)}\` is no name of a port`));
    if (protocol !== '' && !knownProtocols.has(protocol.toLowerCase())) problems.push(webhookProblem([...path, 'port', 'protocol'], `Istio knows no protocol \`${clip(protocol)}\``));
    if (taken.has(number)) problems.push(webhookProblem([...path, 'port', 'number'], `the port ${String(number)} is listed twice`));
    taken.add(number);
    const endpoint = textOr(listener, 'defaultEndpoint');
    if (endpoint !== '' && !/^(unix:\/\/.+|(127\.0\.0\.1|0\.0\.0\.0|\[::1?\])?:\d{1,5})$/.test(endpoint)) problems.push(webhookProblem([...path, 'defaultEndpoint'], `\`${clip(endpoint)}\` is no endpoint on the pod itself`));
  }
  return problems;
}
