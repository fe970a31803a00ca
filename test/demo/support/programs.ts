import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureRedis } from '../../../scripts/redis-binary.mjs';

/** A folder for the PATH, either empty or with a server program that records its process id. */
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

  /** Makes a folder with the Redis server of the tests. */
  static withRedis(): Promise<Programs> {
    const runtime = ensureRedis();
    if (runtime.kind === 'binary') return Programs.with('redis-server', `exec '${runtime.path}' "$@"`);
    const docker = `PATH='${process.env['PATH']}' exec docker run --rm --network host`;
    return Programs.with('redis-server', `${docker} ${runtime.image} redis-server "$@"`);
  }

  /** Makes a folder with a program that is a shell script. */
  static async with(name: string, script: string): Promise<Programs> {
    const programs = await Programs.none();
    const file = join(programs.folder, name);
    await writeFile(file, `#!/bin/sh\necho $$ > '${programs.pidFile}'\n${script}\n`);
    await chmod(file, 0o755);
    return programs;
  }

  /** Returns the process id of the last started program, or `null` when none was started. */
  async pid(): Promise<number | null> {
    return Number(await readFile(this.pidFile, 'utf8').catch(() => '')) || null;
  }

  /** Tests whether that process still runs. A zombie counts as ended. */
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
