/** The tests run on the Node of the `node` package; with `--ignore-scripts` npm would leave the shell's older one in its place. */
if (Number(process.versions.node.split('.')[0]) < 24) {
  throw new Error(`tests need Node 24 from the \`node\` package, not ${process.version}: run \`npm ci\` without --ignore-scripts and use \`npm test\``);
}
