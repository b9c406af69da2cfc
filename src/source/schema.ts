import { Schema } from 'yaml';
import type { DocumentOptions, ParseOptions, ScalarTag, SchemaOptions } from 'yaml';
import { isFloatText, resolvePlain } from './scalar.ts';

const plain: ScalarTag = {
  tag: 'tag:yaml.org,2002:plain',
  default: true,
  // Everything that the scanner's table of first characters lets through; the rest stays text without a call.
  test: /^(?:$|[-+.0-9~yYnNtTfFoO])/u,
  resolve: (text) => resolvePlain(text),
};

/** An explicit tag forces its type or is an error: go-yaml's "cannot decode … as a …". */
function explicit(name: string, accepts: (value: unknown, text: string) => boolean): ScalarTag {
  return {
    tag: `tag:yaml.org,2002:${name}`,
    resolve: (text, onError) => {
      const value = resolvePlain(text);
      if (accepts(value, text)) return value;
      onError(`\`${text}\` is no \`!!${name}\``);
      return text;
    },
  };
}

const binary: ScalarTag = {
  tag: 'tag:yaml.org,2002:binary',
  resolve: (text, onError) => {
    const compact = text.replace(/[\r\n]/gu, '');
    if (!/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/u.test(compact)) {
      onError('`!!binary` holds no base64');
      return text;
    }
    return new TextDecoder().decode(Uint8Array.from(atob(compact), (character) => character.charCodeAt(0)));
  },
};

const string: ScalarTag = { tag: 'tag:yaml.org,2002:str', default: true, resolve: (text) => text };
const timestamp: ScalarTag = { tag: 'tag:yaml.org,2002:timestamp', resolve: (text) => text };

const schema = new Schema({
  schema: 'failsafe',
  resolveKnownTags: false,
  customTags: (tags) => [
    plain,
    string,
    timestamp,
    binary,
    explicit('int', (value, text) => typeof value === 'number' && !isFloatText(text)),
    explicit('float', (value) => typeof value === 'number'),
    explicit('bool', (value) => typeof value === 'boolean'),
    explicit('null', (value) => value === null),
    ...tags,
  ],
});

/**
 * How the package `yaml` reads as Kubernetes does. Keys, merges, duplicates and aliases are judged by `./convert.ts`:
 * the package's own check for duplicate keys is quadratic, and its merge lets earlier keys win where Kubernetes lets the later one.
 */
export const yamlOptions = {
  version: '1.1',
  schema,
  uniqueKeys: false,
  prettyErrors: false,
  logLevel: 'silent',
  keepSourceTokens: false,
} as const satisfies ParseOptions & DocumentOptions & SchemaOptions;
