/** CUSTOM: who is asked, and where a request is refused because nobody can be (A section 6). */
import type { MeshConfig } from '#mesh/model.ts';
import type { CompiledPolicy } from './authorization-policy.ts';

export type ProviderState =
  /** It is asked; `onTcp`: also on TCP chains (A6.4); `assumed`: the assumption that this stands on (R26). */
  | { readonly state: 'asked'; readonly onTcp: boolean; readonly assumed: string | undefined }
  /** Matching requests are denied (A6.2, A6.3, A6.5). */
  | { readonly state: 'denies'; readonly rule: string; readonly because: string };

export interface CustomAction {
  readonly policy: CompiledPolicy;
  readonly provider: string;
  readonly state: ProviderState;
}

/** What each CUSTOM policy of a workload does. `given`: `provider:<name>` where the manifests do not tell (R25, R26). */
export function customActions(custom: readonly CompiledPolicy[], config: MeshConfig, given: Readonly<Record<string, boolean>> = {}): readonly CustomAction[] {
  if (custom.length === 0) return [];
  const names = new Set(custom.map((policy) => policy.provider ?? ''));
  const several = names.size > 1 && !config.multipleProviders;
  return custom.map((policy) => {
    const provider = policy.provider ?? '';
    const state: ProviderState = several
      ? { state: 'denies', rule: 'A6.5', because: 'several providers act on the workload, which Istio turns into a refusal' }
      : providerState(provider, config, given);
    return { policy, provider, state };
  });
}

function providerState(name: string, config: MeshConfig, given: Readonly<Record<string, boolean>>): ProviderState {
  const told = given[`provider:${name}`];
  if (told === false) return { state: 'denies', rule: 'A6.2', because: `the provider \`${name}\` does not exist` };
  if (config.extensionProviders === undefined) return { state: 'asked', onTcp: true, assumed: told === undefined ? `provider:${name}` : undefined };
  const provider = config.extensionProviders.find((candidate) => candidate.name === name);
  if (provider === undefined) return { state: 'denies', rule: 'A6.2', because: `the mesh configuration knows no provider \`${name}\`` };
  if (provider.broken !== undefined) return { state: 'denies', rule: 'A6.2', because: `Istio cannot use the provider \`${name}\`: ${provider.broken}` };
  return { state: 'asked', onTcp: provider.type === 'ext-authz-grpc', assumed: provider.undeclared === true && told === undefined ? `provider-service:${name}` : undefined };
}
