import manifest from '../../package.json' with { type: 'json' };

/** The package's version; the bundler puts it in. */
export const version: string = manifest.version;
