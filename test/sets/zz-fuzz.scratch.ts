import fc from '/work/main/node_modules/fast-check/lib/fast-check.js';
import { difference } from '/work/main/src/sets/difference.ts';
import { passes, pointIn } from '/work/main/src/sets/evaluate.ts';
import { valueKey, cubeKey } from '/work/main/src/sets/keys.ts';
import { worlds } from '/work/main/test/sets/worlds.ts';
const n = Number(process.argv[2] ?? 10000), seed = Number(process.argv[3] ?? 1);
let hit=0,pts=0,ne=0,cubes=0,und=0,max=0;
const t0=Date.now();
const shown=(p:any)=>[...p].map(([d,v]:any)=>`${d}=${valueKey(v)}`).join(' ');
const opts = process.argv[4] ? { dimensions: process.argv[4].split(',') as any, mixed: process.argv[5]==='mixed' } : {};
const r = fc.check(fc.property(worlds(opts), ({problem,points})=>{
  const t=Date.now(); const found=difference(problem); max=Math.max(max,Date.now()-t);
  if(found.regions.length) ne++; if(found.undecided.length) und++;
  for(const r of found.regions) cubes+=r.cubes.length;
  const extra=found.regions.flatMap(r=>r.samples as any[]);
  for(const p of points){ pts++; const e=passes(problem.to,p)&&!passes(problem.from,p)&&!problem.impossible.some(c=>pointIn(c,p))&&(problem.within===undefined||problem.within.some(c=>pointIn(c,p)));
   if(e) hit++; const g=found.regions.some(r=>r.cubes.some(c=>pointIn(c,p)));
   if(e!==g && (g||found.undecided.length===0)) throw new Error((g?'EXTRA ':'MISSING ')+shown(p)); }
  for(const r of found.regions) for(const [i,c] of r.cubes.entries()){ const s=r.samples[i]!; if(!pointIn(c,s)) throw new Error('sample outside '+cubeKey(c)+shown(s)); if(!(passes(problem.to,s)&&!passes(problem.from,s))) throw new Error('bad sample'); }
}),{numRuns:n,seed});
console.log({hit,pts,ne,cubes,und,max,ms:Date.now()-t0,failed:r.failed});
if(r.failed){ console.log(String((r as any).errorInstance?.stack ?? '').slice(0,600)); const ce=r.counterexample![0] as any; for (const side of ['from','to']) for(const p of ce.problem[side]) for(const l of p.layers) console.log(side,p.id,l.id,'allow',l.allow==='all'?'all':l.allow.map(cubeKey),'deny',l.deny.map(cubeKey)); console.log('imp',ce.problem.impossible.map(cubeKey),'within',ce.problem.within?.map(cubeKey)); const f=difference(ce.problem); for(const r of f.regions) console.log(r.seed,r.cubes.map(cubeKey)); console.log(f.undecided)}
