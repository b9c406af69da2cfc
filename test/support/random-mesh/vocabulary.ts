/** Values of every field that collide with each other in the ways that the value languages allow. */

export const domains = ['cluster.local', 'shop.example', 'old.example', 'other.example'] as const;
export const namespaces = ['shop', 'web', 'sh'] as const;
export const accounts = ['cart', 'front', 'default'] as const;

/** `principals`, `source.principal` (A3.10 to A3.14). */
export const principals = [
  'cluster.local/ns/shop/sa/cart', 'cluster.local/ns/web/sa/front', 'cluster.local/ns/web/sa/cart', 'shop.example/ns/shop/sa/cart', 'old.example/ns/web/sa/front', 'other.example/ns/web/sa/front',
  '*', '*/ns/shop/sa/cart', 'cluster.local/ns/shop/*', 'cluster.local/ns/web/sa/f*', '*/sa/front', '*cart', '*.local/ns/web/sa/front', '*.example/ns/web/sa/front', 'cluster*', 'old.example/ns/*',
  'spiffe://cluster.local/ns/web/sa/front', '*/ns/web/*', 'cluster.local/ns/sh*', 'cluster.local/workload', 'cluster.local/ns/web/sa/*',
] as const;

export const namespaceValues = ['shop', 'web', '*', 'sh*', '*op', 's*p', '*sh', 'ns', 'sa', '*eb', 'we.', '*/*'] as const;
export const accountValues = ['cart', 'front', 'shop/cart', 'web/front', 'web/default', 'sa', 'ns/sa'] as const;
export const trustDomainValues = ['cluster.local', 'shop.example', 'old.example', '*', '*.example', 'cluster*', 'other.example'] as const;
export const subjects = ['*', 'https://issuer.example/alice', 'https://issuer.example/*', '*/alice', '*alice', 'https://iss*', 'https://other.example/bob', 'https://other.example/*', 'alice', 'https://issuer.example/al*'] as const;
export const blocks = ['10.0.0.0/8', '10.1.0.0/16', '10.1.2.3', '10.1.2.0/24', '0.0.0.0/0', '192.0.2.0/24', 'fd00::/8', 'fd00::1', '::/0', '2001:db8::/32'] as const;

export const hosts = ['shop.example', '*.example', 'shop*', '*', 'SHOP.example', 'shop.example:8080', 'cart.shop.svc.cluster.local', 'web.example', '*.shop.example'] as const;
export const methods = ['GET', 'POST', 'DELETE', 'P*', '*T', '*', 'PUT', 'get', 'OPTIONS'] as const;
export const plainPaths = ['/admin', '/admin/*', '/adm*', '*', '/*', '*.html', '*/users', '/admin/users', '/', '/api', '/api/', '/x=y', '/API', '/a//b', '/admin/', 'admin'] as const;
export const templates = ['/api/{*}', '/api/{**}', '/{*}/admin', '/{**}/users', '/api/{*}/users', '/{*}/{*}', '/admin/{**}'] as const;
export const ports = ['80', '8080', '9000', '7000', '5555'] as const;
export const snis = ['shop.example', '*.example', 'shop*', '*', 'web.example'] as const;

/** Headers with values; `:path` holds the query, `host` and `:method` are the request's own (A3.J). */
export const headerKeys = ['x-team', 'x-team', 'x-team', 'x-team', 'x-user', 'X-Mixed', ':path', ':path', ':path', ':authority', ':method', 'host', 'authorization', 'cookie', 'x-forwarded-for', 'x-token', 'x-claims'] as const;
export const headerValues = ['red', 'red*', 're*', '*red', '*ed', '*d', '*', '*', 'blue', 'true', 'alice'] as const;
/** Headers that stand for another attribute, or hold a token. */
export const specialHeaderValues = ['shop.example', 'GET', 'Bearer *', '*', 'r', '*e'] as const;
/** With the query, which no other field sees. */
export const wholePathValues = ['/admin*', '/admin?q=1', '*q=1', '/admin?*', '/api/x?q=1', '*'] as const;
export const claimKeys = ['[group]', '[group]', '[scope]', '[realm][roles]', '[realm][roles]', '[realm][roles]', '[realm][roles]', '[realm][roles]', '[iss]', '[sub]', '[aud]', '[azp]', '[level]', '[a/b]'] as const;
export const claimValues = ['admins', 'adm*', '*mins', '*', 'read', 'write', 'alice', 'https://issuer.example', 'shop'] as const;
export const audiences = ['shop', 'web', 'https://shop', 'shop/'] as const;

export const issuers = ['https://issuer.example', 'https://other.example'] as const;
const key = (id: string): string => `{"keys":[{"kty":"RSA","kid":"${id}","n":"${id}AQAB","e":"AQAB"}]}`;
export const inlineKeys = [key('one'), key('two')] as const;
export const keyAddresses = ['https://issuer.example/keys', 'https://other.example/keys', 'http://localhost/keys'] as const;

export const providers = ['opa', 'oauth', 'broken', 'logs', 'nobody'] as const;
export const normalizations = ['DEFAULT', 'NONE', 'BASE', 'MERGE_SLASHES', 'DECODE_AND_MERGE_SLASHES'] as const;
export const labels = [{ app: 'cart' }, { app: 'front' }, { app: 'cart', tier: 'back' }, { tier: 'back' }, { app: 'nobody' }] as const;
