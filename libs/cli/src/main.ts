import process from 'node:process';
import { EXIT_CODES } from './exit-codes.js';
import { runProgram } from './program.js';

process.on('SIGINT', () => process.exit(EXIT_CODES.interrupted.code));
// A reader such as `head` may close the pipe early.
process.stdout.on('error', () => process.exit(EXIT_CODES.ok.code));

process.exitCode = await runProgram(process.argv.slice(2), process);
