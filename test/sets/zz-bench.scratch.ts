import { difference } from '#sets/difference.ts';
import type { Cube, Path, Predicate } from '#sets/cube.ts';
import type { Matcher } from '#sets/matcher.ts';
let s = 12345; const rnd = () => { s ^= s << 13; s ^= s >>> 17; s ^= s << 5; return (s >>> 0) / 4294967296; };
const int = (n: number) => Math.floor(rnd() * n);
const pick = <T,>(a: readonly T[]): T => a[int(a.length)]!;
function rule(scale: number): Cube {
  const ps: Predicate[] = []; const u = rnd();
  const ns = () => `ns${int(Math.max(5, scale / 10))}`, sa = () => `sa${int(20)}`;
  const P = (m: Matcher[], d: any) => ps.push({ dimension: d, any: m, none: [] });
  if (u < 0.6) P(Array.from({ length: 1 + int(3) }, () => ({ type: 'principal', pattern: { type: 'exact', text: `cluster.local/ns/${ns()}/sa/${sa()}` } }) as Matcher), 'peer');
  else if (u < 0.85) P(Array.from({ length: 1 + int(2) }, () => ({ type: 'namespace-glob', glob: ns() }) as Matcher), 'peer');
  else if (u < 0.9) P([{ type: 'namespace-glob', glob: `ns${int(10)}*` }], 'peer');
  else if (u < 0.95) P([{ type: 'cidr', family: 4, network: BigInt((10 << 24) + (int(200) << 16)), length: 16 }], 'source.ip');
  if (u >= 0.95 || rnd() < 0.7) {
    P(Array.from({ length: 1 + int(2) }, () => ({ type: 'exact', text: pick(['GET', 'POST', 'PUT', 'DELETE', 'PATCH']) }) as Matcher), 'method');
    P(Array.from({ length: 1 + int(2) }, () => { const v = rnd(); const t = `/api/v${int(3)}/r${int(Math.max(10, scale / 5))}`;
      return { type: 'path', normalization: 'BASE', pattern: v < 0.55 ? { type: 'prefix', text: t + '/' } : v < 0.9 ? { type: 'exact', text: t } : { type: 'suffix', text: `.${pick(['html', 'js', 'css', 'json'])}${int(scale / 300)}` } } as Matcher; }), 'path');
  }
  if (rnd() < 0.4) P([{ type: 'number', value: pick([80, 443, 8080, 8443, 9090, 3000]) }], 'port');
  if (rnd() < 0.1) P([{ type: 'element', pattern: { type: 'exact', text: `g${int(20)}` } }], 'claim:groups');
  if (rnd() < 0.05) P([{ type: 'exact', text: `v${int(5)}` }], 'header:x-canary');
  return { predicates: ps, origins: [{ policy: 'AuthorizationPolicy/a/p' + int(1e6) }] };
}
const limits = { workPerSeed: 200000, regionsPerSeed: 20, atomsPerDimension: Number(process.argv[3] ?? 4096) };
const path = (allow: readonly Cube[], deny: readonly Cube[]): Path[] => [{ id: 'direct', layers: [{ id: 'authorization', allow, deny }] }];
const run = (name: string, from: Path[], to: Path[]) => {
  const t = (process.cpuUsage().user/1000);
  const a = difference({ from, to, impossible: [], preferred: new Map(), limits });
  const b = difference({ from: to, to: from, impossible: [], preferred: new Map(), limits });
  console.log(name, `${((process.cpuUsage().user/1000) - t).toFixed(1)}ms`, 'widened', a.regions.length, a.regions.reduce((n, r) => n + r.cubes.length, 0), 'und', a.undecided.length, 'narrowed', b.regions.length, b.regions.reduce((n, r) => n + r.cubes.length, 0), 'und', b.undecided.map(u=>u.reason).slice(0,1), 'work', a.work + b.work);
};
for (const n of (process.argv[2] ?? '10,100,1000,10000').split(',').map(Number)) for (let k = 0; k < 3; k++) {
  const all = Array.from({ length: n }, () => rule(n)); const cut = Math.floor(n * 0.9);
  const allow = all.slice(0, cut), deny = all.slice(cut);
  const fresh = rule(n);
  run(`${n} add1   `, path(allow, deny), path([...allow, fresh], deny));
  const at = int(cut); const old = allow[at]!; const wide = { ...old, predicates: old.predicates.slice(1) };
  run(`${n} widen1 `, path(allow, deny), path(allow.map((c, i) => (i === at ? wide : c)), deny));
  run(`${n} rmdeny `, path(allow, deny), path(allow, deny.slice(1)));
  if (n <= 1000) run(`${n} 10pct `, path(allow, deny), path(allow.map((c, i) => (i % 10 === 0 ? rule(n) : c)), deny));
}
{
  const slices = Array.from({ length: 5000 }, () => { const all = Array.from({ length: 10 }, () => rule(1000)); return [all.slice(0, 9), all.slice(9)] as const; });
  const t = (process.cpuUsage().user/1000); let r = 0;
  for (const [allow, deny] of slices) { const from = path(allow, deny), i = int(9); const to = path(allow.map((c, k) => (k === i ? rule(1000) : c)), deny);
    r += difference({ from, to, impossible: [], preferred: new Map(), limits }).regions.length; r += difference({ from: to, to: from, impossible: [], preferred: new Map(), limits }).regions.length; }
  console.log('5000 slices, both directions', ((process.cpuUsage().user/1000) - t).toFixed(0), 'ms regions', r);
}
