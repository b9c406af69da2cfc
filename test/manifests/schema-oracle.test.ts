import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import * as extensions from '@kubernetes-models/istio/extensions.istio.io/v1alpha1';
import * as networking from '@kubernetes-models/istio/networking.istio.io/v1';
import * as networkingAlpha from '@kubernetes-models/istio/networking.istio.io/v1alpha3';
import * as networkingBeta from '@kubernetes-models/istio/networking.istio.io/v1beta1';
import * as security from '@kubernetes-models/istio/security.istio.io/v1';
import * as telemetry from '@kubernetes-models/istio/telemetry.istio.io/v1';
import { checkShape, type Shape } from '#manifests/shape.ts';
import { istioKinds } from './support/istio-kinds.ts';

/** The published validators: they know neither unknown fields nor the schema's rules, so they refuse less than we do, never more. */
const models: Readonly<Record<string, new (data: never) => { validate(): void }>> = {
  ...networking,
  ...extensions,
  ...security,
  ...telemetry,
  ProxyConfig: networkingBeta.ProxyConfig,
  EnvoyFilter: networkingAlpha.EnvoyFilter,
};

function publishedRefusal(kind: string, spec: unknown): string | undefined {
  const Model = models[kind];
  if (Model === undefined) throw new Error(`no model of ${kind}`);
  try {
    new Model({ metadata: { name: 'x' }, spec } as never).validate(); // the validator's business is to find out
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

const newEnumValues: ReadonlySet<string> = new Set(['MERGE_AND_REPLACE_LIST']);

/** Values of a shape: mostly right, here and there of another type, beyond a limit or with both sides of an alternative. */
function valueOf(shape: Shape, depth: number): fc.Arbitrary<unknown> {
  const wrong = fc.constantFrom<unknown>('', 'x', 0, -1, 1.5, 5_000_000_000, true, [], {}, ['x'], [{}], { a: 'x' }, 'x'.repeat(400));
  return fc.oneof({ weight: 30, arbitrary: rightValue(shape, depth) }, { weight: 1, arbitrary: wrong });
}

function rightValue(shape: Shape, depth: number): fc.Arbitrary<unknown> {
  switch (shape.is) {
    case 'text':
      return fc.constantFrom(...(shape.oneOf?.filter((value) => !newEnumValues.has(value)) ?? ['a', 'shop', '10s', '/x', 'http://x.example', '*', 'a b', '']));
    case 'flag':
      return fc.boolean();
    case 'number':
      return fc.constantFrom(0, 1, 80, 443, 101, 65_535, 65_536, -2, 0.5, 4_294_967_296);
    case 'number-or-text':
      return fc.constantFrom<unknown>(1, 'a');
    case 'anything':
      return fc.constantFrom<unknown>({}, { a: 1 });
    case 'list':
      return fc.array(valueOf(shape.of, depth - 1), { maxLength: depth > 0 ? 3 : 0 });
    case 'map':
      return fc.dictionary(fc.constantFrom('80', 'app', 'version'), valueOf(shape.of, depth - 1), { maxKeys: 2 });
    case 'object': {
      const fields = Object.entries(shape.fields).filter(([key]) => depth > 0 || (shape.required ?? []).includes(key));
      const parts = Object.fromEntries(fields.map(([key, inner]) => [key, fc.option(valueOf(inner, depth - 1), { nil: undefined, freq: (shape.required ?? []).includes(key) ? 30 : 1 })]));
      return fc.record(parts).map((value) => Object.fromEntries(Object.entries(value).filter(([, entry]) => entry !== undefined)));
    }
  }
}

describe('what the published validator refuses is refused here', () => {
  for (const { kind, shape } of istioKinds) {
    test(kind, () => {
      let refused = 0;
      let taken = 0;
      fc.assert(
        fc.property(valueOf(shape, 5), (spec) => {
          const theirs = publishedRefusal(kind, spec);
          const ours = checkShape(spec, shape, ['spec']);
          if (theirs === undefined) taken += 1;
          else {
            refused += 1;
            expect({ theirs, ours: ours.length > 0 }).toEqual({ theirs, ours: true });
          }
        }),
        { numRuns: 150, seed: 7 },
      );
      expect(refused).toBeGreaterThan(0);
      expect(refused + taken).toBeGreaterThanOrEqual(150);
    });
  }

  test('and what it takes without rules of its own is taken here', () => {
    const rightly = { host: 'a', trafficPolicy: { tls: { mode: 'ISTIO_MUTUAL' }, connectionPool: { tcp: { connectTimeout: '1s' } } }, subsets: [{ name: 'v1', labels: { version: 'v1' } }] };
    const shape = istioKinds.find(({ kind }) => kind === 'DestinationRule')?.shape;
    expect(publishedRefusal('DestinationRule', rightly)).toBeUndefined();
    expect(shape === undefined ? ['no table'] : checkShape(rightly, shape)).toEqual([]);
  });
});
