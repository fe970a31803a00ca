import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

export const ROOT = join(import.meta.dirname, '../../..');
const COMPILER = join(ROOT, 'node_modules/typescript/bin/tsc');
const INSTALL_WITHIN_MS = 240_000;
const READY_WITHIN_MS = 20_000;

/** Options for running a program of a project. */
interface Run {
  readonly env?: Readonly<Record<string, string>>;
  /** Path of the Node executable. */
  readonly node?: string;
  /** Folder within the project. */
  readonly folder?: string;
}

/** A project in an empty folder outside this workspace, with packages from the registry. */
export class Project {
  readonly folder = mkdtempSync(join(tmpdir(), 'session-package-'));

  write(path: string, content: string | object): void {
    const file = join(this.folder, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content, null, 2));
  }

  copy(from: string, to: string): void {
    this.write(to, readFileSync(join(ROOT, from), 'utf8'));
  }

  install(dependencies: Readonly<Record<string, string>>): void {
    this.write('package.json', { private: true, dependencies });
    npm(this.folder, ['install', '--prefer-offline', '--no-audit', '--no-fund', '--ignore-scripts']);
  }

  /** Returns the version of an installed package. */
  versionOf(name: string): string {
    const text = readFileSync(join(this.folder, 'node_modules', name, 'package.json'), 'utf8');
    return (JSON.parse(text) as { version: string }).version;
  }

  /**
   * Compiles the files of some folders in place, and those of their packages, each as its folder's `package.json` says: as
   * an ES module or as CommonJS.
   *
   * @returns the output of the compiler
   */
  compile(folders: readonly string[], options: object): string {
    this.write('tsconfig.json', {
      compilerOptions: {
        target: 'ES2022',
        lib: ['ES2023'],
        types: ['node'],
        strict: true,
        skipLibCheck: false,
        experimentalDecorators: true,
        emitDecoratorMetadata: true,
        ...options,
      },
      include: folders.map((folder) => `${folder}/**/*.ts`),
      exclude: ['node_modules'],
    });
    const own = join(this.folder, 'node_modules/typescript/bin/tsc');
    const args = [existsSync(own) ? own : COMPILER, '--project', this.folder];
    return spawnSync(process.execPath, args, { encoding: 'utf8' }).stdout;
  }

  /** Runs a file of the project until it is stopped. */
  run(file: string, env: Readonly<Record<string, string>>, node = process.execPath): RunningProgram {
    return new RunningProgram(node, join(this.folder, file), env);
  }

  /**
   * Runs a file of the project to its end.
   *
   * @returns the output of the program
   */
  runToTheEnd(
    file: string,
    args: readonly string[],
    { env = {}, node = process.execPath, folder = '.' }: Run = {},
  ): string {
    const options = { cwd: join(this.folder, folder), env: userEnvironment(env), encoding: 'utf8' } as const;
    const { status, stdout, stderr } = spawnSync(node, [join(this.folder, file), ...args], options);
    if (status !== 0) throw new Error(`${file} ended with ${status}:\n${stdout}\n${stderr}`);
    return stdout + stderr;
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

export class RunningProgram {
  output = '';
  private readonly child;

  constructor(node: string, file: string, env: Readonly<Record<string, string>>) {
    this.child = spawn(node, [file], {
      env: userEnvironment(env),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.child.stdout.on('data', (chunk: Buffer) => (this.output += chunk.toString()));
    this.child.stderr.on('data', (chunk: Buffer) => (this.output += chunk.toString()));
  }

  /** Waits until the program listens on a port. */
  async listens(port: number): Promise<void> {
    const deadline = Date.now() + READY_WITHIN_MS;
    while (Date.now() < deadline && this.child.exitCode === null) {
      const isUp = await fetch(`http://127.0.0.1:${port}/`).then(
        () => true,
        () => false,
      );
      if (isUp) return;
      await delay(50);
    }
    throw new Error(`The program does not listen on a port:\n${this.output}`);
  }

  async stop(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    this.child.kill('SIGKILL');
    await once(this.child, 'exit');
  }
}

/** Returns the environment of a user's program, without the variables of our own Jest. */
function userEnvironment(env: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  const { JEST_WORKER_ID: _worker, NODE_ENV: _mode, ...rest } = process.env;
  return { ...rest, NODE_OPTIONS: '', NO_COLOR: '1', ...env };
}

/** Runs npm. The error of a failure contains its output. */
export function npm(cwd: string, args: readonly string[]): string {
  const cli = process.env['npm_execpath'] ?? '';
  // `npm test` sets the path of npm; this also works if `npm` is a shell script (Windows).
  const [command, first] = cli.endsWith('npm-cli.js') ? [process.execPath, [cli]] : ['npm', []];
  const env: NodeJS.ProcessEnv = { ...process.env, NODE_OPTIONS: '' };
  for (const name of Object.keys(env)) if (/^npm_(package|lifecycle)_/.test(name)) delete env[name];
  const { status, stdout, stderr } = spawnSync(command, [...first, ...args], {
    cwd,
    env,
    encoding: 'utf8',
    timeout: INSTALL_WITHIN_MS,
  });
  if (status !== 0) throw new Error(`npm ${args.join(' ')} failed:\n${stdout}\n${stderr}`);
  return stdout;
}
