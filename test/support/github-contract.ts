/**
 * Checks requests and answers against GitHub's own OpenAPI description (`github-openapi.json`, cut by `scripts/cut-openapi.ts`).
 * Stricter than the description in one point: a field or parameter that it does not name is a mistake of ours.
 */
import { readFileSync } from 'node:fs';
import { Ajv, type ValidateFunction } from 'ajv';
import addFormats from 'ajv-formats';

type Fields = Readonly<Record<string, unknown>>;

interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header';
  readonly required?: boolean;
  readonly schema: Fields;
}

export interface Operation {
  readonly method: string;
  readonly template: string;
  readonly parameters: ReadonlyMap<string, string>;
}

interface KnownOperation {
  readonly method: string;
  readonly template: string;
  readonly pattern: RegExp;
  readonly names: readonly string[];
  readonly parameters: readonly { readonly parameter: Parameter; readonly validate: ValidateFunction }[];
  readonly body: { readonly validate: ValidateFunction; readonly known: ReadonlySet<string> } | null;
  readonly answers: ReadonlyMap<string, ValidateFunction>;
}

const isFields = (value: unknown): value is Fields => typeof value === 'object' && value !== null && !Array.isArray(value);

/** OpenAPI's `nullable` beside `$ref` or `allOf`, and references, in the words of JSON Schema. */
function toJsonSchema(value: unknown, document: string, lenient: boolean): unknown {
  if (Array.isArray(value)) return value.map((entry) => toJsonSchema(entry, document, lenient));
  if (!isFields(value)) return value;
  const result: Record<string, unknown> = {};
  for (const [key, entry] of Object.entries(value)) {
    if (key === '$ref' && typeof entry === 'string') result[key] = `${document}${entry}`;
    // An answer of the loopback holds what the Action reads, not all that GitHub sends: types are checked, presence is not.
    else if (lenient && key === 'required' && Array.isArray(entry)) continue;
    else if (lenient && key === 'oneOf') result['anyOf'] = toJsonSchema(entry, document, lenient);
    else result[key] = toJsonSchema(entry, document, lenient);
  }
  if (result['nullable'] === true && result['type'] === undefined) {
    delete result['nullable'];
    return { anyOf: [result, { type: 'null' }] };
  }
  return result;
}

function resolve(description: Fields, value: unknown): unknown {
  if (!isFields(value) || typeof value['$ref'] !== 'string') return value;
  let target: unknown = description;
  for (const step of value['$ref'].slice(2).split('/')) target = isFields(target) ? target[step] : undefined;
  return target;
}

function schemaOf(content: unknown): unknown {
  const json = isFields(content) && isFields(content['content']) ? content['content']['application/json'] : undefined;
  return isFields(json) ? json['schema'] : undefined;
}

export class GitHubContract {
  readonly #operations: readonly KnownOperation[];

