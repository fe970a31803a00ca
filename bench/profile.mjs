// Profiles a subject: runs it under load with --cpu-prof and prints the functions that used the most CPU.
//   npm run bench:profile -- [--subject strict] [--adapter express] [--request read] [--seconds 10] [--top 40]
// The path of the profile is printed too; Chrome's developer tools or any other viewer can open it.
import { mkdtemp, readdir, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { MeasuredRedis } from './redis.mjs';
import { requestLines, USERS } from './requests/kinds.mjs';
import { load } from './requests/load.mjs';
import { Subject } from './requests/subjects.mjs';

const { values } = parseArgs({
  options: {
    subject: { type: 'string', default: 'strict' },
    adapter: { type: 'string', default: 'express' },
    request: { type: 'string', default: 'read' },
    seconds: { type: 'string', default: '10' },
    top: { type: 'string', default: '40' },
  },
});

const WARM_UP_SECONDS = 2;

const folder = await mkdtemp(join(tmpdir(), 'session-profile-'));
const redis = await MeasuredRedis.start();
try {
  const flags = ['--cpu-prof', `--cpu-prof-dir=${folder}`];
  const subject = await Subject.start({ name: values.subject, adapter: values.adapter }, redis.url, flags);
  const lines = requestLines(values.request, await subject.loginAll(USERS));
  await load(subject.url, lines, WARM_UP_SECONDS);
  const before = await subject.usage();
  await load(subject.url, lines, Number(values.seconds));
  const { requests } = await subject.usage();
  await subject.stop();
  const [file] = await readdir(folder);
  const profile = JSON.parse(await readFile(join(folder, file), 'utf8'));
  print(profile, before.at, requests - before.requests);
  console.log(`\nThe profile: ${join(folder, file)}`);
} finally {
  await redis.stop();
}

/** Returns the CPU time per request in microseconds, by package or file and by function: self time, without startup. */
function print({ nodes, samples, timeDeltas, startTime }, from, requests) {
  const frames = new Map(nodes.map(({ id, callFrame }) => [id, callFrame]));
  const [byPlace, byFunction] = [new Map(), new Map()];
  let at = startTime;
  samples.forEach((id, index) => {
    const frame = frames.get(id);
    at += timeDeltas[index];
    if (at < from || frame.functionName === '(idle)') return;
    add(byPlace, placeOf(frame), timeDeltas[index]);
    add(
      byFunction,
      `${frame.functionName || '(anonymous)'} ${shorten(frame.url)}:${frame.lineNumber + 1}`,
      timeDeltas[index],
    );
  });
  console.log(
    `${values.request}, ${values.subject} on ${values.adapter}, ${requests} requests. Microseconds of a request:`,
  );
  for (const [title, times] of [
    ['By place', byPlace],
    ['By function', byFunction],
  ]) {
    console.log(`\n${title}`);
    for (const [name, micros] of [...times]
      .sort((one, other) => other[1] - one[1])
      .slice(0, Number(values.top)))
      console.log(`${(micros / requests).toFixed(2).padStart(8)}  ${name}`);
  }
}

function add(times, name, micros) {
  times.set(name, (times.get(name) ?? 0) + micros);
}

/** Returns the package that a function is in, or the file within this module. */
function placeOf({ url, functionName }) {
  if (url === '') return functionName.startsWith('(') ? functionName : 'native code';
  const [, library] = /libs\/session\/dist\/(.+)$/.exec(url) ?? [];
  if (library) return `nestjs-redis-session/${library}`;
  const [name] =
    /(?<=.*node_modules\/)(?:@[^/]+\/)?[^/]+/.exec(url.slice(url.lastIndexOf('node_modules/'))) ?? [];
  return name ?? shorten(url);
}

function shorten(url) {
  return url.replace(/^file:\/\//, '').replace(/^.*(?:node_modules|libs\/session\/dist)\//, '');
}
