/**
 * Cuts the operations that the Action calls out of GitHub's own OpenAPI description, for the loopback GitHub of the tests.
 *
 *   npm pack @octokit/openapi@23.0.2 && tar xzf octokit-openapi-23.0.2.tgz package/generated/api.github.com.json
 *   node scripts/cut-openapi.ts package/generated/api.github.com.json
 *
 * The package is 385 MB unpacked, so it is no dependency; the cut is committed. Texts and examples are left out: only what is checked stays.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const operations: readonly (readonly [method: string, path: string])[] = [
  ['get', '/repos/{owner}/{repo}/pulls/{pull_number}'],
  ['get', '/repos/{owner}/{repo}/pulls/{pull_number}/files'],
  ['get', '/repos/{owner}/{repo}/pulls/{pull_number}/comments'],
  ['post', '/repos/{owner}/{repo}/pulls/{pull_number}/comments'],
  ['get', '/repos/{owner}/{repo}/pulls/{pull_number}/reviews'],
  ['post', '/repos/{owner}/{repo}/pulls/{pull_number}/reviews'],
  ['patch', '/repos/{owner}/{repo}/pulls/comments/{comment_id}'],
  ['delete', '/repos/{owner}/{repo}/pulls/comments/{comment_id}'],
  ['get', '/repos/{owner}/{repo}/issues/{issue_number}/comments'],
  ['post', '/repos/{owner}/{repo}/issues/{issue_number}/comments'],
  ['patch', '/repos/{owner}/{repo}/issues/comments/{comment_id}'],
  ['delete', '/repos/{owner}/{repo}/issues/comments/{comment_id}'],
  ['get', '/repos/{owner}/{repo}/compare/{basehead}'],
  ['get', '/repos/{owner}/{repo}/commits/{ref}'],
  ['get', '/repos/{owner}/{repo}/git/commits/{commit_sha}'],
  ['get', '/repos/{owner}/{repo}/git/trees/{tree_sha}'],
  ['get', '/repos/{owner}/{repo}/git/blobs/{file_sha}'],
  ['get', '/repos/{owner}/{repo}/collaborators/{username}/permission'],
  ['get', '/orgs/{org}/teams/{team_slug}/memberships/{username}'],
  ['post', '/repos/{owner}/{repo}/code-scanning/sarifs'],
  ['get', '/repos/{owner}/{repo}/code-scanning/sarifs/{sarif_id}'],
];

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
type JsonObject = { [key: string]: Json };

const isObject = (value: Json | undefined): value is JsonObject => typeof value === 'object' && value !== null && !Array.isArray(value);

/** Words that validate nothing. Inside `properties` the same words are names of fields and stay. */
const unchecked = new Set(['description', 'summary', 'example', 'examples', 'externalDocs', 'tags', 'title', 'deprecated', 'operationId', 'default']);

function trim(value: Json, insideProperties = false): Json {
  if (Array.isArray(value)) return value.map((entry) => trim(entry));
  if (!isObject(value)) return value;
  const kept: JsonObject = {};
  for (const [key, entry] of Object.entries(value)) {
    if (!insideProperties && (unchecked.has(key) || key.startsWith('x-'))) continue;
    kept[key] = trim(entry, key === 'properties');
  }
  return kept;
}

function references(value: Json, found: Set<string>): void {
  if (Array.isArray(value)) value.forEach((entry) => { references(entry, found); });
  else if (isObject(value)) {
    for (const [key, entry] of Object.entries(value)) {
      if (key === '$ref' && typeof entry === 'string') found.add(entry);
      else references(entry, found);
    }
  }
}

function at(root: Json, path: readonly string[]): Json {
  let current = root;
  for (const step of path) {
    const next = isObject(current) ? current[step] : undefined;
    if (next === undefined) throw new Error(`the description has no ${path.join('/')}`);
    current = next;
  }
  return current;
}

const source = process.argv[2];
if (source === undefined) throw new Error('name the api.github.com.json of @octokit/openapi');
// The file is JSON by its publisher's word; every step into it is checked by `at`.
const description = JSON.parse(readFileSync(source, 'utf8')) as Json;

const paths: JsonObject = {};
for (const [method, path] of operations) {
  const operation = at(description, ['paths', path, method]);
  if (!isObject(operation)) throw new Error(`${method} ${path} is no operation`);
  const cut: JsonObject = { parameters: operation['parameters'] ?? [], responses: {} };
  if (operation['requestBody'] !== undefined) cut['requestBody'] = operation['requestBody'];
  const responses = operation['responses'];
  if (!isObject(responses)) throw new Error(`${method} ${path} has no responses`);
  // Only answers of success are kept: the texts of failures are not part of the description.
  cut['responses'] = Object.fromEntries(Object.entries(responses).filter(([status]) => status.startsWith('2')));
  const known = paths[path];
  paths[path] = { ...(isObject(known) ? known : {}), [method]: trim(cut) };
}

const components: JsonObject = {};
const pending = new Set<string>();
references(paths, pending);
for (const reference of pending) {
  // A Set that grows while it is walked visits the added ones too.
  const steps = reference.slice(2).split('/');
  const [, group, name] = steps;
  if (group === undefined || name === undefined) throw new Error(`odd reference ${reference}`);
  const target = trim(at(description, steps));
  references(target, pending);
  const inGroup = components[group];
  components[group] = { ...(isObject(inGroup) ? inGroup : {}), [name]: target };
}
for (const [group, entries] of Object.entries(components)) {
  if (isObject(entries)) components[group] = Object.fromEntries(Object.entries(entries).sort(([a], [b]) => (a < b ? -1 : 1)));
}

const target = fileURLToPath(new URL('../test/support/github-openapi.json', import.meta.url));
writeFileSync(target, `${JSON.stringify({ source: '@octokit/openapi 23.0.2, MIT, Copyright (c) 2020 Octokit contributors', paths, components }, null, 1)}\n`);
