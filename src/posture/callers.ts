import type { Mesh, Workload } from '#mesh/model.ts';

const presenters = new WeakMap<Mesh, ReadonlyMap<string, readonly Workload[]>>();

/** Declared workloads that present an identity `td/ns/x/sa/y`, in id order. */
export function workloadsPresenting(mesh: Mesh, principal: string): readonly Workload[] {
  let known = presenters.get(mesh);
  if (known === undefined) {
    const fresh = new Map<string, Workload[]>();
    for (const workload of mesh.workloads.values()) {
      if (workload.enrolment.mode === 'none') continue;
      const identity = `${mesh.config.trustDomain}/ns/${workload.namespace}/sa/${workload.serviceAccount}`;
      const list = fresh.get(identity);
      if (list === undefined) fresh.set(identity, [workload]);
      else list.push(workload);
    }
    known = fresh;
    presenters.set(mesh, known);
  }
  return known.get(principal) ?? [];
}
