import { decodeDocument } from './decode.ts';
import type { ManifestProblem } from './resource.ts';
import { fieldName, isFields } from './shape.ts';

/** What admission says to one object. */
export interface Admission {
  readonly accepted: boolean;
  /** Who refuses: the schema, a client that is strict about fields, or Istio's webhook; the first of them. */
  readonly by?: 'crd' | 'strict-fields' | 'webhook';
  readonly warnings: readonly string[];
  /** The first reason. */
  readonly message?: string;
}

const refusers = [
  ['schema', 'crd'],
  ['unknown-field', 'strict-fields'],
  ['webhook', 'webhook'],
] as const satisfies readonly (readonly [ManifestProblem['kind'], Admission['by']])[];

/** The answer of an API server with Istio's definitions to `kubectl apply` of one object; kinds that are not read are accepted. */
export function validateManifest(value: unknown): Admission {
  const decoded = decodeDocument(value, { origin: { file: '', blob: '', document: 0 }, unit: '', defaultNamespace: 'default' });
  switch (decoded.type) {
    case 'ignored':
      return isFields(value) && decoded.because === 'unknown-kind' ? { accepted: true, warnings: [] } : { accepted: false, by: 'crd', warnings: [], message: 'this is no Kubernetes object' };
    case 'unreadable':
      return { accepted: false, by: 'crd', warnings: [], message: decoded.reason };
    case 'resources': {
      const [broken] = decoded.unreadable;
      if (broken !== undefined) return { accepted: false, by: 'crd', warnings: [], message: broken.reason };
      return admissionOf(decoded.resources.flatMap((resource) => resource.problems));
    }
  }
}

export function admissionOf(problems: readonly ManifestProblem[]): Admission {
  for (const [kind, by] of refusers) {
    const problem = problems.find((candidate) => candidate.kind === kind);
    if (problem !== undefined) return { accepted: false, by, warnings: [], message: `${fieldName(problem.path)}: ${problem.message}` };
  }
  return { accepted: true, warnings: problems.filter((problem) => problem.kind === 'warning').map((problem) => problem.message) };
}
