import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeDocument } from '#manifests/decode.ts';
import { decodeMeshConfig } from '#manifests/mesh-config.ts';
import { registry } from '#manifests/registry.ts';
import { validateManifest } from '#manifests/validate.ts';
import { context } from './support/read.ts';

/** JSON with the keys that decoders look for, so that wrong types stand where right ones are expected. */
const keys = fc.constantFrom(
  ...['spec', 'rules', 'from', 'to', 'when', 'source', 'operation', 'selector', 'matchLabels', 'targetRefs', 'template', 'metadata', 'labels', 'annotations', 'containers', 'ports', 'servers', 'tls'],
  ...['hosts', 'http', 'route', 'match', 'jwtRules', 'portLevelMtls', 'trafficPolicy', 'egress', 'ingress', 'listeners', 'parentRefs', 'data', 'webhooks', 'subjects', 'values', 'meshConfig', '__proto__', 'constructor', ''],
);
const { value: anyValue } = fc.letrec((tie) => ({
  value: fc.oneof({ maxDepth: 6, withCrossShrink: true }, fc.constantFrom<unknown>(null, true, 0, -1, 1.5, Number.NaN, '', 'x', 'STRICT', '*', 12n), fc.array(tie('value'), { maxLength: 3 }), tie('object')),
  object: fc.uniqueArray(fc.tuple(keys, tie('value')), { maxLength: 5, selector: ([key]) => key }).map((entries) => {
    const object: Record<string, unknown> = {};
    for (const [key, entry] of entries) Object.defineProperty(object, key, { value: entry, enumerable: true, configurable: true, writable: true });
    return object;
  }),
}));

describe('wrong types never throw', () => {
  test('any value is a document of some kind', () => {
    fc.assert(
      fc.property(fc.oneof(fc.anything({ withNullPrototype: true, withBigInt: true }), anyValue), (value) => {
        expect(['resources', 'ignored', 'unreadable']).toContain(decodeDocument(value, context).type);
        validateManifest(value);
      }),
      { numRuns: 400 },
    );
  });

  test.each(Object.values(registry).map((entry) => [entry.kind, entry] as const))('%s', (_kind, entry) => {
    const apiVersion = entry.group === '' ? (entry.served[0] ?? '') : `${entry.group}/${entry.served[0] ?? ''}`;
    fc.assert(
      fc.property(anyValue, anyValue, (body, spec) => {
        const manifest = { ...(typeof body === 'object' && body !== null && !Array.isArray(body) ? body : {}), apiVersion, kind: entry.name, metadata: { name: 'x' }, spec };
        const decoded = decodeDocument(manifest, context);
        expect(decoded.type).toBe('resources');
      }),
      { numRuns: 60 },
    );
  });

  test('mesh configuration', () => {
    fc.assert(
      fc.property(fc.oneof(anyValue, fc.string()), (value) => {
        expect(['mesh-config', 'unreadable']).toContain(decodeMeshConfig(value, (text) => JSON.parse(text) as unknown).type);
      }),
      { numRuns: 200 },
    );
  });
});

test('decoding the same value twice gives the same answer', () => {
  fc.assert(
    fc.property(anyValue, (spec) => {
      const manifest = { apiVersion: 'security.istio.io/v1', kind: 'AuthorizationPolicy', metadata: { name: 'x' }, spec };
      expect(decodeDocument(manifest, context)).toEqual(decodeDocument(manifest, context));
    }),
    { numRuns: 100 },
  );
});
