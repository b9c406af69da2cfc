/** A pod's part in the mesh, in the words of the recorded decisions: absent fields are false or empty. */
import { membershipOf } from '#mesh/membership.ts';
import type { Membership } from '#mesh/membership.ts';
import type { Mesh } from '#mesh/model.ts';
import { isWorkload } from '#mesh/ports.ts';
import { workloadNamed } from '#posture/answer.ts';

type Fields = Readonly<Record<string, unknown>>;

export function membershipAnswer(mesh: Mesh, id: string): Fields {
  const resource = workloadNamed(mesh, id)?.resource;
  if (resource === undefined || !isWorkload(resource)) return { verdict: 'unknown', rule: 'R28', missing: `the pod \`${id}\`` };
  const { inbound, outbound, ...rest } = membershipOf(mesh, resource);
  return {
    ...rest,
    ...(inbound === undefined ? {} : { inboundCaptured: filled({ ...inbound, include: [...inbound.include], exclude: [...inbound.exclude] }) }),
    ...(outbound === undefined ? {} : { outboundCaptured: filled({ ...outbound }) }),
  } satisfies Partial<Record<keyof Membership | 'inboundCaptured' | 'outboundCaptured', unknown>>;
}

function filled(fields: Fields): Fields {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => !Array.isArray(value) || value.length > 0));
}
