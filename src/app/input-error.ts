/**
 * The user named something that is not there: an unknown revision, a missing directory, a folder that is no repository. Ends the run with exit code 2.
 * What is wrong *inside* a tree is never thrown, it is a problem of its file.
 */
export class InputError extends Error {
  /** One sentence: what to do. */
  readonly remedy: string;

  constructor(message: string, remedy: string) {
    super(message);
    this.name = 'InputError';
    this.remedy = remedy;
  }
}
