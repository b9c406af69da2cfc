import { describe, expect, test } from 'vitest';
import { goBoolean, goDuration, isAddress, isHttpUrl, isPortText, isPrefix } from '#manifests/go-values.ts';

describe('texts as Go reads them', () => {
  test('booleans', () => {
    expect(['1', 't', 'TRUE', 'True'].map(goBoolean)).toEqual([true, true, true, true]);
    expect(['0', 'f', 'FALSE', 'false'].map(goBoolean)).toEqual([false, false, false, false]);
    expect(['yes', 'on', 'tRue', '', ' true'].map(goBoolean)).toEqual([undefined, undefined, undefined, undefined, undefined]);
  });

  test('addresses', () => {
    expect(['10.0.0.1', '0.0.0.0', '::', '::1', 'fe80::1%eth0', '1:2:3:4:5:6:7:8', '::ffff:10.0.0.1', '1::8'].filter((text) => !isAddress(text))).toEqual([]);
    expect(['010.0.0.1', '1.1', '256.0.0.1', '1.2.3.4.5', '', ':', ':::', '1:2:3:4:5:6:7:8:9', '1:2:3:4:5:6:7', 'fe80::1%', '::10.0.0.1:1', '12345::', '10.0.0.1%a'].filter(isAddress)).toEqual([]);
  });

  test('prefixes', () => {
    expect(['10.0.0.0/8', '10.1.2.3/8', '0.0.0.0/0', 'fd00::/8', '::/128'].filter((text) => !isPrefix(text))).toEqual([]);
    expect(['10.0.0.0/33', '10.0.0.0/08', '10.0.0.0/', '10.0.0.0/-1', 'fd00::/129', 'fe80::1%a/64', '10.0.0.0', '10.0.0/8', '10.0.0.0/+8'].filter(isPrefix)).toEqual([]);
  });

  test('ports', () => {
    expect(['0', '80', '65535', '0080'].filter((text) => !isPortText(text))).toEqual([]);
    expect(['65536', '-1', '80-90', 'http', '', '1e3', '+80', '99999999999'].filter(isPortText)).toEqual([]);
  });

  test('durations', () => {
    expect(['1s', '1h30m', '1.5s', '.5s', '-2ms', '0', '+1m'].map(goDuration)).toEqual([1000, 5_400_000, 1500, 500, -2, 0, 60_000]);
    expect(['', '1', 's', '1 s', '1s ', '1d', '1sx', '-'].map(goDuration)).toEqual(Array.from({ length: 8 }, () => undefined));
  });

  test('URLs with http or https', () => {
    expect(['http://a', 'https://a.example:8443/k?x=%zz', 'HTTPS://a', 'https://[::1]:443/k', 'https://u@a/', 'https://a:/k'].filter((text) => !isHttpUrl(text))).toEqual([]);
    expect(['ftp://a', 'a.example', '//a', 'https://a:x/k', 'https://[::1/k', 'https://a/%zz', 'https://a b/', 'https://a\n/'].filter(isHttpUrl)).toEqual([]);
  });
});
