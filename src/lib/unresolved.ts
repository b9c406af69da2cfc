/**
 * Texts that stand for a value which the repository does not tell: variables that a controller or a pipeline puts in, encrypted values, and what a chart makes
 * anew or asks the cluster for at every rendering.
 */

/** What a chart makes anew at every rendering. */
export const randomText = 'random-at-every-rendering';
/** What depends on an object in the cluster (`lookup` of a chart). */
export const clusterText = 'known-to-the-cluster-only';

/** `clusterText` as a Secret holds it, from the first to the last whole letter. */
const encoded = 'a25vd24tdG8tdGhlLWNsdXN0ZXItb25se';
/** How a value that SOPS has encrypted begins. */
export const encryptedMark = 'ENC[AES256_GCM,';
const marks = [encoded, '${', '{{', encryptedMark, randomText, clusterText];
const unresolved = /\$\{[^{}]*\}|\{\{[^{}]*\}\}|ENC\[AES256_GCM,[^\]]*\]|random-at-every-rendering|known-to-the-cluster-only|a25vd24tdG8tdGhlLWNsdXN0ZXItb25se[A-Za-z0-9+/=]*/gu;

/** Cheap: most files hold none. */
export function mayHoldUnresolved(text: string): boolean {
  return marks.some((mark) => text.includes(mark));
}

/** Each once, in the order of the text. */
export function unresolvedTexts(text: string): readonly string[] {
  return mayHoldUnresolved(text) ? [...new Set((text.match(unresolved) ?? []).map((each) => (each.startsWith(encoded) ? clusterText : each)))] : [];
}
