import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ALERTS } from '../../ops/source/alerts/index.js';
import { describeWithPrometheus } from './support/prometheus-programs.js';

const FOLDER = join(import.meta.dirname, '../../ops/prometheus');

describeWithPrometheus('the alert rules', ({ tool }) => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'session-rules-'));
    cpSync(FOLDER, folder, { recursive: true });
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  function promtool(...args: readonly string[]): { readonly status: number | null; readonly output: string } {
    const { status, stdout, stderr } = spawnSync(tool, args, { cwd: folder, encoding: 'utf8' });
    return { status, output: stdout + stderr };
  }

  it('promtool check rules accepts them', () => {
    const { status, output } = promtool('check', 'rules', 'alerts.yml');
    expect({ status, output }).toMatchObject({ status: 0 });
    expect(output).toContain(`${ALERTS.length} rules found`);
  });

  it('promtool test rules passes: each alert fires and does not fire where it should', () => {
    const { status, output } = promtool('test', 'rules', 'alerts.test.yml');
    expect({ status, output }).toMatchObject({ status: 0 });
  });

  it('the cases of every alert notice when its comparison is turned around', () => {
    const path = join(folder, 'alerts.yml');
    const text = ALERTS.reduce(
      (rules, { expression }) => {
        expect(rules).toContain(expression);
        return rules.replace(expression, turnedAround(expression));
      },
      readFileSync(path, 'utf8'),
    );
    writeFileSync(path, text);
    const { status, output } = promtool('test', 'rules', 'alerts.test.yml');
    expect(status).toBe(1);
    const unnoticed = ALERTS.filter(({ name }) => !new RegExp(`alertname: ?${name}\\b`).test(output));
    expect(unnoticed.map(({ name }) => name)).toEqual([]);
  });
});

/** Returns an expression with its first comparison the other way round. */
function turnedAround(expression: string): string {
  return expression.replace(/ (==|[<>]) /, (_part, operator) => (operator === '>' ? ' < ' : ' > '));
}
