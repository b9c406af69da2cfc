/** Where an object of the head is written: reporters that know only files of the head show deleted things at what is exposed now. */
import { resourceId, type AnyResource } from '#manifests/resource.ts';
import type { Citations } from './cite.ts';
import type { ComparedEnvironment } from './compare-environments.ts';

export type LocateHead = (subject: string) => { readonly file: string; readonly line: number; readonly endLine: number } | undefined;

/** By `Kind/namespace/name`, or by a workload's id. Built when first asked. */
export function headObjects(environments: readonly ComparedEnvironment[], citations: Citations): LocateHead {
  let index: Map<string, AnyResource> | undefined;
  const build = (): Map<string, AnyResource> => {
    const objects = new Map<string, AnyResource>();
    for (const { loaded, head } of environments) {
      for (const resource of loaded.head.all) objects.set(resourceId(resource), resource);
      for (const workload of head.workloads.values()) if (workload.resource !== undefined) objects.set(workload.id, workload.resource);
    }
    return objects;
  };
  return (subject) => {
    index ??= build();
    const resource = index.get(subject);
    const location = resource === undefined ? undefined : citations.locate(resource, [], 'head');
    return location === undefined ? undefined : { file: location.file, line: location.startLine, endLine: location.endLine };
  };
}
