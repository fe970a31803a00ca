// `npm start`: installs and builds what is missing or out of date, then runs the demo application.
import process from 'node:process';
import { runToTheEnd, setUp } from './setup.mjs';

setUp();
runToTheEnd(process.execPath, ['apps/demo/dist/main.js', ...process.argv.slice(2)]);
