/**
 * Flux's post-build substitution: `${VAR}` and its forms in the text of rendered documents. What nothing in the repository defines stays as it is written,
 * and so is equal on both sides where the text is.
 * @see https://fluxcd.io/flux/components/kustomize/kustomizations/#post-build-variable-substitution
 */
export interface Substitution {
  readonly values: Readonly<Record<string, string>>;
  /** Every source is in the repository: a variable without value is empty, as Flux has it. */
  readonly complete: boolean;
}

const reference = /\$\$\{|\$\{([A-Za-z_]\w*)(?:(:?[-=+])([^{}]*))?\}/gu;
const disabled = /^\s+kustomize\.toolkit\.fluxcd\.io\/substitute:\s*["']?disabled["']?\s*$/mu;

export function substituted(text: string, { values, complete }: Substitution): string {
  if (!text.includes('${') || disabled.test(text)) return text;
  return text.replace(reference, (whole: string, name: string | undefined, operator: string | undefined, word: string | undefined) => {
    // `$${` is an escaped `${`.
    if (name === undefined) return '${';
    const value = Object.hasOwn(values, name) ? values[name] : undefined;
    if (operator === undefined) return value ?? (complete ? '' : whole);
    if (value === undefined && !complete) return whole;
    const isSet = value !== undefined && (value !== '' || !operator.startsWith(':'));
    if (operator.endsWith('+')) return isSet ? (word ?? '') : '';
    return isSet ? value : (word ?? '');
  });
}
