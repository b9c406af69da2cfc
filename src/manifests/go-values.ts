/**
 * Texts as Go's standard library reads them: Istio's admission refuses what these refuse.
 * @see https://pkg.go.dev/net/netip#ParseAddr
 * @see https://pkg.go.dev/strconv#ParseBool
 * @see https://pkg.go.dev/time#ParseDuration
 */

const truths: ReadonlyMap<string, boolean> = new Map([
  ...['1', 't', 'T', 'TRUE', 'true', 'True'].map((word) => [word, true] as const),
  ...['0', 'f', 'F', 'FALSE', 'false', 'False'].map((word) => [word, false] as const),
]);

/** `undefined`: no boolean to Go. */
export function goBoolean(value: string): boolean | undefined {
  return truths.get(value);
}

const octet = /^(0|[1-9][0-9]{0,2})$/;

function isIpv4(value: string): boolean {
  const parts = value.split('.');
  return parts.length === 4 && parts.every((part) => octet.test(part) && Number(part) <= 255);
}

const hextet = /^[0-9a-fA-F]{1,4}$/;

function isIpv6(value: string): boolean {
  const halves = value.split('::');
  if (halves.length > 2) return false;
  const groups = (half: string): string[] => (half === '' ? [] : half.split(':'));
  const [head = '', tail] = halves;
  const parts = [...groups(head), ...(tail === undefined ? [] : groups(tail))];
  const last = parts.at(-1);
  let size = parts.length;
  if (last?.includes('.') === true) {
    // An embedded IPv4 address stands for two groups, and only at the end of the whole text.
    if (!isIpv4(last) || !value.endsWith(last)) return false;
    parts.pop();
    size += 1;
  }
  if (!parts.every((part) => hextet.test(part))) return false;
  return tail === undefined ? size === 8 : size <= 7;
}

/** `netip.ParseAddr`: no leading zeros in IPv4; a zone is fine in IPv6. */
export function isAddress(value: string): boolean {
  if (!value.includes(':')) return isIpv4(value);
  const percent = value.indexOf('%');
  if (percent === -1) return isIpv6(value);
  return percent < value.length - 1 && isIpv6(value.slice(0, percent));
}

const prefixLength = /^(0|[1-9][0-9]{0,2})$/;

/** `netip.ParsePrefix`: host bits may be set, a zone may not. */
export function isPrefix(value: string): boolean {
  const slash = value.lastIndexOf('/');
  if (slash === -1 || value.includes('%')) return false;
  const address = value.slice(0, slash);
  const length = value.slice(slash + 1);
  return isAddress(address) && prefixLength.test(length) && Number(length) <= (address.includes(':') ? 128 : 32);
}

/** The beginning that all addresses of a range share, as bits. Zeros before a part of an IPv4 address are dropped, as the API server does for its own older kinds. */
export function rangeBits(value: string): { readonly family: 4 | 6; readonly bits: string } | undefined {
  const range = value.includes(':') ? value : value.replace(/(^|\.)0+(?=[0-9])/g, '$1');
  if (!isPrefix(range)) return undefined;
  const slash = range.lastIndexOf('/');
  const address = range.slice(0, slash);
  const family = address.includes(':') ? 6 : 4;
  return { family, bits: (family === 4 ? ipv4Bits(address) : ipv6Bits(address)).slice(0, Number(range.slice(slash + 1))) };
}

function ipv4Bits(address: string): string {
  return address
    .split('.')
    .map((part) => Number(part).toString(2).padStart(8, '0'))
    .join('');
}

function ipv6Bits(address: string): string {
  const bits = (half: string): string =>
    half
      .split(':')
      .filter((part) => part !== '')
      .map((part) => (part.includes('.') ? ipv4Bits(part) : Number.parseInt(part, 16).toString(2).padStart(16, '0')))
      .join('');
  const [head = '', tail] = address.split('::');
  return tail === undefined ? bits(head) : bits(head).padEnd(128 - bits(tail).length, '0') + bits(tail);
}

const unsigned = /^[0-9]+$/;

/** `strconv.ParseUint` up to 65535; 0 is a port here (A7.1 l). */
export function isPortText(value: string): boolean {
  return unsigned.test(value) && value.replace(/^0+(?=[0-9])/, '').length <= 5 && Number(value) <= 65535;
}

const durationPart = /([0-9]+(?:\.[0-9]*)?|\.[0-9]+)(ns|us|µs|μs|ms|s|m|h)/gy;
const milliseconds: Readonly<Record<string, number>> = { ns: 1e-6, us: 1e-3, 'µs': 1e-3, 'μs': 1e-3, ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** `time.ParseDuration` in milliseconds; `undefined`: no duration to Go. */
export function goDuration(value: string): number | undefined {
  const negative = value.startsWith('-');
  const unsignedText = negative || value.startsWith('+') ? value.slice(1) : value;
  if (unsignedText === '0') return 0;
  if (unsignedText === '') return undefined;
  let total = 0;
  let end = 0;
  durationPart.lastIndex = 0;
  for (let match = durationPart.exec(unsignedText); match !== null; match = durationPart.exec(unsignedText)) {
    total += Number(match[1]) * (milliseconds[match[2] ?? ''] ?? 0);
    end = durationPart.lastIndex;
  }
  if (end !== unsignedText.length) return undefined;
  return negative ? -total : total;
}

const httpUrl = /^https?:\/\/([^/?#]*)(.*)$/is;
const badUrlCharacter = /[\u0000-\u001f\u007f]/;
const badEscape = /%(?![0-9a-fA-F]{2})/;
const goodPort = /^[0-9]*$/;

/** `url.Parse` with scheme `http` or `https`. */
export function isHttpUrl(value: string): boolean {
  const match = httpUrl.exec(value);
  if (match === null || badUrlCharacter.test(value)) return false;
  const authority = match[1] ?? '';
  const host = authority.slice(authority.lastIndexOf('@') + 1);
  if (/[\s<>"\\^`{|}]/.test(host)) return false;
  const bracket = host.lastIndexOf(']');
  if (host.startsWith('[') && bracket === -1) return false;
  const afterHost = host.startsWith('[') ? host.slice(bracket + 1) : host;
  const colon = afterHost.lastIndexOf(':');
  if (host.startsWith('[') && afterHost !== '' && colon !== 0) return false;
  if (colon !== -1 && !goodPort.test(afterHost.slice(colon + 1))) return false;
  const path = (match[2] ?? '').split('?')[0] ?? '';
  return !badEscape.test(path);
}
