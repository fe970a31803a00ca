// The measured programs. Each serves PUT /api/data/:key and GET /api/data and prints its address.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

const ADDRESS = /http:\/\/127\.0\.0\.1:(\d+)/;

export const SUBJECTS = [
  { name: 'express-session + connect-redis', program: 'subjects/express-session.mjs', env: {} },
  { name: '@fastify/session + connect-redis', program: 'subjects/fastify-session.mjs', env: {} },
  {
    name: 'nestjs-redis-session on Express',
    program: '../apps/demo/dist/main.js',
    env: { HTTP_ADAPTER: 'express' },
  },
  {
    name: 'nestjs-redis-session on Fastify',
    program: '../apps/demo/dist/main.js',
    env: { HTTP_ADAPTER: 'fastify' },
  },
];

/** Starts a subject as a separate process. */
export async function start({ name, program, env, stderr = 'inherit' }, redisUrl) {
  const file = fileURLToPath(new URL(program, import.meta.url));
  const child = spawn(process.execPath, [file], {
    env: { PATH: process.env.PATH, PORT: '0', REDIS_URL: redisUrl, SESSION_DEADLINE: '10s', ...env },
    stdio: ['ignore', 'pipe', stderr],
  });
  const stop = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  };
  return { port: await portOf(name, child), pid: child.pid, stop };
}

/** Reads the address that a subject prints, and keeps reading: a process that writes to a full or closed pipe stops. */
function portOf(name, child) {
  let output = '';
  return new Promise((resolve, reject) => {
    child.stdout.on('data', (chunk) => {
      if (output === null) return;
      output += chunk;
      const [, port] = ADDRESS.exec(output) ?? [];
      if (!port) return;
      output = null;
      resolve(Number(port));
    });
    child.on('exit', () => reject(new Error(`${name} has ended without an address:\n${output}`)));
  });
}
