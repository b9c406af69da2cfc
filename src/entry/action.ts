/** The Action: hands the world to the run and sets the exit code. Nothing else. */
import * as core from '@actions/core';
import { analysis } from './action-analysis.ts';
import { actionLog } from './action-log.ts';
import { compileLess } from './compiler.ts';
import { runAction } from './action-run.ts';
import { endOnSignals } from './interruption.ts';
import { version } from './version.ts';

compileLess();
const variables = { ...process.env };
// Programs that this step starts (git, later kustomize and helm on the head's files) inherit the environment: the token stays out of it.
delete process.env['INPUT_GITHUB-TOKEN'];

endOnSignals();
process.exitCode = await runAction({
  variables,
  directory: process.cwd(),
  clock: { now: () => Date.now(), sleep: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)) },
  log: actionLog,
  setOutput: (name, value) => {
    core.setOutput(name, value);
  },
  // Loaded late: the toolkit's module reads the event's payload when it is imported, and a broken payload must become a sentence first.
  fetch: async () => (await import('@actions/github/lib/utils')).defaults.request?.fetch as typeof fetch,
  version,
  analysis: analysis(version),
});
