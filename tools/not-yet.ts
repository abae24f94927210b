/** Says of a command that it is part of the contract but not of this version, so that nobody takes silence for success. */
const command = process.argv[2] ?? "this command";
process.stderr.write(`npm run ${command} is not there yet: this version runs on its embedded stores only.\n`);
process.exitCode = 1;
