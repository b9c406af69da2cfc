/**
 * Cheap questions about a text before it is parsed. They may say yes too often, never no where Kubernetes would find an object.
 */

/**
 * Whether the text can hold a manifest at all (R17): both field names, or something that could spell them (an escape in a quoted key, a binary key).
 */
export function mightHoldManifest(text: string): boolean {
  if (text.includes('kind') && text.includes('apiVersion')) return true;
  return escapedKey.test(text) && text.includes(':');
}

const escapedKey = /\\[xuU]|\\\r?\n|binary/u;

const fieldLine = /^([ \t]*(?:- +)*)(?:apiVersion|"apiVersion"|'apiVersion'|(kind|"kind"|'kind'))[ \t]*:/gmu;

/** R17: a line `apiVersion:` and a line `kind:` at one indentation, or an object that names both in flow style. */
export function manifestLike(text: string): boolean {
  if (!text.includes('apiVersion') || !text.includes('kind')) return false;
  const versions = new Set<number>();
  const kinds = new Set<number>();
  for (const match of text.matchAll(fieldLine)) {
    const [, indent = '', kind] = match;
    const [own, other] = kind === undefined ? [versions, kinds] : [kinds, versions];
    if (other.has(indent.length)) return true;
    own.add(indent.length);
  }
  return flowObject.test(text) && /["'{,\s]kind["']?[ \t]*:/u.test(text);
}

const flowObject = /[{,][ \t\r\n]*["']?apiVersion["']?[ \t]*:/u;

/** Whether the text holds a template expression `{{ … }}`: the YAML parser takes many of them for maps. */
export function isTemplated(text: string): boolean {
  const open = text.indexOf('{{');
  return open !== -1 && text.includes('}}', open + 2);
}
