import { flagAt, own, textAt, textMapAt, type Fields } from './reading.ts';
import { isFields } from './shape.ts';

/** What matters of a Namespace is in its metadata. */
export type NamespaceSpec = Readonly<Record<string, never>>;

export interface ServiceAccountSpec {
  readonly automountServiceAccountToken: boolean | undefined;
}

export interface ConfigMapSpec {
  /** Entries of `data` that are text. */
  readonly data: Readonly<Record<string, string>>;
}

/** Names only: the content of a secret is never kept. */
export interface SecretSpec {
  readonly type: string | undefined;
  readonly keys: readonly string[];
}

export function decodeNamespace(): NamespaceSpec {
  return {};
}

export function decodeServiceAccount(object: Fields): ServiceAccountSpec {
  return { automountServiceAccountToken: flagAt(object, 'automountServiceAccountToken') };
}

export function decodeConfigMap(object: Fields): ConfigMapSpec {
  return { data: textMapAt(object, 'data') ?? {} };
}

export function decodeSecret(object: Fields): SecretSpec {
  return { type: textAt(object, 'type'), keys: [...keysAt(object, 'data'), ...keysAt(object, 'stringData')] };
}

/** SealedSecret and ExternalSecret: where the secret comes from is not our subject, that one of this name will exist is. */
export function decodeSecretSource(object: Fields): SecretSpec {
  const spec = own(object, 'spec');
  return { type: undefined, keys: isFields(spec) ? keysAt(spec, 'encryptedData') : [] };
}

function keysAt(from: Fields, key: string): readonly string[] {
  const value = own(from, key);
  return isFields(value) ? Object.keys(value) : [];
}
