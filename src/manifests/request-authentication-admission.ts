/** RequestAuthentication as Istio's webhook judges it, where the schema has no objection (A7.2). */
import type { FieldPath } from '#source/origin.ts';
import { goDuration } from './go-values.ts';
import { annotationRefusals, selectorWarnings, targetRefRefusals, warningProblem, webhookProblem } from './istio-admission.ts';
import { entriesAt, fieldsOr, own, textOr, type Fields } from './reading.ts';
import type { ManifestProblem } from './resource.ts';
import { isFields } from './shape.ts';

export function admitRequestAuthentication(manifest: Fields): readonly ManifestProblem[] {
  const spec = fieldsOr(manifest, 'spec');
  const rules = entriesAt(spec, 'jwtRules').map((rule, index) => [rule, ['spec', 'jwtRules', index]] as const);
  const problems = [...annotationRefusals(manifest, 'RequestAuthentication'), ...targetRefRefusals(spec), ...rules.flatMap(([rule, path]) => jwtRuleRefusals(rule, path))];
  if (problems.length > 0) return problems;
  return [...selectorWarnings(spec), ...rules.flatMap(([rule, path]) => (holdsPrivateKey(textOr(rule, 'jwks')) ? [warningProblem([...path, 'jwks'], 'the inline `jwks` holds private key material')] : []))];
}

function jwtRuleRefusals(rule: Fields, path: FieldPath): readonly ManifestProblem[] {
  const problems: ManifestProblem[] = [];
  const uri = textOr(rule, 'jwksUri', textOr(rule, 'jwks_uri'));
  if (textOr(rule, 'issuer') === '' && uri === '') problems.push(webhookProblem(path, 'a rule needs an `issuer` or a `jwksUri`'));
  const jwks = textOr(rule, 'jwks');
  if (jwks !== '' && !isKeySet(parseJson(jwks))) problems.push(webhookProblem([...path, 'jwks'], 'the inline `jwks` is no JSON Web Key Set'));
  const timeout = goDuration(textOr(rule, 'timeout', '1s'));
  if (timeout !== undefined && !Number.isInteger(timeout)) problems.push(webhookProblem([...path, 'timeout'], 'a duration is counted in whole milliseconds'));
  return problems;
}

function parseJson(value: string): unknown {
  try {
    return JSON.parse(value);
  } catch {
    return undefined;
  }
}

/** Fields that a key of each type cannot do without (RFC 7518 section 6). */
const keyFields: Readonly<Record<string, readonly string[]>> = { RSA: ['n', 'e'], EC: ['crv', 'x', 'y'], OKP: ['crv', 'x'], oct: ['k'] };

/** A set with `keys`, or one bare key. @see https://www.rfc-editor.org/rfc/rfc7517 */
function isKeySet(value: unknown): boolean {
  if (!isFields(value)) return false;
  const keys = own(value, 'keys');
  if (keys === undefined) return isKey(value);
  return Array.isArray(keys) && keys.every((key) => isKey(key));
}

function isKey(value: unknown): boolean {
  if (!isFields(value)) return false;
  const type = textOr(value, 'kty');
  const needed = Object.hasOwn(keyFields, type) ? keyFields[type] : undefined;
  return needed !== undefined && needed.every((field) => typeof own(value, field) === 'string');
}

/** `d` is the private part of RSA, EC and OKP keys; a symmetric key is private as a whole. */
function holdsPrivateKey(jwks: string): boolean {
  if (jwks === '') return false;
  const value = parseJson(jwks);
  if (!isFields(value)) return false;
  const keys = own(value, 'keys');
  const all: readonly unknown[] = Array.isArray(keys) ? keys : [value];
  return all.some((key) => isFields(key) && (own(key, 'd') !== undefined || textOr(key, 'kty') === 'oct'));
}
