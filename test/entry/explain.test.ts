/** `explain` as a newcomer asks it: both sides, why nothing matches, and what to write instead of a slip. */
import { describe, expect, test } from 'vitest';
import { shopBase, shopHead } from '#app/demo/shop.ts';
import { commandUsage } from '../../src/entry/usage.ts';
import { questionOptions } from '../../src/entry/question.ts';
import { folderOf, runCli, type Run } from './run-cli.ts';

const under = (folder: string, files: Readonly<Record<string, string>>): Record<string, string> => Object.fromEntries(Object.entries(files).map(([path, text]) => [`${folder}/${path}`, text]));
const folder = folderOf({ ...under('base', shopBase), ...under('head', shopHead) });
const ask = (...args: readonly string[]): Promise<Run> => runCli(['explain', ...args], folder);
const flat = ({ stdout }: Run): string => stdout.replace(/\s+/gu, ' ');
const storefront = ['--from', 'web/storefront', '--to', 'shop/checkout', '--method', 'POST', '--path', '/checkout'] as const;

describe('on both sides of a change', () => {
  test('both answers, the steps that differ are marked, and the change that holds the request is named', async () => {
    const run = await ask('--base', 'base', '--head', 'head', ...storefront);
    expect(run.code).toBe(0);
    const text = flat(run);
    expect(text).toContain('base: allowed by AuthorizationPolicy/shop/checkout-callers (authorization, sidecar)');
    expect(text).toContain('head: denied by AuthorizationPolicy/shop/checkout-deny-web (authorization, sidecar)');
    expect(text).toMatch(/> 4\. A1\.1 authorization: a rule of `AuthorizationPolicy\/shop\/checkout-deny-web` denies the request \[AuthorizationPolicy\/shop\/checkout-deny-web at shop\/checkout-policy\.yaml:30\]/u);
    expect(run.stdout).toMatch(/^ {2}1\. M7/mu);
    expect(text).toContain('the verdict changes from allow to deny');
    expect(text).toMatch(/explained by change [0-9a-f]{16}: `web\/storefront` may no longer reach `shop\/checkout`/u);
  });

  test('an equal answer says so', async () => {
    expect(flat(await ask('--base', 'base', '--head', 'head', '--to', 'shop/checkout'))).toContain('the verdict is the same on both sides');
  });

  test('one side alone is an error, and so is a third tree', async () => {
    expect(await ask('--base', 'base', '--to', 'shop/checkout')).toMatchObject({ code: 2, stderr: 'mesh-posture: `--base` needs `--head` beside it; name both sides, or one tree with `--tree`\n' });
    expect((await ask('--base', 'base', '--head', 'head', '--tree', 'base', '--to', 'shop/checkout')).stderr).toContain('`--tree` and `--base` do not go together');
  });
});

describe('on one tree', () => {
  test('where no rule matches, each rule says what it asks for, at its line', async () => {
    const text = flat(await ask('--tree', 'head', '--from', 'web/storefront', '--to', 'shop/orders'));
    expect(text).toContain('rule 1 of `AuthorizationPolicy/shop/orders-callers` asks for another caller [AuthorizationPolicy/shop/orders-callers at shop/orders-policy.yaml:11]');
    expect(text).toContain('rule 2 of `AuthorizationPolicy/shop/orders-callers` asks for another path [AuthorizationPolicy/shop/orders-callers at shop/orders-policy.yaml:14]');
  });

  test('an identity may be written as a SPIFFE id, and the only declared port goes without saying', async () => {
    const run = await ask('--tree', 'head', '--from', 'spiffe://cluster.local/ns/web/sa/storefront', ...storefront.slice(2));
    expect(flat(run)).toContain('POST http://checkout.shop:8080/checkout from cluster.local/ns/web/sa/storefront denied by');
  });

  test('the port of the Service is answered and remarked upon; the host of a Service takes it', async () => {
    expect(flat(await ask('--tree', 'head', '--to', 'shop/orders', '--port', '80'))).toContain('note: `--port` is the port of the pods: `Service/shop/orders` sends its port 80 to 8080');
    expect(flat(await ask('--tree', 'head', '--to', 'orders.shop', '--port', '80'))).toContain('port 8080 of `shop/orders`');
    expect(flat(await ask('--tree', 'head', '--to', 'orders.shop'))).toBe(flat(await ask('--tree', 'head', '--to', 'orders.shop', '--port', '80')));
    expect((await ask('--tree', 'head', '--to', 'nobody.shop')).stderr).toContain('`explain` needs `--port`; no manifest declares a Service of the name `nobody.shop`');
  });

  test('what the manifests do not tell can be given', async () => {
    const open = folderOf(Object.fromEntries(Object.entries(shopBase).map(([path, text]) => [path, text.replaceAll('istio-injection: enabled', 'team: shop')])));
    const unknown = await runCli(['explain', '--to', 'shop/orders'], open);
    expect(flat(unknown)).toContain('unknown: enrolment:shop (rule R24) the manifests do not tell it: ask again with `--given enrolment:shop=true` or `=false`');
    expect(flat(await runCli(['explain', '--to', 'shop/orders', '--given', 'enrolment:shop=false'], open))).toContain('allowed (no proxy on the way)');
  });
});

describe('a slip is told with what to write instead', () => {
  test.each([
    [['--tree', 'head', '--to', 'shop/ordrs'], 'no manifest declares the workload `shop/ordrs`; did you mean `shop/orders`?'],
    [['--tree', 'head', '--to', 'orders'], 'did you mean `shop/orders`?'],
    [['--tree', 'head', '--to', 'orders/shop'], 'did you mean `shop/orders`?'],
    [['--tree', 'head', '--from', 'shop/chekout', '--to', 'shop/orders'], 'no manifest declares the workload `shop/chekout`; did you mean `shop/checkout`?'],
    [['--tree', 'head', '--to', 'shop/orders', '--port', 'http'], '`--port http` is not a port; give a number from 1 to 65535'],
    [['--tree', 'head', '--to', 'shop/orders', '--path', 'orders'], 'it begins with a slash: `--path /orders`'],
    [['--tree', 'head', '--to', 'shop/orders', '--claims', '{iss: x}'], '`--claims` is not a JSON object'],
    [['--tree', 'head', '--to', 'shop/orders', '--from', 'cluster.local/ns/web'], 'write it as `cluster.local/ns/NAMESPACE/sa/ACCOUNT`'],
    [['--tree', 'head', '--to', 'shop/orders', '--given', 'enrolment:shop'], 'write it as `enrolment:NAMESPACE=true`'],
    [['--tree', 'head', '--to', 'shop/orders', '--ip', '10.0.0.0/8'], '`--ip 10.0.0.0/8` is not an address'],
    [['--tree', 'head'], '`explain` needs `--to`, or `--queries`'],
  ])('%j', async (args, words) => {
    const run = await ask(...args);
    expect(run.code).toBe(2);
    expect(run.stderr).toContain(words);
    expect(run.stdout).toBe('');
  });
});

test('every flag is documented', () => {
  for (const name of [...Object.keys(questionOptions), 'tree', 'base', 'head', 'config', 'queries']) expect(commandUsage.explain, name).toContain(`--${name}`);
});
