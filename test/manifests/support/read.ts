import { parseStream } from '#source/documents.ts';
import { decodeDocument, type DecodedDocument } from '#manifests/decode.ts';
import type { AnyResource, Kind } from '#manifests/resource.ts';

export const context = { origin: { file: 'shop.yaml', blob: 'b10b', document: 0 }, unit: 'shop', defaultNamespace: 'shop' } as const;

/** The plain value of one YAML document. */
export function yaml(text: string): unknown {
  return parseStream(text)[0]?.value;
}

export function decode(text: string): DecodedDocument {
  return decodeDocument(yaml(text), context);
}

/** The one object of the text, of the kind that the caller expects. */
export function resource<K extends Kind>(kind: K, text: string): Extract<AnyResource, { kind: K }> {
  const decoded = decode(text);
  const only = decoded.type === 'resources' ? decoded.resources[0] : undefined;
  if (only?.kind !== kind) throw new Error(`expected a ${kind}, got ${JSON.stringify(decoded)}`);
  return only as Extract<AnyResource, { kind: K }>; // the kind was just compared
}
