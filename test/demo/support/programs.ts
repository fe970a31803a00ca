import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureRedis } from '../../../scripts/redis-binary.mjs';

/** A folder for the PATH, with a `redis-server` in it that leaves its process id behind, or with nothing. */
export class Programs {
  private static readonly all: Programs[] = [];

  private constructor(readonly folder: string) {
    Programs.all.push(this);
  }

  static async none(): Promise<Programs> {
    return new Programs(await mkdtemp(join(tmpdir(), 'demo-path-')));
  }

  static async removeAll(): Promise<void> {
    await Promise.all(Programs.all.splice(0).map(({ folder }) => rm(folder, { recursive: true })));
  }

  /** The server that the tests run on. */
  static withRedis(): Promise<Programs> {
    const runtime = ensureRedis();
    if (runtime.kind === 'binary') return Programs.with('redis-server', `exec '${runtime.path}' "$@"`);
    const docker = `PATH='${process.env['PATH']}' exec docker run --rm --network host`;
    return Programs.with('redis-server', `${docker} ${runtime.image} redis-server "$@"`);
  }

  /** A program that is a shell script. */
  static async with(name: string, script: string): Promise<Programs> {
    const programs = await Programs.none();
    const file = join(programs.folder, name);
    await writeFile(file, `#!/bin/sh\necho $$ > '${programs.pidFile}'\n${script}\n`);
    await chmod(file, 0o755);
    return programs;
  }

  /** The process id of the program that was started last; `null`: none was. */
  async pid(): Promise<number | null> {
    return Number(await readFile(this.pidFile, 'utf8').catch(() => '')) || null;
  }

  /** Whether that process still runs. One that has ended but not been noticed by its parent does not. */
  async isRunning(): Promise<boolean> {
    const pid = await this.pid();
    if (pid === null) return false;
    const state = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
    return exists(pid) && !/\) [ZX] /.test(state);
  }

  private get pidFile(): string {
    return join(this.folder, 'pid');
  }
}

function exists(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
