/** Rules of the published schemas that names, types and limits cannot say; each answers with the reason of a refusal. */
import { mayHoldUnresolved } from '#lib/unresolved.ts';
import { goDuration } from './go-values.ts';
import { clip } from './shape.ts';

export function durationRule(value: string): string | undefined {
  return (goDuration(value) ?? 0) >= 1 ? undefined : `\`${clip(value)}\` is no duration of at least 1ms`;
}

export function labelValueRule(value: string): string | undefined {
  return value.includes('*') ? `\`${clip(value)}\` holds a wildcard, which a label value cannot` : undefined;
}

export function labelKeyRule(key: string): string | undefined {
  if (key === '') return 'a label key must not be empty';
  return key.includes('*') ? `\`${clip(key)}\` holds a wildcard, which a label key cannot` : undefined;
}

/** `In` and `NotIn` list values, the other two have none. */
export function labelRequirementRule({ operator, values }: Readonly<Record<string, unknown>>): string | undefined {
  if (typeof operator !== 'string' || mayHoldUnresolved(operator)) return undefined;
  const listed = Array.isArray(values) && values.length > 0;
  if (operator === 'In' || operator === 'NotIn') return listed ? undefined : `\`${operator}\` needs \`values\``;
  if (operator === 'Exists' || operator === 'DoesNotExist') return listed ? `\`${operator}\` takes no \`values\`` : undefined;
  return `there is no operator \`${clip(operator)}\`: \`In\`, \`NotIn\`, \`Exists\` or \`DoesNotExist\``;
}

/** A2.11. */
export function sameNamespaceRule(value: string): string | undefined {
  return value === '' ? undefined : `a reference to another namespace (\`${clip(value)}\`) is not supported`;
}

const portName = /^[a-zA-Z0-9](?:[-a-zA-Z0-9]*[a-zA-Z0-9])?$/;

export function portNameRule(key: string): string | undefined {
  return key.length < 63 && portName.test(key) ? undefined : `\`${clip(key)}\` is no port name`;
}

/** A Unix socket is an absolute path or an abstract name. */
export function endpointAddressRule(value: string): string | undefined {
  if (!value.startsWith('unix://')) return undefined;
  const first = value.slice(7, 8);
  return (first === '/' || first === '@') && !value.endsWith('/') ? undefined : `\`${clip(value)}\` is no path of a socket`;
}

const scheme = /^([a-z][a-z0-9+.-]*):\/\//i;
const moduleSchemes: ReadonlySet<string> = new Set(['http', 'https', 'oci', 'file']);

/** Where a module comes from; without a scheme it is an image. */
export function moduleUrlRule(value: string): string | undefined {
  const found = scheme.exec(value)?.[1]?.toLowerCase();
  if (found === undefined ? /^[A-Za-z0-9_/]/.test(value) && !/%(?![0-9A-Fa-f]{2})|\s/.test(value) : moduleSchemes.has(found)) return undefined;
  return `\`${clip(value)}\` is no address of an image or a module`;
}
