import type { AnyResource } from './resource.ts';

const firsts = new WeakMap<AnyResource, AnyResource>();

/**
 * The first object that was decoded of the same content: equal in everything but the file and the unit it comes from. What is made of an object's content is
 * remembered with it, once for all environments. An object that has no other is its own.
 */
export function twinOf<R extends AnyResource>(resource: R): R {
  // INVARIANT: `asTwin` pairs objects of one kind.
  return (firsts.get(resource) ?? resource) as R;
}

/** The same object from another place. */
export function asTwin(first: AnyResource, place: Pick<AnyResource, 'origin' | 'unit'>): AnyResource {
  const twin: AnyResource = { ...first, ...place };
  firsts.set(twin, twinOf(first));
  return twin;
}
