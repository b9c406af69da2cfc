/** A question against what the manifests declare: names that are not there, and ports that a reader may have meant otherwise. */
import { ofKind } from '#mesh/attachment.ts';
import type { Mesh, Workload } from '#mesh/model.ts';
import { podSpecOf, targetPortOf } from '#mesh/ports.ts';
import { addressableNamed, servicesOf } from '#mesh/services.ts';
import { nearestName } from '#manifests/nearest-name.ts';
import { workloadNamed } from '#posture/answer.ts';
import type { Query } from '#posture/query.ts';
import { InputError } from './input-error.ts';

/** Fails where a workload that the question names is in none of the meshes. */
export function checkWorkloads({ from, to }: Query, meshes: readonly Mesh[]): void {
  for (const id of [to.workload, from.workload]) {
    if (id === undefined || meshes.some((mesh) => workloadNamed(mesh, id) !== undefined)) continue;
    throw new InputError(`no manifest declares the workload \`${id}\``, `${suggestion(id, meshes)}\`mesh-posture environments\` shows what was found`);
  }
}

function suggestion(id: string, meshes: readonly Mesh[]): string {
  const known = [...new Set(meshes.flatMap((mesh) => [...mesh.workloads.keys()]))].sort();
  // The name alone, or its words the other way round.
  const namesake = known.find((other) => other.slice(other.lastIndexOf('/') + 1).replace(/\[.*\]$/u, '') === id) ?? known.find((other) => other === id.split('/').reverse().join('/'));
  const nearest = namesake ?? nearestName(id, known);
  return nearest === undefined ? 'name it as `namespace/name`; ' : `did you mean \`${nearest}\`? `;
}

/** The only port that the destination declares, a Service's own where a host is named; otherwise an error that lists what it declares. */
export function onlyPort(to: Query['to'], meshes: readonly Mesh[]): number {
  const { host } = to;
  const declared = host === undefined ? destinations(to, meshes).flatMap((workload) => workload.ports.map(({ port }) => port)) : meshes.flatMap((mesh) => portsOfName(mesh, host));
  const ports = [...new Set(declared)].sort((left, right) => left - right);
  const [first, second] = ports;
  if (first !== undefined && second === undefined) return first;
  const whose = host === undefined ? 'the pods listen on' : `\`${host}\` has the ports`;
  throw new InputError('`explain` needs `--port`', ports.length > 0 ? `${whose} ${ports.join(', ')}` : host === undefined ? 'name the port of its pods; no manifest declares one' : `no manifest declares a Service of the name \`${host}\``);
}

function portsOfName(mesh: Mesh, host: string): readonly number[] {
  const service = addressableNamed(mesh, host);
  if (service === undefined) return [];
  return service.kind === 'Service' ? service.spec.ports.map(({ port }) => port) : service.spec.ports.map(({ number }) => number);
}

function destinations({ workload }: Query['to'], meshes: readonly Mesh[]): readonly Workload[] {
  if (workload === undefined) return [];
  return meshes.flatMap((mesh) => workloadNamed(mesh, workload) ?? []);
}

/** A port that no manifest declares of the pods is answered all the same; the reader may have meant the Service's. */
export function portNotes({ to }: Query, meshes: readonly Mesh[]): readonly string[] {
  const found = destinations(to, meshes);
  const declared = [...new Set(found.flatMap((workload) => workload.ports.map(({ port }) => port)))].sort((left, right) => left - right);
  if (found.length === 0 || declared.includes(to.port)) return [];
  const behind = [...new Set(found.flatMap((workload) => meshes.flatMap((mesh) => serviceTargets(mesh, workload, to.port))))];
  if (behind.length > 0) return [`\`--port\` is the port of the pods: ${behind.join(', ')}`];
  return [`no manifest declares port ${String(to.port)} of \`${to.workload ?? ''}\`${declared.length === 0 ? '' : `; declared: ${declared.join(', ')}`}`];
}

function serviceTargets(mesh: Mesh, workload: Workload, port: number): readonly string[] {
  const spec = podSpecOf(workload);
  if (!ofKind(mesh, 'Service').some((service) => service.namespace === workload.namespace)) return [];
  return servicesOf(mesh, workload).flatMap((service) => {
    if (service.kind !== 'Service') return [];
    const own = service.spec.ports.find((candidate) => candidate.port === port);
    const target = own === undefined || spec === undefined ? undefined : targetPortOf(spec, own);
    return target === undefined || target === port ? [] : [`\`Service/${service.namespace ?? ''}/${service.name}\` sends its port ${String(port)} to ${String(target)}`];
  });
}
