/**
 * What a plain (unquoted) scalar means to Kubernetes.
 *
 * kubectl, the API server and Flux read YAML through `sigs.k8s.io/yaml`, whose scanner is a fork of go-yaml v2: neither YAML 1.1 nor 1.2. This file follows its
 * `resolve` function branch by branch, so `on` is true, `017` is 15, `1:30` and `2020-01-01` stay text.
 * @see https://github.com/kubernetes-sigs/yaml/blob/master/goyaml.v2/resolve.go
 */
export type PlainValue = string | number | boolean | null;

const words: ReadonlyMap<string, PlainValue> = new Map<string, PlainValue>([
  ...['y', 'Y', 'yes', 'Yes', 'YES', 'true', 'True', 'TRUE', 'on', 'On', 'ON'].map((word) => [word, true] as const),
  ...['n', 'N', 'no', 'No', 'NO', 'false', 'False', 'FALSE', 'off', 'Off', 'OFF'].map((word) => [word, false] as const),
  ...['', '~', 'null', 'Null', 'NULL'].map((word) => [word, null] as const),
  ...['.nan', '.NaN', '.NAN'].map((word) => [word, Number.NaN] as const),
  ...['.inf', '.Inf', '.INF', '+.inf', '+.Inf', '+.INF'].map((word) => [word, Infinity] as const),
  ...['-.inf', '-.Inf', '-.INF'].map((word) => [word, -Infinity] as const),
]);

const yamlStyleFloat = /^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$/u;
/** Go's `ParseFloat` for a text that starts with a dot: underscores may stand between digits. */
const dotFloat = /^\.[0-9]+(?:_[0-9]+)*(?:[eE][-+]?[0-9]+(?:_[0-9]+)*)?$/u;
const goInteger = /^([-+]?)(?:0[xX]([0-9a-fA-F]+)|0[bB]([01]+)|0[oO]([0-7]+)|0([0-7]+)|(0|[1-9][0-9]*))$/u;
const signedBinary = /^0b[-+][01]+$/u;

/** Whether `resolvePlain` can give anything but the text itself, by the first character: the scanner's own table of hints. */
export function isPlainText(text: string): boolean {
  return text !== '' && !'+-.0123456789yYnNtTfFoO~'.includes(text.charAt(0));
}

export function resolvePlain(text: string): PlainValue {
  if (isPlainText(text)) return text;
  const word = words.get(text);
  if (word !== undefined) return word;
  const first = text.charCodeAt(0);
  if (first === 0x2e) return dotFloat.test(text) ? Number(text.replaceAll('_', '')) : text;
  if (first > 0x39) return text;
  const plain = text.includes('_') ? text.replaceAll('_', '') : text;
  const integer = readInteger(plain);
  if (integer !== undefined) return integer;
  return yamlStyleFloat.test(plain) ? withoutNegativeZero(Number(plain)) : text;
}

/** Whether the scanner would keep the number as a float: decides how it is written as a map key. */
export function isFloatText(text: string): boolean {
  return typeof resolvePlain(text) === 'number' && readInteger(text.replaceAll('_', '')) === undefined;
}

/** Go's `ParseInt(text, 0, 64)`, then `ParseUint`: out of range falls through to the float. */
function readInteger(plain: string): number | undefined {
  const match = goInteger.exec(plain);
  if (match === null) {
    // NOTE: the scanner tries `0b` a second time with the rest of the text, sign included: `0b-11` is -3.
    return signedBinary.test(plain) ? withoutNegativeZero(Number.parseInt(plain.slice(2), 2)) : undefined;
  }
  const [, sign, hex, binary, octal, oldOctal, decimal] = match;
  const negative = sign === '-';
  if (decimal !== undefined && decimal.length < 16) return withoutNegativeZero(negative ? -Number(decimal) : Number(decimal));
  const digits = hex !== undefined ? `0x${hex}` : binary !== undefined ? `0b${binary}` : octal !== undefined ? `0o${octal}` : oldOctal !== undefined ? `0o${oldOctal}` : (decimal ?? '0');
  const size = BigInt(digits);
  // ParseUint takes no sign, so a signed number has 63 bits and an unsigned one 64.
  const limit = sign === '' ? 2n ** 64n - 1n : negative ? 2n ** 63n : 2n ** 63n - 1n;
  if (size > limit) return undefined;
  return withoutNegativeZero(negative ? -Number(size) : Number(size));
}

function withoutNegativeZero(value: number): number {
  return value === 0 ? 0 : value;
}

/** Go's `FormatFloat(value, 'g', -1, 32)`: how a float is written when it is a map key. */
export function floatKey(value: number): string {
  if (Number.isNaN(value)) return '.nan';
  if (!Number.isFinite(value)) return value > 0 ? '.inf' : '-.inf';
  const single = Math.fround(value);
  if (!Number.isFinite(single)) return single > 0 ? '.inf' : '-.inf';
  if (single === 0) return '0';
  let digits = 1;
  while (digits < 9 && Math.fround(Number(single.toPrecision(digits))) !== single) digits += 1;
  const [mantissa = '', exponentText = '0'] = single.toExponential(digits - 1).split('e');
  const exponent = Number(exponentText);
  if (exponent < -4 || exponent >= 6) {
    const size = Math.abs(exponent);
    return `${mantissa}e${exponent < 0 ? '-' : '+'}${size < 10 ? '0' : ''}${String(size)}`;
  }
  return Number(single.toPrecision(digits)).toString();
}
