/**
 * JSON Schema 2020-12 written so that the compiler compares it with the types: an object schema names exactly the fields of its
 * type, an enumeration exactly the members of its union, and what is optional in one is optional in the other.
 * @see https://json-schema.org/draft/2020-12
 */
export interface Schema {
  readonly [keyword: string]: unknown;
}

type OptionalKeys<T> = { [K in keyof T]-?: undefined extends T[K] ? K : never }[keyof T];

/** @param optional every optional field of the type, no other */
export function object<T extends object>(description: string, fields: { readonly [K in keyof T]-?: Schema }, optional: { readonly [K in OptionalKeys<T>]: true }): Schema {
  const entries = Object.entries<Schema>(fields);
  return { description, type: 'object', properties: Object.fromEntries(entries), required: entries.map(([key]) => key).filter((key) => !(key in optional)), additionalProperties: false };
}

/** Keys are data (an environment, a header), values are of one shape. */
export function record(description: string, values: Schema): Schema {
  return { description, type: 'object', additionalProperties: values };
}

/** The type argument is the union: a member that is missing or unknown stops the build. */
// eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- the caller names it, nothing infers it
export function choice<T extends string>(description: string, values: { readonly [K in T]: true }): Schema {
  return { description, type: 'string', enum: Object.keys(values) };
}

export function constant(description: string, value: string): Schema {
  return { description, const: value };
}

export function list(description: string, items: Schema): Schema {
  return { description, type: 'array', items };
}

export function text(description: string, pattern?: string): Schema {
  return pattern === undefined ? { description, type: 'string' } : { description, type: 'string', pattern };
}

export function flag(description: string): Schema {
  return { description, type: 'boolean' };
}

export function integer(description: string, minimum = 0): Schema {
  return { description, type: 'integer', minimum };
}

export function number(description: string): Schema {
  return { description, type: 'number' };
}

export function nullable(schema: Schema): Schema {
  const { description, ...rest } = schema;
  return { description, anyOf: [rest, { type: 'null' }] };
}

export function anything(description: string): Schema {
  return { description };
}

/** A reference keeps a description of its own: 2020-12 allows siblings of `$ref`. */
export function ref(description: string, name: string): Schema {
  return { description, $ref: `#/$defs/${name}` };
}