  constructor() {
    const description: unknown = JSON.parse(readFileSync(new URL('./github-openapi.json', import.meta.url), 'utf8'));
    if (!isFields(description) || !isFields(description['paths'])) throw new Error('github-openapi.json holds no paths');
    const ajv = new Ajv({ strict: false, allErrors: true, coerceTypes: false });
    addFormats.default(ajv);
    ajv.addSchema({ components: toJsonSchema(description['components'], 'strict', false) }, 'strict');
    ajv.addSchema({ components: toJsonSchema(description['components'], 'lenient', true) }, 'lenient');
    const compile = (schema: unknown, lenient: boolean): ValidateFunction => ajv.compile(toJsonSchema(schema, lenient ? 'lenient' : 'strict', lenient) as Fields);

    const operations: KnownOperation[] = [];
    for (const [template, methods] of Object.entries(description['paths'])) {
      for (const [method, operation] of Object.entries(isFields(methods) ? methods : {})) {
        if (!isFields(operation)) continue;
        const listed = Array.isArray(operation['parameters']) ? operation['parameters'] : [];
        const bodySchema = resolve(description, schemaOf(resolve(description, operation['requestBody'])));
        operations.push({
          method: method.toUpperCase(),
          template,
          // The last step of `compare/{basehead}` and of `commits/{ref}` may hold slashes.
          pattern: new RegExp(`^${template.replace(/[.]/g, '\\.').replace(/\{[^}]+\}/g, '([^/]+)')}$`),
          names: [...template.matchAll(/\{([^}]+)\}/g)].map((match) => match[1] ?? ''),
          parameters: listed.map((entry) => {
            // The shape of a parameter is given by OpenAPI itself.
            const parameter = resolve(description, entry) as Parameter;
            return { parameter, validate: compile(parameter.schema, false) };
          }),
          body: isFields(bodySchema) ? { validate: compile(bodySchema, false), known: new Set(Object.keys(isFields(bodySchema['properties']) ? bodySchema['properties'] : {})) } : null,
          answers: new Map(
            Object.entries(isFields(operation['responses']) ? operation['responses'] : {}).flatMap(([status, answer]) => {
              const schema = schemaOf(resolve(description, answer));
              return schema === undefined ? [] : [[status, compile(schema, true)] as const];
            }),
          ),
        });
      }
    }
    this.#operations = operations;
  }

  find(method: string, path: string): Operation | null {
    const known = this.#known(method, path);
    if (known === null) return null;
    const values = known.pattern.exec(path) ?? [];
    return { method, template: known.template, parameters: new Map(known.names.map((name, index) => [name, decodeURIComponent(values[index + 1] ?? '')])) };
  }

  /** What is wrong with a request, in sentences; none = GitHub would read it. */
  requestMistakes(method: string, path: string, query: URLSearchParams, body: unknown): readonly string[] {
    const known = this.#known(method, path);
    const operation = this.find(method, path);
    if (known === null || operation === null) return [`GitHub has no ${method} ${path}`];
    const mistakes: string[] = [];
    for (const { parameter, validate } of known.parameters) {
      const raw = parameter.in === 'path' ? operation.parameters.get(parameter.name) : parameter.in === 'query' ? query.get(parameter.name) : undefined;
      if (raw === undefined || raw === null) {
        if (parameter.required === true && parameter.in !== 'header') mistakes.push(`the parameter ${parameter.name} is missing`);
        continue;
      }
      const value = parameter.schema['type'] === 'integer' || /^\d+$/.test(raw) && parameter.schema['type'] !== 'string' ? Number(raw) : raw;
      if (!validate(value)) mistakes.push(`the parameter ${parameter.name}=${raw} is wrong: ${errors(validate)}`);
    }
    const names = new Set(known.parameters.filter(({ parameter }) => parameter.in === 'query').map(({ parameter }) => parameter.name));
    for (const name of query.keys()) if (!names.has(name)) mistakes.push(`GitHub knows no parameter ${name} of ${method} ${known.template}`);
    if (Number(query.get('per_page') ?? 30) > 100) mistakes.push('per_page is at most 100');
    if (known.body !== null) {
      if (!known.body.validate(body)) mistakes.push(`the body is wrong: ${errors(known.body.validate)}`);
      for (const name of Object.keys(isFields(body) ? body : {})) if (!known.body.known.has(name)) mistakes.push(`GitHub knows no field ${name} in ${method} ${known.template}`);
    } else if (body !== undefined) mistakes.push(`${method} ${known.template} takes no body`);
    return mistakes;
  }

  /** What is wrong with an answer of the loopback: a fake that speaks differently from GitHub proves nothing. */
  answerMistakes(method: string, path: string, status: number, body: unknown): readonly string[] {
    const validate = this.#known(method, path)?.answers.get(String(status));
    return validate === undefined || validate(body) ? [] : [`the loopback's own answer to ${method} ${path} is not GitHub's: ${errors(validate)}`];
  }

  #known(method: string, path: string): KnownOperation | null {
    return this.#operations.find((operation) => operation.method === method && operation.pattern.test(path)) ?? null;
  }
}

function errors(validate: ValidateFunction): string {
  return (validate.errors ?? []).slice(0, 5).map((error) => `${error.instancePath} ${error.message ?? ''} ${JSON.stringify(error.params)}`).join('; ');
}
