import type { MeshSettings } from '#mesh/build.ts';
import type { Config } from './config.ts';

/** `mesh:` of the configuration in the model's words: a key that is not written states nothing. */
export function statedMesh({ mesh }: Pick<Config, 'mesh'>): NonNullable<MeshSettings['stated']> {
  return {
    enrolment: mesh.enrolment,
    ...(mesh.istioVersion === undefined ? {} : { istioVersion: mesh.istioVersion }),
    ...(mesh.rootNamespace === undefined ? {} : { rootNamespace: mesh.rootNamespace }),
    ...(mesh.trustDomain === undefined ? {} : { trustDomain: mesh.trustDomain }),
    ...(mesh.defaultMtls === undefined ? {} : { defaultMtls: mesh.defaultMtls }),
  };
}
